//! Tiles: what is in them, what the specification asks of them, and what a bad address is told.

use axum::http::StatusCode;
use fast_mvt::MvtReaderRef;
use misto::geom::grid::TileId;

use crate::harness::City;

const TOWN: &str = "insert into registers.green (geom, uid, name, kind) values \
    (st_multi(st_geomfromtext('POLYGON((30 50, 30.2 50, 30.2 50.2, 30 50.2, 30 50), (30.08 50.08, 30.1 50.08, 30.1 50.1, 30.08 50.08))', 4326)), 'g1', 'Парк', 'park'), \
    (st_multi(st_geomfromtext('POLYGON((30.4 50, 30.4000001 50, 30.4 50.0000001, 30.4 50))', 4326)), 'g2', 'Порошинка', 'park'); \
    insert into registers.streets (geom, uid, name, class) values \
    (st_multi(st_geomfromtext('LINESTRING(29 50, 31 50.2)', 4326)), 's1', 'вулиця Довга', 'primary')";

/// Exterior and interior rings by the sign of their area, from the command integers.
fn ring_areas(commands: &[u32]) -> Vec<i64> {
    let (mut areas, mut ring, mut cursor, mut index) = (Vec::new(), Vec::new(), (0i64, 0i64), 0);
    let unzigzag = |n: u32| i64::from((n >> 1) as i32 ^ -((n & 1) as i32));
    while index < commands.len() {
        let (id, count) = (commands[index] & 7, commands[index] >> 3);
        index += 1;
        if id == 7 {
            let next = ring.iter().cycle().skip(1);
            areas.push(ring.iter().zip(next).map(|(a, b): (&(i64, i64), &(i64, i64))| a.0 * b.1 - b.0 * a.1).sum());
            ring.clear();
            continue;
        }
        for _ in 0..count {
            cursor = (cursor.0 + unzigzag(commands[index]), cursor.1 + unzigzag(commands[index + 1]));
            ring.push(cursor);
            index += 2;
        }
    }
    areas
}

#[tokio::test]
async fn a_composite_holds_each_layer_with_its_fields_and_ids() {
    let city = City::new().await;
    city.sql(TOWN).await;
    let tile = TileId::at(12, 30.1, 50.1);
    let answer = city.get(&format!("/tiles/green,streets/{tile}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/vnd.mapbox-vector-tile");
    let reader = MvtReaderRef::new(&answer.body).unwrap();
    let layers: Vec<_> = reader.layers().collect();
    assert_eq!(layers.len(), 2);
    let green: Vec<_> = layers[0].features().collect();
    assert_eq!(green.len(), 1, "what is smaller than a unit is not there");
    assert_eq!(green[0].id(), Some(1));
    let areas = ring_areas(green[0].geometry_commands());
    assert_eq!(areas.len(), 2);
    assert!(areas[0] > 0 && areas[1] < 0, "exterior positive, hole negative: {areas:?}");
    let street: Vec<_> = layers[1].features().collect();
    assert!(street[0].geometry_commands().len() < 12, "a long line is clipped to the tile");
}

#[tokio::test]
async fn fields_appear_from_the_zoom_that_the_layer_file_names() {
    let city = City::new().await;
    city.sql(TOWN).await;
    let names = |body: &[u8]| -> Vec<String> {
        let reader = MvtReaderRef::new(body).unwrap();
        let layer = reader.layers().next().unwrap();
        let feature = layer.features().next().unwrap();
        feature.properties().map(|property| property.unwrap().0.to_owned()).collect()
    };
    let (_, name) = city.catalogue.layer("streets").unwrap().field("name").unwrap();
    let from = name.tiles.expect("streets carry their names in tiles");
    let before = city.get(&format!("/tiles/streets/{}", TileId::at(from - 1, 30.1, 50.1))).await;
    let after = city.get(&format!("/tiles/streets/{}", TileId::at(from, 30.1, 50.1))).await;
    assert!(!names(&before.body).contains(&"name".to_owned()));
    assert!(names(&after.body).contains(&"name".to_owned()));
}

#[tokio::test]
async fn neighbours_agree_where_they_meet() {
    let city = City::new().await;
    city.sql(TOWN).await;
    let left = TileId::at(12, 30.1, 50.1);
    let right = TileId::new(12, left.x() + 1, left.y()).unwrap();
    // a line of two points: where it enters the tile (from the west) and where it leaves
    let ends = |body: &[u8]| -> [(i64, i64); 2] {
        let reader = MvtReaderRef::new(body).unwrap();
        let commands = reader.layers().next().unwrap().features().next().unwrap().geometry_commands().to_vec();
        assert_eq!(commands.len(), 6, "{commands:?}");
        let unzigzag = |n: u32| i64::from((n >> 1) as i32 ^ -((n & 1) as i32));
        let from = (unzigzag(commands[1]), unzigzag(commands[2]));
        [from, (from.0 + unzigzag(commands[4]), from.1 + unzigzag(commands[5]))]
    };
    let [_, leaves] = ends(&city.get(&format!("/tiles/streets/{left}")).await.body);
    let [enters, _] = ends(&city.get(&format!("/tiles/streets/{right}")).await.body);
    // the left tile's line ends a buffer east of the seam, the right one's begins a buffer west of it
    assert_eq!((leaves.0 - 4096, enters.0), (64, -64));
    let rise = leaves.1 - enters.1;
    assert!(rise < 0, "the street climbs to the north-east");
    let slope = rise as f64 / 128.0;
    let [from, to] = ends(&city.get(&format!("/tiles/streets/{right}")).await.body);
    let drawn = (to.1 - from.1) as f64 / (to.0 - from.0) as f64;
    assert!((slope - drawn).abs() < 0.01, "no step at the seam: {slope} beside {drawn}");
}

#[tokio::test]
async fn addresses_of_tiles_that_cannot_be_are_told_apart() {
    let city = City::new().await;
    city.sql(TOWN).await;
    for (path, status) in [
        ("/tiles/nothing/10/1/1", StatusCode::NOT_FOUND),
        ("/tiles/nothing", StatusCode::NOT_FOUND),
        ("/tiles/green,nothing/10/1/1", StatusCode::NOT_FOUND),
        ("/tiles/green/10/1024/1", StatusCode::BAD_REQUEST),
        ("/tiles/green/23/1/1", StatusCode::BAD_REQUEST),
        ("/tiles/green/-1/0/0", StatusCode::BAD_REQUEST),
        ("/tiles/green/a/b/c", StatusCode::BAD_REQUEST),
        ("/tiles/green/10/1/99999999999999999999", StatusCode::BAD_REQUEST),
        ("/tiles/green/10/1/1", StatusCode::NO_CONTENT),
        ("/styles/nothing.json", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(city.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn tilejson_says_where_the_data_is_and_what_it_carries() {
    let city = City::new().await;
    city.sql(TOWN).await;
    let json = city.json("/tiles/streets,green").await;
    assert_eq!(json["tilejson"], "3.0.0");
    assert_eq!(json["tiles"][0], "http://city.example/tiles/streets,green/{z}/{x}/{y}");
    assert_eq!(json["vector_layers"][0]["id"], "streets");
    assert_eq!(json["vector_layers"][0]["fields"]["class"], "String");
    assert_eq!(json["bounds"], serde_json::json!([29.0, 50.0, 31.0, 50.2]));
    assert!(json["attribution"].as_str().is_some_and(|text| !text.is_empty()));
}

#[tokio::test]
async fn styles_name_their_sources_absolutely() {
    let city = City::new().await;
    for name in city.catalogue.styles.keys() {
        let style = city.json(&format!("/styles/{name}.json")).await;
        for source in style["sources"].as_object().unwrap().values() {
            let url = source["url"].as_str().unwrap();
            assert!(url.starts_with("http://city.example/tiles/"), "{url}");
        }
    }
}
