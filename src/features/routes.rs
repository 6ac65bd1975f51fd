//! `/api/collections…`.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

use super::collection::GEOJSON;
use super::history::HistoryQuery;
use super::query::{self, PageQuery};
use super::{Collection, Collections, Feature, FeaturePage, Features, History};
use crate::catalogue::layer::Layer;
use crate::http::etag::validated;
use crate::http::language::Language;
use crate::http::links::{BaseUrl, Link};
use crate::http::moment;
use crate::http::problem::{Problem, ProblemBody};

/// The part of the API's description that is about features.
#[derive(OpenApi)]
#[openapi(paths(collections, collection, items, item, history))]
pub struct Description;

impl Features {
    pub fn routes(self) -> Router {
        Router::new()
            .route("/api/collections", get(collections))
            .route("/api/collections/{layer}", get(collection))
            .route("/api/collections/{layer}/items", get(items))
            .route("/api/collections/{layer}/items/{id}", get(item))
            .route("/api/collections/{layer}/items/{id}/history", get(history))
            .with_state(self)
    }
}

/// All registers, in the order of the layer panel.
#[utoipa::path(get, path = "/api/collections", tag = "features", responses((status = 200, body = Collections)))]
async fn collections(
    State(features): State<Features>,
    base: BaseUrl,
    language: Language,
) -> Result<Json<Collections>, Problem> {
    let mut collections = Vec::new();
    for layer in &features.catalogue.layers {
        let overview = features.overviews.of(layer).await?;
        collections.push(Collection::new(layer, overview, &base.0, language));
    }
    let own = Link::new("self", "application/json", format!("{}/api/collections", base.0));
    Ok(Json(Collections { links: vec![own], groups: features.catalogue.groups.clone(), collections }))
}

/// One register.
#[utoipa::path(get, path = "/api/collections/{layer}", tag = "features", params(("layer" = String, Path)),
    responses((status = 200, body = Collection), (status = 404, body = ProblemBody)))]
async fn collection(
    State(features): State<Features>,
    Path(layer): Path<String>,
    base: BaseUrl,
    language: Language,
) -> Result<Json<Collection>, Problem> {
    let layer = features.layer(&layer)?;
    let overview = features.overviews.of(layer).await?;
    Ok(Json(Collection::new(layer, overview, &base.0, language)))
}

/// Features of a register, page by page. Any public field, and `standing`, may be given as a parameter with the value
/// that it must have.
#[utoipa::path(get, path = "/api/collections/{layer}/items", tag = "features",
    params(
        ("layer" = String, Path),
        ("bbox" = Option<String>, Query, description = "west,south,east,north in degrees"),
        ("limit" = Option<i64>, Query, description = "100 unless told, 10 000 at most"),
        ("after" = Option<i64>, Query, description = "taken from the next link of the page before"),
        ("datetime" = Option<String>, Query, description = "the moment (RFC 3339) or day as of whose end the register is read")),
    responses((status = 200, content_type = "application/geo+json", body = FeaturePage),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn items(
    State(features): State<Features>,
    Path(layer): Path<String>,
    Query(parameters): Query<Vec<(String, String)>>,
    base: BaseUrl,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let layer = features.layer(&layer)?;
    let own_url = format!("{}/api/collections/{}/items", base.0, layer.id);
    let page = query::page(&features.db.public, layer, &PageQuery::read(parameters)?, &own_url).await?;
    geojson(&headers, &page)
}

/// The moment as of which a feature is read.
#[derive(Debug, Default, Deserialize, IntoParams)]
struct AsOf {
    /// A moment (RFC 3339), or a day, which means its end in Kyiv
    datetime: Option<String>,
}

/// One feature.
#[utoipa::path(get, path = "/api/collections/{layer}/items/{id}", tag = "features",
    params(("layer" = String, Path), ("id" = i64, Path), AsOf),
    responses((status = 200, content_type = "application/geo+json", body = Feature), (status = 404, body = ProblemBody)))]
async fn item(
    State(features): State<Features>,
    Path((layer, id)): Path<(String, String)>,
    Query(as_of): Query<AsOf>,
    base: BaseUrl,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let layer = features.layer(&layer)?;
    let moment = as_of.datetime.as_deref().map(moment::read).transpose()?;
    let found = match id.parse() {
        Ok(id) => query::one(&features.db.public, layer, id, moment).await?,
        Err(_) => None,
    };
    let mut feature = found.ok_or_else(|| no_record(layer, &id))?;
    let collection = format!("{}/api/collections/{}", base.0, layer.id);
    feature.links = vec![
        Link::new("self", GEOJSON, format!("{collection}/items/{id}")),
        Link::new("collection", "application/json", collection),
    ];
    geojson(&headers, &feature)
}

fn no_record(layer: &Layer, id: &str) -> Problem {
    Problem::not_found(
        format!("У наборі «{}» немає запису {id}.", layer.title.uk),
        format!("There is no record {id} in “{}”.", layer.title.en),
    )
}

/// Every version of a feature, the newest first, also after it was deleted.
#[utoipa::path(get, path = "/api/collections/{layer}/items/{id}/history", tag = "features",
    params(("layer" = String, Path), ("id" = i64, Path), HistoryQuery),
    responses((status = 200, body = History), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn history(
    State(features): State<Features>,
    Path((layer, id)): Path<(String, String)>,
    Query(query): Query<HistoryQuery>,
    base: BaseUrl,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let layer = features.layer(&layer)?;
    let own_url = format!("{}/api/collections/{}/items/{id}", base.0, layer.id);
    let found = match id.parse() {
        Ok(id) => History::read(&features.db.public, layer, id, &query, &own_url).await?,
        Err(_) => None,
    };
    let history = found.ok_or_else(|| no_record(layer, &id))?;
    let text = serde_json::to_vec(&history).map_err(|error| Problem::internal(&error))?;
    Ok(validated(&headers, "application/json", text))
}

fn geojson(headers: &HeaderMap, body: &impl serde::Serialize) -> Result<Response, Problem> {
    let text = serde_json::to_vec(body).map_err(|error| Problem::internal(&error))?;
    Ok(validated(headers, GEOJSON, text))
}
