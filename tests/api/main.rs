//! The API against a real PostGIS: one private cluster for the run, one database for each test, cloned from a template.

mod agreement;
mod changes;
mod decoded;
mod export;
mod exports;
mod exports_legal;
mod features;
mod feed;
mod generalised;
mod harness;
mod history;
mod imports;
mod links;
mod imports_crs;
mod imports_formats;
mod imports_hostile;
mod imports_modes;
mod imports_place;
mod imports_real;
mod managed;
mod osm;
mod past;
mod restrictions;
mod roles;
mod stale;
mod tiles;
