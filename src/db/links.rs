//! Links between registers, which the database derives and keeps: the tables `links.<layer>`, the descriptions in
//! `misto.links` and the triggers on both sides. What the triggers do is in `migrations/0004_links.sql`.

pub mod past;

use std::collections::BTreeSet;

use anyhow::Result;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor, PgConnection, PgPool, Row};

use super::relation::{Relation, Relations};
use super::sql::identifier;
use super::watch::Watched;

/// The schema of all derived links.
pub const SCHEMA: &str = "links";

/// A link as the database should keep it. All names are checked where layer files are read.
#[derive(Debug, Clone)]
pub struct Link {
    /// Name of its table within the schema `links`.
    pub layer: String,
    pub name: String,
    pub own: Watched,
    pub target: Watched,
    pub by: By,
}

/// How features find their targets.
#[derive(Debug, Clone, PartialEq)]
pub enum By {
    /// The geometries meet; where one is an area and none is a point, in more than a touch of borders.
    Place { touches_count: bool },
    /// The nearest, not further away than so many metres.
    Nearest(f64),
    /// Own columns and target columns that are equal.
    Key(Vec<(String, String)>),
}

/// A row of `misto.links`, without what the database notes there itself.
#[derive(Debug, Clone, PartialEq)]
struct Kept {
    layer: String,
    link: String,
    own: [String; 4],
    own_columns: Vec<String>,
    target: [String; 4],
    target_columns: Vec<String>,
    meets: Option<String>,
    is_place: bool,
    within: Option<f64>,
}

const COLUMNS: &str = "layer, link, own_schema, own_name, own_id, own_geometry, own_columns, \
     target_schema, target_name, target_id, target_geometry, target_columns, meets, is_place, within";

/// What sets off the triggers, and the rows that they are given.
const EDITS: [(&str, &str); 4] = [
    ("insert", "referencing new table as new_rows"),
    ("update", "referencing old table as old_rows new table as new_rows"),
    ("delete", "referencing old table as old_rows"),
    ("truncate", ""),
];

/// Makes the database keep these links and no others. A link that is new or has changed is found for all features, while
/// edits of both sides wait. Gives the links (`layer.link`) that cannot be kept, because a side is no plain table or holds
/// geometries of any kind.
pub async fn synchronise(owner: &PgPool, links: &[Link]) -> Result<Vec<String>> {
    let mut transaction = owner.begin().await?;
    // two nodes may start at once
    transaction.execute("select pg_advisory_xact_lock(hashtext('misto managed tables'))").await?;
    let known: Vec<Kept> = sqlx::query(AssertSqlSafe(format!("select {COLUMNS} from misto.links")))
        .try_map(|row: PgRow| Kept::read(&row))
        .fetch_all(&mut *transaction)
        .await?;
    let there = Relations::read(&mut transaction, involved(&known, links)).await?;
    let (mut wanted, mut impossible) = (Vec::new(), Vec::new());
    for link in links {
        match is_plain(&there, &link.own) && is_plain(&there, &link.target) {
            true => wanted.push(link.kept(&there)),
            false => impossible.push(format!("{}.{}", link.layer, link.name)),
        }
    }
    for gone in known.iter().filter(|known| !wanted.contains(known)) {
        gone.remove(&mut transaction, &there).await?;
    }
    // a table that somebody dropped has to be filled again
    let unfilled = wanted.iter().filter(|kept| there.get(&kept.table()).is_none());
    let mut lost: BTreeSet<_> = unfilled.map(|kept| side(&kept.own)).collect();
    let needed: BTreeSet<_> = wanted.iter().flat_map(|kept| [side(&kept.own), side(&kept.target)]).collect();
    for relation in &needed {
        if !there.get(relation).is_some_and(has_triggers) {
            make_triggers(&mut transaction, relation).await?;
            lost.insert(relation.clone());
        }
    }
    for layer in links.iter().map(|link| &link.layer).collect::<BTreeSet<_>>() {
        if there.get(&table(layer)).is_none_or(|table| table.granted != ["SELECT"]) {
            make_table(&mut transaction, layer).await?;
        }
    }
    for kept in &wanted {
        let unwatched = lost.contains(&side(&kept.own)) || lost.contains(&side(&kept.target));
        if unwatched || !known.contains(kept) {
            kept.make(&mut transaction).await?;
        }
    }
    remove_unneeded(&mut transaction, &known, links, &needed).await?;
    transaction.commit().await?;
    Ok(impossible)
}

/// The table of a layer's links, quoted.
pub fn table(layer: &str) -> String {
    format!("{SCHEMA}.{}", identifier(layer))
}

/// The relation of a side, quoted.
fn side([schema, name, ..]: &[String; 4]) -> String {
    format!("{}.{}", identifier(schema), identifier(name))
}

/// All relations that the links of before and those that are wanted have to do with.
fn involved(known: &[Kept], links: &[Link]) -> Vec<String> {
    let known = known.iter().flat_map(|kept| [side(&kept.own), side(&kept.target), kept.table()]);
    let wanted = links.iter().flat_map(|link| [link.own.qualified(), link.target.qualified(), table(&link.layer)]);
    known.chain(wanted).collect()
}

/// Whether every edit of the relation sets off its triggers, and its geometries are points, lines or polygons.
fn is_plain(there: &Relations, watched: &Watched) -> bool {
    let plain = there.get(&watched.qualified()).filter(|relation| relation.plain);
    let kind = plain.and_then(|relation| relation.kind(&watched.geometry)?.strip_prefix("geometry("));
    kind.is_some_and(|kind| {
        let single = kind.strip_prefix("Multi").unwrap_or(kind);
        ["Point", "LineString", "Polygon"].iter().any(|name| single.starts_with(name))
    })
}

fn has_triggers(relation: &Relation) -> bool {
    EDITS.iter().all(|(edit, _)| relation.has_trigger(&format!("misto_links_{edit}"), "misto.follow_links", &[]))
}

/// A link that cannot be kept has a table too, so that who reads links need not know.
async fn make_table(connection: &mut PgConnection, layer: &str) -> Result<()> {
    // what leads to a feature is read as often as what it leads to
    let make = format!(
        "create table if not exists {table} (link text not null, id bigint not null, target bigint not null, \
           metres double precision, primary key (id, link, target)); \
         create index if not exists {index} on {table} (target, link); \
         revoke all on {table} from public, misto_public; grant select on {table} to misto_public",
        table = table(layer),
        index = identifier(&format!("{layer}_target")),
    );
    connection.execute(AssertSqlSafe(make)).await?;
    Ok(())
}

/// Edits of these relations wait until the transaction ends, so that none slips through between two definitions of a link.
async fn lock(connection: &mut PgConnection, relations: impl IntoIterator<Item = &String>) -> Result<()> {
    for relation in relations {
        let lock = format!("lock table {relation} in share row exclusive mode");
        connection.execute(AssertSqlSafe(lock)).await?;
    }
    Ok(())
}

async fn make_triggers(connection: &mut PgConnection, relation: &str) -> Result<()> {
    for (edit, rows) in EDITS {
        let make = format!(
            "create or replace trigger misto_links_{edit} after {edit} on {relation} {rows} for each statement \
             execute function misto.follow_links()"
        );
        connection.execute(AssertSqlSafe(make)).await?;
    }
    Ok(())
}

/// Tables of layers that have no links any more, and triggers on relations that no link needs.
async fn remove_unneeded(
    connection: &mut PgConnection,
    known: &[Kept],
    links: &[Link],
    needed: &BTreeSet<String>,
) -> Result<()> {
    for gone in known.iter().filter(|gone| !links.iter().any(|link| link.layer == gone.layer)) {
        let drop = format!("drop table if exists {}", gone.table());
        connection.execute(AssertSqlSafe(drop)).await?;
    }
    let relations = known.iter().flat_map(|gone| [side(&gone.own), side(&gone.target)]);
    for relation in relations.filter(|relation| !needed.contains(relation)).collect::<BTreeSet<_>>() {
        for (edit, _) in EDITS {
            // the table may be gone
            let drop = format!("drop trigger if exists misto_links_{edit} on {relation}");
            connection.execute(AssertSqlSafe(drop)).await?;
        }
    }
    Ok(())
}

impl Link {
    fn kept(&self, there: &Relations) -> Kept {
        let four = |watched: &Watched| {
            [watched.schema.clone(), watched.name.clone(), watched.id.clone(), watched.geometry.clone()]
        };
        let (mut own_columns, mut target_columns) = (Vec::new(), Vec::new());
        if let By::Key(pairs) = &self.by {
            (own_columns, target_columns) = pairs.iter().cloned().unzip();
        }
        let kind =
            |side: &Watched, column: &str| there.get(&side.qualified()).and_then(|relation| relation.kind(column));
        let meets = self.meets(|ours, theirs| kind(&self.own, ours) == kind(&self.target, theirs));
        let is_key = matches!(self.by, By::Key(_));
        let within = match self.by {
            By::Nearest(within) => Some(within),
            _ => None,
        };
        let columns = |columns: Vec<String>, watched: &Watched| match is_key {
            true => columns,
            false => vec![watched.geometry.clone()],
        };
        Kept {
            layer: self.layer.clone(),
            link: self.name.clone(),
            own: four(&self.own),
            own_columns: columns(own_columns, &self.own),
            target: four(&self.target),
            target_columns: columns(target_columns, &self.target),
            meets: within.is_none().then_some(meets),
            is_place: matches!(self.by, By::Place { .. }),
            within,
        }
    }

    /// SQL for what holds of a pair `o` (own) and `t` (target), whatever else decides which is the nearest. `is_same` tells
    /// whether an own and a target column are of one type: then values are compared as they are, so that indexes help,
    /// otherwise as texts.
    fn meets(&self, is_same: impl Fn(&str, &str) -> bool) -> String {
        let (own, target) = (identifier(&self.own.geometry), identifier(&self.target.geometry));
        match &self.by {
            By::Place { touches_count: true } => format!("public.st_intersects(t.{target}, o.{own})"),
            By::Place { touches_count: false } => {
                format!("o.{own} operator(public.&&) t.{target} and misto.meets(t.{target}, o.{own})")
            }
            By::Nearest(_) => "true".to_owned(),
            By::Key(pairs) => {
                let equal = pairs.iter().map(|(ours, theirs)| {
                    let cast = if is_same(ours, theirs) { "" } else { "::text" };
                    format!("o.{}{cast} = t.{}{cast}", identifier(ours), identifier(theirs))
                });
                equal.collect::<Vec<_>>().join(" and ")
            }
        }
    }
}

impl Kept {
    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let four = |from: usize| -> Result<[String; 4], sqlx::Error> {
            Ok([row.try_get(from)?, row.try_get(from + 1)?, row.try_get(from + 2)?, row.try_get(from + 3)?])
        };
        Ok(Self {
            layer: row.try_get(0)?,
            link: row.try_get(1)?,
            own: four(2)?,
            own_columns: row.try_get(6)?,
            target: four(7)?,
            target_columns: row.try_get(11)?,
            meets: row.try_get(12)?,
            is_place: row.try_get(13)?,
            within: row.try_get(14)?,
        })
    }

    fn table(&self) -> String {
        table(&self.layer)
    }

    async fn remove(&self, connection: &mut PgConnection, there: &Relations) -> Result<()> {
        let sides = [side(&self.own), side(&self.target)];
        lock(connection, sides.iter().filter(|side| there.get(side).is_some())).await?;
        sqlx::query("delete from misto.links where layer = $1 and link = $2")
            .bind(&self.layer)
            .bind(&self.link)
            .execute(&mut *connection)
            .await?;
        if there.get(&self.table()).is_some() {
            let delete = format!("delete from {} where link = $1", self.table());
            sqlx::query(AssertSqlSafe(delete)).bind(&self.link).execute(connection).await?;
        }
        Ok(())
    }

    /// Makes what is missing and finds the link for all features.
    async fn make(&self, connection: &mut PgConnection) -> Result<()> {
        lock(connection, &[side(&self.own), side(&self.target)]).await?;
        if !self.is_place && self.within.is_none() {
            self.index(connection, &self.own, &self.own_columns).await?;
            self.index(connection, &self.target, &self.target_columns).await?;
        }
        let numbers = (1..=15).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
        let insert = format!("insert into misto.links ({COLUMNS}) values ({numbers}) on conflict do nothing");
        let mut insert = sqlx::query(AssertSqlSafe(insert)).bind(&self.layer).bind(&self.link);
        for (four, columns) in [(&self.own, &self.own_columns), (&self.target, &self.target_columns)] {
            insert = four.iter().fold(insert, |insert, part| insert.bind(part)).bind(columns);
        }
        insert.bind(&self.meets).bind(self.is_place).bind(self.within).execute(&mut *connection).await?;
        sqlx::query("select misto.relink(l, 'own', null, false) from misto.links as l where layer = $1 and link = $2")
            .bind(&self.layer)
            .bind(&self.link)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// An index that finds the features with a value, unless an index begins with these columns already. Tables that
    /// Misto did not make are left alone.
    async fn index(&self, connection: &mut PgConnection, relation: &[String; 4], columns: &[String]) -> Result<()> {
        const HAS: &str = "select exists (select from pg_index where indrelid = to_regclass($1) and indpred is null \
             and (select array_agg(attname::text order by place) from unnest(indkey) with ordinality as k(attnum, place) \
               join pg_attribute on attrelid = indrelid and pg_attribute.attnum = k.attnum where place <= $3) = $2)";
        if relation[0] != super::managed::SCHEMA {
            return Ok(());
        }
        let has: bool = sqlx::query_scalar(HAS)
            .bind(side(relation))
            .bind(columns)
            .bind(columns.len() as i64)
            .fetch_one(&mut *connection)
            .await?;
        if !has {
            let columns = columns.iter().map(|column| identifier(column)).collect::<Vec<_>>().join(", ");
            let create = format!("create index on {} ({columns})", side(relation));
            connection.execute(AssertSqlSafe(create)).await?;
        }
        Ok(())
    }
}
