//! Rows of a selection on their way into memory: all of them, of one moment, or those of some ids.

use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor, PgPool};

use super::select::Selection;
use crate::db::sql::identifier;

/// Rows of one step through a whole layer. Steps keep far from the limits on a statement's time, however large the layer.
const STEP: usize = 20_000;

/// Reads rows as [`Selection::columns`] has them.
#[derive(Debug, Clone)]
pub struct Rows {
    sql: String,
    id: String,
    /// Of the layer, so that a step's prepared statement always meets the same columns.
    cursor: String,
}

impl Rows {
    /// `purpose` tells readers with other fields of the same layer apart.
    pub fn new(selection: &Selection, fields: &[usize], purpose: &str, with_place_only: bool) -> Self {
        let condition = match with_place_only {
            true => format!("{} is not null", selection.geometry()),
            false => "true".to_owned(),
        };
        let sql = format!("select {} from {} where {condition}", selection.columns(fields), selection.relation());
        let cursor = identifier(&format!("{purpose}_{}", selection.layer.id));
        Self { sql, id: selection.id(), cursor }
    }

    /// Hands every row to `take`, in any order.
    pub async fn all(
        &self,
        pool: &PgPool,
        mut take: impl FnMut(&PgRow) -> Result<(), sqlx::Error>,
    ) -> Result<(), sqlx::Error> {
        let mut transaction = pool.begin().await?;
        let declare = format!("declare {} no scroll cursor for {}", self.cursor, self.sql);
        transaction.execute(AssertSqlSafe(declare)).await?;
        let step = format!("fetch {STEP} from {}", self.cursor);
        loop {
            let mut count = 0;
            let mut rows = sqlx::query(AssertSqlSafe(step.as_str())).fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await? {
                take(&row)?;
                count += 1;
            }
            if count < STEP {
                return Ok(());
            }
        }
    }

    /// The same for the rows of `ids`, where they are still there.
    pub async fn some(
        &self,
        pool: &PgPool,
        ids: &[i64],
        mut take: impl FnMut(&PgRow) -> Result<(), sqlx::Error>,
    ) -> Result<(), sqlx::Error> {
        let sql = format!("{} and {} = any($1)", self.sql, self.id);
        let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(ids).fetch(pool);
        while let Some(row) = rows.try_next().await? {
            take(&row)?;
        }
        Ok(())
    }
}
