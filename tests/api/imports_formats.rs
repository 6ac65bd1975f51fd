//! Every format, made on the fly by ogr2ogr or by hand, with Ukrainian text and the same three kiosks.

use std::path::{Path, PathBuf};
use std::process::Command;

use misto::registers::import::Order;
use serde_json::json;

use crate::harness::City;
use crate::imports::{collection, file, folder, mapped, order, report};

const MAP: [(&str, &str); 3] = [("passport_number", "number"), ("passport_status", "status"), ("title", "title")];

fn kiosks() -> String {
    let kiosk = |number: u32| {
        json!({ "type": "Feature",
                "properties": { "number": number.to_string(), "status": "дійсний", "title": format!("Кав’ярня «Їжак» №{number}") },
                "geometry": { "type": "Point", "coordinates": [30.5 + f64::from(number) / 100.0, 50.45] } })
    };
    collection(&[kiosk(1), kiosk(2), kiosk(3)])
}

fn run(program: &str, arguments: &[&str], within: &Path) {
    let output = Command::new(program).args(arguments).current_dir(within).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn made(folder: &Path, name: &str, format: &str, more: &[&str]) -> PathBuf {
    std::fs::write(folder.join("source.geojson"), kiosks()).unwrap();
    let arguments = [&["-f", format, name, "source.geojson", "-nln", "kiosks"], more].concat();
    run("ogr2ogr", &arguments, folder);
    folder.join(name)
}

/// Loads three kiosks and looks at them.
async fn three(city: &City, path: &Path, order_: &Order) {
    let outcome = order(city, "kiosks", path, order_).await.unwrap_or_else(|error| panic!("{error:#}"));
    assert_eq!((outcome.read, outcome.rejected), (3, 0), "{}: {}", path.display(), report(&outcome));
    let found: Vec<(String, f64, f64)> =
        sqlx::query_as("select title, st_x(geom), st_y(geom) from registers.kiosks order by passport_number")
            .fetch_all(&city.db.owner)
            .await
            .unwrap();
    assert_eq!(found.len(), 3, "{}", path.display());
    for (number, (title, x, y)) in (1..).zip(found) {
        assert_eq!(title, format!("Кав’ярня «Їжак» №{number}"), "{}", path.display());
        let off = (x - 30.5 - f64::from(number) / 100.0).abs().max((y - 50.45).abs());
        assert!(off < 1e-6, "{}: {x} {y}", path.display());
    }
    city.sql("delete from registers.kiosks").await;
}

#[tokio::test]
async fn what_gdal_reads_is_read() {
    let folder = folder("gdal");
    let city = City::new().await;
    let mine = mapped(&MAP);
    for (name, format, more) in [
        ("a.gpkg", "GPKG", &[][..]),
        ("a.gdb", "OpenFileGDB", &[]),
        ("a.fgb", "FlatGeobuf", &[]),
        ("a.gml", "GML", &[]),
        ("a.kml", "LIBKML", &[]),
        ("a.tab", "MapInfo File", &["-lco", "ENCODING=UTF-8"]),
        ("a.mif", "MapInfo File", &["-lco", "ENCODING=UTF-8"]),
        ("a.geojsonl", "GeoJSONSeq", &[]),
        ("a.shp", "ESRI Shapefile", &["-lco", "ENCODING=UTF-8"]),
    ] {
        three(&city, &made(&folder, name, format, more), &mine).await;
    }
    run("zip", &["-q", "a.zip", "a.shp", "a.shx", "a.dbf", "a.prj", "a.cpg"], &folder);
    three(&city, &folder.join("a.zip"), &mine).await;
    run("zip", &["-qr", "b.zip", "a.gdb"], &folder);
    three(&city, &folder.join("b.zip"), &mine).await;
    run("zip", &["-q", "a.kmz", "a.kml"], &folder);
    three(&city, &folder.join("a.kmz"), &mine).await;
    // the content counts, not the name
    std::fs::rename(folder.join("a.fgb"), folder.join("renamed.csv")).unwrap();
    three(&city, &folder.join("renamed.csv"), &mine).await;
}

#[tokio::test]
async fn an_old_shapefile_without_a_word_on_its_encoding_is_read() {
    let folder = folder("old-shapefile");
    let city = City::new().await;
    let path = made(&folder, "old.shp", "ESRI Shapefile", &["-lco", "ENCODING=CP1251"]);
    std::fs::remove_file(path.with_extension("cpg")).unwrap();
    let table = path.with_extension("dbf");
    let mut bytes = std::fs::read(&table).unwrap();
    bytes[29] = 0x57;
    std::fs::write(&table, bytes).unwrap();
    three(&city, &path, &mapped(&MAP)).await;
    run("zip", &["-q", "old.zip", "old.shp", "old.shx", "old.dbf", "old.prj"], &folder);
    three(&city, &folder.join("old.zip"), &mapped(&MAP)).await;
}

#[tokio::test]
async fn csv_is_read_in_the_encodings_and_delimiters_that_are_used() {
    let city = City::new().await;
    let row = |number: u32, comma: &str| {
        format!("{number};дійсний;Кав’ярня «Їжак» №{number};50{comma}45;30{comma}5{number}\r\n")
    };
    let text = |comma: &str| {
        let rows: String = (1..4).map(|number| row(number, comma)).collect();
        format!("number;status;title;Широта;Довгота\r\n{rows};;;;\r\n")
    };
    let old_text = text(",");
    let (old, _, is_lossy) = encoding_rs::WINDOWS_1251.encode(&old_text);
    assert!(!is_lossy);
    let old = old.into_owned();
    let wide: Vec<u8> = format!("\u{feff}{}", text(".")).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let commas = text(".").replace(';', ",");
    let wkt: String = (1..4).map(|n| format!("{n}\tдійсний\tКав’ярня «Їжак» №{n}\tPOINT (30.5{n} 50.45)\n")).collect();
    for (name, bytes) in [
        ("utf8.csv", text(",").into_bytes()),
        ("bom.csv", format!("\u{feff}{}", text(",")).into_bytes()),
        ("cp1251.csv", old),
        ("utf16.csv", wide),
        ("commas.csv", commas.into_bytes()),
        ("wkt.tsv", format!("number\tstatus\ttitle\tWKT\n{wkt}").into_bytes()),
    ] {
        three(&city, &file(name, bytes), &mapped(&MAP)).await;
    }
}

#[tokio::test]
async fn a_sheet_with_titles_above_its_header_and_several_sheets_are_read() {
    let folder = folder("sheets");
    let city = City::new().await;
    std::fs::write(
        folder.join("rows.csv"),
        "Реєстр тимчасових споруд,,,,\n,,,,\ntitle,passportNumber,passportStatus,lat,constructionlon\n\
         Кав’ярня «Їжак» №1,1,дійсний,50.45,30.51\nКав’ярня «Їжак» №2,2,дійсний,50.45,30.52\n,,,,\nКав’ярня «Їжак» №3,3,дійсний,50.45,30.53\n",
    )
    .unwrap();
    let options = ["-oo", "HEADERS=NO", "-oo", "EMPTY_STRING_AS_NULL=YES"];
    for (name, format) in [("a.xlsx", "XLSX"), ("a.ods", "ODS")] {
        run("ogr2ogr", &[&["-f", format, name, "rows.csv"], &options[..]].concat(), &folder);
        three(&city, &folder.join(name), &mapped(&[])).await;
    }
    std::fs::write(folder.join("source.geojson"), kiosks()).unwrap();
    for (table, more) in [("один", &[][..]), ("два", &["-update"])] {
        let arguments = [&["-f", "GPKG", "two.gpkg", "source.geojson", "-nln", table], more].concat();
        run("ogr2ogr", &arguments, &folder);
    }
    let path = folder.join("two.gpkg");
    let error = format!("{:#}", order(&city, "kiosks", &path, &mapped(&MAP)).await.unwrap_err());
    assert!(error.contains("several tables") && error.contains("один, два"), "{error}");
    three(&city, &path, &Order { table: Some("два".to_owned()), ..mapped(&MAP) }).await;
}

#[tokio::test]
async fn a_drawing_gives_polygons_by_their_closed_lines() {
    let folder = folder("drawing");
    let city = City::new().await;
    let square = json!([[30.5, 50.4], [30.51, 50.4], [30.51, 50.41], [30.5, 50.41], [30.5, 50.4]]);
    let feature = json!({ "type": "Feature", "properties": { "Layer": "Червоні лінії" }, "geometry": { "type": "LineString", "coordinates": square } });
    std::fs::write(folder.join("source.geojson"), collection(&[feature])).unwrap();
    run("ogr2ogr", &["-f", "DXF", "a.dxf", "source.geojson"], &folder);
    let map = mapped(&[("uid", "EntityHandle"), ("name", "Layer")]);
    let outcome = order(&city, "districts", &folder.join("a.dxf"), &map).await.unwrap();
    assert_eq!((outcome.counts.new, outcome.rejected), (1, 0), "{}", report(&outcome));
    assert!(report(&outcome).contains("замкнену лінію"), "{}", report(&outcome));
}

#[tokio::test]
async fn values_that_a_spreadsheet_spoilt_are_mended_and_said() {
    let city = City::new().await;
    let text = "title,passportNumber,passportStatus,lat,constructionlon,ownerCode\n\
                \" Кава \",1,дійсний,50.45,30.51,4059243\nЧай <b>чорний</b>,2,дійсний,50.45,30.52,40990337.0\n";
    let outcome = order(&city, "kiosks", &file("spoilt.csv", text), &mapped(&[])).await.unwrap();
    assert_eq!((outcome.counts.new, outcome.rejected), (2, 0));
    let report = report(&outcome);
    for wanted in ["title,Кава,зайві пробіли", "owner_code,4059243,«4059243» виправлено на «04059243»", "розмітка HTML"]
    {
        assert!(report.contains(wanted), "{wanted:?} is missing of:\n{report}");
    }
}
