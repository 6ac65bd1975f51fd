//! Changes: what is edited in the registers, told to whoever looks at them, as server-sent events.

mod event;
mod places;
mod routes;
mod stream;

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::catalogue::Catalogue;
use crate::db::feed::Hub;
use crate::db::pool::Db;

pub use event::{Area, ChangeEvent, Interest};
pub use routes::Description;

/// How many streams catch up at the same time: each reads the outbox, and the public must not take every connection.
const CATCHING_UP: usize = 4;

/// Tells the public of edits once tiles and features show them.
#[derive(Clone)]
pub struct Changes {
    catalogue: Arc<Catalogue>,
    db: Db,
    hub: Hub,
    places: places::Places,
    catching_up: Arc<Semaphore>,
}

impl Changes {
    /// The hub is where batches are announced after they have been applied.
    pub fn new(catalogue: Arc<Catalogue>, db: Db, hub: Hub) -> Self {
        let catching_up = Arc::new(Semaphore::new(CATCHING_UP));
        Self { catalogue, db, hub, places: places::Places::default(), catching_up }
    }
}
