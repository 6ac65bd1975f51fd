//! One layer as the tile engine holds it: its mirror, what changed when, and how much of it a tile can carry.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::budget::{BUDGET, Plan, Plans};
use super::encode::{self, Dropped, Recipe};
use super::epochs::Epochs;
use super::mirror::{Homes, Mirror};
use super::query::Reading;
use crate::auth::Caller;
use crate::catalogue::layer::Layer;
use crate::catalogue::tables;
use crate::db::pool::Db;
use crate::geom::grid::{LAST_ZOOM, TileId};
use crate::http::problem::Problem;

/// A relation that cannot be watched (a view, for one) is read anew when its mirror is older than this.
const UNWATCHED_FRESH: Duration = Duration::from_secs(15);
/// When more of a layer has changed at once, it is read whole.
const RELOAD_ABOVE: usize = 20_000;

/// A layer's state in the tile engine.
pub struct Sheet {
    pub layer: Arc<Layer>,
    /// No other sheet of the process has it, whether it is still there or not.
    pub number: u64,
    reading: Reading,
    /// By zoom.
    recipes: Vec<Recipe>,
    current: RwLock<Option<Current>>,
    /// Held by the one who reads the layer into the mirror or changes it.
    writing: tokio::sync::Mutex<Homes>,
    epochs: RwLock<Epochs>,
    /// By zoom.
    plans: Vec<Mutex<Plans>>,
    /// Gives every change in the process a number.
    clock: Arc<AtomicU64>,
}

#[derive(Clone)]
struct Current {
    mirror: Arc<Mirror>,
    read: Instant,
    /// Whether the change feed tells of this relation's edits.
    watched: bool,
}

impl Current {
    fn holds(&self) -> bool {
        self.watched || self.read.elapsed() < UNWATCHED_FRESH
    }
}

impl Sheet {
    pub fn new(layer: &Arc<Layer>, caller: Caller, clock: Arc<AtomicU64>) -> Self {
        Self::of(Reading::new(layer, caller), clock)
    }

    fn of(reading: Reading, clock: Arc<AtomicU64>) -> Self {
        Self {
            layer: reading.selection.layer.clone(),
            number: clock.fetch_add(1, Ordering::Relaxed),
            recipes: (0..=LAST_ZOOM).map(|zoom| Recipe::new(&reading, zoom)).collect(),
            reading,
            current: RwLock::default(),
            writing: tokio::sync::Mutex::default(),
            epochs: RwLock::default(),
            plans: (0..=LAST_ZOOM).map(|_| Mutex::default()).collect(),
            clock,
        }
    }

    /// The layer as it was at `moment`: a sheet that nothing changes. What is as it was then it shares with the mirror of the present,
    /// where there is one.
    pub async fn as_of(&self, db: &Db, moment: DateTime<Utc>) -> Result<Self, Problem> {
        let reading = self.reading.as_of(moment)?;
        let present = {
            let homes = self.writing.lock().await;
            self.ready().map(|mirror| (mirror, homes.clone()))
        };
        // asked after the mirror was taken: what is edited in between is among them
        let ids = reading.changed_since(&db.public, RELOAD_ABOVE).await?;
        let mirror = match present {
            Some((mirror, mut homes)) if ids.len() < RELOAD_ABOVE => {
                mirror.changed(&mut homes, &ids, &reading.features(&db.public, &ids).await?).0
            }
            _ => reading.mirror(&db.public).await?.0,
        };
        let then = Self::of(reading, self.clock.clone());
        let current = Current { mirror: Arc::new(mirror), read: Instant::now(), watched: true };
        *then.current.write().unwrap_or_else(PoisonError::into_inner) = Some(current);
        Ok(then)
    }

    /// The number of the last change that a tile may show. It must be asked before [`Sheet::mirror`]: then a tile that was
    /// built while its features changed is kept under a number that nobody asks for any more.
    pub fn epoch(&self, tile: TileId) -> u64 {
        self.epochs.read().unwrap_or_else(PoisonError::into_inner).of(tile)
    }

    /// The layer's features, read when they are first needed.
    pub async fn mirror(&self, db: &Db) -> Result<Arc<Mirror>, sqlx::Error> {
        if let Some(mirror) = self.ready() {
            return Ok(mirror);
        }
        let mut homes = self.writing.lock().await;
        match self.ready() {
            Some(mirror) => Ok(mirror),
            None => self.read(db, &mut homes).await,
        }
    }

    /// The mirror, where it may be used at once.
    pub fn ready(&self) -> Option<Arc<Mirror>> {
        self.current().filter(Current::holds).map(|current| current.mirror)
    }

    /// Whether the mirror must be read anew before a tile may be served, even one from the cache.
    pub fn is_out_of_date(&self) -> bool {
        self.current.read().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|current| !current.holds())
    }

    fn current(&self) -> Option<Current> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn read(&self, db: &Db, homes: &mut Homes) -> Result<Arc<Mirror>, sqlx::Error> {
        let start = Instant::now();
        // a trigger made after this question only makes the mirror fresher than it thinks
        let watched = tables::watched(&self.layer).is_watched(&db.owner).await?;
        let (mirror, found) = self.reading.mirror(&db.public).await?;
        *homes = found;
        let mirror = self.put(Arc::new(mirror), start, watched);
        self.epochs.write().unwrap_or_else(PoisonError::into_inner).all(self.tick());
        self.each_plans(Plans::forget);
        tracing::debug!(
            layer = self.layer.id,
            features = mirror.len(),
            bytes = mirror.size(),
            ms = start.elapsed().as_millis() as u64,
            "read into memory"
        );
        Ok(mirror)
    }

    fn put(&self, mirror: Arc<Mirror>, read: Instant, watched: bool) -> Arc<Mirror> {
        metrics::gauge!("misto_mirror_features", "layer" => self.layer.id.clone()).set(mirror.len() as f64);
        metrics::gauge!("misto_mirror_bytes", "layer" => self.layer.id.clone()).set(mirror.size() as f64);
        let current = Current { mirror: mirror.clone(), read, watched };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(current);
        mirror
    }

    /// Brings features up to date that may have changed, come or gone; with no ids, all of them. Whoever waits for the
    /// mirror meanwhile gets it as it was; a mirror that was never asked for stays unread.
    pub async fn refresh(&self, db: &Db, ids: Option<&[i64]>) -> Result<(), sqlx::Error> {
        let mut homes = self.writing.lock().await;
        let Some(current) = self.current() else { return Ok(()) };
        let Some(ids) = ids.filter(|ids| ids.len() < RELOAD_ABOVE) else {
            self.read(db, &mut homes).await?;
            return Ok(());
        };
        let fresh = self.reading.features(&db.public, ids).await?;
        let (mirror, touched) = current.mirror.changed(&mut homes, ids, &fresh);
        if touched.is_empty() {
            return Ok(());
        }
        let features = mirror.len();
        self.put(Arc::new(mirror), current.read, current.watched);
        let epoch = self.tick();
        let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        for bounds in touched.iter().flat_map(|touched| [touched.old, touched.new]).flatten() {
            epochs.touch(bounds, epoch, self.layer.min_zoom);
        }
        drop(epochs);
        self.each_plans(|plans| plans.age(touched.len(), features));
        Ok(())
    }

    /// Lets go of the mirror: what it should hold cannot be known.
    pub async fn forget(&self) {
        let mut homes = self.writing.lock().await;
        *homes = Homes::default();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.epochs.write().unwrap_or_else(PoisonError::into_inner).all(self.tick());
    }

    /// Appends the layer to a tile whose layers together may take so many bytes, compressed, as `budget` leaves for this.
    pub fn encode(&self, mirror: &Mirror, id: TileId, budget: usize, tile: &mut Vec<u8>) -> Dropped {
        if !self.draws(mirror, id.z()) {
            return Dropped::default();
        }
        let plan = self.plan(mirror, id.z(), budget);
        if let Some((layer, dropped)) = self.plans(id.z()).take(mirror, id, plan.least) {
            tile.extend_from_slice(&layer);
            return dropped;
        }
        encode::layer(self.recipe(id.z()), mirror, id, plan.least, tile)
    }

    /// What tiles of a zoom carry where the fullest of them may have `budget` bytes.
    pub fn plan(&self, mirror: &Mirror, zoom: u8, budget: usize) -> Plan {
        let mut plans = self.plans(zoom);
        let (plan, changed) = plans.get(self.recipe(zoom), mirror, zoom, budget);
        if changed {
            let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
            epochs.zoom(zoom, self.tick());
        }
        plan
    }

    /// Whether tiles of a zoom have anything of the layer.
    pub fn draws(&self, mirror: &Mirror, zoom: u8) -> bool {
        self.layer.min_zoom <= zoom && mirror.len() > 0
    }

    /// Bytes of the layer's fullest tile of a zoom, compressed, where it is alone.
    pub fn fullest(&self, mirror: &Mirror, zoom: u8) -> usize {
        if self.draws(mirror, zoom) { self.plan(mirror, zoom, BUDGET).fullest } else { 0 }
    }

    /// A tile of this zoom turned out too large: the plan is made anew, with an eye on that tile.
    pub fn overflowed(&self, tile: TileId) {
        self.plans(tile.z()).overflowed(tile);
    }

    fn plans(&self, zoom: u8) -> MutexGuard<'_, Plans> {
        self.plans[usize::from(zoom.min(LAST_ZOOM))].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn each_plans(&self, change: impl Fn(&mut Plans)) {
        (0..=LAST_ZOOM).for_each(|zoom| change(&mut self.plans(zoom)));
    }

    pub fn recipe(&self, zoom: u8) -> &Recipe {
        &self.recipes[usize::from(zoom.min(LAST_ZOOM))]
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed) + 1
    }
}
