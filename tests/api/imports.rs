//! Imports: made-up files with every fault, and the real ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use misto::registers::import::{Order, Outcome, import};
use serde_json::json;

use crate::harness::{City, data};

/// A folder for one test's files.
pub fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("imports").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub fn file(name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("imports");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

pub async fn order(city: &City, layer: &str, path: &Path, order: &Order) -> anyhow::Result<Outcome> {
    let mut connection = city.db.owner.acquire().await?;
    import(&mut connection, &city.catalogue, layer, path, order, &mut |_| {}).await
}

pub fn mapped(map: &[(&str, &str)]) -> Order {
    let map: BTreeMap<_, _> = map.iter().map(|(field, column)| (field.to_string(), column.to_string())).collect();
    Order { map, who: "tests".to_owned(), ..Order::default() }
}

pub async fn load(
    city: &City,
    layer: &str,
    path: &Path,
    map: &[(&str, &str)],
    dry_run: bool,
) -> anyhow::Result<Outcome> {
    order(city, layer, path, &Order { dry_run, ..mapped(map) }).await
}

pub fn report(outcome: &Outcome) -> String {
    outcome.report.as_ref().map(|path| std::fs::read_to_string(path).unwrap()).unwrap_or_default()
}

/// Copies a real file to where its report may be written beside it.
pub fn real(name: &str) -> Option<PathBuf> {
    let source = data(name)?;
    Some(file(&name.replace('/', "-"), std::fs::read(source).unwrap()))
}

pub fn kiosk(number: &str, change: serde_json::Value) -> serde_json::Value {
    let mut properties = json!({
        "title": "Кава", "PASSPORTNUMBER": number, "passportStatus": "дійсний", "passportDateUntil": "31.12.2030",
        "lat": "50,45", "constructionlon": "30.52", "addressAdminUnitL1": "Україна", "колір": "синій",
    });
    properties.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    json!({ "type": "Feature", "properties": properties, "geometry": null })
}

pub fn collection(features: &[serde_json::Value]) -> String {
    let lines: Vec<_> = features.iter().map(ToString::to_string).collect();
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}", lines.join(",\n"))
}

#[tokio::test]
async fn legal_columns_are_recognised_and_every_fault_is_reported() {
    let city = City::new().await;
    let text = collection(&[
        kiosk("ТС-1", json!({})),
        kiosk("ТС-1", json!({ "title": "Ключ двічі" })),
        kiosk("ТС-2", json!({ "ownerCode": "12345679" })),
        kiosk("ТС-3", json!({ "passportStatus": "вічний" })),
        kiosk("", json!({})),
        kiosk("ТС-5", json!({ "lat": "950,45" })),
        kiosk("ТС-6", json!({ "lat": "null" })),
    ]);
    let path = file("kiosks.geojson", &text);
    let outcome = load(&city, "kiosks", &path, &[], false).await.unwrap();
    assert_eq!((outcome.read, outcome.counts.new, outcome.rejected), (7, 1, 6));
    assert_eq!(outcome.unused, ["колір"]);
    let report = std::fs::read_to_string(outcome.report.unwrap()).unwrap();
    for wanted in [
        "rejected,2,3,ТС-1,passport_number,ТС-1,такий самий ключ має запис 1",
        "rejected,3,4,ТС-2,owner_code,12345679,«12345679»: потрібен код ЄДРПОУ",
        "rejected,4,5,ТС-3,passport_status,вічний,\"«вічний» не дозволено; дозволено: дійсний",
        "rejected,5,6,,passport_number,,значення обов’язкове",
        "rejected,6,7,ТС-5,geometry,,",
        "rejected,7,8,ТС-6,geometry,,геометрії немає",
    ] {
        assert!(report.contains(wanted), "{wanted:?} is missing of:\n{report}");
    }
    let page = city.json("/api/collections/kiosks/items").await;
    assert_eq!(page["features"][0]["geometry"]["coordinates"], json!([30.52, 50.45]));
    assert_eq!(page["features"][0]["properties"]["passport_until"], "2030-12-31");
}

#[tokio::test]
async fn a_dry_run_keeps_nothing_and_a_second_import_changes_only_what_differs() {
    let city = City::new().await;
    let path = file("twice.geojson", collection(&[kiosk("1", json!({})), kiosk("2", json!({}))]));
    let dry = load(&city, "kiosks", &path, &[], true).await.unwrap();
    assert_eq!(dry.counts.new, 2);
    assert_eq!(city.json("/api/collections/kiosks/items").await["numberReturned"], 0);
    load(&city, "kiosks", &path, &[], false).await.unwrap();
    // a clerk's own addition must survive an import that does not speak of it
    city.sql("update registers.kiosks set owner_name = 'ТОВ «Ранок»'").await;
    let path = file("twice.geojson", collection(&[kiosk("1", json!({})), kiosk("2", json!({ "title": "Чай" }))]));
    let again = load(&city, "kiosks", &path, &[], false).await.unwrap();
    assert_eq!((again.counts.new, again.counts.changed, again.counts.unchanged), (0, 1, 1));
    assert!(report(&again).ends_with("changed,2,3,2,,title: Кава → Чай,змінено,changed\n"), "{}", report(&again));
    let third = load(&city, "kiosks", &path, &[], false).await.unwrap();
    assert!(third.report.is_none(), "there is nothing to report");
    let page = city.json("/api/collections/kiosks/items?title=%D0%A7%D0%B0%D0%B9").await;
    assert_eq!(page["features"][0]["properties"]["owner_name"], "ТОВ «Ранок»");
}

#[tokio::test]
async fn a_file_that_lacks_a_required_column_is_refused_with_the_columns_it_has() {
    let city = City::new().await;
    let feature = json!({ "type": "Feature", "properties": { "назва": "Кава", "номер": 5 }, "geometry": { "type": "Point", "coordinates": [30, 50] } });
    let path = file("columns.geojson", collection(&[feature]));
    let error = format!("{:#}", load(&city, "kiosks", &path, &[], false).await.unwrap_err());
    assert!(error.contains("columns: назва, номер") && error.contains("--map"), "{error}");
    let error = format!("{:#}", load(&city, "kiosks", &path, &[("titel", "назва")], false).await.unwrap_err());
    assert!(error.contains("no field `titel`"), "{error}");
}

#[tokio::test]
async fn a_polygon_that_crosses_itself_is_mended_and_counted() {
    let city = City::new().await;
    let bow = json!({ "type": "Polygon", "coordinates": [[[30.0, 50.0], [30.1, 50.1], [30.1, 50.0], [30.0, 50.2], [30.0, 50.0]]] });
    let feature = json!({ "type": "Feature", "properties": { "uid": "1", "name": "Петля" }, "geometry": bow });
    let outcome = load(&city, "districts", &file("bow.geojson", collection(&[feature])), &[], false).await.unwrap();
    assert_eq!((outcome.counts.new, outcome.counts.repaired), (1, 1));
    let valid: bool = sqlx::query_scalar("select bool_and(st_isvalid(geom)) from registers.districts")
        .fetch_one(&city.db.owner)
        .await
        .unwrap();
    assert!(valid);
}

#[tokio::test]
async fn a_file_without_places_does_not_take_away_the_places_that_are_known() {
    let city = City::new().await;
    let address = |geometry: serde_json::Value| {
        let properties = json!({ "uid": "1", "house": "5", "street": "вулиця Ткацька" });
        collection(&[json!({ "type": "Feature", "properties": properties, "geometry": geometry })])
    };
    let path = file("places.geojson", address(json!({ "type": "Point", "coordinates": [30.5, 50.5] })));
    load(&city, "addresses", &path, &[], false).await.unwrap();
    let path = file("places.geojson", address(json!(null)));
    let again = load(&city, "addresses", &path, &[], false).await.unwrap();
    assert_eq!((again.counts.unchanged, again.without_place), (1, 1));
    let page = city.json("/api/collections/addresses/items").await;
    assert_eq!(page["features"][0]["geometry"]["coordinates"], json!([30.5, 50.5]));
}

#[tokio::test]
async fn shapes_without_length_or_area_are_refused() {
    let city = City::new().await;
    let flat = json!({ "type": "Polygon", "coordinates": [[[30.0, 50.0], [31.0, 50.0], [30.5, 50.0], [30.0, 50.0]]] });
    let feature = json!({ "type": "Feature", "properties": { "uid": "1", "name": "Пласка" }, "geometry": flat });
    let outcome = load(&city, "districts", &file("flat.geojson", collection(&[feature])), &[], false).await.unwrap();
    assert_eq!((outcome.counts.new, outcome.rejected), (0, 1));
    let dot = json!({ "type": "LineString", "coordinates": [[30.0, 50.0], [30.0, 50.0]] });
    let feature = json!({ "type": "Feature", "properties": { "uid": "1", "class": "primary" }, "geometry": dot });
    let outcome = load(&city, "streets", &file("dot.geojson", collection(&[feature])), &[], false).await.unwrap();
    assert_eq!((outcome.counts.new, outcome.rejected), (0, 1));
}

#[tokio::test]
async fn broken_files_change_nothing_and_say_why() {
    let city = City::new().await;
    for (name, text, wanted) in [
        ("truncated.geojson", "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":", "FeatureCollection"),
        ("empty.geojson", "", "empty"),
        ("other.geojson", "{\"type\":\"Feature\",\"geometry\":null,\"properties\":{}}", "Feature;"),
    ] {
        let error = format!("{:#}", load(&city, "kiosks", &file(name, text), &[], false).await.unwrap_err());
        assert!(error.contains(wanted) && error.contains(name), "{name}: {error}");
    }
    let missing = load(&city, "kiosks", std::path::Path::new("/nowhere.geojson"), &[], false).await.unwrap_err();
    assert!(format!("{missing:#}").contains("/nowhere.geojson"));
}

#[tokio::test]
async fn ladyzhyn_addresses_come_in_whole_but_for_a_repeated_key() {
    let Some(path) = real("ladyzhyn/derived_addresses.geojson") else { return };
    let city = City::new().await;
    let outcome = load(&city, "addresses", &path, &[], false).await.unwrap();
    println!("Ladyzhyn addresses: {outcome:?}");
    assert_eq!(outcome.read, 3921);
    assert_eq!(outcome.counts.new + outcome.rejected, 3921);
    assert!(outcome.rejected < 60, "{outcome:?}");
    assert!((400..=478).contains(&outcome.without_place), "{outcome:?}");
    let again = load(&city, "addresses", &path, &[], false).await.unwrap();
    assert_eq!((again.counts.new, again.counts.changed), (0, 0), "a second import changes nothing");
}

#[tokio::test]
async fn ladyzhyn_advertising_comes_in_with_columns_named_by_hand() {
    let Some(path) = real("ladyzhyn/derived_advertising.geojson") else { return };
    let city = City::new().await;
    let outcome = load(&city, "advertising", &path, &[("permit_number", "id")], false).await.unwrap();
    println!("Ladyzhyn advertising: {outcome:?}");
    assert_eq!((outcome.read, outcome.counts.new, outcome.rejected), (60, 33, 27), "ids repeat from kind to kind");
    assert!(outcome.unused.contains(&"detailed_information".to_owned()));
}

#[tokio::test]
async fn kharkiv_boundaries_come_in() {
    let (Some(city_file), Some(districts)) =
        (real("kharkiv/kharkiv-city.geojson"), real("kharkiv/kharkiv-raions.geojson"))
    else {
        return;
    };
    let city = City::new().await;
    let map = [("uid", "ADM3_PCODE"), ("name", "ADM3_UA"), ("name_en", "ADM3_EN")];
    let boundary = load(&city, "boundary", &city_file, &map, false).await.unwrap();
    println!("Kharkiv boundary: {boundary:?}");
    assert_eq!(boundary.counts.new, 1);
    let map = [("uid", "NAME_LAT"), ("name", "NAME_UA"), ("name_en", "NAME_LAT"), ("population", "POPULATION")];
    let districts = load(&city, "districts", &districts, &map, false).await.unwrap();
    println!("Kharkiv districts: {districts:?}");
    assert_eq!(districts.counts.new, 9);
}
