//! Exports: every format read back by GDAL and compared with the register, in every reference system of a city.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use misto::auth::Caller;
use misto::catalogue::Catalogue;
use misto::catalogue::file::read_layer;
use misto::catalogue::layer::FieldType;
use misto::config::Publisher;
use misto::folder::Folder;
use misto::formats::files::FileFormat;
use misto::opendata::{Crs, Opendata, Order, Output};
use serde_json::Value as Json;

use crate::harness::{City, bare_database, catalogue};

const LONG: &str = "Перший рядок, з комою; «лапки» \"прямі\" та 'апостроф'\nдругий рядок";
const GEOMETRIES: [(&str, &str); 3] = [
    ("point", "POINT(30.5234567 50.4501234)"),
    ("line", "MULTILINESTRING((30.5 50.4,30.51 50.41),(30.52 50.42,30.53 50.43))"),
    (
        "polygon",
        "MULTIPOLYGON(((30.5 50.4,30.51 50.4,30.51 50.41,30.5 50.41,30.5 50.4),(30.502 50.402,30.502 50.404,30.504 50.404,30.502 50.402)))",
    ),
];

/// A folder of its own for a test's files.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exports").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A city with a layer for each geometry, whose fields are of all types: `every_point`, `every_line`, `every_polygon`.
async fn everything() -> City {
    let groups = catalogue().groups;
    let mut fields = FieldType::all().map(|(name, _)| {
        format!(
            "\n[[fields]]\nname = \"{name}_of_this_record\"\ntitle = {{ uk = \"Поле «{name}»\", en = \"{name}\" }}\n\
                 type = \"{name}\"\n"
        )
    });
    let layers = GEOMETRIES.map(|(geometry, _)| {
        // the columns of no two layers are the same
        fields.rotate_left(1);
        let fields = fields.concat();
        let text = format!(
            "title = {{ uk = \"Усе на світі\", en = \"Everything\" }}\ndescription = {{ uk = \"а\", en = \"a\" }}\n\
             group = \"base\"\ngeometry = \"{geometry}\"\ngeometry_optional = true\nkey = [\"uid\"]\nname = \"{{uid}}\"\n\
             zooms = {{ min = 12, max = 16 }}\n\
             [[fields]]\nname = \"uid\"\ntitle = {{ uk = \"Номер\", en = \"Number\" }}\ntype = \"text\"\nrequired = true\n{fields}"
        );
        let id = format!("every_{geometry}");
        Arc::new(read_layer(&format!("{id}.toml"), &id, &text, &groups).unwrap())
    });
    let catalogue = Catalogue { groups, layers: layers.to_vec(), styles: BTreeMap::new() };
    let city = City::with(catalogue, bare_database().await).await;
    for (geometry, wkt) in GEOMETRIES {
        let names = FieldType::all().map(|(name, _)| format!("{name}_of_this_record")).join(", ");
        let values = FieldType::all().map(|(_, kind)| format!("'{}'", kind.about().example)).join(", ");
        let long = LONG.replace('\'', "''");
        city.sql(&format!(
            "insert into registers.every_{geometry} (geom, uid, {names}) values \
             (st_geomfromtext('{wkt}', 4326), 'Ї-1', {values}); \
             insert into registers.every_{geometry} (uid) values ('Ї-2'); \
             insert into registers.every_{geometry} (geom, uid, text_of_this_record, boolean_of_this_record) values \
             (st_translate(st_geomfromtext('{wkt}', 4326), 0.1, 0), 'Ї-3', '{long}', false)"
        ))
        .await;
    }
    city
}

/// The export, kept as a file.
pub async fn saved(city: &City, path: &str, folder: &Path) -> PathBuf {
    let answer = city.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&answer.body));
    let name = path.split('?').next().unwrap().rsplit('/').next().unwrap();
    let file = folder.join(name);
    std::fs::write(&file, &answer.body).unwrap();
    file
}

/// What GDAL reads in a file, as GeoJSON in longitude and latitude.
pub fn read_back(file: &Path, options: &[&str]) -> Vec<Json> {
    let path = file.to_str().unwrap();
    let zipped = path.ends_with(".zip");
    let path = if zipped { format!("/vsizip/{path}") } else { path.to_owned() };
    // GDAL looks for a geodatabase itself, not for the folder around it
    let path = if path.ends_with("gdb.zip") { inner(file, &path) } else { path };
    let run = Command::new("ogr2ogr")
        .args(["-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=12", "-t_srs", "EPSG:4326"])
        .args(options)
        .args(["/vsistdout/", &path])
        .output()
        .unwrap();
    assert!(run.status.success(), "{path}: {}", String::from_utf8_lossy(&run.stderr));
    let read: Json = serde_json::from_slice(&run.stdout).unwrap();
    read["features"].as_array().unwrap().clone()
}

pub fn inner(file: &Path, path: &str) -> String {
    let archive = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
    let first = archive.file_names().next().unwrap().unwrap().split('/').next().unwrap().to_owned();
    format!("{path}/{first}")
}

/// Names in a Shapefile and the fields that they mean.
pub fn short_names(file: &Path) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_name("fields.csv").unwrap().read_to_string(&mut text).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let names: BTreeMap<_, _> =
        rows.records().map(|row| row.unwrap()).map(|row| (row[0].into(), row[1].into())).collect();
    assert!(names.keys().all(|name: &String| name.len() <= 10), "{names:?}");
    names
}

/// A value in one form, whatever a format makes of it.
fn plain(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::Bool(flag) => flag.to_string(),
        Json::Number(number) => number.as_f64().unwrap().to_string(),
        Json::String(text) => match text.parse::<f64>() {
            Ok(number) if !text.starts_with('0') && !text.starts_with('+') => number.to_string(),
            _ => text
                .trim_end_matches("T00:00:00")
                .trim_end_matches("T00:00:00Z")
                .trim_end_matches("+00:00")
                .trim_end_matches('Z')
                .to_owned(),
        },
        other => other.to_string(),
    }
}

/// Every corner, in an order that does not depend on which way round rings are written.
fn corners(geometry: &Json) -> Vec<[f64; 2]> {
    fn gather(geometry: &Json, out: &mut Vec<[f64; 2]>) {
        match geometry {
            Json::Array(parts) if parts.first().is_some_and(Json::is_number) => {
                out.push([parts[0].as_f64().unwrap(), parts[1].as_f64().unwrap()]);
            }
            Json::Array(parts) => parts.iter().for_each(|part| gather(part, out)),
            Json::Object(members) => gather(&members["coordinates"], out),
            _ => {}
        }
    }
    let mut corners = Vec::new();
    gather(geometry, &mut corners);
    corners.sort_by_key(|corner| corner.map(|degrees| (degrees * 1e5).round() as i64));
    corners
}

/// The furthest apart that two geometries' coordinates are, in metres at these latitudes.
fn metres(left: &Json, right: &Json) -> f64 {
    let (a, b) = (corners(left), corners(right));
    assert_eq!(a.len(), b.len(), "{left} {right}");
    assert!(!a.is_empty());
    a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs() * 111_320.0).fold(0.0, f64::max)
}

#[tokio::test]
async fn every_format_holds_every_record_with_its_values_and_its_place() {
    let city = everything().await;
    for (geometry, _) in GEOMETRIES {
        let layer = format!("every_{geometry}");
        let known = city.json(&format!("/api/collections/{layer}/items")).await;
        let folder = folder(&layer);
        for (format, about) in FileFormat::all().filter(|(format, _)| *format != FileFormat::Dxf) {
            let file = saved(&city, &format!("/api/collections/{layer}/export.{}", about.ending), &folder).await;
            let options: &[&str] = match format {
                FileFormat::Xlsx => &["-a_srs", "EPSG:4326", "-s_srs", "EPSG:4326"],
                FileFormat::Csv => &["-s_srs", "EPSG:4326"],
                _ => &[],
            };
            let read = read_back(&file, options);
            // GDAL's writer of FlatGeobuf leaves out what has no place
            let without_place = usize::from(format != FileFormat::FlatGeobuf);
            assert_eq!(read.len(), 2 + without_place, "{}", file.display());
            let short = if format == FileFormat::Shapefile { short_names(&file) } else { BTreeMap::new() };
            let known = known["features"].as_array().unwrap().iter();
            for feature in known.filter(|known| without_place == 1 || !known["geometry"].is_null()) {
                compare(feature, &read, format, &short);
            }
        }
    }
}

/// Compares a record of the register with what was read of it.
fn compare(feature: &Json, read: &[Json], format: FileFormat, short: &BTreeMap<String, String>) {
    let uid = &feature["properties"]["uid"];
    let found = read.iter().find(|read| read["properties"]["uid"] == *uid);
    let found = found.unwrap_or_else(|| panic!("{format:?} has no {uid}"));
    for (name, value) in feature["properties"].as_object().unwrap() {
        let column = short.iter().find(|(_, field)| *field == name).map_or(name.as_str(), |(column, _)| column);
        let there = &found["properties"][column];
        let kind = name.strip_suffix("_of_this_record").unwrap_or_default();
        let (mut wanted, mut got) = (plain(value), plain(there));
        if kind == "boolean" {
            let words = |text: &str| text.replace("true", "1").replace("false", "0");
            (wanted, got) = (words(&wanted), words(&got));
        }
        if kind == "datetime" && format == FileFormat::Xlsx {
            // a clock in Kyiv; the register has 2026-11-22T08:45:00Z
            wanted = wanted.replace("T08", "T10");
        }
        // some programs write moments with a space, as SQL does
        assert_eq!(
            got.replace('/', "-").replace(' ', "T"),
            wanted.replace(' ', "T").replace('/', "-"),
            "{format:?} {uid} {name}"
        );
        assert!(!matches!(kind, "person" | "tax_number" | "personal_phone"), "{name} is public");
    }
    if format == FileFormat::Xlsx {
        let point = &feature["geometry"];
        if point["type"] == "Point" {
            assert_eq!(found["properties"]["longitude"], point["coordinates"][0]);
            assert_eq!(found["properties"]["latitude"], point["coordinates"][1]);
        }
        return;
    }
    if feature["geometry"].is_null() {
        assert!(found["geometry"].is_null(), "{format:?}: {}", found["geometry"]);
    } else {
        let apart = metres(&feature["geometry"], &found["geometry"]);
        assert!(apart < 0.001, "{format:?} {uid} is {apart} m off");
        let single = |kind: &Json| kind.as_str().unwrap().replace("Multi", "");
        assert_eq!(single(&found["geometry"]["type"]), single(&feature["geometry"]["type"]), "{format:?}");
    }
}

#[tokio::test]
async fn drawings_hold_geometry_layer_and_text_only() {
    let city = everything().await;
    let folder = folder("drawings");
    for (geometry, _) in GEOMETRIES {
        let path = format!("/api/collections/every_{geometry}/export.dxf?crs=EPSG:6384");
        let read = read_back(&saved(&city, &path, &folder).await, &["-s_srs", "EPSG:6384"]);
        let texts: Vec<_> = read.iter().filter_map(|entity| entity["properties"]["Text"].as_str()).collect();
        assert!(texts.contains(&"Ї-1") && texts.contains(&"Ї-3"), "{texts:?}");
        assert!(read.iter().all(|entity| entity["properties"]["Layer"] == format!("every_{geometry}")));
        let known = city.json(&format!("/api/collections/every_{geometry}/items/1")).await;
        if geometry == "point" {
            assert!(metres(&known["geometry"], &read[0]["geometry"]) < 0.01);
        }
    }
}

/// The reference systems of Ukrainian cities: УСК-2000 by degrees, in zones of Gauss-Krüger, in local ones; СК-63.
fn systems() -> Vec<u32> {
    let ranges =
        [5561..=5569, 6381..=6387, 9821..=9821, 9831..=9841, 9851..=9865, 7825..=7831, 3857..=3857, 32636..=32636];
    ranges.into_iter().flatten().collect()
}

#[tokio::test]
async fn coordinates_come_back_from_every_reference_system_within_a_centimetre() {
    let city = everything().await;
    let folder = folder("systems");
    let known = city.json("/api/collections/every_polygon/items/1").await;
    let mut furthest: f64 = 0.0;
    for code in systems() {
        let path = format!("/api/collections/every_polygon/export.gpkg?crs=EPSG:{code}&uid=%D0%87-1");
        let read = read_back(&saved(&city, &path, &folder).await, &[]);
        let apart = metres(&known["geometry"], &read[0]["geometry"]);
        assert!(apart < 0.01, "EPSG:{code}: {apart} m");
        furthest = furthest.max(apart);
    }
    println!("{} reference systems, {furthest} m at most", systems().len());
    // every format, in a system whose axes are north before east, one in degrees, and one of СК-63
    for code in [5564, 5561, 7829, 9864] {
        let system = format!("EPSG:{code}");
        for (format, about) in FileFormat::all().filter(|(format, about)| about.any_crs && *format != FileFormat::Dxf) {
            let path = format!("/api/collections/every_polygon/export.{}?crs={system}&uid=%D0%87-1", about.ending);
            let file = saved(&city, &path, &folder).await;
            let told: &[&str] = if format == FileFormat::Csv { &["-s_srs", &system] } else { &[] };
            let read = read_back(&file, told);
            let apart = metres(&known["geometry"], &read[0]["geometry"]);
            assert!(apart < 0.01, "{format:?} in {system}: {apart} m");
        }
    }
}

#[tokio::test]
async fn staff_fields_leave_only_when_staff_asks() {
    let city = everything().await;
    let example = FieldType::PersonalAddress.about().example;
    for (_, about) in FileFormat::all() {
        let answer = city.get(&format!("/api/collections/every_point/export.{}?uid=%D0%87-1", about.ending)).await;
        let text = unpacked(&answer.body);
        assert!(!text.contains("personal_") && !text.contains(example), "{}", about.ending);
    }
    let asked = city.get("/api/collections/every_point/export.csv?person_of_this_record=x").await;
    assert_eq!(asked.status, StatusCode::BAD_REQUEST, "what is hidden cannot be asked for");
    let opendata = Opendata::new(city.catalogue.clone(), city.db.clone(), Publisher::default());
    let layer = city.catalogue.layer("every_point").unwrap();
    let order =
        Order::read(layer, Caller::Staff, Output::File(FileFormat::GeoPackage, Crs::Crs84), Vec::new()).unwrap();
    let place = Folder::new(&folder("staff")).unwrap();
    let made = opendata.make(&order, &place).await.unwrap();
    assert_eq!(made.records, 3);
    assert_eq!(read_back(&made.path, &[])[0]["properties"]["personal_address_of_this_record"], example);
    let path = place.path().to_owned();
    drop(place);
    assert!(!path.exists(), "nothing is left behind");
}

/// All that a file says, also within archives.
fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    if let Ok(mut archive) = zip::ZipArchive::new(std::io::Cursor::new(bytes)) {
        for index in 0..archive.len() {
            let mut part = Vec::new();
            archive.by_index(index).unwrap().read_to_end(&mut part).unwrap();
            text.push_str(&String::from_utf8_lossy(&part));
            // geodatabases write names in UTF-16
            text.push_str(&part.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte)).collect::<String>());
        }
    }
    text
}

#[tokio::test]
async fn rows_are_chosen_as_in_lists_and_wrong_requests_are_refused() {
    let city = everything().await;
    let count = async |query: &str| {
        let path = format!("/api/collections/every_point/export.geojson{query}");
        city.json(&path).await["features"].as_array().unwrap().len()
    };
    assert_eq!(count("").await, 3);
    assert_eq!(count("?bbox=30.5,50.4,30.55,50.5").await, 1);
    assert_eq!(count("?boolean_of_this_record=false").await, 1);
    assert_eq!(count("?bbox=30.5,50.4,30.55,50.5&boolean_of_this_record=false").await, 0);
    for (path, status, field) in [
        ("every_points/export.csv", StatusCode::NOT_FOUND, None),
        ("every_point/export.docx", StatusCode::NOT_FOUND, None),
        ("every_point/legal.zip", StatusCode::NOT_FOUND, None),
        ("every_point/export.csv?colour=red", StatusCode::BAD_REQUEST, Some("colour")),
        ("every_point/export.gpkg?bbox=1", StatusCode::BAD_REQUEST, Some("bbox")),
        ("every_point/export.gpkg?crs=moon", StatusCode::BAD_REQUEST, Some("crs")),
        ("every_point/export.gpkg?crs=EPSG:9999", StatusCode::BAD_REQUEST, Some("crs")),
        ("every_point/export.kml?crs=EPSG:5564", StatusCode::BAD_REQUEST, Some("crs")),
        ("every_point/export.xlsx?crs=EPSG:5564", StatusCode::BAD_REQUEST, Some("crs")),
        ("every_point/export.csv?datetime=yesterday", StatusCode::BAD_REQUEST, Some("datetime")),
    ] {
        let answer = city.get(&format!("/api/collections/{path}")).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.json()["field"].as_str(), field, "{path}");
    }
}

#[tokio::test]
async fn a_file_has_a_name_and_collections_tell_of_it() {
    let city = City::new().await;
    let answer = city.get("/api/collections/kiosks/export.shp.zip").await;
    let day = chrono::Utc::now().with_timezone(&chrono_tz::Europe::Kyiv).date_naive();
    assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"kiosks-{day}.shp.zip\""));
    assert_eq!(answer.header("content-type"), "application/zip");
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    assert_eq!(answer.header("cache-control"), "no-cache");
    let kiosks = city.json("/api/collections/kiosks").await;
    let links = kiosks["links"].as_array().unwrap().iter().filter(|link| link["rel"] == "enclosure");
    let mut links: Vec<_> = links.map(|link| link["href"].as_str().unwrap().to_owned()).collect();
    assert_eq!(links.len(), FileFormat::all().count() + 1);
    assert_eq!(links.pop().unwrap(), "http://city.example/api/collections/kiosks/legal.zip");
    for link in links {
        let path = link.strip_prefix("http://city.example").unwrap();
        assert_eq!(city.get(path).await.status, StatusCode::OK, "{path}: an empty register is a file, too");
    }
}

#[tokio::test]
async fn a_compressed_file_is_the_same_file() {
    let city = everything().await;
    for format in ["geojson", "csv", "fgb"] {
        let path = format!("/api/collections/every_polygon/export.{format}");
        let packed = city.request(Request::get(&path).header("accept-encoding", "gzip")).await;
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
        let mut file = Vec::new();
        flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_end(&mut file).unwrap();
        assert_eq!(file, city.get(&path).await.body, "{path}");
    }
}

#[tokio::test]
async fn a_register_is_exported_as_it_was() {
    let city = everything().await;
    let now = || async {
        let mut connection = city.connect().await;
        let moment: String = sqlx::query_scalar(
            "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        moment
    };
    let before = now().await;
    city.sql("delete from registers.every_point where uid = 'Ї-1'; update registers.every_point set uid = 'Ї-9' where uid = 'Ї-2'").await;
    let folder = folder("history");
    for ending in ["csv", "gpkg"] {
        let path = format!("/api/collections/every_point/export.{ending}");
        let uids = |read: Vec<Json>| {
            read.iter().map(|read| read["properties"]["uid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let told = ["-s_srs", "EPSG:4326"];
        let was = uids(read_back(&saved(&city, &format!("{path}?datetime={before}"), &folder).await, &told));
        let is = uids(read_back(&saved(&city, &path, &folder).await, &told));
        assert_eq!(was, ["Ї-1", "Ї-2", "Ї-3"]);
        assert_eq!(is, ["Ї-9", "Ї-3"]);
    }
}

#[tokio::test]
async fn only_so_many_are_made_at_once_and_who_leaves_makes_room() {
    let city = everything().await;
    city.sql("insert into registers.every_point (uid, text_of_this_record) select 'N' || n, repeat('ї', 200) from generate_series(1, 20000) n").await;
    let path = "/api/collections/every_point/export.geojson";
    let mut slow = city.open(Request::get(path)).await;
    assert!(slow.body_mut().frame().await.unwrap().is_ok());
    let refused = city.get("/api/collections/every_point/export.gpkg").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.header("retry-after"), "10");
    drop(slow);
    let waiting = async {
        while city.get("/api/collections/every_point/export.csv?uid=N1").await.status != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("the place is free again");
    assert_eq!(city.json(path).await["features"].as_array().unwrap().len(), 20_003);
}
