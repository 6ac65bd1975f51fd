//! What tiles hold where they cannot hold every feature, and how they travel.

use std::io::Read;

use axum::http::{Request, StatusCode};
use misto::geom::grid::TileId;

use crate::decoded::{Decoded, decode};
use crate::harness::City;

const PLACE: &str = "st_setsrid(st_point(30.5 + random() * 0.1, 50.4 + random() * 0.05), 4326)";

fn number(feature: &Decoded, name: &str) -> u64 {
    let text = feature.properties.get(name).map_or("0", String::as_str);
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

/// The tiles of a zoom around the place where the tests put their features.
fn tiles(zoom: u8) -> impl Iterator<Item = TileId> {
    let (first, last) = (TileId::at(zoom, 30.45, 50.48), TileId::at(zoom, 30.65, 50.37));
    (first.x()..=last.x()).flat_map(move |x| (first.y()..=last.y()).map(move |y| TileId::new(zoom, x, y).unwrap()))
}

async fn features(city: &City, layer: &str, zoom: u8) -> Vec<Decoded> {
    let mut found = Vec::new();
    for tile in tiles(zoom) {
        let answer = city.get(&format!("/tiles/{}/{tile}", layer.trim_end_matches("_labels"))).await;
        found.extend(decode(&answer.body).remove(layer).unwrap_or_default());
    }
    found
}

#[tokio::test]
async fn clusters_count_all_points_and_each_standing_once_over_all_tiles() {
    let city = City::new().await;
    city.sql(&format!(
        "insert into registers.appeals (geom, uid, category, status, control_date) \
         select {PLACE}, n, 'Дороги', case when n % 3 = 0 then 'закрите' else 'нове' end, date '2000-01-01' \
         from generate_series(1, 900) as n"
    ))
    .await;
    for zoom in [8, 10, 12] {
        let found = features(&city, "appeals", zoom).await;
        let (clusters, alone): (Vec<_>, Vec<_>) = found.iter().partition(|one| one.properties.contains_key("cluster"));
        let counted: u64 = clusters.iter().map(|cluster| number(cluster, "count")).sum();
        assert_eq!(counted + alone.len() as u64, 900, "zoom {zoom}");
        assert!(clusters.len() < 300 && clusters.iter().all(|cluster| cluster.id.is_none()));
        for cluster in clusters {
            let sums = cluster.properties.keys().filter(|name| name.starts_with("count_"));
            let sum: u64 = sums.map(|name| number(cluster, name)).sum();
            assert!(sum <= number(cluster, "count"), "{cluster:?}");
        }
    }
    let near = features(&city, "appeals", 13).await;
    assert!(near.len() >= 900 && near.iter().all(|feature| feature.id.is_some()));
}

#[tokio::test]
async fn a_polygon_in_many_tiles_has_one_label_point_inside_it() {
    let city = City::new().await;
    city.sql(
        "insert into registers.green (geom, uid, name, kind) values (st_multi(st_geomfromtext( \
         'POLYGON((30.46 50.38, 30.64 50.38, 30.64 50.47, 30.6 50.47, 30.6 50.40, 30.46 50.40, 30.46 50.38))', 4326)), \
         'p', 'Гідропарк', 'park')",
    )
    .await;
    for zoom in [12, 13, 15] {
        let shapes = features(&city, "green", zoom).await;
        let labels = features(&city, "green_labels", zoom).await;
        assert!(shapes.len() > 1, "zoom {zoom}: {} tiles", shapes.len());
        assert_eq!(labels.len(), 1, "zoom {zoom}");
        assert_eq!(labels[0].id, shapes[0].id);
        assert!(labels[0].properties["name"].contains("Гідропарк"));
    }
    assert!(features(&city, "green_labels", 11).await.is_empty(), "labels begin where the layer file says");
}

#[tokio::test]
async fn a_tile_that_would_be_too_large_keeps_the_same_features_as_its_zoom_and_says_how_many() {
    let city = City::new().await;
    city.sql(&format!(
        "insert into registers.kiosks (geom, title, passport_number, passport_status, passport_until) \
         select {PLACE}, 'К', n, 'дійсний', date '2020-01-01' + n % 9000 from generate_series(1, 60000) as n"
    ))
    .await;
    let mut seen = std::collections::BTreeSet::new();
    for tile in tiles(11) {
        let position = misto::db::feed::now(&city.db.owner).await.unwrap().to_string();
        let request = Request::get(format!("/tiles/kiosks/{tile}")).header("misto-after", position);
        let answer = city.request(request.header("accept-encoding", "gzip")).await;
        assert!(answer.body.len() <= 200_000, "{tile} has {} bytes", answer.body.len());
        let whole = city.get(&format!("/tiles/kiosks/{tile}")).await;
        let kept = decode(&whole.body).remove("kiosks").unwrap_or_default();
        seen.extend(kept.iter().filter_map(|feature| feature.id));
    }
    let told = city.json("/tiles/kiosks").await["generalised"].clone();
    let zoom = told.as_array().unwrap().iter().find(|one| one["zoom"] == 11).expect("zoom 11 is thinned").clone();
    let kept = zoom["kept"].as_f64().unwrap();
    assert!(kept < 1.0 && (seen.len() as f64 / 60_000.0 - kept).abs() < 0.001, "{} are kept, not {kept}", seen.len());
    let all = features(&city, "kiosks", 16).await;
    let distinct: std::collections::BTreeSet<_> = all.iter().filter_map(|feature| feature.id).collect();
    assert_eq!(distinct.len(), 60_000, "nothing is given up where there is room");
}

#[tokio::test]
async fn what_is_under_a_pixel_stays_on_the_map_as_area() {
    let city = City::new().await;
    // 20,000 houses of 10 m × 10 m
    city.sql(&format!(
        "insert into registers.buildings (geom, uid) \
         select st_multi(st_expand({PLACE}, 0.0000703, 0.0000449)), n from generate_series(1, 20000) as n"
    ))
    .await;
    let unit = |zoom: u8| 40_075_016.7 / 4096.0 / f64::from(1u32 << zoom) * 50.42f64.to_radians().cos();
    for zoom in [10, 11, 12] {
        let found = features(&city, "buildings", zoom).await;
        let area: f64 = found.iter().map(|feature| feature.area() * unit(zoom).powi(2)).sum();
        assert!((area / 2e6 - 1.0).abs() < 0.08, "zoom {zoom}: {area} m² of 2,000,000");
    }
}

#[tokio::test]
async fn a_tile_travels_in_each_encoding_with_a_tag_of_its_own() {
    let city = City::new().await;
    city.sql(&format!(
        "insert into registers.kiosks (geom, title, passport_number, passport_status) \
         select {PLACE}, 'К', n, 'дійсний' from generate_series(1, 300) as n"
    ))
    .await;
    let path = format!("/tiles/kiosks/{}", TileId::at(12, 30.55, 50.42));
    let plain = city.get(&path).await;
    let ask = async |encoding: &str| city.request(Request::get(&path).header("accept-encoding", encoding)).await;
    let (gzip, zstd) = (ask("gzip, deflate").await, ask("gzip, deflate, br, zstd").await);
    assert_eq!((gzip.header("content-encoding"), zstd.header("content-encoding")), ("gzip", "zstd"));
    let mut body = Vec::new();
    flate2::read::GzDecoder::new(gzip.body.as_slice()).read_to_end(&mut body).unwrap();
    assert_eq!(body, plain.body);
    assert_eq!(zstd::stream::decode_all(zstd.body.as_slice()).unwrap(), plain.body);
    let tags = [&plain, &gzip, &zstd].map(|answer| answer.header("etag").to_owned());
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags.iter().all(|tag| tag.starts_with('"')), "{tags:?}");
    assert_eq!(gzip.header("cache-control"), "public, max-age=0, must-revalidate");
    assert_eq!(gzip.header("vary"), "accept, accept-encoding");
    assert_eq!(gzip.header("x-content-type-options"), "nosniff", "past the middleware, but with its headers");

    let known =
        |tag: &str| Request::get(&path).header("accept-encoding", "gzip").header("if-none-match", tag.to_owned());
    for tag in [tags[1].clone(), format!("W/{}", tags[1]), format!("\"other\", {}", tags[1])] {
        let again = city.request(known(&tag)).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{tag}");
        assert_eq!(again.header("etag"), tags[1]);
    }
    assert_eq!(city.request(known(&tags[2])).await.status, StatusCode::OK, "another encoding's tag is not known");
    city.sql("delete from registers.kiosks where id % 2 = 0").await;
    let position = misto::db::feed::now(&city.db.owner).await.unwrap().to_string();
    let changed = city.request(known(&tags[1]).header("misto-after", position)).await;
    assert_eq!(changed.status, StatusCode::OK, "an edit makes a new tag");
}

#[tokio::test]
async fn maplibre_tiles_come_by_ending_and_by_accept() {
    let city = City::new().await;
    city.sql(
        "insert into registers.kiosks (geom, title, passport_number, passport_status) \
         values (st_setsrid(st_point(30.55, 50.42), 4326), 'К', '1', 'дійсний')",
    )
    .await;
    let path = format!("/tiles/kiosks/{}", TileId::at(11, 30.55, 50.42));
    const MLT: &str = "application/vnd.maplibre-vector-tile";
    assert_eq!(city.get(&format!("{path}.mlt")).await.header("content-type"), MLT);
    let accepted = city.request(Request::get(&path).header("accept", MLT)).await;
    assert_eq!(accepted.header("content-type"), MLT);
    assert_eq!(city.get(&format!("{path}.pbf")).await.header("content-type"), "application/vnd.mapbox-vector-tile");
    let style = city.json("/styles/light.json?encoding=mlt").await;
    assert_eq!(style["sources"]["kiosks"]["encoding"], "mlt");
    let url = style["sources"]["kiosks"]["url"].as_str().unwrap();
    let tilejson = city.json(url.trim_start_matches("http://city.example")).await;
    assert!(tilejson["tiles"][0].as_str().unwrap().ends_with("{y}.mlt"));
    assert_eq!(tilejson["encoding"], "mlt");
    assert_eq!(city.get("/tiles/kiosks?encoding=geojson").await.status, StatusCode::BAD_REQUEST);
}
