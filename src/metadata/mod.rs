//! What the city's registers are, told to other catalogues: as DCAT-AP, as CKAN, as ISO 19139, as OGC API – Records. All of it is written from [`Dataset`].

mod ckan;
mod dcat;
mod graph;
mod iso;
mod records;
mod routes;
mod xml;

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Described;

use crate::catalogue::Catalogue;
use crate::catalogue::dataset::Dataset;
use crate::catalogue::layer::Layer;
use crate::catalogue::overview::Overviews;
use crate::config::Publisher;
use crate::http::language::Language;
use crate::http::offer::Offer;
use crate::http::problem::Problem;

/// What the slice adds to the API's landing page and conformance.
pub const OFFER: Offer = records::OFFER;

/// The slice's part of the API's description.
pub fn described() -> Described {
    let mut whole = routes::Description::openapi();
    whole.merge(ckan::described());
    whole.merge(records::Description::openapi());
    whole
}

/// Describes the catalogue's layers. Clones share everything.
#[derive(Clone)]
pub struct Metadata(Arc<Inner>);

struct Inner {
    catalogue: Arc<Catalogue>,
    overviews: Arc<Overviews>,
    publisher: Publisher,
}

impl Metadata {
    pub fn new(catalogue: Arc<Catalogue>, overviews: Arc<Overviews>, publisher: Publisher) -> Self {
        Self(Arc::new(Inner { catalogue, overviews, publisher }))
    }

    fn publisher(&self) -> &Publisher {
        &self.0.publisher
    }

    async fn dataset<'d>(&'d self, layer: &'d Arc<Layer>, base: &'d str) -> Result<Dataset<'d>, Problem> {
        Ok(Dataset {
            layer,
            group: self.0.catalogue.group(layer),
            publisher: &self.0.publisher,
            overview: self.0.overviews.of(layer).await?,
            base: Some(base),
        })
    }

    /// The register of that id.
    async fn named<'d>(&'d self, id: &str, base: &'d str) -> Result<Dataset<'d>, Problem> {
        let layer = self.0.catalogue.layer(id).ok_or_else(|| {
            Problem::not_found(
                format!("Набору «{id}» немає. Перелік: /api/collections"),
                format!("There is no collection “{id}”. The list: /api/collections"),
            )
        })?;
        self.dataset(layer, base).await
    }

    /// All registers, in the order of the layer panel.
    async fn datasets<'d>(&'d self, base: &'d str) -> Result<Vec<Dataset<'d>>, Problem> {
        let mut datasets = Vec::with_capacity(self.0.catalogue.layers.len());
        for layer in &self.0.catalogue.layers {
            datasets.push(self.dataset(layer, base).await?);
        }
        Ok(datasets)
    }
}

/// A moment as RFC 3339 in UTC.
fn utc(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// When the first register was begun, and when any was last changed.
fn lifetime(datasets: &[Dataset<'_>]) -> [Option<DateTime<Utc>>; 2] {
    let created = datasets.iter().filter_map(|dataset| dataset.overview.created).min();
    let modified = datasets.iter().filter_map(|dataset| dataset.overview.modified).max();
    [created, modified]
}

/// The box around all registers: west, south, east, north in degrees.
fn bounds(datasets: &[Dataset<'_>]) -> Option<[f64; 4]> {
    datasets.iter().filter_map(|dataset| dataset.overview.bounds).reduce(|around, [west, south, east, north]| {
        [around[0].min(west), around[1].min(south), around[2].max(east), around[3].max(north)]
    })
}

/// Whether a text stands in the register's names, its description or its keywords, in either language; case does not
/// matter.
fn mentions(dataset: &Dataset<'_>, text: &str) -> bool {
    let wanted = text.to_lowercase();
    let within = |text: &str| text.to_lowercase().contains(&wanted);
    let Layer { id, title, description, .. } = dataset.layer;
    [id, &title.uk, &title.en, &description.uk, &description.en].into_iter().any(|text| within(text))
        || Language::ALL.into_iter().flat_map(|language| dataset.keywords(language)).any(|keyword| within(&keyword))
}
