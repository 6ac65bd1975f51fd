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

#[tokio::test]
async fn one_table_in_a_zip_is_read_without_unpacking_by_hand() {
    let folder = folder("zipped-tables");
    let city = City::new().await;
    let csv = "number;status;title;Широта;Довгота\r\n1;дійсний;Кав’ярня «Їжак» №1;50,45;30,51\r\n\
               2;дійсний;Кав’ярня «Їжак» №2;50,45;30,52\r\n3;дійсний;Кав’ярня «Їжак» №3;50,45;30,53\r\n";
    let (old, ..) = encoding_rs::WINDOWS_1251.encode(csv);
    std::fs::write(folder.join("кіоски.csv"), &old).unwrap();
    std::fs::write(folder.join("rows.csv"), csv.replace(',', ".").replace(';', ",")).unwrap();
    std::fs::write(folder.join("kiosks.geojson"), kiosks()).unwrap();
    std::fs::write(folder.join("без-закінчення"), kiosks()).unwrap();
    for (name, format) in [("rows.xlsx", "XLSX"), ("rows.ods", "ODS")] {
        run("ogr2ogr", &["-f", format, name, "rows.csv", "-oo", "HEADERS=NO"], &folder);
    }
    let mine = mapped(&MAP);
    for inner in ["кіоски.csv", "kiosks.geojson", "rows.xlsx", "rows.ods", "без-закінчення"] {
        let _ = std::fs::remove_file(folder.join("one.zip"));
        run("zip", &["-q", "one.zip", inner], &folder);
        three(&city, &folder.join("one.zip"), &mine).await;
    }
    std::fs::create_dir_all(folder.join("тека")).unwrap();
    std::fs::copy(folder.join("кіоски.csv"), folder.join("тека/кіоски.csv")).unwrap();
    run("zip", &["-qr0", "deep.zip", "тека"], &folder);
    let outcome = order(&city, "kiosks", &folder.join("deep.zip"), &mine).await.unwrap();
    assert_eq!((outcome.read, outcome.format.as_str()), (3, "тека/кіоски.csv: CSV, windows-1251"));
    city.sql("delete from registers.kiosks").await;
    let left = std::fs::read_dir(std::env::temp_dir()).unwrap().map(|entry| entry.unwrap().path());
    let own = format!(".misto-{}-", std::process::id());
    let mut own = left.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(&own));
    // other tests unpack files of their own meanwhile
    assert!(
        own.all(|folder| std::fs::read(folder.join("data.csv")).ok().as_deref() != Some(&*old)),
        "it was left there"
    );
}

#[tokio::test]
async fn of_several_tables_in_a_zip_somebody_says_which() {
    let folder = folder("zipped-several");
    let city = City::new().await;
    let mine = mapped(&MAP);
    let path = made(&folder, "a.shp", "ESRI Shapefile", &["-lco", "ENCODING=UTF-8"]);
    std::fs::write(folder.join("other.csv"), "number,status\n").unwrap();
    std::fs::write(folder.join("source.geojson"), kiosks()).unwrap();
    run("zip", &["-q", "several.zip", "other.csv", "source.geojson"], &folder);
    let several = folder.join("several.zip");
    let error = format!("{:#}", order(&city, "kiosks", &several, &mine).await.unwrap_err());
    for wanted in ["several data sets", "other.csv, source.geojson", "--table \"other.csv\"", "several.zip"] {
        assert!(error.contains(wanted), "{error}");
    }
    for table in ["source.geojson", "source"] {
        three(&city, &several, &Order { table: Some(table.to_owned()), ..mapped(&MAP) }).await;
    }
    // a table beside a Shapefile tells of it, as in Misto's own exports
    run("zip", &["-q", "beside.zip", "a.shp", "a.shx", "a.dbf", "a.prj", "a.cpg", "other.csv"], &folder);
    three(&city, &folder.join("beside.zip"), &mine).await;
    assert!(path.exists());
    run("zip", &["-q", "inner.zip", "other.csv", "source.geojson"], &folder);
    run("zip", &["-q", "outer.zip", "inner.zip"], &folder);
    let error = format!("{:#}", order(&city, "kiosks", &folder.join("outer.zip"), &mine).await.unwrap_err());
    assert!(error.contains("several data sets"), "{error}");
    run("zip", &["-q", "packed.zip", "source.geojson"], &folder);
    run("zip", &["-q", "twice.zip", "packed.zip"], &folder);
    let error = format!("{:#}", order(&city, "kiosks", &folder.join("twice.zip"), &mine).await.unwrap_err());
    assert!(error.contains("archive within an archive"), "{error}");
    run("zip", &["-q", "-P", "таємно", "locked.zip", "source.geojson"], &folder);
    let error = format!("{:#}", order(&city, "kiosks", &folder.join("locked.zip"), &mine).await.unwrap_err());
    assert!(error.contains("password"), "{error}");
}
