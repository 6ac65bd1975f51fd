//! Features: registers as GeoJSON, after OGC API – Features Part 1.

mod collection;
mod history;
mod query;
mod routes;

use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::catalogue::layer::Layer;
use crate::catalogue::overview::Overviews;
use crate::db::pool::Db;
use crate::http::problem::Problem;

pub use collection::{Collection, Collections};
pub use history::History;
pub use query::{Feature, FeaturePage};
pub use routes::Description;

/// Serves the catalogue's layers as collections of features.
#[derive(Clone)]
pub struct Features {
    catalogue: Arc<Catalogue>,
    overviews: Arc<Overviews>,
    db: Db,
}

impl Features {
    pub fn new(catalogue: Arc<Catalogue>, overviews: Arc<Overviews>, db: Db) -> Self {
        Self { catalogue, overviews, db }
    }

    fn layer(&self, id: &str) -> Result<&Arc<Layer>, Problem> {
        self.catalogue.layer(id).ok_or_else(|| {
            Problem::not_found(
                format!("Набору «{id}» немає. Перелік: /api/collections"),
                format!("There is no collection “{id}”. The list: /api/collections"),
            )
        })
    }
}
