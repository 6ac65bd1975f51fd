//! The layer files against the open-data structures of Resolution 835: every column of a structure that a register is
//! published in has its place in the register, and none is invented.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use misto::auth::Access;
use misto::catalogue::Catalogue;
use misto::catalogue::layer::{Layer, Legal};

/// Structures of the registers that are kept here: each has one.
const STRUCTURES: [&str; 39] = [
    "A18/buildings",
    "A18/movableProperty",
    "A18/parcels",
    "A21/distributors",
    "A21/permissionsLocality",
    "A22/additionalDocuments",
    "A22/contracts",
    "A23/commercialObjects",
    "A24/fairs",
    "A27/stops",
    "A31/acts",
    "A31/orders",
    "A32/buildings",
    "A32/norms",
    "A36/operators",
    "A36/parkingLots",
    "A37/register",
    "A39/register",
    "A43/addresses",
    "A43/territories",
    "A45/permissions",
    "A50/list",
    "A51/buildings",
    "A51/parcels",
    "A54/publicToilets",
    "A57/parcels",
    "A58/parcels",
    "A60/register",
    "A64/temporaryConstruction",
    "A65/containers",
    "A65/wasteServises",
    "A66/airAnalysis",
    "A66/landfill",
    "A66/transportation",
    "A68/playgrounds",
    "A70/animalPlaygrounds",
    "A71/cameras",
    "A72/shelters",
    "A73/stations",
];

fn catalogue() -> Catalogue {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Catalogue::read(&root.join("layers"), &root.join("styles")).expect("the layer files are right")
}

fn published(catalogue: &Catalogue) -> impl Iterator<Item = (&Arc<Layer>, &Legal)> {
    catalogue.layers.iter().filter_map(|layer| Some((layer, layer.legal.as_ref()?)))
}

/// A structure of the reference, `A60/register` in `A60-planning-conditions/register`; where the reference is not here, the
/// copy that Misto keeps.
fn schema(structure: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (appendix, resource) = structure.split_once('/')?;
    let Ok(mut sets) = root.join("../shared/reference/decree-835").read_dir() else {
        return Some(root.join("legal/835").join(appendix).join(format!("{resource}.csv")));
    };
    let set = sets.find_map(|set| {
        set.ok().filter(|set| set.file_name().to_string_lossy().starts_with(&format!("{appendix}-")))
    })?;
    Some(set.path().join(resource).join("schema.csv"))
}

/// The columns of a structure: its first CSV column, without the header.
fn columns(schema: &Path) -> BTreeSet<String> {
    let mut reader = csv::Reader::from_path(schema).unwrap_or_else(|error| panic!("{}: {error}", schema.display()));
    let names: BTreeSet<String> =
        reader.records().map(|row| row.expect("a row").get(0).expect("a name").to_owned()).collect();
    assert!(!names.is_empty(), "{} has no columns", schema.display());
    names
}

/// Everything that a register says of legal columns, and what it says twice.
fn declared(layer: &Layer, legal: &Legal) -> (BTreeSet<String>, Vec<String>) {
    let coordinates = legal.latitude.iter().chain(&legal.longitude);
    let fields = layer.fields.iter().filter_map(|field| field.legal.as_ref());
    let (mut all, mut twice) = (BTreeSet::new(), Vec::new());
    for column in fields.chain(legal.constants.keys()).chain(coordinates) {
        if !all.insert(column.clone()) {
            twice.push(column.clone());
        }
    }
    (all, twice)
}

#[test]
fn every_legal_column_has_a_place_and_none_is_invented() {
    let catalogue = catalogue();
    let mut wrong = Vec::new();
    for (layer, legal) in published(&catalogue) {
        let Some(schema) = schema(&legal.structure).filter(|schema| schema.exists()) else {
            wrong.push(format!("{}: there is no structure {}", layer.id, legal.structure));
            continue;
        };
        let (own, twice) = declared(layer, legal);
        let law = columns(&schema);
        let list =
            |from: &BTreeSet<String>, without: &BTreeSet<String>| from.difference(without).cloned().collect::<Vec<_>>();
        for (what, columns) in [("lacks", list(&law, &own)), ("invents", list(&own, &law)), ("has twice", twice)] {
            if !columns.is_empty() {
                wrong.push(format!("{} ({}) {what} {}", layer.id, legal.structure, columns.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_structure_has_one_register() {
    let catalogue = catalogue();
    let mut seen = BTreeSet::new();
    for (layer, legal) in published(&catalogue) {
        assert!(seen.insert(legal.structure.as_str()), "{}: {} has another register", layer.id, legal.structure);
    }
    for structure in STRUCTURES {
        assert!(seen.contains(structure), "{structure} has no register");
    }
}

#[test]
fn what_the_law_would_publish_of_applicants_is_for_staff() {
    let catalogue = catalogue();
    let mut found = 0;
    for layer in &catalogue.layers {
        for field in layer.fields.iter().filter(|field| field.legal.as_deref() == Some("applicantName")) {
            assert_eq!(field.access, Access::Staff, "{}.{}", layer.id, field.name);
            found += 1;
        }
    }
    assert!(found >= 4, "addresses, conditions, passports and dig permits name their applicants: {found}");
}

#[test]
fn a_legal_column_without_a_structure_is_published_nowhere() {
    let catalogue = catalogue();
    for layer in catalogue.layers.iter().filter(|layer| layer.legal.is_none()) {
        let lost: Vec<_> = layer.fields.iter().filter_map(|field| field.legal.as_deref()).collect();
        assert!(lost.is_empty(), "{} has legal columns and no [legal]: {}", layer.id, lost.join(", "));
    }
}

#[test]
fn a_legal_file_brings_all_that_its_register_needs() {
    let catalogue = catalogue();
    let mut wrong = Vec::new();
    for (layer, legal) in published(&catalogue) {
        for (index, field) in layer.fields.iter().enumerate() {
            if (field.required || layer.key.contains(&index)) && field.legal.is_none() {
                wrong.push(format!("{} needs {}, which {} does not have", layer.id, field.name, legal.structure));
            }
        }
        if legal.latitude.is_none() && !layer.geometry_optional {
            wrong.push(format!("{} needs a place, which {} does not have", layer.id, legal.structure));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
