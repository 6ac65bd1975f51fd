//! Reading links from the derived tables, with the features at their other ends from the read door.

use sqlx::{AssertSqlSafe, PgPool};

use super::MOST;
use crate::auth::Caller;
use crate::catalogue::linked::LinkEnd;
use crate::catalogue::select::select;
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

/// The features at the other ends for the feature `id`, by end, the nearest first.
pub async fn rows(public: &PgPool, ends: &[LinkEnd<'_>], id: i64) -> Result<Vec<Row>, sqlx::Error> {
    let parts: Vec<_> = ends.iter().enumerate().map(|(place, end)| part(place, end)).collect();
    let sql = format!("{} order by 1, 3, 2", parts.join(" union all "));
    type Tuple = (i32, i64, Option<f64>, Vec<String>, Option<String>, i64);
    let rows: Vec<Tuple> = sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_all(public).await?;
    let row =
        |(end, id, metres, name, standing, total): Tuple| Row { end: end as usize, id, metres, name, standing, total };
    Ok(rows.into_iter().map(row).collect())
}

/// No field has a space in its name, so these columns cannot be mistaken for one.
fn part(place: usize, end: &LinkEnd<'_>) -> String {
    let (here, there) = if end.reverse { ("target", "id") } else { ("id", "target") };
    let kept = format!("from {} where link = {} and {here} = $1", table(&end.from.id), literal(&end.link.name));
    let other = select(end.other, Caller::Public);
    format!(
        "(select {place}::integer, \"other id\", \"in metres\", {}, {}, (select count(*) {kept}) \
         from (select {there} as \"other id\", metres as \"in metres\" {kept} order by metres, {there} limit {MOST}) as kept \
         join {} on {} = \"other id\")",
        other.name_columns(),
        other.standing(),
        other.relation(),
        other.id(),
    )
}
