//! Which rows of a register are asked for: those that touch a box and whose properties have the values that are named.

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
    /// Properties and the values that they must have.
    pub properties: Vec<(String, String)>,
}

/// A filter as SQL conditions, with the values for their parameters.
#[derive(Debug)]
pub struct Conditions {
    pub sql: Vec<String>,
    bbox: Option<[f64; 4]>,
    texts: Vec<String>,
}

impl Filter {
    /// Conditions for the columns that `selection` lets its caller see. Their parameters are numbered from `next` on;
    /// `also` names what else a request may say, for who mistypes a property.
    pub fn conditions(&self, selection: &Selection, mut next: usize, also: &str) -> Result<Conditions, Problem> {
        let mut sql = Vec::new();
        if let Some([west, _, east, _]) = self.bbox {
            sql.push(touches(&selection.geometry(), west > east, next));
            next += 4;
        }
        let mut texts = Vec::new();
        for (name, value) in &self.properties {
            let (condition, text) = condition(selection, name, value, next + texts.len(), also)?;
            sql.push(condition);
            texts.push(text);
        }
        Ok(Conditions { sql, bbox: self.bbox, texts })
    }
}

impl Conditions {
    /// Binds the values, after those of the parameters before.
    pub fn bind<'q>(&'q self, mut statement: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        for bound in self.bbox.into_iter().flatten() {
            statement = statement.bind(bound);
        }
        for text in &self.texts {
            statement = statement.bind(text);
        }
        statement
    }
}

fn touches(geometry: &str, crosses_antimeridian: bool, next: usize) -> String {
    let [west, south, east, north] = [0, 1, 2, 3].map(|place| format!("${}", next + place));
    let touches = |west: &str, east: &str| {
        format!("st_intersects({geometry}, st_makeenvelope({west}, {south}, {east}, {north}, 4326))")
    };
    if crosses_antimeridian {
        format!("({} or {})", touches(&west, "180"), touches("-180", &east))
    } else {
        touches(&west, &east)
    }
}

fn condition(
    selection: &Selection,
    name: &str,
    text: &str,
    place: usize,
    also: &str,
) -> Result<(String, String), Problem> {
    if name == "standing" && selection.layer.status.is_some() {
        if !Standing::ALL.iter().any(|(known, _)| *known == text) {
            let known = Standing::ALL.map(|(name, _)| name).join(", ");
            return Err(Problem::bad_request(name, format!("Дозволено: {known}"), format!("Allowed: {known}")));
        }
        return Ok((format!("({}) = ${place}", selection.standing()), text.to_owned()));
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
    Ok((format!("{} = ${place}::{}", identifier(name), field.kind.column_type()), text_of(&value, field.kind)))
}

/// The text to compare with: money as the column keeps it.
fn text_of(value: &Value, kind: FieldType) -> String {
    match value {
        Value::Number(number) if kind == FieldType::Money => format!("{number:.2}"),
        value => value.to_string(),
    }
}
