//! Misto.

pub mod catalogue;
pub mod osm;
