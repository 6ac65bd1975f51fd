//! A record on its way into or out of a register: one typed value per field.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use geo::Geometry;
use serde_json::Value as Json;

/// A field's value, already checked against the field's type.
///
/// Money travels as [`Value::Number`] in hryvnias; the database column is `numeric(18,2)`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    Date(NaiveDate),
    DateTime(DateTime<Utc>),
}

/// As PostgreSQL reads it from text; no value is an empty text.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => Ok(()),
            Value::Text(text) => out.write_str(text),
            Value::Integer(number) => write!(out, "{number}"),
            Value::Number(number) => write!(out, "{number}"),
            Value::Boolean(flag) => write!(out, "{flag}"),
            Value::Date(date) => write!(out, "{date}"),
            Value::DateTime(moment) => out.write_str(&moment.to_rfc3339()),
        }
    }
}

/// As GeoJSON and other JSON carry it.
impl From<Value> for Json {
    fn from(value: Value) -> Self {
        match value {
            Value::Text(text) => text.into(),
            Value::Integer(number) => number.into(),
            Value::Number(number) => number.into(),
            Value::Boolean(flag) => flag.into(),
            Value::Null => Json::Null,
            moment @ (Value::Date(_) | Value::DateTime(_)) => moment.to_string().into(),
        }
    }
}

/// A record made by a generator or a reader, named by layer and field names, before the rules have seen it.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    pub layer: &'static str,
    /// EPSG:4326: Point, MultiLineString or MultiPolygon; none where the register may do without.
    pub geometry: Option<Geometry<f64>>,
    pub values: Vec<(&'static str, Value)>,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::Number(number)
    }
}

impl From<NaiveDate> for Value {
    fn from(date: NaiveDate) -> Self {
        Value::Date(date)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}
