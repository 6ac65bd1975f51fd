//! Keeping the mirrors true: the change feed applied, and midnight, when terms end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use chrono_tz::Europe::Kyiv;
use futures_util::future::join_all;
use tokio::time::sleep;

use super::Engine;
use super::sheet::Sheet;
use crate::db::feed::{Batch, Feed, Hub};
use crate::db::pool::Db;

/// How long to wait before the database is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// Applies every batch of the change feed to the mirrors, and only then announces it.
pub async fn follow(engine: Weak<Engine>, db: Db, hub: Hub) {
    let following = async {
        let mut feed = loop {
            match Feed::start(&db.owner).await {
                Ok(feed) => break feed,
                Err(error) => tracing::warn!(%error, "the change feed cannot be read yet, so there are no tiles"),
            }
            sleep(PAUSE).await;
        };
        hub.announce(Arc::new(Batch { position: feed.position().clone(), changes: Vec::new(), reset: false }));
        loop {
            let batch = feed.next().await;
            let Some(engine) = engine.upgrade() else { return };
            engine.apply(&batch).await;
            hub.announce(Arc::new(batch));
        }
    };
    // closed: the server has stopped
    let _: Result<(), _> = db.owner.close_event().do_until(following).await;
}

impl Engine {
    /// Brings the mirrors to where the batch is, however long the database takes to answer.
    async fn apply(&self, batch: &Batch) {
        let mut changed: BTreeMap<&str, Option<BTreeSet<i64>>> = BTreeMap::new();
        for change in &batch.changes {
            let ids = changed.entry(&change.relation).or_insert_with(|| Some(BTreeSet::new()));
            match (&change.ids, ids.as_mut()) {
                (Some(more), Some(ids)) => ids.extend(more),
                _ => *ids = None,
            }
        }
        let due = self.sheets.values().filter_map(|sheet| {
            let relation = sheet.layer.relation();
            let ids = if batch.reset { None } else { changed.get(relation.as_str())?.as_ref() };
            Some((sheet, ids.map(|ids| ids.iter().copied().collect::<Vec<_>>())))
        });
        let refreshed = due.map(|(sheet, ids)| async move {
            self.refresh(sheet, ids.as_deref()).await;
            self.past.forget(&sheet.layer.id, batch.reset);
        });
        join_all(refreshed).await;
    }

    async fn refresh(&self, sheet: &Sheet, ids: Option<&[i64]>) {
        while let Err(error) = sheet.refresh(&self.db, ids).await {
            if error.as_database_error().is_some() {
                tracing::error!(layer = sheet.layer.id, %error, "changes cannot be read; the layer's next tile reads it anew");
                return sheet.forget().await;
            }
            tracing::warn!(layer = sheet.layer.id, %error, "changes cannot be read yet; they will be");
            sleep(PAUSE).await;
        }
    }
}

/// Reads layers whose records have terms anew when a day begins: what was valid yesterday may have expired.
pub async fn midnights(engine: Weak<Engine>) {
    // a little late, so that the database's clock says so too
    let day = || (Utc::now() - TimeDelta::seconds(2)).with_timezone(&Kyiv).date_naive();
    let mut today = day();
    while engine.strong_count() > 0 {
        sleep(Duration::from_secs(1)).await;
        if day() != today
            && let Some(engine) = engine.upgrade()
        {
            today = day();
            engine.day_begins().await;
        }
    }
}

impl Engine {
    async fn day_begins(&self) {
        let with_terms = |sheet: &&Arc<Sheet>| sheet.layer.status.as_ref().is_some_and(|status| status.until.is_some());
        for sheet in self.sheets.values().filter(with_terms) {
            self.refresh(sheet, None).await;
        }
    }
}
