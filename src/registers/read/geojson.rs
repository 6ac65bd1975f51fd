//! GeoJSON (RFC 7946) and plain JSON lists of objects, record by record, each with its line.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail};
use geo::{Geometry, LineString, Polygon};
use geozero::ToGeo;
use geozero::geojson::GeoJsonString;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use super::limits::Limits;
use super::{Place, Record};
use crate::formats::encoded::Text;

/// A JSON file in memory, and where its records stand in it.
pub struct Document {
    text: String,
    records: Vec<Range<usize>>,
    next: usize,
    line: usize,
    offset: usize,
    is_list: bool,
    vertices: usize,
    pub columns: Vec<String>,
    /// The reference system that an older GeoJSON file names, if it is not longitude and latitude.
    pub crs: Option<String>,
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

#[derive(Deserialize)]
struct FeatureKeys {
    #[serde(default)]
    id: Option<IgnoredAny>,
    #[serde(default)]
    properties: Option<BTreeMap<String, IgnoredAny>>,
}

impl Document {
    /// A FeatureCollection, or with `is_list` an array of objects. Fails where the file as a whole is neither.
    pub fn open(path: &Path, encoding: Option<&str>, is_list: bool, limits: &Limits) -> Result<Self> {
        let (mut reader, encoding) = Text::open(path, encoding)?;
        let mut text = String::new();
        reader.read_to_string(&mut text).with_context(|| format!("the file is not in {}", encoding.name()))?;
        Self::new(text, is_list, limits)
    }

    fn new(text: String, is_list: bool, limits: &Limits) -> Result<Self> {
        let (records, crs) = if is_list { (list(&text)?, None) } else { collection(&text)? };
        if records.len() > limits.records {
            bail!("the file has {} records; up to {} are read", records.len(), limits.records);
        }
        let vertices = limits.vertices;
        let columns = Vec::new();
        let mut document = Self { text, records, next: 0, line: 1, offset: 0, is_list, vertices, columns, crs };
        document.columns = document.keys()?;
        Ok(document)
    }

    pub fn next(&mut self) -> Result<Option<Record>> {
        let Some(range) = self.records.get(self.next).cloned() else { return Ok(None) };
        self.next += 1;
        let place = Place { record: self.next, line: self.line_of(range.start) };
        let raw = self.text.get(range).unwrap_or_default();
        if self.is_list { object(place, raw).map(Some) } else { feature(place, raw, self.vertices).map(Some) }
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Every name that a record uses, in the order of the alphabet.
    fn keys(&self) -> Result<Vec<String>> {
        let mut columns = std::collections::BTreeSet::new();
        let texts = self.records.iter().map(|range| self.text.get(range.clone()).unwrap_or_default());
        for (index, text) in texts.enumerate() {
            let wrong =
                || format!("record {} is no {}", index + 1, if self.is_list { "object" } else { "GeoJSON feature" });
            if self.is_list {
                let values: Map<String, Json> = serde_json::from_str(text).with_context(wrong)?;
                // the outline is the record's geometry
                let columns_of = values.into_iter().filter(|(_, value)| outline(value).is_none());
                columns.extend(columns_of.map(|(name, _)| name));
            } else {
                let keys: FeatureKeys = serde_json::from_str(text).with_context(wrong)?;
                columns.extend(keys.properties.into_iter().flat_map(BTreeMap::into_keys));
                columns.extend(keys.id.map(|_| "id".to_owned()));
            }
        }
        Ok(columns.into_iter().collect())
    }

    /// Line of an offset; offsets are asked for in order.
    fn line_of(&mut self, offset: usize) -> usize {
        let between = self.text.as_bytes().get(self.offset..offset).unwrap_or_default();
        self.line += between.iter().filter(|&&byte| byte == b'\n').count();
        self.offset = offset;
        self.line
    }
}

/// Where a part of `text` stands in it.
fn range(text: &str, part: &RawValue) -> Range<usize> {
    let start = (part.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + part.get().len()
}

fn collection(text: &str) -> Result<(Vec<Range<usize>>, Option<String>)> {
    let collection: Collection<'_> = serde_json::from_str(text).context("the file is no GeoJSON FeatureCollection")?;
    if collection.kind != "FeatureCollection" {
        bail!("the file holds a GeoJSON {}; a FeatureCollection is needed", collection.kind);
    }
    let name = collection.crs.as_ref().and_then(|crs| crs.pointer("/properties/name")).and_then(Json::as_str);
    let crs = name.filter(|name| !name.ends_with("CRS84") && !name.ends_with(":4326")).map(code);
    Ok((collection.features.iter().map(|raw| range(text, raw)).collect(), crs))
}

/// `urn:ogc:def:crs:EPSG::5566` as `EPSG:5566`.
fn code(name: &str) -> String {
    match (name.strip_prefix("urn:ogc:def:crs:"), name.rsplit_once(':')) {
        (Some(rest), Some((_, code))) => format!("{}:{code}", rest.split(':').next().unwrap_or("EPSG")),
        _ => name.to_owned(),
    }
}

fn list(text: &str) -> Result<Vec<Range<usize>>> {
    let list: Vec<&RawValue> = serde_json::from_str(text).context("the file is no JSON list of objects")?;
    Ok(list.iter().map(|raw| range(text, raw)).collect())
}

/// One GeoJSON feature; `place` says where it stands.
pub fn feature(place: Place, text: &str, most_vertices: usize) -> Result<Record> {
    let feature: FeatureText<'_> =
        serde_json::from_str(text).with_context(|| format!("record {} is no GeoJSON feature", place.at()))?;
    let mut values = feature.properties.unwrap_or_default();
    // a feature's own id is a column like the others, where the properties have none of that name
    if let Some(id) = feature.id.filter(|_| !values.contains_key("id")) {
        values.insert("id".to_owned(), id);
    }
    let geometry = match feature.geometry.filter(|raw| raw.get() != "null") {
        Some(raw) => {
            let vertices = raw.get().bytes().filter(|&byte| byte == b'[').count();
            if vertices > most_vertices {
                bail!(
                    "the geometry of record {} has about {vertices} vertices; up to {most_vertices} are read",
                    place.at()
                );
            }
            GeoJsonString(raw.get().to_owned()).to_geo().map(Some).map_err(|error| error.to_string())
        }
        None => Ok(None),
    };
    Ok(Record { place, values, geometry, fault: None })
}

/// A plain object. A list of `{lng, lat}` among its members is its outline.
fn object(place: Place, text: &str) -> Result<Record> {
    let mut values: Map<String, Json> =
        serde_json::from_str(text).with_context(|| format!("record {} is no object", place.at()))?;
    let outline = values.iter().find_map(|(name, value)| Some((name.clone(), outline(value)?)));
    let geometry = outline.map(|(name, geometry)| {
        values.remove(&name);
        geometry
    });
    Ok(Record { place, values, geometry: Ok(geometry), fault: None })
}

fn outline(value: &Json) -> Option<Geometry<f64>> {
    let corner = |corner: &Json| {
        let number = |names: [&str; 4]| names.iter().find_map(|name| corner.get(name)?.as_f64());
        Some((number(["lng", "lon", "longitude", "x"])?, number(["lat", "latitude", "широта", "y"])?))
    };
    let corners: Vec<(f64, f64)> = value.as_array()?.iter().map(corner).collect::<Option<_>>()?;
    let line = LineString::from(corners);
    match line.0.len() {
        0 | 1 => None,
        2 | 3 => Some(line.into()),
        _ if line.is_closed() => Some(Polygon::new(line, Vec::new()).into()),
        _ => Some(line.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Result<Document> {
        Document::new(text.to_owned(), text.starts_with('['), &Limits::default())
    }

    fn records(mut document: Document) -> Vec<Record> {
        std::iter::from_fn(|| document.next().unwrap()).collect()
    }

    #[test]
    fn records_know_their_lines() {
        let text = "{\"type\":\"FeatureCollection\",\"features\":[\n{\"type\":\"Feature\",\"properties\":{\"a\":1},\
            \"geometry\":null},\n\n{\"type\":\"Feature\",\"id\":7,\"properties\":null,\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]}}]}";
        let document = document(text).unwrap();
        assert_eq!(document.columns, ["a", "id"]);
        let records = records(document);
        assert_eq!(records.iter().map(|record| record.place.line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(records[1].values["id"], 7);
        assert!(matches!(records[1].geometry, Ok(Some(Geometry::Point(_)))));
    }

    #[test]
    fn a_list_of_objects_may_have_outlines() {
        let text = "[{\"id\":1,\"patch\":[{\"lng\":1,\"lat\":2},{\"lng\":2,\"lat\":2},{\"lng\":2,\"lat\":3},{\"lng\":1,\"lat\":2}]},\n{\"id\":2}]";
        let records = records(document(text).unwrap());
        assert!(matches!(records[0].geometry, Ok(Some(Geometry::Polygon(_)))));
        assert_eq!((records[1].place.line, records[1].values["id"].as_i64()), (2, Some(2)));
    }

    #[test]
    fn files_that_are_something_else_are_refused_with_a_reason() {
        let fails = |text: &str| format!("{:#}", document(text).err().unwrap());
        assert!(fails("[1,2").contains("list of objects"));
        assert!(fails("[1,2]").contains("record 1 is no object"));
        assert!(fails("{\"type\":\"Topology\"}").contains("Topology"));
    }

    #[test]
    fn an_older_file_names_its_reference_system() {
        let crs =
            r#"{"type":"FeatureCollection","features":[],"crs":{"properties":{"name":"urn:ogc:def:crs:EPSG::5566"}}}"#;
        assert_eq!(document(crs).unwrap().crs.as_deref(), Some("EPSG:5566"));
    }

    #[test]
    fn a_geometry_of_too_many_vertices_is_refused() {
        let text =
            r#"{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[1,2],[3,4],[5,6]]}}"#;
        let refused = feature(Place { record: 1, line: 1 }, text, 3).err().unwrap().to_string();
        assert!(refused.contains("vertices"), "{refused}");
    }
}
