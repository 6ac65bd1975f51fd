//! Reading the layers when the server starts, and keeping up with what is edited.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use chrono::{NaiveDate, TimeDelta, Utc};
use chrono_tz::Europe::Kyiv;
use futures_util::{StreamExt, stream};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{sleep, timeout};

use super::plan::Record;
use super::shard::Shard;
use super::{Engine, metres, read, write};
use crate::catalogue::tables;
use crate::db::feed::Batch;
use crate::geom::grid::Envelope;
use crate::geom::world::{Bounds, Place};

/// How many layers are read at once.
const AT_ONCE: usize = 2;
/// When more of a layer has changed at once, it is read whole.
const RELOAD_ABOVE: usize = 20_000;
/// Records that are put into the dictionary before those who search have their turn.
const TURN: usize = 256;
const PAUSE: Duration = Duration::from_millis(500);
/// How often it is looked whether a day has begun, and whether a relation that nobody watches is due.
const TICK: Duration = Duration::from_secs(1);
/// A relation that cannot be watched (a view, for one) is read anew as often.
const UNWATCHED: Duration = Duration::from_secs(15);

/// Reads everything, then applies every batch that the tiles have announced.
pub async fn follow(engine: Weak<Engine>) {
    let Some((db, hub)) = engine.upgrade().map(|engine| (engine.db.clone(), engine.hub.clone())) else { return };
    let following = async {
        let mut batches = hub.subscribe();
        // edits from here on are told
        let Some(position) = hub.position().await else { return };
        let begun = Instant::now();
        let everything = |engine: &Engine| (0..engine.plans.len()).collect::<Vec<_>>();
        let Some(unwatched) = load(&engine, everything).await else { return };
        tracing::info!(ms = begun.elapsed().as_millis() as u64, "search has read the registers");
        let Some(shown) = engine.upgrade().map(|engine| {
            engine.ready.store(true, Ordering::Release);
            engine.shown.clone()
        }) else {
            return;
        };
        shown.announce(Arc::new(Batch { position, changes: Vec::new(), reset: false }));
        let (mut today, mut renewed) = (day(), Instant::now());
        loop {
            match timeout(TICK, batches.recv()).await {
                Ok(Ok(batch)) => {
                    let Some(engine) = engine.upgrade() else { return };
                    engine.apply(&batch).await;
                    shown.announce(batch);
                }
                Ok(Err(RecvError::Lagged(_))) => {
                    let Some(position) = hub.position().await else { return };
                    if load(&engine, everything).await.is_none() {
                        return;
                    }
                    shown.announce(Arc::new(Batch { position, changes: Vec::new(), reset: true }));
                }
                Ok(Err(RecvError::Closed)) => return,
                Err(_) => {}
            }
            if day() != today {
                today = day();
                if load(&engine, with_terms).await.is_none() {
                    return;
                }
            }
            if !unwatched.is_empty() && renewed.elapsed() > UNWATCHED {
                if load(&engine, |_| unwatched.clone()).await.is_none() {
                    return;
                }
                renewed = Instant::now();
            }
        }
    };
    // closed: the server has stopped
    let _: Result<(), _> = db.owner.close_event().do_until(following).await;
}

/// A little late, so that the database's clock says so too.
fn day() -> NaiveDate {
    (Utc::now() - TimeDelta::seconds(2)).with_timezone(&Kyiv).date_naive()
}

/// Layers whose records have terms: what was valid yesterday may have expired.
fn with_terms(engine: &Engine) -> Vec<usize> {
    let has_terms =
        |plan: &usize| engine.plans[*plan].layer.status.as_ref().is_some_and(|status| status.until.is_some());
    (0..engine.plans.len()).filter(has_terms).collect()
}

/// Reads layers whole; gives those of them that nobody watches. None where the engine is gone.
async fn load(engine: &Weak<Engine>, which: impl Fn(&Engine) -> Vec<usize>) -> Option<Vec<usize>> {
    let engine = engine.upgrade()?;
    let reads = which(&engine).into_iter().map(|plan| {
        let engine = engine.clone();
        async move { (plan, engine.reload(plan).await) }
    });
    let read: Vec<(usize, bool)> = stream::iter(reads).buffer_unordered(AT_ONCE).collect().await;
    engine.locate_city().await;
    Some(read.into_iter().filter(|(_, is_watched)| !is_watched).map(|(plan, _)| plan).collect())
}

impl Engine {
    /// Reads a layer whole, however long the database takes to answer; whether the change feed tells of its edits.
    async fn reload(self: &Arc<Self>, plan: usize) -> bool {
        let layer = &self.plans[plan].layer;
        loop {
            let read = async {
                let watched = tables::watched(layer).is_watched(&self.db.owner).await?;
                let mut records = Vec::new();
                self.plans[plan].all(&self.db.public, |record| records.push(record)).await?;
                Ok::<_, sqlx::Error>((watched, records))
            };
            match read.await {
                Ok((watched, records)) => {
                    let engine = self.clone();
                    if let Err(error) = tokio::task::spawn_blocking(move || engine.replace(plan, records)).await {
                        tracing::error!(layer = layer.id, %error, "a layer cannot be searched");
                    }
                    return watched;
                }
                Err(error) if error.as_database_error().is_some() => {
                    tracing::error!(layer = layer.id, %error, "a layer cannot be read, so it is not searched");
                    return true;
                }
                Err(error) => {
                    if self.db.owner.is_closed() {
                        return true;
                    }
                    tracing::warn!(layer = layer.id, %error, "a layer cannot be read yet for search; it will be");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Puts a layer's records in the place of those that it had.
    fn replace(&self, number: usize, records: Vec<Record>) {
        let plan = &self.plans[number];
        let mut shard = Shard::default();
        let mut sayings = Vec::new();
        let mut records = records.into_iter().peekable();
        while records.peek().is_some() {
            let mut dictionary = write(&self.dictionary);
            for record in records.by_ref().take(TURN) {
                sayings.extend(plan.saying(&record.values).map(|saying| (record.id, saying)));
                shard.insert(plan, record, &mut dictionary);
            }
        }
        metrics::gauge!("misto_search_records", "layer" => plan.layer.id.clone()).set(shard.len() as f64);
        metrics::gauge!("misto_search_bytes", "layer" => plan.layer.id.clone()).set(shard.size() as f64);
        if plan.names_streets() {
            let mut gazetteer = write(&self.gazetteer);
            gazetteer.forget(number);
            sayings.into_iter().for_each(|(id, saying)| gazetteer.set((number, id), Some(saying)));
            metrics::gauge!("misto_search_names_bytes").set(gazetteer.size() as f64);
        }
        let old = std::mem::replace(&mut *write(&self.shards[number]), shard);
        old.release(&mut write(&self.dictionary));
    }

    /// Brings search to where the batch is.
    async fn apply(self: &Arc<Self>, batch: &Batch) {
        let mut changed: BTreeMap<usize, Option<BTreeSet<i64>>> = BTreeMap::new();
        if batch.reset {
            changed.extend((0..self.plans.len()).map(|plan| (plan, None)));
        }
        for change in &batch.changes {
            for plan in self.plans_of(&change.relation) {
                let ids = changed.entry(plan).or_insert_with(|| Some(BTreeSet::new()));
                match (&change.ids, ids.as_mut()) {
                    (Some(more), Some(ids)) => ids.extend(more),
                    _ => *ids = None,
                }
            }
        }
        for (plan, ids) in changed {
            match ids.filter(|ids| ids.len() < RELOAD_ABOVE) {
                Some(ids) => self.refresh(plan, &ids.into_iter().collect::<Vec<_>>()).await,
                None => drop(self.reload(plan).await),
            }
        }
        if batch.reset || self.is_growing() {
            self.locate_city().await;
        }
    }

    /// Whether there are so few records that one more may say where the city is; of many, no edit moves it.
    fn is_growing(&self) -> bool {
        const FEW: usize = 5000;
        self.shards.iter().map(|shard| read(shard).len()).sum::<usize>() < FEW
    }

    /// Brings records up to date that may have changed, come or gone.
    async fn refresh(self: &Arc<Self>, plan: usize, ids: &[i64]) {
        let records = loop {
            match self.plans[plan].some(&self.db.public, ids).await {
                Ok(records) => break records,
                Err(_) if self.db.owner.is_closed() => return,
                Err(error) => {
                    tracing::warn!(layer = self.plans[plan].layer.id, %error, "changes cannot be read yet for search; they will be");
                    sleep(PAUSE).await;
                }
            }
        };
        let mut records: BTreeMap<i64, Record> = records.into_iter().map(|record| (record.id, record)).collect();
        for ids in ids.chunks(TURN) {
            self.renew(plan, ids, &mut records);
        }
    }

    fn renew(&self, number: usize, ids: &[i64], records: &mut BTreeMap<i64, Record>) {
        let plan = &self.plans[number];
        let mut dictionary = write(&self.dictionary);
        let mut shard = write(&self.shards[number]);
        for id in ids {
            let record = records.remove(id);
            if plan.names_streets() {
                let saying = record.as_ref().and_then(|record| plan.saying(&record.values));
                write(&self.gazetteer).set((number, *id), saying);
            }
            shard.remove(plan, *id, &mut dictionary);
            if let Some(record) = record {
                shard.insert(plan, record, &mut dictionary);
            }
        }
    }

    /// Finds out where the city is, and what its coordinates are like in other reference systems.
    async fn locate_city(&self) {
        let city = self.extent();
        let is_new = city != *read(&self.city);
        *write(&self.city) = city;
        if is_new && let Some(city) = city {
            let systems = metres::systems(&self.db.public, city).await;
            *write(&self.systems) = systems;
        }
    }

    /// The box of most addresses (of everything where there are none), so that a few wrong places do not count.
    fn extent(&self) -> Option<Envelope> {
        let mut points: Vec<Place> = Vec::new();
        for is_register in [true, false] {
            let chosen = self.plans.iter().zip(&self.shards).filter(|(plan, _)| plan.is_register == is_register);
            for (_, shard) in chosen {
                points.extend(read(shard).docs().filter_map(|(_, doc)| doc.point));
            }
            if !points.is_empty() {
                break;
            }
        }
        let outliers = points.len() / 100;
        let axis = |axis: usize| {
            let mut values: Vec<u32> = points.iter().map(|place| place[axis]).collect();
            values.sort_unstable();
            Some((*values.get(outliers)?, *values.get(values.len().checked_sub(1 + outliers)?)?))
        };
        let ((west, east), (north, south)) = (axis(0)?, axis(1)?);
        Some(Bounds { west, north, east, south }.envelope())
    }
}
