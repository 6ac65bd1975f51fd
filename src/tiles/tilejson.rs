//! TileJSON 3.0 of one layer or of several together.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Access;
use crate::catalogue::layer::{FieldType, Layer};
use crate::http::language::Language;

/// TileJSON 3.0.0.
#[derive(Debug, Serialize, ToSchema)]
pub struct TileJson {
    tilejson: &'static str,
    tiles: Vec<String>,
    vector_layers: Vec<VectorLayer>,
    name: String,
    attribution: String,
    scheme: &'static str,
    minzoom: u8,
    maxzoom: u8,
    /// West, south, east, north in degrees; absent where there are no features.
    #[serde(skip_serializing_if = "Option::is_none")]
    bounds: Option<[f64; 4]>,
}

#[derive(Debug, Serialize, ToSchema)]
struct VectorLayer {
    id: String,
    description: String,
    minzoom: u8,
    maxzoom: u8,
    /// Field name to its type: Number, Boolean or String.
    fields: BTreeMap<String, &'static str>,
}

impl TileJson {
    pub fn new(layers: &[Arc<Layer>], base_url: &str, language: Language, bounds: Option<[f64; 4]>) -> Self {
        let ids: Vec<_> = layers.iter().map(|layer| layer.id.as_str()).collect();
        let names: Vec<_> = layers.iter().map(|layer| layer.title.get(language)).collect();
        let mut attributions: Vec<_> = layers.iter().map(|layer| layer.attribution.get(language)).collect();
        attributions.retain(|attribution| !attribution.is_empty());
        attributions.sort_unstable();
        attributions.dedup();
        Self {
            tilejson: "3.0.0",
            tiles: vec![format!("{base_url}/tiles/{}/{{z}}/{{x}}/{{y}}", ids.join(","))],
            vector_layers: layers.iter().map(|layer| vector_layer(layer, language)).collect(),
            name: names.join(", "),
            attribution: attributions.join(" · "),
            scheme: "xyz",
            minzoom: layers.iter().map(|layer| layer.min_zoom).min().unwrap_or(0),
            maxzoom: layers.iter().map(|layer| layer.max_zoom).max().unwrap_or(0),
            bounds,
        }
    }
}

fn vector_layer(layer: &Layer, language: Language) -> VectorLayer {
    let carried = layer.fields.iter().filter(|field| field.tiles.is_some() && field.access == Access::Public);
    let mut fields: BTreeMap<_, _> = carried.map(|field| (field.name.clone(), type_name(field.kind))).collect();
    if layer.status.is_some() {
        fields.insert("standing".to_owned(), "String");
    }
    VectorLayer {
        id: layer.id.clone(),
        description: layer.title.get(language).to_owned(),
        minzoom: layer.min_zoom,
        maxzoom: layer.max_zoom,
        fields,
    }
}

fn type_name(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Boolean => "Boolean",
        kind if kind.is_numeric() => "Number",
        _ => "String",
    }
}
