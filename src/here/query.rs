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
    /// Fields that are read: of the name, of the natural key, and those that are told.
    pub fields: Vec<usize>,
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
    /// The read fields; of the place its longitude and latitude, whether the city has a boundary, and, where it is a
    /// record, the fields of its name.
    pub values: Vec<Option<String>>,
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

/// The place, once: its shape; its inside, which its neighbours do not reach; and a plane of metres around it, in which
/// a point of the globe is `x * "to the east" + "from the west"`, and likewise to the north. A place is small against the
/// globe: over five kilometres such distances are right to a thousandth.
fn place(origin: &Origin) -> String {
    let source = match origin {
        Origin::Point => "select st_setsrid(st_point($1::float8, $2::float8), 4326), null::bigint".to_owned(),
        Origin::Record(selection) => {
            let key = selection.layer.key.first();
            let key = key.map_or_else(|| selection.id(), |&index| identifier(&selection.field(index).name));
            format!(
                "select {geometry}, {id}::bigint from {relation} where {key}::text = $1::text or {id} = $2::bigint \
                 order by {key}::text = $1::text desc limit 1",
                geometry = selection.geometry(),
                id = selection.id(),
                relation = selection.relation(),
            )
        }
    };
    // the series of a degree's length on the ellipsoid of WGS 84
    format!(
        "with \"the place\" as materialized (select *, {plane} as \"its plane\" \
         from (select *, -\"its longitude\" * \"to the east\" as \"from the west\", -\"its latitude\" * \"to the north\" as \"from the south\" \
         from (select *, case when st_dimension(\"its shape\") < 2 or st_isempty(st_buffer(\"its shape\", -1e-6)) then \"its shape\" \
           else st_buffer(\"its shape\", -1e-6) end as \"its inside\", \
         111412.84 * cos(radians(\"its latitude\")) - 93.5 * cos(3 * radians(\"its latitude\")) + 0.118 * cos(5 * radians(\"its latitude\")) as \"to the east\", \
         111132.954 - 559.822 * cos(2 * radians(\"its latitude\")) + 1.175 * cos(4 * radians(\"its latitude\")) as \"to the north\" \
         from (select *, st_x(\"its middle\") as \"its longitude\", least(89.9, greatest(-89.9, st_y(\"its middle\"))) as \"its latitude\" \
         from (select *, st_centroid(\"its shape\") as \"its middle\" from ({source}) as origin (\"its shape\", \"its id\")) \
         as a) as b) as c) as d)\n",
        plane = on_plane("\"its shape\"")
    )
}

fn on_plane(geometry: &str) -> String {
    format!("st_affine({geometry}, \"to the east\", 0, 0, \"to the north\", \"from the west\", \"from the south\")")
}

/// The place's own row.
fn itself(origin: &Origin, boundary: Option<&Arc<Layer>>) -> String {
    let (name, record) = match origin {
        Origin::Point => ("'{}'::text[]".to_owned(), String::new()),
        Origin::Record(selection) => (
            selection.texts(&selection.layer.name_indices()),
            format!("join {} on {} = \"its id\"", selection.relation(), selection.id()),
        ),
    };
    let bounded = boundary.map_or("false".to_owned(), |layer| {
        format!("exists (select from {})", select(layer, Caller::Public).relation())
    });
    format!(
        "(select -1 as asked, \"its id\" as id, array[st_x(\"a point\")::text, st_y(\"a point\")::text, ({bounded})::text] || {name} as values, \
         null::text as standing, null::integer as version, null::text as recorded, null::float8 as metres \
         from \"the place\" {record} cross join lateral st_pointonsurface(\"its shape\") as \"a point\")"
    )
}

/// Areas that the place lies in.
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
        "({} from \"the place\" cross join {} where {}{} order by 7, 2 limit {})",
        asked.columns(index, &distance(&asked.selection.geometry())),
        asked.selection.relation(),
        asked.not_further(&metres),
        asked.stands(),
        MOST + 1
    )
}

/// The nearest over degrees, which the index finds, bound the search for the nearest in metres.
fn nearest(index: usize, asked: &Asked, many: i64) -> String {
    let (geometry, relation, stands) = (asked.selection.geometry(), asked.selection.relation(), asked.stands());
    let furthest = asked.here.within;
    format!(
        "({} from \"the place\" cross join lateral (select max({}) as \"as far as\" \
           from (select {geometry} as \"a shape\" from {relation} where {}{stands} order by {geometry} <-> \"its shape\" limit {many}) as first) as bound \
         cross join {relation} where {}{stands} order by 7, 2 limit {many})",
        asked.columns(index, &distance(&geometry)),
        distance("\"a shape\""),
        asked.in_box(&furthest.to_string()),
        asked.not_further(&format!("least(\"as far as\" + 0.001, {furthest})")),
    )
}

/// SQL for the distance from the place, in metres.
fn distance(geometry: &str) -> String {
    format!("st_distance({}, \"its plane\")", on_plane(geometry))
}

impl Asked {
    pub fn new(selection: Selection, here: Here) -> Self {
        let layer = &selection.layer;
        let wanted =
            layer.name_indices().into_iter().chain(layer.key.iter().copied()).chain(here.fields.iter().copied());
        let mut fields = Vec::new();
        for index in wanted.filter(|index| selection.fields.contains(index)) {
            if !fields.contains(&index) {
                fields.push(index);
            }
        }
        Self { selection, here, fields }
    }

    /// The value of a field that was read.
    pub fn value<'r>(&self, row: &'r Found, field: usize) -> Option<&'r str> {
        let place = self.fields.iter().position(|read| *read == field)?;
        row.values.get(place)?.as_deref()
    }

    fn columns(&self, index: usize, metres: &str) -> String {
        format!(
            "select {index}::integer, {}::bigint, {}, {}, {}, {metres}",
            self.selection.id(),
            self.selection.texts(&self.fields),
            self.selection.standing(),
            self.selection.stamp(),
        )
    }

    fn in_box(&self, metres: &str) -> String {
        let geometry = self.selection.geometry();
        // a hundredth more, because a degree is shorter a little further north
        format!(
            "{geometry} && st_expand(\"its shape\", 1.01 * {metres} / \"to the east\", 1.01 * {metres} / \"to the north\")"
        )
    }

    fn not_further(&self, metres: &str) -> String {
        format!("{} and {} <= {metres}", self.in_box(metres), distance(&self.selection.geometry()))
    }

    fn stands(&self) -> String {
        if self.here.standings.is_empty() {
            return String::new();
        }
        let wanted = self.here.standings.iter().map(|standing| literal(&standing.to_string()));
        format!(" and ({}) in ({})", self.selection.standing(), wanted.collect::<Vec<_>>().join(", "))
    }
}
