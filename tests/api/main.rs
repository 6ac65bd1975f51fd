//! The API against a real PostGIS: one private cluster for the run, one database for each test, cloned from a template.

mod agreement;
mod changes;
mod decoded;
mod export;
mod features;
mod feed;
mod generalised;
mod harness;
mod imports;
mod links;
mod managed;
mod osm;
mod roles;
mod stale;
mod tiles;
mod verify;
