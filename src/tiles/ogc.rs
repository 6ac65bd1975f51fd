//! OGC API – Tiles Part 1 (20-057): the tiles of `/tiles` under the addresses of the standard, from the same engine and
//! the same cache. Mind the order: there the row comes before the column.

mod matrices;
mod tileset;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::keep::Format;
use super::routes::{row_and_format, tile_id};
use super::sheet::Sheet;
use super::{Frozen, MOST_LAYERS, Tiles};
use crate::http::etag::json;
use crate::http::language::Language;
use crate::http::links::{BaseUrl, Link};
use crate::http::moment;
use crate::http::negotiate::{Parameters, percent};
use crate::http::offer::Offer;
use crate::http::page::say;
use crate::http::problem::{Problem, ProblemBody};

use matrices::TileMatrixSet;
use tileset::{Place, Tileset, Tilesets};

/// The part of the API's description that is about OGC API – Tiles.
#[derive(OpenApi)]
#[openapi(paths(
    matrix_sets,
    matrix_set,
    dataset_tilesets,
    dataset_tileset,
    dataset_tile,
    tilesets,
    collection_tileset,
    collection_tile
))]
pub struct Description;

const JSON: &str = "application/json";
/// The link relation of a resource's vector tilesets.
const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
const TILING_SCHEMES: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";

pub const OFFER: Offer = Offer {
    conformance: &[
        "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
        "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
        "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
        "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
        "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/collections-selection",
        "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
        "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
        "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
        "http://www.opengis.net/spec/tms/2.0/conf/tilematrixsetlimits",
        "http://www.opengis.net/spec/tms/2.0/conf/tilesetmetadata",
        "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
        "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixsetlimits",
        "http://www.opengis.net/spec/tms/2.0/conf/json-tilesetmetadata",
    ],
    links: |base, language| {
        let link = |rel, path, uk, en| {
            Link::new(rel, "application/json", format!("{base}{path}")).titled(say(language, uk, en))
        };
        vec![
            link(TILESETS, "/api/tiles", "Векторні плитки мапи", "Vector tiles of the map"),
            link(TILING_SCHEMES, "/api/tileMatrixSets", "Схеми розбиття на плитки", "Tiling schemes"),
        ]
    },
    collection: None,
};

/// What the parameters of a tileset can be.
const OF_TILESET: [&str; 1] = ["datetime"];
const OF_DATASET: [&str; 2] = ["collections", "datetime"];

impl Tiles {
    pub(super) fn ogc_routes() -> Router<Self> {
        Router::new()
            .route("/api/tileMatrixSets", get(matrix_sets))
            .route("/api/tileMatrixSets/{set}", get(matrix_set))
            .route("/api/tiles", get(dataset_tilesets))
            .route("/api/tiles/{set}", get(dataset_tileset))
            .route("/api/tiles/{set}/{z}/{row}/{col}", get(dataset_tile))
            .route("/api/collections/{layer}/tiles", get(tilesets))
            .route("/api/collections/{layer}/tiles/{set}", get(collection_tileset))
            .route("/api/collections/{layer}/tiles/{set}/{z}/{row}/{col}", get(collection_tile))
    }
}

/// Which layers a request is about, and as of when.
struct Asked {
    /// The path of the resource that has the tileset.
    path: String,
    sheets: Vec<Arc<Sheet>>,
    moment: Option<DateTime<Utc>>,
    /// The parameters that make it this tileset, encoded.
    query: String,
}

impl Asked {
    fn new(tiles: &Tiles, path: String, layers: &str, parameters: &Parameters) -> Result<Self, Problem> {
        let kept = parameters.0.iter().filter(|(name, _)| !Parameters::is_common(name));
        Ok(Self {
            path,
            sheets: tiles.named(layers)?,
            moment: parameters.get("datetime").map(moment::read).transpose()?,
            query: kept.map(|(name, value)| format!("{name}={}", percent(value))).collect::<Vec<_>>().join("&"),
        })
    }

    /// Of one collection.
    fn collection(tiles: &Tiles, layer: &str, parameters: &Parameters) -> Result<Self, Problem> {
        parameters.only(&OF_TILESET)?;
        if layer.contains(',') {
            return Err(tiles.0.catalogue.named(layer).err().unwrap_or_else(|| {
                Problem::not_found(
                    "Набір називають один; кілька шарів разом: /api/tiles?collections=",
                    "One collection is named here; for several layers together: /api/tiles?collections=",
                )
            }));
        }
        Self::new(tiles, format!("/api/collections/{layer}"), layer, parameters)
    }

    /// Of the whole: what the map shows, unless `collections` names others.
    fn dataset(tiles: &Tiles, parameters: &Parameters) -> Result<Self, Problem> {
        parameters.only(&OF_DATASET)?;
        let catalogue = &tiles.0.catalogue;
        let drawn = |id: &str| catalogue.default_style().is_none_or(|(_, style)| style.draws(id));
        let all = catalogue.layers.iter().map(|layer| layer.id.as_str()).filter(|id| drawn(id));
        let map = all.take(MOST_LAYERS).collect::<Vec<_>>().join(",");
        Self::new(tiles, "/api".to_owned(), parameters.get("collections").unwrap_or(&map), parameters)
    }

    /// The layers as the answer shows them.
    async fn frozen(&mut self, tiles: &Tiles, headers: &HeaderMap) -> Result<Frozen, Problem> {
        tiles.0.catch_up(headers).await?;
        if let Some(moment) = self.moment {
            self.sheets = tiles.0.at(std::mem::take(&mut self.sheets), moment).await?;
        }
        Ok(tiles.0.frozen(&self.sheets).await?)
    }

    fn place<'p>(&'p self, base: &'p BaseUrl, language: Language) -> Place<'p> {
        Place { base: &base.0, path: &self.path, query: &self.query, language }
    }
}

fn check_set(set: &str) -> Result<(), Problem> {
    if set == matrices::ID {
        return Ok(());
    }
    Err(Problem::not_found(
        format!("Схеми плиток «{set}» немає. Є: {}", matrices::ID),
        format!("There is no tile matrix set “{set}”. There is: {}", matrices::ID),
    ))
}

/// These resources are JSON only.
pub(super) fn check_json(parameters: &Parameters) -> Result<(), Problem> {
    match parameters.get("f") {
        None | Some("json") => Ok(()),
        Some(_) => Err(Problem::bad_request("f", "f має бути json", "f must be json")),
    }
}

/// The tile matrix sets that there are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TileMatrixSets {
    tile_matrix_sets: Vec<TileMatrixSetItem>,
}

#[derive(Serialize, ToSchema)]
struct TileMatrixSetItem {
    id: &'static str,
    uri: &'static str,
    links: Vec<Link>,
}

/// The tile matrix sets in which tiles are served.
#[utoipa::path(get, path = "/api/tileMatrixSets", tag = "tiles",
    responses((status = 200, body = TileMatrixSets), (status = 400, body = ProblemBody)))]
async fn matrix_sets(base: BaseUrl, parameters: Parameters, headers: HeaderMap) -> Result<Response, Problem> {
    parameters.only(&[])?;
    check_json(&parameters)?;
    let own = Link::new("self", "application/json", format!("{}/api/tileMatrixSets/{}", base.0, matrices::ID));
    let item = TileMatrixSetItem { id: matrices::ID, uri: matrices::URI, links: vec![own] };
    json(&headers, JSON, &TileMatrixSets { tile_matrix_sets: vec![item] })
}

/// The definition of a tile matrix set (17-083r4).
#[utoipa::path(get, path = "/api/tileMatrixSets/{set}", tag = "tiles",
    params(("set" = String, Path, description = "WebMercatorQuad")),
    responses((status = 200, body = TileMatrixSet), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn matrix_set(Path(set): Path<String>, parameters: Parameters, headers: HeaderMap) -> Result<Response, Problem> {
    parameters.only(&[])?;
    check_json(&parameters)?;
    check_set(&set)?;
    json(&headers, JSON, &TileMatrixSet::web_mercator_quad())
}

/// The tilesets of the whole map, or of the layers that `collections` names.
#[utoipa::path(get, path = "/api/tiles", tag = "tiles",
    params(
        ("collections" = Option<String>, Query, description = "Layer ids joined by commas, 32 at most; those of the map unless told"),
        ("datetime" = Option<String>, Query, description = "the moment (RFC 3339) or day as of whose end the layers are seen")),
    responses((status = 200, body = Tilesets), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn dataset_tilesets(
    State(tiles): State<Tiles>,
    base: BaseUrl,
    language: Language,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_json(&parameters)?;
    let mut asked = Asked::dataset(&tiles, &parameters)?;
    let frozen = asked.frozen(&tiles, &headers).await?;
    json(&headers, JSON, &Tilesets::new(&frozen, asked.place(&base, language)))
}

/// The metadata of the whole map's tileset, or of one of the layers that `collections` names.
#[utoipa::path(get, path = "/api/tiles/{set}", tag = "tiles",
    params(("set" = String, Path, description = "WebMercatorQuad"),
        ("collections" = Option<String>, Query, description = "Layer ids joined by commas, 32 at most; those of the map unless told"),
        ("datetime" = Option<String>, Query, description = "the moment (RFC 3339) or day as of whose end the layers are seen")),
    responses((status = 200, body = Tileset), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn dataset_tileset(
    State(tiles): State<Tiles>,
    Path(set): Path<String>,
    base: BaseUrl,
    language: Language,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_json(&parameters)?;
    check_set(&set)?;
    let mut asked = Asked::dataset(&tiles, &parameters)?;
    let frozen = asked.frozen(&tiles, &headers).await?;
    json(&headers, JSON, &Tileset::new(&frozen, asked.place(&base, language)))
}

/// A tile of the whole map, or of the layers that `collections` names.
#[utoipa::path(get, path = "/api/tiles/{set}/{z}/{row}/{col}", tag = "tiles",
    params(("set" = String, Path, description = "WebMercatorQuad"), ("z" = u8, Path), ("row" = u32, Path),
        ("col" = String, Path, description = "`.mlt`, `.mvt` or `.pbf` after it asks for that format"),
        ("f" = Option<String>, Query, description = "`mvt` or `mlt`; what the client accepts unless told"),
        ("collections" = Option<String>, Query, description = "Layer ids joined by commas, 32 at most; those of the map unless told"),
        ("datetime" = Option<String>, Query, description = "the moment (RFC 3339) or day as of whose end the layers are seen")),
    responses(
        (status = 200, content_type = "application/vnd.mapbox-vector-tile", body = Vec<u8>),
        (status = 204, description = "Nothing is there"),
        (status = 304, description = "The client has the tile"),
        (status = 400, body = ProblemBody, description = "The matrix set has no such tile, or a parameter is wrong"),
        (status = 404, body = ProblemBody, description = "There is no such layer, or the tile is outside of the tileset's limits"),
        (status = 503, body = ProblemBody, description = "Too much is asked for at once; come again")))]
async fn dataset_tile(
    State(tiles): State<Tiles>,
    Path((set, z, row, col)): Path<(String, String, String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_set(&set)?;
    let asked = Asked::dataset(&tiles, &parameters)?;
    tile(&tiles, asked, [&z, &row, &col], &parameters, &headers).await
}

/// The tilesets of a register.
#[utoipa::path(get, path = "/api/collections/{layer}/tiles", tag = "tiles",
    params(("layer" = String, Path),
        ("datetime" = Option<String>, Query, description = "the moment (RFC 3339) or day as of whose end the layer is seen")),
    responses((status = 200, body = Tilesets), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn tilesets(
    State(tiles): State<Tiles>,
    Path(layer): Path<String>,
    base: BaseUrl,
    language: Language,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_json(&parameters)?;
    let mut asked = Asked::collection(&tiles, &layer, &parameters)?;
    let frozen = asked.frozen(&tiles, &headers).await?;
    json(&headers, JSON, &Tilesets::new(&frozen, asked.place(&base, language)))
}

/// The metadata of a register's tileset: limits, layers and their fields, and how tiles are asked for.
#[utoipa::path(get, path = "/api/collections/{layer}/tiles/{set}", tag = "tiles",
    params(("layer" = String, Path), ("set" = String, Path, description = "WebMercatorQuad"),
        ("datetime" = Option<String>, Query, description = "the moment (RFC 3339) or day as of whose end the layer is seen")),
    responses((status = 200, body = Tileset), (status = 400, body = ProblemBody), (status = 404, body = ProblemBody)))]
async fn collection_tileset(
    State(tiles): State<Tiles>,
    Path((layer, set)): Path<(String, String)>,
    base: BaseUrl,
    language: Language,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_json(&parameters)?;
    check_set(&set)?;
    let mut asked = Asked::collection(&tiles, &layer, &parameters)?;
    let frozen = asked.frozen(&tiles, &headers).await?;
    json(&headers, JSON, &Tileset::new(&frozen, asked.place(&base, language)))
}

/// A tile of a register.
#[utoipa::path(get, path = "/api/collections/{layer}/tiles/{set}/{z}/{row}/{col}", tag = "tiles",
    params(("layer" = String, Path), ("set" = String, Path, description = "WebMercatorQuad"), ("z" = u8, Path),
        ("row" = u32, Path),
        ("col" = String, Path, description = "`.mlt`, `.mvt` or `.pbf` after it asks for that format"),
        ("f" = Option<String>, Query, description = "`mvt` or `mlt`; what the client accepts unless told"),
        ("datetime" = Option<String>, Query, description = "the moment (RFC 3339) or day as of whose end the layer is seen")),
    responses(
        (status = 200, content_type = "application/vnd.mapbox-vector-tile", body = Vec<u8>),
        (status = 204, description = "Nothing is there"),
        (status = 304, description = "The client has the tile"),
        (status = 400, body = ProblemBody, description = "The matrix set has no such tile, or a parameter is wrong"),
        (status = 404, body = ProblemBody, description = "There is no such layer, or the tile is outside of the tileset's limits"),
        (status = 503, body = ProblemBody, description = "Too much is asked for at once; come again")))]
async fn collection_tile(
    State(tiles): State<Tiles>,
    Path((layer, set, z, row, col)): Path<(String, String, String, String, String)>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_set(&set)?;
    let asked = Asked::collection(&tiles, &layer, &parameters)?;
    tile(&tiles, asked, [&z, &row, &col], &parameters, &headers).await
}

/// The tile, where the tileset's limits hold it.
async fn tile(
    tiles: &Tiles,
    mut asked: Asked,
    [z, row, col]: [&str; 3],
    parameters: &Parameters,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let (col, accepted) = row_and_format(col, headers);
    let format = match parameters.get("f") {
        None => accepted,
        Some("mvt") => Format::Mvt,
        Some("mlt") => Format::Mlt,
        Some(_) => return Err(Problem::bad_request("f", "f має бути mvt або mlt", "f must be mvt or mlt")),
    };
    let id = tile_id(z, col, row)?;
    let frozen = asked.frozen(tiles, headers).await?;
    if !tileset::holds(&frozen, id) {
        return Err(Problem::not_found(
            "Плитка поза межами набору: див. tileMatrixSetLimits у його описі.",
            "The tile is outside of the tileset: see tileMatrixSetLimits in its metadata.",
        ));
    }
    tiles.answer(&asked.sheets, id, format, asked.moment, headers).await
}
