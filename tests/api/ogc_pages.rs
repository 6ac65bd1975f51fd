//! Pages for people and search engines: well-formed, described, linked, without scripts.

use axum::http::{Request, StatusCode};
use serde_json::Value as Json;

use crate::harness::City;
use crate::ogc_core::KIOSKS;

const PATHS: [&str; 10] = [
    "/api",
    "/api/conformance",
    "/api/collections",
    "/api/collections/kiosks",
    "/api/collections/kiosks/schema",
    "/api/collections/kiosks/queryables",
    "/api/collections/kiosks/sortables",
    "/api/collections/kiosks/items",
    "/api/collections/kiosks/items/3",
    "/api/collections/kiosks/items/3/history",
];

async fn page(city: &City, path: &str, language: &str) -> String {
    let answer =
        city.request(Request::get(path).header("accept", "text/html").header("accept-language", language)).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    assert_eq!(answer.header("content-language"), language);
    assert!(!answer.header("etag").is_empty(), "{path}");
    String::from_utf8(answer.body).unwrap()
}

/// The values of an attribute, unescaped.
fn attributes(text: &str, start: &str) -> Vec<String> {
    text.split(start).skip(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&")).collect()
}

/// Elements that are opened and never closed, or closed and never opened.
fn unbalanced(text: &str) -> Vec<String> {
    const VOID: [&str; 6] = ["meta", "link", "input", "br", "!DOCTYPE", "img"];
    let mut open: Vec<String> = Vec::new();
    for tag in text.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        let name = tag.trim_start_matches('/').split_whitespace().next().unwrap().to_owned();
        if VOID.contains(&name.as_str()) {
            continue;
        }
        if !tag.starts_with('/') {
            open.push(name);
        } else if open.pop().as_deref() != Some(&name) {
            return vec![name];
        }
    }
    open
}

#[tokio::test]
async fn pages_are_whole_described_and_without_scripts() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    for path in PATHS {
        for language in ["uk", "en"] {
            let text = page(&city, path, language).await;
            assert!(text.starts_with("<!DOCTYPE html><html lang=\""), "{path}");
            assert!(text.contains(&format!("<html lang=\"{language}\"")), "{path}");
            assert_eq!(unbalanced(&text), Vec::<String>::new(), "{path}");
            assert_eq!(text.matches("<h1>").count(), 1, "{path}");
            assert_eq!(text.matches("<main").count(), 1, "{path}");
            assert!(text.contains("<meta name=\"description\" content=\""), "{path}");
            let canonical = attributes(&text, "rel=\"canonical\" href=\"");
            assert_eq!(canonical, [format!("http://city.example{path}?lang={language}")], "{path}");
            for hreflang in ["uk", "en", "x-default"] {
                assert_eq!(
                    text.matches(&format!("<link rel=\"alternate\" hreflang=\"{hreflang}\"")).count(),
                    1,
                    "{path}"
                );
            }
            assert!(!text.contains(" style=") && !text.contains("<style"), "{path}: the policy forbids inline styles");
            assert!(!text.contains("onclick") && !text.contains("javascript:"), "{path}");
            for script in text.split("<script").skip(1) {
                assert!(
                    script.starts_with(" type=\"application/ld+json\">"),
                    "{path}: only data may stand in a script"
                );
                let data: Json =
                    serde_json::from_str(script.split_once('>').unwrap().1.split("</script>").next().unwrap()).unwrap();
                assert_eq!(data["@context"], "https://schema.org/", "{path}");
                assert!(data["@type"].is_string() && data["name"].is_string(), "{path}");
            }
            assert!(!text.contains("+380"), "{path}: the owner's phone is for staff");
        }
    }
    let style = city.get(&attributes(&page(&city, "/api", "uk").await, "rel=\"stylesheet\" href=\"")[0]).await;
    assert_eq!((style.status, style.header("content-type")), (StatusCode::OK, "text/css; charset=utf-8"));
}

#[tokio::test]
async fn every_link_of_a_page_leads_somewhere() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let mut seen = std::collections::BTreeSet::new();
    for path in PATHS {
        let text = page(&city, path, "uk").await;
        for href in attributes(&text, " href=\"") {
            let own = href.strip_prefix("http://city.example").unwrap_or(&href).to_owned();
            // the map's page and other sites are tested elsewhere
            let is_ours = own.starts_with('/') && !own.starts_with("/?") && own != "/";
            if is_ours && !own.contains("/export.") && !own.contains("legal.zip") && seen.insert(own.clone()) {
                let answer = city.request(Request::get(&own).header("accept", "text/html")).await;
                assert!(answer.status.is_success(), "{path}: {own} gives {}", answer.status);
            }
        }
    }
    assert!(seen.len() > 60, "{}", seen.len());
}

#[tokio::test]
async fn records_are_listed_narrowed_and_paged_without_scripts() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let first = page(&city, "/api/collections/kiosks/items?limit=10", "uk").await;
    assert!(first.contains("Кіоск 10") && !first.contains("Кіоск 11"));
    assert!(first.contains("Знайдено записів: 25"), "{first}");
    let next = &attributes(&first, "rel=\"next\" href=\"")[0];
    let second = page(&city, next, "uk").await;
    assert!(second.contains("Кіоск 11") && second.contains("Кіоск 20") && !second.contains("Кіоск 21"));
    // a form sends what was left empty, too
    let narrowed =
        page(&city, "/api/collections/kiosks/items?standing=annulled&passport_status=&kind=&lang=uk", "uk").await;
    assert!(narrowed.contains("Знайдено записів: 8"));
    assert!(narrowed.contains("<option value=\"annulled\" selected>"));
    let nothing = page(&city, "/api/collections/kiosks/items?title=%3Cscript%3E", "uk").await;
    assert!(nothing.contains("Таких записів немає") && nothing.contains("value=\"&lt;script&gt;\""));
    let missing = city.request(Request::get("/api/collections/kiosks/items/999").header("accept", "text/html")).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_record_shows_what_is_recorded_and_where_it_is() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    city.sql("update registers.kiosks set title = '<b>Кава & чай</b>', passport_url = 'https://city.example/a?b=1&c=2' where id = 1").await;
    let text = page(&city, "/api/collections/kiosks/items/1", "uk").await;
    for part in [
        "&lt;b&gt;Кава &amp; чай&lt;/b&gt;",
        "ТС-001",
        "<time datetime=\"2030-01-02\">02.01.2030</time>",
        "standing-valid\">чинний<",
        "1,5",
        "50.000000, 30.010000",
        "href=\"https://city.example/a?b=1&amp;c=2\"",
        "href=\"/?object=kiosks/1&amp;lang=uk\"",
        "\"@type\":\"GeoCoordinates\",\"latitude\":50.0,\"longitude\":30.01",
    ] {
        assert!(text.contains(part), "{part} is missing of {text}");
    }
    assert!(!text.contains("<b>Кава"));
}

#[tokio::test]
async fn search_engines_are_shown_the_way() {
    let city = City::new().await;
    let robots = String::from_utf8(city.get("/robots.txt").await.body).unwrap();
    assert!(robots.contains("\nSitemap: http://city.example/sitemap.xml\n"), "{robots}");
    let answer = city.get("/sitemap.xml").await;
    assert_eq!(answer.header("content-type"), "application/xml");
    let map = String::from_utf8(answer.body).unwrap();
    for part in [
        "<loc>http://city.example/api/collections/kiosks?lang=uk</loc>",
        "<loc>http://city.example/api/collections/parcels/items?lang=en</loc>",
        "hreflang=\"uk\" href=\"http://city.example/?lang=uk\"",
    ] {
        assert!(map.contains(part), "{part}");
    }
    assert_eq!(map.matches("<loc>").count(), 2 * (3 + 2 * city.catalogue.layers.len()));
}

#[tokio::test]
async fn the_history_of_a_record_is_a_page_as_well() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    city.sql("update registers.kiosks set title = 'Нова <назва>', passport_status = 'анульований' where id = 1").await;
    city.sql("delete from registers.kiosks where id = 1").await;
    let text = page(&city, "/api/collections/kiosks/items/1/history", "uk").await;
    for part in ["Вилучено", "Створено", "<del>Кіоск 1</del> → <ins>Нова &lt;назва&gt;</ins>", "<ins>анульований</ins>"]
    {
        assert!(text.contains(part), "{part} is missing of {text}");
    }
    let first = page(&city, "/api/collections/kiosks/items/1/history?limit=1", "uk").await;
    let next = &attributes(&first, "rel=\"next\" href=\"")[0];
    assert!(page(&city, next.strip_prefix("http://city.example").unwrap(), "uk").await.contains("Створено"));
}
