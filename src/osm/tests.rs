//! Whole files: small ones written here, damaged ones, and real extracts where they are at hand.

mod files;
mod layers;
mod real;
mod tables;
mod write;

use super::{Error, Feature, Summary};
use std::path::{Path, PathBuf};

/// Reads a file into memory.
fn read_all(path: &Path) -> Result<(Vec<Feature>, Summary), Error> {
    let mut features = Vec::new();
    let mut progress = |_| {};
    let summary = super::read::<Error>(path, &mut progress, &mut |feature| {
        features.push(feature);
        Ok(())
    })?;
    Ok((features, summary))
}

/// A file for the time of one test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("misto-osm-{}-{name}.osm.pbf", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
