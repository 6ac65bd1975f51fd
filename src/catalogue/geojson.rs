//! Rows of the read door as GeoJSON features, written straight from what the database sent: a page of thousands must cost
//! little more than its bytes.

use std::io::Write;

use sqlx::postgres::PgRow;

use super::kept;
use super::layer::FieldType;
use super::record::Value;
use super::select::{SelectedRow, Selection};
use crate::db::binary;
use crate::formats::geojson::{Broken, Coordinates, geometry, number, string, utf8};

/// Writes rows that were selected with [`Selection::columns_as_kept`] and, after that, [`Selection::stamp_as_kept`]; and rows
/// that have been read.
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
        let id = kept::array(row, 0)?.map_or(0, i64::from_be_bytes);
        self.place(out, id, kept::bytes(row, 1)?).map_err(broken)?;
        for (place, (before, kind)) in self.properties.iter().enumerate() {
            out.extend_from_slice(before);
            value(out, row, place + 2, *kind)?;
        }
        let standing = self.properties.len() + 2;
        self.standing(out, kept::bytes(row, standing)?);
        if let Some(version) = kept::array(row, standing + 1)? {
            out.extend_from_slice(b",\"version\":");
            integer(out, i32::from_be_bytes(version).into());
        }
        if let Some(recorded) = kept::recorded(row, standing + 2)? {
            out.extend_from_slice(b",\"recorded\":\"");
            binary::rfc3339(out, recorded, true);
            out.push(b'"');
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
        self.standing(out, row.standing.as_deref().map(str::as_bytes));
        out.push(b'}');
        Ok(())
    }

    /// The members before the properties, and the brace that opens these.
    fn place(&self, out: &mut Vec<u8>, id: i64, ewkb: Option<&[u8]>) -> Result<(), Broken> {
        out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
        integer(out, id);
        out.extend_from_slice(b",\"geometry\":");
        match ewkb {
            Some(ewkb) => geometry(out, ewkb, self.coordinates)?,
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"properties\":{");
        Ok(())
    }

    /// The last of the properties, and the brace that closes them.
    fn standing(&self, out: &mut Vec<u8>, standing: Option<&[u8]>) {
        if self.has_standing {
            let before: &[u8] = if self.properties.is_empty() { b"\"standing\":" } else { b",\"standing\":" };
            out.extend_from_slice(before);
            match standing {
                Some(standing) => utf8(out, standing),
                None => out.extend_from_slice(b"null"),
            }
        }
        out.push(b'}');
    }
}

/// The types are those that [`Selection::columns_as_kept`] selects. PostgreSQL has seen to it that texts are UTF-8.
fn value(out: &mut Vec<u8>, row: &PgRow, place: usize, kind: FieldType) -> Result<(), sqlx::Error> {
    let Some(bytes) = kept::bytes(row, place)? else {
        out.extend_from_slice(b"null");
        return Ok(());
    };
    let mismatch = |_| kept::unreadable(binary::Unreadable);
    match kind {
        FieldType::Integer => integer(out, i64::from_be_bytes(bytes.try_into().map_err(mismatch)?)),
        FieldType::Number => number(out, f64::from_be_bytes(bytes.try_into().map_err(mismatch)?)),
        FieldType::Money => number(out, binary::numeric(bytes).map_err(kept::unreadable)?),
        FieldType::Boolean => out.extend_from_slice(if bytes == [1] { b"true" } else { b"false" }),
        FieldType::Date | FieldType::Datetime => {
            let start = out.len();
            out.push(b'"');
            if kept::write_time(out, bytes, kind)? {
                out.push(b'"');
            } else {
                out.truncate(start);
                out.extend_from_slice(b"null");
            }
        }
        _ => utf8(out, bytes),
    }
    Ok(())
}

fn integer(out: &mut Vec<u8>, integer: i64) {
    // a Vec takes everything
    let _ = write!(out, "{integer}");
}
