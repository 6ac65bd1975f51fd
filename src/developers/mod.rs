//! The developers' page: how to read the city's data with the tools that people have, in examples that work on this very
//! portal.

mod examples;
mod routes;

use std::sync::Arc;

use crate::auth::Access;
use crate::catalogue::Catalogue;
use crate::catalogue::layer::{Field, FieldType};
use crate::catalogue::overview::Overviews;
use crate::config::Publisher;

pub use routes::{Description, offer};

/// A register that most cities have and that is worth an example.
const EXAMPLE: &str = "kiosks";
/// The zoom of the example's tile.
const ZOOM: u8 = 14;
/// Where a city without any places could be.
const ANYWHERE: [f64; 2] = [30.5234, 50.4501];

/// Serves the page.
#[derive(Clone)]
pub struct Developers {
    catalogue: Arc<Catalogue>,
    overviews: Arc<Overviews>,
    publisher: Arc<Publisher>,
}

/// What the examples are about: a register of this city, and a place in it.
#[derive(Debug)]
struct Sample {
    base: String,
    layer: String,
    /// A field of it with days, where it has one.
    day: Option<String>,
    longitude: f64,
    latitude: f64,
}

impl Developers {
    pub fn new(catalogue: Arc<Catalogue>, overviews: Arc<Overviews>, publisher: Publisher) -> Self {
        Self { catalogue, overviews, publisher: Arc::new(publisher) }
    }

    async fn sample(&self, base: String) -> Result<Sample, sqlx::Error> {
        let layer = self.catalogue.layer(EXAMPLE).or_else(|| self.catalogue.layers.first());
        let bounds = match layer {
            Some(layer) => self.overviews.of(layer).await?.bounds,
            None => None,
        };
        let [longitude, latitude] =
            bounds.map_or(ANYWHERE, |[west, south, east, north]| [(west + east) / 2.0, (south + north) / 2.0]);
        let round = |degrees: f64| (degrees * 1e4).round() / 1e4;
        let is_day = |field: &&Field| field.access == Access::Public && field.kind == FieldType::Date;
        let day = layer.and_then(|layer| layer.fields.iter().find(is_day)).map(|field| field.name.clone());
        let layer = layer.map_or(EXAMPLE, |layer| &layer.id).to_owned();
        Ok(Sample { base, layer, day, longitude: round(longitude), latitude: round(latitude) })
    }
}
