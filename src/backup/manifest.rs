//! What an archive says of itself: versions, migrations, tables with their rows, and its parts with their checksums.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The version of the archive's form. A reader refuses a larger one.
pub const FORMAT: u32 = 1;

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The version of the Misto that wrote it.
    pub misto: String,
    /// The moment of the snapshot.
    pub at: DateTime<Utc>,
    pub database: About,
    pub parts: Vec<Part>,
}

/// The database, as it was in the snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The server's major version, for example 15.
    pub postgresql: u32,
    /// The major version of the `pg_dump` that wrote `database.dump`.
    pub written_by: u32,
    /// For example 3.3.2.
    pub postgis: String,
    pub migrations: Vec<Migration>,
    /// Rows of every table of the dump, by its quoted name. Tables of `registers` are layers.
    pub tables: BTreeMap<String, i64>,
    /// Tables and views that are not Misto's own.
    pub strangers: Vec<String>,
    /// Roles beside Misto's two that own something or have rights.
    pub roles: Vec<String>,
    /// Reference systems that are neither PostGIS's nor Misto's: somebody added them. Older dumps do not have them.
    #[serde(default)]
    pub systems: Vec<System>,
}

/// A row of PostGIS's list of reference systems.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sqlx::FromRow)]
pub struct System {
    pub srid: i32,
    pub auth_name: Option<String>,
    pub auth_srid: Option<i32>,
    pub srtext: Option<String>,
    pub proj4text: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Migration {
    pub version: i64,
    /// Hexadecimal.
    pub checksum: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
}

#[derive(Deserialize)]
struct Version {
    format: u32,
    #[serde(default)]
    misto: String,
}

impl Manifest {
    pub fn read(text: &[u8]) -> Result<Self> {
        let version: Version = serde_json::from_slice(text).context("its manifest.json cannot be read")?;
        if version.format > FORMAT {
            bail!(
                "it was written by a newer Misto ({}), in a form that this one ({}) does not know; restore it with that one",
                version.misto,
                env!("CARGO_PKG_VERSION")
            );
        }
        serde_json::from_slice(text).context("its manifest.json cannot be read")
    }

    /// Refuses a database that has been migrated further than this program knows, or otherwise.
    pub fn fits(&self, known: &[Migration]) -> Result<()> {
        for migration in &self.database.migrations {
            match known.iter().find(|known| known.version == migration.version) {
                None => bail!(
                    "it holds a database of a newer Misto ({}, migration {}); this one is {} and knows {} migrations: \
                     restore it with that one or a newer one",
                    self.misto,
                    migration.version,
                    env!("CARGO_PKG_VERSION"),
                    known.len()
                ),
                Some(known) if known.checksum != migration.checksum => bail!(
                    "its migration {} is another than this Misto's: it was written by a Misto that somebody changed",
                    migration.version
                ),
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Rows of the layers, by the layer's id.
    pub fn layers(&self) -> impl Iterator<Item = (&str, i64)> {
        let own =
            self.database.tables.iter().filter_map(|(name, rows)| Some((name.strip_prefix("registers.")?, *rows)));
        own.map(|(name, rows)| (name.trim_matches('"'), rows))
    }
}

/// The migrations that this program knows.
pub fn known_migrations() -> Vec<Migration> {
    let ups = sqlx::migrate!().migrations.to_vec();
    ups.iter().map(|m| Migration { version: m.version, checksum: hexadecimal(&m.checksum) }).collect()
}

pub fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // writing into a String cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
pub(super) fn sample() -> Manifest {
    Manifest {
        format: FORMAT,
        misto: "0.1.0".to_owned(),
        at: DateTime::UNIX_EPOCH,
        database: About {
            postgresql: 15,
            written_by: 15,
            postgis: "3.3.2".to_owned(),
            migrations: known_migrations(),
            tables: BTreeMap::from([("registers.kiosks".to_owned(), 3), ("misto._sqlx_migrations".to_owned(), 2)]),
            strangers: Vec::new(),
            roles: Vec::new(),
            systems: Vec::new(),
        },
        parts: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_form_is_refused_though_the_rest_cannot_be_read() {
        let refused = Manifest::read(br#"{ "format": 2, "misto": "9.1", "novelty": [] }"#).unwrap_err().to_string();
        assert!(refused.contains("newer Misto (9.1)"), "{refused}");
        let written = serde_json::to_vec(&sample()).unwrap();
        assert_eq!(Manifest::read(&written).unwrap(), sample());
    }

    #[test]
    fn a_database_of_a_newer_or_changed_misto_is_refused_and_an_older_one_is_not() {
        let known = known_migrations();
        let mut manifest = sample();
        manifest.fits(&known).unwrap();
        manifest.database.migrations.pop();
        manifest.fits(&known).unwrap();
        manifest.database.migrations[0].checksum = "00".to_owned();
        assert!(manifest.fits(&known).unwrap_err().to_string().contains("somebody changed"));
        manifest.database.migrations[0] = Migration { version: 9999, checksum: String::new() };
        assert!(manifest.fits(&known).unwrap_err().to_string().contains("newer Misto"));
    }

    #[test]
    fn layers_are_the_tables_of_registers() {
        assert_eq!(sample().layers().collect::<Vec<_>>(), [("kiosks", 3)]);
    }
}
