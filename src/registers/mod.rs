//! Registers: the write door. Every record comes in through [`Loader`], which takes only what a layer's rules have made;
//! [`import`] reads files for it, [`bulk`] takes what a generator or a reader of another format makes; [`restore`] writes a
//! record of the past, which the rules have made anew.

pub mod bulk;
pub mod codifier;
mod crs;
pub mod import;
mod loader;
mod locate;
mod mapping;
mod query;
pub mod read;
pub mod report;
pub mod restore;
mod tidy;

pub use loader::{Counts, Loader, Mode, Origin, analyze};
