//! What a card warns of: links that lead somewhere though nothing should be there.

use serde_json::json;

use crate::harness::City;

const SQUARE: &str = "st_multi(st_setsrid(st_makeenvelope(31.49, 49.49, 31.51, 49.51), 4326))";

#[tokio::test]
async fn a_kiosk_in_red_lines_is_told_so_in_the_words_of_its_layer_file_and_the_red_lines_are_not() {
    let city = City::new().await;
    // only the links matter here, not what else a record of these registers must have
    city.sql(&format!("insert into registers.red_line_areas (geom) values ({SQUARE})")).await;
    city.sql(&format!("insert into registers.parcels (geom) values ({SQUARE})")).await;
    city.sql("insert into registers.kiosks (geom) values (st_setsrid(st_makepoint(31.5, 49.5), 4326))").await;

    let kiosk = city.json("/api/collections/kiosks/items/1").await;
    let related = kiosk["related"].as_array().unwrap();
    let warning = |layer: &str| related.iter().find(|one| one["layer"] == layer).map(|one| &one["warning"]);
    let said =
        json!({ "severity": "error", "says": { "uk": "Стоїть у червоних лініях", "en": "Stands within red lines" } });
    assert_eq!(warning("red_line_areas"), Some(&said), "{kiosk}");
    assert_eq!(warning("parcels"), Some(&json!(null)), "{kiosk}");

    let lines = city.json("/api/collections/red_line_areas/items/1").await;
    let back = lines["related"].as_array().unwrap().iter().find(|one| one["layer"] == "kiosks").unwrap();
    assert_eq!((&back["reverse"], back.get("warning")), (&json!(true), None), "{lines}");
}
