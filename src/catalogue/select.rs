//! The one read door: which rows and columns of a register a caller may see, as SQL.
//!
//! Tiles, features and everything else that reads a register build their query from a [`Selection`]. Identifiers come
//! from layer files, where their form is checked, and are quoted all the same; values are always bound as parameters.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Europe::Kyiv;
use serde_json::Value as Json;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::kept;
use super::layer::{Field, FieldType, Layer, Source, Status};
use super::record::Value;
use crate::auth::Caller;
use crate::db::sql::{identifier, literal};
use crate::formats::mvt::Value as TileValue;
use crate::http::moment;
use crate::http::problem::Problem;

/// What `caller` may read of a layer.
#[derive(Debug, Clone)]
pub struct Selection {
    pub layer: Arc<Layer>,
    pub caller: Caller,
    /// Indices of the visible fields, in the layer's order.
    pub fields: Vec<usize>,
    time: Time,
}

/// Of when a layer is read.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Time {
    Now,
    /// As of a moment.
    At(DateTime<Utc>),
    /// Every record that was in force at any time between the two, which may be open, as it last was then.
    Within(Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// A layer of which nobody keeps how it was: it shows a relation that Misto did not make.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{layer} keeps no history: it shows a table or a view that Misto did not make")]
pub struct NoHistory {
    pub layer: String,
}

impl From<NoHistory> for Problem {
    fn from(NoHistory { layer }: NoHistory) -> Self {
        Problem::bad_request(
            "datetime",
            format!("Набір «{layer}» не має історії: його таблицю веде не Misto."),
            format!("“{layer}” keeps no history: its table is not kept by Misto."),
        )
    }
}

/// Opens the door: the only way to a [`Selection`].
pub fn select(layer: &Arc<Layer>, caller: Caller) -> Selection {
    let visible = layer.fields.iter().enumerate().filter(|(_, field)| caller.may_see(field.access));
    Selection { layer: layer.clone(), caller, fields: visible.map(|(index, _)| index).collect(), time: Time::Now }
}

impl Selection {
    /// The same, read as the layer was at `moment`: rows that have been deleted since are there, later ones are not, and
    /// every row has the values and the standing that it had.
    pub fn as_of(self, moment: DateTime<Utc>) -> Result<Self, NoHistory> {
        self.at(Time::At(moment))
    }

    /// The same, with every record that was in force at any time between two moments, each as it last was then. None: since
    /// ever, or up to now.
    pub fn within(self, from: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) -> Result<Self, NoHistory> {
        self.at(Time::Within(from, until))
    }

    fn at(self, time: Time) -> Result<Self, NoHistory> {
        match self.layer.source {
            Source::Managed => Ok(Self { time, ..self }),
            Source::Relation { .. } => Err(NoHistory { layer: self.layer.id.clone() }),
        }
    }

    /// The table or view, quoted; as of a moment, a subquery with the same columns, which the planner takes apart, so that
    /// conditions on the id or the geometry reach the indexes of both tables.
    pub fn relation(&self) -> String {
        match &self.layer.source {
            Source::Managed => match self.time {
                Time::Now => format!("registers.{}", identifier(&self.layer.id)),
                Time::At(moment) => self.relation_at(moment),
                Time::Within(from, until) => self.relation_within(from, until),
            },
            Source::Relation { schema, name, .. } => format!("{}.{}", identifier(schema), identifier(name)),
        }
    }

    fn relation_at(&self, moment: DateTime<Utc>) -> String {
        let (name, columns) = (identifier(&self.layer.id), self.version_columns());
        let (every, moment) = (self.union_of_versions(), timestamp(moment));
        format!("(select {columns} from {every} where recorded_at <= {moment} and archived_at > {moment}) as {name}")
    }

    fn relation_within(&self, from: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) -> String {
        let (name, columns) = (identifier(&self.layer.id), self.version_columns());
        let every = self.union_of_versions();
        let from = from.map_or("'-infinity'".to_owned(), timestamp);
        let until = until.map_or("'infinity'".to_owned(), timestamp);
        format!(
            "(select distinct on (id) {columns} from {every} where recorded_at <= {until} and archived_at > {from} \
             order by id, recorded_at desc) as {name}"
        )
    }

    /// A subquery with all versions that the register's records have had and have: the register's columns, and
    /// `archived_at` and `archived_how`, which are infinity and null for those in force. For staff also who and why.
    pub fn every_version(&self) -> Result<String, NoHistory> {
        match self.layer.source {
            Source::Managed => Ok(self.union_of_versions()),
            Source::Relation { .. } => Err(NoHistory { layer: self.layer.id.clone() }),
        }
    }

    /// PostgreSQL takes a union apart only where its parts have no conditions of their own.
    fn union_of_versions(&self) -> String {
        let (name, mut columns) = (identifier(&self.layer.id), self.version_columns());
        let mut ends =
            ["timestamptz 'infinity' as archived_at, null::text as archived_how", "archived_at, archived_how"];
        if self.caller == Caller::Staff {
            columns.push_str(", recorded_by, recorded_why");
            ends = [
                "timestamptz 'infinity' as archived_at, null::text as archived_how, null::text as archived_by, \
                 null::text as archived_why",
                "archived_at, archived_how, archived_by, archived_why",
            ];
        }
        format!(
            "(select {columns}, {} from registers.{name} union all select {columns}, {} from history.{name}) as every_version",
            ends[0], ends[1]
        )
    }

    /// The columns that the register's and the history's table have in common and the caller may read.
    fn version_columns(&self) -> String {
        let own = ["id", "geom", "version", "recorded_at"].map(str::to_owned);
        let fields = self.fields.iter().map(|&index| identifier(&self.field(index).name));
        own.into_iter().chain(fields).collect::<Vec<_>>().join(", ")
    }

    /// SQL for a row's version and the moment at which it was recorded; nulls where nobody counts versions.
    pub fn stamp_as_kept(&self) -> &'static str {
        match self.layer.source {
            Source::Managed => "version, recorded_at",
            Source::Relation { .. } => "null::integer, null::timestamptz",
        }
    }

    /// The same, the moment as RFC 3339 writes it, as `version` and `recorded`.
    pub fn stamp(&self) -> &'static str {
        match self.layer.source {
            Source::Managed => {
                "version, to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as recorded"
            }
            Source::Relation { .. } => "null::integer as version, null::text as recorded",
        }
    }

    /// SQL for two aggregates over the relation of the present: the moment at which the register's first record was made,
    /// and the one at which a record was last made, changed or deleted (RFC 3339); nulls where nobody keeps them.
    pub fn lifetime(&self) -> [String; 2] {
        let Ok(every) = self.every_version() else { return ["null::text", "null::text"].map(str::to_owned) };
        let (register, history) = (self.relation(), format!("history.{}", identifier(&self.layer.id)));
        // ids grow, so the smallest is the first; and indexes find its versions
        let first = format!("least((select min(id) from {register}), (select min(id) from {history}))");
        let moment = |at: &str| format!("to_char(({at}) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
        [
            moment(&format!("select min(recorded_at) from {every} where id = {first}")),
            moment(&format!("greatest(max(recorded_at), (select max(archived_at) from {history}))")),
        ]
    }

    /// The column of the feature's id, quoted.
    pub fn id(&self) -> String {
        match &self.layer.source {
            Source::Managed => identifier("id"),
            Source::Relation { id, .. } => identifier(id),
        }
    }

    /// A quoted column with its table, where the name alone might mean what is selected.
    pub fn qualified(&self, column: &str) -> String {
        match &self.layer.source {
            Source::Managed => format!("{}.{column}", identifier(&self.layer.id)),
            Source::Relation { name, .. } => format!("{}.{column}", identifier(name)),
        }
    }

    /// The geometry column (EPSG:4326), quoted.
    pub fn geometry(&self) -> String {
        match &self.layer.source {
            Source::Managed => identifier("geom"),
            Source::Relation { geometry, .. } => identifier(geometry),
        }
    }

    /// The fields that tiles of `zoom` carry.
    pub fn tile_fields(&self, zoom: u8) -> Vec<usize> {
        let carried = |&&index: &&usize| self.field(index).tiles.is_some_and(|from| from <= zoom);
        self.fields.iter().filter(carried).copied().collect()
    }

    pub fn field(&self, index: usize) -> &Field {
        &self.layer.fields[index]
    }

    /// The visible field of that name.
    pub fn visible(&self, name: &str) -> Option<&Field> {
        self.layer.field(name).filter(|(index, _)| self.fields.contains(index)).map(|(_, field)| field)
    }

    /// A select list: id, geometry as EWKB, the given fields, and the standing (always last, null without a status).
    /// [`Selection::read`] reads such a row.
    pub fn columns(&self, fields: &[usize]) -> String {
        self.listed(&self.geometry(), fields.iter().map(|&index| wire(self.field(index))))
    }

    /// The same, but dates, moments and money in the types of their columns, which cost the database nothing to write; and
    /// with something else than the geometry as it is kept. [`super::kept`] reads such values.
    pub fn columns_as_kept(&self, fields: &[usize], geometry: &str) -> String {
        let column = |field: &Field| match field.kind {
            FieldType::Date | FieldType::Datetime => identifier(&field.name),
            FieldType::Money => format!("{}::numeric", identifier(&field.name)),
            _ => wire(field),
        };
        self.listed(geometry, fields.iter().map(|&index| column(self.field(index))))
    }

    fn listed(&self, geometry: &str, fields: impl Iterator<Item = String>) -> String {
        let own = [format!("{}::bigint", self.id()), format!("{geometry}::bytea")];
        own.into_iter().chain(fields).chain([self.standing()]).collect::<Vec<_>>().join(", ")
    }

    /// SQL for an array of texts: the values of the given fields, which [`Selection::told`] reads one by one.
    pub fn texts(&self, fields: &[usize]) -> String {
        let columns = fields.iter().map(|&index| format!("({})::text", wire(self.field(index))));
        format!("array[{}]::text[]", columns.collect::<Vec<_>>().join(", "))
    }

    /// A value of such an array as JSON has it.
    pub fn told(&self, field: usize, text: Option<&str>) -> Json {
        let Some(text) = text else { return Json::Null };
        match self.field(field).kind {
            FieldType::Integer => text.parse::<i64>().map_or(Json::Null, Json::from),
            FieldType::Number | FieldType::Money => text.parse::<f64>().map_or(Json::Null, Json::from),
            FieldType::Boolean => Json::from(text == "true"),
            _ => Json::from(text),
        }
    }

    /// The row's id, EWKB and values, where the row was selected with `columns(fields)` or `columns_as_kept(fields, …)`.
    pub fn read(&self, row: &PgRow, fields: &[usize]) -> Result<SelectedRow, sqlx::Error> {
        let values = fields.iter().enumerate().map(|(place, &index)| value(row, place + 2, self.field(index).kind));
        Ok(SelectedRow {
            id: row.try_get(0)?,
            ewkb: row.try_get(1)?,
            values: values.collect::<Result<_, _>>()?,
            standing: row.try_get(fields.len() + 2)?,
        })
    }

    /// The row's id and EWKB, where the row was selected with `columns(…)`, borrowed.
    pub fn place<'r>(&self, row: &'r PgRow) -> Result<(i64, Option<&'r [u8]>), sqlx::Error> {
        Ok((row.try_get_unchecked(0)?, row.try_get_unchecked(1)?))
    }

    /// Hands on the values of such a row as tiles write them, borrowed, each with its place among `fields`; the
    /// standing's place comes after theirs. The types are those that [`Selection::columns`] casts to.
    pub fn tile_values<'r>(
        &self,
        row: &'r PgRow,
        fields: &[usize],
        mut take: impl FnMut(usize, TileValue<'r>),
    ) -> Result<(), sqlx::Error> {
        for (place, &index) in fields.iter().enumerate() {
            let column = place + 2;
            let value = match self.field(index).kind {
                FieldType::Integer => row.try_get_unchecked::<Option<i64>, _>(column)?.map(TileValue::Integer),
                FieldType::Number | FieldType::Money => {
                    row.try_get_unchecked::<Option<f64>, _>(column)?.map(TileValue::Number)
                }
                FieldType::Boolean => row.try_get_unchecked::<Option<bool>, _>(column)?.map(TileValue::Boolean),
                _ => row.try_get_unchecked::<Option<&str>, _>(column)?.map(TileValue::Text),
            };
            if let Some(value) = value {
                take(place, value);
            }
        }
        if let Some(standing) = row.try_get_unchecked::<Option<&str>, _>(fields.len() + 2)? {
            take(fields.len(), TileValue::Text(standing));
        }
        Ok(())
    }

    /// SQL for the ids of rows that may differ from how they are now: those that were edited after the selection's moment,
    /// and those whose term has ended between that day and today. None where the selection is of the present.
    pub fn changed_since(&self) -> Option<String> {
        let Time::At(moment) = self.time else { return None };
        let moment = timestamp(moment);
        let name = identifier(&self.layer.id);
        let until = self.layer.status.as_ref().and_then(|status| status.until);
        let ended = until.map(|until| identifier(&self.field(until).name)).map(|until| {
            let day = self.day();
            format!(" or {until} between least({day}, current_date) - 1 and greatest({day}, current_date)")
        });
        Some(format!(
            "select id from registers.{name} where recorded_at > {moment}{} \
             union select id from history.{name} where archived_at > {moment}",
            ended.unwrap_or_default()
        ))
    }

    /// SQL for the day on which the layer is looked at (the session's time zone is Kyiv's).
    fn day(&self) -> String {
        match self.time {
            Time::Now | Time::Within(_, None) => "current_date".to_owned(),
            Time::At(moment) | Time::Within(_, Some(moment)) => {
                format!("date '{}'", moment.with_timezone(&Kyiv).date_naive())
            }
        }
    }

    /// SQL for the standing on the day on which the layer is looked at.
    pub fn standing(&self) -> String {
        let Some(status) = &self.layer.status else { return "null::text".to_owned() };
        let column = identifier(&self.field(status.field).name);
        let now = meaning(status, &column, false);
        match status.until {
            Some(until) => {
                let until = identifier(&self.field(until).name);
                let later = meaning(status, &column, true);
                format!("case when {until} < {} then {later} else {now} end", self.day())
            }
            None => now,
        }
    }
}

fn timestamp(at: DateTime<Utc>) -> String {
    format!("timestamptz '{}'", moment::write(at))
}

/// One row as it came from the database.
#[derive(Debug)]
pub struct SelectedRow {
    pub id: i64,
    pub ewkb: Option<Vec<u8>>,
    pub values: Vec<Value>,
    pub standing: Option<String>,
}

fn meaning(status: &Status, column: &str, term_passed: bool) -> String {
    let whens = status.means.iter().map(|(value, standing)| {
        let standing = if term_passed { standing.after_term() } else { *standing };
        format!("when {} then {}", literal(value), literal(&standing.to_string()))
    });
    format!("case {column} {} end", whens.collect::<Vec<_>>().join(" "))
}

/// A column in the one of four types that rows travel in: text, bigint, double precision, boolean.
fn wire(field: &Field) -> String {
    let column = identifier(&field.name);
    match field.kind {
        FieldType::Integer => format!("{column}::bigint"),
        FieldType::Number | FieldType::Money => format!("{column}::double precision"),
        FieldType::Boolean => format!("{column}::boolean"),
        FieldType::Datetime => {
            format!("to_char({column} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
        }
        _ => format!("{column}::text"),
    }
}

fn value(row: &PgRow, place: usize, kind: FieldType) -> Result<Value, sqlx::Error> {
    Ok(match kind {
        FieldType::Integer => row.try_get::<Option<i64>, _>(place)?.into(),
        FieldType::Money if kept::is_numeric(row, place) => kept::money(row, place)?.into(),
        FieldType::Number | FieldType::Money => row.try_get::<Option<f64>, _>(place)?.into(),
        FieldType::Boolean => row.try_get::<Option<bool>, _>(place)?.map_or(Value::Null, Value::Boolean),
        FieldType::Date | FieldType::Datetime if !kept::is_text(row, place) => kept::time(row, place, kind)?.into(),
        _ => row.try_get::<Option<String>, _>(place)?.into(),
    })
}
