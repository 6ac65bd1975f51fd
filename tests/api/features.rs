//! Features: pages, filters, single records, and what a bad request is told.

use std::time::Duration;

use axum::http::{Request, StatusCode};

use crate::harness::City;

const KIOSKS: &str = "insert into registers.kiosks (geom, title, passport_number, passport_status, passport_until, owner_phone) \
    select st_setsrid(st_point(30 + n * 0.01, 50), 4326), 'Кіоск ' || n, 'ТС-' || n, \
    case n % 3 when 0 then 'анульований' else 'дійсний' end, date '2020-01-01' + n * 365, '+380441234567' \
    from generate_series(1, 25) n";

#[tokio::test]
async fn pages_follow_one_another_and_end() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let mut path = "/api/collections/kiosks/items?limit=10".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = city.json(&path).await;
        seen.extend(
            page["features"].as_array().unwrap().iter().map(|f| f["properties"]["title"].as_str().unwrap().to_owned()),
        );
        let next = page["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next");
        match next {
            Some(link) => path = link["href"].as_str().unwrap().strip_prefix("http://city.example").unwrap().to_owned(),
            None => break,
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 25);
}

#[tokio::test]
async fn a_box_and_a_property_narrow_the_list() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let boxed = city.json("/api/collections/kiosks/items?bbox=30.005,49.9,30.055,50.1").await;
    assert_eq!(boxed["numberReturned"], 5);
    let annulled = city.json("/api/collections/kiosks/items?passport_status=%D0%B0%D0%BD%D1%83%D0%BB%D1%8C%D0%BE%D0%B2%D0%B0%D0%BD%D0%B8%D0%B9").await;
    assert_eq!(annulled["numberReturned"], 8);
    let expired = city.json("/api/collections/kiosks/items?standing=expired&limit=1000").await;
    assert!(expired["numberReturned"].as_i64().unwrap() >= 2, "permits of 2021 and 2022 have run out");
    let dated = city.json("/api/collections/kiosks/items?passport_until=2020-12-31").await;
    assert_eq!(dated["numberReturned"], 1);
}

#[tokio::test]
async fn a_box_across_the_antimeridian_is_two_boxes() {
    let city = City::new().await;
    city.sql(
        "insert into registers.kiosks (geom, title, passport_number, passport_status) values \
         (st_setsrid(st_point(179.5, 50), 4326), 'схід', '1', 'дійсний'), \
         (st_setsrid(st_point(-179.5, 50), 4326), 'захід', '2', 'дійсний'), \
         (st_setsrid(st_point(0, 50), 4326), 'між', '3', 'дійсний')",
    )
    .await;
    let page = city.json("/api/collections/kiosks/items?bbox=179,49,-179,51").await;
    assert_eq!(page["numberReturned"], 2);
}

#[tokio::test]
async fn one_feature_carries_its_standing_and_never_a_staff_column() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let page = city.json("/api/collections/kiosks/items?limit=1").await;
    let id = page["features"][0]["id"].as_i64().unwrap();
    let answer = city.get(&format!("/api/collections/kiosks/items/{id}")).await;
    assert_eq!(answer.header("content-type"), "application/geo+json");
    let feature = answer.json();
    assert_eq!(feature["properties"]["standing"], "expired", "the passport ended on 2020-12-31");
    assert_eq!(feature["properties"]["passport_until"], "2020-12-31");
    assert_eq!(feature["geometry"]["type"], "Point");
    assert!(!String::from_utf8_lossy(&answer.body).contains("+380"), "the owner's phone is for staff");
}

#[tokio::test]
async fn collections_describe_public_fields_only() {
    let city = City::new().await;
    let all = city.json("/api/collections").await;
    let ids: Vec<_> = all["collections"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    for id in ["kiosks", "advertising", "capital_works", "appeals", "parcels", "addresses"] {
        assert!(ids.contains(&id), "{id} is missing of {ids:?}");
    }
    let kiosks = city.json("/api/collections/kiosks").await;
    let text = kiosks.to_string();
    assert!(text.contains("passport_number") && !text.contains("owner_phone"));
    assert!(kiosks.get("extent").is_none(), "an empty register has no extent");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_in_the_callers_language() {
    let city = City::new().await;
    for (path, status, field) in [
        ("/api/collections/kiosk/items", StatusCode::NOT_FOUND, None),
        ("/api/collections/kiosks/items/999", StatusCode::NOT_FOUND, None),
        ("/api/collections/kiosks/items/abc", StatusCode::NOT_FOUND, None),
        ("/api/collections/kiosks/items?bbox=1,2", StatusCode::BAD_REQUEST, Some("bbox")),
        ("/api/collections/kiosks/items?limit=-1", StatusCode::BAD_REQUEST, Some("limit")),
        ("/api/collections/kiosks/items?colour=red", StatusCode::BAD_REQUEST, Some("colour")),
        ("/api/collections/kiosks/items?owner_phone=1", StatusCode::BAD_REQUEST, Some("owner_phone")),
        ("/api/collections/kiosks/items?passport_until=yesterday", StatusCode::BAD_REQUEST, Some("passport_until")),
        ("/api/collections/kiosks/items?standing=eternal", StatusCode::BAD_REQUEST, Some("standing")),
        ("/api/collections/kiosks/items?standing=%00", StatusCode::BAD_REQUEST, Some("standing")),
        ("/api/collections/kiosks/items?title=%00", StatusCode::BAD_REQUEST, Some("title")),
        ("/nowhere", StatusCode::NOT_FOUND, None),
    ] {
        let answer = city.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        assert_eq!(answer.header("content-language"), "uk", "{path}");
        assert_eq!(answer.json()["field"].as_str(), field, "{path}");
    }
    let english = city.request(Request::get("/nowhere").header("accept-language", "en")).await;
    assert_eq!(english.json()["detail"], "There is nothing at this address.");
    let posted = city.request(Request::post("/api/collections")).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(posted.header("allow").contains("GET"));
}

#[tokio::test]
async fn sql_in_parameters_is_only_text() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let page = city.json("/api/collections/kiosks/items?title=%27;%20drop%20table%20registers.kiosks;--").await;
    assert_eq!(page["numberReturned"], 0);
    assert_eq!(city.json("/api/collections/kiosks/items?limit=100").await["numberReturned"], 25);
}

#[tokio::test]
async fn answers_are_guarded_and_can_be_validated() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let first = city.get("/api/collections/kiosks/items/1").await;
    assert!(first.header("content-security-policy").contains("script-src 'self'"));
    assert!(!first.header("content-security-policy").contains("unsafe"));
    assert_eq!(first.header("x-content-type-options"), "nosniff");
    let tag = first.header("etag").to_owned();
    let again = city.request(Request::get("/api/collections/kiosks/items/1").header("if-none-match", &tag)).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    city.sql("update registers.kiosks set title = 'Інша назва' where id = 1").await;
    let changed = city.request(Request::get("/api/collections/kiosks/items/1").header("if-none-match", &tag)).await;
    assert_eq!(changed.status, StatusCode::OK);
}

#[tokio::test]
async fn the_server_says_how_it_is() {
    let city = City::new().await;
    assert_eq!(city.get("/healthz").await.status, StatusCode::OK);
    let ready = async {
        while city.get("/readyz").await.status != StatusCode::OK {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ready).await.expect("the registers are read within seconds");
    assert_eq!(city.get("/metrics").await.status, StatusCode::OK);
    assert_eq!(city.json("/api/openapi.json").await["openapi"], "3.1.0");
    city.db.public.close().await;
    let unready = city.get("/readyz").await;
    assert_eq!(unready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(unready.header("retry-after"), "10");
}

#[tokio::test]
async fn an_address_that_asks_too_fast_is_asked_to_wait_and_others_are_served() {
    let city = City::new().await;
    let ask = |address: &'static str| city.request(Request::get("/healthz").header("x-forwarded-for", address));
    let mut refused = None;
    for _ in 0..20_000 {
        let answer = ask("203.0.113.7").await;
        if answer.status != StatusCode::OK {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("nobody may ask 20 000 times at once");
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), "10");
    assert_eq!(ask("203.0.113.8").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_that_has_not_changed_is_not_sent_again() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let path = "/api/collections/kiosks/items?limit=5";
    let first = city.get(path).await;
    assert!(first.headers.get_all("vary").iter().any(|vary| vary == "accept, accept-language"));
    let again = city.request(Request::get(path).header("if-none-match", first.header("etag"))).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_page_of_very_large_shapes_ends_early_and_goes_on() {
    let city = City::new().await;
    city.sql(
        "insert into registers.green (geom, uid, kind) select st_multi(st_buffer(st_setsrid(st_point(30, 50), 4326), 0.1, 20000)), \
         'g' || n, 'park' from generate_series(1, 9) n",
    )
    .await;
    let page = city.json("/api/collections/green/items?limit=100").await;
    let returned = page["numberReturned"].as_u64().unwrap();
    assert!((1..9).contains(&returned), "{returned} shapes of several megabytes in one page");
    assert!(page["links"].as_array().unwrap().iter().any(|link| link["rel"] == "next"));
}
