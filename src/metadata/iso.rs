//! A register as ISO 19115 metadata in XML (ISO/TS 19139:2007, schemas of 2007-04-17), with the elements that INSPIRE asks
//! for: identifier, title, abstract, dates, extent, reference system, lineage, constraints, distribution, contact.

use super::utc;
use super::xml::Element;
use crate::catalogue::dataset::{Dataset, Distribution, Way};
use crate::catalogue::layer::{Bilingual, GeometryKind, Source};
use crate::catalogue::vocabulary::THEMES;
use crate::http::language::Language;

const CODES: &str = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml";
const NAMESPACES: [(&str, &str); 6] = [
    ("xmlns:gmd", "http://www.isotc211.org/2005/gmd"),
    ("xmlns:gco", "http://www.isotc211.org/2005/gco"),
    ("xmlns:gmx", "http://www.isotc211.org/2005/gmx"),
    ("xmlns:gml", "http://www.opengis.net/gml/3.2"),
    ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];
const SCHEMA: &str = "http://www.isotc211.org/2005/gmd http://schemas.opengis.net/iso/19139/20070417/gmd/gmd.xsd \
     http://www.isotc211.org/2005/gmx http://schemas.opengis.net/iso/19139/20070417/gmx/gmx.xsd";

/// The root element of the register's metadata.
pub fn metadata(dataset: &Dataset<'_>) -> Element {
    let root = NAMESPACES.iter().fold(Element::new("gmd:MD_Metadata"), |root, (name, uri)| root.set(name, *uri));
    root.set("xsi:schemaLocation", SCHEMA)
        .with(holds("gmd:fileIdentifier", &dataset.uuid().to_string()))
        .with(language("gmd:language", "ukr"))
        .with(code("gmd:characterSet", "gmd:MD_CharacterSetCode", "utf8"))
        .with(code("gmd:hierarchyLevel", "gmd:MD_ScopeCode", "dataset"))
        .with(party("gmd:contact", dataset, "pointOfContact"))
        .with(moment("gmd:dateStamp", dataset.overview.modified.map(utc)))
        .with(holds("gmd:metadataStandardName", "ISO 19115:2003/19139"))
        .with(holds("gmd:metadataStandardVersion", "1.0"))
        .with(holds("gmd:dataSetURI", &dataset.uri()))
        .with(english())
        .with(geometry(dataset))
        .with(reference_system())
        .with(Element::new("gmd:identificationInfo").with(identification(dataset)))
        .with(Element::new("gmd:distributionInfo").with(distribution(dataset)))
        .with(Element::new("gmd:dataQualityInfo").with(lineage(dataset)))
}

/// An element with a text in it.
fn holds(name: &'static str, text: &str) -> Element {
    Element::new(name).with(Element::new("gco:CharacterString").text(text))
}

/// An element with a Ukrainian text and its English translation (§9.7).
fn bilingual(name: &'static str, texts: &Bilingual) -> Element {
    let translation = Element::new("gmd:LocalisedCharacterString").set("locale", "#en").text(&texts.en);
    holds(name, &texts.uk)
        .set("xsi:type", "gmd:PT_FreeText_PropertyType")
        .with(Element::new("gmd:PT_FreeText").with(Element::new("gmd:textGroup").with(translation)))
}

/// An element with a value of a code list.
fn code(name: &'static str, list: &'static str, value: &str) -> Element {
    let list_name = list.trim_start_matches("gmd:");
    let value_of = Element::new(list).set("codeList", format!("{CODES}#{list_name}")).set("codeListValue", value);
    Element::new(name).with(value_of.text(value))
}

fn language(name: &'static str, code: &str) -> Element {
    let list = "http://www.loc.gov/standards/iso639-2/";
    let value = Element::new("gmd:LanguageCode").set("codeList", list).set("codeListValue", code);
    Element::new(name).with(value.text(code))
}

/// An element with a moment, or the word that nobody knows it.
fn moment(name: &'static str, moment: Option<String>) -> Element {
    match moment {
        Some(moment) => Element::new(name).with(Element::new("gco:DateTime").text(&moment)),
        None => Element::new(name).set("gco:nilReason", "unknown"),
    }
}

fn url(name: &'static str, address: &str) -> Element {
    Element::new(name).with(Element::new("gmd:URL").text(address))
}

/// A text that leads to an address.
fn anchor(name: &'static str, text: &str, address: &str) -> Element {
    Element::new(name).with(Element::new("gmx:Anchor").set("xlink:href", address).text(text))
}

fn english() -> Element {
    let locale = Element::new("gmd:PT_Locale").set("id", "en").with(language("gmd:languageCode", "eng")).with(code(
        "gmd:characterEncoding",
        "gmd:MD_CharacterSetCode",
        "utf8",
    ));
    Element::new("gmd:locale").with(locale)
}

fn party(name: &'static str, dataset: &Dataset<'_>, role: &str) -> Element {
    let publisher = dataset.publisher;
    let organisation = dataset.publisher_name(Language::Uk);
    let mut party = Element::new("gmd:CI_ResponsibleParty");
    if let Some(contact) = &publisher.contact {
        party = party.with(holds("gmd:individualName", contact));
    }
    party = match organisation {
        Some(name) => party.with(holds("gmd:organisationName", name)),
        None => party.with(Element::new("gmd:organisationName").set("gco:nilReason", "unknown")),
    };
    let mut contact = Element::new("gmd:CI_Contact");
    if let Some(email) = &publisher.email {
        let address = Element::new("gmd:CI_Address").with(holds("gmd:electronicMailAddress", email));
        contact = contact.with(Element::new("gmd:address").with(address));
    }
    let online = Element::new("gmd:CI_OnlineResource").with(url("gmd:linkage", &dataset.page()));
    contact = contact.with(Element::new("gmd:onlineResource").with(online));
    let party =
        party.with(Element::new("gmd:contactInfo").with(contact)).with(code("gmd:role", "gmd:CI_RoleCode", role));
    Element::new(name).with(party)
}

fn geometry(dataset: &Dataset<'_>) -> Element {
    let kind = match dataset.layer.geometry {
        GeometryKind::Point => "point",
        GeometryKind::Line => "curve",
        GeometryKind::Polygon => "surface",
    };
    let count = Element::new("gco:Integer").text(&dataset.overview.count.to_string());
    let objects = Element::new("gmd:MD_GeometricObjects")
        .with(code("gmd:geometricObjectType", "gmd:MD_GeometricObjectTypeCode", kind))
        .with(Element::new("gmd:geometricObjectCount").with(count));
    let vector = Element::new("gmd:MD_VectorSpatialRepresentation")
        .with(code("gmd:topologyLevel", "gmd:MD_TopologyLevelCode", "geometryOnly"))
        .with(Element::new("gmd:geometricObjects").with(objects));
    Element::new("gmd:spatialRepresentationInfo").with(vector)
}

fn reference_system() -> Element {
    let identifier = Element::new("gmd:RS_Identifier")
        .with(anchor("gmd:code", "EPSG:4326", "http://www.opengis.net/def/crs/EPSG/0/4326"))
        .with(holds("gmd:codeSpace", "EPSG"));
    let system =
        Element::new("gmd:MD_ReferenceSystem").with(Element::new("gmd:referenceSystemIdentifier").with(identifier));
    Element::new("gmd:referenceSystemInfo").with(system)
}

fn identification(dataset: &Dataset<'_>) -> Element {
    let layer = dataset.layer;
    let frequency =
        code("gmd:maintenanceAndUpdateFrequency", "gmd:MD_MaintenanceFrequencyCode", dataset.frequency().iso);
    let maintenance = Element::new("gmd:MD_MaintenanceInformation").with(frequency);
    let topics: Vec<_> = dataset.themes().iter().map(|theme| theme.topic).fold(Vec::new(), |mut topics, topic| {
        if !topics.contains(&topic) {
            topics.push(topic);
        }
        topics
    });
    let topic =
        |topic: &str| Element::new("gmd:topicCategory").with(Element::new("gmd:MD_TopicCategoryCode").text(topic));
    Element::new("gmd:MD_DataIdentification")
        .with(Element::new("gmd:citation").with(citation(dataset)))
        .with(bilingual("gmd:abstract", &layer.description))
        .with(holds("gmd:purpose", dataset.purpose()))
        .with(code("gmd:status", "gmd:MD_ProgressCode", "onGoing"))
        .with(party("gmd:pointOfContact", dataset, "custodian"))
        .with(Element::new("gmd:resourceMaintenance").with(maintenance))
        .with_all(keywords(dataset))
        .with_all(constraints(dataset))
        .with(code("gmd:spatialRepresentationType", "gmd:MD_SpatialRepresentationTypeCode", "vector"))
        .with(language("gmd:language", "ukr"))
        .with(code("gmd:characterSet", "gmd:MD_CharacterSetCode", "utf8"))
        .with_all(topics.into_iter().map(topic))
        .with_all(extent(dataset))
}

fn citation(dataset: &Dataset<'_>) -> Element {
    let date = |at: Option<_>, kind: &str| {
        let at: Option<String> = at;
        at.map(|at| {
            let date = Element::new("gmd:CI_Date").with(moment("gmd:date", Some(at))).with(code(
                "gmd:dateType",
                "gmd:CI_DateTypeCode",
                kind,
            ));
            Element::new("gmd:date").with(date)
        })
    };
    let overview = dataset.overview;
    let mut dates: Vec<_> = [date(overview.created.map(utc), "creation"), date(overview.modified.map(utc), "revision")]
        .into_iter()
        .flatten()
        .collect();
    if dates.is_empty() {
        dates.push(Element::new("gmd:date").set("gco:nilReason", "unknown"));
    }
    let uri = dataset.uri();
    let identifier = Element::new("gmd:MD_Identifier").with(anchor("gmd:code", &uri, &uri));
    Element::new("gmd:CI_Citation")
        .with(bilingual("gmd:title", &dataset.layer.title))
        .with_all(dates)
        .with(Element::new("gmd:identifier").with(identifier))
}

/// Those of the register in both languages, then the EU's themes.
fn keywords(dataset: &Dataset<'_>) -> Vec<Element> {
    let mut found: Vec<_> = Language::ALL
        .into_iter()
        .map(|language| {
            let words = dataset.keywords(language).into_iter().map(|word| holds("gmd:keyword", &word));
            let words = Element::new("gmd:MD_Keywords").with_all(words);
            words.with(code("gmd:type", "gmd:MD_KeywordTypeCode", "theme"))
        })
        .collect();
    if !dataset.themes().is_empty() {
        let themes = dataset.themes().iter().map(|theme| anchor("gmd:keyword", &theme.title().en, &theme.uri()));
        let thesaurus = Element::new("gmd:CI_Citation")
            .with(anchor("gmd:title", "EU data themes", THEMES))
            .with(Element::new("gmd:date").set("gco:nilReason", "unknown"));
        found.push(
            Element::new("gmd:MD_Keywords")
                .with_all(themes)
                .with(code("gmd:type", "gmd:MD_KeywordTypeCode", "theme"))
                .with(Element::new("gmd:thesaurusName").with(thesaurus)),
        );
    }
    found.into_iter().map(|words| Element::new("gmd:descriptiveKeywords").with(words)).collect()
}

/// Anybody may have it; the licence says what may be done with it.
fn constraints(dataset: &Dataset<'_>) -> [Element; 2] {
    const FREE: &str = "http://inspire.ec.europa.eu/metadata-codelist/LimitationsOnPublicAccess/noLimitations";
    let legal = |kind: &'static str, other: Element| {
        let legal =
            Element::new("gmd:MD_LegalConstraints").with(code(kind, "gmd:MD_RestrictionCode", "otherRestrictions"));
        Element::new("gmd:resourceConstraints").with(legal.with(other))
    };
    [
        legal("gmd:accessConstraints", anchor("gmd:otherConstraints", "no limitations on public access", FREE)),
        legal("gmd:useConstraints", anchor("gmd:otherConstraints", &dataset.layer.licence, &dataset.licence_uri())),
    ]
}

fn extent(dataset: &Dataset<'_>) -> Option<Element> {
    let degrees =
        |name: &'static str, value: f64| Element::new(name).with(Element::new("gco:Decimal").text(&value.to_string()));
    let mut extent = Element::new("gmd:EX_Extent");
    let overview = dataset.overview;
    if let Some([west, south, east, north]) = overview.bounds {
        let around = Element::new("gmd:EX_GeographicBoundingBox")
            .with(degrees("gmd:westBoundLongitude", west))
            .with(degrees("gmd:eastBoundLongitude", east))
            .with(degrees("gmd:southBoundLatitude", south))
            .with(degrees("gmd:northBoundLatitude", north));
        extent = extent.with(Element::new("gmd:geographicElement").with(around));
    }
    if let Some(created) = overview.created {
        let period = Element::new("gml:TimePeriod")
            .set("gml:id", "time")
            .with(Element::new("gml:beginPosition").text(&utc(created)))
            .with(Element::new("gml:endPosition").set("indeterminatePosition", "now"));
        let temporal = Element::new("gmd:EX_TemporalExtent").with(Element::new("gmd:extent").with(period));
        extent = extent.with(Element::new("gmd:temporalElement").with(temporal));
    }
    (overview.bounds.is_some() || overview.created.is_some()).then(|| Element::new("gmd:extent").with(extent))
}

fn distribution(dataset: &Dataset<'_>) -> Element {
    let distributions = dataset.distributions();
    let formats = distributions.iter().map(|found| {
        let format = Element::new("gmd:MD_Format")
            .with(holds("gmd:name", found.media_type))
            .with(Element::new("gmd:version").set("gco:nilReason", "unknown"));
        Element::new("gmd:distributionFormat").with(format)
    });
    let online = distributions.iter().map(|found| Element::new("gmd:onLine").with(resource(found)));
    let transfer = Element::new("gmd:MD_DigitalTransferOptions").with_all(online);
    Element::new("gmd:MD_Distribution").with_all(formats).with(Element::new("gmd:transferOptions").with(transfer))
}

fn resource(found: &Distribution) -> Element {
    let (protocol, function) = match (found.way, found.name) {
        (Way::Download, _) => ("WWW:DOWNLOAD-1.0-http--download", "download"),
        (Way::Api, "tiles") => ("OGC API - Tiles", "information"),
        (Way::Api, _) => ("OGC API - Features", "information"),
    };
    Element::new("gmd:CI_OnlineResource")
        .with(url("gmd:linkage", &found.url))
        .with(holds("gmd:protocol", protocol))
        .with(bilingual("gmd:name", &found.title))
        .with(code("gmd:function", "gmd:CI_OnLineFunctionCode", function))
}

fn lineage(dataset: &Dataset<'_>) -> Element {
    let keeper = &dataset.layer.attribution;
    let mut statement = Bilingual::new(
        format!("Реєстр, який веде {}.", kept_by(&keeper.uk, "місто")),
        format!("A register kept by {}.", kept_by(&keeper.en, "the city")),
    );
    if dataset.layer.source == Source::Managed {
        statement.uk.push_str(" Кожну зміну кожного запису збережено.");
        statement.en.push_str(" Every change of every record is kept.");
    }
    let level = code("gmd:level", "gmd:MD_ScopeCode", "dataset");
    let lineage = Element::new("gmd:LI_Lineage").with(bilingual("gmd:statement", &statement));
    Element::new("gmd:DQ_DataQuality")
        .with(Element::new("gmd:scope").with(Element::new("gmd:DQ_Scope").with(level)))
        .with(Element::new("gmd:lineage").with(lineage))
}

fn kept_by<'k>(keeper: &'k str, otherwise: &'k str) -> &'k str {
    if keeper.is_empty() { otherwise } else { keeper }
}
