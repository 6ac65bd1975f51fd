//! OGC API – Features Part 5: what a collection's features have, what they can be filtered and sorted by.

use serde_json::{Value as Json, json};

use crate::harness::City;
use crate::ogc_core::KIOSKS;

#[tokio::test]
async fn a_schema_says_types_values_titles_and_roles() {
    let city = City::new().await;
    let schema = city.json("/api/collections/kiosks/schema?lang=en").await;
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["$id"], "http://city.example/api/collections/kiosks/schema");
    let properties = &schema["properties"];
    assert_eq!(properties["id"]["x-ogc-role"], "id");
    assert_eq!(
        (&properties["geom"]["x-ogc-role"], &properties["geom"]["format"]),
        (&json!("primary-geometry"), &json!("geometry-point"))
    );
    assert_eq!(
        (&properties["passport_until"]["type"], &properties["passport_until"]["format"]),
        (&json!("string"), &json!("date"))
    );
    assert_eq!(properties["title"]["title"], "Name of the structure");
    assert_eq!(properties["standing"]["enum"][0], "planned");
    assert!(properties["passport_status"]["enum"].as_array().unwrap().contains(&json!("дійсний")));
    assert_eq!(schema["required"], json!(["title", "passport_status", "passport_number"]));
    let parcels = city.json("/api/collections/parcels/schema").await;
    assert_eq!(parcels["properties"]["geom"]["format"], "geometry-multipolygon");
    assert_eq!(parcels["properties"]["area_ha"]["minimum"], 0.0);
}

#[tokio::test]
async fn features_have_the_properties_that_the_schema_names_and_all_of_them_can_be_asked_for() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let names = async |path: &str| -> Vec<String> {
        let schema = city.json(&format!("/api/collections/kiosks/{path}")).await;
        schema["properties"].as_object().unwrap().keys().cloned().collect()
    };
    let page = city.json("/api/collections/kiosks/items?limit=1").await;
    let of_feature: Vec<_> = page["features"][0]["properties"].as_object().unwrap().keys().cloned().collect();
    let schema = names("schema").await;
    let of_schema: Vec<_> = schema.iter().filter(|name| !["id", "geom"].contains(&name.as_str())).cloned().collect();
    assert_eq!(of_feature, of_schema);
    for name in names("queryables").await {
        let answer = city.get(&format!("/api/collections/kiosks/items?limit=1&filter={name}%20IS%20NOT%20NULL")).await;
        assert!(answer.status.is_success(), "{name}");
    }
    for name in names("sortables").await {
        for way in ["", "-"] {
            let answer = city.get(&format!("/api/collections/kiosks/items?limit=1&sortby={way}{name}")).await;
            assert!(answer.status.is_success(), "{name}");
        }
    }
    for name in of_schema {
        let page = city.json(&format!("/api/collections/kiosks/items?limit=1&properties={name}")).await;
        let shown: Vec<_> = page["features"][0]["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(shown, [name]);
    }
}

#[tokio::test]
async fn every_collection_has_its_descriptions() {
    let city = City::new().await;
    let all = city.json("/api/collections").await;
    let all = all["collections"].as_array().unwrap().iter();
    for collection in all.filter(|collection| collection["itemType"] == "feature") {
        let id = collection["id"].as_str().unwrap();
        for name in ["schema", "queryables", "sortables"] {
            let schema: Json = city.json(&format!("/api/collections/{id}/{name}")).await;
            assert_eq!(schema["type"], "object", "{id}/{name}");
            assert!(!schema["properties"].as_object().unwrap().is_empty(), "{id}/{name}");
        }
        let page = city.json(&format!("/api/collections/{id}/items")).await;
        assert_eq!(page["numberMatched"], 0, "{id}");
    }
}
