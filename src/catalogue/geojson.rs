//! Rows of the read door as GeoJSON features, written straight from what the database sent: a page of thousands must cost
//! little more than its bytes.

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::layer::FieldType;
use super::select::Selection;
use crate::formats::geojson::{Coordinates, geometry, number, string};

/// Writes rows that were selected with [`Selection::columns`] and, after that, [`Selection::stamp`].
#[derive(Debug)]
pub struct FeatureWriter {
    /// What comes before each value, and how the value is written.
    properties: Vec<(Vec<u8>, FieldType)>,
    has_standing: bool,
    coordinates: Coordinates,
}

impl FeatureWriter {
    /// `fields` are those that were selected.
    pub fn new(selection: &Selection, fields: &[usize], with_standing: bool, coordinates: Coordinates) -> Self {
        let mut properties: Vec<_> = Vec::with_capacity(fields.len());
        for &index in fields {
            let field = selection.field(index);
            let mut before = if properties.is_empty() { Vec::new() } else { b",".to_vec() };
            string(&mut before, &field.name);
            before.push(b':');
            properties.push((before, field.kind));
        }
        let has_standing = with_standing && selection.layer.status.is_some();
        Self { properties, has_standing, coordinates }
    }

    /// Appends the feature, without the brace that ends it, so that more members may follow.
    pub fn begin(&self, out: &mut Vec<u8>, row: &PgRow) -> Result<(), sqlx::Error> {
        out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
        out.extend_from_slice(row.try_get::<i64, _>(0)?.to_string().as_bytes());
        out.extend_from_slice(b",\"geometry\":");
        match row.try_get::<Option<&[u8]>, _>(1)? {
            Some(ewkb) => {
                geometry(out, ewkb, self.coordinates).map_err(|error| sqlx::Error::Decode(error.into()))?;
            }
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"properties\":{");
        for (place, (before, kind)) in self.properties.iter().enumerate() {
            out.extend_from_slice(before);
            value(out, row, place + 2, *kind)?;
        }
        let standing = self.properties.len() + 2;
        if self.has_standing {
            out.extend_from_slice(if self.properties.is_empty() { b"\"standing\":" } else { b",\"standing\":" });
            text(out, row.try_get(standing)?);
        }
        out.push(b'}');
        if let Some(version) = row.try_get::<Option<i32>, _>(standing + 1)? {
            out.extend_from_slice(b",\"version\":");
            out.extend_from_slice(version.to_string().as_bytes());
        }
        if let Some(recorded) = row.try_get::<Option<&str>, _>(standing + 2)? {
            out.extend_from_slice(b",\"recorded\":");
            string(out, recorded);
        }
        Ok(())
    }

    /// Appends the feature.
    pub fn write(&self, out: &mut Vec<u8>, row: &PgRow) -> Result<(), sqlx::Error> {
        self.begin(out, row)?;
        out.push(b'}');
        Ok(())
    }
}

fn value(out: &mut Vec<u8>, row: &PgRow, place: usize, kind: FieldType) -> Result<(), sqlx::Error> {
    match kind {
        FieldType::Integer => match row.try_get::<Option<i64>, _>(place)? {
            Some(integer) => out.extend_from_slice(integer.to_string().as_bytes()),
            None => out.extend_from_slice(b"null"),
        },
        FieldType::Number | FieldType::Money => match row.try_get::<Option<f64>, _>(place)? {
            Some(value) => number(out, value),
            None => out.extend_from_slice(b"null"),
        },
        FieldType::Boolean => out.extend_from_slice(match row.try_get::<Option<bool>, _>(place)? {
            Some(true) => b"true",
            Some(false) => b"false",
            None => b"null",
        }),
        _ => text(out, row.try_get(place)?),
    }
    Ok(())
}

fn text(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}
