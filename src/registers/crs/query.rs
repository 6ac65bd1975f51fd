//! Where the city's registers are.

use std::sync::Arc;

use anyhow::Result;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::auth::Caller;
use crate::catalogue::layer::Layer;
use crate::catalogue::select::select;
use crate::geom::grid::Envelope;

/// The box of all features of a layer.
pub async fn extent(connection: &mut PgConnection, layer: &Arc<Layer>) -> Result<Option<Envelope>> {
    let selection = select(layer, Caller::Staff);
    let sql = format!(
        "select st_xmin(e), st_ymin(e), st_xmax(e), st_ymax(e) from (select st_extent({}) as e from {}) as extent",
        selection.geometry(),
        selection.relation()
    );
    type Row = (Option<f64>, Option<f64>, Option<f64>, Option<f64>);
    let row: Row = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(connection).await?;
    let (Some(west), Some(south), Some(east), Some(north)) = row else { return Ok(None) };
    Ok(Some(Envelope { west, south, east, north }))
}
