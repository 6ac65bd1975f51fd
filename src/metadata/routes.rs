//! `/opendata/…`; the other addresses are those of the parts.

use axum::Router;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::{ACCEPT, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::OpenApi;

use super::graph::{Graph, Syntax};
use super::{Metadata, ckan, dcat, iso, records, utc};
use crate::http::etag::{json, validated};
use crate::http::links::BaseUrl;
use crate::http::negotiate::Parameters;
use crate::http::problem::{Problem, ProblemBody};

/// The part of the API's description that is about descriptions of the data.
#[derive(OpenApi)]
#[openapi(paths(
    catalog,
    catalog_jsonld,
    catalog_ttl,
    catalog_xml,
    dataset,
    dataset_jsonld,
    dataset_ttl,
    dataset_xml,
    iso19139,
    passport_csv,
    passport_json
))]
pub struct Description;

impl Metadata {
    pub fn routes(self) -> Router {
        Router::new()
            .route("/opendata/catalog", get(catalog))
            .route("/opendata/catalog.jsonld", get(catalog_jsonld))
            .route("/opendata/catalog.ttl", get(catalog_ttl))
            .route("/opendata/catalog.xml", get(catalog_xml))
            .route("/opendata/{layer}", get(dataset))
            .route("/opendata/{layer}/dcat.jsonld", get(dataset_jsonld))
            .route("/opendata/{layer}/dcat.ttl", get(dataset_ttl))
            .route("/opendata/{layer}/dcat.xml", get(dataset_xml))
            .route("/opendata/{layer}/iso19139.xml", get(iso19139))
            .route("/opendata/{layer}/passport.csv", get(passport_csv))
            .route("/opendata/{layer}/passport.json", get(passport_json))
            .merge(ckan::routes())
            .merge(records::routes())
            .with_state(self)
    }

    async fn write_catalog(&self, syntax: Syntax, asked: Asked) -> Result<Response, Problem> {
        asked.parameters.only(&[])?;
        let base = &asked.base.0;
        let datasets = self.datasets(base).await?;
        written(&asked.headers, &dcat::catalogue(base, self.publisher(), &datasets)?, syntax)
    }

    async fn write_dataset(&self, layer: &str, syntax: Syntax, asked: Asked) -> Result<Response, Problem> {
        asked.parameters.only(&[])?;
        let base = &asked.base.0;
        let dataset = self.named(layer, base).await?;
        written(&asked.headers, &dcat::dataset(base, self.publisher(), &dataset)?, syntax)
    }
}

/// What every request for a description bears.
struct Asked {
    base: BaseUrl,
    parameters: Parameters,
    headers: HeaderMap,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self {
            base: BaseUrl::from_request_parts(parts, state).await.unwrap_or_else(|never| match never {}),
            parameters: Parameters::from_request_parts(parts, state).await?,
            headers: parts.headers.clone(),
        })
    }
}

fn written(headers: &HeaderMap, graph: &Graph, form: Syntax) -> Result<Response, Problem> {
    Ok(validated(headers, form.media_type(), graph.write(form)?))
}

/// The form of RDF that a client names; none for browsers.
fn accepted(headers: &HeaderMap) -> Option<Syntax> {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Syntax::ALL.into_iter().find(|form| accepted.contains(form.media_type()))
}

pub fn see_other(address: &str) -> Result<Response, Problem> {
    let address = HeaderValue::from_str(address).map_err(|error| Problem::internal(&error))?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response())
}

/// The catalogue itself: as the form of RDF that the client accepts, otherwise where the list of registers is.
#[utoipa::path(get, path = "/opendata/catalog", tag = "metadata",
    responses((status = 200, content_type = "text/turtle", body = String), (status = 303, description = "Where the list is"),
        (status = 400, body = ProblemBody)))]
async fn catalog(State(metadata): State<Metadata>, asked: Asked) -> Result<Response, Problem> {
    match accepted(&asked.headers) {
        Some(syntax) => metadata.write_catalog(syntax, asked).await,
        None => see_other(&format!("{}/api/collections", asked.base.0)),
    }
}

/// All registers as DCAT-AP 3, in JSON-LD.
#[utoipa::path(get, path = "/opendata/catalog.jsonld", tag = "metadata",
    responses((status = 200, content_type = "application/ld+json", body = serde_json::Value), (status = 400, body = ProblemBody)))]
async fn catalog_jsonld(State(metadata): State<Metadata>, asked: Asked) -> Result<Response, Problem> {
    metadata.write_catalog(Syntax::JsonLd, asked).await
}

/// All registers as DCAT-AP 3, in Turtle.
#[utoipa::path(get, path = "/opendata/catalog.ttl", tag = "metadata",
    responses((status = 200, content_type = "text/turtle", body = String), (status = 400, body = ProblemBody)))]
async fn catalog_ttl(State(metadata): State<Metadata>, asked: Asked) -> Result<Response, Problem> {
    metadata.write_catalog(Syntax::Turtle, asked).await
}

/// All registers as DCAT-AP 3, in RDF/XML.
#[utoipa::path(get, path = "/opendata/catalog.xml", tag = "metadata",
    responses((status = 200, content_type = "application/rdf+xml", body = String), (status = 400, body = ProblemBody)))]
async fn catalog_xml(State(metadata): State<Metadata>, asked: Asked) -> Result<Response, Problem> {
    metadata.write_catalog(Syntax::Xml, asked).await
}

/// A register itself: as the form of RDF that the client accepts, otherwise where its page is.
#[utoipa::path(get, path = "/opendata/{layer}", tag = "metadata", params(("layer" = String, Path)),
    responses((status = 200, content_type = "text/turtle", body = String), (status = 303, description = "Where the page is"),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn dataset(
    State(metadata): State<Metadata>,
    Path(layer): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    match accepted(&asked.headers) {
        Some(syntax) => metadata.write_dataset(&layer, syntax, asked).await,
        None => {
            asked.parameters.only(&[])?;
            see_other(&metadata.named(&layer, &asked.base.0).await?.page())
        }
    }
}

/// A register as DCAT-AP 3, in JSON-LD.
#[utoipa::path(get, path = "/opendata/{layer}/dcat.jsonld", tag = "metadata", params(("layer" = String, Path)),
    responses((status = 200, content_type = "application/ld+json", body = serde_json::Value), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn dataset_jsonld(
    State(metadata): State<Metadata>,
    Path(layer): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    metadata.write_dataset(&layer, Syntax::JsonLd, asked).await
}

/// A register as DCAT-AP 3, in Turtle.
#[utoipa::path(get, path = "/opendata/{layer}/dcat.ttl", tag = "metadata", params(("layer" = String, Path)),
    responses((status = 200, content_type = "text/turtle", body = String), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn dataset_ttl(
    State(metadata): State<Metadata>,
    Path(layer): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    metadata.write_dataset(&layer, Syntax::Turtle, asked).await
}

/// A register as DCAT-AP 3, in RDF/XML.
#[utoipa::path(get, path = "/opendata/{layer}/dcat.xml", tag = "metadata", params(("layer" = String, Path)),
    responses((status = 200, content_type = "application/rdf+xml", body = String), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn dataset_xml(
    State(metadata): State<Metadata>,
    Path(layer): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    metadata.write_dataset(&layer, Syntax::Xml, asked).await
}

/// A register as ISO 19115 metadata (ISO/TS 19139).
#[utoipa::path(get, path = "/opendata/{layer}/iso19139.xml", tag = "metadata", params(("layer" = String, Path)),
    responses((status = 200, content_type = "application/xml", body = String), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn iso19139(
    State(metadata): State<Metadata>,
    Path(layer): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.parameters.only(&[])?;
    let dataset = metadata.named(&layer, &asked.base.0).await?;
    let document = iso::metadata(&dataset).document().map_err(|error| Problem::internal(&error))?;
    Ok(validated(&asked.headers, "application/xml", document))
}

/// The passport of a register as Resolution 835 wants it (A7), with one record.
#[utoipa::path(get, path = "/opendata/{layer}/passport.csv", tag = "metadata", params(("layer" = String, Path)),
    responses((status = 200, content_type = "text/csv", body = String), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn passport_csv(
    State(metadata): State<Metadata>,
    Path(layer): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.parameters.only(&[])?;
    let dataset = metadata.named(&layer, &asked.base.0).await?;
    let passport = dataset.passport_csv().map_err(|error| Problem::internal(&error))?;
    Ok(validated(&asked.headers, "text/csv; charset=utf-8", passport))
}

/// The same as an object, with structure, licence, number of records and when one was last changed.
#[utoipa::path(get, path = "/opendata/{layer}/passport.json", tag = "metadata", params(("layer" = String, Path)),
    responses((status = 200, body = serde_json::Map<String, serde_json::Value>), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn passport_json(
    State(metadata): State<Metadata>,
    Path(layer): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.parameters.only(&[])?;
    let dataset = metadata.named(&layer, &asked.base.0).await?;
    json(&asked.headers, "application/json", &dataset.passport_json(dataset.overview.modified.map(utc)))
}
