//! `/tiles/{layers}`, `/tiles/{layers}/{z}/{x}/{y}` and `/styles/{name}.json`.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;

use super::{TileJson, Tiles};
use crate::geom::grid::{LAST_ZOOM, TileId};
use crate::http::etag::validated;
use crate::http::language::Language;
use crate::http::links::BaseUrl;
use crate::http::problem::{Problem, ProblemBody};

/// The part of the API's description that is about tiles.
#[derive(OpenApi)]
#[openapi(paths(tilejson, tile, style))]
pub struct Description;

const MVT: &str = "application/vnd.mapbox-vector-tile";

impl Tiles {
    pub fn routes(self) -> Router {
        Router::new()
            .route("/tiles/{layers}", get(tilejson))
            .route("/tiles/{layers}/{z}/{x}/{y}", get(tile))
            .route("/styles/{name}", get(style))
            .with_state(self)
    }
}

/// TileJSON of one layer, or of several joined by commas.
#[utoipa::path(get, path = "/tiles/{layers}", tag = "tiles",
    params(("layers" = String, Path, description = "Layer ids joined by commas")),
    responses((status = 200, body = TileJson), (status = 404, body = ProblemBody)))]
async fn tilejson(
    State(tiles): State<Tiles>,
    Path(layers): Path<String>,
    base: BaseUrl,
    language: Language,
) -> Result<Json<TileJson>, Problem> {
    let layers = tiles.named(&layers)?;
    let bounds = tiles.overviews.bounds(&layers).await?;
    Ok(Json(TileJson::new(&layers, &base.0, language, bounds)))
}

/// A vector tile (MVT 2.1) of the WebMercatorQuad matrix set.
#[utoipa::path(get, path = "/tiles/{layers}/{z}/{x}/{y}", tag = "tiles",
    params(("layers" = String, Path), ("z" = u8, Path), ("x" = u32, Path), ("y" = u32, Path)),
    responses(
        (status = 200, content_type = "application/vnd.mapbox-vector-tile", body = Vec<u8>),
        (status = 204, description = "Nothing is there"),
        (status = 400, body = ProblemBody, description = "The matrix set has no such tile"),
        (status = 404, body = ProblemBody)))]
async fn tile(
    State(tiles): State<Tiles>,
    Path((layers, z, x, y)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let layers = tiles.named(&layers)?;
    let id = tile_id(&z, &x, &y)?;
    let start = std::time::Instant::now();
    let bytes = tiles.tile(&layers, id).await?;
    metrics::histogram!("misto_tile_seconds").record(start.elapsed().as_secs_f64());
    metrics::histogram!("misto_tile_bytes").record(bytes.len() as f64);
    if bytes.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(validated(&headers, MVT, bytes))
}

fn tile_id(z: &str, x: &str, y: &str) -> Result<TileId, Problem> {
    let outside = || {
        Problem::bad_request(
            "z/x/y",
            format!("Плитки {z}/{x}/{y} не існує: масштаб від 0 до {LAST_ZOOM}, x та y від 0 до 2^z − 1."),
            format!("There is no tile {z}/{x}/{y}: zoom is 0 to {LAST_ZOOM}, x and y are 0 to 2^z − 1."),
        )
    };
    let (Ok(z), Ok(x), Ok(y)) = (z.parse(), x.parse(), y.parse()) else { return Err(outside()) };
    TileId::new(z, x, y).map_err(|_| outside())
}

/// A MapLibre style.
#[utoipa::path(get, path = "/styles/{name}", tag = "tiles",
    params(("name" = String, Path, description = "For example light.json")),
    responses((status = 200, body = serde_json::Value), (status = 404, body = ProblemBody)))]
async fn style(
    State(tiles): State<Tiles>,
    Path(name): Path<String>,
    base: BaseUrl,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let style = name.strip_suffix(".json").and_then(|name| tiles.catalogue.styles.get(name));
    let Some(style) = style else {
        let names = tiles.catalogue.styles.keys().map(|name| format!("{name}.json")).collect::<Vec<_>>().join(", ");
        return Err(Problem::not_found(
            format!("Стилю «{name}» немає. Є: {names}"),
            format!("There is no style “{name}”. There are: {names}"),
        ));
    };
    let json = style.for_clients(&base.0, &tiles.catalogue.layers);
    Ok(validated(&headers, "application/json", json.to_string()))
}
