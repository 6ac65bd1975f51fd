//! OGC API – Features Part 1: landing page, conformance, collections, links, forms of answers, boxes, times, validation.

use axum::http::{Request, StatusCode};
use serde_json::Value as Json;

use crate::harness::City;

pub const KIOSKS: &str = "insert into registers.kiosks (geom, title, passport_number, passport_status, passport_until, area, kind, owner_phone) \
    select st_setsrid(st_point(30 + n * 0.01, 50), 4326), 'Кіоск ' || n, 'ТС-' || lpad(n::text, 3, '0'), \
    case n % 3 when 0 then 'анульований' else 'дійсний' end, case when n % 5 = 0 then null else date '2030-01-01' + n end, n * 1.5, \
    case n % 2 when 0 then 'стаціонарна' end, '+380441234567' from generate_series(1, 25) n";

/// The address that a link of that relation and media type leads to, within the city.
pub fn link(answer: &Json, rel: &str, media_type: &str) -> Option<String> {
    let links = answer["links"].as_array()?;
    let found = links
        .iter()
        .find(|link| link["rel"] == rel && link["type"].as_str().unwrap_or_default().starts_with(media_type));
    Some(found?["href"].as_str()?.strip_prefix("http://city.example")?.to_owned())
}

#[tokio::test]
async fn the_landing_page_leads_everywhere() {
    let city = City::new().await;
    let landing = city.json("/api").await;
    assert!(landing["title"].is_string() && landing["description"].is_string());
    for (rel, media_type) in [
        ("self", "application/json"),
        ("alternate", "text/html"),
        ("service-desc", "application/vnd.oai.openapi+json"),
        ("conformance", "application/json"),
        ("data", "application/json"),
        ("data", "text/html"),
    ] {
        let path = link(&landing, rel, media_type).unwrap_or_else(|| panic!("{rel} {media_type}: {landing}"));
        let answer = city.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        if rel != "service-desc" {
            assert!(answer.header("content-type").starts_with(media_type), "{path}");
        }
    }
    assert_eq!(city.json("/api/").await, landing);
    let older = city.json("/api/openapi-3.0.json").await;
    assert!(older["openapi"].as_str().unwrap().starts_with("3.0"));
    let classes = city.json("/api/conformance").await;
    let classes: Vec<_> =
        classes["conformsTo"].as_array().unwrap().iter().map(|class| class.as_str().unwrap()).collect();
    for class in
        ["ogcapi-features-1/1.0/conf/core", "ogcapi-features-1/1.0/conf/geojson", "ogcapi-features-2/1.0/conf/crs"]
    {
        assert!(classes.contains(&format!("http://www.opengis.net/spec/{class}").as_str()), "{class}");
    }
    assert!(!classes.iter().any(|class| class.contains("ogcapi-features-4")), "nothing can be edited yet");
}

#[tokio::test]
async fn collections_and_their_records_are_linked_in_every_form() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let kiosks = city.json("/api/collections/kiosks").await;
    assert_eq!(kiosks["storageCrs"], "http://www.opengis.net/def/crs/OGC/1.3/CRS84");
    assert_eq!(kiosks["itemType"], "feature");
    for (rel, media_type) in [
        ("items", "application/geo+json"),
        ("items", "text/html"),
        ("http://www.opengis.net/def/rel/ogc/1.0/schema", "application/schema+json"),
        ("http://www.opengis.net/def/rel/ogc/1.0/queryables", "application/schema+json"),
        ("http://www.opengis.net/def/rel/ogc/1.0/sortables", "application/schema+json"),
        ("alternate", "text/html"),
    ] {
        let path = link(&kiosks, rel, media_type).unwrap_or_else(|| panic!("{rel} {media_type}"));
        let answer = city.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.header("content-type").starts_with(media_type), "{path}: {}", answer.header("content-type"));
    }
    let page = city.json("/api/collections/kiosks/items?limit=3").await;
    assert!(page["timeStamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!((&page["numberReturned"], &page["numberMatched"]), (&3.into(), &25.into()));
    for (rel, media_type) in
        [("self", "application/geo+json"), ("alternate", "text/html"), ("next", "application/geo+json")]
    {
        assert!(link(&page, rel, media_type).is_some(), "{rel}");
    }
    let item = city.json("/api/collections/kiosks/items/1").await;
    for (rel, media_type) in
        [("self", "application/geo+json"), ("alternate", "text/html"), ("collection", "application/json")]
    {
        let path = link(&item, rel, media_type).unwrap_or_else(|| panic!("{rel}"));
        assert_eq!(city.get(&path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn the_form_of_an_answer_follows_f_and_accept() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for path in [
        "/api",
        "/api/conformance",
        "/api/collections",
        "/api/collections/kiosks",
        "/api/collections/kiosks/items",
        "/api/collections/kiosks/items/1",
        "/api/collections/kiosks/schema",
        "/api/collections/kiosks/queryables",
        "/api/collections/kiosks/sortables",
    ] {
        let page = city.request(Request::get(path).header("accept", browser)).await;
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        let json = city.get(path).await;
        assert!(json.header("content-type").contains("json"), "{path}");
        assert!(json.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("accept")), "{path}");
        let said = city.request(Request::get(format!("{path}?f=json")).header("accept", browser)).await;
        assert!(said.header("content-type").contains("json"), "{path}");
        for wrong in ["f=xml", "lang=de", "colour=red", "f=json&f=html"] {
            let answer = city.get(&format!("{path}?{wrong}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}?{wrong}");
            assert_eq!(answer.json()["field"].as_str(), wrong.split('=').next(), "{path}?{wrong}");
        }
    }
    let english = city.json("/api/collections/kiosks?lang=en").await;
    assert_eq!(english["title"], "Kiosks");
}

#[tokio::test]
async fn boxes_have_four_numbers_or_six() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    for bbox in ["30.005,49.9,30.055,50.1", "30.005,49.9,-100,30.055,50.1,900"] {
        let page = city.json(&format!("/api/collections/kiosks/items?bbox={bbox}")).await;
        assert_eq!((&page["numberReturned"], &page["numberMatched"]), (&5.into(), &5.into()), "{bbox}");
    }
    for wrong in ["30,50,31", "30,50,31,51,1", "30,50,31,x", "30,51,31,50", "30,50,31,95"] {
        let answer = city.get(&format!("/api/collections/kiosks/items?bbox={wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn times_are_moments_and_intervals_of_what_was_recorded() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let made: String =
        sqlx::query_scalar("select to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
            .fetch_one(&city.db.owner)
            .await
            .unwrap();
    city.sql("update registers.kiosks set title = 'Чай' where id = 1").await;
    city.sql("delete from registers.kiosks where id = 2").await;
    city.sql(
        "insert into registers.kiosks (title, passport_number, passport_status) values ('Новий', 'Н-1', 'дійсний')",
    )
    .await;
    let count = async |datetime: &str| {
        let page = city.json(&format!("/api/collections/kiosks/items?limit=100&datetime={datetime}")).await;
        assert_eq!(page["numberReturned"], page["numberMatched"]);
        (
            page["numberReturned"].as_i64().unwrap(),
            page["features"][0]["properties"]["title"].as_str().unwrap().to_owned(),
        )
    };
    let was = ("Кіоск 1".to_owned(), "Чай".to_owned());
    assert_eq!(count(&made).await, (25, was.0.clone()), "as of a moment");
    assert_eq!(count(&format!("../{made}")).await, (25, was.0), "what there was until then");
    assert_eq!(
        count(&format!("{made}/..")).await,
        (26, was.1.clone()),
        "with what has been deleted since, and what is new"
    );
    assert_eq!(count("2020-01-01/2999-01-01").await, (26, was.1), "each record once, as it last was");
    assert_eq!(city.json("/api/collections/kiosks/items?datetime=../2020-01-01").await["numberReturned"], 0);
    for wrong in ["yesterday", "../..", "2026-02-01/2026-01-01"] {
        let answer = city.get(&format!("/api/collections/kiosks/items?datetime={wrong}")).await;
        assert_eq!(
            (answer.status, answer.json()["field"].as_str()),
            (StatusCode::BAD_REQUEST, Some("datetime")),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_page_that_has_not_changed_is_not_sent_again() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let path = "/api/collections/kiosks/items?limit=5&sortby=-title";
    let ask = async |tag: &str, path: &str| city.request(Request::get(path).header("if-none-match", tag)).await;
    let tag = city.get(path).await.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    assert_eq!(ask(&tag, path).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(
        ask(&tag, "/api/collections/kiosks/items?limit=6&sortby=-title").await.status,
        StatusCode::OK,
        "another page"
    );
    city.sql("update registers.parcels set address = 'x'").await;
    assert_eq!(ask(&tag, path).await.status, StatusCode::NOT_MODIFIED, "an edit of another register");
    for edit in [
        "update registers.kiosks set title = 'Інша' where id = 1",
        "delete from registers.kiosks where id = 1",
        "insert into registers.kiosks (title, passport_number, passport_status) values ('Ще', 'Н-9', 'дійсний')",
        "truncate registers.kiosks cascade",
    ] {
        let tag = city.get(path).await.header("etag").to_owned();
        city.sql(edit).await;
        assert_eq!(ask(&tag, path).await.status, StatusCode::OK, "{edit}");
    }
}

#[tokio::test]
async fn what_cannot_be_done_yet_is_said() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    for (method, path) in [
        ("POST", "/api/collections/kiosks/items"),
        ("PUT", "/api/collections/kiosks/items/1"),
        ("PATCH", "/api/collections/kiosks/items/1"),
        ("DELETE", "/api/collections/kiosks/items/1"),
    ] {
        let answer = city.request(Request::builder().method(method).uri(path).header("accept-language", "en")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.header("allow"), "GET, HEAD, OPTIONS", "{method}");
        assert!(answer.json()["detail"].as_str().unwrap().contains("accounts"), "{method}");
    }
    let options = city.request(Request::options("/api/collections/kiosks/items")).await;
    assert_eq!((options.status, options.header("allow")), (StatusCode::NO_CONTENT, "GET, HEAD, OPTIONS"));
}
