//! Finished tiles in memory, and the queue of those who build them.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY};
use axum::http::{HeaderMap, HeaderValue};
use moka::future::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Engine;
use super::budget::BUDGET;
use super::compress::Encoding;
use super::frozen::Frozen;
use super::sheet::Sheet;
use crate::auth::Caller;
use crate::formats::mlt;
use crate::geom::grid::TileId;
use crate::http::etag;
use crate::http::problem::Problem;

/// How long a request waits for its tile before it is asked to come again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many requests may wait for their turn to build; who comes later is asked to come again at once.
const LONGEST_QUEUE: usize = 512;
/// How often a tile that came out too large is built with a new plan.
const TRIES: usize = 3;

/// The format of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Mvt,
    Mlt,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wanted {
    pub tile: TileId,
    pub format: Format,
    pub encoding: Encoding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    layers: u64,
    caller: Caller,
    wanted: Wanted,
    /// The last change that touched the tile in any of its layers.
    epoch: u64,
}

/// An encoded tile with the headers that it is served with; no bytes where nothing is there.
pub struct Body {
    pub bytes: Bytes,
    pub headers: HeaderMap,
}

/// The cache and the queue.
pub struct Keep {
    cache: Cache<Key, Arc<Body>>,
    hasher: RandomState,
    builders: Arc<Semaphore>,
    waiting: AtomicUsize,
    hits: metrics::Counter,
}

impl Keep {
    /// `size` bounds the cache, in bytes.
    pub fn new(size: u64) -> Self {
        let weigh = |_: &Key, body: &Arc<Body>| {
            // what the entry itself takes counts too, or empty tiles would fill the memory
            u32::try_from(body.bytes.len() + size_of::<Body>() + 2 * size_of::<Key>() + 64).unwrap_or(u32::MAX)
        };
        let cores = std::thread::available_parallelism().map_or(2, |cores| cores.get());
        Self {
            cache: Cache::builder().max_capacity(size).weigher(weigh).build(),
            hasher: RandomState::new(),
            builders: Arc::new(Semaphore::new(cores)),
            waiting: AtomicUsize::new(0),
            hits: metrics::counter!("misto_tile_cache_hits_total"),
        }
    }

    /// Waits for a turn to build.
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        struct Waiting<'k>(&'k AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= LONGEST_QUEUE {
            metrics::counter!("misto_tiles_refused_total").increment(1);
            return Err(Problem::busy());
        }
        self.builders.clone().acquire_owned().await.map_err(|_| Problem::busy())
    }
}

impl Engine {
    /// The tile, from the cache or built; of many requests for one tile one builds it.
    pub(super) async fn tile(self: &Arc<Self>, sheets: &[Arc<Sheet>], wanted: Wanted) -> Result<Arc<Body>, Problem> {
        for sheet in sheets.iter().filter(|sheet| sheet.is_out_of_date()) {
            self.mirror(sheet).await?;
        }
        // asked before the mirrors that the tile is built from: see Sheet::epoch
        let key = self.key(sheets.iter().map(Arc::as_ref), wanted);
        if let Some(body) = self.keep.cache.get(&key).await {
            self.keep.hits.increment(1);
            return Ok(body);
        }
        metrics::counter!("misto_tile_cache_misses_total").increment(1);
        let built = self.keep.cache.try_get_with(key, self.build(sheets, wanted));
        match tokio::time::timeout(PATIENCE, built).await {
            Ok(built) => built.map_err(|problem: Arc<Problem>| Problem::clone(&problem)),
            Err(_) => Err(Problem::busy()),
        }
    }

    /// The tile, where the cache has it and all of it is up to date; for a caller that must not wait.
    pub(super) async fn kept(&self, sheets: &[&Sheet], wanted: Wanted) -> Option<Arc<Body>> {
        if sheets.iter().any(|sheet| sheet.is_out_of_date()) {
            return None;
        }
        let body = self.keep.cache.get(&self.key(sheets.iter().copied(), wanted)).await?;
        self.keep.hits.increment(1);
        Some(body)
    }

    fn key<'s>(&self, sheets: impl Iterator<Item = &'s Sheet>, wanted: Wanted) -> Key {
        let mut hasher = self.keep.hasher.build_hasher();
        let mut epoch = 0;
        for sheet in sheets {
            hasher.write_u64(sheet.number);
            epoch = epoch.max(sheet.epoch(wanted.tile));
        }
        Key { layers: hasher.finish(), caller: Caller::Public, wanted, epoch }
    }

    async fn build(self: &Arc<Self>, sheets: &[Arc<Sheet>], wanted: Wanted) -> Result<Arc<Body>, Problem> {
        let frozen = self.frozen(sheets).await?;
        let turn = self.keep.turn().await?;
        let built = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            body(&frozen, wanted)
        });
        built.await.map_err(|error| Problem::internal(&error))?
    }
}

fn body(frozen: &Frozen, wanted: Wanted) -> Result<Arc<Body>, Problem> {
    let start = Instant::now();
    let mut bytes = Vec::new();
    for _ in 0..TRIES {
        let mut tile = frozen.encode_counting(wanted.tile, |sheet, dropped| {
            for (reason, many) in [("small", dropped.small), ("thinned", dropped.thinned)] {
                if many > 0 {
                    let labels = [("layer", sheet.layer.id.clone()), ("reason", reason.to_owned())];
                    metrics::counter!("misto_tile_features_dropped_total", &labels).increment(many);
                }
            }
        });
        if wanted.format == Format::Mlt && !tile.is_empty() {
            tile = mlt::from_mvt(&tile).map_err(|error| Problem::internal(&error))?;
        }
        if tile.is_empty() {
            break;
        }
        bytes = wanted.encoding.encode(tile);
        if wanted.encoding == Encoding::Identity || bytes.len() <= BUDGET {
            break;
        }
        frozen.overflowed(wanted.tile);
    }
    metrics::histogram!("misto_tile_seconds").record(start.elapsed().as_secs_f64());
    metrics::histogram!("misto_tile_bytes").record(bytes.len() as f64);
    let headers = headers(&bytes, wanted);
    Ok(Arc::new(Body { bytes: bytes.into(), headers }))
}

fn headers(bytes: &[u8], wanted: Wanted) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=0, must-revalidate"));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    if !bytes.is_empty() {
        headers.insert(ETAG, etag::strong(bytes));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(wanted.format.media_type()));
        if let Some(name) = wanted.encoding.name() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
    }
    headers
}
