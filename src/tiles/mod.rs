//! Tiles: registers seen as vector tiles.
//!
//! Each layer is mirrored in memory ([`mirror`]) and follows the change feed ([`follow`]); a tile is built from mirrors
//! ([`encode`]), compressed once, and kept under the number of the last change that touched it ([`epochs`]).

mod budget;
mod compress;
mod draft;
mod encode;
mod epochs;
pub mod export;
mod follow;
mod frozen;
mod keep;
mod mirror;
mod ogc;
mod past;
mod query;
mod read;
mod routes;
mod sheet;
mod styles;
mod tilejson;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::{StreamExt, stream};

use crate::auth::Caller;
use crate::catalogue::Catalogue;
use crate::db::feed::Hub;
use crate::db::pool::Db;
use crate::http::offer::Offer;
use crate::http::problem::Problem;

use keep::Keep;
use past::Past;
use sheet::Sheet;

pub use frozen::Frozen;
pub use ogc::Description as OgcDescription;
pub use routes::Description;
pub use styles::Description as StylesDescription;
pub use tilejson::TileJson;

/// How many layers are read at once when the server starts.
const WARMED_AT_ONCE: usize = 2;
/// How many layers one composite may name.
const MOST_LAYERS: usize = 128;

/// What the slice adds to the API's landing page and conformance.
pub const OFFERS: [Offer; 2] = [ogc::OFFER, styles::OFFER];

/// Serves the catalogue's layers as tiles. Clones share everything.
#[derive(Clone)]
pub struct Tiles(Arc<Engine>);

struct Engine {
    catalogue: Arc<Catalogue>,
    db: Db,
    sheets: HashMap<String, Arc<Sheet>>,
    keep: Keep,
    past: Past,
    warm: AtomicBool,
    /// Where batches are announced when the mirrors show them.
    hub: Hub,
}

impl Tiles {
    /// `cache` bounds the finished tiles in memory, in bytes. Must be called within a runtime: a task follows the change feed for as long as the tiles are there, and announces
    /// every batch to `hub` when the mirrors show it.
    pub fn new(catalogue: Arc<Catalogue>, db: Db, hub: Hub, cache: u64) -> Self {
        let clock = Arc::new(AtomicU64::new(1));
        let sheet = |layer| Arc::new(Sheet::new(layer, Caller::Public, clock.clone()));
        let sheets = catalogue.layers.iter().map(|layer| (layer.id.clone(), sheet(layer))).collect();
        let engine = Arc::new(Engine {
            catalogue,
            db,
            sheets,
            keep: Keep::new(cache),
            past: Past::default(),
            warm: AtomicBool::new(false),
            hub,
        });
        tokio::spawn(follow::follow(Arc::downgrade(&engine), engine.db.clone(), engine.hub.clone()));
        tokio::spawn(follow::midnights(Arc::downgrade(&engine)));
        Self(engine)
    }

    /// Reads every layer into memory, so that the first visitors do not wait for it.
    pub async fn warm(&self) {
        let sheets: Vec<Arc<Sheet>> = self.0.sheets.values().cloned().collect();
        let reads = sheets.into_iter().map(|sheet| async move {
            if let Err(error) = self.0.frozen(std::slice::from_ref(&sheet)).await {
                let layer = &sheet.layer.id;
                tracing::warn!(layer, %error, "cannot be read into memory yet; its first tile will try again");
            }
        });
        stream::iter(reads).buffer_unordered(WARMED_AT_ONCE).collect::<()>().await;
        self.0.warm.store(true, Ordering::Relaxed);
    }

    /// Whether [`Tiles::warm`] is done.
    pub fn is_warm(&self) -> bool {
        self.0.warm.load(Ordering::Relaxed)
    }

    /// The layers that a comma-joined list names, each once.
    fn named(&self, list: &str) -> Result<Vec<Arc<Sheet>>, Problem> {
        let layers = self.0.catalogue.named(list)?;
        let sheets: Vec<_> = layers.iter().filter_map(|layer| self.0.sheets.get(&layer.id).cloned()).collect();
        if sheets.len() > MOST_LAYERS {
            return Err(Problem::bad_request(
                "layers",
                format!("Не більше {MOST_LAYERS} шарів у плитці."),
                format!("{MOST_LAYERS} layers at most in a tile."),
            ));
        }
        Ok(sheets)
    }
}

impl Engine {
    /// The layer's mirror, read if need be; not before the change feed is followed, or edits would be missed.
    async fn mirror(&self, sheet: &Sheet) -> Result<Arc<mirror::Mirror>, sqlx::Error> {
        self.hub.position().await.ok_or(sqlx::Error::PoolClosed)?;
        sheet.mirror(&self.db).await
    }
}
