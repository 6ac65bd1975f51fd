//! Reading versions: of one record, the newest first, and the ids that a natural key has had.

use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgExecutor, Row};

use super::{Archived, Version};
use crate::auth::Caller;
use crate::catalogue::select::{NoHistory, SelectedRow, Selection};
use crate::db::sql::identifier;

/// Reading ends early when the geometry has grown to this, so that one request cannot take the machine's memory.
const MOST_BYTES: usize = 8 << 20;

/// Versions of a record, the newest first.
#[derive(Debug)]
pub struct Page {
    pub versions: Vec<Version>,
    /// The one before the last of them, where there is one.
    pub older: Option<Version>,
}

/// Up to `limit` versions of the record; with `before` only those that began before that moment.
pub async fn versions(
    database: impl PgExecutor<'_>,
    selection: &Selection,
    id: i64,
    before: Option<&str>,
    limit: usize,
) -> Result<Result<Page, NoHistory>, sqlx::Error> {
    let sql = match select_versions(selection) {
        Ok(select) => format!(
            "{select} and ($2::timestamptz is null or recorded_at < $2::timestamptz) \
             order by recorded_at desc, version desc limit $3"
        ),
        Err(none) => return Ok(Err(none)),
    };
    let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(id).bind(before).bind(limit as i64 + 1).fetch(database);
    let (mut page, mut bytes) = (Page { versions: Vec::new(), older: None }, 0);
    while let Some(row) = rows.try_next().await? {
        let version = version(selection, &row)?;
        if page.versions.len() == limit || bytes > MOST_BYTES {
            page.older = Some(version);
            break;
        }
        bytes += version.row.ewkb.as_ref().map_or(0, Vec::len);
        page.versions.push(version);
    }
    Ok(Ok(page))
}

/// The version of that number; the last, should there be several (a record deleted and made again under its id by hand).
pub async fn version_of(
    database: impl PgExecutor<'_>,
    selection: &Selection,
    id: i64,
    number: i32,
) -> Result<Result<Option<Version>, NoHistory>, sqlx::Error> {
    let sql = match select_versions(selection) {
        Ok(select) => format!("{select} and version = $2 order by recorded_at desc limit 1"),
        Err(none) => return Ok(Err(none)),
    };
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id).bind(number).fetch_optional(database).await?;
    row.map(|row| version(selection, &row)).transpose().map(Ok)
}

/// All versions of the record `$1`, as [`version`] reads them.
fn select_versions(selection: &Selection) -> Result<String, NoHistory> {
    let moment = |column: &str| format!("to_char({column} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
    let staff = ["recorded_by", "recorded_why", "archived_by", "archived_why"];
    let staff = staff.map(|column| if selection.caller == Caller::Staff { column } else { "null::text" });
    Ok(format!(
        "select {}, version, {}, {}, archived_how = 'deleted', {} from {} where id = $1",
        selection.columns(&selection.fields),
        moment("recorded_at"),
        moment("nullif(archived_at, 'infinity')"),
        staff.join(", "),
        selection.every_version()?,
    ))
}

fn version(selection: &Selection, row: &PgRow) -> Result<Version, sqlx::Error> {
    let selected: SelectedRow = selection.read(row, &selection.fields)?;
    let own = selection.fields.len() + 3;
    let at: Option<String> = row.try_get(own + 2)?;
    let deleted: Option<bool> = row.try_get(own + 3)?;
    let archived = match at {
        Some(at) => Some(Archived {
            at,
            by: row.try_get(own + 6)?,
            why: row.try_get(own + 7)?,
            deleted: deleted.unwrap_or(false),
        }),
        None => None,
    };
    Ok(Version {
        row: selected,
        version: row.try_get(own)?,
        recorded_at: row.try_get(own + 1)?,
        recorded_by: row.try_get(own + 4)?,
        recorded_why: row.try_get(own + 5)?,
        archived,
    })
}

/// Ids of all records that have ever had the natural key, whose parts are given as texts; the latest first.
pub async fn ids_of(
    database: impl PgExecutor<'_>,
    selection: &Selection,
    key: &[&str],
) -> Result<Result<Vec<i64>, NoHistory>, sqlx::Error> {
    let every = match selection.every_version() {
        Ok(every) => every,
        Err(none) => return Ok(Err(none)),
    };
    let names: Vec<_> = selection.layer.key_names().collect();
    if names.len() != key.len() {
        return Ok(Ok(Vec::new()));
    }
    let conditions: Vec<_> =
        names.iter().enumerate().map(|(place, name)| format!("{}::text = ${}", identifier(name), place + 1)).collect();
    let sql = format!(
        "select id from {every} where {} group by id order by max(archived_at) desc, id desc",
        conditions.join(" and ")
    );
    let ids = key.iter().fold(sqlx::query_scalar(AssertSqlSafe(sql)), |query, part| query.bind(*part));
    Ok(Ok(ids.fetch_all(database).await?))
}
