//! Collections as their clients see them: OGC API – Features §7.14, with what the front end needs under `misto`.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::crs::{CRS84, Crs};
use crate::auth::Access;
use crate::catalogue::layer::{AllowedValue, Bilingual, Field, FieldType, GeometryKind, Group, Layer, Standing};
use crate::catalogue::overview::Overview;
use crate::catalogue::vocabulary::licence_uri;
use crate::formats::files::FileFormat;
use crate::http::language::Language;
use crate::http::links::Link;
use crate::http::offer::OtherCollection;
use crate::http::page::{HTML, say};

pub const GEOJSON: &str = "application/geo+json";

/// All collections, and the headings they are shown under.
#[derive(Debug, Serialize, ToSchema)]
pub struct Collections {
    pub links: Vec<Link>,
    /// Headings in panel order.
    pub groups: Vec<Group>,
    /// Registers in panel order, then collections of other things.
    pub collections: Vec<Listed>,
}

/// A collection in the list of all.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Listed {
    Register(Box<Collection>),
    Other(OtherCollection),
}

/// One register as a collection.
#[derive(Debug, Serialize, ToSchema)]
pub struct Collection {
    id: String,
    title: String,
    description: String,
    #[serde(rename = "itemType")]
    item_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    extent: Option<Extent>,
    /// Reference systems that features can be had in, as URIs; the first is the usual one.
    crs: Vec<String>,
    /// The one that features are kept in.
    #[serde(rename = "storageCrs")]
    storage_crs: &'static str,
    links: Vec<Link>,
    misto: Register,
}

#[derive(Debug, Serialize, ToSchema)]
struct Extent {
    spatial: SpatialExtent,
}

#[derive(Debug, Serialize, ToSchema)]
struct SpatialExtent {
    /// West, south, east, north in degrees.
    bbox: [[f64; 4]; 1],
    crs: &'static str,
}

/// What Misto says of a register beyond the standard: enough to draw its legend and its cards.
#[derive(Debug, Serialize, ToSchema)]
struct Register {
    title: Bilingual,
    description: Bilingual,
    attribution: Bilingual,
    group: String,
    order: i64,
    geometry: GeometryKind,
    /// What a card calls a feature: text with `{field}` in it.
    name: String,
    key: Vec<String>,
    zooms: Zooms,
    /// How often the register is brought up to date.
    updated: String,
    /// SPDX identifier.
    licence: String,
    color: String,
    /// Structure of Resolution 835, for example `A64/temporaryConstruction`.
    legal: Option<String>,
    status: Option<StatusMeaning>,
    /// How many records there are, or were as of the moment asked for; absent where nobody keeps how the register was.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
    /// Public fields in the order of the card.
    fields: Vec<FieldDescription>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Zooms {
    min: u8,
    max: u8,
}

#[derive(Debug, Serialize, ToSchema)]
struct StatusMeaning {
    field: String,
    until: Option<String>,
    /// Each value of the field and its standing while the term has not passed.
    means: BTreeMap<String, Standing>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FieldDescription {
    name: String,
    title: Bilingual,
    #[serde(rename = "type")]
    kind: FieldType,
    required: bool,
    unit: Option<Bilingual>,
    values: Option<Vec<AllowedValue>>,
    minor: bool,
    /// First zoom whose tiles carry it.
    tiles: Option<u8>,
    /// Regular expression that a whole value matches.
    pattern: Option<String>,
    min: Option<f64>,
    max: Option<f64>,
    /// A value of this type.
    example: &'static str,
    /// Column of the legal open-data file.
    legal: Option<String>,
}

impl Collection {
    /// `overview`: none where it is not known.
    pub fn new(layer: &Layer, overview: Option<Overview>, systems: &[Crs], base_url: &str, language: Language) -> Self {
        let bounds = overview.and_then(|overview| overview.bounds);
        Self {
            id: layer.id.clone(),
            title: layer.title.get(language).to_owned(),
            description: layer.description.get(language).to_owned(),
            item_type: "feature",
            extent: bounds.map(|bbox| Extent { spatial: SpatialExtent { bbox: [bbox], crs: CRS84 } }),
            crs: systems.iter().map(|crs| crs.uri()).collect(),
            storage_crs: CRS84,
            links: links(layer, base_url, language),
            misto: Register::new(layer, overview.map(|overview| overview.count)),
        }
    }
}

/// Descriptions of a collection's properties (OGC API – Features Parts 3 and 5): name, relation, titles.
pub const DESCRIPTIONS: [(&str, &str, &str, &str); 3] = [
    ("schema", "http://www.opengis.net/def/rel/ogc/1.0/schema", "Властивості записів", "Properties of the records"),
    ("queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", "За чим шукати", "What to filter by"),
    ("sortables", "http://www.opengis.net/def/rel/ogc/1.0/sortables", "За чим сортувати", "What to sort by"),
];
pub const SCHEMA: &str = "application/schema+json";

fn links(layer: &Layer, base_url: &str, language: Language) -> Vec<Link> {
    let own = format!("{base_url}/api/collections/{}", layer.id);
    let records = say(language, "Записи", "Records");
    let mut links = vec![
        Link::new("self", "application/json", format!("{own}?f=json")).titled(layer.title.get(language)),
        Link::new("alternate", HTML, format!("{own}?f=html")).titled(layer.title.get(language)),
        Link::new("items", GEOJSON, format!("{own}/items?f=json")).titled(records),
        Link::new("items", HTML, format!("{own}/items?f=html")).titled(records),
    ];
    let descriptions = DESCRIPTIONS.iter().map(|(name, rel, uk, en)| {
        Link::new(rel, SCHEMA, format!("{own}/{name}?f=json")).titled(say(language, uk, en))
    });
    links.extend(descriptions);
    links.extend([
        Link::new("license", HTML, licence_uri(&layer.licence)).titled(&layer.licence),
        Link::new("http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", "application/json", format!("{own}/tiles")),
        Link::new("describedby", "application/xml", format!("{base_url}/opendata/{}/iso19139.xml", layer.id))
            .titled("ISO 19139"),
        Link::new("describedby", "application/ld+json", format!("{base_url}/opendata/{}/dcat.jsonld", layer.id))
            .titled("DCAT-AP 3"),
    ]);
    let file =
        |media_type, name: &str, title: &str| Link::new("enclosure", media_type, format!("{own}/{name}")).titled(title);
    let exports = FileFormat::all();
    links.extend(exports.map(|(_, about)| file(about.media_type, &format!("export.{}", about.ending), about.title)));
    if let Some(legal) = &layer.legal {
        links.push(file("application/zip", "legal.zip", &legal.structure));
    }
    links
}

impl Register {
    fn new(layer: &Layer, count: Option<i64>) -> Self {
        let public = layer.fields.iter().filter(|field| field.access == Access::Public);
        Self {
            title: layer.title.clone(),
            description: layer.description.clone(),
            attribution: layer.attribution.clone(),
            group: layer.group.clone(),
            order: layer.order,
            geometry: layer.geometry,
            name: layer.name.clone(),
            key: layer.key_names().map(str::to_owned).collect(),
            zooms: Zooms { min: layer.min_zoom, max: layer.max_zoom },
            updated: layer.updated.clone(),
            licence: layer.licence.clone(),
            color: layer.color.clone(),
            legal: layer.legal.as_ref().map(|legal| legal.structure.clone()),
            status: status(layer),
            count,
            fields: public.map(FieldDescription::new).collect(),
        }
    }
}

fn status(layer: &Layer) -> Option<StatusMeaning> {
    let status = layer.status.as_ref()?;
    let name = |index: usize| layer.fields.get(index).map(|field| field.name.clone());
    Some(StatusMeaning {
        field: name(status.field)?,
        until: status.until.and_then(name),
        means: status.means.iter().cloned().collect(),
    })
}

impl FieldDescription {
    fn new(field: &Field) -> Self {
        Self {
            name: field.name.clone(),
            title: field.title.clone(),
            kind: field.kind,
            required: field.required,
            unit: field.unit.clone(),
            values: (!field.values.is_empty()).then(|| field.values.clone()),
            minor: field.minor,
            tiles: field.tiles,
            pattern: field.pattern_text().or(field.kind.about().pattern).map(str::to_owned),
            min: field.min,
            max: field.max,
            example: field.kind.about().example,
            legal: field.legal.clone(),
        }
    }
}
