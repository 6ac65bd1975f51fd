//! Geometry of tiles, pure: the grid, projection, clipping, snapping. No database, no network.

pub mod clip;
pub mod grid;
pub mod shape;
pub mod snap;
