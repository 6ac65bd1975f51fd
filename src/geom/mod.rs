//! Geometry of tiles, pure: the grid, projection, clipping, snapping, generalising. No database, no network.

pub mod clip;
pub mod dissolve;
pub mod dust;
mod edges;
pub mod grid;
mod islands;
pub mod label;
pub mod mend;
#[cfg(any(test, fuzzing))]
pub mod proof;
pub mod shape;
pub mod simplify;
pub mod snap;
pub mod systems;
mod trace;
pub mod world;
