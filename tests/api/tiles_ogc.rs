//! OGC API – Tiles and Styles: the same tiles under the addresses of the standards, and what is told of them.

use axum::http::{Request, StatusCode};
use serde_json::Value as Json;

use crate::harness::City;

const KIOSK: &str = "insert into registers.kiosks (geom, title, passport_number, passport_status) values \
    (st_setsrid(st_point(30.5234, 50.4501), 4326), 'Кава', 'ТС-1', 'дійсний')";

fn link<'j>(json: &'j Json, rel: &str, kind: &str) -> &'j Json {
    let links = json["links"].as_array().unwrap();
    links
        .iter()
        .find(|link| link["rel"] == rel && link["type"] == kind)
        .unwrap_or_else(|| panic!("no {rel} in {links:?}"))
}

fn path(url: &Json) -> &str {
    url.as_str().unwrap().strip_prefix("http://city.example").unwrap()
}

#[tokio::test]
async fn a_tile_is_found_by_following_links_and_is_the_same_as_under_tiles() {
    let city = City::new().await;
    city.sql(KIOSK).await;
    let own = city.get("/tiles/kiosks/14/9581/5524").await;
    assert_eq!(own.status, StatusCode::OK);
    let list = city.json("/api/collections/kiosks/tiles").await;
    let item = &list["tilesets"][0];
    assert_eq!(item["dataType"], "vector");
    assert_eq!(item["crs"], "http://www.opengis.net/def/crs/EPSG/0/3857");
    let tileset = city.json(path(&link(item, "self", "application/json")["href"])).await;
    let template = link(&tileset, "item", "application/vnd.mapbox-vector-tile");
    assert_eq!(template["templated"], true);
    let tile =
        path(&template["href"]).replace("{tileMatrix}", "14").replace("{tileRow}", "5524").replace("{tileCol}", "9581");
    let answer = city.get(&tile).await;
    assert_eq!(answer.status, StatusCode::OK, "{tile}");
    assert_eq!(answer.header("content-type"), "application/vnd.mapbox-vector-tile");
    assert!(answer.body == own.body && answer.header("etag") == own.header("etag"), "one engine, one cache");
    let known = city.request(Request::get(&tile).header("if-none-match", answer.header("etag"))).await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
    let mlt = city.get(&tile.replace("f=mvt", "f=mlt")).await;
    assert_eq!(mlt.header("content-type"), "application/vnd.maplibre-vector-tile");
    let tilejson = city.json(path(&link(&tileset, "alternate", "application/json")["href"])).await;
    assert_eq!(tilejson["tilejson"], "3.0.0");
}

#[tokio::test]
async fn a_tileset_says_what_it_holds_and_where() {
    let city = City::new().await;
    city.sql(KIOSK).await;
    let tileset = city.json("/api/collections/kiosks/tiles/WebMercatorQuad").await;
    assert_eq!(tileset["tileMatrixSetURI"], "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad");
    let limits = tileset["tileMatrixSetLimits"].as_array().unwrap();
    assert_eq!(limits.first().unwrap()["tileMatrix"], "11");
    assert_eq!(limits.last().unwrap()["tileMatrix"], "16");
    let fourteen = limits.iter().find(|limits| limits["tileMatrix"] == "14").unwrap();
    for (name, number) in [("minTileRow", 5524), ("maxTileRow", 5524), ("minTileCol", 9581), ("maxTileCol", 9581)] {
        assert_eq!(fourteen[name], number, "{name}");
    }
    let layer = &tileset["layers"][0];
    assert_eq!((layer["id"].as_str(), layer["geometryDimension"].as_u64()), (Some("kiosks"), Some(0)));
    assert_eq!(layer["propertiesSchema"]["properties"]["passport_status"]["type"], "string");
    assert!(!tileset.to_string().contains("owner_phone"), "what is for staff is not told");
    // within and without these limits
    for (tile, status) in [
        ("14/5524/9581", StatusCode::OK),
        ("14/5524/9582", StatusCode::NOT_FOUND),
        ("14/9581/5524", StatusCode::NOT_FOUND),
        ("10/345/598", StatusCode::NOT_FOUND),
        ("14/5524/16384", StatusCode::BAD_REQUEST),
        ("23/0/0", StatusCode::BAD_REQUEST),
        ("a/0/0", StatusCode::BAD_REQUEST),
        ("14/5524/9581?f=png", StatusCode::BAD_REQUEST),
        ("14/5524/9581?colour=red", StatusCode::BAD_REQUEST),
    ] {
        let answer = city.get(&format!("/api/collections/kiosks/tiles/WebMercatorQuad/{tile}")).await;
        assert_eq!(answer.status, status, "{tile}");
    }
    let empty = city.json("/api/collections/toilets/tiles/WebMercatorQuad").await;
    assert_eq!(empty["tileMatrixSetLimits"], serde_json::json!([]));
}

#[tokio::test]
async fn the_map_has_a_tileset_and_collections_choose_its_layers() {
    let city = City::new().await;
    city.sql(KIOSK).await;
    let names = |tileset: &Json| -> Vec<String> {
        let layers = tileset["layers"].as_array().unwrap().iter();
        layers.map(|layer| layer["id"].as_str().unwrap().to_owned()).filter(|id| !id.ends_with("_labels")).collect()
    };
    let map = names(&city.json("/api/tiles/WebMercatorQuad").await);
    assert!(map.contains(&"buildings".to_owned()) && map.contains(&"kiosks".to_owned()), "{map:?}");
    assert!(!map.contains(&"toilets".to_owned()), "the style does not draw them");
    let chosen = city.json("/api/tiles/WebMercatorQuad?collections=toilets,kiosks").await;
    assert_eq!(names(&chosen), ["toilets", "kiosks"], "in the order in which they are named");
    let item = link(&chosen, "item", "application/vnd.mapbox-vector-tile")["href"].as_str().unwrap();
    assert!(item.contains("collections=toilets,kiosks"), "{item}");
    let tile = city.get("/api/tiles/WebMercatorQuad/14/5524/9581?collections=toilets,kiosks").await;
    assert!(tile.body == city.get("/tiles/toilets,kiosks/14/9581/5524").await.body);
    for (path, status) in [
        ("/api/tiles?collections=nothing", StatusCode::NOT_FOUND),
        ("/api/tiles/WorldCRS84Quad", StatusCode::NOT_FOUND),
        ("/api/tileMatrixSets/WorldCRS84Quad", StatusCode::NOT_FOUND),
        ("/api/collections/kiosks,toilets/tiles", StatusCode::NOT_FOUND),
        ("/api/collections/nothing/tiles/WebMercatorQuad", StatusCode::NOT_FOUND),
        ("/api/tiles?f=html", StatusCode::BAD_REQUEST),
        ("/api/tiles?datetime=yesterday", StatusCode::BAD_REQUEST),
    ] {
        let answer = city.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn the_past_has_a_tileset_too() {
    let city = City::new().await;
    city.sql(KIOSK).await;
    city.sql("delete from registers.kiosks").await;
    city.sql(
        "update history.kiosks set recorded_at = now() - interval '2 days', archived_at = now() - interval '1 day'",
    )
    .await;
    let at: String = sqlx::query_scalar(
        "select to_char(now() at time zone 'UTC' - interval '36 hours', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
    )
    .fetch_one(&city.db.owner)
    .await
    .unwrap();
    let node = city.node();
    let tileset = node.json(&format!("/api/collections/kiosks/tiles/WebMercatorQuad?datetime={at}")).await;
    let item = path(&link(&tileset, "item", "application/vnd.mapbox-vector-tile")["href"]);
    let tile = item.replace("{tileMatrix}", "14").replace("{tileRow}", "5524").replace("{tileCol}", "9581");
    assert_eq!(node.get(&tile).await.status, StatusCode::OK, "{tile}");
    assert_eq!(
        node.get("/api/collections/kiosks/tiles/WebMercatorQuad/14/5524/9581").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn tile_matrix_sets_are_listed_and_defined() {
    let city = City::new().await;
    let sets = city.json("/api/tileMatrixSets").await;
    let set = city.json(path(&link(&sets["tileMatrixSets"][0], "self", "application/json")["href"])).await;
    assert_eq!(set["id"], "WebMercatorQuad");
    let matrix = &set["tileMatrices"][14];
    assert_eq!((matrix["id"].as_str(), matrix["matrixWidth"].as_u64()), (Some("14"), Some(16384)));
}

#[tokio::test]
async fn styles_are_listed_described_and_served() {
    let city = City::new().await;
    let styles = city.json("/api/styles").await;
    assert_eq!(styles["default"], "light");
    let light = styles["styles"].as_array().unwrap().iter().find(|style| style["id"] == "light").unwrap();
    let sheet = city.get(path(&link(light, "stylesheet", "application/vnd.mapbox.style+json")["href"])).await;
    assert_eq!(sheet.header("content-type"), "application/vnd.mapbox.style+json");
    assert!(sheet.json() == city.json("/styles/light.json").await);
    let metadata = city.json(path(&link(light, "describedby", "application/json")["href"])).await;
    assert_eq!(metadata["stylesheets"][0]["link"]["rel"], "stylesheet");
    assert_eq!(metadata["layers"].as_array().unwrap().len(), city.catalogue.layers.len());
    assert_eq!(city.get("/api/styles/dark").await.status, StatusCode::NOT_FOUND);
}
