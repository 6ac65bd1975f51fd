//! A register as a record (OGC API – Records Part 1, 20-004r1 §7), and the catalogue as a collection of them (§8).

use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

use super::{CATALOGUE, CONFORMANCE};
use crate::catalogue::dataset::{Dataset, Way};
use crate::catalogue::vocabulary::THEMES;
use crate::config::Publisher;
use crate::http::language::Language;
use crate::http::links::Link;
use crate::metadata::graph::Syntax;
use crate::metadata::{bounds, dcat, lifetime, utc};

pub const GEOJSON: &str = "application/geo+json";
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/// A page of records.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordPage {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub number_matched: usize,
    pub number_returned: usize,
    pub features: Vec<Record>,
    pub links: Vec<Link>,
}

/// A register, described in the request's language.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Id of the register.
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    conforms_to: [&'static str; 1],
    /// From when on the register is known; null where nobody knows.
    time: Option<Time>,
    /// The box around its features as a polygon; null where there are none.
    #[schema(value_type = Option<Object>)]
    geometry: Option<Json>,
    properties: Properties,
    links: Vec<Link>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Time {
    interval: [String; 2],
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Properties {
    /// `dataset`.
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    description: String,
    keywords: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    themes: Vec<RecordTheme>,
    language: RecordLanguage,
    languages: Vec<RecordLanguage>,
    resource_languages: Vec<RecordLanguage>,
    /// When the register's first record was made, and when a record was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<String>,
    external_ids: Vec<ExternalId>,
    formats: Vec<RecordFormat>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<RecordContact>,
    /// SPDX identifier.
    license: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct RecordTheme {
    concepts: Vec<Concept>,
    scheme: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct Concept {
    id: &'static str,
    title: String,
    url: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
struct RecordLanguage {
    /// RFC 5646.
    code: &'static str,
    name: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct ExternalId {
    scheme: String,
    value: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RecordFormat {
    name: String,
    media_type: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct RecordContact {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    /// ЄДРПОУ.
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    emails: Vec<Email>,
    roles: [&'static str; 1],
}

#[derive(Debug, Serialize, ToSchema)]
struct Email {
    value: String,
}

fn language(language: Language) -> RecordLanguage {
    match language {
        Language::Uk => RecordLanguage { code: "uk", name: "Українська" },
        Language::En => RecordLanguage { code: "en", name: "English" },
    }
}

/// Identifiers under which other interfaces know the register: scheme and value.
pub fn external_ids(dataset: &Dataset<'_>, base: &str) -> [(String, String); 1] {
    [(format!("{base}/api/3/action/package_show"), dataset.uuid().to_string())]
}

impl Record {
    pub fn new(dataset: &Dataset<'_>, base: &str, language: Language) -> Self {
        let overview = dataset.overview;
        Self {
            id: dataset.layer.id.clone(),
            kind: "Feature",
            conforms_to: [CONFORMANCE[0]],
            time: overview.created.map(|created| Time { interval: [utc(created), "..".to_owned()] }),
            geometry: overview.bounds.map(|[west, south, east, north]| {
                let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
                json!({ "type": "Polygon", "coordinates": [ring] })
            }),
            properties: properties(dataset, base, language),
            links: links(dataset, base, language),
        }
    }
}

fn properties(dataset: &Dataset<'_>, base: &str, reader: Language) -> Properties {
    let (layer, overview) = (dataset.layer, dataset.overview);
    let concepts: Vec<_> = dataset
        .themes()
        .iter()
        .map(|theme| Concept { id: theme.code, title: theme.title().get(reader).to_owned(), url: theme.uri() })
        .collect();
    let themes = if concepts.is_empty() { Vec::new() } else { vec![RecordTheme { concepts, scheme: THEMES }] };
    let formats = dataset.distributions().into_iter();
    Properties {
        kind: "dataset",
        title: layer.title.get(reader).to_owned(),
        description: layer.description.get(reader).to_owned(),
        keywords: dataset.keywords(reader),
        themes,
        language: language(reader),
        languages: Language::ALL.map(language).to_vec(),
        resource_languages: vec![language(Language::Uk)],
        created: overview.created.map(utc),
        updated: overview.modified.map(utc),
        external_ids: external_ids(dataset, base).map(|(scheme, value)| ExternalId { scheme, value }).into(),
        formats: formats
            .map(|found| RecordFormat { name: found.title.get(reader).to_owned(), media_type: found.media_type })
            .collect(),
        contacts: contacts(dataset, reader),
        license: layer.licence.clone(),
    }
}

/// Who publishes the register, and who keeps it.
fn contacts(dataset: &Dataset<'_>, language: Language) -> Vec<RecordContact> {
    let mut contacts: Vec<_> = publisher(dataset.publisher).into_iter().collect();
    let keeper = dataset.layer.attribution.get(language);
    if !keeper.is_empty() {
        contacts.push(RecordContact {
            name: None,
            organization: Some(keeper.to_owned()),
            identifier: None,
            emails: Vec::new(),
            roles: ["custodian"],
        });
    }
    contacts
}

fn publisher(publisher: &Publisher) -> Option<RecordContact> {
    let Publisher { name, code, contact, email } = publisher;
    (name.is_some() || contact.is_some()).then(|| RecordContact {
        name: contact.clone(),
        organization: name.clone(),
        identifier: code.clone(),
        emails: email.iter().map(|email| Email { value: email.clone() }).collect(),
        roles: ["publisher"],
    })
}

fn links(dataset: &Dataset<'_>, base: &str, language: Language) -> Vec<Link> {
    let own = format!("{base}/api/collections/{CATALOGUE}");
    let mut links = vec![
        Link::new("self", GEOJSON, format!("{own}/items/{}", dataset.layer.id)),
        Link::new("collection", "application/json", own),
        Link::new("about", "application/json", dataset.page()).titled(dataset.layer.title.get(language)),
        Link::new("license", "text/html", dataset.licence_uri()).titled(&dataset.layer.licence),
    ];
    links.extend(Syntax::ALL.map(|form| {
        let href = format!("{}/dcat.{}", dataset.uri(), form.ending());
        Link::new("alternate", form.media_type(), href).titled("DCAT-AP 3")
    }));
    let iso = format!("{}/iso19139.xml", dataset.uri());
    links.push(Link::new("alternate", "application/xml", iso).titled("ISO 19139"));
    links.extend(dataset.distributions().into_iter().map(|found| {
        let (rel, kind) = match (found.way, found.name) {
            (Way::Download, _) => ("enclosure", found.media_type),
            (Way::Api, "tiles") => ("http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", "application/json"),
            (Way::Api, _) => ("items", found.media_type),
        };
        Link::new(rel, kind, found.url).titled(found.title.get(language))
    }));
    links
}

/// The catalogue as a collection whose items are records.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordCollection {
    id: &'static str,
    /// `Catalog`.
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    description: String,
    item_type: &'static str,
    conforms_to: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    extent: Option<Json>,
    crs: [&'static str; 1],
    language: RecordLanguage,
    languages: Vec<RecordLanguage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<RecordContact>,
    links: Vec<Link>,
}

impl RecordCollection {
    pub fn new(datasets: &[Dataset<'_>], base: &str, owner: &Publisher, reader: Language) -> Self {
        let own = format!("{base}/api/collections/{CATALOGUE}");
        let [created, updated] = lifetime(datasets);
        let mut links = vec![
            Link::new("self", "application/json", own.clone()),
            Link::new("items", GEOJSON, format!("{own}/items")),
        ];
        links.extend(Syntax::ALL.map(|form| {
            let href = format!("{base}/opendata/catalog.{}", form.ending());
            Link::new("alternate", form.media_type(), href).titled("DCAT-AP 3")
        }));
        Self {
            id: CATALOGUE,
            kind: "Catalog",
            title: dcat::title(owner).get(reader).to_owned(),
            description: dcat::description().get(reader).to_owned(),
            item_type: "record",
            conforms_to: CONFORMANCE.to_vec(),
            extent: bounds(datasets).map(|around| json!({ "spatial": { "bbox": [around], "crs": CRS84 } })),
            crs: [CRS84],
            language: language(reader),
            languages: Language::ALL.map(language).to_vec(),
            created: created.map(utc),
            updated: updated.map(utc),
            contacts: publisher(owner).into_iter().collect(),
            links,
        }
    }
}
