//! Values of rows that were selected with [`super::select::Selection::columns_as_kept`], as the bytes that the database sent.

use sqlx::error::BoxDynError;
use sqlx::postgres::PgRow;
use sqlx::{Column, Row, TypeInfo, ValueRef};

use super::layer::FieldType;
use crate::db::binary;

/// A value's bytes; none where it is null.
pub fn bytes(row: &PgRow, place: usize) -> Result<Option<&[u8]>, sqlx::Error> {
    let value = row.try_get_raw(place)?;
    if value.is_null() { Ok(None) } else { value.as_bytes().map(Some).map_err(sqlx::Error::Decode) }
}

/// A value of a known number of bytes.
pub fn array<const N: usize>(row: &PgRow, place: usize) -> Result<Option<[u8; N]>, sqlx::Error> {
    let array = bytes(row, place)?.map(|bytes| bytes.try_into().map_err(|_| unreadable(binary::Unreadable)));
    array.transpose()
}

/// A value of a column of type `numeric`.
pub fn money(row: &PgRow, place: usize) -> Result<Option<f64>, sqlx::Error> {
    bytes(row, place)?.map(binary::numeric).transpose().map_err(unreadable)
}

/// A date or a moment as a text; none where it is null.
pub fn time(row: &PgRow, place: usize, kind: FieldType) -> Result<Option<String>, sqlx::Error> {
    let Some(bytes) = bytes(row, place)? else { return Ok(None) };
    let mut text = Vec::new();
    let is_there = write_time(&mut text, bytes, kind)?;
    Ok(is_there.then(|| String::from_utf8_lossy(&text).into_owned()))
}

/// Appends a date or a moment; false where there is none to write: an infinite moment.
pub fn write_time(out: &mut Vec<u8>, bytes: &[u8], kind: FieldType) -> Result<bool, sqlx::Error> {
    if kind == FieldType::Date {
        binary::date(out, bytes).map_err(unreadable)?;
        return Ok(true);
    }
    let moment = binary::moment(bytes).map_err(unreadable)?;
    if let Some(moment) = moment {
        binary::rfc3339(out, moment, false);
    }
    Ok(moment.is_some())
}

/// The moment at which a row was recorded, as RFC 3339 writes it, of [`super::select::Selection::stamp_as_kept`].
pub fn recorded_text(row: &PgRow, place: usize) -> Result<Option<String>, sqlx::Error> {
    Ok(recorded(row, place)?.map(|moment| {
        let mut text = Vec::new();
        binary::rfc3339(&mut text, moment, true);
        String::from_utf8_lossy(&text).into_owned()
    }))
}

/// The same, in microseconds, of [`super::select::Selection::stamp_as_kept`].
pub fn recorded(row: &PgRow, place: usize) -> Result<Option<i64>, sqlx::Error> {
    Ok(bytes(row, place)?.map(binary::moment).transpose().map_err(unreadable)?.flatten())
}

pub fn is_numeric(row: &PgRow, place: usize) -> bool {
    row.columns().get(place).is_some_and(|column| column.type_info().name() == "NUMERIC")
}

pub fn is_text(row: &PgRow, place: usize) -> bool {
    row.columns().get(place).is_some_and(|column| column.type_info().name() == "TEXT")
}

/// What the database sent is of another type than what was selected.
pub fn unreadable(error: binary::Unreadable) -> sqlx::Error {
    sqlx::Error::Decode(BoxDynError::from(error))
}
