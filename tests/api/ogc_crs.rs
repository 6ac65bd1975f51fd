//! OGC API – Features Part 2: reference systems and the order of their axes.

use axum::http::StatusCode;
use serde_json::Value as Json;

use crate::harness::City;
use crate::ogc_core::KIOSKS;

const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0/";
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

fn position(feature: &Json) -> [f64; 2] {
    [0, 1].map(|place| feature["geometry"]["coordinates"][place].as_f64().unwrap())
}

#[tokio::test]
async fn answers_are_in_every_system_of_the_collection_with_the_axes_of_epsg() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let collection = city.json("/api/collections/kiosks").await;
    let offered: Vec<_> = collection["crs"].as_array().unwrap().iter().map(|crs| crs.as_str().unwrap()).collect();
    assert_eq!(offered[0], CRS84);
    // the city of this test lies at 30° E, where zones meet
    for code in ["4326", "3857", "5561", "5564", "6384", "7827", "9821", "32636"] {
        assert!(offered.contains(&format!("{EPSG}{code}").as_str()), "{code} is missing of {offered:?}");
    }
    assert!(!offered.contains(&format!("{EPSG}5562").as_str()), "a zone far away");
    for crs in offered {
        let answer = city.get(&format!("/api/collections/kiosks/items?limit=1&crs={crs}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{crs}");
        assert_eq!(answer.header("content-crs"), format!("<{crs}>"));
        let found = position(&answer.json()["features"][0]);
        let expected = match crs.strip_prefix(EPSG) {
            None => [30.01, 50.0],
            Some(code) => {
                let east_first: (f64, f64) = sqlx::query_as(sqlx::AssertSqlSafe(format!(
                    "select st_x(p), st_y(p) from (select st_transform(geom, {code}) as p from registers.kiosks where id = 1) as moved"
                )))
                .fetch_one(&city.db.owner)
                .await
                .unwrap();
                // UTM and Web Mercator begin with the easting; all others of these begin with north
                let is_east_first = code == "3857" || code.starts_with("326");
                if is_east_first { [east_first.0, east_first.1] } else { [east_first.1, east_first.0] }
            }
        };
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{crs}: {found} and not {expected}");
        }
        let item = city.get(&format!("/api/collections/kiosks/items/1?crs={crs}")).await;
        assert_eq!(item.header("content-crs"), format!("<{crs}>"));
        assert_eq!(position(&item.json()), found, "{crs}");
    }
}

#[tokio::test]
async fn without_a_system_coordinates_are_as_they_are_kept() {
    let city = City::new().await;
    city.sql(
        "insert into registers.kiosks (geom, title, passport_number, passport_status) \
         values (st_setsrid(st_point(30.123456789012345, 50.4), 4326), 'А', '1', 'дійсний')",
    )
    .await;
    let answer = city.get("/api/collections/kiosks/items").await;
    assert_eq!(answer.header("content-crs"), format!("<{CRS84}>"));
    assert_eq!(position(&answer.json()["features"][0]), [30.123456789012345, 50.4]);
    let turned = city.json(&format!("/api/collections/kiosks/items?crs={EPSG}4326")).await;
    assert_eq!(position(&turned["features"][0]), [50.4, 30.123456789012345]);
}

#[tokio::test]
async fn boxes_and_filters_are_read_in_their_own_systems() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let count = async |query: &str| {
        let page = city.json(&format!("/api/collections/kiosks/items?limit=100&{query}")).await;
        page["numberReturned"].as_i64().unwrap()
    };
    assert_eq!(count("bbox=30.005,49.9,30.055,50.1").await, 5);
    assert_eq!(count(&format!("bbox=49.9,30.005,50.1,30.055&bbox-crs={EPSG}4326")).await, 5);
    assert_eq!(count(&format!("bbox=30.005,49.9,30.055,50.1&bbox-crs={EPSG}4326")).await, 0, "turned over");
    for code in [3857, 5564, 6384, 7827] {
        let bounds: Vec<f64> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "select array[st_xmin(b), st_ymin(b), st_xmax(b), st_ymax(b)] from \
             (select st_transform(st_makeenvelope(30.005, 49.99, 30.055, 50.01, 4326), {code}) as b) as moved"
        )))
        .fetch_one(&city.db.owner)
        .await
        .unwrap();
        let [west, south, east, north] = bounds[..] else { panic!("{bounds:?}") };
        let (bbox, wkt) = if code == 3857 {
            (
                format!("{west},{south},{east},{north}"),
                format!("POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"),
            )
        } else {
            (
                format!("{south},{west},{north},{east}"),
                format!("POLYGON(({south} {west},{south} {east},{north} {east},{north} {west},{south} {west}))"),
            )
        };
        let expected: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "select count(*) from registers.kiosks where st_intersects(st_transform(geom, {code}), \
             st_makeenvelope({west}, {south}, {east}, {north}, {code}))"
        )))
        .fetch_one(&city.db.owner)
        .await
        .unwrap();
        assert!(expected >= 5);
        assert_eq!(count(&format!("bbox={bbox}&bbox-crs={EPSG}{code}")).await, expected, "{code}");
        let filter = format!("S_INTERSECTS(geom, {wkt})").replace(' ', "%20");
        assert_eq!(count(&format!("filter={filter}&filter-crs={EPSG}{code}")).await, expected, "{code}");
        let filter = format!("S_INTERSECTS(geom, BBOX({bbox}))").replace(' ', "%20");
        assert_eq!(count(&format!("filter={filter}&filter-crs={EPSG}{code}")).await, expected, "{code}");
    }
}

#[tokio::test]
async fn systems_that_are_not_offered_are_refused() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    for name in ["crs", "bbox-crs", "filter-crs"] {
        for value in
            [format!("{EPSG}5562"), format!("{EPSG}2154"), "EPSG:1".to_owned(), "WGS84".to_owned(), String::new()]
        {
            let answer =
                city.get(&format!("/api/collections/kiosks/items?{name}={value}&bbox=1,1,2,2&filter=true")).await;
            assert_eq!(
                (answer.status, answer.json()["field"].as_str()),
                (StatusCode::BAD_REQUEST, Some(name)),
                "{name}={value}"
            );
        }
    }
    // within the numbers that a box may have, but of no place in the system
    let nowhere =
        city.get(&format!("/api/collections/kiosks/items?bbox=900000000,1,900000001,2&bbox-crs={EPSG}5564")).await;
    assert!(matches!(nowhere.status, StatusCode::BAD_REQUEST | StatusCode::OK), "{}", nowhere.status);
}
