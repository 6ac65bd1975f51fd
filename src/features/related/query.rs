//! Reading links from the derived tables, with the features at their other ends from the read door.

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgPool};

use super::MOST;
use crate::auth::Caller;
use crate::catalogue::linked::LinkEnd;
use crate::catalogue::select::{Selection, select};
use crate::db::links::table;
use crate::db::sql::literal;

/// A feature at the other end of a link.
#[derive(Debug)]
pub struct Row {
    /// Index of the link's end.
    pub end: usize,
    pub id: i64,
    pub metres: Option<f64>,
    /// Values of the fields of its name.
    pub name: Vec<String>,
    pub standing: Option<String>,
    /// How many there are at this end.
    pub total: i64,
}

/// The features at the other ends for the feature `id`, by end, the nearest first; as of a moment, of layers that keep their
/// history.
pub async fn rows(
    public: &PgPool,
    ends: &[LinkEnd<'_>],
    id: i64,
    moment: Option<DateTime<Utc>>,
) -> Result<Vec<Row>, sqlx::Error> {
    let parts: Vec<_> = ends
        .iter()
        .enumerate()
        .filter_map(|(place, end)| match moment {
            None => Some(part(place, &select(end.other, Caller::Public), &kept(end))),
            Some(moment) => {
                let other = select(end.other, Caller::Public).as_of(moment).ok()?;
                Some(part(place, &other, &end.pairs_at(moment).ok()?))
            }
        })
        .collect();
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("{} order by 1, 3, 2", parts.join(" union all "));
    match read(public, sql.clone(), id).await {
        // like misto.relink: of places that PostGIS refuses, such as polygons that cross themselves
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("XX000") => {
            read(public, sql.replace("misto.meets(", "misto.meets_of_any("), id).await
        }
        answer => answer,
    }
}

async fn read(public: &PgPool, sql: String, id: i64) -> Result<Vec<Row>, sqlx::Error> {
    type Tuple = (i32, i64, Option<f64>, Vec<String>, Option<String>, i64);
    let rows: Vec<Tuple> = sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_all(public).await?;
    let row =
        |(end, id, metres, name, standing, total): Tuple| Row { end: end as usize, id, metres, name, standing, total };
    Ok(rows.into_iter().map(row).collect())
}

/// SQL for the pairs of the feature `$1` that the database keeps.
fn kept(end: &LinkEnd<'_>) -> String {
    let (here, there) = if end.reverse { ("target", "id") } else { ("id", "target") };
    format!(
        "select {there} as \"other id\", metres as \"in metres\" from {} where link = {} and {here} = $1",
        table(&end.from.id),
        literal(&end.link.name)
    )
}

/// No field has a space in its name, so these columns cannot be mistaken for one.
fn part(place: usize, other: &Selection, pairs: &str) -> String {
    format!(
        "(select {place}::integer, \"other id\", \"in metres\", {}, {}, \"in all\" \
         from (select *, count(*) over () as \"in all\" from ({pairs}) as pairs \
           order by \"in metres\", \"other id\" limit {MOST}) as kept \
         join {} on {} = \"other id\")",
        other.name_columns(),
        other.standing(),
        other.relation(),
        other.id(),
    )
}
