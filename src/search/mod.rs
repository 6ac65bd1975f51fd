//! Search: one box for addresses, streets, parcels, permits, organisations and whatever registers hold.
//!
//! Public columns of all layers are kept in memory ([`shard`], [`book`]) and follow the change feed ([`follow`]); what is
//! typed is understood in several ways ([`ask`]), looked for in every layer ([`find`]) and explained ([`explain`]).
//! Why not another engine: docs/decisions/0016.

mod ask;
mod batch;
mod book;
mod dictionary;
mod explain;
mod find;
mod follow;
mod gazetteer;
mod metres;
mod names;
mod plan;
mod routes;
mod shape;
mod shard;
mod suggest;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use dictionary::Dictionary;
use gazetteer::Gazetteer;
use plan::Plan;
use shard::Shard;
use tokio::sync::Semaphore;

use crate::catalogue::Catalogue;
use crate::catalogue::layer::Layer;
use crate::db::feed::Hub;
use crate::db::pool::Db;
use crate::geom::grid::Envelope;
use crate::http::problem::Problem;

pub use routes::Description;
pub use shape::{Found, Nearest};

/// How many tables of addresses are worked on at once; each takes one core.
const TABLES_AT_ONCE: usize = 1;

/// Serves search over the catalogue's layers. Clones share everything.
#[derive(Clone)]
pub struct Search(Arc<Engine>);

struct Engine {
    catalogue: Arc<Catalogue>,
    db: Db,
    plans: Vec<Plan>,
    /// As many as there are plans.
    shards: Vec<RwLock<Shard>>,
    /// Words of all shards. Whoever searches holds it, so that no word's number changes its meaning meanwhile; it is
    /// locked before the others.
    dictionary: RwLock<Dictionary>,
    gazetteer: RwLock<Gazetteer>,
    /// Where most addresses are.
    city: RwLock<Option<Envelope>>,
    systems: RwLock<Vec<metres::System>>,
    ready: AtomicBool,
    /// Whose turn it is to have a table of addresses looked for.
    batches: Arc<Semaphore>,
    /// Where the batches of changes come from.
    hub: Hub,
    /// Where they are announced once search shows them.
    shown: Hub,
}

impl Search {
    /// Must be called within a runtime: a task reads the layers and follows the change feed for as long as search is there.
    pub fn new(catalogue: Arc<Catalogue>, db: Db, hub: Hub) -> Self {
        let plans: Vec<Plan> =
            catalogue.layers.iter().enumerate().filter_map(|(n, layer)| Plan::new(layer, n)).collect();
        let engine = Arc::new(Engine {
            shards: plans.iter().map(|_| RwLock::default()).collect(),
            plans,
            catalogue,
            db,
            dictionary: RwLock::default(),
            gazetteer: RwLock::default(),
            city: RwLock::default(),
            systems: RwLock::default(),
            ready: AtomicBool::new(false),
            batches: Arc::new(Semaphore::new(TABLES_AT_ONCE)),
            hub,
            shown: Hub::new(),
        });
        tokio::spawn(follow::follow(Arc::downgrade(&engine)));
        Self(engine)
    }
}

impl Engine {
    /// A problem until every layer has been read.
    fn is_ready(&self) -> Result<(), Problem> {
        if self.ready.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(Problem::new(
            axum::http::StatusCode::SERVICE_UNAVAILABLE,
            "Пошук ще готується: реєстри читаються в пам’ять. Спробуйте за кілька секунд.",
            "Search is being made ready: the registers are read into memory. Try again in a few seconds.",
        ))
    }

    /// Everything that a search looks at, as it is at one moment.
    fn view(&self) -> View<'_> {
        let dictionary = read(&self.dictionary);
        View {
            plans: &self.plans,
            shards: self.shards.iter().map(read).collect(),
            gazetteer: read(&self.gazetteer),
            dictionary,
            city: *read(&self.city),
        }
    }

    /// Numbers of plans of a relation that was edited.
    fn plans_of(&self, relation: &str) -> impl Iterator<Item = usize> {
        self.plans
            .iter()
            .enumerate()
            .filter(move |(_, plan)| plan.layer.relation() == relation)
            .map(|(number, _)| number)
    }
}

struct View<'e> {
    plans: &'e [Plan],
    shards: Vec<RwLockReadGuard<'e, Shard>>,
    gazetteer: RwLockReadGuard<'e, Gazetteer>,
    dictionary: RwLockReadGuard<'e, Dictionary>,
    city: Option<Envelope>,
}

impl View<'_> {
    /// The city's registers of addresses, by numbers of plans.
    fn registers(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.plans.len()).filter(|&number| self.plans[number].is_register)
    }

    fn layer(&self, plan: usize) -> &Layer {
        &self.plans[plan].layer
    }
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
