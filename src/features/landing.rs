//! The API's landing page and what it conforms to (OGC API – Features §7.2, §7.4).

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::language::Language;
use crate::http::links::Link;
use crate::http::offer::{Offer, Offers};
use crate::http::page::{HTML, say};

/// What features offer beside other slices.
pub fn offer() -> Offer {
    Offer { conformance: &CONFORMANCE, links, collection: None }
}

const CONFORMANCE: [&str; 33] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/core-roles-features",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/returnables-and-receivables",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/sortables",
    "http://www.opengis.net/spec/ogcapi-features-6/1.0/conf/property-selection",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sorting",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
];

fn links(base: &str, language: Language) -> Vec<Link> {
    let title = say(language, "Реєстри", "Registers");
    vec![
        Link::new("data", "application/json", format!("{base}/api/collections?f=json")).titled(title),
        Link::new("data", HTML, format!("{base}/api/collections?f=html")).titled(title),
    ]
}

/// The landing page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Landing {
    title: String,
    description: String,
    pub links: Vec<Link>,
}

/// The conformance classes that the API keeps.
#[derive(Debug, Serialize, ToSchema)]
pub struct Conformance {
    #[serde(rename = "conformsTo")]
    pub conforms_to: Vec<&'static str>,
    pub links: Vec<Link>,
}

pub const DESCRIPTION: [&str; 2] = [
    "Реєстри міста за стандартами OGC API: записи, тайли, стилі, каталог. Усе, що тут є, — відкриті дані.",
    "The city's registers by OGC API standards: features, tiles, styles, the catalogue. Everything here is open data.",
];

impl Landing {
    pub fn new(offers: &Offers, base: &str, language: Language) -> Self {
        let title = say(language, "API геопорталу міста", "API of the city geoportal");
        let mut links = own_links(&format!("{base}/api"), title);
        for (media_type, version, name) in [
            ("application/vnd.oai.openapi+json;version=3.0", "3.0", "openapi-3.0.json"),
            ("application/vnd.oai.openapi+json;version=3.1", "3.1", "openapi.json"),
        ] {
            let title = format!("{} (OpenAPI {version})", say(language, "Опис API", "Description of the API"));
            links.push(Link::new("service-desc", media_type, format!("{base}/api/{name}")).titled(title));
        }
        let classes = say(language, "Стандарти, яких дотримано", "Standards that are kept");
        let conformance = format!("{base}/api/conformance");
        for rel in ["conformance", "http://www.opengis.net/def/rel/ogc/1.0/conformance"] {
            links.push(Link::new(rel, "application/json", format!("{conformance}?f=json")).titled(classes));
        }
        links.push(Link::new("conformance", HTML, format!("{conformance}?f=html")).titled(classes));
        links.extend(offers.links(base, language));
        let [uk, en] = DESCRIPTION;
        Self { title: title.to_owned(), description: say(language, uk, en).to_owned(), links }
    }
}

impl Conformance {
    pub fn new(offers: &Offers, base: &str, language: Language) -> Self {
        let title = say(language, "Стандарти, яких дотримано", "Standards that are kept");
        Self { conforms_to: offers.conformance(), links: own_links(&format!("{base}/api/conformance"), title) }
    }
}

/// A document as JSON and as a page.
pub fn own_links(own_url: &str, title: &str) -> Vec<Link> {
    vec![
        Link::new("self", "application/json", format!("{own_url}?f=json")).titled(title),
        Link::new("alternate", HTML, format!("{own_url}?f=html")).titled(title),
    ]
}
