//! How many features a register has and where they are, for lists and TileJSON.
//!
//! SQL stands here and not in a slice because tiles and features both say it, and slices do not import each other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use moka::future::Cache;
use sqlx::{AssertSqlSafe, PgPool};

use super::layer::Layer;
use super::select::{Selection, select};
use crate::auth::Caller;
use crate::db::pool::Db;

/// A register at a glance.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Overview {
    pub count: i64,
    /// West, south, east, north in degrees; none where nothing has a place.
    pub bounds: Option<[f64; 4]>,
    /// When its first record was made, and when a record was last made, changed or deleted; none where Misto does not keep
    /// the rows, or there have never been any.
    pub created: Option<DateTime<Utc>>,
    pub modified: Option<DateTime<Utc>>,
}

/// How long a register's overview is taken as true: counting a large one costs a scan.
const FRESH: Duration = Duration::from_secs(15);
/// The same as of a moment, which a transaction that is still open may change; and how many are remembered.
const SETTLING: Duration = Duration::from_secs(60);
const MOMENTS: u64 = 10_000;

/// Overviews of all registers, remembered for a little while.
#[derive(Debug)]
pub struct Overviews {
    public: PgPool,
    entries: Mutex<HashMap<String, Arc<Entry>>>,
    past: Cache<(String, DateTime<Utc>), Option<Overview>>,
    /// Held by the one request that counts as of a moment: anybody may ask for any moment.
    counting_past: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Entry {
    known: Mutex<Option<(Instant, Overview)>>,
    /// Held by the one request that counts; the others take what is known meanwhile.
    counting: tokio::sync::Mutex<()>,
}

impl Entry {
    fn known(&self) -> Option<(Instant, Overview)> {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self) -> Option<Overview> {
        self.known().filter(|(when, _)| when.elapsed() < FRESH).map(|(_, overview)| overview)
    }

    fn remember(&self, overview: Overview) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), overview));
    }
}

impl Overviews {
    pub fn new(db: &Db) -> Self {
        Self {
            public: db.public.clone(),
            entries: Mutex::default(),
            past: Cache::builder().max_capacity(MOMENTS).time_to_live(SETTLING).build(),
            counting_past: tokio::sync::Mutex::default(),
        }
    }

    /// The register's public rows, counted, and their box. A register that the database cannot count (a view that
    /// takes too long) has an overview that says nothing, so that it does not take the others down.
    pub async fn of(&self, layer: &Arc<Layer>) -> Result<Overview, sqlx::Error> {
        let entry = {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            entries.entry(layer.id.clone()).or_default().clone()
        };
        if let Some(overview) = entry.fresh() {
            return Ok(overview);
        }
        let _counting = match (entry.counting.try_lock(), entry.known()) {
            (Ok(counting), _) => counting,
            (Err(_), Some((_, stale))) => return Ok(stale),
            (Err(_), None) => entry.counting.lock().await,
        };
        if let Some(overview) = entry.fresh() {
            return Ok(overview);
        }
        let selection = select(layer, Caller::Public);
        let counted = count(&self.public, &selection, selection.lifetime()).await?;
        let overview = counted.unwrap_or_else(|| entry.known().map(|(_, stale)| stale).unwrap_or_default());
        entry.remember(overview);
        Ok(overview)
    }

    /// The register as of a moment: how many records it had, and where. None where nobody keeps how it was, or the database
    /// cannot count it.
    pub async fn at(&self, layer: &Arc<Layer>, moment: DateTime<Utc>) -> Result<Option<Overview>, sqlx::Error> {
        let Ok(selection) = select(layer, Caller::Public).as_of(moment) else { return Ok(None) };
        let key = (layer.id.clone(), moment);
        if let Some(known) = self.past.get(&key).await {
            return Ok(known);
        }
        let _counting = self.counting_past.lock().await;
        // another request may have counted meanwhile
        if let Some(known) = self.past.get(&key).await {
            return Ok(known);
        }
        let overview = count(&self.public, &selection, ["null::text", "null::text"].map(str::to_owned)).await?;
        self.past.insert(key, overview).await;
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

/// The rows of a selection, counted, and their box; `created` and `modified` are SQL. None where the database cannot count
/// them, as in a view that takes too long.
async fn count(
    public: &PgPool,
    selection: &Selection,
    [created, modified]: [String; 2],
) -> Result<Option<Overview>, sqlx::Error> {
    let sql = format!(
        "select count, st_xmin(box), st_ymin(box), st_xmax(box), st_ymax(box), created, modified from \
         (select count(*) as count, st_extent({}) as box, {created} as created, {modified} as modified from {}) as whole",
        selection.geometry(),
        selection.relation()
    );
    type Row = (i64, Option<f64>, Option<f64>, Option<f64>, Option<f64>, Option<String>, Option<String>);
    let (count, west, south, east, north, created, modified): Row =
        match sqlx::query_as(AssertSqlSafe(sql)).fetch_one(public).await {
            Ok(row) => row,
            Err(error @ sqlx::Error::Database(_)) => {
                tracing::warn!(layer = selection.layer.id, %error, "a register cannot be counted");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
    let bounds = match (west, south, east, north) {
        (Some(west), Some(south), Some(east), Some(north)) => Some([west, south, east, north]),
        _ => None,
    };
    let moment = |text: Option<String>| text.and_then(|text| text.parse().ok());
    Ok(Some(Overview { count, bounds, created: moment(created), modified: moment(modified) }))
}
