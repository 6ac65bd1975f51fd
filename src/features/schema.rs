//! What properties features have, and which of them can be filtered and sorted by (OGC API – Features Parts 3 and 5), as
//! JSON Schema.

use serde_json::{Map, Value as Json, json};

use super::collection::DESCRIPTIONS;
use super::sort::names;
use crate::catalogue::layer::{Field, FieldType, GeometryKind, Source, Standing};
use crate::catalogue::select::Selection;
use crate::http::language::Language;
use crate::http::page::say;

/// Which properties a description is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Described {
    /// All that a feature has.
    Schema,
    /// Those that filters may name.
    Queryables,
    Sortables,
}

/// By what name filters know the geometry.
pub const GEOMETRY: &str = "geom";

impl Described {
    pub const ALL: [Self; 3] = [Self::Schema, Self::Queryables, Self::Sortables];

    /// The last part of its address.
    pub fn name(self) -> &'static str {
        DESCRIPTIONS[self as usize].0
    }

    pub fn title(self, language: Language) -> &'static str {
        let (_, _, uk, en) = DESCRIPTIONS[self as usize];
        say(language, uk, en)
    }

    /// The JSON Schema at `own_url`.
    pub fn schema(self, selection: &Selection, own_url: &str, language: Language) -> Json {
        let layer = &selection.layer;
        let mut properties = Map::new();
        let id = say(language, "Номер запису", "Record’s number");
        properties.insert(
            "id".to_owned(),
            json!({ "title": id, "type": "integer", "format": "int64", "readOnly": true, "x-ogc-role": "id" }),
        );
        for &index in &selection.fields {
            let field = selection.field(index);
            properties.insert(field.name.clone(), property(field, language));
        }
        if layer.status.is_some() {
            properties.insert("standing".to_owned(), standing(language));
        }
        if self != Self::Sortables {
            properties.insert(GEOMETRY.to_owned(), geometry(selection, language));
        }
        if self == Self::Sortables {
            properties.retain(|name, _| names(selection).contains(&name.as_str()));
        }
        for (place, (_, property)) in properties.iter_mut().enumerate() {
            property["x-ogc-propertySeq"] = json!(place + 1);
        }
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": own_url,
            "title": layer.title.get(language),
            "description": layer.description.get(language),
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        });
        if self == Self::Schema {
            let required = selection.fields.iter().map(|&index| selection.field(index)).filter(|field| field.required);
            schema["required"] = required.map(|field| field.name.as_str()).collect();
        }
        schema
    }
}

fn property(field: &Field, language: Language) -> Json {
    let mut property = json!({ "title": field.title.get(language) });
    let (kind, format) = match field.kind {
        FieldType::Integer => ("integer", Some("int64")),
        FieldType::Number | FieldType::Money => ("number", None),
        FieldType::Boolean => ("boolean", None),
        FieldType::Date => ("string", Some("date")),
        FieldType::Datetime => ("string", Some("date-time")),
        FieldType::Url => ("string", Some("uri")),
        FieldType::Email => ("string", Some("email")),
        FieldType::Term => ("string", Some("duration")),
        _ => ("string", None),
    };
    property["type"] = json!(kind);
    if let Some(format) = format {
        property["format"] = json!(format);
    }
    if !field.values.is_empty() {
        property["enum"] = field.values.iter().map(|allowed| allowed.value.as_str()).collect();
        let labels =
            field.values.iter().map(|allowed| json!({ "const": allowed.value, "title": allowed.label.get(language) }));
        property["oneOf"] = labels.collect();
    }
    if let Some(pattern) = field.pattern_text().or(field.kind.about().pattern) {
        property["pattern"] = json!(format!("^(?:{pattern})$"));
    }
    if let Some(min) = field.min {
        property["minimum"] = json!(min);
    }
    if let Some(max) = field.max {
        property["maximum"] = json!(max);
    }
    if let Some(unit) = &field.unit {
        property["x-ogc-unit"] = json!(unit.get(language));
    }
    property
}

fn standing(language: Language) -> Json {
    let title = say(language, "Стан на сьогодні", "Standing today");
    json!({
        "title": title,
        "type": "string",
        "enum": Standing::ALL.map(|(name, _)| name),
        "readOnly": true,
    })
}

fn geometry(selection: &Selection, language: Language) -> Json {
    let format = match (&selection.layer.source, selection.layer.geometry) {
        (Source::Managed, GeometryKind::Point) => "geometry-point",
        (Source::Managed, GeometryKind::Line) => "geometry-multilinestring",
        (Source::Managed, GeometryKind::Polygon) => "geometry-multipolygon",
        (Source::Relation { .. }, _) => "geometry-any",
    };
    json!({ "title": say(language, "Місце", "Place"), "x-ogc-role": "primary-geometry", "format": format })
}
