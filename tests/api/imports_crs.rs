//! Reference systems: transformed to the centimetre, guessed and asked, never silently wrong.

use std::path::{Path, PathBuf};
use std::process::Command;

use misto::registers::import::Order;
use serde_json::json;

use crate::harness::City;
use crate::imports::{collection, file, folder, mapped, order, report};

/// Around the middle of Kyiv.
const PLACES: [(f64, f64); 4] = [(30.4521, 50.4012), (30.5234, 50.4501), (30.6011, 50.5003), (30.5500, 50.3900)];

fn districts() -> String {
    let square = |(x, y): (f64, f64)| json!([[[x, y], [x + 0.01, y], [x + 0.01, y + 0.01], [x, y + 0.01], [x, y]]]);
    let features: Vec<_> = PLACES
        .iter()
        .enumerate()
        .map(|(number, place)| {
            json!({ "type": "Feature", "properties": { "uid": format!("{number}"), "name": "Район" },
                    "geometry": { "type": "Polygon", "coordinates": square(*place) } })
        })
        .collect();
    collection(&features)
}

/// A city whose boundary is known.
async fn kyiv() -> City {
    let city = City::new().await;
    city.sql(
        "insert into registers.boundary (uid, name, geom) values ('city', 'Київ', \
         st_multi(st_setsrid(st_makeenvelope(30.24, 50.21, 30.83, 50.59), 4326)))",
    )
    .await;
    city
}

fn ogr2ogr(arguments: &[&str]) {
    let output = Command::new("ogr2ogr").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn projected(folder: &Path, name: &str, format: &str, crs: &str) -> PathBuf {
    let source = folder.join("source.geojson");
    std::fs::write(&source, districts()).unwrap();
    let path = folder.join(name);
    ogr2ogr(&["-f", format, path.to_str().unwrap(), source.to_str().unwrap(), "-t_srs", crs]);
    path
}

/// How far the furthest corner is from where it was, in metres.
async fn distance(city: &City) -> f64 {
    let values: Vec<_> = PLACES.iter().enumerate().map(|(number, (x, y))| format!("('{number}', {x}, {y})")).collect();
    let sql = format!(
        "select max(st_distance(st_setsrid(st_makepoint(x, y), 4326)::geography, st_pointn(st_exteriorring(st_geometryn(geom, 1)), 1)::geography)) \
         from registers.districts join (values {}) as p (uid, x, y) using (uid)",
        values.join(", ")
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&city.db.owner).await.unwrap()
}

fn with_crs(crs: &str) -> Order {
    Order { crs: Some(crs.to_owned()), ..mapped(&[]) }
}

#[tokio::test]
async fn coordinates_come_back_to_the_centimetre() {
    let folder = folder("centimetre");
    let city = kyiv().await;
    for (crs, named) in [
        ("EPSG:5567", "EPSG:5567"),
        ("EPSG:5564", "УСК-2000 зона 6"),
        ("EPSG:6384", "6384"),
        ("EPSG:9864", "МСК-80"),
        ("EPSG:7827", "СК-63 X3"),
        ("EPSG:3857", "EPSG:3857"),
    ] {
        // the file says it
        let path = projected(&folder, &format!("{}.gpkg", crs.replace(':', "-")), "GPKG", crs);
        let outcome = order(&city, "districts", &path, &mapped(&[])).await;
        // zone 6 does not hold Kyiv: there the file's word leads elsewhere or nowhere only if PROJ says so
        let outcome = outcome.unwrap_or_else(|error| panic!("{crs}: {error:#}"));
        assert_eq!(outcome.counts.stored(), 4, "{crs}");
        assert!(distance(&city).await < 0.01, "{crs}");
        // a person says it, in words too
        city.sql("delete from registers.districts").await;
        let path = projected(&folder, &format!("{}.shp", crs.replace(':', "-")), "ESRI Shapefile", crs);
        std::fs::remove_file(path.with_extension("prj")).unwrap();
        let outcome = order(&city, "districts", &path, &with_crs(named)).await.unwrap();
        assert_eq!(outcome.counts.new, 4, "{crs}");
        assert!(distance(&city).await < 0.01, "{crs} by --crs");
        city.sql("delete from registers.districts").await;
    }
}

#[tokio::test]
async fn a_file_that_does_not_say_its_system_is_refused_with_the_likeliest() {
    let folder = folder("likeliest");
    let city = kyiv().await;
    let path = projected(&folder, "silent.shp", "ESRI Shapefile", "EPSG:9864");
    std::fs::remove_file(path.with_extension("prj")).unwrap();
    let error = format!("{:#}", order(&city, "districts", &path, &mapped(&[])).await.unwrap_err());
    assert!(error.contains("does not say") && error.contains("--crs \"EPSG:9864\" (МСК-80, Київ: 4 of 4)"), "{error}");
    let kept: i64 =
        sqlx::query_scalar("select count(*) from registers.districts").fetch_one(&city.db.owner).await.unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn swapped_axes_and_a_wrong_word_of_the_file_are_found() {
    let city = kyiv().await;
    let swapped: Vec<_> = PLACES
        .iter()
        .enumerate()
        .map(|(number, (x, y))| {
            json!({ "type": "Feature", "properties": { "uid": number.to_string(), "name": "Район" },
                    "geometry": { "type": "Polygon", "coordinates": [[[y, x], [y + 0.01, x], [y, x + 0.01], [y, x]]] } })
        })
        .collect();
    let path = file("swapped.geojson", collection(&swapped));
    let error = format!("{:#}", order(&city, "districts", &path, &mapped(&[])).await.unwrap_err());
    assert!(error.contains("EPSG:4326 swapped"), "{error}");
    let outcome = order(&city, "districts", &path, &with_crs("EPSG:4326 swapped")).await.unwrap();
    assert_eq!(outcome.counts.new, 4);
    assert!(distance(&city).await < 0.01);
    // Web Mercator that calls itself something else
    let folder = folder("wrong-word");
    let path = projected(&folder, "a.gpkg", "GPKG", "EPSG:3857");
    let wrong = folder.join("wrong.gpkg");
    ogr2ogr(&["-f", "GPKG", wrong.to_str().unwrap(), path.to_str().unwrap(), "-a_srs", "EPSG:5567"]);
    let error = format!("{:#}", order(&city, "districts", &wrong, &mapped(&[])).await.unwrap_err());
    assert!(error.contains("says that it is in EPSG:5567") && error.contains("EPSG:3857"), "{error}");
}

#[tokio::test]
async fn a_single_stray_record_is_stored_and_told_of() {
    let city = kyiv().await;
    let mut features: Vec<serde_json::Value> =
        serde_json::from_str::<serde_json::Value>(&districts()).unwrap()["features"].as_array().unwrap().clone();
    let mut stray = features[0].clone();
    stray["properties"]["uid"] = json!("stray");
    stray["geometry"]["coordinates"] = json!([[[50.45, 30.52], [50.46, 30.52], [50.46, 30.53], [50.45, 30.52]]]);
    features.push(stray);
    let outcome = order(&city, "districts", &file("stray.geojson", collection(&features)), &mapped(&[])).await.unwrap();
    assert_eq!((outcome.counts.new, outcome.outside), (5, 1));
    let report = report(&outcome);
    assert!(report.contains("stored,5,6,stray,geometry") && report.contains("EPSG:4326 swapped"), "{report}");
}

#[tokio::test]
async fn a_name_that_means_nothing_or_a_file_is_refused() {
    let city = kyiv().await;
    let path = file("named.geojson", districts());
    for (crs, wanted) in [("EPSG:99999", "not known to PROJ"), ("/etc/passwd", "not known"), ("якась", "not known")]
    {
        let error = format!("{:#}", order(&city, "districts", &path, &with_crs(crs)).await.unwrap_err());
        assert!(error.contains(wanted), "{crs}: {error}");
    }
    let named = districts().replace(
        "\"features\":[",
        "\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"http://127.0.0.1:9/crs\"}},\"features\":[",
    );
    let error = format!(
        "{:#}",
        order(&city, "districts", &file("hostile-crs.geojson", named), &mapped(&[])).await.unwrap_err()
    );
    assert!(error.contains("not understood"), "{error}");
}
