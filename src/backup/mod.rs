//! Backup: the whole database and the files that a city is made of, in one archive, and back.
//!
//! An archive is a plain tar: `database.dump` (what `pg_dump` wrote), `layers/…`, `styles/…`, `manifest.json` and the
//! manifest's checksum. Everything is of one snapshot of the database, and nothing is restored before all of it was read
//! and found to be what was written.

mod archive;
mod dump;
mod manifest;
mod query;
mod restore;

use std::path::Path;

pub use archive::Archive;
pub use dump::dump;
pub use manifest::{Manifest, known_migrations};
pub use restore::{Found, Restored, compare, prepare, restore, write_files};

/// The database's part of an archive.
const DATABASE: &str = "database.dump";
/// The schemas that are Misto's alone and that a restore replaces.
const SCHEMAS: [&str; 5] = ["registers", "history", "links", "codifiers", "misto"];

/// The folders that belong to a city beside its database.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    pub layers: &'a Path,
    pub styles: &'a Path,
}

impl<'a> Files<'a> {
    /// The folders with their names in the archive.
    fn named(&self) -> [(&'static str, &'a Path); 2] {
        [("layers", self.layers), ("styles", self.styles)]
    }
}

#[cfg(test)]
mod tests {
    use super::SCHEMAS;

    #[test]
    fn every_schema_that_a_migration_makes_is_restored() {
        for migration in sqlx::migrate!().iter() {
            let words: Vec<_> =
                migration.sql.as_str().split([' ', ';', '\n']).filter(|word| !word.is_empty()).collect();
            for made in words.windows(3).filter(|words| words[..2] == ["create", "schema"]) {
                assert!(SCHEMAS.contains(&made[2]), "{} of migration {}", made[2], migration.version);
            }
        }
    }
}
