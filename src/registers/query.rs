//! What becomes of the records of a file once they are in the staging table of their load: which repeat a key, cannot be
//! mended, are there already, change something, or are missing of it.

use anyhow::Result;
use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Row};

use super::loader::{Counts, GEOMETRY, Mode, Target};
use super::read::Place;
use crate::catalogue::layer::GeometryKind;
use crate::catalogue::rules::KEY_SEPARATOR;
use crate::db::sql::{identifier, literal};

/// Something that a person should know of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub place: Place,
    pub key: String,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Refused: an earlier record of the file, this one, has the same key.
    Repeated(usize),
    /// Refused: the register has the key.
    Exists,
    /// Refused: the polygon overlaps itself, and these are the areas in m² of what it may mean.
    Ambiguous(f64, f64),
    /// Refused: nothing with an area is left of it.
    Empty,
    /// The polygon was mended; what was wrong with it, as PostGIS says it.
    Repaired(String),
    /// Its address has a place, but the register knows a place already.
    PlaceKept,
    /// Fields with their old and new values.
    Changed(String),
    /// Deleted: the file does not have it.
    Vanished,
}

type Tell<'t> = &'t mut dyn FnMut(Finding) -> Result<()>;

impl Target {
    pub(super) async fn settle(
        &mut self,
        connection: &mut PgConnection,
        mode: Mode,
        kept: &[Vec<String>],
        tell: Tell<'_>,
    ) -> Result<Counts> {
        // the planner knows nothing of a table that was filled a moment ago
        connection.execute(AssertSqlSafe(format!("analyze {}", self.staging()))).await?;
        self.keep(connection, kept).await?;
        let (repaired, lost) = self.mend(connection, tell).await?;
        let repeated = self.refuse_repeated(connection, tell).await?;
        let mut refused = lost + repeated;
        if mode == Mode::Add {
            refused += self.refuse_existing(connection, tell).await?;
        }
        self.added = self.added.saturating_sub(refused);
        self.keep_places(connection, tell).await?;
        self.tell_changes(connection, tell).await?;
        let counts = self.merge(connection).await?;
        let vanished = if mode == Mode::Replace { self.remove_vanished(connection, tell).await? } else { 0 };
        Ok(Counts { repaired, vanished, ..counts })
    }

    /// Columns of the natural key, quoted.
    fn key(&self) -> Vec<String> {
        self.layer.key_names().map(identifier).collect()
    }

    /// The key as a person reads it.
    fn key_text(&self, table: &str) -> String {
        let parts: Vec<_> = self.key().iter().map(|column| format!("{table}.{column}::text")).collect();
        format!("concat_ws({}, {})", literal(KEY_SEPARATOR), parts.join(", "))
    }

    fn same_key(&self, one: &str, other: &str) -> String {
        let parts: Vec<_> = self.key().iter().map(|column| format!("{one}.{column} = {other}.{column}")).collect();
        parts.join(" and ")
    }

    fn kept(&self) -> String {
        identifier(&format!("kept_{}", self.layer.id))
    }

    /// Keys of refused records, as texts.
    async fn keep(&self, connection: &mut PgConnection, keys: &[Vec<String>]) -> Result<()> {
        let columns: Vec<_> = self.key().iter().map(|column| format!("{column} text")).collect();
        let create = format!("create temporary table {} ({}) on commit drop", self.kept(), columns.join(", "));
        connection.execute(AssertSqlSafe(create)).await?;
        let parts: Vec<Vec<&str>> =
            (0..self.key().len()).map(|part| keys.iter().map(|key| key[part].as_str()).collect()).collect();
        let places: Vec<_> = (1..=parts.len()).map(|place| format!("${place}::text[]")).collect();
        let insert = format!("insert into {} select * from unnest({})", self.kept(), places.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(insert));
        for part in parts {
            query = query.bind(part);
        }
        query.execute(connection).await?;
        Ok(())
    }

    /// Mends polygons that cross themselves. Where lines can be read in two ways (a part that is covered twice is a hole,
    /// or is not) the record is refused.
    async fn mend(&self, connection: &mut PgConnection, tell: Tell<'_>) -> Result<(u64, u64)> {
        if self.layer.geometry != GeometryKind::Polygon {
            return Ok((0, 0));
        }
        let geos: String = sqlx::query_scalar("select postgis_geos_version()").fetch_one(&mut *connection).await?;
        let other = if has_structure(&geos) { "st_makevalid(geom, 'method=structure')" } else { "st_makevalid(geom)" };
        let (staging, key, kept) = (self.staging(), self.key_text("broken"), self.kept());
        // refused, but in the file: it has not vanished
        let columns = self.key().iter().map(|column| format!("{column}::text")).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "with broken as materialized (select ctid as load_at, *, st_isvalidreason({GEOMETRY}) as load_reason, \
               st_multi(st_collectionextract(st_makevalid({GEOMETRY}), 3)) as load_mended, \
               st_area(st_collectionextract({other}, 3)::geography) as load_other \
               from {staging} where not st_isvalid({GEOMETRY})), \
             judged as (select *, st_area(load_mended::geography) as load_area from broken), \
             verdicts as (select *, st_isempty(load_mended) or load_area = 0 as load_empty, \
               abs(load_area - load_other) > 0.01 * greatest(load_area, load_other) as load_ambiguous from judged), \
             mended as (update {staging} as s set {GEOMETRY} = load_mended from verdicts \
               where s.ctid = load_at and not load_empty and not load_ambiguous), \
             lost as (delete from {staging} as s using verdicts where s.ctid = load_at and (load_empty or load_ambiguous)), \
             spared as (insert into {kept} select {columns} from verdicts where load_empty or load_ambiguous) \
             select load_record, load_line, {key}, load_reason, load_empty, load_ambiguous, load_area, load_other \
             from verdicts as broken order by load_record"
        );
        let (mut mended, mut lost) = (0, 0);
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
        while let Some(row) = rows.try_next().await? {
            let what = if row.try_get(4)? {
                What::Empty
            } else if row.try_get(5)? {
                What::Ambiguous(row.try_get(6)?, row.try_get(7)?)
            } else {
                What::Repaired(row.try_get(3)?)
            };
            if matches!(what, What::Repaired(_)) {
                mended += 1
            } else {
                lost += 1
            }
            tell(finding(&row, what)?)?;
        }
        Ok((mended, lost))
    }

    async fn refuse_repeated(&self, connection: &mut PgConnection, tell: Tell<'_>) -> Result<u64> {
        let (staging, key) = (self.staging(), self.key().join(", "));
        let sql = format!(
            "with numbered as (select ctid as load_at, first_value(load_record) over by_key as load_first, \
               row_number() over by_key as load_place from {staging} window by_key as (partition by {key} order by load_record)), \
             repeated as (delete from {staging} as s using numbered where s.ctid = load_at and load_place > 1 returning s.*, load_first) \
             select load_record, load_line, {text}, load_first from repeated order by load_record",
            text = self.key_text("repeated"),
        );
        tell_all(connection, sql, tell, |row| Ok(What::Repeated(row.try_get::<i64, _>(3)?.try_into()?))).await
    }

    async fn refuse_existing(&self, connection: &mut PgConnection, tell: Tell<'_>) -> Result<u64> {
        let sql = format!(
            "with existing as (delete from {staging} as s using {table} as known where {same} returning s.*) \
             select load_record, load_line, {text} from existing order by load_record",
            staging = self.staging(),
            table = self.table(),
            same = self.same_key("s", "known"),
            text = self.key_text("existing"),
        );
        tell_all(connection, sql, tell, |_| Ok(What::Exists)).await
    }

    /// The place of an address gives way to a place that the register knows.
    async fn keep_places(&self, connection: &mut PgConnection, tell: Tell<'_>) -> Result<u64> {
        let sql = format!(
            "with kept as (update {staging} as s set {GEOMETRY} = known.{GEOMETRY} from {table} as known \
             where s.load_located and known.{GEOMETRY} is not null and {same} returning s.*) \
             select load_record, load_line, {text} from kept order by load_record",
            staging = self.staging(),
            table = self.table(),
            same = self.same_key("s", "known"),
            text = self.key_text("kept"),
        );
        tell_all(connection, sql, tell, |_| Ok(What::PlaceKept)).await
    }

    async fn tell_changes(&self, connection: &mut PgConnection, tell: Tell<'_>) -> Result<u64> {
        let known = self.layer.fields.iter().zip(&self.known).filter(|(_, known)| **known);
        let changes: Vec<_> = known
            .map(|(field, _)| {
                let (name, column) = (literal(&field.name), identifier(&field.name));
                format!(
                    "case when s.{column} is distinct from known.{column} then \
                     {name} || ': ' || coalesce(known.{column}::text, '∅') || ' → ' || coalesce(s.{column}::text, '∅') end"
                )
            })
            .chain([format!(
                "case when s.{GEOMETRY} is not null and s.{GEOMETRY} is distinct from known.{GEOMETRY} then 'geometry' end"
            )])
            .collect();
        let sql = format!(
            "select * from (select load_record, load_line, {text}, concat_ws('; ', {changes}) as changes \
             from {staging} as s join {table} as known on {same}) as compared where changes <> '' order by load_record",
            text = self.key_text("s"),
            changes = changes.join(", "),
            staging = self.staging(),
            table = self.table(),
            same = self.same_key("s", "known"),
        );
        tell_all(connection, sql, tell, |row| Ok(What::Changed(row.try_get(3)?))).await
    }

    async fn remove_vanished(&self, connection: &mut PgConnection, tell: Tell<'_>) -> Result<u64> {
        let as_text: Vec<_> = self.key().iter().map(|column| format!("kept.{column} = known.{column}::text")).collect();
        let sql = format!(
            "with vanished as (delete from {table} as known \
               where not exists (select from {staging} as s where {same}) \
               and not exists (select from {kept} as kept where {as_text}) returning known.*) \
             select 0::bigint, 0::bigint, {text} from vanished order by 3",
            table = self.table(),
            staging = self.staging(),
            same = self.same_key("s", "known"),
            kept = self.kept(),
            as_text = as_text.join(" and "),
            text = self.key_text("vanished"),
        );
        tell_all(connection, sql, tell, |_| Ok(What::Vanished)).await
    }
}

/// Whether GEOS can mend by the structure of rings (from 3.10 on).
fn has_structure(version: &str) -> bool {
    let mut parts = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (3, 10)
}

/// Rows of record, line, key, …
async fn tell_all(
    connection: &mut PgConnection,
    sql: String,
    tell: Tell<'_>,
    what: impl Fn(&PgRow) -> Result<What>,
) -> Result<u64> {
    let mut count = 0;
    let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        count += 1;
        tell(finding(&row, what(&row)?)?)?;
    }
    Ok(count)
}

fn finding(row: &PgRow, what: What) -> Result<Finding> {
    let number = |at: usize| -> Result<usize> { Ok(row.try_get::<i64, _>(at)?.try_into()?) };
    Ok(Finding { place: Place { record: number(0)?, line: number(1)? }, key: row.try_get(2)?, what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_geos_are_compared_as_numbers() {
        assert!(has_structure("3.11.1-CAPI-1.17.1") && has_structure("4.0.0"));
        assert!(!has_structure("3.9.0") && !has_structure(""));
    }
}
