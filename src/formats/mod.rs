//! File formats, pure: bytes in, values out, and back.

pub mod cql2;
pub mod encoded;
pub mod ewkb;
pub mod files;
pub mod geojson;
pub mod gzip;
pub mod mlt;
pub mod mvt;
pub mod pmtiles;
mod varint;
pub mod xlsx;
