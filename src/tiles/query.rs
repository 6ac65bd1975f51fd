//! Rows of a layer on their way into its mirror.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgPool};

use crate::auth::Caller;
use crate::catalogue::layer::Layer;
use crate::catalogue::query::Rows;
use crate::catalogue::select::{NoHistory, Selection, select};

/// How a layer's rows are read for tiles.
#[derive(Debug, Clone)]
pub struct Reading {
    pub selection: Selection,
    /// Fields that tiles carry at any zoom, and those that decide what they show.
    pub fields: Vec<usize>,
    /// Those with a geometry.
    pub rows: Rows,
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
        let rows = Rows::new(&selection, &fields, "mirror", true);
        Self { selection, fields, rows }
    }

    /// Ids of rows that may have been otherwise at the moment as of which the layer is read; no more than `most`.
    pub async fn changed_since(&self, pool: &PgPool, most: usize) -> Result<Vec<i64>, sqlx::Error> {
        let Some(sql) = self.selection.changed_since() else { return Ok(Vec::new()) };
        let sql = format!("{sql} limit $1");
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(most as i64).fetch_all(pool).await
    }
}
