//! Rows of the read door as GeoJSON features, written straight from what the database sent: a page of thousands must cost
//! little more than its bytes.

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::layer::FieldType;
use super::record::Value;
use super::select::{SelectedRow, Selection};
use crate::formats::geojson::{Broken, Coordinates, geometry, number, string};

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
        let broken = |error: Broken| sqlx::Error::Decode(error.into());
        self.place(out, row.try_get(0)?, row.try_get(1)?).map_err(broken)?;
        for (place, (before, kind)) in self.properties.iter().enumerate() {
            out.extend_from_slice(before);
            value(out, row, place + 2, *kind)?;
        }
        let standing = self.properties.len() + 2;
        self.standing(out, row.try_get(standing)?);
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

    /// Appends a feature that has been read already, without its version.
    pub fn write_read(&self, out: &mut Vec<u8>, row: &SelectedRow) -> Result<(), Broken> {
        self.place(out, row.id, row.ewkb.as_deref())?;
        for ((before, _), value) in self.properties.iter().zip(&row.values) {
            out.extend_from_slice(before);
            match value {
                Value::Null => out.extend_from_slice(b"null"),
                Value::Number(value) => number(out, *value),
                Value::Integer(_) | Value::Boolean(_) => out.extend_from_slice(value.to_string().as_bytes()),
                Value::Text(value) => string(out, value),
                Value::Date(_) | Value::DateTime(_) => string(out, &value.to_string()),
            }
        }
        self.standing(out, row.standing.as_deref());
        out.push(b'}');
        Ok(())
    }

    /// The members before the properties, and the brace that opens these.
    fn place(&self, out: &mut Vec<u8>, id: i64, ewkb: Option<&[u8]>) -> Result<(), Broken> {
        out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
        out.extend_from_slice(id.to_string().as_bytes());
        out.extend_from_slice(b",\"geometry\":");
        match ewkb {
            Some(ewkb) => geometry(out, ewkb, self.coordinates)?,
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"properties\":{");
        Ok(())
    }

    /// The last of the properties, and the brace that closes them.
    fn standing(&self, out: &mut Vec<u8>, standing: Option<&str>) {
        if self.has_standing {
            let before: &[u8] = if self.properties.is_empty() { b"\"standing\":" } else { b",\"standing\":" };
            out.extend_from_slice(before);
            text(out, standing);
        }
        out.push(b'}');
    }
}

/// The types are those that [`Selection::columns`] casts to: sqlx need not compare them for every value.
fn value(out: &mut Vec<u8>, row: &PgRow, place: usize, kind: FieldType) -> Result<(), sqlx::Error> {
    match kind {
        FieldType::Integer => match row.try_get_unchecked::<Option<i64>, _>(place)? {
            Some(integer) => out.extend_from_slice(integer.to_string().as_bytes()),
            None => out.extend_from_slice(b"null"),
        },
        FieldType::Number | FieldType::Money => match row.try_get_unchecked::<Option<f64>, _>(place)? {
            Some(value) => number(out, value),
            None => out.extend_from_slice(b"null"),
        },
        FieldType::Boolean => out.extend_from_slice(match row.try_get_unchecked::<Option<bool>, _>(place)? {
            Some(true) => b"true",
            Some(false) => b"false",
            None => b"null",
        }),
        _ => text(out, row.try_get_unchecked(place)?),
    }
    Ok(())
}

fn text(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}
