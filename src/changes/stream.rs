//! One listener's stream of events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use futures_util::{Stream, stream};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, Interval, interval_at};

use super::event::Interest;
use super::places::Place;
use crate::db::feed::{Batch, Hub, Position};
use crate::http::stopping::Stopping;

/// Something is said at least so often: otherwise proxies give up, and nobody would notice that a listener has gone.
const SILENCE: Duration = Duration::from_secs(15);
/// How long a client waits before it comes back.
const RETRY: Duration = Duration::from_millis(2_000);
/// Browsers pass an event on only if it has data.
const NOTHING: &str = "{}";

/// A stream that is being told.
pub struct Telling {
    pub hub: Hub,
    pub interest: Interest,
    /// What the listener has been told; going on from here it misses nothing.
    pub position: Position,
    pub batches: Receiver<Arc<Batch>>,
    pub stopping: Stopping,
    pub _place: Place,
}

impl Telling {
    /// The events, without an end but for the server's. What the listener missed comes before `hello`, whose position
    /// says that it has been told all.
    pub fn events(self, missed: Option<Batch>) -> impl Stream<Item = Result<Event, Infallible>> + Send {
        let hello = Event::default().event("hello").id(self.position.to_string()).retry(RETRY).data(NOTHING);
        let silence = interval_at(Instant::now() + SILENCE, SILENCE);
        let mut teller = Teller { telling: self, ready: VecDeque::new(), silence };
        if let Some(batch) = missed {
            teller.take(&batch);
        }
        teller.ready.push_back(hello);
        stream::unfold(teller, |mut teller| async move { Some((Ok(teller.next().await?), teller)) })
    }
}

struct Teller {
    telling: Telling,
    ready: VecDeque<Event>,
    silence: Interval,
}

impl Teller {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.silence.reset();
                return Some(event);
            }
            tokio::select! {
                biased;
                () = self.telling.stopping.begun() => return None,
                batch = self.telling.batches.recv() => match batch {
                    // announced while the listener was caught up
                    Ok(batch) if self.telling.position.covers(&batch.position) => {}
                    Ok(batch) => self.take(&batch),
                    Err(RecvError::Lagged(_)) => self.begin_anew().await?,
                    Err(RecvError::Closed) => return None,
                },
                // no event for scripts, but what a browser will say that it has seen
                _ = self.silence.tick() => return Some(Event::default().comment("").id(self.telling.position.to_string())),
            }
        }
    }

    fn take(&mut self, batch: &Batch) {
        self.telling.position = batch.position.clone();
        if batch.reset {
            return self.reset();
        }
        let events = self.telling.interest.events(batch);
        let last = events.len().saturating_sub(1);
        for (place, event) in events.iter().enumerate() {
            // numbers and checked names: it always serialises
            let Ok(data) = Event::default().event("change").json_data(event) else { continue };
            // the position only with the last, so that who is cut off in between hears all of them again
            self.ready.push_back(if place == last { data.id(self.telling.position.to_string()) } else { data });
        }
    }

    /// For a listener that reads too slowly.
    async fn begin_anew(&mut self) -> Option<()> {
        self.telling.batches = self.telling.hub.subscribe();
        self.telling.position = self.telling.hub.position().await?;
        self.reset();
        Some(())
    }

    fn reset(&mut self) {
        metrics::counter!("misto_change_resets_total").increment(1);
        self.ready.push_back(Event::default().event("reset").id(self.telling.position.to_string()).data(NOTHING));
    }
}
