//! Reads an OpenStreetMap extract (`.osm.pbf`) into features of the registers. Pure: no database, no network.

mod address;
mod area;
mod classify;
mod crossing;
mod fixed;
mod kinds;
mod names;
mod report;
mod rings;
mod tags;
