//! OGC API – Styles Part 1 (draft 20-009): the styles of `styles/` and what is to be known of them.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::Tiles;
use super::ogc::check_json;
use crate::catalogue::Catalogue;
use crate::catalogue::layer::GeometryKind;
use crate::catalogue::style::Style;
use crate::http::etag::{json, validated};
use crate::http::language::Language;
use crate::http::links::{BaseUrl, Link};
use crate::http::negotiate::Parameters;
use crate::http::offer::Offer;
use crate::http::page::say;
use crate::http::problem::{Problem, ProblemBody};

/// The part of the API's description that is about OGC API – Styles.
#[derive(OpenApi)]
#[openapi(paths(styles, stylesheet, style_metadata))]
pub struct Description;

/// The media type of MapLibre's and Mapbox's styles.
const MAPBOX: &str = "application/vnd.mapbox.style+json";
const STYLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/styles";

pub const OFFER: Offer = Offer {
    conformance: &[
        "http://www.opengis.net/spec/ogcapi-styles-1/0.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-styles-1/0.0/conf/mapbox-styles",
    ],
    links: |base, language| {
        let styles = Link::new(STYLES, "application/json", format!("{base}/api/styles"));
        vec![styles.titled(say(language, "Стилі мапи", "Styles of the map"))]
    },
    collection: None,
};

/// The styles that there are.
#[derive(Serialize, ToSchema)]
struct Styles {
    /// Id of the style that maps are drawn with unless another is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    styles: Vec<StyleItem>,
    links: Vec<Link>,
}

#[derive(Serialize, ToSchema)]
struct StyleItem {
    id: String,
    title: String,
    links: Vec<Link>,
}

/// What is to be known of a style.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StyleMetadata {
    id: String,
    title: String,
    scope: &'static str,
    stylesheets: Vec<Stylesheet>,
    layers: Vec<StyleLayer>,
    links: Vec<Link>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Stylesheet {
    title: &'static str,
    version: &'static str,
    specification: &'static str,
    /// Whether the style is stored so, and not derived from another form.
    native: bool,
    tiling_scheme: &'static str,
    link: Link,
}

/// A layer of data that the style draws.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StyleLayer {
    id: String,
    #[serde(rename = "type")]
    kind: GeometryKind,
    description: String,
    sample_data: Link,
}

impl Tiles {
    pub(super) fn styles_routes() -> Router<Self> {
        Router::new()
            .route("/api/styles", get(styles))
            .route("/api/styles/{style}", get(stylesheet))
            .route("/api/styles/{style}/metadata", get(style_metadata))
    }
}

fn find<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c Style, Problem> {
    catalogue.styles.get(id).ok_or_else(|| {
        let names = catalogue.styles.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        Problem::not_found(
            format!("Стилю «{id}» немає. Є: {names}"),
            format!("There is no style “{id}”. There are: {names}"),
        )
    })
}

fn title(id: &str, style: &Style) -> String {
    style.name().unwrap_or(id).to_owned()
}

fn own(base: &BaseUrl, id: &str) -> String {
    format!("{}/api/styles/{id}", base.0)
}

/// The styles of the map.
#[utoipa::path(get, path = "/api/styles", tag = "styles",
    responses((status = 200, body = Styles), (status = 400, body = ProblemBody)))]
async fn styles(
    State(tiles): State<Tiles>,
    base: BaseUrl,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    check_json(&parameters)?;
    let catalogue = &tiles.0.catalogue;
    let item = |(id, style): (&String, &Style)| StyleItem {
        id: id.clone(),
        title: title(id, style),
        links: vec![
            Link::new("stylesheet", MAPBOX, own(&base, id)),
            Link::new("describedby", "application/json", format!("{}/metadata", own(&base, id))),
        ],
    };
    let body = Styles {
        default: catalogue.default_style().map(|(id, _)| id.clone()),
        styles: catalogue.styles.iter().map(item).collect(),
        links: vec![Link::new("self", "application/json", format!("{}/api/styles", base.0))],
    };
    json(&headers, "application/json", &body)
}

/// A style for MapLibre, the same as `/styles/{style}.json`.
#[utoipa::path(get, path = "/api/styles/{style}", tag = "styles",
    params(("style" = String, Path, description = "For example light")),
    responses(
        (status = 200, content_type = "application/vnd.mapbox.style+json", body = serde_json::Value),
        (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn stylesheet(
    State(tiles): State<Tiles>,
    Path(id): Path<String>,
    base: BaseUrl,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    check_json(&parameters)?;
    let catalogue = &tiles.0.catalogue;
    let style = find(catalogue, &id)?.for_clients(&base.0, &catalogue.layers, false);
    Ok(validated(&headers, MAPBOX, style.to_string()))
}

/// What is to be known of a style: its encodings, and the layers that it draws.
#[utoipa::path(get, path = "/api/styles/{style}/metadata", tag = "styles",
    params(("style" = String, Path, description = "For example light")),
    responses((status = 200, body = StyleMetadata), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn style_metadata(
    State(tiles): State<Tiles>,
    Path(id): Path<String>,
    base: BaseUrl,
    language: Language,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    check_json(&parameters)?;
    let catalogue = &tiles.0.catalogue;
    let style = find(catalogue, &id)?;
    let layers = catalogue.layers.iter().map(|layer| StyleLayer {
        id: layer.id.clone(),
        kind: layer.geometry,
        description: layer.title.get(language).to_owned(),
        sample_data: Link::new("data", "application/json", format!("{}/api/collections/{}", base.0, layer.id)),
    });
    let body = StyleMetadata {
        title: title(&id, style),
        scope: "style",
        stylesheets: vec![Stylesheet {
            title: "Mapbox Style",
            version: "8",
            specification: "https://maplibre.org/maplibre-style-spec/",
            native: true,
            tiling_scheme: "WebMercatorQuad",
            link: Link::new("stylesheet", MAPBOX, own(&base, &id)),
        }],
        layers: layers.collect(),
        links: vec![Link::new("self", "application/json", format!("{}/metadata", own(&base, &id)))],
        id,
    };
    json(&headers, "application/json", &body)
}
