//! Real extracts: those the project's data folder holds. Without them these tests say so and pass.

use super::{Scratch, layers::fits_its_layer, read_all};
use crate::osm::{Error, Feature, Summary};
use geo::{CoordsIter, Validation};
use std::path::PathBuf;

fn extract(name: &str) -> Option<PathBuf> {
    let given = std::env::var_os("MISTO_DATA").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let path = folder.join("osm").join(name);
    if !path.exists() {
        println!("SKIPPED: no {} (MISTO_DATA names the data folder)", path.display());
        return None;
    }
    Some(path)
}

fn read(name: &str) -> Option<(Vec<Feature>, Summary)> {
    let path = extract(name)?;
    let begun = std::time::Instant::now();
    let (features, summary) = read_all(&path).unwrap();
    println!("{name} in {:?}\n{summary}", begun.elapsed());
    features.iter().for_each(fits_its_layer);
    // The check compares all pairs of edges; the few great shapes would take most of the time.
    let small = features.iter().filter_map(|feature| Some((feature, feature.geometry.as_ref()?)));
    let small = small.filter(|(_, geometry)| geometry.coords_count() < 200);
    let broken: Vec<_> =
        small.filter(|(_, geometry)| !geometry.is_valid()).map(|(feature, _)| &feature.values[0]).collect();
    assert!(broken.is_empty(), "invalid shapes: {broken:?}");
    Some((features, summary))
}

fn count(summary: &Summary, layer: &str) -> u64 {
    summary.features.get(layer).copied().unwrap_or(0)
}

#[test]
fn liechtenstein() {
    let Some((_, summary)) = read("liechtenstein-valhalla.osm.pbf") else {
        return;
    };
    assert!((8_950..=9_050).contains(&count(&summary, "buildings")), "{summary}");
    assert_eq!(count(&summary, "boundary"), 11, "{summary}");
}

#[test]
fn helsinki() {
    let Some((features, summary)) = read("Helsinki.osm.pbf") else {
        return;
    };
    assert!((1_400..=1_540).contains(&count(&summary, "addresses")), "{summary}");
    assert_eq!(features.len() as u64, summary.features.values().sum::<u64>());
}

#[test]
fn a_real_file_cut_short() {
    let Some(path) = extract("Helsinki.osm.pbf") else {
        return;
    };
    let bytes = std::fs::read(path).unwrap();
    for part in [1, 10, 50, 99] {
        let cut = Scratch::new(&format!("cut-{part}"), &bytes[..bytes.len() * part / 100]);
        assert!(matches!(read_all(&cut.0), Err(Error::Truncated { .. })), "{part} %");
    }
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0x5a);
    assert!(matches!(read_all(&Scratch::new("damaged", &damaged).0), Err(Error::Damaged { .. })));
}
