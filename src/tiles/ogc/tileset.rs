//! Tilesets as OGC 17-083r4 describes them (§8): what a set of tiles holds, where it is and how its tiles are asked for.

use std::ops::RangeInclusive;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

use super::matrices::{CRS, ID, Limits, URI};
use crate::catalogue::layer::{GeometryKind, LABELS, Layer};
use crate::geom::grid::TileId;
use crate::http::language::Language;
use crate::http::links::Link;
use crate::tiles::Frozen;
use crate::tiles::keep::Format;
use crate::tiles::tilejson::{VectorLayer, vector_layers};

const TILING_SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
const GEODATA: &str = "http://www.opengis.net/def/rel/ogc/1.0/geodata";
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/// The tilesets of a resource.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tilesets {
    links: Vec<Link>,
    tilesets: Vec<TilesetItem>,
}

/// A tileset in a list (20-057 §9).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TilesetItem {
    title: String,
    data_type: &'static str,
    crs: &'static str,
    #[serde(rename = "tileMatrixSetURI")]
    tile_matrix_set_uri: &'static str,
    links: Vec<Link>,
}

/// The metadata of a tileset.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tileset {
    title: String,
    description: String,
    data_type: &'static str,
    crs: &'static str,
    tile_matrix_set_id: &'static str,
    #[serde(rename = "tileMatrixSetURI")]
    tile_matrix_set_uri: &'static str,
    /// SPDX identifier; absent where the layers have several.
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<String>,
    attribution: String,
    media_types: [&'static str; 2],
    /// Other tiles there are not.
    tile_matrix_set_limits: Vec<Limits>,
    /// Absent where there are no features.
    #[serde(skip_serializing_if = "Option::is_none")]
    bounding_box: Option<BoundingBox>,
    layers: Vec<TileLayer>,
    links: Vec<Link>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BoundingBox {
    lower_left: [f64; 2],
    upper_right: [f64; 2],
    crs: &'static str,
}

/// A layer within the tiles.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TileLayer {
    id: String,
    title: String,
    data_type: &'static str,
    /// 0: points, 1: lines, 2: polygons.
    geometry_dimension: u8,
    min_tile_matrix: String,
    max_tile_matrix: String,
    /// JSON Schema of what features bear.
    #[schema(value_type = Object)]
    properties_schema: Json,
    links: Vec<Link>,
}

/// Whose tileset it is.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    pub base: &'p str,
    /// The path of the resource, for example `/api/collections/kiosks`.
    pub path: &'p str,
    /// What its addresses bear after the question mark (`datetime`, `collections`), encoded; may be empty.
    pub query: &'p str,
    pub language: Language,
}

impl Place<'_> {
    fn url(&self, rest: &str) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("{}{}/tiles{rest}{mark}{}", self.base, self.path, self.query)
    }

    fn tiling_scheme(&self) -> Link {
        Link::new(TILING_SCHEME, "application/json", format!("{}/api/tileMatrixSets/{ID}", self.base))
    }

    /// The template of a format's tiles.
    fn item(&self, format: Format, name: &str) -> Link {
        let mark = if self.query.is_empty() { '?' } else { '&' };
        let href = format!("{}{mark}f={name}", self.url(&format!("/{ID}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}")));
        Link { templated: true, ..Link::new("item", format.media_type(), href) }
    }

    fn items(&self) -> [Link; 2] {
        [self.item(Format::Mvt, "mvt"), self.item(Format::Mlt, "mlt")]
    }
}

impl Tilesets {
    pub fn new(frozen: &Frozen, place: Place<'_>) -> Self {
        let mut links =
            vec![Link::new("self", "application/json", place.url(&format!("/{ID}"))), place.tiling_scheme()];
        links.extend(place.items());
        let tileset =
            TilesetItem { title: title(frozen, place), data_type: "vector", crs: CRS, tile_matrix_set_uri: URI, links };
        Self { links: vec![Link::new("self", "application/json", place.url(""))], tilesets: vec![tileset] }
    }
}

impl Tileset {
    pub fn new(frozen: &Frozen, place: Place<'_>) -> Self {
        let layers: Vec<_> = frozen.layers().collect();
        let texts = |text: fn(&Layer) -> &str| {
            let mut texts: Vec<_> = layers.iter().map(|layer| text(layer)).filter(|text| !text.is_empty()).collect();
            texts.sort_unstable();
            texts.dedup();
            texts
        };
        let attribution = match place.language {
            Language::Uk => texts(|layer| &layer.attribution.uk),
            Language::En => texts(|layer| &layer.attribution.en),
        };
        let licences = texts(|layer| &layer.licence);
        Self {
            title: title(frozen, place),
            description: match layers.as_slice() {
                [layer] => layer.description.get(place.language).to_owned(),
                several => several.iter().map(|layer| layer.title.get(place.language)).collect::<Vec<_>>().join(", "),
            },
            data_type: "vector",
            crs: CRS,
            tile_matrix_set_id: ID,
            tile_matrix_set_uri: URI,
            license: (licences.len() == 1).then(|| licences.join("")),
            attribution: attribution.join(" · "),
            media_types: [Format::Mvt, Format::Mlt].map(Format::media_type),
            tile_matrix_set_limits: limits(frozen),
            bounding_box: frozen.bounds().map(|around| BoundingBox {
                lower_left: [around.west, around.south],
                upper_right: [around.east, around.north],
                crs: CRS84,
            }),
            layers: layers.iter().flat_map(|layer| tile_layers(layer, place)).collect(),
            links: links(&layers, place),
        }
    }
}

fn title(frozen: &Frozen, place: Place<'_>) -> String {
    let mut layers = frozen.layers();
    match (layers.next(), layers.next(), place.language) {
        (Some(layer), None, language) => layer.title.get(language).to_owned(),
        (_, _, Language::Uk) => "Мапа міста".to_owned(),
        (_, _, Language::En) => "Map of the city".to_owned(),
    }
}

fn links(layers: &[&Layer], place: Place<'_>) -> Vec<Link> {
    let mut links = vec![Link::new("self", "application/json", place.url(&format!("/{ID}"))), place.tiling_scheme()];
    links.extend(place.items());
    let ids: Vec<_> = layers.iter().map(|layer| layer.id.as_str()).collect();
    let tilejson = format!("{}/tiles/{}", place.base, ids.join(","));
    links.push(Link::new("alternate", "application/json", tilejson).titled("TileJSON 3.0"));
    if let [layer] = layers {
        links.push(geodata(layer, place));
    }
    links
}

fn geodata(layer: &Layer, place: Place<'_>) -> Link {
    let href = format!("{}/api/collections/{}", place.base, layer.id);
    Link::new(GEODATA, "application/json", href).titled(layer.title.get(place.language))
}

/// The zooms that the tileset has, as TileJSON tells them too.
fn zooms(frozen: &Frozen) -> RangeInclusive<u8> {
    let first = frozen.layers().map(|layer| layer.min_zoom).min().unwrap_or(0);
    first..=frozen.layers().map(|layer| layer.max_zoom).max().unwrap_or(first)
}

/// None where there are no features.
fn limits(frozen: &Frozen) -> Vec<Limits> {
    let Some(around) = frozen.bounds() else { return Vec::new() };
    zooms(frozen).map(|zoom| Limits::new(zoom, around)).collect()
}

/// Whether the tileset has the tile.
pub fn holds(frozen: &Frozen, tile: TileId) -> bool {
    zooms(frozen).contains(&tile.z()) && frozen.bounds().is_some_and(|around| Limits::new(tile.z(), around).hold(tile))
}

/// The layer itself, and its label points where it has them.
fn tile_layers(layer: &Layer, place: Place<'_>) -> Vec<TileLayer> {
    let of = |found: VectorLayer| TileLayer {
        data_type: "vector",
        geometry_dimension: match layer.geometry {
            _ if found.id.ends_with(LABELS) => 0,
            GeometryKind::Point => 0,
            GeometryKind::Line => 1,
            GeometryKind::Polygon => 2,
        },
        min_tile_matrix: found.minzoom.to_string(),
        max_tile_matrix: found.maxzoom.to_string(),
        properties_schema: schema(layer, &found, place.language),
        links: vec![geodata(layer, place)],
        title: found.description,
        id: found.id,
    };
    vector_layers(layer, place.language).into_iter().map(of).collect()
}

fn schema(layer: &Layer, tiles: &VectorLayer, language: Language) -> Json {
    let properties = tiles.fields.iter().map(|(name, kind)| {
        let title = layer.field(name).map_or(name.as_str(), |(_, field)| field.title.get(language));
        (name.clone(), json!({ "title": title, "type": kind.to_lowercase() }))
    });
    json!({ "type": "object", "properties": properties.collect::<Map<_, _>>() })
}
