//! Tiles: registers seen as vector tiles.

mod encode;
mod query;
mod routes;
mod tilejson;

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::Semaphore;

use crate::auth::Caller;
use crate::catalogue::Catalogue;
use crate::catalogue::layer::Layer;
use crate::catalogue::overview::Overviews;
use crate::catalogue::select::select;
use crate::db::pool::Db;
use crate::geom::grid::TileId;
use crate::http::problem::Problem;

pub use routes::Description;
pub use tilejson::TileJson;

/// How many layers of a composite are read at the same time.
const AT_ONCE: usize = 2;
/// How long a request waits for its turn to build a tile before it is asked to come again.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many layers one composite may name.
const MOST_LAYERS: usize = 32;

/// Serves the catalogue's layers as MVT 2.1 tiles.
#[derive(Clone)]
pub struct Tiles {
    catalogue: Arc<Catalogue>,
    overviews: Arc<Overviews>,
    db: Db,
    /// Tiles being built: fewer than would take every connection from the other routes.
    builders: Arc<Semaphore>,
}

impl Tiles {
    pub fn new(catalogue: Arc<Catalogue>, overviews: Arc<Overviews>, db: Db) -> Self {
        let connections = db.public.options().get_max_connections() as usize;
        let builders = Arc::new(Semaphore::new((connections / AT_ONCE).saturating_sub(1).max(1)));
        Self { catalogue, overviews, db, builders }
    }

    /// The tile with the given layers, each once, in the order asked for. No bytes: nothing is there.
    pub async fn tile(&self, layers: &[Arc<Layer>], id: TileId) -> Result<Vec<u8>, Problem> {
        let _place = match tokio::time::timeout(PATIENCE, self.builders.acquire()).await {
            Ok(Ok(place)) => place,
            _ => return Err(Problem::unavailable()),
        };
        let encoded: Vec<_> =
            layers.iter().filter(|layer| layer.min_zoom <= id.z()).map(|layer| self.layer(layer.clone(), id)).collect();
        stream::iter(encoded).buffered(AT_ONCE).try_concat().await
    }

    async fn layer(&self, layer: Arc<Layer>, id: TileId) -> Result<Vec<u8>, Problem> {
        let query = query::TileQuery::new(select(&layer, Caller::Public), id);
        let mut encoder = encode::Encoder::new(&query);
        query.run(&self.db.public, |row| encoder.add(&row)).await?;
        Ok(encoder.finish())
    }

    /// The layers that a comma-joined list names.
    fn named(&self, list: &str) -> Result<Vec<Arc<Layer>>, Problem> {
        let mut layers: Vec<Arc<Layer>> = Vec::new();
        for id in list.split(',') {
            let Some(layer) = self.catalogue.layer(id) else {
                return Err(Problem::not_found(
                    format!("Шару «{id}» немає. Перелік шарів: /api/collections"),
                    format!("There is no layer “{id}”. The list of layers: /api/collections"),
                ));
            };
            if !layers.iter().any(|known| known.id == layer.id) {
                layers.push(layer.clone());
            }
        }
        if layers.len() > MOST_LAYERS {
            return Err(Problem::bad_request(
                "layers",
                format!("Не більше {MOST_LAYERS} шарів у плитці."),
                format!("{MOST_LAYERS} layers at most in a tile."),
            ));
        }
        Ok(layers)
    }
}
