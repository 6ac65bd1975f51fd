//! Reads an OpenStreetMap extract (`.osm.pbf`) into features of the registers. Pure: no database, no network.
//!
//! [`read`] goes through the file several times and keeps in memory only what later passes need. What the file holds of a
//! layer but cannot be taken is never dropped in silence: [`Summary`] counts it by reason, with samples.
//!
//! `pbf` reads the file; `tags`, `kinds`, `names`, `address` and `classify` turn tags into values; `rings`, `area`, `crossing`
//! and `fixed` turn ways into areas; `relations`, `store` and `points` hold what waits; `shapes` and `read` tie it together.

mod address;
mod area;
mod classify;
mod crossing;
mod fixed;
mod kinds;
mod names;
mod pbf;
mod points;
mod read;
mod relations;
mod report;
mod rings;
mod shapes;
mod store;
mod tags;
#[cfg(test)]
mod tests;

pub use crate::catalogue::record::Feature;

pub use pbf::Error;
pub use read::read;
pub use report::{ObjectId, ObjectKind, Phase, Progress, Reason, Row, SAMPLES, Sample, Skipped, Summary};
