//! Layers as they were at a moment: mirrors made from the present one and from what has changed since, a few of them kept.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;

use super::Engine;
use super::sheet::Sheet;
use crate::http::moment;
use crate::http::problem::Problem;

/// How many mirrors are kept, and how much memory they may take together. They share with the present ones what has
/// not changed, so this is the most.
const MOST: usize = 8;
const MOST_BYTES: usize = 256 << 20;
/// How many requests may wait for a mirror that is being read, and for how long; whoever comes later is asked to come
/// again. What has been begun is finished all the same.
const LONGEST_QUEUE: usize = 64;
const PATIENCE: Duration = Duration::from_secs(10);
/// A transaction bears the moment at which it began, so what is not older than this may still change: by a transaction that
/// is open now.
const SETTLED: TimeDelta = TimeDelta::hours(1);

/// Whether nothing is going to change a layer as of this moment any more.
pub fn is_settled(moment: DateTime<Utc>) -> bool {
    moment < Utc::now() - SETTLED
}

/// The mirrors of the past.
pub struct Past {
    /// The latest used last.
    kept: Mutex<VecDeque<Kept>>,
    /// One reads at a time.
    reading: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// Counts what has happened since the start, so that a mirror that was made meanwhile is not kept.
    changes: AtomicU64,
}

struct Kept {
    layer: String,
    moment: DateTime<Utc>,
    sheet: Arc<Sheet>,
    bytes: usize,
}

impl Default for Past {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            reading: Arc::new(Semaphore::new(1)),
            waiting: Arc::default(),
            changes: AtomicU64::new(0),
        }
    }
}

impl Past {
    fn kept(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, layer: &str, moment: DateTime<Utc>) -> Option<Arc<Sheet>> {
        let mut kept = self.kept();
        let place = kept.iter().position(|kept| kept.layer == layer && kept.moment == moment)?;
        let found = kept.remove(place)?;
        let sheet = found.sheet.clone();
        kept.push_back(found);
        Some(sheet)
    }

    fn keep(&self, moment: DateTime<Utc>, sheet: &Arc<Sheet>, changes: u64) {
        let bytes = sheet.ready().map_or(0, |mirror| mirror.size());
        let mut kept = self.kept();
        if !is_settled(moment) && self.changes.load(Ordering::Relaxed) != changes {
            return;
        }
        kept.push_back(Kept { layer: sheet.layer.id.clone(), moment, sheet: sheet.clone(), bytes });
        let size = |kept: &VecDeque<Kept>| kept.iter().map(|kept| kept.bytes).sum::<usize>();
        while kept.len() > MOST || (kept.len() > 1 && size(&kept) > MOST_BYTES) {
            kept.pop_front();
        }
    }

    /// Lets go of what an edit of the layer may have made untrue; where nothing is known any more, of everything.
    pub fn forget(&self, layer: &str, everything: bool) {
        let mut kept = self.kept();
        self.changes.fetch_add(1, Ordering::Relaxed);
        kept.retain(|kept| kept.layer != layer || (!everything && is_settled(kept.moment)));
    }
}

impl Engine {
    /// The layers as of a moment.
    pub(super) async fn at(
        self: &Arc<Self>,
        sheets: Vec<Arc<Sheet>>,
        moment: DateTime<Utc>,
    ) -> Result<Vec<Arc<Sheet>>, Problem> {
        if moment::is_now(moment) {
            return Ok(sheets);
        }
        let mut then = Vec::with_capacity(sheets.len());
        for sheet in sheets {
            then.push(match self.past.find(&sheet.layer.id, moment) {
                Some(kept) => kept,
                None => self.recall(sheet, moment).await?,
            });
        }
        Ok(then)
    }

    /// Reads a layer as of a moment, after those who have come before.
    async fn recall(self: &Arc<Self>, sheet: Arc<Sheet>, moment: DateTime<Utc>) -> Result<Arc<Sheet>, Problem> {
        struct Waiting(Arc<AtomicUsize>);
        impl Drop for Waiting {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let before = self.past.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(self.past.waiting.clone());
        if before >= LONGEST_QUEUE {
            return Err(Problem::busy());
        }
        let engine = self.clone();
        let read = tokio::spawn(async move {
            let _waiting = waiting;
            let turn = engine.past.reading.clone().acquire_owned().await;
            let _turn = turn.map_err(|_| Problem::busy())?;
            if let Some(kept) = engine.past.find(&sheet.layer.id, moment) {
                return Ok(kept);
            }
            let changes = engine.past.changes.load(Ordering::Relaxed);
            engine.mirror(&sheet).await?;
            let then = Arc::new(sheet.as_of(&engine.db, moment).await?);
            engine.past.keep(moment, &then, changes);
            Ok(then)
        });
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(read) => read.map_err(|error| Problem::internal(&error))?,
            Err(_) => Err(Problem::busy()),
        }
    }
}
