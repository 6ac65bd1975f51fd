//! Hostile and broken files: a clear sentence, nothing changed, nothing left behind.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use misto::registers::import::Order;
use misto::registers::read::limits::Limits;
use serde_json::json;

use crate::harness::City;
use crate::imports::{collection, file, folder, kiosk, mapped, order};

const MAP: [(&str, &str); 2] = [("uid", "uid"), ("name", "name")];

fn districts(count: u32) -> String {
    let district = |number: u32| {
        let x = 30.0 + f64::from(number) / 1000.0;
        json!({ "type": "Feature", "properties": { "uid": number.to_string(), "name": "Район" },
                "geometry": { "type": "Polygon", "coordinates": [[[x, 50.0], [x + 0.001, 50.0], [x, 50.001], [x, 50.0]]] } })
    };
    collection(&(1..=count).map(district).collect::<Vec<_>>())
}

fn listing(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// The import fails with `wanted` in its message; the register and the folder stay as they were.
async fn refused(city: &City, path: &Path, order_: &Order, wanted: &str) {
    let before = listing(path.parent().unwrap());
    let error = match order(city, "districts", path, order_).await {
        Err(error) => format!("{error:#}"),
        Ok(outcome) => panic!("{} was taken: {outcome:?}", path.display()),
    };
    assert!(error.contains(wanted), "{}: {error}", path.display());
    assert!(error.contains(path.file_name().unwrap().to_str().unwrap()), "the file is not named: {error}");
    assert_eq!(listing(path.parent().unwrap()), before, "{} left something behind", path.display());
    let count: i64 =
        sqlx::query_scalar("select count(*) from registers.districts").fetch_one(&city.db.owner).await.unwrap();
    assert_eq!(count, 0, "{}", path.display());
}

fn ogr2ogr(folder: &Path, format: &str, name: &str) -> PathBuf {
    std::fs::write(folder.join("source.geojson"), districts(300)).unwrap();
    let run =
        Command::new("ogr2ogr").args(["-f", format, name, "source.geojson"]).current_dir(folder).output().unwrap();
    assert!(run.status.success());
    folder.join(name)
}

#[tokio::test]
async fn files_that_are_cut_off_change_nothing() {
    let folder = folder("cut");
    let city = City::new().await;
    for (format, name) in [
        ("GPKG", "a.gpkg"),
        ("FlatGeobuf", "a.fgb"),
        ("GML", "a.gml"),
        ("LIBKML", "a.kml"),
        ("XLSX", "a.xlsx"),
        ("ESRI Shapefile", "a.shp"),
    ] {
        let path = ogr2ogr(&folder, format, name);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() * 2 / 3]).unwrap();
        refused(&city, &path, &mapped(&MAP), "").await;
    }
    let whole = districts(50);
    let cut = folder.join("cut.geojson");
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    refused(&city, &cut, &mapped(&MAP), "FeatureCollection").await;
    let open = folder.join("open.csv");
    std::fs::write(&open, "uid,name,WKT\n1,\"Район\",\n2,b,\"POLYGON((30 50\n3,c,d\n").unwrap();
    refused(&city, &open, &mapped(&MAP), "quotation").await;
}

#[tokio::test]
async fn files_that_are_something_else_are_told_by_their_bytes() {
    let folder = folder("else");
    let city = City::new().await;
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).unwrap();
        folder.join(name)
    };
    let vrt = b"<OGRVRTDataSource><OGRVRTLayer name=\"a\"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>";
    for (name, bytes, wanted) in [
        ("empty.gpkg", &b""[..], "empty"),
        ("vrt.csv", &vrt[..], "VRT"),
        ("vrt.shp", &vrt[..], "VRT"),
        ("page.csv", b"<!DOCTYPE html><html></html>", "web page"),
        ("soap.xml", b"<?xml version=\"1.0\"?><WFS_Capabilities/>", "not read"),
        ("drawing.dxf", b"AC1032\0\0\0", "DWG"),
        ("binary.dxf", b"AutoCAD Binary DXF\r\n\x1a\0", "binary DXF"),
        ("paper.csv", b"%PDF-1.7", "PDF"),
        ("base.db", &[b"SQLite format 3\0".as_slice(), &[0; 100]].concat(), "SQLite"),
        ("noise.csv", &[0, 159, 146, 150, 0, 1, 2, 3], "none of the formats"),
        ("map.osm.pbf", b"\0\0\0\x0e\n\tOSMHeader\x18", "import-osm"),
        ("named.shp", &[&[0, 0, 0x27, 0x0a][..], &[0; 200]].concat(), "GDAL cannot read"),
    ] {
        refused(&city, &write(name, bytes), &mapped(&MAP), wanted).await;
    }
    std::fs::create_dir(folder.join("folder")).unwrap();
    refused(&city, &folder.join("folder"), &mapped(&MAP), "folder").await;
    let error = order(&city, "districts", Path::new("/dev/zero"), &mapped(&MAP)).await.unwrap_err();
    assert!(format!("{error:#}").contains("neither a file nor a folder"), "{error:#}");
    for remote in ["/vsicurl/http://127.0.0.1:9/a.geojson", "https://127.0.0.1:9/a.gpkg", "PG:dbname=postgres"] {
        let error = order(&city, "districts", Path::new(remote), &mapped(&MAP)).await.unwrap_err();
        assert!(format!("{error:#}").contains("cannot read"), "{error:#}");
    }
}

#[tokio::test]
async fn bombs_are_refused_before_they_are_unpacked() {
    let folder = folder("bombs");
    let city = City::new().await;
    std::fs::write(folder.join("a.shp"), vec![0; 100 << 20]).unwrap();
    std::fs::create_dir(folder.join("xl")).unwrap();
    std::fs::write(folder.join("xl/workbook.xml"), vec![b' '; 100 << 20]).unwrap();
    std::fs::write(folder.join("a.csv"), vec![b'1'; 100 << 20]).unwrap();
    for (name, inside) in [("bomb.zip", "a.shp"), ("bomb.xlsx", "xl/workbook.xml"), ("bomb.csv.zip", "a.csv")] {
        let run = Command::new("zip").args(["-q", name, inside]).current_dir(&folder).output().unwrap();
        assert!(run.status.success());
        refused(&city, &folder.join(name), &mapped(&MAP), "made to fill the disk").await;
    }
    let bytes = std::fs::read(folder.join("bomb.zip")).unwrap();
    std::fs::write(folder.join("cut.zip"), &bytes[..bytes.len() / 2]).unwrap();
    refused(&city, &folder.join("cut.zip"), &mapped(&MAP), "broken or cut off").await;
    // a directory that says less than there is
    std::fs::write(folder.join("b.csv"), "uid,name\n1,Район\n".repeat(50)).unwrap();
    let run = Command::new("zip").args(["-q", "lie.zip", "b.csv"]).current_dir(&folder).output().unwrap();
    assert!(run.status.success());
    let mut bytes = std::fs::read(folder.join("lie.zip")).unwrap();
    let entry = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    bytes[entry + 24..entry + 28].copy_from_slice(&30u32.to_le_bytes());
    std::fs::write(folder.join("lie.zip"), &bytes).unwrap();
    refused(&city, &folder.join("lie.zip"), &mapped(&MAP), "not what its directory says").await;
}

#[tokio::test]
async fn limits_of_size_time_and_number_hold() {
    let folder = folder("limits");
    let city = City::new().await;
    let path = ogr2ogr(&folder, "GPKG", "a.gpkg");
    let geojson = folder.join("source.geojson");
    let with = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        Order { limits, ..mapped(&MAP) }
    };
    refused(&city, &path, &with(|limits| limits.input = 1000), "bytes; up to 1000").await;
    refused(&city, &path, &with(|limits| limits.records = 200), "more than 200 records").await;
    refused(&city, &geojson, &with(|limits| limits.records = 200), "up to 200 are read").await;
    refused(&city, &path, &with(|limits| limits.vertices = 3), "vertices").await;
    refused(&city, &geojson, &with(|limits| limits.vertices = 3), "vertices").await;
    refused(&city, &path, &with(|limits| limits.record = 100), "more than 100 bytes").await;
    refused(&city, &path, &with(|limits| limits.output = 1000), "grows to more than").await;
    refused(&city, &path, &with(|limits| limits.time = Duration::ZERO), "").await;
    refused(&city, &path, &with(|limits| limits.memory = 20 << 20), "GDAL").await;
    let zipped = Command::new("zip").args(["-q", "a.zip", "a.gpkg"]).current_dir(&folder).output().unwrap();
    assert!(zipped.status.success());
    refused(&city, &folder.join("a.zip"), &with(|limits| limits.unpacked = 1000), "unpacked").await;
    let zipped = Command::new("zip").args(["-q", "b.zip", "source.geojson"]).current_dir(&folder).output().unwrap();
    assert!(zipped.status.success());
    refused(&city, &folder.join("b.zip"), &with(|limits| limits.unpacked = 1000), "unpacked").await;
    refused(&city, &folder.join("b.zip"), &with(|limits| limits.records = 200), "up to 200 are read").await;
}

#[tokio::test]
async fn coordinates_that_are_no_numbers_are_refused() {
    let city = City::new().await;
    let text = "title,passportNumber,passportStatus,lat,constructionlon\nКава,1,дійсний,NaN,30.5\nЧай,2,дійсний,inf,30.5\nСік,3,дійсний,50.4,30.5\n";
    let outcome = order(&city, "kiosks", &file("nan.csv", text), &mapped(&[])).await.unwrap();
    assert_eq!((outcome.counts.new, outcome.rejected), (1, 2));
    let nan = collection(&[kiosk("1", json!({}))])
        .replace("\"geometry\":null", "\"geometry\":{\"type\":\"Point\",\"coordinates\":[NaN,50]}");
    let error = order(&city, "kiosks", &file("nan.geojson", nan), &mapped(&[])).await.unwrap_err();
    assert!(format!("{error:#}").contains("GeoJSON"), "{error:#}");
}

#[tokio::test]
async fn a_table_that_is_called_like_an_option_is_refused() {
    let folder = folder("dash");
    let city = City::new().await;
    std::fs::write(folder.join("source.geojson"), districts(3)).unwrap();
    let arguments = ["-f", "FlatGeobuf", "a.fgb", "source.geojson", "-nln", "-sql"];
    let run = Command::new("ogr2ogr").args(arguments).current_dir(&folder).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    refused(&city, &folder.join("a.fgb"), &mapped(&MAP), "begins with a dash").await;
}
