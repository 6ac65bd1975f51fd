//! Rows of a layer on their way into its mirror.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor, PgPool};

use crate::auth::Caller;
use crate::catalogue::layer::Layer;
use crate::catalogue::select::{NoHistory, Selection, select};
use crate::db::sql::identifier;

/// Rows of one step through a whole layer. Steps keep far from the limits on a statement's time, however large the layer.
const STEP: usize = 20_000;

/// How a layer's rows are read for tiles.
#[derive(Debug, Clone)]
pub struct Reading {
    pub selection: Selection,
    /// Fields that tiles carry at any zoom, and those that decide what they show.
    pub fields: Vec<usize>,
    sql: String,
}

impl Reading {
    pub fn new(layer: &Arc<Layer>, caller: Caller) -> Self {
        Self::of(select(layer, caller))
    }

    /// The same layer as it was at a moment.
    pub fn as_of(&self, moment: DateTime<Utc>) -> Result<Self, NoHistory> {
        Ok(Self::of(self.selection.clone().as_of(moment)?))
    }

    fn of(selection: Selection) -> Self {
        let layer = &selection.layer;
        let mut fields = selection.tile_fields(u8::MAX);
        for needed in [layer.generalisation.rank, layer.generalisation.sums].into_iter().flatten() {
            if selection.fields.contains(&needed) && !fields.contains(&needed) {
                fields.push(needed);
            }
        }
        let sql = format!(
            "select {} from {} where {} is not null",
            selection.columns(&fields),
            selection.relation(),
            selection.geometry()
        );
        Self { selection, fields, sql }
    }

    /// Ids of rows that may have been otherwise at the moment as of which the layer is read; no more than `most`.
    pub async fn changed_since(&self, pool: &PgPool, most: usize) -> Result<Vec<i64>, sqlx::Error> {
        let Some(sql) = self.selection.changed_since() else { return Ok(Vec::new()) };
        let sql = format!("{sql} limit $1");
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(most as i64).fetch_all(pool).await
    }

    /// Hands every row with a geometry to `take`, in any order, all of one moment.
    pub async fn all(
        &self,
        pool: &PgPool,
        mut take: impl FnMut(&PgRow) -> Result<(), sqlx::Error>,
    ) -> Result<(), sqlx::Error> {
        let mut transaction = pool.begin().await?;
        // named by the layer, so that a step's prepared statement always meets the same columns
        let cursor = identifier(&format!("mirror_{}", self.selection.layer.id));
        let declare = format!("declare {cursor} no scroll cursor for {}", self.sql);
        transaction.execute(AssertSqlSafe(declare)).await?;
        let step = format!("fetch {STEP} from {cursor}");
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
        let sql = format!("{} and {} = any($1)", self.sql, self.selection.id());
        let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(ids).fetch(pool);
        while let Some(row) = rows.try_next().await? {
            take(&row)?;
        }
        Ok(())
    }
}
