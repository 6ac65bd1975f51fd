//! The API against a real PostGIS: one private cluster for the run, one database for each test, cloned from a template.

mod features;
mod harness;
mod imports;
mod managed;
mod osm;
mod roles;
mod tiles;
