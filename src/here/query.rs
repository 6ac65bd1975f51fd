//! The one statement that asks all registers about a place.
//!
//! It is a union with a part for each register, every one built from the register's selection and led by its spatial
//! index. Names with spaces in them cannot be mistaken for columns of a register.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, PgPool};

use crate::auth::Caller;
use crate::catalogue::layer::{Here, Layer};
use crate::catalogue::select::{Selection, select};
use crate::db::sql::{identifier, literal};

/// How many features of a register are told where its file does not say.
pub const MOST: i64 = 20;

/// A register and how it takes part.
#[derive(Debug, Clone)]
pub struct Asked {
    pub selection: Selection,
    pub here: Here,
}

/// Where a place comes from.
pub enum Origin {
    /// Longitude and latitude.
    Point,
    /// A record of this register, by its natural key or its id.
    Record(Selection),
}

/// The place that a request names.
#[derive(Debug, Clone, PartialEq)]
pub enum Named {
    Point { longitude: f64, latitude: f64 },
    Record { key: String },
}

/// A statement for one kind of place, with the registers that it asks.
#[derive(Debug, Clone)]
pub struct Statement {
    pub asked: Arc<[Asked]>,
    sql: Arc<str>,
    /// Whether connections keep it prepared.
    is_lasting: bool,
}

/// What a register says, or, first of all rows, the place itself.
#[derive(Debug, sqlx::FromRow)]
pub struct Found {
    /// Index of the register; -1: the place.
    pub asked: i32,
    /// The record's id; of the place, where it is a record.
    pub id: Option<i64>,
    /// Values of the fields of its name.
    pub name: Vec<String>,
    /// The natural key as a JSON object; of the place its longitude and latitude and whether there is a boundary.
    pub key: String,
    /// The told fields as a JSON object.
    pub properties: String,
    pub standing: Option<String>,
    pub version: Option<i32>,
    pub recorded: Option<String>,
    pub metres: Option<f64>,
}

impl Statement {
    pub fn new(origin: &Origin, boundary: Option<&Arc<Layer>>, asked: Vec<Asked>) -> Self {
        let parts = asked.iter().enumerate().map(|(index, asked)| match asked.here.nearest {
            None if asked.here.within == 0.0 => holds(index, asked),
            None => within(index, asked),
            Some(many) => nearest(index, asked, many),
        });
        let parts: Vec<_> = std::iter::once(itself(origin, boundary)).chain(parts).collect();
        let sql = format!("{} {}", place(origin), parts.join("\nunion all\n"));
        Self { asked: asked.into(), sql: sql.into(), is_lasting: true }
    }

    /// The same, for a single use.
    pub fn once(self) -> Self {
        Self { is_lasting: false, ..self }
    }

    /// Asks, in one round trip; nothing is found where a record is named that there is not. `radius` stands in for
    /// the distances of the layer files, but for those of which only the nearest count.
    pub async fn ask(&self, public: &PgPool, named: &Named, radius: Option<f64>) -> Result<Vec<Found>, sqlx::Error> {
        let statement = sqlx::query_as(AssertSqlSafe(self.sql.clone())).persistent(self.is_lasting);
        let statement = match named {
            Named::Point { longitude, latitude } => statement.bind(*longitude).bind(*latitude),
            Named::Record { key } => statement.bind(key).bind(key.parse::<i64>().ok()),
        };
        let mut found: Vec<Found> = statement.bind(radius).fetch_all(public).await?;
        // each part comes in its own order; that of the parts is not promised
        found.sort_by_key(|row| row.asked);
        Ok(found)
    }

    /// The statement's text, to be explained.
    pub fn sql(&self) -> &str {
        &self.sql
    }
}

/// The place, once: its shape; its inside, which its neighbours do not reach; its shape on the globe; and how many
/// degrees a metre is there, a little more than less.
fn place(origin: &Origin) -> String {
    let source = match origin {
        Origin::Point => "select st_setsrid(st_point($1::float8, $2::float8), 4326), null::bigint".to_owned(),
        Origin::Record(selection) => {
            let key = selection
                .layer
                .key
                .first()
                .map_or_else(|| selection.id(), |&index| identifier(&selection.field(index).name));
            format!(
                "select {geometry}, {id}::bigint from {relation} where {key}::text = $1::text or {id} = $2::bigint \
                 order by {key}::text = $1::text desc limit 1",
                geometry = selection.geometry(),
                id = selection.id(),
                relation = selection.relation(),
            )
        }
    };
    format!(
        "with \"the place\" as materialized (select \"its shape\", \"its id\", \
         case when st_dimension(\"its shape\") < 2 or st_isempty(st_buffer(\"its shape\", -1e-6)) then \"its shape\" \
           else st_buffer(\"its shape\", -1e-6) end as \"its inside\", \
         \"its shape\"::geography as \"its globe\", \
         1.01 / (111319 * cos(radians(least(89.0, 0.05 + greatest(abs(st_ymin(\"its shape\")), abs(st_ymax(\"its shape\"))))))) as \"a metre east\", \
         1.01 / 110570 as \"a metre north\" \
         from ({source}) as origin (\"its shape\", \"its id\"))\n"
    )
}

/// The place's own row.
fn itself(origin: &Origin, boundary: Option<&Arc<Layer>>) -> String {
    let (name, record) = match origin {
        Origin::Point => ("'{}'::text[]".to_owned(), String::new()),
        Origin::Record(selection) => {
            (selection.name_columns(), format!("join {} on {} = \"its id\"", selection.relation(), selection.id()))
        }
    };
    let bounded = boundary.map_or("false".to_owned(), |layer| {
        format!("exists (select from {})", select(layer, Caller::Public).relation())
    });
    format!(
        "(select -1 as asked, \"its id\" as id, {name} as name, json_build_object('longitude', st_x(\"a point\"), 'latitude', st_y(\"a point\"), \
         'bounded', {bounded})::text as key, '' as properties, null::text as standing, null::integer as version, \
         null::text as recorded, null::float8 as metres \
         from \"the place\" {record} cross join lateral st_pointonsurface(\"its shape\") as \"a point\")"
    )
}

/// Areas that the place lies in, and lines that cross it.
fn holds(index: usize, asked: &Asked) -> String {
    let geometry = asked.selection.geometry();
    format!(
        "({} from \"the place\" cross join {} where {geometry} && \"its inside\" and st_intersects({geometry}, \"its inside\"){} \
         order by 2 limit {})",
        asked.columns(index, "0::float8"),
        asked.selection.relation(),
        asked.stands(),
        MOST + 1
    )
}

/// Everything that is not further away than the file or the request says.
fn within(index: usize, asked: &Asked) -> String {
    let metres = format!("coalesce($3::float8, {})", asked.here.within);
    format!(
        "({} from \"the place\" cross join {} where {}{} order by 9, 2 limit {})",
        asked.columns(index, &asked.distance()),
        asked.selection.relation(),
        asked.not_further(&metres),
        asked.stands(),
        MOST + 1
    )
}

/// The nearest over degrees bound the search for the nearest in metres.
fn nearest(index: usize, asked: &Asked, many: i64) -> String {
    let (geometry, relation, stands) = (asked.selection.geometry(), asked.selection.relation(), asked.stands());
    let furthest = asked.here.within;
    format!(
        "({} from \"the place\" cross join lateral (select max(st_distance(\"a shape\"::geography, \"its globe\")) as \"as far as\" \
           from (select {geometry} as \"a shape\" from {relation} where {}{stands} order by {geometry} <-> \"its shape\" limit {many}) as first) as bound \
         cross join {relation} where {}{stands} order by 9, 2 limit {many})",
        asked.columns(index, &asked.distance()),
        asked.in_box(&furthest.to_string()),
        asked.not_further(&format!("least(\"as far as\" + 0.001, {furthest})")),
    )
}

impl Asked {
    fn columns(&self, index: usize, metres: &str) -> String {
        let seen: Vec<usize> =
            self.selection.layer.key.iter().copied().filter(|field| self.selection.fields.contains(field)).collect();
        format!(
            "select {index}::integer, {}::bigint, {}, {}, {}, {}, {}, {metres}",
            self.selection.id(),
            self.selection.name_columns(),
            self.selection.object(&seen),
            self.selection.object(&self.here.fields),
            self.selection.standing(),
            self.selection.stamp(),
        )
    }

    fn distance(&self) -> String {
        format!("st_distance({}::geography, \"its globe\")", self.selection.geometry())
    }

    fn in_box(&self, metres: &str) -> String {
        let geometry = self.selection.geometry();
        format!("{geometry} && st_expand(\"its shape\", {metres} * \"a metre east\", {metres} * \"a metre north\")")
    }

    fn not_further(&self, metres: &str) -> String {
        format!(
            "{} and st_dwithin({}::geography, \"its globe\", {metres})",
            self.in_box(metres),
            self.selection.geometry()
        )
    }

    fn stands(&self) -> String {
        if self.here.standings.is_empty() {
            return String::new();
        }
        let wanted = self.here.standings.iter().map(|standing| literal(&standing.to_string()));
        format!(" and ({}) in ({})", self.selection.standing(), wanted.collect::<Vec<_>>().join(", "))
    }
}
