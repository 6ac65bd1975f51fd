//! File formats, pure: bytes in, values out, and back.

pub mod ewkb;
pub mod mvt;
