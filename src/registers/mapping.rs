//! Which column of a file fills which field of a register, and which columns say where a record is.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use crate::catalogue::Catalogue;
use crate::catalogue::layer::Layer;

/// Columns of a file, matched to a layer's fields.
#[derive(Debug, PartialEq)]
pub struct Mapping {
    /// Field index to column, in the layer's order.
    pub columns: Vec<(usize, String)>,
    pub place: Places,
    /// Columns that no field takes.
    pub unused: Vec<String>,
}

/// Columns that say where a record is.
#[derive(Debug, Default, PartialEq)]
pub struct Places {
    /// Latitude or northing, and longitude or easting.
    pub coordinates: Option<(String, String)>,
    pub wkt: Option<String>,
    /// An address in one text.
    pub address: Option<String>,
}

/// Names of coordinates that files use, latitude first; the legal ones of the layer come before them.
const COORDINATES: [(&str, &str); 12] = [
    ("latitude", "longitude"),
    ("lat", "lon"),
    ("lat", "lng"),
    ("lat", "long"),
    ("широта", "довгота"),
    ("північна широта", "східна довгота"),
    ("y", "x"),
    ("coord_y", "coord_x"),
    ("point_y", "point_x"),
    ("northing", "easting"),
    ("lat_wgs84", "lon_wgs84"),
    ("координата y", "координата x"),
];
const WKT: [&str; 6] = ["wkt", "geom", "geometry", "the_geom", "wkt_geom", "геометрія"];
const ADDRESS: [&str; 8] = [
    "address",
    "адреса",
    "streetaddress",
    "full_address",
    "organization_address",
    "addr",
    "місцезнаходження",
    "адреса розташування",
];

impl Mapping {
    /// Matches by `given` (field to column), then by the field's name, its legal column and its aliases; letter case
    /// and spaces around do not matter. A required field without a column is an error that names what there is.
    pub fn new(layer: &Layer, columns: &[String], given: &BTreeMap<String, String>) -> Result<Self> {
        let find = |wanted: &str| columns.iter().find(|column| same(column, wanted)).cloned();
        let there = columns.join(", ");
        for (field, column) in given {
            if layer.field(field).is_none() {
                let fields = layer.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ");
                bail!("--map {field}={column}: {} has no field `{field}`; fields: {fields}", layer.id);
            }
            if find(column).is_none() {
                bail!("--map {field}={column}: the file has no column `{column}`; columns: {there}");
            }
        }
        let mut mapped = Vec::new();
        for (index, field) in layer.fields.iter().enumerate() {
            let mut names = [&field.name].into_iter().chain(&field.legal).chain(&field.aliases);
            let column = match given.get(&field.name) {
                Some(column) => find(column),
                None => names.find_map(|name| find(name)),
            };
            match column {
                Some(column) => mapped.push((index, column)),
                None if field.required || layer.key.contains(&index) => bail!(
                    "no column of the file fills the required field `{}` ({}); columns: {there}. Name one: --map {}=COLUMN",
                    field.name,
                    field.title.uk,
                    field.name
                ),
                None => {}
            }
        }
        let is_mapped = |column: &String| mapped.iter().any(|(_, used)| used == column);
        let place = Places::new(layer, columns, &is_mapped);
        let legal = layer.legal.as_ref();
        let constant = |column: &str| legal.is_some_and(|l| l.constants.keys().any(|name| same(name, column)));
        let used = |column: &String| is_mapped(column) || place.uses(column) || constant(column);
        let unused = columns.iter().filter(|column| !used(column)).cloned().collect();
        Ok(Self { columns: mapped, place, unused })
    }
}

impl Places {
    fn new(layer: &Layer, columns: &[String], is_mapped: &dyn Fn(&String) -> bool) -> Self {
        let free = || columns.iter().filter(|column| !is_mapped(column));
        let find = |wanted: &str| free().find(|column| same(column, wanted)).cloned();
        let any = |wanted: &str| columns.iter().find(|column| same(column, wanted)).cloned();
        let legal = layer.legal.as_ref().and_then(|legal| Some((legal.latitude.as_ref()?, legal.longitude.as_ref()?)));
        let legal = legal.and_then(|(latitude, longitude)| Some((any(latitude)?, any(longitude)?)));
        let common = || COORDINATES.iter().find_map(|(latitude, longitude)| Some((find(latitude)?, find(longitude)?)));
        Self {
            coordinates: legal.or_else(common),
            wkt: WKT.iter().find_map(|name| find(name)),
            // an address may fill a field as well
            address: ADDRESS.iter().find_map(|name| any(name)),
        }
    }

    fn uses(&self, column: &String) -> bool {
        let coordinates = self.coordinates.iter().flat_map(|(latitude, longitude)| [latitude, longitude]);
        coordinates.chain(&self.wkt).chain(&self.address).any(|used| used == column)
    }
}

/// Whether two names are one: letter case and spaces around do not matter.
pub fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Whether a layer has a column of that name, under any of its names.
pub fn knows(layer: &Layer, column: &str) -> bool {
    let fields =
        layer.fields.iter().flat_map(|field| [&field.name].into_iter().chain(&field.legal).chain(&field.aliases));
    let legal =
        layer.legal.iter().flat_map(|legal| legal.constants.keys().chain(&legal.latitude).chain(&legal.longitude));
    fields.chain(legal).any(|name| same(name, column))
}

/// How well a file's columns are the legal columns of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    pub layer: String,
    pub structure: String,
    /// Columns in common, of the file, of the legal structure.
    pub common: usize,
    pub file: usize,
    pub legal: usize,
    /// From 0, nothing in common, to 1, the same columns.
    pub score: f64,
}

/// At least this alike, and by so much more than any other.
const ALIKE: f64 = 0.7;
const AHEAD: f64 = 0.05;

/// The layer whose legal structure a file has, or an error that names the best candidates.
pub fn recognise(catalogue: &Catalogue, columns: &[String]) -> Result<Match> {
    let structures: Vec<_> = catalogue.layers.iter().filter_map(|layer| Some((layer, legal_columns(layer)?))).collect();
    // what every structure has, as the parts of an address, tells little
    let weight = |column: &str| {
        let having = structures.iter().filter(|(_, legal)| legal.iter().any(|name| same(name, column))).count();
        1.0 / having.max(1) as f64
    };
    let mut matches: Vec<_> = structures.iter().map(|(layer, legal)| compare(layer, legal, columns, &weight)).collect();
    matches.sort_by(|one, other| other.score.total_cmp(&one.score));
    let named = || {
        let best = matches.iter().take(3).map(|found| {
            format!("{} ({} of {} columns of {})", found.layer, found.common, found.legal, found.structure)
        });
        best.collect::<Vec<_>>().join(", ")
    };
    match &matches[..] {
        [best, rest @ ..] if best.score >= ALIKE => match rest.first() {
            Some(second) if best.score - second.score < AHEAD => {
                bail!("the columns fit several registers; name one instead of auto: {}", named())
            }
            _ => Ok(best.clone()),
        },
        [] => bail!("no register has a legal structure, so none can be recognised; name one instead of auto"),
        _ => bail!(
            "the columns are of no legal structure that a register has; name the register instead of auto. Nearest: {}",
            named()
        ),
    }
}

fn legal_columns(layer: &Layer) -> Option<Vec<&String>> {
    let legal = layer.legal.as_ref()?;
    let fields = layer.fields.iter().filter_map(|field| field.legal.as_ref());
    Some(fields.chain(legal.constants.keys()).chain(&legal.latitude).chain(&legal.longitude).collect())
}

/// The harmonic mean of what the two sides have in common, by weight.
fn compare(layer: &Layer, legal: &[&String], columns: &[String], weight: &dyn Fn(&str) -> f64) -> Match {
    let common: Vec<_> = legal.iter().filter(|name| columns.iter().any(|column| same(column, name))).collect();
    let weigh = |names: &mut dyn Iterator<Item = &str>| names.map(weight).sum::<f64>();
    let shared = weigh(&mut common.iter().map(|name| name.as_str()));
    let all = weigh(&mut legal.iter().map(|name| name.as_str())) + weigh(&mut columns.iter().map(String::as_str));
    Match {
        layer: layer.id.clone(),
        structure: layer.legal.as_ref().map(|legal| legal.structure.clone()).unwrap_or_default(),
        common: common.len(),
        file: columns.len(),
        legal: legal.len(),
        score: if all > 0.0 { 2.0 * shared / all } else { 0.0 },
    }
}
