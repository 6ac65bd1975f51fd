//! OGC API – Records: the catalogue as a collection, its records, and what can be asked of them.

use axum::http::{Request, StatusCode};
use serde_json::Value as Json;

use crate::harness::City;

const CITY: &str = "insert into registers.kiosks (geom, title, passport_number, passport_status) values \
      (st_setsrid(st_point(30.5, 50.4), 4326), 'Кава', 'ТС-1', 'дійсний'), \
      (st_setsrid(st_point(30.6, 50.5), 4326), 'Чай', 'ТС-2', 'дійсний')";
const ITEMS: &str = "/api/collections/catalogue/items";

fn ids(page: &Json) -> Vec<&str> {
    page["features"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap()).collect()
}

fn href<'j>(json: &'j Json, rel: &str) -> Option<&'j str> {
    let link = json["links"].as_array().unwrap().iter().find(|link| link["rel"] == rel)?;
    link["href"].as_str().unwrap().strip_prefix("http://city.example")
}

#[tokio::test]
async fn the_catalogue_is_a_collection_of_records() {
    let city = City::new().await;
    city.sql(CITY).await;
    let all = city.json("/api/collections").await;
    let of_records: Vec<_> =
        all["collections"].as_array().unwrap().iter().filter(|one| one["itemType"] == "record").collect();
    let [listed] = of_records[..] else { panic!("{of_records:?}") };
    let catalogue = city.json(href(listed, "self").unwrap()).await;
    let landing = city.json("/api").await;
    assert_eq!(href(&landing, "http://www.opengis.net/def/rel/ogc/1.0/ogc-catalog"), href(listed, "self"));
    assert_eq!((catalogue["id"].as_str(), catalogue["itemType"].as_str()), (Some("catalogue"), Some("record")));
    assert_eq!(catalogue["extent"]["spatial"]["bbox"][0], serde_json::json!([30.5, 50.4, 30.6, 50.5]));
    let page = city.json(href(&catalogue, "items").unwrap()).await;
    assert_eq!(page["numberMatched"], city.catalogue.layers.len());
    assert_eq!(ids(&page), city.catalogue.layers.iter().map(|layer| layer.id.as_str()).collect::<Vec<_>>());
    let answer = city.get(ITEMS).await;
    assert_eq!(answer.header("content-type"), "application/geo+json");
    let known = city.request(Request::get(ITEMS).header("if-none-match", answer.header("etag"))).await;
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_record_says_what_the_register_is() {
    let city = City::new().await;
    city.sql(CITY).await;
    let record = city.json(&format!("{ITEMS}/kiosks")).await;
    assert_eq!((record["type"].as_str(), record["id"].as_str()), (Some("Feature"), Some("kiosks")));
    let ring = &record["geometry"]["coordinates"][0];
    assert_eq!(ring.as_array().unwrap().len(), 5);
    assert_eq!((&ring[0], &ring[2]), (&serde_json::json!([30.5, 50.4]), &serde_json::json!([30.6, 50.5])));
    let properties = &record["properties"];
    assert_eq!(properties["title"], "Тимчасові споруди");
    assert_eq!(properties["language"]["code"], "uk");
    assert_eq!(properties["license"], "CC-BY-4.0");
    assert_eq!(properties["themes"][0]["concepts"][0]["id"], "ECON");
    assert_eq!(properties["contacts"][0]["organization"], "Департамент економіки та торгівлі");
    assert_eq!(record["time"]["interval"], serde_json::json!([properties["created"], ".."]));
    let formats: Vec<_> = properties["formats"].as_array().unwrap().iter().map(|format| &format["mediaType"]).collect();
    assert!(formats.contains(&&Json::from("application/geopackage+sqlite3")), "{formats:?}");
    // everything that it links to on this server is there
    for link in record["links"].as_array().unwrap() {
        let Some(path) = link["href"].as_str().unwrap().strip_prefix("http://city.example") else { continue };
        assert_eq!(city.get(path).await.status, StatusCode::OK, "{path}");
    }
    let page = city.request(Request::get(format!("{ITEMS}/kiosks")).header("accept", "text/html")).await;
    assert_eq!(page.header("location"), "http://city.example/api/collections/kiosks?f=html");
    let english = city.request(Request::get(format!("{ITEMS}/kiosks")).header("accept-language", "en")).await.json();
    assert_eq!(english["properties"]["title"], "Kiosks");
    assert_eq!(city.get(&format!("{ITEMS}/nothing")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn records_are_found_by_words_place_time_and_id() {
    let city = City::new().await;
    city.sql(CITY).await;
    let found = async |query: &str| {
        let page = city.json(&format!("{ITEMS}?{query}")).await;
        ids(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found("ids=kiosks,nothing").await, ["kiosks"]);
    assert!(found("q=kiosk").await.contains(&"kiosks".to_owned()), "also in the other language");
    assert!(found("q=%D0%9A%D0%86%D0%9E%D0%A1%D0%9A").await.contains(&"kiosks".to_owned()), "case does not matter");
    assert!(found("q=kiosk,shelter").await.contains(&"shelters".to_owned()), "a comma is an or");
    assert_eq!(found("q=nothingofthekind").await, [""; 0]);
    assert_eq!(found("bbox=30.55,50.3,31,51").await, ["kiosks"], "empty registers are nowhere");
    assert_eq!(found("bbox=31,50,32,51").await, [""; 0]);
    assert_eq!(found("datetime=2020-01-01").await, [""; 0]);
    assert_eq!(found("datetime=2020-01-01/..").await, ["kiosks"]);
    assert_eq!(found("type=dataset&limit=1000").await.len(), city.catalogue.layers.len());
    assert_eq!(found("type=service").await, [""; 0]);
    let uuid = city.json(&format!("{ITEMS}/kiosks")).await["properties"]["externalIds"][0]["value"].clone();
    assert_eq!(found(&format!("externalIds={}", uuid.as_str().unwrap())).await, ["kiosks"]);
    for query in ["limit=0", "limit=x", "offset=-1", "bbox=1,2", "datetime=yesterday", "colour=red", "limit=1&limit=2"]
    {
        assert_eq!(city.get(&format!("{ITEMS}?{query}")).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn pages_follow_one_another_and_end() {
    let city = City::new().await;
    let mut path = format!("{ITEMS}?limit=25&q=%D0%B0");
    let all = city.json(&format!("{ITEMS}?limit=1000&q=%D0%B0")).await;
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let page = city.json(&path).await;
        assert_eq!(page["numberMatched"], all["numberMatched"]);
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        pages += 1;
        match href(&page, "next") {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, ids(&all));
    assert!(pages > 1, "{pages}");
}

#[test]
fn no_register_can_take_the_catalogues_place() {
    let text = std::fs::read_to_string(crate::harness::root().join("tests/fixtures/playgrounds.toml")).unwrap();
    let groups = misto::catalogue::file::read_groups(
        "g",
        &std::fs::read_to_string(crate::harness::root().join("layers/groups.toml")).unwrap(),
    )
    .unwrap();
    let told = |id: &str| match misto::catalogue::file::read_layer("t.toml", id, &text, &groups) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.into_iter().map(|mistake| mistake.text).collect(),
    };
    assert_eq!(told("playgrounds"), [""; 0]);
    assert!(told("catalogue")[0].contains("/api/collections/catalogue"));
}
