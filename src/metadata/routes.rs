//! `/opendata/…`, `/sitemap.xml` and `/robots.txt`; the other addresses are those of the parts.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use utoipa::OpenApi;

use super::graph::{Graph, Syntax};
use super::{Metadata, ckan, dcat, iso, records, sitemap, utc};
use crate::http::etag::validated;
use crate::http::links::BaseUrl;
use crate::http::negotiate::Parameters;
use crate::http::problem::{Problem, ProblemBody};

/// The part of the API's description that is about descriptions of the data.
#[derive(OpenApi)]
#[openapi(paths(
    catalog,
    catalog_form,
    dataset,
    dataset_form,
    iso19139,
    passport_csv,
    passport_json,
    sitemap_xml,
    robots_txt
))]
pub struct Description;

impl Metadata {
    pub fn routes(self) -> Router {
        let mut routes = Router::new()
            .route("/opendata/catalog", get(catalog))
            .route("/opendata/{layer}", get(dataset))
            .route("/opendata/{layer}/iso19139.xml", get(iso19139))
            .route("/opendata/{layer}/passport.csv", get(passport_csv))
            .route("/opendata/{layer}/passport.json", get(passport_json))
            .route("/sitemap.xml", get(sitemap_xml))
            .route("/robots.txt", get(robots_txt))
            .merge(ckan::routes())
            .merge(records::routes());
        for form in Syntax::ALL {
            let whole = async move |State(metadata): State<Self>, base: BaseUrl, parameters, headers| {
                catalog_form(metadata, form, base, parameters, headers).await
            };
            let one = async move |State(metadata): State<Self>, Path(layer), base: BaseUrl, parameters, headers| {
                dataset_form(metadata, layer, form, base, parameters, headers).await
            };
            routes = routes
                .route(&format!("/opendata/catalog.{}", form.ending()), get(whole))
                .route(&format!("/opendata/{{layer}}/dcat.{}", form.ending()), get(one));
        }
        routes.with_state(self)
    }
}

/// A body in JSON with its ETag.
pub fn json(headers: &HeaderMap, media_type: &'static str, body: &impl Serialize) -> Result<Response, Problem> {
    let text = serde_json::to_vec(body).map_err(|error| Problem::internal(&error))?;
    Ok(validated(headers, media_type, text))
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

/// The catalogue itself: leads to the form of RDF that the client accepts, others to the list of registers.
#[utoipa::path(get, path = "/opendata/catalog", tag = "metadata",
    responses((status = 303, description = "Where the description is"), (status = 400, body = ProblemBody)))]
async fn catalog(base: BaseUrl, parameters: Parameters, headers: HeaderMap) -> Result<Response, Problem> {
    parameters.only(&[])?;
    match accepted(&headers) {
        Some(form) => see_other(&format!("{}/opendata/catalog.{}", base.0, form.ending())),
        None => see_other(&format!("{}/api/collections", base.0)),
    }
}

/// All registers as DCAT-AP 3.
#[utoipa::path(get, path = "/opendata/catalog.{form}", tag = "metadata",
    params(("form" = String, Path, description = "jsonld, ttl or xml (RDF/XML)")),
    responses(
        (status = 200, content((String = "application/ld+json"), (String = "text/turtle"), (String = "application/rdf+xml"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn catalog_form(
    metadata: Metadata,
    form: Syntax,
    base: BaseUrl,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    let datasets = metadata.datasets(&base.0).await?;
    written(&headers, &dcat::catalogue(&base.0, metadata.publisher(), &datasets)?, form)
}

/// A register itself: leads to the form of RDF that the client accepts, others to the register's page.
#[utoipa::path(get, path = "/opendata/{layer}", tag = "metadata", params(("layer" = String, Path)),
    responses((status = 303, description = "Where the description is"), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn dataset(
    State(metadata): State<Metadata>,
    Path(layer): Path<String>,
    base: BaseUrl,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    let dataset = metadata.named(&layer, &base.0).await?;
    match accepted(&headers) {
        Some(form) => see_other(&format!("{}/dcat.{}", dataset.uri(), form.ending())),
        None => see_other(&dataset.page()),
    }
}

/// A register as DCAT-AP 3.
#[utoipa::path(get, path = "/opendata/{layer}/dcat.{form}", tag = "metadata",
    params(("layer" = String, Path), ("form" = String, Path, description = "jsonld, ttl or xml (RDF/XML)")),
    responses(
        (status = 200, content((String = "application/ld+json"), (String = "text/turtle"), (String = "application/rdf+xml"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn dataset_form(
    metadata: Metadata,
    layer: String,
    form: Syntax,
    base: BaseUrl,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    let dataset = metadata.named(&layer, &base.0).await?;
    written(&headers, &dcat::dataset(&base.0, metadata.publisher(), &dataset)?, form)
}

/// A register as ISO 19115 metadata (ISO/TS 19139).
#[utoipa::path(get, path = "/opendata/{layer}/iso19139.xml", tag = "metadata", params(("layer" = String, Path)),
    responses((status = 200, content_type = "application/xml", body = String), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn iso19139(
    State(metadata): State<Metadata>,
    Path(layer): Path<String>,
    base: BaseUrl,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    let dataset = metadata.named(&layer, &base.0).await?;
    let document = iso::metadata(&dataset).document().map_err(|error| Problem::internal(&error))?;
    Ok(validated(&headers, "application/xml", document))
}

/// The passport of a register as Resolution 835 wants it (A7), with one record.
#[utoipa::path(get, path = "/opendata/{layer}/passport.csv", tag = "metadata", params(("layer" = String, Path)),
    responses((status = 200, content_type = "text/csv", body = String), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn passport_csv(
    State(metadata): State<Metadata>,
    Path(layer): Path<String>,
    base: BaseUrl,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    let dataset = metadata.named(&layer, &base.0).await?;
    let passport = dataset.passport_csv().map_err(|error| Problem::internal(&error))?;
    Ok(validated(&headers, "text/csv; charset=utf-8", passport))
}

/// The same as an object, with structure, licence, number of records and when one was last changed.
#[utoipa::path(get, path = "/opendata/{layer}/passport.json", tag = "metadata", params(("layer" = String, Path)),
    responses((status = 200, body = serde_json::Map<String, serde_json::Value>), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody)))]
async fn passport_json(
    State(metadata): State<Metadata>,
    Path(layer): Path<String>,
    base: BaseUrl,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    let dataset = metadata.named(&layer, &base.0).await?;
    json(&headers, "application/json", &dataset.passport_json(dataset.overview.modified.map(utc)))
}

/// The pages of the registers, for search engines.
#[utoipa::path(get, path = "/sitemap.xml", tag = "metadata",
    responses((status = 200, content_type = "application/xml", body = String)))]
async fn sitemap_xml(State(metadata): State<Metadata>, base: BaseUrl, headers: HeaderMap) -> Result<Response, Problem> {
    let datasets = metadata.datasets(&base.0).await?;
    let document = sitemap::sitemap(&base.0, &datasets).document().map_err(|error| Problem::internal(&error))?;
    Ok(validated(&headers, "application/xml", document))
}

/// What search engines may read.
#[utoipa::path(get, path = "/robots.txt", tag = "metadata",
    responses((status = 200, content_type = "text/plain", body = String)))]
async fn robots_txt(base: BaseUrl, headers: HeaderMap) -> Response {
    validated(&headers, "text/plain; charset=utf-8", sitemap::robots(&base.0))
}
