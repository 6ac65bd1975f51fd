//! OGC API – Features Part 3 with CQL2: filters find what the same condition in SQL finds, and reach no more than the public
//! may see.

use axum::http::StatusCode;

use crate::harness::City;
use crate::ogc_core::KIOSKS;

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Ids that a filter finds.
async fn found(city: &City, filter: &str, rest: &str) -> Vec<i64> {
    let page = city.json(&format!("/api/collections/kiosks/items?limit=1000&filter={}{rest}", encoded(filter))).await;
    page["features"].as_array().unwrap().iter().map(|feature| feature["id"].as_i64().unwrap()).collect()
}

async fn selected(city: &City, condition: &str) -> Vec<i64> {
    let sql = format!("select id from registers.kiosks where {condition} order by id");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&city.db.owner).await.unwrap()
}

const CASES: [(&str, &str); 44] = [
    ("title = 'Кіоск 7'", "title = 'Кіоск 7'"),
    ("\"title\" = 'Кіоск 7'", "title = 'Кіоск 7'"),
    ("passport_status <> 'дійсний'", "passport_status <> 'дійсний'"),
    ("area > 10.5 AND area <= 30", "area > 10.5 and area <= 30"),
    ("area = 10.5", "area = 10.5"),
    ("id IN (1, 2, 3, 999)", "id in (1, 2, 3)"),
    ("title IN ('Кіоск 1', 'Кіоск 2')", "title in ('Кіоск 1', 'Кіоск 2')"),
    ("title NOT IN ('Кіоск 1')", "title not in ('Кіоск 1')"),
    ("area BETWEEN 3 AND 9", "area between 3 and 9"),
    ("area NOT BETWEEN 3 AND 9", "area not between 3 and 9"),
    ("title LIKE 'Кіоск 1%'", "title like 'Кіоск 1%'"),
    ("title LIKE 'Кіоск _'", "title like 'Кіоск _'"),
    ("title NOT LIKE '%1%'", "title not like '%1%'"),
    ("title LIKE 'Кіоск \\%'", "false"),
    ("CASEI(title) = CASEI('КІОСК 3')", "id = 3"),
    ("casei(title) LIKE casei('кІОСК 2_')", "title like 'Кіоск 2_'"),
    ("ACCENTI(title) = ACCENTI('Кюск 3')", "false"),
    ("ACCENTI(CASEI(title)) = ACCENTI(CASEI('КІ́ОСК 3'))", "id = 3"),
    ("passport_until IS NULL", "passport_until is null"),
    ("passport_until IS NOT NULL", "passport_until is not null"),
    ("NOT passport_until IS NULL", "passport_until is not null"),
    ("NOT (area > 10 OR kind = 'стаціонарна')", "not (area > 10 or kind = 'стаціонарна')"),
    ("area > 10 OR area < 3 AND kind IS NULL", "area > 10 or (area < 3 and kind is null)"),
    ("passport_until < DATE('2030-01-10')", "passport_until < '2030-01-10'"),
    ("passport_until >= '2030-01-10'", "passport_until >= '2030-01-10'"),
    ("passport_until = TIMESTAMP('2030-01-02T22:00:00Z')", "passport_until = '2030-01-03'"),
    (
        "passport_until BETWEEN DATE('2030-01-05') AND DATE('2030-01-09')",
        "passport_until between '2030-01-05' and '2030-01-09'",
    ),
    ("T_AFTER(passport_until, DATE('2030-01-10'))", "passport_until > '2030-01-10'"),
    ("T_BEFORE(passport_until, DATE('2030-01-10'))", "passport_until < '2030-01-10'"),
    (
        "T_DURING(passport_until, INTERVAL('2030-01-05','2030-01-09'))",
        "passport_until > '2030-01-05' and passport_until < '2030-01-09'",
    ),
    ("T_INTERSECTS(passport_until, INTERVAL('2030-01-20','..'))", "passport_until >= '2030-01-20'"),
    ("T_DISJOINT(passport_until, INTERVAL('..','2030-01-20'))", "passport_until > '2030-01-20'"),
    ("T_EQUALS(passport_until, DATE('2030-01-03'))", "passport_until = '2030-01-03'"),
    ("T_STARTS(INTERVAL(passport_until, '..'), INTERVAL('2030-01-03', '..'))", "false"),
    ("T_FINISHEDBY(INTERVAL('2020-01-01', passport_until), passport_until)", "passport_until is not null"),
    ("S_INTERSECTS(geom, BBOX(30.005,49.9,30.055,50.1))", "st_x(geom) between 30.005 and 30.055"),
    (
        "S_WITHIN(geometry, POLYGON((30.005 49,30.055 49,30.055 51,30.005 51,30.005 49)))",
        "st_x(geom) between 30.005 and 30.055",
    ),
    ("S_DISJOINT(geom, BBOX(30.005,49.9,30.055,50.1))", "st_x(geom) > 30.055"),
    ("S_EQUALS(geom, POINT(30.01 50))", "id = 1"),
    ("S_INTERSECTS(geom, BBOX(179,-90,30.015,90))", "id = 1"),
    ("area * 2 + 1 > 20 - area", "area * 2 + 1 > 20 - area"),
    ("id / 2 = 1.5", "id = 3"),
    ("id % 4 = 1 AND id div 4 = 2", "id = 9"),
    ("1 / (id - 3) > 0", "id > 3"),
];

#[tokio::test]
async fn filters_find_what_the_same_in_sql_finds() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    for (filter, condition) in CASES {
        assert_eq!(found(&city, filter, "").await, selected(&city, condition).await, "{filter}");
    }
    let expired = found(&city, "standing = 'expired'", "").await;
    let parameter = city.json("/api/collections/kiosks/items?limit=1000&standing=expired").await;
    assert_eq!(expired.len(), parameter["features"].as_array().unwrap().len());
    assert_eq!(found(&city, "standing IN ('valid','annulled')", "").await.len(), 25);
    assert_eq!(found(&city, "passport_issued < passport_until OR title = kind", "").await, [] as [i64; 0]);
}

#[tokio::test]
async fn json_says_the_same_as_text() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    for (json, condition) in [
        (
            r#"{"op":"and","args":[{"op":">","args":[{"property":"area"},10]},{"op":"like","args":[{"property":"title"},"%1%"]}]}"#,
            "area > 10 and title like '%1%'",
        ),
        (
            r#"{"op":"s_intersects","args":[{"property":"geom"},{"type":"Polygon","coordinates":[[[30.005,49],[30.055,49],[30.055,51],[30.005,51],[30.005,49]]]}]}"#,
            "st_x(geom) between 30.005 and 30.055",
        ),
        (r#"{"op":"not","args":[{"op":"isNull","args":[{"property":"kind"}]}]}"#, "kind is not null"),
        (r#"{"op":"in","args":[{"property":"id"},[1,2]]}"#, "id in (1, 2)"),
        (
            r#"{"op":"t_during","args":[{"property":"passport_until"},{"interval":["2030-01-05","2030-01-09"]}]}"#,
            "passport_until > '2030-01-05' and passport_until < '2030-01-09'",
        ),
        (
            r#"{"op":"=","args":[{"op":"casei","args":[{"property":"title"}]},{"op":"casei","args":["КІОСК 3"]}]}"#,
            "id = 3",
        ),
    ] {
        let expected = selected(&city, condition).await;
        assert_eq!(found(&city, json, "&filter-lang=cql2-json").await, expected, "{json}");
        assert_eq!(found(&city, json, "").await, expected, "{json}, known by its first brace");
    }
}

#[tokio::test]
async fn filters_join_with_everything_else() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let found = found(
        &city,
        "area > 3",
        "&bbox=30.005,49.9,30.055,50.1&passport_status=%D0%B4%D1%96%D0%B9%D1%81%D0%BD%D0%B8%D0%B9&sortby=-area",
    )
    .await;
    assert_eq!(found, [5, 4]);
}

#[tokio::test]
async fn what_staff_alone_may_see_is_not_there() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    for filter in [
        "owner_phone = '+380441234567'",
        "owner_phone IS NULL",
        "recorded_by = 'misto'",
        "CASEI(owner_phone) LIKE '%1%'",
        "title = owner_phone",
        r#"{"op":"isNull","args":[{"property":"owner_phone"}]}"#,
        "nothing = 1",
        "ctid = 'x'",
        "\"id\"\"; drop table registers.kiosks; --\" = 1",
    ] {
        let answer = city.get(&format!("/api/collections/kiosks/items?filter={}", encoded(filter))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{filter}");
        let problem = answer.json();
        assert_eq!(problem["field"], "filter", "{filter}");
        assert!(problem["detail"].as_str().unwrap().contains("passport_number"), "it says what there is: {problem}");
    }
    let sql = found(&city, "title = '''; drop table registers.kiosks; --'", "").await;
    assert!(sql.is_empty());
    for path in ["schema", "queryables", "sortables"] {
        let text = city.json(&format!("/api/collections/kiosks/{path}")).await.to_string();
        assert!(text.contains("passport_number") && !text.contains("owner_phone"), "{path}");
    }
}

#[tokio::test]
async fn wrong_filters_are_refused_with_place_and_reason() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    for (filter, part) in [
        ("title = = 1", "position 9"),
        ("title = 5", "position 9: a text is needed here, and this is a number"),
        ("area = 'великий'", "position 8: a number is needed here, and this is a text"),
        ("title", "position 1: a boolean is needed here, and this is a text"),
        ("passport_until > 'вчора'", "is no date"),
        ("geom = 5", "a geometry cannot be compared"),
        ("S_INTERSECTS(title, POINT(1 2))", "a geometry is needed"),
        ("S_INTERSECTS(geom, 'POINT(1 2)')", "a geometry is needed"),
        ("T_AFTER(title, DATE('2026-01-01'))", "a moment is needed"),
        ("T_AFTER(area, DATE('2026-01-01'))", "a moment is needed"),
        ("area + title > 5", "a number is needed"),
        ("area LIKE '1%'", "a text is needed"),
        ("NOT area", "a boolean is needed"),
        ("A_CONTAINS(title, ('x'))", "for arrays"),
        ("nope(1) = 2", "there is no function"),
    ] {
        let path = format!("/api/collections/kiosks/items?lang=en&filter={}", encoded(filter));
        let answer = city.get(&path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{filter}");
        let problem = answer.json();
        assert_eq!(problem["field"], "filter", "{filter}");
        assert!(problem["detail"].as_str().unwrap().contains(part), "{filter}: {problem}");
    }
    let language = city.get("/api/collections/kiosks/items?filter=true&filter-lang=ecql").await;
    assert_eq!((language.status, language.json()["field"].as_str()), (StatusCode::BAD_REQUEST, Some("filter-lang")));
    // what the database cannot compute
    for filter in ["id ^ 100000 > 1", "S_INTERSECTS(geom, POLYGON((30 49,31 51,31 49,30 51,30 49)))"] {
        let answer = city.get(&format!("/api/collections/kiosks/items?filter={}", encoded(filter))).await;
        assert!(matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::OK), "{filter}: {}", answer.status);
    }
}

#[tokio::test]
async fn exports_take_the_same_filters() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let filter = encoded("area > 30 OR title = 'Кіоск 1'");
    let file = city.json(&format!("/api/collections/kiosks/export.geojson?filter={filter}")).await;
    let ids: Vec<_> =
        file["features"].as_array().unwrap().iter().map(|feature| feature["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, selected(&city, "area > 30 or id = 1").await);
    let wrong = city.get("/api/collections/kiosks/export.csv?filter=owner_phone%20IS%20NULL").await;
    assert_eq!((wrong.status, wrong.json()["field"].as_str()), (StatusCode::BAD_REQUEST, Some("filter")));
}
