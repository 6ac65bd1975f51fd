//! Reading a GeoJSON file (RFC 7946) record by record, each with its line.

use std::path::Path;

use anyhow::{Context, Result, bail};
use geo::Geometry;
use geozero::ToGeo;
use geozero::geojson::GeoJsonString;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use super::report::Place;

/// A GeoJSON file in memory.
pub struct Document {
    text: String,
}

/// A feature as written in the file.
pub struct Record {
    pub place: Place,
    pub properties: Map<String, Json>,
    pub geometry: Result<Option<Geometry<f64>>, String>,
}

#[derive(Deserialize)]
struct Collection<'t> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow, default)]
    features: Vec<&'t RawValue>,
    #[serde(default)]
    crs: Option<Json>,
}

#[derive(Deserialize)]
struct FeatureText<'t> {
    #[serde(default)]
    id: Option<Json>,
    #[serde(default)]
    properties: Option<Map<String, Json>>,
    #[serde(borrow, default)]
    geometry: Option<&'t RawValue>,
}

impl Document {
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = String::from_utf8(bytes);
        let text = text.with_context(|| format!("{} is not UTF-8, so it is no GeoJSON", path.display()))?;
        Ok(Self { text })
    }

    /// Every feature of the collection, in order. Fails where the file as a whole is no feature collection.
    pub fn records(&self) -> Result<Vec<Record>> {
        let text = self.text.trim_start_matches('\u{feff}');
        let collection: Collection<'_> =
            serde_json::from_str(text).context("the file is no GeoJSON FeatureCollection")?;
        if collection.kind != "FeatureCollection" {
            bail!("the file holds a GeoJSON {}; a FeatureCollection is needed", collection.kind);
        }
        check_crs(collection.crs.as_ref())?;
        let mut lines = Lines { text, offset: 0, line: 1 };
        let records = collection.features.iter().enumerate().map(|(index, raw)| {
            let place = Place { record: index + 1, line: lines.of(raw.get()) };
            record(place, raw.get())
        });
        records.collect()
    }
}

/// GeoJSON is in longitude and latitude; older files may name another system, and must not be misread.
fn check_crs(crs: Option<&Json>) -> Result<()> {
    let name = crs.and_then(|crs| crs.pointer("/properties/name")).and_then(Json::as_str);
    match name {
        Some(name) if !name.ends_with("CRS84") && !name.ends_with(":4326") => bail!(
            "the file is in {name}; GeoJSON must be in longitude and latitude. Convert it: ogr2ogr -t_srs EPSG:4326 new.geojson FILE"
        ),
        _ => Ok(()),
    }
}

fn record(place: Place, text: &str) -> Result<Record> {
    let feature: FeatureText<'_> = serde_json::from_str(text)
        .with_context(|| format!("record {} (line {}) is no GeoJSON feature", place.record, place.line))?;
    let mut properties = feature.properties.unwrap_or_default();
    // a feature's own id is a column like the others, where the properties have none of that name
    if let Some(id) = feature.id.filter(|_| !properties.contains_key("id")) {
        properties.insert("id".to_owned(), id);
    }
    let geometry = match feature.geometry.filter(|raw| raw.get() != "null") {
        Some(raw) => GeoJsonString(raw.get().to_owned()).to_geo().map(Some).map_err(|error| error.to_string()),
        None => Ok(None),
    };
    Ok(Record { place, properties, geometry })
}

/// Line numbers of slices of one text, asked for in order.
struct Lines<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, part: &str) -> usize {
        let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let between = self.text.as_bytes().get(self.offset..offset).unwrap_or_default();
        self.line += between.iter().filter(|&&byte| byte == b'\n').count();
        self.offset = offset.max(self.offset);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        Document { text: text.to_owned() }
    }

    #[test]
    fn records_know_their_lines() {
        let text = "{\"type\":\"FeatureCollection\",\"features\":[\n{\"type\":\"Feature\",\"properties\":{\"a\":1},\
            \"geometry\":null},\n\n{\"type\":\"Feature\",\"id\":7,\"properties\":null,\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]}}]}";
        let records = document(text).records().unwrap();
        assert_eq!(records.iter().map(|record| record.place.line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(records[1].properties["id"], 7);
        assert!(matches!(records[1].geometry, Ok(Some(Geometry::Point(_)))));
    }

    #[test]
    fn files_that_are_something_else_are_refused_with_a_reason() {
        let fails = |text: &str| format!("{:#}", document(text).records().err().unwrap());
        assert!(fails("[1,2").contains("FeatureCollection"));
        assert!(fails("{\"type\":\"Topology\"}").contains("Topology"));
        let crs =
            r#"{"type":"FeatureCollection","features":[],"crs":{"properties":{"name":"urn:ogc:def:crs:EPSG::5566"}}}"#;
        assert!(fails(crs).contains("5566"));
    }
}
