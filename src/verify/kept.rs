//! Reports for the public, kept until a register changes: whoever asks, a register is looked at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use chrono_tz::Europe::Kyiv;
use tokio::sync::Semaphore;

use super::{Report, query, verify};
use crate::auth::Caller;
use crate::catalogue::Catalogue;
use crate::catalogue::layer::Layer;
use crate::db::pool::Db;
use crate::http::problem::Problem;

/// How many findings of a rule the public is told.
const MOST: usize = 100;
/// How long a report is taken as true without asking whether anything has changed.
const FRESH: Duration = Duration::from_secs(15);
/// How long a request waits for a report that is being made; it is made to the end all the same.
const PATIENCE: Duration = Duration::from_secs(20);

/// Verifies registers for the public.
#[derive(Clone)]
pub struct Verification {
    pub(super) catalogue: Arc<Catalogue>,
    db: Db,
    entries: Arc<Mutex<HashMap<String, Arc<Entry>>>>,
    /// One register at a time: the public must not take the machine.
    turn: Arc<Semaphore>,
}

#[derive(Default)]
struct Entry {
    known: Mutex<Option<Known>>,
    making: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Known {
    seen: Instant,
    /// Terms end with the day.
    day: NaiveDate,
    /// The newest change of the layer and of those that its rules look at.
    change: Option<i64>,
    report: Arc<Report>,
}

impl Verification {
    pub fn new(catalogue: Arc<Catalogue>, db: Db) -> Self {
        Self { catalogue, db, entries: Arc::default(), turn: Arc::new(Semaphore::new(1)) }
    }

    /// The report of a register. It is made on a task of its own, so that a caller who leaves stops nothing.
    pub(super) async fn report(&self, layer: &Arc<Layer>) -> Result<Arc<Report>, Problem> {
        let (this, layer) = (self.clone(), layer.clone());
        let making = tokio::spawn(async move { this.make(&layer).await });
        match tokio::time::timeout(PATIENCE, making).await {
            Ok(Ok(report)) => Ok(report?),
            Ok(Err(failed)) => Err(Problem::internal(&failed)),
            Err(_) => Err(Problem::busy()),
        }
    }

    async fn make(&self, layer: &Arc<Layer>) -> Result<Arc<Report>, sqlx::Error> {
        let entry = {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            entries.entry(layer.id.clone()).or_default().clone()
        };
        let _making = entry.making.lock().await;
        let day = chrono::Utc::now().with_timezone(&Kyiv).date_naive();
        let known = entry.known().filter(|known| known.day == day);
        if let Some(known) = known.as_ref().filter(|known| known.seen.elapsed() < FRESH) {
            return Ok(known.report.clone());
        }
        // asked before the rows are read: what changes meanwhile is looked at again
        let (seen, change) = (Instant::now(), query::newest_change(&self.db.owner, &self.relations(layer)).await?);
        let report = match known.filter(|known| known.change == change) {
            Some(known) => known.report,
            None => {
                let _turn = self.turn.acquire().await;
                Arc::new(verify(&self.db.public, &self.catalogue, layer, Caller::Public, Some(MOST)).await?)
            }
        };
        entry.remember(Known { seen, day, change, report: report.clone() });
        Ok(report)
    }

    /// The relations whose edits may change the report.
    fn relations(&self, layer: &Layer) -> Vec<String> {
        use crate::catalogue::layer::CheckRule::Dangling;
        let linked = layer.links.iter().map(|link| link.to.as_str());
        let dangling = layer.checks.iter().filter_map(|check| match &check.rule {
            Dangling { to, .. } => Some(to.as_str()),
            _ => None,
        });
        let ids = [layer.id.as_str(), super::rules::BOUNDARY].into_iter().chain(linked).chain(dangling);
        ids.filter_map(|id| self.catalogue.layer(id)).map(|layer| layer.relation()).collect()
    }
}

impl Entry {
    fn known(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, known: Known) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }
}
