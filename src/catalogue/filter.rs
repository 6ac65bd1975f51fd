//! Which rows of a register are asked for: those that touch a box and whose properties have the values that are named.

pub mod cql2;

use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use super::layer::{FieldType, Standing};
use super::record::Value;
use super::rules::typed;
use super::select::Selection;
use crate::db::sql::identifier;
use crate::http::problem::Problem;

/// A request's filter, as it is written there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// West, south, east, north in degrees; west may exceed east where the box crosses the antimeridian.
    pub bbox: Option<[f64; 4]>,
    /// The reference system of `bbox`, where it is another one: EPSG code, axes as PostGIS has them (east before north).
    pub bbox_system: Option<u32>,
    /// Properties and the values that they must have.
    pub properties: Vec<(String, String)>,
    pub cql2: Option<cql2::Cql2>,
}

/// A filter as SQL conditions, with the values for their parameters.
#[derive(Debug)]
pub struct Conditions {
    pub sql: Vec<String>,
    /// Values of parameters, as texts that SQL casts.
    pub values: Values,
}

/// Values for the numbered parameters of a statement, as texts: SQL casts each to its type.
#[derive(Debug)]
pub struct Values {
    texts: Vec<String>,
    first: usize,
}

impl Values {
    /// `first` is the number of the first parameter.
    pub fn new(first: usize) -> Self {
        Self { texts: Vec::new(), first }
    }

    /// SQL for a value of the type.
    pub fn add(&mut self, text: impl Into<String>, kind: &str) -> String {
        self.texts.push(text.into());
        format!("${}::{kind}", self.first + self.texts.len() - 1)
    }

    /// The number of the next parameter.
    pub fn next(&self) -> usize {
        self.first + self.texts.len()
    }

    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Binds the values, after those of the parameters before.
    pub fn bind<'q>(&self, mut statement: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        for text in &self.texts {
            statement = statement.bind(text.clone());
        }
        statement
    }
}

impl Filter {
    /// Conditions for the columns that `selection` lets its caller see. Their parameters are numbered from `next` on;
    /// `also` names what else a request may say, for who mistypes a property.
    pub fn conditions(&self, selection: &Selection, next: usize, also: &str) -> Result<Conditions, Problem> {
        let (mut sql, mut values) = (Vec::new(), Values::new(next));
        if let Some(bbox) = self.bbox {
            sql.push(touches(&selection.geometry(), bbox, self.bbox_system, &mut values));
        }
        for (name, text) in &self.properties {
            sql.push(condition(selection, name, text, &mut values, also)?);
        }
        if let Some(cql2) = &self.cql2 {
            sql.push(cql2.condition(selection, &mut values)?);
        }
        Ok(Conditions { sql, values })
    }
}

/// How far within a box, in degrees, what is surely within it lies: boxes are compared in single precision, which is a
/// hundred-thousandth of a degree.
const WITHIN: f64 = 1e-4;

/// SQL for a geometry that touches the box. A box of another system is not one in degrees, so its edges are followed.
fn touches(geometry: &str, [west, south, east, north]: [f64; 4], system: Option<u32>, values: &mut Values) -> String {
    let mut bound = |bound: f64| values.add(bound.to_string(), "double precision");
    let bounds = [west, south, east, north].map(&mut bound);
    let envelope = |west: &str, east: &str, srid: u32| {
        format!("st_makeenvelope({west}, {}, {east}, {}, {srid})", bounds[1], bounds[3])
    };
    if let Some(srid) = system {
        let step = ((east - west).abs().max((north - south).abs()) / 16.0).max(f64::MIN_POSITIVE);
        let box_there = envelope(&bounds[0], &bounds[2], srid);
        return format!("st_intersects({geometry}, st_transform(st_segmentize({box_there}, {step}), 4326))");
    }
    let touches = |west: &str, east: &str| format!("st_intersects({geometry}, {})", envelope(west, east, 4326));
    if west > east {
        return format!("({} or {})", touches(&bounds[0], "180"), touches("-180", &bounds[2]));
    }
    let [whole, touches] = [envelope(&bounds[0], &bounds[2], 4326), touches(&bounds[0], &bounds[2])];
    if east - west <= 2.0 * WITHIN || north - south <= 2.0 * WITHIN {
        return touches;
    }
    // most of what touches a box lies wholly within it, which its own box tells at a tenth of the price; as an `or` it would be
    // looked for in the index a second time
    let inner = [west + WITHIN, south + WITHIN, east - WITHIN, north - WITHIN].map(&mut bound);
    let inner = format!("st_makeenvelope({}, 4326)", inner.join(", "));
    format!("({geometry} && {whole} and case when {geometry} @ {inner} then true else {touches} end)")
}

fn condition(
    selection: &Selection,
    name: &str,
    text: &str,
    values: &mut Values,
    also: &str,
) -> Result<String, Problem> {
    if name == "standing" && selection.layer.status.is_some() {
        if !Standing::ALL.iter().any(|(known, _)| *known == text) {
            let known = Standing::ALL.map(|(name, _)| name).join(", ");
            return Err(Problem::bad_request(name, format!("Дозволено: {known}"), format!("Allowed: {known}")));
        }
        return Ok(format!("({}) = {}", selection.standing(), values.add(text, "text")));
    }
    let Some(field) = selection.visible(name) else {
        let known: Vec<_> = selection.fields.iter().map(|&index| selection.field(index).name.as_str()).collect();
        let known = known.join(", ");
        return Err(Problem::bad_request(
            name,
            format!("Невідомий параметр «{name}». Дозволено: {also}, {known}"),
            format!("Unknown parameter “{name}”. Allowed: {also}, {known}"),
        ));
    };
    // the field's own rules say what a value of it looks like; its list of values does not matter for a search
    let read = typed(field.kind, text.trim());
    let value = read.map_err(|reason| Problem::bad_request(name, reason.uk, reason.en))?;
    let value = values.add(text_of(&value, field.kind), field.kind.column_type());
    Ok(format!("{} = {value}", identifier(name)))
}

/// The text to compare with: money as the column keeps it.
fn text_of(value: &Value, kind: FieldType) -> String {
    match value {
        Value::Number(number) if kind == FieldType::Money => format!("{number:.2}"),
        value => value.to_string(),
    }
}
