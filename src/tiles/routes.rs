//! `/tiles/{layers}`, `/tiles/{layers}/{z}/{x}/{y}` and `/styles/{name}.json`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

use super::compress::Encoding;
use super::keep::{Body, Format, Wanted};
use super::past::is_settled;
use super::sheet::Sheet;
use super::{Engine, TileJson, Tiles};
use crate::db::feed::Position;
use crate::geom::grid::{LAST_ZOOM, TileId};
use crate::http::etag::{is_known, validated};
use crate::http::language::Language;
use crate::http::layers::WithoutLanguage;
use crate::http::links::BaseUrl;
use crate::http::moment;
use crate::http::problem::{Problem, ProblemBody};

/// The part of the API's description that is about tiles.
#[derive(OpenApi)]
#[openapi(paths(tilejson, tile, style))]
pub struct Description;

/// The request header that names a position of the change feed.
const AFTER: &str = "misto-after";
/// `Cache-Control` of what will not change any more; not for ever, because a city's layer files and program do.
const PAST: &str = "public, max-age=86400";
/// How long a tile waits for a change that its reader has already heard of.
const CATCHING_UP: Duration = Duration::from_secs(5);

impl Tiles {
    pub fn routes(self) -> Router {
        Router::new()
            .route("/tiles/{layers}", get(tilejson))
            .route("/tiles/{layers}/{z}/{x}/{y}", get(tile))
            .route("/styles/{name}", get(style))
            .merge(Self::ogc_routes())
            .merge(Self::styles_routes())
            .with_state(self)
    }
}

/// In what a client wants its tiles.
#[derive(Debug, Default, Deserialize, IntoParams)]
struct Encoded {
    /// `mvt` (if absent) or `mlt`
    encoding: Option<String>,
}

/// The moment as of which a layer is seen.
#[derive(Debug, Default, Deserialize, IntoParams)]
struct AsOf {
    /// A moment (RFC 3339), or a day, which means its end in Kyiv
    datetime: Option<String>,
}

impl AsOf {
    fn moment(&self) -> Result<Option<DateTime<Utc>>, Problem> {
        self.datetime.as_deref().map(moment::read).transpose()
    }
}

impl Encoded {
    fn format(&self) -> Result<Format, Problem> {
        match self.encoding.as_deref() {
            None | Some("mvt") => Ok(Format::Mvt),
            Some("mlt") => Ok(Format::Mlt),
            Some(other) => Err(Problem::bad_request(
                "encoding",
                format!("Плитки бувають mvt або mlt, а не «{other}»."),
                format!("Tiles are mvt or mlt, not “{other}”."),
            )),
        }
    }
}

/// TileJSON of one layer, or of several joined by commas.
#[utoipa::path(get, path = "/tiles/{layers}", tag = "tiles",
    params(("layers" = String, Path, description = "Layer ids joined by commas"), Encoded, AsOf),
    responses((status = 200, body = TileJson), (status = 404, body = ProblemBody)))]
async fn tilejson(
    State(tiles): State<Tiles>,
    Path(layers): Path<String>,
    Query(encoded): Query<Encoded>,
    Query(as_of): Query<AsOf>,
    base: BaseUrl,
    language: Language,
    headers: HeaderMap,
) -> Result<Json<TileJson>, Problem> {
    let (format, moment) = (encoded.format()?, as_of.moment()?);
    let mut sheets = tiles.named(&layers)?;
    tiles.0.catch_up(&headers).await?;
    if let Some(moment) = moment {
        sheets = tiles.0.at(sheets, moment).await?;
    }
    let frozen = tiles.0.frozen(&sheets).await?;
    let turn = tiles.0.keep.turn().await?;
    let described = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        TileJson::new(&frozen, &base.0, language, format, moment)
    });
    Ok(Json(described.await.map_err(|error| Problem::internal(&error))?))
}

/// A vector tile of the WebMercatorQuad matrix set: MVT 2.1, or MLT where the address ends in `.mlt` or the client
/// accepts it.
#[utoipa::path(get, path = "/tiles/{layers}/{z}/{x}/{y}", tag = "tiles",
    params(("layers" = String, Path), ("z" = u8, Path), ("x" = u32, Path), ("y" = String, Path,
        description = "The row; `.mlt` after it asks for MapLibre Tiles, `.mvt` or `.pbf` for Mapbox Vector Tiles"),
        ("misto-after" = Option<String>, Header, description = "A position of the change feed: the tile shows at least \
         what had happened by then"), AsOf),
    responses(
        (status = 200, content_type = "application/vnd.mapbox-vector-tile", body = Vec<u8>),
        (status = 204, description = "Nothing is there"),
        (status = 304, description = "The client has the tile"),
        (status = 400, body = ProblemBody, description = "The matrix set has no such tile"),
        (status = 404, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "Too much is asked for at once; come again")))]
async fn tile(
    State(tiles): State<Tiles>,
    Path((layers, z, x, y)): Path<(String, String, String, String)>,
    Query(as_of): Query<AsOf>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut sheets = tiles.named(&layers)?;
    let moment = as_of.moment()?;
    let (row, format) = row_and_format(&y, &headers);
    let tile = tile_id(&z, &x, row)?;
    tiles.0.catch_up(&headers).await?;
    if let Some(moment) = moment {
        sheets = tiles.0.at(sheets, moment).await?;
    }
    tiles.answer(&sheets, tile, format, moment, &headers).await
}

/// The last part of a tile's address without its ending, and the format that the ending or the client names.
pub(super) fn row_and_format<'y>(y: &'y str, headers: &HeaderMap) -> (&'y str, Format) {
    match y.rsplit_once('.') {
        Some((row, "mlt")) => (row, Format::Mlt),
        Some((row, "mvt" | "pbf")) => (row, Format::Mvt),
        _ => (y, accepted(headers)),
    }
}

impl Tiles {
    /// The answer to a request for a tile of layers as they are, or were at `moment`.
    pub(super) async fn answer(
        &self,
        sheets: &[Arc<Sheet>],
        tile: TileId,
        format: Format,
        moment: Option<DateTime<Utc>>,
        headers: &HeaderMap,
    ) -> Result<Response, Problem> {
        let body = self.0.tile(sheets, Wanted { tile, format, encoding: Encoding::accepted(headers) }).await?;
        let mut response = response(headers, &body);
        if moment.is_some_and(is_settled) {
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(PAST));
        }
        Ok(response)
    }

    /// The answer to a request for a tile that is ready: what the route would answer, without the way there. None for
    /// everything else.
    pub async fn instant(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let mut parts = path.strip_prefix("/tiles/")?.split('/');
        let (layers, z, x, y) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || headers.contains_key(AFTER) {
            return None;
        }
        let sheets: Option<Vec<&Sheet>> = layers.split(',').map(|id| Some(self.0.sheets.get(id)?.as_ref())).collect();
        let (row, format) = row_and_format(y, headers);
        let tile = TileId::new(z.parse().ok()?, x.parse().ok()?, row.parse().ok()?).ok()?;
        let wanted = Wanted { tile, format, encoding: Encoding::accepted(headers) };
        let body = self.0.kept(&sheets?, wanted).await?;
        Some(response(headers, &body))
    }
}

/// MLT where the client names it; MVT also for whoever takes anything.
fn accepted(headers: &HeaderMap) -> Format {
    // MapLibre itself asks by a shorter name
    let known = [Format::Mlt.media_type(), "application/vnd.maplibre-tile"];
    let names =
        |value: &HeaderValue| value.to_str().is_ok_and(|accepts| known.iter().any(|known| accepts.contains(known)));
    if headers.get_all(ACCEPT).iter().any(names) { Format::Mlt } else { Format::Mvt }
}

impl Format {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Mvt => "application/vnd.mapbox-vector-tile",
            Self::Mlt => "application/vnd.maplibre-vector-tile",
        }
    }
}

fn response(request: &HeaderMap, body: &Body) -> Response {
    let mut response = if body.bytes.is_empty() {
        StatusCode::NO_CONTENT.into_response()
    } else if body.headers.get(ETAG).is_some_and(|tag| is_known(request, tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(body.bytes.clone().into())
    };
    *response.headers_mut() = body.headers.clone();
    if response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().remove(CONTENT_TYPE);
        response.headers_mut().remove(CONTENT_ENCODING);
    }
    response.extensions_mut().insert(WithoutLanguage);
    response
}

impl Engine {
    /// Waits for a change that the client has heard of from another node: this one may not have followed yet. Where it
    /// is too far behind, no tile is better than a stale one.
    pub(super) async fn catch_up(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let after = headers.get(AFTER).and_then(|after| after.to_str().ok());
        let Some(after) = after.and_then(|after| after.parse::<Position>().ok()) else { return Ok(()) };
        let reached = tokio::time::timeout(CATCHING_UP, self.hub.reached(&after)).await;
        reached.map_err(|_| Problem::unavailable())
    }
}

pub(super) fn tile_id(z: &str, x: &str, y: &str) -> Result<TileId, Problem> {
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
    params(("name" = String, Path, description = "For example light.json"), Encoded),
    responses((status = 200, body = serde_json::Value), (status = 404, body = ProblemBody)))]
async fn style(
    State(tiles): State<Tiles>,
    Path(name): Path<String>,
    Query(encoded): Query<Encoded>,
    base: BaseUrl,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mlt = encoded.format()? == Format::Mlt;
    let catalogue = &tiles.0.catalogue;
    let style = name.strip_suffix(".json").and_then(|name| catalogue.styles.get(name));
    let Some(style) = style else {
        let names = catalogue.styles.keys().map(|name| format!("{name}.json")).collect::<Vec<_>>().join(", ");
        return Err(Problem::not_found(
            format!("Стилю «{name}» немає. Є: {names}"),
            format!("There is no style “{name}”. There are: {names}"),
        ));
    };
    let json = style.for_clients(&base.0, &catalogue.layers, mlt);
    Ok(validated(&headers, "application/json", json.to_string()))
}
