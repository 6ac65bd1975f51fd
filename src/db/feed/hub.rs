//! Where batches of changes are announced within the process, once what they changed is served anew.

use std::sync::Arc;

use tokio::sync::{broadcast, watch};

use super::{Batch, Position};

/// How many batches a subscriber may be behind before it has lost some.
const BACKLOG: usize = 256;

/// Passes batches on to any number of subscribers. Cloning gives another handle to the same hub.
#[derive(Debug, Clone)]
pub struct Hub {
    batches: broadcast::Sender<Arc<Batch>>,
    /// As of the last announcement; none before the first.
    position: watch::Sender<Option<Position>>,
}

impl Default for Hub {
    fn default() -> Self {
        Self { batches: broadcast::Sender::new(BACKLOG), position: watch::Sender::new(None) }
    }
}

impl Hub {
    pub fn new() -> Self {
        Self::default()
    }

    /// To be called when a batch has been applied: whoever hears of it asks for what it changed at once.
    pub fn announce(&self, batch: Arc<Batch>) {
        // the position first: who subscribes in between gets the batch once too often, and not never
        self.position.send_replace(Some(batch.position.clone()));
        // nobody listening is no mistake
        let _ = self.batches.send(batch);
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Batch>> {
        self.batches.subscribe()
    }

    /// What has been announced so far, once anything has been. Asked after subscribing, it leaves no gap.
    pub async fn position(&self) -> Option<Position> {
        self.position.subscribe().wait_for(Option::is_some).await.ok()?.clone()
    }

    /// Ready when everything that `position` has seen has been announced here, or when it is of another era (before a
    /// crash, of another city), which says nothing of this one.
    pub async fn reached(&self, position: &Position) {
        let covers = |known: &Option<Position>| {
            known.as_ref().is_some_and(|known| known.covers(position) || !known.is_of_era(position))
        };
        // it cannot be closed, since this hub holds the sender
        let _ = self.position.subscribe().wait_for(covers).await;
    }
}
