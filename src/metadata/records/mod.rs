//! OGC API – Records Part 1 (20-004r1): the list of registers as a collection of records, `catalogue`.

mod asked;
mod record;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use utoipa::OpenApi;

use super::routes::see_other;
use super::{Metadata, dcat};
use crate::http::etag::json;
use crate::http::language::Language;
use crate::http::links::{BaseUrl, Link};
use crate::http::negotiate::{Format, Parameters};
use crate::http::offer::{Offer, OtherCollection};
use crate::http::page::say;
use crate::http::problem::{Problem, ProblemBody};

use asked::Asked;
use record::{GEOJSON, Record, RecordCollection, RecordPage};

/// The part of the API's description that is about records.
#[derive(OpenApi)]
#[openapi(paths(catalogue, records, record))]
pub struct Description;

/// Id of the collection of records; layer files cannot have it.
pub const CATALOGUE: &str = "catalogue";
/// The classes that the catalogue keeps; the first is of every record.
const CONFORMANCE: [&str; 6] = [
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-collection",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core-query-parameters",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-api",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/searchable-catalog",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/json",
];

pub const OFFER: Offer = Offer {
    conformance: &CONFORMANCE,
    links: |base, language| {
        let rel = "http://www.opengis.net/def/rel/ogc/1.0/ogc-catalog";
        let catalogue = Link::new(rel, "application/json", format!("{base}/api/collections/{CATALOGUE}"));
        let dcat = Link::new("describedby", "application/ld+json", format!("{base}/opendata/catalog.jsonld"));
        vec![
            catalogue.titled(say(language, "Каталог реєстрів", "Catalogue of registers")),
            dcat.titled(say(language, "Каталог відкритих даних (DCAT-AP 3)", "Catalogue of open data (DCAT-AP 3)")),
        ]
    },
    collection: Some(|base, language| {
        let own = format!("{base}/api/collections/{CATALOGUE}");
        OtherCollection {
            id: CATALOGUE,
            title: say(language, "Каталог реєстрів", "Catalogue of registers").to_owned(),
            description: dcat::description().get(language).to_owned(),
            item_type: "record",
            links: vec![
                Link::new("self", "application/json", own.clone()),
                Link::new("items", GEOJSON, format!("{own}/items")),
            ],
        }
    }),
};

pub fn routes() -> Router<Metadata> {
    Router::new()
        .route("/api/collections/catalogue", get(catalogue))
        .route("/api/collections/catalogue/items", get(records))
        .route("/api/collections/catalogue/items/{record}", get(record))
}

/// The list of all registers as a collection of records. Its page is the list of collections.
#[utoipa::path(get, path = "/api/collections/catalogue", tag = "records",
    responses((status = 200, body = RecordCollection), (status = 303, description = "Where the page is"), (status = 400, body = ProblemBody)))]
async fn catalogue(
    State(metadata): State<Metadata>,
    format: Format,
    base: BaseUrl,
    language: Language,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    if format == Format::Html {
        return see_other(&format!("{}/api/collections?f=html", base.0));
    }
    let datasets = metadata.datasets(&base.0).await?;
    json(&headers, "application/json", &RecordCollection::new(&datasets, &base.0, metadata.publisher(), language))
}

/// Records of registers that fit the request, page by page, in the order of the layer panel.
#[utoipa::path(get, path = "/api/collections/catalogue/items", tag = "records",
    params(
        ("q" = Option<String>, Query, description = "Texts joined by commas, one of which must stand in title, description or keywords, in either language; case does not matter"),
        ("bbox" = Option<String>, Query, description = "west,south,east,north in degrees, which the register's box must meet"),
        ("datetime" = Option<String>, Query, description = "A moment, a day or an interval (`a/b`, `../b`, `a/..`) in which the register must have been kept"),
        ("type" = Option<String>, Query, description = "Kinds of resources joined by commas; all are `dataset`"),
        ("ids" = Option<String>, Query, description = "Ids of registers joined by commas"),
        ("externalIds" = Option<String>, Query, description = "UUIDs of the CKAN interface joined by commas, each with or without its scheme and a colon"),
        ("limit" = Option<usize>, Query, minimum = 1, description = "100 unless told, 1 000 at most"),
        ("offset" = Option<usize>, Query, description = "How many records to pass over")),
    responses((status = 200, content_type = "application/geo+json", body = RecordPage), (status = 303, description = "Where the page is"), (status = 400, body = ProblemBody)))]
async fn records(
    State(metadata): State<Metadata>,
    format: Format,
    base: BaseUrl,
    language: Language,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = Asked::read(&parameters)?;
    if format == Format::Html {
        return see_other(&format!("{}/api/collections?f=html", base.0));
    }
    let datasets = metadata.datasets(&base.0).await?;
    let matched: Vec<_> = datasets.iter().filter(|dataset| asked.fits(dataset, &base.0)).collect();
    let page: Vec<_> = matched.iter().skip(asked.offset).take(asked.limit).collect();
    let own = format!("{}/api/collections/{CATALOGUE}", base.0);
    let url = |offset| asked.url(&format!("{own}/items"), &parameters, offset);
    let mut links =
        vec![Link::new("self", GEOJSON, url(asked.offset)), Link::new("collection", "application/json", own.clone())];
    if asked.offset + page.len() < matched.len() {
        links.push(Link::new("next", GEOJSON, url(asked.offset + page.len())));
    }
    if asked.offset > 0 {
        links.push(Link::new("prev", GEOJSON, url(asked.offset.saturating_sub(asked.limit))));
    }
    let body = RecordPage {
        kind: "FeatureCollection",
        number_matched: matched.len(),
        number_returned: page.len(),
        features: page.into_iter().map(|dataset| Record::new(dataset, &base.0, language)).collect(),
        links,
    };
    json(&headers, GEOJSON, &body)
}

/// The record of one register. Its page is the register's.
#[utoipa::path(get, path = "/api/collections/catalogue/items/{record}", tag = "records",
    params(("record" = String, Path, description = "Id of a register")),
    responses((status = 200, content_type = "application/geo+json", body = Record), (status = 303, description = "Where the page is"), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn record(
    State(metadata): State<Metadata>,
    format: Format,
    Path(record): Path<String>,
    base: BaseUrl,
    language: Language,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    let dataset = metadata.named(&record, &base.0).await?;
    if format == Format::Html {
        return see_other(&format!("{}?f=html", dataset.page()));
    }
    json(&headers, GEOJSON, &Record::new(&dataset, &base.0, language))
}
