//! The package of Resolution 835: its columns, its forms, and the way back.

use std::collections::BTreeMap;
use std::io::Read;

use axum::http::StatusCode;
use misto::catalogue::Catalogue;
use misto::catalogue::layer::GeometryKind;
use misto::catalogue::structure::Structure;
use misto::registers::import::{AUTO, Order, import};
use serde_json::{Value as Json, json};

use crate::exports::{folder, read_back};
use crate::harness::{City, bare_database, root};

const KIOSKS: &str = "insert into registers.kiosks (geom, title, passport_number, passport_status, passport_until, \
     owner_name, owner_code, owner_phone, area, street, passport_url) \
    select st_setsrid(st_point(30.5 + n * 0.0012345, 50.1 + n / 7.0), 4326), 'Кіоск «Ї», ' || n, 'ТС-' || n, \
    case n % 3 when 0 then 'анульований' else 'дійсний' end, date '2020-01-01' + n * 365, \
    case when n > 3 then 'ТОВ \"Ранок\"' end, case when n > 3 then '43128766' end, '+380441234567', 1.5 * n, \
    case when n > 5 then 'вулиця Соборна' end, case when n > 6 then 'https://city.example/' || n end \
    from generate_series(1, 12) n";

/// The package's files by their names.
async fn package(city: &City, path: &str) -> BTreeMap<String, Vec<u8>> {
    let answer = city.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&answer.body));
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(answer.body)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.insert(file.name().unwrap().into_owned(), bytes);
    }
    files
}

/// Header and rows; the mark that Excel knows UTF-8 by must be there.
fn table(bytes: &[u8]) -> (Vec<String>, Vec<Vec<String>>) {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
    (header, rows.collect())
}

/// The columns of a structure as the reference has them, or as they are built in where it is not here.
fn decree(structure: &str) -> Vec<String> {
    let (appendix, resource) = structure.split_once('/').unwrap();
    let reference = root().join("../shared/reference/decree-835");
    let set = reference.read_dir().ok().and_then(|mut sets| {
        sets.find_map(|set| {
            Some(set.ok()?.path()).filter(|path| {
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{appendix}-")))
            })
        })
    });
    let path = set
        .map_or(root().join("legal/835").join(format!("{structure}.csv")), |set| set.join(resource).join("schema.csv"));
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(|row| row.unwrap()[0].to_owned()).collect()
}

#[tokio::test]
async fn every_legal_register_has_exactly_the_columns_of_the_decree_in_their_order() {
    let city = City::new().await;
    let (mut seen, mut shapes) = (0, 0);
    for layer in city.catalogue.layers.iter() {
        let Some(legal) = &layer.legal else { continue };
        let files = package(&city, &format!("/api/collections/{}/legal.zip", layer.id)).await;
        let names: Vec<_> = files.keys().map(String::as_str).collect();
        // only a point's coordinates are all of its place
        let is_whole = layer.geometry == GeometryKind::Point && legal.latitude.is_some();
        let mut wanted = vec!["data.csv", "data.json", "data.xlsx", "passport.csv", "passport.json", "structure.csv"];
        if !is_whole {
            wanted.insert(1, "data.geojson");
            shapes += 1;
        }
        assert_eq!(names, wanted, "{}", layer.id);
        let columns = decree(&legal.structure);
        assert_eq!(table(&files["data.csv"]).0, columns, "{}", layer.id);
        let structure = table(&files["structure.csv"]);
        assert_eq!(structure.0, ["name", "title", "description", "datatype", "required"]);
        assert_eq!(structure.1.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), columns, "{}", layer.id);
        let (header, rows) = table(&files["passport.csv"]);
        assert_eq!(header, decree("A7/register"));
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0][1], layer.title.uk);
        let json: Json = serde_json::from_slice(&files["data.json"]).unwrap();
        assert_eq!(json, json!([]), "{}", layer.id);
        seen += 1;
    }
    println!("{seen} registers have a legal structure");
    assert!(seen >= 6 && (1..seen).contains(&shapes), "{shapes} of {seen} have geometry of their own");
}

const SQUARE: &str = "MULTIPOLYGON(((30.5 50.4,30.52 50.4,30.52 50.42,30.5 50.42,30.5 50.4),(30.505 50.405,30.515 50.405,30.515 50.415,30.505 50.415,30.505 50.405)))";

#[tokio::test]
async fn geometry_that_a_structure_has_no_column_for_is_in_the_package_all_the_same() {
    let city = City::new().await;
    city.sql(&format!(
        "insert into registers.parcels_offered (cadastral_number, geom) values \
         ('8000000000:01:001:0001', st_geomfromtext('{SQUARE}', 4326)), ('8000000000:01:001:0002', null)"
    ))
    .await;
    let files = package(&city, "/api/collections/parcels_offered/legal.zip").await;
    let shapes: Json = serde_json::from_slice(&files["data.geojson"]).unwrap();
    let features = shapes["features"].as_array().unwrap();
    assert_eq!((shapes["type"].as_str(), features.len()), (Some("FeatureCollection"), 2));
    let live = city.json("/api/collections/parcels_offered/items").await;
    assert_eq!(features[0]["geometry"], live["features"][0]["geometry"]);
    assert_eq!(features[1]["geometry"], Json::Null);
    let rows: Json = serde_json::from_slice(&files["data.json"]).unwrap();
    for (feature, row) in features.iter().zip(rows.as_array().unwrap()) {
        assert_eq!(&feature["properties"], row, "the same columns with the same values");
    }
    let passport: Json = serde_json::from_slice(&files["passport.json"]).unwrap();
    assert!(passport["geometry"].as_str().unwrap().contains("не має стовпців для координат"));
    assert_eq!(passport["resources"]["data"], json!(["data.csv", "data.xlsx", "data.json", "data.geojson"]));
    let whole = package(&city, "/api/collections/kiosks/legal.zip").await;
    let passport: Json = serde_json::from_slice(&whole["passport.json"]).unwrap();
    assert!(passport.get("geometry").is_none(), "points are whole in their columns");
}

/// A city that keeps areas where the decree asks for a latitude and a longitude.
#[tokio::test]
async fn coordinates_of_an_area_are_a_point_on_it_and_its_shape_is_there_too() {
    let folder = folder("legal-areas");
    for file in ["groups.toml", "boundary.toml"] {
        std::fs::copy(root().join("tests/fixtures/linked").join(file), folder.join(file)).unwrap();
    }
    let layer = r##"
        title       = { uk = "Споруди", en = "Structures" }
        description = { uk = "Споруди.", en = "Structures." }
        group       = "base"
        geometry    = "polygon"
        key         = ["number"]
        name        = "{number}"
        zooms       = { min = 12, max = 16 }
        color       = "#2563a8"
        [legal]
        structure = "A64/temporaryConstruction"
        latitude  = "lat"
        longitude = "constructionlon"
        [[fields]]
        name  = "number"
        title = { uk = "Номер", en = "Number" }
        type  = "text"
        legal = "passportNumber"
    "##;
    std::fs::write(folder.join("structures.toml"), layer).unwrap();
    let styles = folder.join("no-styles");
    std::fs::create_dir(&styles).unwrap();
    let catalogue = Catalogue::read(&folder, &styles).unwrap();
    let city = City::with(catalogue, bare_database().await).await;
    city.sql(&format!(
        "insert into registers.structures (number, geom) values ('1', st_geomfromtext('{SQUARE}', 4326))"
    ))
    .await;
    let files = package(&city, "/api/collections/structures/legal.zip").await;
    let (header, rows) = table(&files["data.csv"]);
    let at = |name: &str| rows[0][header.iter().position(|column| column == name).unwrap()].parse::<f64>().unwrap();
    let (lat, lon) = (at("lat"), at("constructionlon"));
    let is_on = format!("select st_contains(geom, st_setsrid(st_point({lon}, {lat}), 4326)) from registers.structures");
    let is_on: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(is_on)).fetch_one(&city.db.owner).await.unwrap();
    assert!(is_on, "{lon} {lat} is in the hole or beside it");
    let shapes: Json = serde_json::from_slice(&files["data.geojson"]).unwrap();
    assert_eq!(shapes["features"][0]["geometry"]["coordinates"][0].as_array().unwrap().len(), 2, "with its hole");
    let passport: Json = serde_json::from_slice(&files["passport.json"]).unwrap();
    assert!(passport["geometry"].as_str().unwrap().starts_with("Широта й довгота у структурі — одна точка на об’єкті"));
}

#[tokio::test]
async fn values_are_written_as_the_decree_writes_them() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let files =
        package(&city, "/api/collections/kiosks/legal.zip?passport_status=%D0%B4%D1%96%D0%B9%D1%81%D0%BD%D0%B8%D0%B9")
            .await;
    let (header, rows) = table(&files["data.csv"]);
    assert_eq!(rows.len(), 8, "as many as are in force by their status");
    let at = |row: usize, name: &str| rows[row][header.iter().position(|column| column == name).unwrap()].as_str();
    assert_eq!(at(0, "title"), "Кіоск «Ї», 1");
    assert_eq!(at(0, "addressAdminUnitL1"), "Україна");
    assert_eq!(at(0, "addressLocatorBuilding"), "null", "the structure asks for the word");
    assert_eq!(at(0, "ownerName"), "", "and here it does not");
    assert_eq!(at(7, "ownerName"), "ТОВ \"Ранок\"");
    assert_eq!(at(0, "passportDateUntil"), "2020-12-31");
    assert_eq!(at(0, "constructionlon"), "30.5012345");
    let json: Json = serde_json::from_slice(&files["data.json"]).unwrap();
    assert_eq!(json[0]["addressLocatorBuilding"], Json::Null);
    assert_eq!(json[0]["constructionlon"], 30.5012345);
    assert_eq!(json[0].as_object().unwrap().keys().cloned().collect::<Vec<_>>(), header);
    let sheet = folder("legal").join("data.xlsx");
    std::fs::write(&sheet, &files["data.xlsx"]).unwrap();
    let read = read_back(&sheet, &["-a_srs", "EPSG:4326", "-s_srs", "EPSG:4326"]);
    assert_eq!(read.len(), 8);
    assert_eq!(read[7]["properties"]["ownerCode"], "43128766", "codes stay texts");
    assert_eq!(read[0]["properties"]["passportDateUntil"], "2020-12-31", "dates are dates");
    assert_eq!(read[0]["properties"]["constructionlon"], 30.5012345);
    for (name, bytes) in &files {
        assert!(!String::from_utf8_lossy(bytes).contains("+380441234567"), "{name} tells the owner's phone");
    }
    let passport: Json = serde_json::from_slice(&files["passport.json"]).unwrap();
    assert_eq!(passport["records"], 8);
    assert_eq!(passport["url"], "http://city.example/api/collections/kiosks");
    assert!(passport["modified"].as_str().unwrap().starts_with("20"));
}

#[tokio::test]
async fn what_is_of_natural_persons_is_never_published() {
    let city = City::new().await;
    city.sql(
        "insert into registers.addresses (geom, uid, house, applicant_name) \
         values (st_setsrid(st_point(30.5, 50.5), 4326), 'А-1', '15', 'Коваль Марія Петрівна')",
    )
    .await;
    let files = package(&city, "/api/collections/addresses/legal.zip").await;
    let (header, rows) = table(&files["data.csv"]);
    let place = header.iter().position(|column| column == "applicantName").expect("the decree has the column");
    let column = Structure::named("A37/register").unwrap().columns[place].clone();
    assert_eq!(rows[0][place], column.nothing());
    assert!(files.values().all(|bytes| !String::from_utf8_lossy(bytes).contains("Коваль")));
}

/// Legal files, read again by the register's import, change nothing; nor does what comes out after that.
#[tokio::test]
async fn a_legal_file_that_is_imported_again_changes_nothing() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let path = "/api/collections/kiosks/legal.zip";
    let first = package(&city, path).await;
    for name in ["data.csv", "data.xlsx"] {
        let file = folder("again").join(name);
        std::fs::write(&file, &first[name]).unwrap();
        let mut connection = city.db.owner.acquire().await.unwrap();
        let order = Order { who: "olena".to_owned(), ..Order::default() };
        // its columns tell which register it is
        let outcome = import(&mut connection, &city.catalogue, AUTO, &file, &order, &mut |_| {}).await.unwrap();
        drop(connection);
        assert_eq!(outcome.layer, "kiosks", "{name}");
        assert_eq!((outcome.read, outcome.rejected), (12, 0), "{name}: {outcome:?}");
        let counts = &outcome.counts;
        assert_eq!((counts.unchanged, counts.changed, counts.new), (12, 0, 0), "{name}: {outcome:?}");
        let second = package(&city, path).await;
        for name in ["data.csv", "data.json", "structure.csv", "passport.csv"] {
            assert!(first[name] == second[name], "{name} differs");
        }
    }
}
