//! The rows of one layer that a tile needs.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgPool};

use crate::catalogue::select::{SelectedRow, Selection};
use crate::geom::grid::TileId;

/// A planned read of one layer for one tile.
pub struct TileQuery {
    pub selection: Selection,
    /// Indices of the fields that the tile carries.
    pub fields: Vec<usize>,
    pub tile: TileId,
    sql: String,
}

impl TileQuery {
    pub fn new(selection: Selection, tile: TileId) -> Self {
        let fields = selection.tile_fields(tile.z());
        let sql = format!(
            "select {} from {} where {} && st_makeenvelope($1, $2, $3, $4, 4326) order by {}",
            selection.columns(&fields),
            selection.relation(),
            selection.geometry(),
            selection.id(),
        );
        Self { selection, fields, tile, sql }
    }

    /// Hands every row to `take`, in the order of ids.
    pub async fn run(&self, pool: &PgPool, mut take: impl FnMut(SelectedRow)) -> Result<(), sqlx::Error> {
        let envelope = self.tile.envelope();
        let mut rows = sqlx::query(AssertSqlSafe(self.sql.as_str()))
            .bind(envelope.west)
            .bind(envelope.south)
            .bind(envelope.east)
            .bind(envelope.north)
            .fetch(pool);
        while let Some(row) = rows.try_next().await? {
            take(self.selection.read(&row, &self.fields)?);
        }
        Ok(())
    }
}
