//! Here: everything that the registers say of one place, in one answer.
//!
//! Which registers take part, and how, stands in their files (`[here]`, docs/layers.md); the question is one statement
//! ([`query`]), made when the server starts.

mod answer;
mod query;
mod routes;

use std::sync::Arc;

use sqlx::PgPool;

use crate::auth::Caller;
use crate::catalogue::Catalogue;
use crate::catalogue::layer::Layer;
use crate::catalogue::select::select;
use crate::db::pool::Db;

use query::{Asked, Origin, Statement};

pub use answer::Answer;
pub use routes::Description;

/// The registers whose records a place can be named by.
const ADDRESSES: &str = "addresses";
const PARCELS: &str = "parcels";
/// The register that says where the city ends.
const BOUNDARY: &str = "boundary";

/// Tells what holds at a place.
#[derive(Clone)]
pub struct HereAt(Arc<Prepared>);

struct Prepared {
    catalogue: Arc<Catalogue>,
    public: PgPool,
    /// The statement for each kind of place, as the registers are now.
    at_point: Statement,
    at_address: Option<Statement>,
    at_parcel: Option<Statement>,
}

impl HereAt {
    pub fn new(catalogue: Arc<Catalogue>, db: &Db) -> Self {
        let asked: Vec<Asked> = catalogue.layers.iter().filter_map(Asked::now).collect();
        let of_record = |id: &str| {
            let layer = catalogue.layer(id)?;
            Some(Statement::new(
                &Origin::Record(select(layer, Caller::Public)),
                catalogue.layer(BOUNDARY),
                asked.clone(),
            ))
        };
        let (at_address, at_parcel) = (of_record(ADDRESSES), of_record(PARCELS));
        let at_point = Statement::new(&Origin::Point, catalogue.layer(BOUNDARY), asked);
        Self(Arc::new(Prepared { catalogue, public: db.for_one_statement(), at_point, at_address, at_parcel }))
    }

    /// The statement that asks about a point (longitude, latitude, radius or null), to be explained.
    pub fn statement_of_a_point(&self) -> &str {
        self.0.at_point.sql()
    }
}

impl Asked {
    fn now(layer: &Arc<Layer>) -> Option<Self> {
        Some(Self::new(select(layer, Caller::Public), layer.here.clone()?))
    }
}
