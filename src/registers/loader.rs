//! Many records into registers within one transaction: COPY, then repair, then insert or update by natural key.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::query::Finding;
use super::read::Place;
use crate::auth::Access;
use crate::catalogue::layer::{GeometryKind, Layer, Source};
use crate::catalogue::record::Value;
use crate::catalogue::rules::Record;
use crate::db::sql::identifier;
use crate::formats::ewkb;

/// The geometry column of managed registers.
pub(super) const GEOMETRY: &str = "geom";
/// How much is gathered before it is sent.
const BUFFER: usize = 1 << 20;

/// What happens to records that the register already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The register is known not to hold them: straight in.
    Append,
    /// Matched by natural key; only the fields that the import knows are changed.
    Upsert,
    /// A record whose key the register has is refused.
    Add,
    /// As [`Mode::Upsert`], and what the register has and the load has not is deleted.
    Replace,
}

/// What became of the records of one register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
    /// Of all stored: polygons that crossed themselves and were mended.
    pub repaired: u64,
    /// Deleted, because a load that replaces the register has them no more.
    pub vanished: u64,
}

impl Counts {
    pub fn stored(&self) -> u64 {
        self.new + self.changed + self.unchanged
    }
}

/// Loads records into any number of registers over one connection, which should be in a transaction.
pub struct Loader<'c> {
    connection: &'c mut PgConnection,
    mode: Mode,
    targets: BTreeMap<String, Target>,
}

/// Brings the planner's statistics of registers up to date. After the commit, because the lock that it takes would make
/// other commands wait for the whole load, and two loads for each other.
pub async fn analyze(connection: &mut PgConnection, counts: &BTreeMap<String, Counts>) -> Result<()> {
    for id in counts.keys() {
        connection.execute(AssertSqlSafe(format!("analyze registers.{}", identifier(id)))).await?;
    }
    Ok(())
}

pub(super) struct Target {
    pub(super) layer: Arc<Layer>,
    buffer: String,
    /// Whether anything was sent before.
    begun: bool,
    /// For each field, whether the import knows it.
    pub(super) known: Vec<bool>,
    pub(super) added: u64,
}

/// Where a record comes from, for what is told of it afterwards.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin {
    pub place: Place,
    /// Its geometry is the place of its address, and gives way to a place that the register knows.
    pub is_located: bool,
}

impl<'c> Loader<'c> {
    pub fn new(connection: &'c mut PgConnection, mode: Mode) -> Self {
        Self { connection, mode, targets: BTreeMap::new() }
    }

    /// The connection that it loads over, for questions between records.
    pub fn connection(&mut self) -> &mut PgConnection {
        self.connection
    }

    /// Adds a record; `known` says of which fields the import speaks. Two records of one load must not have the same
    /// key.
    pub async fn add(&mut self, layer: &Arc<Layer>, record: &Record, known: &[usize]) -> Result<()> {
        self.add_from(layer, record, known, Origin::default()).await
    }

    /// [`Loader::add`] for a record of a file. Of a load that is finished by [`Loader::settle`] keys may repeat.
    pub async fn add_from(
        &mut self,
        layer: &Arc<Layer>,
        record: &Record,
        known: &[usize],
        origin: Origin,
    ) -> Result<()> {
        if layer.source != Source::Managed {
            bail!("{} shows a table that Misto did not make; load the records into that table", layer.id);
        }
        let target = self.targets.entry(layer.id.clone()).or_insert_with(|| Target::new(layer.clone()));
        target.write(record, self.mode.is_staged().then_some(origin))?;
        for &index in known {
            // A public file has the columns of staff-only fields too, all of them empty: it says nothing of these fields.
            let says = layer.fields[index].access == Access::Public || record.values()[index] != Value::Null;
            target.known[index] |= says;
        }
        if target.buffer.len() >= BUFFER {
            target.send(self.connection, self.mode).await?;
        }
        Ok(())
    }

    /// Sends the rest and brings everything into the registers.
    pub async fn finish(self) -> Result<BTreeMap<String, Counts>> {
        let mut counts = BTreeMap::new();
        for (id, mut target) in self.targets {
            target.send(self.connection, self.mode).await?;
            let found = match self.mode {
                Mode::Append => Counts { new: target.added, ..Counts::default() },
                _ => {
                    let repaired = target.repair(self.connection).await?;
                    let merged =
                        target.merge(self.connection).await.with_context(|| format!("cannot store into {id}"))?;
                    Counts { repaired, ..merged }
                }
            };
            counts.insert(id, found);
        }
        Ok(counts)
    }

    /// [`Loader::finish`] for the records of one file in `layer`: refuses what cannot be stored, mends what can only be
    /// mended in one way, deletes what vanished, and tells of every record that it does something to.
    ///
    /// `kept` are keys of records that the rules refused: they are in the file, so they have not vanished.
    pub async fn settle(
        mut self,
        layer: &Arc<Layer>,
        kept: &[Vec<String>],
        tell: &mut dyn FnMut(Finding) -> Result<()>,
    ) -> Result<Counts> {
        let mut target = self.targets.remove(&layer.id).unwrap_or_else(|| Target::new(layer.clone()));
        target.send(self.connection, self.mode).await?;
        let counts = target.settle(self.connection, self.mode, kept, tell).await;
        counts.with_context(|| format!("cannot store into {}", layer.id))
    }
}

impl Mode {
    fn is_staged(self) -> bool {
        self != Self::Append
    }
}

impl Target {
    fn new(layer: Arc<Layer>) -> Self {
        Self { known: vec![false; layer.fields.len()], layer, buffer: String::new(), begun: false, added: 0 }
    }

    pub(super) fn table(&self) -> String {
        format!("registers.{}", identifier(&self.layer.id))
    }

    pub(super) fn staging(&self) -> String {
        identifier(&format!("load_{}", self.layer.id))
    }

    fn columns(&self) -> Vec<String> {
        let fields = self.layer.fields.iter().map(|field| identifier(&field.name));
        std::iter::once(GEOMETRY.to_owned()).chain(fields).collect()
    }

    /// One line of COPY's text format.
    fn write(&mut self, record: &Record, origin: Option<Origin>) -> Result<()> {
        match record.geometry() {
            Some(geometry) => self.buffer.push_str(&ewkb::to_hex(geometry)?),
            None => self.buffer.push_str("\\N"),
        }
        for value in record.values() {
            self.buffer.push('\t');
            copy_value(&mut self.buffer, value)?;
        }
        if let Some(Origin { place, is_located }) = origin {
            write!(self.buffer, "\t{}\t{}\t{is_located}", place.record, place.line)?;
        }
        self.buffer.push('\n');
        self.added += 1;
        Ok(())
    }

    async fn send(&mut self, connection: &mut PgConnection, mode: Mode) -> Result<()> {
        let columns = self.columns().join(", ");
        if !self.begun && mode.is_staged() {
            let create = format!(
                "create temporary table {} on commit drop as \
                 select {columns}, 0::bigint as load_record, 0::bigint as load_line, false as load_located from {} with no data",
                self.staging(),
                self.table()
            );
            connection.execute(AssertSqlSafe(create)).await?;
        }
        self.begun = true;
        let copy = if mode.is_staged() {
            format!("copy {} ({columns}, load_record, load_line, load_located) from stdin", self.staging())
        } else {
            format!("copy {} ({columns}) from stdin", self.table())
        };
        let mut copying = connection.copy_in_raw(&copy).await?;
        copying.send(self.buffer.as_bytes()).await?;
        copying.finish().await.with_context(|| format!("cannot store into {}", self.layer.id))?;
        self.buffer.clear();
        Ok(())
    }

    pub(super) async fn merge(&self, connection: &mut PgConnection) -> Result<Counts> {
        let known = self.layer.fields.iter().zip(&self.known).filter(|(_, known)| **known);
        let columns: Vec<_> = known.map(|(field, _)| identifier(&field.name)).collect();
        let list = |prefix: &str| columns.iter().map(|column| format!(", {prefix}{column}")).collect::<String>();
        let set: String = columns.iter().map(|column| format!(", {column} = excluded.{column}")).collect();
        let key: Vec<_> = self.layer.key_names().map(identifier).collect();
        // a record without a place says nothing of the place that the register already knows
        let place = format!("coalesce(excluded.{GEOMETRY}, kept.{GEOMETRY})");
        let merge = format!(
            "with merged as (insert into {table} as kept ({GEOMETRY}{list}) select {GEOMETRY}{list} from {staging} \
             on conflict ({key}) do update set {GEOMETRY} = {place}{set} \
             where (kept.{GEOMETRY}{old}) is distinct from ({place}{new}) returning (xmax = 0) as is_new) \
             select count(*) filter (where is_new), count(*) filter (where not is_new) from merged",
            table = self.table(),
            staging = self.staging(),
            list = list(""),
            key = key.join(", "),
            old = list("kept."),
            new = list("excluded."),
        );
        let (new, changed): (i64, i64) = sqlx::query_as(AssertSqlSafe(merge)).fetch_one(connection).await?;
        let (new, changed) = (new as u64, changed as u64);
        Ok(Counts { new, changed, unchanged: self.added.saturating_sub(new + changed), ..Counts::default() })
    }

    /// Mends polygons that cross themselves, keeping every part with area.
    async fn repair(&self, connection: &mut PgConnection) -> Result<u64> {
        if self.layer.geometry != GeometryKind::Polygon {
            return Ok(0);
        }
        let repair = format!(
            "update {} set {GEOMETRY} = st_multi(st_collectionextract(st_makevalid({GEOMETRY}), 3)) \
             where not st_isvalid({GEOMETRY})",
            self.staging()
        );
        Ok(connection.execute(AssertSqlSafe(repair)).await?.rows_affected())
    }
}

fn copy_value(out: &mut String, value: &Value) -> std::fmt::Result {
    match value {
        Value::Null => out.write_str("\\N"),
        Value::Text(text) => {
            for character in text.chars() {
                match character {
                    '\\' => out.push_str("\\\\"),
                    '\t' => out.push_str("\\t"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    other => out.push(other),
                }
            }
            Ok(())
        }
        other => write!(out, "{other}"),
    }
}
