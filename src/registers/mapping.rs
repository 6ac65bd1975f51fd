//! Which column of a file fills which field of a register.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use crate::catalogue::layer::Layer;

/// Columns of a file, matched to a layer's fields.
#[derive(Debug, PartialEq)]
pub struct Mapping {
    /// Field index to column, in the layer's order.
    pub columns: Vec<(usize, String)>,
    pub latitude: Option<String>,
    pub longitude: Option<String>,
    /// Columns that no field takes.
    pub unused: Vec<String>,
}

impl Mapping {
    /// Matches by `given` (field to column), then by the field's name, its legal column and its aliases; letter case
    /// and spaces around do not matter. A required field without a column is an error that names what there is.
    pub fn new(layer: &Layer, columns: &BTreeSet<String>, given: &BTreeMap<String, String>) -> Result<Self> {
        let find = |wanted: &str| columns.iter().find(|column| same(column, wanted)).cloned();
        let there = columns.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
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
        let legal = layer.legal.as_ref();
        let latitude = legal.and_then(|legal| find(legal.latitude.as_ref()?));
        let longitude = legal.and_then(|legal| find(legal.longitude.as_ref()?));
        let constant = |column: &str| legal.is_some_and(|l| l.constants.keys().any(|name| same(name, column)));
        let used = |column: &String| {
            mapped.iter().any(|(_, used)| used == column)
                || [&latitude, &longitude].into_iter().flatten().any(|used| used == column)
                || constant(column)
        };
        let unused = columns.iter().filter(|column| !used(column)).cloned().collect();
        Ok(Self { columns: mapped, latitude, longitude, unused })
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}
