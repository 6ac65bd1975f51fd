//! The answer: the place, and what each register says of it, under the headings of the catalogue.

use serde::Serialize;
use utoipa::ToSchema;

use super::query::{Asked, Found, MOST};
use crate::catalogue::layer::{Bilingual, Group, Layer};
use crate::http::language::Language;
use crate::http::links::Link;

/// Everything that holds at a place.
#[derive(Debug, Serialize, ToSchema)]
pub struct Answer {
    pub place: Place,
    /// What was found, under the headings of the layer panel and in their order.
    pub groups: Vec<HereGroup>,
    /// Registers that were asked and say nothing of the place.
    pub silent: Vec<Named>,
    /// Registers that keep no history, and so cannot be asked of the past.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Named>,
    pub links: Vec<Link>,
}

/// The place that is told of.
#[derive(Debug, Serialize, ToSchema)]
pub struct Place {
    /// Degrees; of a parcel, a point within it.
    #[schema(example = 30.5234)]
    pub longitude: f64,
    #[schema(example = 50.4501)]
    pub latitude: f64,
    /// Whether it lies within the settlement's boundary; null where the city has none.
    pub inside: Option<bool>,
    /// The record that the place was named by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// What to know before the rest is read, in the request's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The address or the parcel that the place was named by.
#[derive(Debug, Serialize, ToSchema)]
pub struct Record {
    layer: String,
    id: i64,
    name: String,
    links: Vec<Link>,
}

/// A register by id and title.
#[derive(Debug, Serialize, ToSchema)]
pub struct Named {
    id: String,
    title: String,
}

/// A heading, with the registers under it that say something of the place.
#[derive(Debug, Serialize, ToSchema)]
pub struct HereGroup {
    id: String,
    title: String,
    layers: Vec<HereLayer>,
}

/// What a register says of the place.
#[derive(Debug, Serialize, ToSchema)]
pub struct HereLayer {
    id: String,
    title: String,
    /// How far from the place was looked, in metres; 0: only what holds it.
    within: f64,
    /// Whether only the nearest are told.
    nearest: bool,
    /// Whether there are more than are told.
    more: bool,
    /// How often the register is brought up to date.
    updated: String,
    /// The nearest first.
    features: Vec<HereFeature>,
    links: Vec<Link>,
}

/// A feature that holds at the place.
#[derive(Debug, Serialize, ToSchema)]
pub struct HereFeature {
    id: i64,
    /// What it is called, in the request's language.
    name: String,
    /// Its natural key: the values of the fields that tell records of the register apart.
    #[schema(value_type = std::collections::HashMap<String, serde_json::Value>)]
    key: serde_json::Map<String, serde_json::Value>,
    /// What its status means on the day; absent in a register without a status.
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<String>,
    /// The fields that matter here, by name.
    properties: Vec<Told>,
    /// How far away it is; absent where it holds the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    metres: Option<f64>,
    /// Counts the changes of the record from 1; absent where Misto does not keep the register.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
    /// When the version was recorded (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<String>,
    /// `item`: the feature in the API; `alternate`: the feature on the map.
    links: Vec<Link>,
}

/// A field with its value.
#[derive(Debug, Serialize, ToSchema)]
pub struct Told {
    name: String,
    title: String,
    value: serde_json::Value,
    /// The value in the request's language, where it is one of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
}

/// How a question was put.
pub struct Question<'q> {
    pub base_url: &'q str,
    pub language: Language,
    pub radius: Option<f64>,
    /// `datetime=…`, where the past was asked.
    pub datetime: Option<String>,
}

impl Place {
    /// From the first row. None where the record has no place; `of` is the register that it is in.
    pub fn read(row: &Found, of: Option<&Layer>, inside: bool, question: &Question<'_>) -> Option<Self> {
        let own = |place: usize| row.values.get(place)?.as_deref();
        let degrees = |place| own(place)?.parse::<f64>().ok();
        let (longitude, latitude) = (degrees(0)?, degrees(1)?);
        let is_bounded = own(2) == Some("true");
        let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
        let record = of.zip(row.id).map(|(layer, id)| Record {
            layer: layer.id.clone(),
            id,
            name: name(
                layer,
                id,
                row.values.get(3..).unwrap_or_default().iter().map(Option::as_deref),
                question.language,
            ),
            links: links(layer, id, [longitude, latitude], question),
        });
        let is_outside = is_bounded && !inside;
        let note = Bilingual::new(
            "Це місце за межами населеного пункту: реєстри міста можуть нічого про нього не знати.",
            "This place is outside the settlement’s boundary: the city’s registers may know nothing of it.",
        );
        Some(Self {
            longitude: round(longitude),
            latitude: round(latitude),
            inside: is_bounded.then_some(inside),
            record,
            note: is_outside.then(|| note.get(question.language).to_owned()),
        })
    }
}

impl Named {
    pub fn new(layer: &Layer, language: Language) -> Self {
        Self { id: layer.id.clone(), title: layer.title.get(language).to_owned() }
    }
}

/// Puts the rows of each register together; rows are in the order of registers, and those in the order of headings.
pub fn grouped(
    groups: &[Group],
    asked: &[Asked],
    found: Vec<Found>,
    at: [f64; 2],
    question: &Question<'_>,
) -> (Vec<HereGroup>, Vec<Named>) {
    let mut rows: Vec<Vec<Found>> = asked.iter().map(|_| Vec::new()).collect();
    for row in found {
        if let Some(rows) = usize::try_from(row.asked).ok().and_then(|index| rows.get_mut(index)) {
            rows.push(row);
        }
    }
    let (mut told, mut silent): (Vec<HereGroup>, _) = (Vec::new(), Vec::new());
    for (asked, rows) in asked.iter().zip(rows) {
        let layer = &asked.selection.layer;
        if rows.is_empty() {
            silent.push(Named::new(layer, question.language));
            continue;
        }
        if told.last().is_none_or(|group| group.id != layer.group) {
            let title =
                groups.iter().find(|group| group.id == layer.group).map(|group| group.title.get(question.language));
            let title = title.unwrap_or_default().to_owned();
            told.push(HereGroup { id: layer.group.clone(), title, layers: Vec::new() });
        }
        if let Some(group) = told.last_mut() {
            group.layers.push(HereLayer::new(asked, rows, at, question));
        }
    }
    (told, silent)
}

impl HereLayer {
    fn new(asked: &Asked, mut rows: Vec<Found>, at: [f64; 2], question: &Question<'_>) -> Self {
        let layer = &asked.selection.layer;
        let most = asked.here.nearest.unwrap_or(MOST) as usize;
        let more = rows.len() > most;
        rows.truncate(most);
        let within = match (asked.here.within, question.radius) {
            (within, Some(radius)) if within > 0.0 && asked.here.nearest.is_none() => radius,
            (within, _) => within,
        };
        let features = rows.into_iter().map(|row| HereFeature::new(asked, row, at, question));
        Self {
            id: layer.id.clone(),
            title: layer.title.get(question.language).to_owned(),
            within,
            nearest: asked.here.nearest.is_some(),
            more,
            updated: layer.updated.clone(),
            features: features.collect(),
            links: vec![Link::new(
                "collection",
                "application/json",
                format!("{}/api/collections/{}", question.base_url, layer.id),
            )],
        }
    }
}

impl HereFeature {
    fn new(asked: &Asked, row: Found, at: [f64; 2], question: &Question<'_>) -> Self {
        let (layer, id) = (&asked.selection.layer, row.id.unwrap_or_default());
        let named = layer.name_indices();
        let key = layer.key.iter().filter(|field| asked.fields.contains(field));
        let key = key.map(|&field| {
            (asked.selection.field(field).name.clone(), asked.selection.told(field, asked.value(&row, field)))
        });
        Self {
            id,
            name: name(layer, id, named.iter().map(|&field| asked.value(&row, field)), question.language),
            key: key.collect(),
            properties: asked
                .here
                .fields
                .iter()
                .filter_map(|&field| Told::new(asked, &row, field, question.language))
                .collect(),
            standing: row.standing,
            metres: row.metres.map(|metres| (metres * 10.0).round() / 10.0).filter(|metres| *metres > 0.0),
            version: row.version,
            recorded: row.recorded,
            links: links(layer, id, at, question),
        }
    }
}

impl Told {
    /// None where the field has no value.
    fn new(asked: &Asked, row: &Found, index: usize, language: Language) -> Option<Self> {
        let (field, text) = (asked.selection.field(index), asked.value(row, index)?);
        Some(Self {
            name: field.name.clone(),
            title: field.title.get(language).to_owned(),
            value: asked.selection.told(index, Some(text)),
            label: (!field.values.is_empty()).then(|| field.label(text, language).to_owned()),
        })
    }
}

/// The filled name, or the id where there is nothing to call the feature by.
fn name<'v>(layer: &Layer, id: i64, values: impl Iterator<Item = Option<&'v str>>, language: Language) -> String {
    let values: Vec<String> = values.map(|value| value.unwrap_or_default().to_owned()).collect();
    let name = layer.filled_name(&values, language);
    if name.is_empty() { id.to_string() } else { name }
}

fn links(layer: &Layer, id: i64, [longitude, latitude]: [f64; 2], question: &Question<'_>) -> Vec<Link> {
    let (base, layer) = (question.base_url, &layer.id);
    let moment = question.datetime.as_ref().map(|datetime| format!("?{datetime}")).unwrap_or_default();
    vec![
        Link::new("item", "application/geo+json", format!("{base}/api/collections/{layer}/items/{id}{moment}")),
        Link::new(
            "alternate",
            "text/html",
            format!("{base}/?map=17/{latitude:.5}/{longitude:.5}&layers={layer}&object={layer}/{id}"),
        ),
    ]
}
