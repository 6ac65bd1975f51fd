//! The developers' page: every example of it works on the portal that shows it.

use std::collections::BTreeSet;

use axum::http::{Request, StatusCode};
use regex::Regex;

use crate::harness::City;

/// The page's text as a reader copies it.
fn text(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body).into_owned();
    [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}

#[tokio::test]
async fn every_address_on_the_page_answers() {
    let city = City::new().await;
    city.sql(
        "insert into registers.kiosks (geom, title, passport_number, passport_status) \
         select st_setsrid(st_point(30.5 + n * 0.001, 50.4), 4326), 'К', n::text, 'дійсний' from generate_series(1, 20) n",
    )
    .await;
    let mut asked = BTreeSet::new();
    let curl = Regex::new("curl (?:-[A-Z] )?\"http://city.example(/[^\"]*)\"").unwrap();
    // addresses of tiles are templates, and what is read by programs is asked for as they do
    let quoted = Regex::new("[\"']http://city.example(/(?:tiles|styles|api/collections)[^\"'{]*)[\"']").unwrap();
    for language in ["uk", "en"] {
        let page = city.get(&format!("/developers?lang={language}")).await;
        assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
        assert_eq!(page.header("content-language"), language);
        let text = text(&page.body);
        assert!(!text.contains("<script src") && text.contains(&format!("<html lang=\"{language}\"")));
        asked.extend(curl.captures_iter(&text).map(|found| found[1].to_owned()));
        asked.extend(quoted.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    assert!(asked.len() > 12, "the examples were not found: {asked:?}");
    for path in asked {
        let status = match path.starts_with("/api/changes") {
            // a stream has no end: its head is the answer
            true => city.open(Request::get(&path)).await.status(),
            false => city.get(&path).await.status,
        };
        assert!(status.is_success(), "{path}: {status}");
    }
}

#[tokio::test]
async fn an_empty_city_has_a_page_too() {
    let city = City::new().await;
    assert_eq!(city.get("/developers").await.status, StatusCode::OK);
    assert_eq!(city.get("/developers?colour=red").await.status, StatusCode::BAD_REQUEST);
}
