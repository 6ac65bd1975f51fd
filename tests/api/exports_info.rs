//! What `ogrinfo -so -al` says of every export format: how many features, of which geometry, with which fields, in which
//! reference system.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use misto::auth::Access;
use misto::catalogue::layer::{GeometryKind, Layer};
use misto::formats::files::FileFormat;
use regex::Regex;

use crate::exports::{folder, inner, read_back, saved, short_names};
use crate::harness::City;

/// A table of a file, as `ogrinfo` tells of it.
#[derive(Debug, Default, PartialEq)]
struct Info {
    geometry: String,
    count: usize,
    /// For example `EPSG:4326`; empty where the file does not say it.
    crs: String,
    fields: BTreeSet<String>,
}

fn info(file: &Path) -> Info {
    let path = file.to_str().unwrap();
    let path = match path {
        zipped if zipped.ends_with(".gdb.zip") => inner(file, &format!("/vsizip/{zipped}")),
        zipped if zipped.ends_with(".zip") => format!("/vsizip/{zipped}"),
        plain => plain.to_owned(),
    };
    let run = Command::new("ogrinfo").args(["-ro", "-so", "-al", "-nomd", &path]).output().unwrap();
    assert!(run.status.success(), "{path}: {}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).unwrap();
    println!("{text}");
    let field = Regex::new(r"^(.+): [A-Z][A-Za-z0-9]*(?:\([A-Za-z0-9]+\))? \(\d+\.\d+\)").unwrap();
    let mut info = Info::default();
    let mut in_crs = false;
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("Geometry: ") {
            info.geometry = kind.to_owned();
        } else if let Some(count) = line.strip_prefix("Feature Count: ") {
            info.count = count.parse().unwrap();
        } else if line == "Layer SRS WKT:" {
            in_crs = true;
        } else if line.starts_with("Data axis to CRS axis mapping") || line == "(unknown)" {
            in_crs = false;
        } else if let Some(code) = line.trim().strip_prefix("ID[\"EPSG\",").filter(|_| in_crs) {
            // the last one is that of the whole
            info.crs = format!("EPSG:{}", code.trim_end_matches([']', ',']));
        } else if let Some(found) = field.captures(line) {
            info.fields.insert(found[1].to_owned());
        }
    }
    info
}

/// The fields that the public sees.
fn fields(layer: &Layer) -> BTreeSet<String> {
    let public = layer.fields.iter().filter(|field| field.access == Access::Public).map(|field| field.name.clone());
    public.chain(layer.status.as_ref().map(|_| "standing".to_owned())).collect()
}

/// What a format should say of a register whose geometries GDAL calls `single` and `many`, in the system `crs`.
fn wanted(format: FileFormat, layer: &Layer, [single, many]: [&str; 2], count: usize, crs: &str) -> Info {
    let mut fields = fields(layer);
    let mut more = |names: &[&str]| fields.extend(names.iter().map(|name| (*name).to_owned()));
    let (geometry, crs) = match format {
        FileFormat::GeoJson | FileFormat::GeoPackage | FileFormat::FileGdb => (many, crs),
        FileFormat::FlatGeobuf => {
            more(&["id"]);
            (many, crs)
        }
        FileFormat::Shapefile => {
            more(&["id"]);
            (single, crs)
        }
        // tables: who reads them has to know
        FileFormat::Csv => {
            more(&["id", "WKT"]);
            ("Unknown (any)", "")
        }
        FileFormat::Xlsx => {
            more(&["id"]);
            if layer.geometry == GeometryKind::Point {
                more(&["longitude", "latitude"]);
            }
            ("None", "")
        }
        FileFormat::Kml => {
            more(&["id", "Name", "description", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude"]);
            more(&["visibility", "drawOrder", "icon"]);
            // the driver's own
            fields.remove("name");
            ("Unknown (any)", crs)
        }
        FileFormat::Dxf => {
            fields = BTreeSet::new();
            fields.extend(["Layer", "PaperSpace", "SubClasses", "Linetype", "EntityHandle", "Text"].map(str::to_owned));
            // each geometry with its name as a text on it
            return Info { geometry: "Unknown (any)".to_owned(), count: 2 * count, crs: String::new(), fields };
        }
    };
    Info { geometry: geometry.to_owned(), count, crs: crs.to_owned(), fields }
}

#[tokio::test]
async fn ogrinfo_tells_of_every_format_what_the_register_holds() {
    let city = City::new().await;
    city.sql(
        "insert into registers.kiosks (geom, title, passport_number) select st_setsrid(st_point(30.5 + n * 0.01, 50.4), 4326), \
           'Кава ' || n, n from generate_series(1, 3) as n; \
         insert into registers.streets (geom, uid, name) select st_setsrid(st_multi(st_makeline(st_point(30.5, 50.4), \
           st_point(30.5, 50.4 + n * 0.01))), 4326), n, 'вулиця ' || n from generate_series(1, 4) as n; \
         insert into registers.parcels (geom, cadastral_number) select st_multi(st_makeenvelope(30.5, 50.4, 30.5 + n * 0.01, 50.41, 4326)), \
           '8000000000:01:001:000' || n from generate_series(1, 5) as n",
    )
    .await;
    let folder = folder("info");
    let mut wrong = Vec::new();
    let registers = [
        ("kiosks", ["Point", "Point"], 3, ["title", "passport_number"]),
        ("streets", ["Line String", "Multi Line String"], 4, ["uid", "name"]),
        ("parcels", ["Polygon", "Multi Polygon"], 5, ["cadastral_number", ""]),
    ];
    for (id, geometry, count, filled) in registers {
        let layer = city.catalogue.layer(id).unwrap();
        for (format, about) in FileFormat::all() {
            // УСК-2000 in a zone of six degrees, where the format allows it
            for crs in ["EPSG:4326", "EPSG:5564"].iter().take(1 + usize::from(about.any_crs)) {
                let query = if *crs == "EPSG:4326" { String::new() } else { format!("?crs={crs}") };
                let path = format!("/api/collections/{id}/export.{}{query}", about.ending);
                let file = saved(&city, &path, &folder).await;
                let mut found = info(&file);
                if format == FileFormat::Shapefile {
                    let meant = short_names(&file);
                    found.fields = found.fields.iter().map(|name| meant[name].clone()).collect();
                }
                let mut wanted = wanted(format, layer, geometry, count, crs);
                if format == FileFormat::GeoJson && !query.is_empty() {
                    // GDAL writes it then, and leaves out properties without a value
                    wanted.fields.retain(|name| filled.contains(&name.as_str()));
                }
                if found != wanted {
                    wrong.push(format!("{id} as {format:?} in {crs}: {found:?}, and not {wanted:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_shapefile_says_which_texts_it_holds_in_part_only() {
    let city = City::new().await;
    let long = "ї".repeat(200);
    city.sql(&format!(
        "insert into registers.kiosks (geom, title, kind, passport_number) values \
         (st_setsrid(st_point(30.5, 50.4), 4326), '{long}', 'Кава', '1'), \
         (st_setsrid(st_point(30.5, 50.4), 4326), '{long}', null, '2'), \
         (st_setsrid(st_point(30.5, 50.4), 4326), '{}', null, '3')",
        "ї".repeat(127)
    ))
    .await;
    let folder = folder("cut");
    let note = |file: &Path| {
        let mut archive = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
        let mut text = String::new();
        let found = archive.by_name("CUT-TEXTS.txt").ok()?;
        std::io::Read::read_to_string(&mut { found }, &mut text).unwrap();
        Some(text)
    };
    let cut = saved(&city, "/api/collections/kiosks/export.shp.zip", &folder).await;
    let text = note(&cut).expect("it says that texts were cut");
    assert_eq!(text.matches("  title: 2\r\n").count(), 2, "in Ukrainian and in English: {text}");
    assert!(!text.contains("kind"), "{text}");
    let read = read_back(&cut, &[]);
    let lengths: Vec<_> =
        read.iter().map(|read| read["properties"]["title"].as_str().unwrap().chars().count()).collect();
    assert_eq!(lengths, [127, 127, 127]);
    let whole = saved(&city, "/api/collections/kiosks/export.shp.zip?passport_number=3", &folder).await;
    assert_eq!(note(&whole), None, "nothing was cut");
    let package = saved(&city, "/api/collections/kiosks/export.gpkg", &folder).await;
    assert_eq!(read_back(&package, &[])[0]["properties"]["title"], long.as_str());
}
