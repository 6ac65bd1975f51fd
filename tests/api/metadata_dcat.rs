//! DCAT-AP: three forms that say the same, what the profile asks for, and dates that are true.

use std::collections::BTreeSet;

use axum::http::{Request, StatusCode};
use oxjsonld::JsonLdParser;
use oxrdf::{NamedOrBlankNode, Quad, Term, Triple};
use oxrdfxml::RdfXmlParser;
use oxttl::TurtleParser;

use crate::harness::{Answer, City};

const KIOSK: &str = "insert into registers.kiosks (geom, title, passport_number, passport_status, owner_phone) values \
    (st_setsrid(st_point(30.5234, 50.4501), 4326), 'Кава', 'ТС-1', 'дійсний', '+380441234567')";
const OWN: &str = "http://city.example/opendata/kiosks";

type Graph = BTreeSet<String>;

fn turtle(answer: &Answer) -> Vec<Triple> {
    TurtleParser::new().for_slice(&answer.body).map(|triple| triple.unwrap()).collect()
}

/// The statements, written so that they can be compared.
fn set(triples: impl IntoIterator<Item = Triple>) -> Graph {
    triples.into_iter().map(|triple| triple.to_string()).collect()
}

fn name(short: &str) -> String {
    let (prefix, rest) = short.split_once(':').unwrap();
    let beginning = match prefix {
        "dcat" => "http://www.w3.org/ns/dcat#",
        "dct" => "http://purl.org/dc/terms/",
        "rdf" => "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "foaf" => "http://xmlns.com/foaf/0.1/",
        "eu" => "http://publications.europa.eu/resource/authority/",
        "iana" => "https://www.iana.org/assignments/media-types/",
        other => panic!("{other}"),
    };
    format!("{beginning}{rest}")
}

/// What a subject has for a predicate: addresses and the values of literals.
fn values(triples: &[Triple], subject: &str, predicate: &str) -> Vec<String> {
    let predicate = name(predicate);
    let is_subject =
        |triple: &Triple| matches!(&triple.subject, NamedOrBlankNode::NamedNode(node) if node.as_str() == subject);
    let value = |triple: &Triple| match &triple.object {
        Term::NamedNode(node) => node.as_str().to_owned(),
        Term::Literal(literal) => literal.value().to_owned(),
        other => panic!("{other}"),
    };
    triples.iter().filter(|triple| is_subject(triple) && triple.predicate.as_str() == predicate).map(value).collect()
}

fn of_class(triples: &[Triple], class: &str) -> Vec<String> {
    let class = format!("<{}>", name(class));
    let found = triples
        .iter()
        .filter(|triple| triple.predicate.as_str() == name("rdf:type") && triple.object.to_string() == class);
    found.map(|triple| triple.subject.to_string().trim_matches(['<', '>']).to_owned()).collect()
}

#[tokio::test]
async fn the_three_forms_say_the_same() {
    let city = City::new().await;
    city.sql(KIOSK).await;
    for file in ["/opendata/catalog", "/opendata/kiosks/dcat"] {
        let answers = ["ttl", "xml", "jsonld"].map(|ending| format!("{file}.{ending}"));
        let [ttl, xml, jsonld] =
            [city.get(&answers[0]).await, city.get(&answers[1]).await, city.get(&answers[2]).await];
        assert_eq!(ttl.header("content-type"), "text/turtle");
        assert_eq!(xml.header("content-type"), "application/rdf+xml");
        assert_eq!(jsonld.header("content-type"), "application/ld+json");
        let first = set(turtle(&ttl));
        assert!(first.len() > 100, "{} statements", first.len());
        assert_eq!(first, set(RdfXmlParser::new().for_slice(&xml.body).map(|triple| triple.unwrap())), "{file}");
        let quads = JsonLdParser::new().for_slice(&jsonld.body).map(|quad| quad.unwrap());
        assert_eq!(
            first,
            set(quads.map(|Quad { subject, predicate, object, .. }| Triple { subject, predicate, object })),
            "{file}"
        );
        assert!(first.iter().all(|triple| !triple.contains("_:")), "every node has an address");
        let known = city.request(Request::get(&answers[0]).header("if-none-match", ttl.header("etag"))).await;
        assert_eq!(known.status, StatusCode::NOT_MODIFIED);
    }
}

/// What DCAT-AP 3 calls mandatory and recommended, for every node of the catalogue.
#[tokio::test]
async fn every_node_has_what_the_profile_asks_for() {
    let city = City::new().await;
    city.sql(KIOSK).await;
    let triples = turtle(&city.get("/opendata/catalog.ttl").await);
    let has = |subject: &str, predicates: &[&str]| {
        for predicate in predicates {
            assert!(!values(&triples, subject, predicate).is_empty(), "{subject} has no {predicate}");
        }
    };
    let catalogue = "http://city.example/opendata/catalog";
    has(
        catalogue,
        &[
            "dct:title",
            "dct:description",
            "dct:publisher",
            "dcat:dataset",
            "dcat:service",
            "foaf:homepage",
            "dct:language",
            "dcat:themeTaxonomy",
            "dct:spatial",
            "dct:issued",
            "dct:modified",
        ],
    );
    let datasets = of_class(&triples, "dcat:Dataset");
    assert_eq!(datasets.len(), city.catalogue.layers.len());
    assert_eq!(values(&triples, catalogue, "dcat:dataset"), datasets);
    for dataset in &datasets {
        has(
            dataset,
            &[
                "dct:title",
                "dct:description",
                "dct:publisher",
                "dcat:theme",
                "dcat:keyword",
                "dcat:distribution",
                "dct:accrualPeriodicity",
                "dct:accessRights",
                "dct:identifier",
                "dcat:landingPage",
            ],
        );
        assert_eq!(values(&triples, dataset, "dct:publisher").len(), 1);
        assert_eq!(values(&triples, dataset, "dct:title").len(), 2, "in both languages");
    }
    for distribution in of_class(&triples, "dcat:Distribution") {
        has(&distribution, &["dcat:accessURL", "dct:license", "dct:title"]);
        assert!(values(&triples, &distribution, "dcat:byteSize").is_empty(), "files are made when they are asked for");
    }
    for agent in of_class(&triples, "foaf:Agent") {
        has(&agent, &["foaf:name"]);
    }
    has(
        "http://city.example/api",
        &["dct:title", "dcat:endpointURL", "dcat:endpointDescription", "dcat:servesDataset"],
    );
    has(OWN, &["dct:spatial", "dct:temporal", "dct:issued", "dct:modified"]);
    assert_eq!(values(&triples, OWN, "dct:accrualPeriodicity"), [name("eu:frequency/DAILY")]);
    assert_eq!(values(&triples, OWN, "dcat:theme"), [name("eu:data-theme/ECON")]);
    // an empty register has no place and nobody knows when it began
    assert!(values(&triples, "http://city.example/opendata/toilets", "dct:spatial").is_empty());
    assert!(values(&triples, "http://city.example/opendata/toilets", "dct:issued").is_empty());
}

#[tokio::test]
async fn distributions_lead_to_what_they_promise() {
    let city = City::new().await;
    city.sql(KIOSK).await;
    let triples = turtle(&city.get("/opendata/kiosks/dcat.ttl").await);
    let distributions = values(&triples, OWN, "dcat:distribution");
    assert_eq!(distributions.len(), 12, "nine files, the legal package, features and tiles");
    for distribution in &distributions {
        for url in values(&triples, distribution, "dcat:accessURL") {
            let answer = city.get(url.strip_prefix("http://city.example").unwrap()).await;
            assert_eq!(answer.status, StatusCode::OK, "{url}");
            let kind = answer.header("content-type").split(';').next().unwrap().to_owned();
            let promised = values(&triples, distribution, "dcat:mediaType");
            let is_tileset = url.ends_with("WebMercatorQuad");
            assert!(is_tileset || promised.is_empty() || promised == [name(&format!("iana:{kind}"))], "{url}: {kind}");
        }
    }
    let gpkg = format!("{OWN}#gpkg");
    assert_eq!(values(&triples, &gpkg, "dcat:downloadURL"), ["http://city.example/api/collections/kiosks/export.gpkg"]);
    assert_eq!(values(&triples, &gpkg, "dct:format"), [name("eu:file-type/GPKG")]);
    assert!(values(&triples, &format!("{OWN}#items"), "dcat:downloadURL").is_empty());
    let text = String::from_utf8(city.get("/opendata/kiosks/dcat.ttl").await.body).unwrap();
    assert!(!text.contains("+380"), "no record stands in a description");
}

/// A node is a server that has just started.
#[tokio::test]
async fn dates_are_those_of_the_records_and_not_of_the_server() {
    let city = City::new().await;
    city.sql(KIOSK).await;
    let dates = async |node: &City| {
        let triples = turtle(&node.get("/opendata/kiosks/dcat.ttl").await);
        [values(&triples, OWN, "dct:issued"), values(&triples, OWN, "dct:modified")].concat()
    };
    let recorded = |what: &str| {
        format!("select to_char({what} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from registers.kiosks")
    };
    let of_database = async |sql: String| {
        sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(sql)).fetch_one(&city.db.owner).await.unwrap()
    };
    let made = of_database(recorded("recorded_at")).await;
    let first = dates(&city).await;
    assert_eq!(first, [made.clone(), made.clone()]);
    assert_eq!(dates(&city.node()).await, first, "a restart moves nothing");
    // by whatever program: this is SQL
    city.sql("update registers.kiosks set title = 'Чай'").await;
    let changed = of_database(recorded("recorded_at")).await;
    assert_ne!(changed, made);
    assert_eq!(dates(&city.node()).await, [made.clone(), changed.clone()]);
    city.sql("update registers.kiosks set title = 'Чай'").await;
    assert_eq!(dates(&city.node()).await, [made.clone(), changed.clone()], "an edit that changes nothing is none");
    city.sql("delete from registers.kiosks").await;
    let [issued, modified] = <[String; 2]>::try_from(dates(&city.node()).await).unwrap();
    assert_eq!(issued, made, "the first record is remembered");
    assert!(modified > changed, "a deletion is a change: {modified}");
    assert_eq!(dates(&city.node()).await, [issued, modified]);
}

#[tokio::test]
async fn a_data_set_is_had_in_the_form_that_is_wanted() {
    let city = City::new().await;
    for (path, accept, file) in [
        ("/opendata/kiosks", "text/turtle", "/opendata/kiosks/dcat.ttl"),
        ("/opendata/kiosks", "application/ld+json", "/opendata/kiosks/dcat.jsonld"),
        ("/opendata/catalog", "application/rdf+xml", "/opendata/catalog.xml"),
    ] {
        let answer = city.request(Request::get(path).header("accept", accept)).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, accept), "{path}");
        assert!(answer.body == city.get(file).await.body, "{path}");
        assert!(answer.headers.get_all("vary").iter().any(|vary| vary == "accept, accept-language"), "{path}");
    }
    for (path, accept, page) in
        [("/opendata/kiosks", "text/html", "/api/collections/kiosks"), ("/opendata/catalog", "*/*", "/api/collections")]
    {
        let answer = city.request(Request::get(path).header("accept", accept)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(answer.header("location"), format!("http://city.example{page}"), "{path}");
    }
    for path in [
        "/opendata/nothing",
        "/opendata/nothing/dcat.ttl",
        "/opendata/nothing/iso19139.xml",
        "/opendata/kiosks/dcat.n3",
    ] {
        assert_eq!(city.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(city.get("/opendata/catalog.ttl?colour=red").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_host_that_is_none_is_refused_and_breaks_nothing() {
    let city = City::new().await;
    let request = Request::get("/opendata/catalog.ttl").header("host", "a:b:c");
    let answer = city.request(request).await;
    assert!(answer.status.is_client_error() || answer.status == StatusCode::OK, "{}", answer.status);
}
