//! TileJSON 3.0 of one layer or of several together.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::Frozen;
use super::keep::Format;
use crate::auth::Access;
use crate::catalogue::layer::{FieldType, LABELS, Layer};
use crate::http::language::Language;
use crate::http::moment;

/// TileJSON 3.0.0.
#[derive(Debug, Serialize, ToSchema)]
pub struct TileJson {
    tilejson: &'static str,
    tiles: Vec<String>,
    vector_layers: Vec<VectorLayer>,
    name: String,
    attribution: String,
    scheme: &'static str,
    /// `mlt` for MapLibre Tiles; absent for Mapbox Vector Tiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    minzoom: u8,
    maxzoom: u8,
    /// West, south, east, north in degrees; absent where there are no features.
    #[serde(skip_serializing_if = "Option::is_none")]
    bounds: Option<[f64; 4]>,
    /// Zooms whose tiles do not hold every feature as it is; no key of TileJSON's.
    generalised: Vec<Generalised>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VectorLayer {
    pub id: String,
    pub description: String,
    pub minzoom: u8,
    pub maxzoom: u8,
    /// Field name to its type: Number, Boolean or String.
    pub fields: BTreeMap<String, &'static str>,
}

/// How the tiles of one zoom differ from the register.
#[derive(Debug, Serialize, ToSchema)]
struct Generalised {
    layer: String,
    zoom: u8,
    /// Features with equal fields are one, without an id.
    #[serde(skip_serializing_if = "is_false")]
    merged: bool,
    /// Points close together are one, with `cluster`, `count` and `count_…`.
    #[serde(skip_serializing_if = "is_false")]
    clustered: bool,
    /// The share of features that tiles of this zoom keep so as not to become too large; of polygons the others remain as
    /// area.
    kept: f64,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl TileJson {
    /// Encodes the fullest tiles, where nobody has asked for them yet, to know what tiles keep.
    pub fn new(
        frozen: &Frozen,
        base_url: &str,
        language: Language,
        format: Format,
        moment: Option<DateTime<Utc>>,
    ) -> Self {
        let as_of = moment.map(|at| format!("?datetime={}", moment::write(at))).unwrap_or_default();
        let layers: Vec<_> = frozen.layers().collect();
        let ids: Vec<_> = layers.iter().map(|layer| layer.id.as_str()).collect();
        let names: Vec<_> = layers.iter().map(|layer| layer.title.get(language)).collect();
        let mut attributions: Vec<_> = layers.iter().map(|layer| layer.attribution.get(language)).collect();
        attributions.retain(|attribution| !attribution.is_empty());
        attributions.sort_unstable();
        attributions.dedup();
        let (ending, encoding) = match format {
            Format::Mvt => ("", None),
            Format::Mlt => (".mlt", Some("mlt")),
        };
        Self {
            tilejson: "3.0.0",
            tiles: vec![format!("{base_url}/tiles/{}/{{z}}/{{x}}/{{y}}{ending}{as_of}", ids.join(","))],
            vector_layers: layers.iter().flat_map(|layer| vector_layers(layer, language)).collect(),
            name: names.join(", "),
            attribution: attributions.join(" · "),
            scheme: "xyz",
            encoding,
            minzoom: layers.iter().map(|layer| layer.min_zoom).min().unwrap_or(0),
            maxzoom: layers.iter().map(|layer| layer.max_zoom).max().unwrap_or(0),
            bounds: frozen.bounds().map(|bounds| {
                // to a decimetre
                [bounds.west, bounds.south, bounds.east, bounds.north].map(|degrees| (degrees * 1e6).round() / 1e6)
            }),
            generalised: generalised(frozen),
        }
    }
}

fn generalised(frozen: &Frozen) -> Vec<Generalised> {
    let zooms = frozen.layers().map(|layer| layer.min_zoom).min().unwrap_or(0)
        ..=frozen.layers().map(|layer| layer.max_zoom).max().unwrap_or(0);
    let all = zooms.flat_map(|zoom| {
        frozen.kept(zoom).into_iter().map(move |(layer, kept)| {
            let rules = &layer.generalisation;
            Generalised {
                layer: layer.id.clone(),
                zoom,
                merged: zoom < rules.merge,
                clustered: zoom < rules.cluster,
                kept: (kept * 1e4).round() / 1e4,
            }
        })
    });
    all.filter(|found| found.merged || found.clustered || found.kept < 1.0).collect()
}

/// The layer itself, and its label points where it has them.
pub fn vector_layers(layer: &Layer, language: Language) -> Vec<VectorLayer> {
    let carried = layer.fields.iter().filter(|field| field.tiles.is_some() && field.access == Access::Public);
    let mut fields: BTreeMap<_, _> = carried.map(|field| (field.name.clone(), type_name(field.kind))).collect();
    if layer.status.is_some() {
        fields.insert("standing".to_owned(), "String");
    }
    let description = layer.title.get(language);
    let labels = layer.generalisation.labels.map(|from| VectorLayer {
        id: format!("{}{LABELS}", layer.id),
        description: match language {
            Language::Uk => format!("{description}: місця для підписів"),
            Language::En => format!("{description}: label points"),
        },
        minzoom: from.max(layer.min_zoom),
        maxzoom: layer.max_zoom,
        fields: fields.clone(),
    });
    let own = VectorLayer {
        id: layer.id.clone(),
        description: description.to_owned(),
        minzoom: layer.min_zoom,
        maxzoom: layer.max_zoom,
        fields,
    };
    std::iter::once(own).chain(labels).collect()
}

fn type_name(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Boolean => "Boolean",
        kind if kind.is_numeric() => "Number",
        _ => "String",
    }
}
