//! How many features a register has and where they are, for lists and TileJSON.
//!
//! SQL stands here and not in a slice because tiles and features both say it, and slices do not import each other.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, PgPool};
use tokio::sync::Mutex;

use super::layer::Layer;
use super::select::select;
use crate::auth::Caller;
use crate::db::pool::Db;

/// A register at a glance.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Overview {
    pub count: i64,
    /// West, south, east, north in degrees; none where nothing has a place.
    pub bounds: Option<[f64; 4]>,
}

/// How long a register's overview is taken as true: counting a large one costs a scan.
const FRESH: Duration = Duration::from_secs(15);

/// Overviews of all registers, remembered for a little while.
#[derive(Debug)]
pub struct Overviews {
    public: PgPool,
    known: Mutex<HashMap<String, (Instant, Overview)>>,
}

impl Overviews {
    pub fn new(db: &Db) -> Self {
        Self { public: db.public.clone(), known: Mutex::default() }
    }

    /// The register's public rows, counted, and their box.
    pub async fn of(&self, layer: &Arc<Layer>) -> Result<Overview, sqlx::Error> {
        let mut known = self.known.lock().await;
        if let Some((_, overview)) = known.get(&layer.id).filter(|(when, _)| when.elapsed() < FRESH) {
            return Ok(*overview);
        }
        let overview = count(&self.public, layer).await?;
        known.insert(layer.id.clone(), (Instant::now(), overview));
        Ok(overview)
    }

    /// The box around several registers.
    pub async fn bounds(&self, layers: &[Arc<Layer>]) -> Result<Option<[f64; 4]>, sqlx::Error> {
        let mut around: Option<[f64; 4]> = None;
        for layer in layers {
            let Some(found) = self.of(layer).await?.bounds else { continue };
            around = Some(around.map_or(found, |known| {
                [known[0].min(found[0]), known[1].min(found[1]), known[2].max(found[2]), known[3].max(found[3])]
            }));
        }
        Ok(around)
    }
}

async fn count(public: &PgPool, layer: &Arc<Layer>) -> Result<Overview, sqlx::Error> {
    let selection = select(layer, Caller::Public);
    let sql = format!(
        "select count, st_xmin(box), st_ymin(box), st_xmax(box), st_ymax(box) from \
         (select count(*) as count, st_extent({}) as box from {}) as whole",
        selection.geometry(),
        selection.relation()
    );
    type Row = (i64, Option<f64>, Option<f64>, Option<f64>, Option<f64>);
    let (count, west, south, east, north): Row = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(public).await?;
    let bounds = match (west, south, east, north) {
        (Some(west), Some(south), Some(east), Some(north)) => Some([west, south, east, north]),
        _ => None,
    };
    Ok(Overview { count, bounds })
}
