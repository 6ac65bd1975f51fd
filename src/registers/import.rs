//! `misto import`: a GeoJSON file into one register.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use geo::{Geometry, Point};
use serde_json::{Map, Value as Json};
use sqlx::{Connection, PgConnection};

use super::geojson::{self, Document};
use super::mapping::Mapping;
use super::report::Report;
use super::{Counts, Loader, Mode, analyze};
use crate::catalogue::layer::Layer;
use crate::catalogue::rules::{KEY_SEPARATOR, Record, Rejection};

/// What an import did, as a whole.
#[derive(Debug)]
pub struct Outcome {
    pub read: usize,
    pub counts: Counts,
    /// Stored without a geometry.
    pub without_place: u64,
    pub rejected: u64,
    /// Columns of the file that no field takes.
    pub unused: Vec<String>,
    /// Written only where there was something to say.
    pub report: Option<PathBuf>,
}

/// Imports `file` in one transaction; with `dry_run` everything is done and nothing is kept.
///
/// `map` names columns for fields that cannot be matched by name.
pub async fn import(
    connection: &mut PgConnection,
    layer: &Arc<Layer>,
    file: &Path,
    map: &BTreeMap<String, String>,
    dry_run: bool,
) -> Result<Outcome> {
    let records = Document::open(file)?.records().with_context(|| file.display().to_string())?;
    let columns: BTreeSet<String> = records.iter().flat_map(|record| record.properties.keys().cloned()).collect();
    let mapping = Mapping::new(layer, &columns, map)?;

    let mut transaction = connection.begin().await?;
    let known = mapping.columns.iter().map(|(index, _)| *index).collect();
    let (report, keys) = (Report::beside(file), HashMap::new());
    let mut run = Run { layer, mapping: &mapping, known, report, keys, without_place: 0 };
    let mut loader = Loader::new(&mut transaction, Mode::Upsert);
    let read = records.len();
    for record in records {
        run.take(&mut loader, record).await?;
    }
    let mut all_counts = loader.finish().await?;
    if dry_run {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
        analyze(connection, &all_counts).await?;
    }
    let counts = all_counts.remove(&layer.id).unwrap_or_default();
    run.report.finish()?;
    Ok(Outcome {
        read,
        counts,
        without_place: run.without_place,
        rejected: run.report.rejected,
        report: run.report.path().map(Path::to_owned),
        unused: mapping.unused,
    })
}

struct Run<'a> {
    layer: &'a Arc<Layer>,
    mapping: &'a Mapping,
    /// The fields that the file speaks of.
    known: Vec<usize>,
    report: Report,
    /// Natural keys seen so far, and the record that had each.
    keys: HashMap<String, usize>,
    without_place: u64,
}

impl Run<'_> {
    async fn take(&mut self, loader: &mut Loader<'_>, record: geojson::Record) -> Result<()> {
        let geojson::Record { place, properties, geometry } = record;
        let named = self.named(&properties);
        let key = self.key(&named);
        let result = self.check(&named, geometry, &properties, &key);
        match result {
            Ok(record) => {
                loader.add(self.layer, &record, &self.known).await?;
                if record.geometry().is_none() {
                    self.without_place += 1;
                    let text = ["місця на карті немає", "it has no place on the map"];
                    self.report.note(place, &key, "geometry", text)?;
                }
                self.keys.insert(key, place.record);
            }
            Err(rejections) => {
                let value = |field: &str| named.get(field).map(plain).unwrap_or_default();
                self.report.reject(place, &key, value, &rejections)?;
            }
        }
        Ok(())
    }

    /// The record by field names.
    fn named(&self, properties: &Map<String, Json>) -> Map<String, Json> {
        let named = self.mapping.columns.iter().map(|(index, column)| {
            let value = properties.get(column).cloned().unwrap_or(Json::Null);
            (self.layer.fields[*index].name.clone(), value)
        });
        named.collect()
    }

    fn key(&self, named: &Map<String, Json>) -> String {
        let parts = self.layer.key_names().map(|name| named.get(name).map(plain).unwrap_or_default());
        parts.collect::<Vec<_>>().join(KEY_SEPARATOR)
    }

    fn check(
        &self,
        named: &Map<String, Json>,
        geometry: Result<Option<Geometry<f64>>, String>,
        properties: &Map<String, Json>,
        key: &str,
    ) -> Result<Record, Vec<Rejection>> {
        let mut rejections = Vec::new();
        if let Some(first) = self.keys.get(key) {
            rejections.push(Rejection::new(
                self.layer.key_names().next().unwrap_or_default(),
                format!("такий самий ключ має запис {first} цього файла"),
                format!("record {first} of this file has the same key"),
            ));
        }
        let record = match geometry {
            Ok(geometry) => self.layer.record(named, geometry.or_else(|| self.point(properties))),
            Err(error) => {
                let (uk, en) =
                    (format!("геометрію не прочитано: {error}"), format!("the geometry cannot be read: {error}"));
                rejections.push(Rejection::new("geometry", uk, en));
                Err(self.layer.check(named).err().unwrap_or_default())
            }
        };
        match record {
            Ok(record) if rejections.is_empty() => Ok(record),
            record => {
                rejections.extend(record.err().unwrap_or_default());
                Err(rejections)
            }
        }
    }

    /// A point from the legal columns of latitude and longitude.
    fn point(&self, properties: &Map<String, Json>) -> Option<Geometry<f64>> {
        let number = |column: &Option<String>| {
            let text = plain(properties.get(column.as_ref()?)?);
            text.trim().replace(',', ".").parse::<f64>().ok()
        };
        let (latitude, longitude) = (number(&self.mapping.latitude)?, number(&self.mapping.longitude)?);
        Some(Point::new(longitude, latitude).into())
    }
}

/// A value as a person would write it.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.trim().to_owned(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}
