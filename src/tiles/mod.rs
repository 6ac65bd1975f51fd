//! Tiles: registers seen as vector tiles.

mod encode;
mod query;
mod routes;
mod tilejson;

use std::sync::Arc;

use futures_util::future::try_join_all;

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

/// How many layers one composite may name.
const MOST_LAYERS: usize = 32;

/// Serves the catalogue's layers as MVT 2.1 tiles.
#[derive(Clone)]
pub struct Tiles {
    catalogue: Arc<Catalogue>,
    overviews: Arc<Overviews>,
    db: Db,
}

impl Tiles {
    pub fn new(catalogue: Arc<Catalogue>, overviews: Arc<Overviews>, db: Db) -> Self {
        Self { catalogue, overviews, db }
    }

    /// The tile with the given layers, each once, in the order asked for. No bytes: nothing is there.
    pub async fn tile(&self, layers: &[Arc<Layer>], id: TileId) -> Result<Vec<u8>, Problem> {
        let encoded = layers.iter().filter(|layer| layer.min_zoom <= id.z()).map(|layer| self.layer(layer, id));
        Ok(try_join_all(encoded).await?.concat())
    }

    async fn layer(&self, layer: &Arc<Layer>, id: TileId) -> Result<Vec<u8>, Problem> {
        let query = query::TileQuery::new(select(layer, Caller::Public), id);
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
