//! `/api`, `/api/conformance`, `/api/collections…`.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use utoipa::OpenApi;

use super::collection::{GEOJSON, Listed, SCHEMA};
use super::feature::Surroundings;
use super::history::HistoryQuery;
use super::items::{Work, say_crs};
use super::landing::{Conformance, Landing, own_links};
use super::pages::{self, ItemPage};
use super::query;
use super::related::Relations;
use super::request::{ItemsParameters, ItemsRequest, Shown, selection};
use super::schema::Described;
use super::{Collection, Collections, Feature, FeaturePage, Features, History, sitemap};
use crate::auth::Caller;
use crate::catalogue::layer::Layer;
use crate::catalogue::select::select;
use crate::http::etag::{json, validated};
use crate::http::language::Language;
use crate::http::links::{BaseUrl, Link};
use crate::http::moment::{self, When};
use crate::http::negotiate::{Common, Format, Parameters, percent};
use crate::http::page::{HTML, say};
use crate::http::problem::{Problem, ProblemBody};

/// The part of the API's description that is about features.
#[derive(OpenApi)]
#[openapi(paths(landing, conformance, collections, collection, schema, queryables, sortables, items, item, history))]
pub struct Description;

impl Features {
    pub fn routes(self) -> Router {
        Router::new()
            .route("/api", get(landing))
            // some clients put a slash after the address that they are given
            .route("/api/", get(landing))
            .route("/api/conformance", get(conformance))
            .route("/api/collections", get(collections))
            .route("/api/collections/{layer}", get(collection))
            .route("/api/collections/{layer}/schema", get(schema))
            .route("/api/collections/{layer}/queryables", get(queryables))
            .route("/api/collections/{layer}/sortables", get(sortables))
            .route("/api/collections/{layer}/items", read_only(get(items)))
            .route("/api/collections/{layer}/items/{id}", read_only(get(item)))
            .route("/api/collections/{layer}/items/{id}/history", get(history))
            .route("/robots.txt", get(sitemap::robots))
            .route("/sitemap.xml", get(sitemap::sitemap))
            .with_state(self)
    }
}

/// Where records will be created, replaced, updated and deleted (OGC API – Features Part 4), once there are accounts.
fn read_only(reads: MethodRouter<Features>) -> MethodRouter<Features> {
    reads.options(methods).post(not_yet).put(not_yet).patch(not_yet).delete(not_yet)
}

const METHODS: &str = "GET, HEAD, OPTIONS";

async fn methods() -> Response {
    (StatusCode::NO_CONTENT, [(ALLOW, HeaderValue::from_static(METHODS))]).into_response()
}

async fn not_yet() -> Response {
    let problem = Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "Записи поки що лише читають. Зміни (POST до items, PUT, PATCH і DELETE до items/{id}) з’являться разом з обліковими записами.",
        "Records can only be read so far. Changes (POST to items; PUT, PATCH and DELETE to items/{id}) come with accounts.",
    );
    ([(ALLOW, HeaderValue::from_static(METHODS))], problem).into_response()
}

/// What the API offers.
#[utoipa::path(get, path = "/api", tag = "features", params(Common),
    responses((status = 200, content((Landing = "application/json"), (String = "text/html"))), (status = 400, body = ProblemBody)))]
async fn landing(
    State(features): State<Features>,
    format: Format,
    parameters: Parameters,
    base: BaseUrl,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    let landing = Landing::new(&features.offers, &base.0, language);
    match format {
        Format::Json => json(&headers, "application/json", &landing),
        Format::Html => Ok(pages::landing(&landing, &base.0, language, &headers)),
    }
}

/// The conformance classes that the API keeps.
#[utoipa::path(get, path = "/api/conformance", tag = "features", params(Common),
    responses((status = 200, content((Conformance = "application/json"), (String = "text/html"))), (status = 400, body = ProblemBody)))]
async fn conformance(
    State(features): State<Features>,
    format: Format,
    parameters: Parameters,
    base: BaseUrl,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    let conformance = Conformance::new(&features.offers, &base.0, language);
    match format {
        Format::Json => json(&headers, "application/json", &conformance),
        Format::Html => Ok(pages::conformance(&conformance, &base.0, language, &headers)),
    }
}

/// All registers, in the order of the layer panel.
#[utoipa::path(get, path = "/api/collections", tag = "features",
    params(Common, ("datetime" = Option<String>, Query, description = "a moment (RFC 3339), or a day, which means its end in Kyiv: as of when records are counted")),
    responses((status = 200, content((Collections = "application/json"), (String = "text/html"))), (status = 400, body = ProblemBody)))]
async fn collections(
    State(features): State<Features>,
    format: Format,
    parameters: Parameters,
    base: BaseUrl,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&["datetime"])?;
    let datetime = parameters.get("datetime");
    let moment = datetime.map(moment::read).transpose()?;
    let mut overviews = Vec::with_capacity(features.catalogue.layers.len());
    for layer in &features.catalogue.layers {
        overviews.push((layer.clone(), features.overview(layer, moment).await?));
    }
    if format == Format::Html {
        return Ok(pages::collections(&features.catalogue, &overviews, datetime, &base.0, language, &headers));
    }
    let mut collections = Vec::with_capacity(overviews.len());
    for (layer, overview) in overviews {
        let allowed = features.allowed(&layer).await?;
        let register = Collection::new(&layer, overview, &allowed.systems, &base.0, language);
        collections.push(Listed::Register(Box::new(register)));
    }
    collections.extend(features.offers.collections(&base.0, language).into_iter().map(Listed::Other));
    let links = own_links(&format!("{}/api/collections", base.0), say(language, "Реєстри", "Registers"));
    let answer = Collections { links, groups: features.catalogue.groups.clone(), collections };
    json(&headers, "application/json", &answer)
}

/// One register.
#[utoipa::path(get, path = "/api/collections/{layer}", tag = "features",
    params(("layer" = String, Path), Common,
        ("datetime" = Option<String>, Query, description = "a moment (RFC 3339), or a day, which means its end in Kyiv: as of when records are counted")),
    responses((status = 200, content((Collection = "application/json"), (String = "text/html"))), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn collection(
    State(features): State<Features>,
    Path(layer): Path<String>,
    format: Format,
    parameters: Parameters,
    base: BaseUrl,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&["datetime"])?;
    let layer = features.layer(&layer)?;
    let datetime = parameters.get("datetime");
    let moment = datetime.map(moment::read).transpose()?;
    if let Some(moment) = moment {
        // a register without a history says so, as its records do
        select(layer, Caller::Public).as_of(moment)?;
    }
    let overview = features.overview(layer, moment).await?;
    if format == Format::Html {
        let selection = select(layer, Caller::Public);
        return Ok(pages::collection(&selection, overview, datetime, &base.0, language, &headers));
    }
    let allowed = features.allowed(layer).await?;
    json(&headers, "application/json", &Collection::new(layer, overview, &allowed.systems, &base.0, language))
}

/// A request for a description of properties.
type Describe = (State<Features>, Path<String>, Format, Parameters, BaseUrl, Language, HeaderMap);

async fn describe(described: Described, asked: Describe) -> Result<Response, Problem> {
    let (State(features), Path(layer), format, parameters, base, language, headers) = asked;
    parameters.only(&[])?;
    let selection = select(features.layer(&layer)?, Caller::Public);
    let own_url = format!("{}/api/collections/{layer}/{}", base.0, described.name());
    let schema = described.schema(&selection, &own_url, language);
    match format {
        Format::Json => json(&headers, SCHEMA, &schema),
        Format::Html => Ok(pages::description(described, &selection, &schema, &base.0, language, &headers)),
    }
}

/// The properties of a register's features, as JSON Schema.
#[utoipa::path(get, path = "/api/collections/{layer}/schema", tag = "features", params(("layer" = String, Path), Common),
    responses((status = 200, content((Object = "application/schema+json"), (String = "text/html"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn schema(asked: Describe) -> Result<Response, Problem> {
    describe(Described::Schema, asked).await
}

/// The properties that filters may name, as JSON Schema.
#[utoipa::path(get, path = "/api/collections/{layer}/queryables", tag = "features", params(("layer" = String, Path), Common),
    responses((status = 200, content((Object = "application/schema+json"), (String = "text/html"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn queryables(asked: Describe) -> Result<Response, Problem> {
    describe(Described::Queryables, asked).await
}

/// The properties that features can be sorted by, as JSON Schema.
#[utoipa::path(get, path = "/api/collections/{layer}/sortables", tag = "features", params(("layer" = String, Path), Common),
    responses((status = 200, content((Object = "application/schema+json"), (String = "text/html"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn sortables(asked: Describe) -> Result<Response, Problem> {
    describe(Described::Sortables, asked).await
}

/// Features of a register, page by page. Any public field, and `standing`, may be given as a parameter with the value
/// that it must have.
#[utoipa::path(get, path = "/api/collections/{layer}/items", tag = "features",
    params(("layer" = String, Path), Common, ItemsParameters),
    responses((status = 200, content((FeaturePage = "application/geo+json"), (String = "text/html"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "Enough is being streamed already; come again")))]
async fn items(
    State(features): State<Features>,
    Path(layer): Path<String>,
    format: Format,
    mut parameters: Parameters,
    base: BaseUrl,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let layer = features.layer(&layer)?;
    if format == Format::Html {
        // a form sends what was left empty as well
        parameters.0.retain(|(_, value)| !value.is_empty());
    }
    let request = ItemsRequest::read(layer, parameters, &features.allowed(layer).await?)?;
    let work = Work::new(&features, request, base.0, language).await?;
    match format {
        Format::Json => work.geojson(&headers).await,
        Format::Html => work.html(&headers).await,
    }
}

/// One feature.
#[utoipa::path(get, path = "/api/collections/{layer}/items/{id}", tag = "features",
    params(("layer" = String, Path), ("id" = i64, Path), Common,
        ("crs" = Option<String>, Query, description = "URI of the system of the answer's coordinates: one of the collection's"),
        ("properties" = Option<String>, Query, description = "names of the properties to show, joined by commas"),
        ("skipGeometry" = Option<bool>, Query, description = "true: without the geometry"),
        ("datetime" = Option<String>, Query, description = "a moment (RFC 3339), or a day, which means its end in Kyiv; or an interval, as of items")),
    responses((status = 200, content((Feature = "application/geo+json"), (String = "text/html"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn item(
    State(features): State<Features>,
    Path((layer, id)): Path<(String, String)>,
    format: Format,
    parameters: Parameters,
    base: BaseUrl,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&["datetime", "crs", "properties", "skipGeometry"])?;
    let layer = features.layer(&layer)?;
    let datetime = parameters.get("datetime");
    let selection = selection(layer, datetime)?;
    let shown = Shown::read(&selection, &parameters, &features.allowed(layer).await?)?;
    let public = &features.db.public;
    let number = id.parse().map_err(|_| no_record(layer, &id))?;
    let when = datetime.map(moment::read_when).transpose()?;
    let relations = async || {
        let moment = match when {
            None => None,
            Some(When::At(moment)) => Some(moment),
            // neighbours came and went within an interval
            Some(When::Within(..)) => return Ok(None),
        };
        Relations::read(public, &features.catalogue, layer, number, moment, language).await.map(Some)
    };
    if format == Format::Html {
        let (row, version, recorded) =
            query::record(public, &selection, number).await?.ok_or_else(|| no_record(layer, &id))?;
        let relations = relations().await?;
        let recorded = recorded.as_deref();
        let record =
            ItemPage { selection: &selection, row: &row, version, recorded, relations: relations.as_ref(), datetime };
        return Ok(pages::item(&record, &base.0, language, &headers));
    }
    let mut text = query::one(public, &selection, &shown, number).await?.ok_or_else(|| no_record(layer, &id))?;
    let relations = relations().await?;
    let (related, related_more) = match relations {
        Some(relations) => (Some(relations.related), relations.more),
        None => (None, Vec::new()),
    };
    let links = item_links(layer, number, datetime, &base.0, language);
    let surroundings = Surroundings { links, related, related_more };
    let more = serde_json::to_vec(&surroundings).map_err(|error| Problem::internal(&error))?;
    text.push(b',');
    text.extend_from_slice(more.get(1..).unwrap_or_default());
    let mut response = validated(&headers, GEOJSON, text);
    say_crs(&mut response, shown.crs);
    Ok(response)
}

fn item_links(layer: &Layer, id: i64, datetime: Option<&str>, base: &str, language: Language) -> Vec<Link> {
    let collection = format!("{base}/api/collections/{}", layer.id);
    let at = datetime.map(|text| format!("&datetime={}", percent(text))).unwrap_or_default();
    let own = |format: &str| format!("{collection}/items/{id}?f={format}{at}");
    vec![
        Link::new("self", GEOJSON, own("json")),
        Link::new("alternate", HTML, own("html")),
        Link::new("collection", "application/json", collection.clone()).titled(layer.title.get(language)),
    ]
}

fn no_record(layer: &Layer, id: &str) -> Problem {
    Problem::not_found(
        format!("У наборі «{}» немає запису {id}.", layer.title.uk),
        format!("There is no record {id} in “{}”.", layer.title.en),
    )
}

/// Every version of a feature, the newest first, also after it was deleted.
#[utoipa::path(get, path = "/api/collections/{layer}/items/{id}/history", tag = "features",
    params(("layer" = String, Path), ("id" = i64, Path), HistoryQuery, Common),
    responses((status = 200, content((History = "application/json"), (String = "text/html"))),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn history(
    State(features): State<Features>,
    Path((layer, id)): Path<(String, String)>,
    format: Format,
    parameters: Parameters,
    base: BaseUrl,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&["limit", "before"])?;
    let query = HistoryQuery::read(&parameters)?;
    let layer = features.layer(&layer)?;
    let number = id.parse().map_err(|_| no_record(layer, &id))?;
    let own_url = format!("{}/api/collections/{}/items/{id}", base.0, layer.id);
    let found = History::read(&features.db.public, layer, number, &query, &own_url).await?;
    let history = found.ok_or_else(|| no_record(layer, &id))?;
    match format {
        Format::Json => json(&headers, "application/json", &history),
        Format::Html => {
            let query = parameters.query(&[("f", ""), ("lang", "")]);
            Ok(pages::history(layer, number, &history, &query, &base.0, language, &headers))
        }
    }
}
