//! Features: registers as collections, after OGC API – Features Parts 1, 2, 3 and 5, as JSON and as pages.

mod beside;
mod collection;
mod crs;
mod feature;
mod history;
mod items;
mod landing;
mod output;
mod pages;
mod query;
mod related;
mod request;
mod routes;
mod schema;
mod sitemap;
mod sort;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use moka::future::Cache;
use tokio::sync::{OnceCell, Semaphore};

use crate::catalogue::Catalogue;
use crate::catalogue::layer::{Layer, Source};
use crate::catalogue::overview::{Overview, Overviews};
use crate::db::feed;
use crate::db::pool::Db;
use crate::http::offer::Offers;
use crate::http::problem::Problem;
use crs::Crs;
use request::Allowed;

pub use collection::{Collection, Collections};
pub use feature::{Feature, FeaturePage};
pub use history::History;
pub use landing::offer;
pub use routes::Description;

/// Counts that are remembered.
const COUNTS: u64 = 10_000;

/// Serves the catalogue's layers as collections of features.
#[derive(Clone)]
pub struct Features {
    catalogue: Arc<Catalogue>,
    overviews: Arc<Overviews>,
    db: Db,
    offers: Arc<Offers>,
    /// What there is to know of the database: codes of reference systems, and a collation.
    facts: Arc<OnceCell<(Vec<u32>, Option<String>)>>,
    /// How many features meet a filter, by a hash of the register's stamp and the filter.
    counts: Cache<[u8; 32], i64>,
    /// Of each layer, a hash of what its file says.
    prints: Arc<HashMap<String, u64>>,
    /// Streams that hold a connection while their clients read.
    permits: Arc<Semaphore>,
}

impl Features {
    /// `offers`: what all slices show on the landing page, features among them.
    pub fn new(catalogue: Arc<Catalogue>, overviews: Arc<Overviews>, db: Db, offers: Offers) -> Self {
        let prints = catalogue.layers.iter().map(|layer| (layer.id.clone(), print(&format!("{layer:?}"))));
        let prints = Arc::new(prints.collect());
        let streams = (db.public.options().get_max_connections() as usize / 3).max(1);
        Self {
            prints,
            catalogue,
            overviews,
            db,
            offers: Arc::new(offers),
            facts: Arc::default(),
            counts: Cache::new(COUNTS),
            permits: Arc::new(Semaphore::new(streams)),
        }
    }

    fn layer(&self, id: &str) -> Result<&Arc<Layer>, Problem> {
        self.catalogue.layer(id).ok_or_else(|| {
            Problem::not_found(
                format!("Набору «{id}» немає. Перелік: /api/collections"),
                format!("There is no collection “{id}”. The list: /api/collections"),
            )
        })
    }

    /// What requests for a layer may name.
    async fn allowed(&self, layer: &Arc<Layer>) -> Result<Allowed, Problem> {
        let facts = self.facts.get_or_try_init(|| query::facts(&self.db.public)).await?;
        let bounds = self.overviews.of(layer).await?.bounds;
        Ok(Allowed { systems: Crs::offered(bounds, &facts.0), collation: facts.1.clone() })
    }

    /// The register at a glance, or as it was at a moment; none where that is not known.
    async fn overview(&self, layer: &Arc<Layer>, moment: Option<DateTime<Utc>>) -> Result<Option<Overview>, Problem> {
        Ok(match moment {
            None => Some(self.overviews.of(layer).await?),
            Some(moment) => self.overviews.at(layer, moment).await?,
        })
    }

    /// A text that is another one when anything that answers about the layer's records say may have changed: its rows, the
    /// day (standings are of a day), its file. None where edits are not noticed.
    async fn stamp(&self, layer: &Layer) -> Result<Option<String>, Problem> {
        if layer.source != Source::Managed {
            return Ok(None);
        }
        let stamp = feed::stamp(&self.db.owner, &layer.relation()).await?;
        let day = chrono::Utc::now().with_timezone(&chrono_tz::Europe::Kyiv).date_naive();
        let file = self.prints.get(&layer.id).copied().unwrap_or_default();
        Ok(Some(format!("{stamp} {day} {file:x} {}", env!("CARGO_PKG_VERSION"))))
    }
}

/// The same on every node.
fn print(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
