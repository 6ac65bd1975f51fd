//! The registers as DCAT-AP 3 (<https://semiceu.github.io/DCAT-AP/releases/3.0.0/>).
//!
//! Every node has an address, so the three forms hold the same statements.

use std::collections::BTreeMap;

use super::graph::Graph;
use super::{bounds, lifetime, utc};
use crate::catalogue::dataset::{Dataset, Distribution, RESOLUTION_835, Way};
use crate::catalogue::layer::Bilingual;
use crate::catalogue::vocabulary::{THEMES, Theme};
use crate::config::Publisher;
use crate::http::language::Language;
use crate::http::problem::Problem;

const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
/// What the service conforms to.
const STANDARDS: [&str; 3] = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0",
    "http://www.opengis.net/spec/ogcapi-records-1/1.0",
];
const UKRAINIAN: &str = "language:UKR";
const PUBLIC: &str = "access:PUBLIC";
const STABLE: &str = "http://publications.europa.eu/resource/authority/planned-availability/STABLE";
const LOCAL_AUTHORITY: &str = "http://purl.org/adms/publishertype/LocalAuthority";
/// Of what anything is: shapes ask that it be said.
const RESOURCE: &str = "rdfs:Resource";
/// Media types that IANA does not list.
const UNREGISTERED: [&str; 1] = ["application/flatgeobuf"];

/// The catalogue with all its data sets.
pub fn catalogue(base: &str, publisher: &Publisher, datasets: &[Dataset<'_>]) -> Result<Graph, Problem> {
    let mut graph = Graph::default();
    let own = format!("{base}/opendata/catalog");
    let [created, modified] = lifetime(datasets);
    let node = graph
        .node(&own, "dcat:Catalog")?
        .both("dct:title", &title(publisher))
        .both("dct:description", &description())
        .link("dct:publisher", &format!("{own}#publisher"))
        .refer("foaf:homepage", &format!("{base}/"), "foaf:Document")
        .refer("dct:language", UKRAINIAN, "dct:LinguisticSystem")
        .refer("dct:language", "language:ENG", "dct:LinguisticSystem")
        .link("dcat:themeTaxonomy", THEMES)
        .typed("dct:issued", created.map(utc), "xsd:dateTime")
        .typed("dct:modified", modified.map(utc), "xsd:dateTime")
        .link("dcat:service", &service_of(base))
        .links("dcat:dataset", datasets.iter().map(Dataset::uri));
    if bounds(datasets).is_some() {
        node.link("dct:spatial", &format!("{own}#place"));
    }
    place(&mut graph, &format!("{own}#place"), bounds(datasets))?;
    graph.node(THEMES, "skos:ConceptScheme")?.said("dct:title", "Data theme", "en");
    common(&mut graph, base, publisher, datasets)?;
    for dataset in datasets {
        describe(&mut graph, base, dataset)?;
    }
    graph.finished()
}

/// One data set, with what it refers to.
pub fn dataset(base: &str, publisher: &Publisher, dataset: &Dataset<'_>) -> Result<Graph, Problem> {
    let mut graph = Graph::default();
    describe(&mut graph, base, dataset)?;
    common(&mut graph, base, publisher, std::slice::from_ref(dataset))?;
    graph.finished()
}

/// What the catalogue is called.
pub fn title(publisher: &Publisher) -> Bilingual {
    match &publisher.name {
        Some(name) => Bilingual::new(format!("Відкриті дані: {name}"), format!("Open data: {name}")),
        None => Bilingual::new("Відкриті дані міста", "The city’s open data"),
    }
}

pub fn description() -> Bilingual {
    Bilingual::new(
        "Усі реєстри міста, які оприлюднено: файли багатьох форматів, векторні плитки та API.",
        "All registers that the city publishes: files of many formats, vector tiles and APIs.",
    )
}

fn service_of(base: &str) -> String {
    format!("{base}/api")
}

/// The publisher, the contact, the service and the themes.
fn common(graph: &mut Graph, base: &str, publisher: &Publisher, datasets: &[Dataset<'_>]) -> Result<(), Problem> {
    let own = format!("{base}/opendata/catalog");
    // a city that has not said its name is known by its address
    let name = publisher.name.as_deref().unwrap_or_else(|| base.split("//").last().unwrap_or(base));
    let agent = graph.node(&format!("{own}#publisher"), "foaf:Agent")?.text("foaf:name", name);
    let agent = agent.link("dct:type", LOCAL_AUTHORITY);
    if let Some(code) = &publisher.code {
        agent.text("dct:identifier", code);
    }
    graph.node(LOCAL_AUTHORITY, "skos:Concept")?.said("skos:prefLabel", "Local Authority", "en");
    graph.node(STABLE, "skos:Concept")?.said("skos:prefLabel", "stable", "en");
    if has_contact(publisher) {
        let contact = graph.node(&contact_of(base), "vcard:Kind")?;
        let contact = contact.text("vcard:fn", publisher.contact.as_deref().unwrap_or(name));
        if let Some(email) = &publisher.email {
            contact.link("vcard:hasEmail", &format!("mailto:{email}"));
        }
    }
    let mut service = graph
        .node(&service_of(base), "dcat:DataService")?
        .both("dct:title", &Bilingual::new("API геопорталу", "The geoportal’s API"))
        .both(
            "dct:description",
            &Bilingual::new(
                "OGC API: об’єкти реєстрів, векторні плитки та каталог",
                "OGC APIs: features of the registers, vector tiles and the catalogue",
            ),
        )
        .refer("dcat:endpointURL", &service_of(base), RESOURCE)
        .refer("dcat:endpointDescription", &format!("{base}/api/openapi.json"), RESOURCE)
        .refer("dct:accessRights", PUBLIC, "dct:RightsStatement")
        .link("dct:publisher", &format!("{own}#publisher"))
        .links("dcat:servesDataset", datasets.iter().map(Dataset::uri));
    for standard in STANDARDS {
        service = service.refer("dct:conformsTo", standard, "dct:Standard");
    }
    if has_contact(publisher) {
        service.link("dcat:contactPoint", &contact_of(base));
    }
    let themes: BTreeMap<_, Theme> =
        datasets.iter().flat_map(Dataset::themes).map(|theme| (theme.code, *theme)).collect();
    for theme in themes.values() {
        let node = graph.node(&theme.uri(), "skos:Concept")?;
        node.both("skos:prefLabel", &theme.title()).link("skos:inScheme", THEMES);
    }
    Ok(())
}

fn has_contact(publisher: &Publisher) -> bool {
    publisher.contact.is_some() || publisher.email.is_some()
}

fn contact_of(base: &str) -> String {
    format!("{base}/opendata/catalog#contact")
}

fn describe(graph: &mut Graph, base: &str, dataset: &Dataset<'_>) -> Result<(), Problem> {
    let (layer, own, overview) = (dataset.layer, dataset.uri(), dataset.overview);
    let keeper = format!("{own}#keeper");
    let is_kept = !layer.attribution.uk.is_empty();
    let publisher = match dataset.publisher.name {
        None if is_kept => keeper.clone(),
        _ => format!("{base}/opendata/catalog#publisher"),
    };
    let distributions = dataset.distributions();
    let mut node = graph
        .node(&own, "dcat:Dataset")?
        .both("dct:title", &layer.title)
        .both("dct:description", &layer.description)
        .text("dct:identifier", &layer.id)
        .link("dct:publisher", &publisher)
        .links("dcat:theme", dataset.themes().iter().map(|theme| theme.uri()))
        .typed("dct:issued", overview.created.map(utc), "xsd:dateTime")
        .typed("dct:modified", overview.modified.map(utc), "xsd:dateTime")
        .refer("dct:accrualPeriodicity", &dataset.frequency().uri(), "dct:Frequency")
        .refer("dct:accessRights", PUBLIC, "dct:RightsStatement")
        .refer("dct:language", UKRAINIAN, "dct:LinguisticSystem")
        .refer("dct:conformsTo", CRS84, "dct:Standard")
        .refer("dcat:landingPage", &dataset.page(), "foaf:Document")
        .links("dcat:distribution", distributions.iter().map(|distribution| form(dataset, distribution)));
    for language in Language::ALL {
        for keyword in dataset.keywords(language) {
            node = node.said("dcat:keyword", &keyword, language.tag());
        }
    }
    if is_kept {
        node = node.link("dct:creator", &keeper);
    }
    if has_contact(dataset.publisher) {
        node = node.link("dcat:contactPoint", &contact_of(base));
    }
    if layer.legal.is_some() {
        node = node.refer("dcatap:applicableLegislation", RESOLUTION_835, "eli:LegalResource");
    }
    if overview.bounds.is_some() {
        node = node.link("dct:spatial", &format!("{own}#place"));
    }
    if overview.created.is_some() {
        node.link("dct:temporal", &format!("{own}#time"));
    }
    if is_kept {
        graph.node(&keeper, "foaf:Agent")?.both("foaf:name", &layer.attribution);
    }
    place(graph, &format!("{own}#place"), overview.bounds)?;
    if let Some(created) = overview.created {
        // versions are kept from the first record on
        graph.node(&format!("{own}#time"), "dct:PeriodOfTime")?.typed(
            "dcat:startDate",
            Some(utc(created)),
            "xsd:dateTime",
        );
    }
    for distribution in &distributions {
        write_distribution(graph, base, dataset, distribution)?;
    }
    Ok(())
}

fn form(dataset: &Dataset<'_>, distribution: &Distribution) -> String {
    format!("{}#{}", dataset.uri(), distribution.name)
}

fn write_distribution(
    graph: &mut Graph,
    base: &str,
    dataset: &Dataset<'_>,
    distribution: &Distribution,
) -> Result<(), Problem> {
    let Distribution { title, media_type, file_type, url, way, .. } = distribution;
    let mut node = graph
        .node(&form(dataset, distribution), "dcat:Distribution")?
        .both("dct:title", title)
        .refer("dcat:accessURL", url, RESOURCE)
        .refer("dct:license", &dataset.licence_uri(), "dct:LicenseDocument")
        .refer("dct:language", UKRAINIAN, "dct:LinguisticSystem")
        .link("dcatap:availability", STABLE)
        .typed("dct:modified", dataset.overview.modified.map(utc), "xsd:dateTime");
    node = match way {
        Way::Download => node.refer("dcat:downloadURL", url, RESOURCE),
        Way::Api => node.link("dcat:accessService", &service_of(base)),
    };
    if !UNREGISTERED.contains(media_type) {
        node = node.refer("dcat:mediaType", &format!("iana:{media_type}"), "dct:MediaType");
    }
    if *media_type == "application/zip" {
        node = node.refer("dcat:packageFormat", "iana:application/zip", "dct:MediaType");
    }
    if let Some(code) = file_type {
        node.refer("dct:format", &format!("filetype:{code}"), "dct:MediaTypeOrExtent");
    }
    Ok(())
}

/// A place by its box, where there is one.
fn place(graph: &mut Graph, own: &str, bounds: Option<[f64; 4]>) -> Result<(), Problem> {
    let Some([west, south, east, north]) = bounds else { return Ok(()) };
    let ring = format!("POLYGON(({west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}))");
    graph.node(own, "dct:Location")?.typed("dcat:bbox", Some(ring), "geo:wktLiteral");
    Ok(())
}
