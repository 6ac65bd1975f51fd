//! Everything that holds at a place: what is found and what is not, of whom it may speak, and by which plan.

use axum::http::{Request, StatusCode};
use serde_json::Value as Json;
use sqlx::{AssertSqlSafe, Row};

use crate::harness::City;

/// A square about 0.01 degrees wide, by its south-west corner, and its neighbour to the east.
const PLACE: &str = "
    insert into registers.boundary (geom, name, uid, katottg) values
      (st_multi(st_makeenvelope(30, 50, 30.1, 50.1, 4326)), 'Вербоград', 'b', 'UA80000000000093317');
    insert into registers.parcels (geom, cadastral_number, purpose_code, purpose, area_ha, ownership) values
      (st_multi(st_makeenvelope(30, 50, 30.01, 50.01, 4326)), '8000000000:82:001:0001', '02.01', 'Житлова забудова', 79, 'Комунальна'),
      (st_multi(st_makeenvelope(30.01, 50, 30.02, 50.01, 4326)), '8000000000:82:001:0002', '03.07', 'Торгівля', 79, 'Комунальна');
    insert into registers.zoning (geom, code, name, uid, state) values
      (st_multi(st_makeenvelope(30.002, 50, 30.05, 50.05, 4326)), 'Ж-1', 'Садибна забудова', 'z1', 'existing');
    insert into registers.addresses (geom, street, house, uid, status) values
      (st_setsrid(st_point(30.005, 50.005), 4326), 'вулиця Тиха', '5', 'A-1', 'Чинна'),
      (st_setsrid(st_point(30.0051, 50.005), 4326), 'вулиця Тиха', '7', 'A-2', 'Скасована'),
      (st_setsrid(st_point(30.0055, 50.005), 4326), 'вулиця Тиха', '9', 'A-3', 'Чинна');
    insert into registers.kiosks (geom, title, passport_number, passport_status, passport_until, owner_phone, owner_name)
      values (st_setsrid(st_point(30.0055, 50.005), 4326), 'Кава', 'ТС-1', 'дійсний', '2020-01-01', '+380441234567', 'ТОВ Кава'),
      (st_setsrid(st_point(30.03, 50.005), 4326), 'Далекий', 'ТС-2', 'дійсний', '2099-01-01', null, null);
    insert into registers.outages (geom, service, status, reason, uid, ends_on) values
      (st_multi(st_makeenvelope(30, 50, 30.01, 50.01, 4326)), 'electricity', 'active', 'Аварія', 'o1', '2099-01-01'),
      (st_multi(st_makeenvelope(30, 50, 30.01, 50.01, 4326)), 'water', 'ended', 'Було', 'o2', '2020-01-01');";

fn shelters(count: i32) -> String {
    format!(
        "insert into registers.shelters (geom, kind, street, house, uid) \
         select st_setsrid(st_point(30.005 + n * 0.0005, 50.005), 4326), 'Сховище', 'вулиця Тиха', n::text, 's' || n \
         from generate_series(1, {count}) as n"
    )
}

async fn city() -> City {
    let city = City::new().await;
    city.sql(PLACE).await;
    city.sql(&shelters(9)).await;
    city
}

fn layer<'a>(answer: &'a Json, id: &str) -> Option<&'a Json> {
    let groups = answer["groups"].as_array().unwrap();
    groups.iter().flat_map(|group| group["layers"].as_array().unwrap()).find(|layer| layer["id"] == id)
}

fn names(answer: &Json, id: &str) -> Vec<String> {
    let features = layer(answer, id).map(|layer| layer["features"].as_array().unwrap().clone()).unwrap_or_default();
    features.iter().map(|feature| feature["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_point_is_told_of_by_all_registers_that_hold_there() {
    let city = city().await;
    let answer = city.json("/api/here?lon=30.005&lat=50.005").await;
    assert_eq!(answer["place"]["inside"], true);
    assert_eq!(names(&answer, "parcels"), ["8000000000:82:001:0001"]);
    assert_eq!(names(&answer, "zoning"), ["Ж-1 Садибна забудова"]);
    assert_eq!(names(&answer, "addresses"), ["вулиця Тиха, 5"], "the nearest that is valid");
    assert_eq!(names(&answer, "outages").len(), 1, "what has ended holds no more");
    assert_eq!(names(&answer, "kiosks"), ["Кава"]);
    assert_eq!(
        names(&answer, "shelters"),
        ["Сховище, вулиця Тиха, 1", "Сховище, вулиця Тиха, 2", "Сховище, вулиця Тиха, 3"]
    );

    let kiosk = &layer(&answer, "kiosks").unwrap()["features"][0];
    assert_eq!(kiosk["standing"], "expired");
    assert_eq!(kiosk["key"]["passport_number"], "ТС-1");
    assert!((kiosk["metres"].as_f64().unwrap() - 35.8).abs() < 0.5, "{kiosk}");
    assert_eq!(kiosk["version"], 1);
    assert!(kiosk["recorded"].as_str().unwrap().ends_with('Z'));
    let owner = kiosk["properties"].as_array().unwrap().iter().find(|told| told["name"] == "owner_name").unwrap();
    assert_eq!(owner["value"], "ТОВ Кава");
    for link in kiosk["links"].as_array().unwrap() {
        let path = link["href"].as_str().unwrap().strip_prefix("http://city.example").unwrap();
        if link["rel"] == "item" {
            assert_eq!(city.json(path).await["properties"]["title"], "Кава");
        } else {
            assert!(path.contains("object=kiosks/"), "{path}");
        }
    }
    assert!(layer(&answer, "parcels").unwrap()["features"][0]["metres"].is_null(), "it holds the place");
    let silent = answer["silent"].as_array().unwrap();
    assert!(silent.iter().any(|layer| layer["id"] == "heritage"), "who was asked and has nothing is named");
    let order: Vec<_> = answer["groups"].as_array().unwrap().iter().map(|group| group["id"].clone()).collect();
    let panel: Vec<_> = city.catalogue.groups.iter().map(|group| Json::from(group.id.clone())).collect();
    assert_eq!(order, panel.into_iter().filter(|id| order.contains(id)).collect::<Vec<_>>(), "the panel's order");
}

#[tokio::test]
async fn an_address_and_a_parcel_are_places_too() {
    let city = city().await;
    let by_key = city.json("/api/here?address=A-3").await;
    assert_eq!(by_key["place"]["record"]["name"], "вулиця Тиха, 9");
    assert_eq!(names(&by_key, "addresses"), ["вулиця Тиха, 9"]);
    let id = by_key["place"]["record"]["id"].as_i64().unwrap();
    let by_id = city.json(&format!("/api/here?address={id}")).await;
    assert_eq!(by_id["place"], by_key["place"]);

    let parcel = city.json("/api/here?parcel=8000000000:82:001:0001").await;
    assert_eq!(names(&parcel, "parcels"), ["8000000000:82:001:0001"], "its neighbour only touches it");
    assert_eq!(names(&parcel, "zoning").len(), 1, "what reaches into it holds");
    assert_eq!(names(&parcel, "kiosks"), ["Кава"]);
    for (path, status) in [
        ("/api/here?parcel=8000000000:82:001:9999", StatusCode::NOT_FOUND),
        ("/api/here?address=%27%20or%201=1--", StatusCode::NOT_FOUND),
        ("/api/here?lon=30", StatusCode::BAD_REQUEST),
        ("/api/here?lon=30&lat=50&radius=100000", StatusCode::BAD_REQUEST),
    ] {
        let answer = city.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, "application/problem+json"), "{path}");
    }
}

#[tokio::test]
async fn a_record_without_a_place_and_a_place_outside_are_told_honestly() {
    let city = city().await;
    city.sql(
        "insert into registers.addresses (street, house, uid, status) values ('вулиця Тиха', '11', 'A-4', 'Чинна')",
    )
    .await;
    let answer = city.get("/api/here?address=A-4").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.json()["detail"].as_str().unwrap().contains("ще не відоме"), "{}", answer.json());
    let outside = city.json("/api/here?lon=-170&lat=-89.9").await;
    assert_eq!(outside["place"]["inside"], false);
    assert!(outside["place"]["note"].as_str().unwrap().contains("за межами"));
    assert_eq!(outside["groups"].as_array().unwrap().len(), 0, "{outside}");
    city.sql("delete from registers.boundary").await;
    let unknown = city.json("/api/here?lon=-170&lat=0").await;
    assert!(unknown["place"]["inside"].is_null() && unknown["place"]["note"].is_null());
}

#[tokio::test]
async fn a_radius_widens_the_search_and_the_rest_is_counted() {
    let city = city().await;
    let wide = city.json("/api/here?lon=30.005&lat=50.005&radius=1000").await;
    assert_eq!(layer(&wide, "kiosks").unwrap()["within"], 1000.0);
    let narrow = city.json("/api/here?lon=30.005&lat=50.005&radius=10").await;
    assert!(layer(&narrow, "kiosks").is_none());
    assert_eq!(names(&narrow, "shelters").len(), 3, "the nearest are found all the same");
    city.sql(
        "insert into registers.kiosks (geom, title, passport_number, passport_status) \
        select st_setsrid(st_point(30.005, 50.005), 4326), 'К', 'X' || n, 'дійсний' from generate_series(1, 30) n",
    )
    .await;
    let many = city.json("/api/here?lon=30.005&lat=50.005").await;
    assert_eq!((names(&many, "kiosks").len(), &layer(&many, "kiosks").unwrap()["more"]), (20, &Json::Bool(true)));
}

#[tokio::test]
async fn the_past_of_a_place_can_be_asked() {
    let city = city().await;
    let before = city.json("/api/here?lon=30.005&lat=50.005").await;
    let then: String =
        sqlx::query_scalar("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
            .fetch_one(&city.db.owner)
            .await
            .unwrap();
    city.sql("delete from registers.kiosks; update registers.zoning set name = 'Парк'").await;
    let now = city.json("/api/here?lon=30.005&lat=50.005").await;
    assert!(layer(&now, "kiosks").is_none());
    assert_eq!(names(&now, "zoning"), ["Ж-1 Парк"]);
    let past = city.json(&format!("/api/here?lon=30.005&lat=50.005&datetime={then}")).await;
    assert_eq!(names(&past, "kiosks"), names(&before, "kiosks"));
    assert_eq!(names(&past, "zoning"), names(&before, "zoning"));
    let parcel = city.json(&format!("/api/here?parcel=8000000000:82:001:0001&datetime={then}")).await;
    assert_eq!(names(&parcel, "kiosks"), ["Кава"]);
}

#[tokio::test]
async fn words_are_the_callers_and_nothing_is_for_staff_only() {
    let city = city().await;
    let request = Request::get("/api/here?lon=30.005&lat=50.005").header("accept-language", "en");
    let english = city.request(request).await;
    let body = String::from_utf8_lossy(&english.body).into_owned();
    assert!(!body.contains("+380"), "the owner's phone is for staff");
    let answer = english.json();
    assert_eq!(layer(&answer, "kiosks").unwrap()["title"], "Kiosks");
    let tag = english.header("etag").to_owned();
    let again =
        Request::get("/api/here?lon=30.005&lat=50.005").header("accept-language", "en").header("if-none-match", tag);
    assert_eq!(city.request(again).await.status, StatusCode::NOT_MODIFIED);
}

/// Every register that has many rows is read through an index: a sequential scan of a large one would take the time of
/// all the others.
#[tokio::test]
async fn one_plan_with_an_index_for_each_register() {
    let city = city().await;
    city.sql(
        "insert into registers.addresses (geom, street, house, uid, status) \
           select st_setsrid(st_point(30 + random() * 0.1, 50 + random() * 0.1), 4326), 'в', n::text, 'B' || n, 'Чинна' from generate_series(1, 20000) n; \
         insert into registers.kiosks (geom, title, passport_number, passport_status) \
           select st_setsrid(st_point(30 + random() * 0.1, 50 + random() * 0.1), 4326), 'К', 'Y' || n, 'дійсний' from generate_series(1, 20000) n; \
         insert into registers.parcels (geom, cadastral_number) \
           select st_multi(st_expand(st_setsrid(st_point(30 + random() * 0.1, 50 + random() * 0.1), 4326), 0.0001)), '8000000000:83:001:' || to_char(n, 'FM0000') \
           from generate_series(1, 9999) n; \
         insert into registers.shelters (geom, kind, uid) \
           select st_setsrid(st_point(30 + random() * 0.1, 50 + random() * 0.1), 4326), 'С', 'Z' || n from generate_series(1, 20000) n",
    )
    .await;
    city.sql("analyze registers.addresses, registers.kiosks, registers.parcels, registers.shelters").await;
    let here = misto::here::HereAt::new(city.catalogue.clone(), &city.db);
    let mut connection = city.db.public.acquire().await.unwrap();
    for mode in ["force_generic_plan", "force_custom_plan"] {
        for step in
            [format!("set plan_cache_mode = {mode}"), format!("prepare here as {}", here.statement_of_a_point())]
        {
            sqlx::raw_sql(AssertSqlSafe(step)).execute(&mut *connection).await.unwrap();
        }
        let rows = sqlx::raw_sql("explain execute here(30.05, 50.05, null)").fetch_all(&mut *connection).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        for table in ["addresses", "kiosks", "parcels", "shelters"] {
            let scans: Vec<_> = plan.iter().filter(|line| line.contains(&format!(" on {table}"))).collect();
            assert!(!scans.is_empty(), "{table} is not asked:\n{}", plan.join("\n"));
            assert!(
                scans.iter().all(|line| !line.contains("Seq Scan")),
                "{table} is read whole ({mode}):\n{}",
                plan.join("\n")
            );
        }
        sqlx::raw_sql("deallocate here").execute(&mut *connection).await.unwrap();
    }
    connection.close().await.unwrap();
}
