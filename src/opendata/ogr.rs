//! The formats that GDAL writes: `ogr2ogr` as a child with bounds on time, memory and disk, fed through its input.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use tokio::process::Child;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::feed::{Column, Feed, LONGEST_IN_DBF};
use super::order::Crs;
use super::query::Reader;
use super::stream::{Buffer, Channel, Failure, Sink, too_large};
use super::{LARGEST, Made};
use crate::catalogue::layer::Layer;
use crate::folder::Folder;
use crate::formats::files::FileFormat;
use crate::gdal::{Bounds, Complaints, program};
use crate::http::problem::Problem;

/// Bytes of memory and seconds of processor time that GDAL may take.
const MEMORY: u64 = 2 << 30;
const PROCESSOR_SECONDS: u64 = 300;
/// Beside a Shapefile whose texts are not whole.
const CUT_NOTE: &str = "CUT-TEXTS.txt";

/// Writes the reader's rows as a file of that format into `folder`.
pub async fn convert(reader: Reader, format: FileFormat, crs: Crs, folder: &Folder) -> Result<Made, Problem> {
    let selection = reader.selection();
    let (layer, feed) = (selection.layer.clone(), Feed::new(selection, format, crs));
    let description = folder.path().join("feed.vrt");
    tokio::fs::write(&description, feed.description()).await.map_err(|error| Problem::internal(&error))?;
    let target = target(&layer, format, folder)?;
    let mut child = start(&arguments(&layer, &feed, format, crs, &target, &description), folder)?;
    let stdin = child.stdin.take().ok_or_else(|| Problem::internal(&"the child has no input"))?;
    let complaints = Complaints::follow(child.stderr.take());
    let columns = feed.columns.clone();
    let buffer = Buffer::default();
    let writer = feed.writer(buffer.clone()).map_err(Failure::from)?;
    let mut channels = [Channel::new(writer, buffer, Sink::Child(stdin))];
    let fed = reader.run(&mut channels).await;
    // the end of its input; also where reading failed
    drop(channels);
    let complaints = complaints.end().await.text();
    let status = child.wait().await.map_err(|error| Problem::internal(&error))?;
    match fed {
        // it ended by itself before it had read all
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Err(reason(status, &complaints)),
        Err(failure) => Err(failure.into()),
        Ok(_) if !status.success() => Err(reason(status, &complaints)),
        Ok(records) => {
            let cut = if format == FileFormat::Shapefile { cut(&columns) } else { Vec::new() };
            let note = cut_note(&cut);
            Ok(Made { path: packed(&layer, format, columns, note, target, folder).await?, records, cut })
        }
    }
}

/// Where GDAL writes: a file, or for formats of several files a folder or a file in a folder of its own.
fn target(layer: &Layer, format: FileFormat, folder: &Folder) -> Result<PathBuf, Problem> {
    Ok(match format {
        FileFormat::Shapefile => {
            let parts = folder.path().join("parts");
            std::fs::create_dir(&parts).map_err(|error| Problem::internal(&error))?;
            parts.join(format!("{}.shp", layer.id))
        }
        FileFormat::FileGdb => folder.path().join(format!("{}.gdb", layer.id)),
        _ => folder.path().join(format!("{}.{}", layer.id, format.about().ending)),
    })
}

fn arguments(
    layer: &Layer,
    feed: &Feed,
    format: FileFormat,
    crs: Crs,
    target: &Path,
    description: &Path,
) -> Vec<OsString> {
    let title = &layer.title.uk;
    let mut options: Vec<String> = vec!["-f".into(), format.about().driver.into(), "-dim".into(), "XY".into()];
    options.extend(["-nln".into(), layer.id.clone()]);
    if feed.is_multi() {
        options.extend(["-nlt".into(), "PROMOTE_TO_MULTI".into()]);
    }
    if let Crs::Epsg(code) = crs {
        options.extend(["-t_srs".into(), format!("EPSG:{code}")]);
    }
    let layer_options: Vec<String> = match format {
        FileFormat::GeoPackage => {
            vec!["FID=id".into(), "GEOMETRY_NAME=geom".into(), format!("IDENTIFIER={title}")]
        }
        FileFormat::Shapefile => vec!["ENCODING=UTF-8".into()],
        FileFormat::FileGdb => vec![format!("LAYER_ALIAS={title}")],
        FileFormat::FlatGeobuf => vec![format!("TITLE={title}")],
        FileFormat::Csv => {
            vec!["GEOMETRY=AS_WKT".into(), "WRITE_BOM=YES".into(), "LINEFORMAT=CRLF".into()]
        }
        FileFormat::GeoJson => vec!["ID_FIELD=id".into()],
        _ => Vec::new(),
    };
    options.extend(layer_options.into_iter().flat_map(|option| ["-lco".to_owned(), option]));
    if format == FileFormat::Kml {
        options.extend(["-dsco".into(), "NameField=Name".into()]);
    }
    let paths = [target, description].map(|path| path.as_os_str().to_owned());
    options.into_iter().map(OsString::from).chain(paths).collect()
}

/// Starts GDAL within bounds; it ends when the child is dropped.
fn start(arguments: &[OsString], folder: &Folder) -> Result<Child, Problem> {
    let bounds = Bounds { memory: MEMORY, seconds: PROCESSOR_SECONDS, file: LARGEST };
    let started = program("ogr2ogr", bounds)
        .args(arguments)
        .env("OGR_CSV_MAX_LINE_SIZE", "-1")
        // what it leaves behind goes with the folder
        .envs([("TMPDIR", folder.path()), ("CPL_TMPDIR", folder.path()), ("HOME", folder.path())])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .spawn();
    started.map_err(|error| missing(&error))
}

fn missing(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "ogr2ogr cannot be started; install gdal-bin");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "На сервері немає ogr2ogr, тож цей формат зараз недоступний (пакет gdal-bin). GeoJSON, CSV і XLSX працюють.",
        "The server has no ogr2ogr, so this format is not to be had now (package gdal-bin). GeoJSON, CSV and XLSX are.",
    )
}

/// Why GDAL gave up.
fn reason(status: ExitStatus, complaints: &str) -> Problem {
    let says = |text: &str| complaints.contains(text);
    if status.code() == Some(127) {
        return missing(&complaints);
    }
    if says("Failed to process SRS definition") || says("crs not found") {
        return Problem::bad_request(
            "crs",
            "Такої системи координат немає в EPSG",
            "EPSG has no such reference system",
        );
    }
    if says("Failed to reproject") || says("Full reprojection failed") {
        return Problem::bad_request(
            "crs",
            "Деякі об’єкти лежать там, де цієї системи координат немає. Виберіть іншу або звузьте рамку.",
            "Some features lie where this reference system is not defined. Choose another, or narrow the box.",
        );
    }
    tracing::warn!(%status, complaints, "ogr2ogr failed");
    // ended by a bound, or without the memory or disk that it wanted
    if status.code().is_none() || says("memory") || says("File too large") || says("bad_alloc") {
        return too_large();
    }
    Problem::internal(&"ogr2ogr failed")
}

/// The one file that goes out: what GDAL wrote, packed where that is several files.
async fn packed(
    layer: &Layer,
    format: FileFormat,
    columns: Vec<Column>,
    cut_note: Option<String>,
    target: PathBuf,
    folder: &Folder,
) -> Result<PathBuf, Problem> {
    let archive = folder.path().join(format!("{}.{}", layer.id, format.about().ending));
    let (within, prefix) = match format {
        FileFormat::Shapefile => (folder.path().join("parts"), String::new()),
        FileFormat::FileGdb => (target, format!("{}.gdb/", layer.id)),
        _ => return Ok(target),
    };
    let packing = tokio::task::spawn_blocking(move || {
        let mut files: Vec<_> =
            std::fs::read_dir(&within)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        files.sort();
        let mut zip = ZipWriter::new(File::create(&archive)?);
        for path in files {
            let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
            add(&mut zip, &name, File::open(&path)?)?;
        }
        if format == FileFormat::Shapefile {
            add(&mut zip, "fields.csv", io::Cursor::new(short_names(&columns)?))?;
        }
        if let Some(note) = cut_note {
            add(&mut zip, CUT_NOTE, note.as_bytes())?;
        }
        zip.finish()?.flush()?;
        io::Result::Ok(archive)
    });
    let packed = packing.await.map_err(|error| Problem::internal(&error))?;
    packed.map_err(|error| Failure::from(error).into())
}

/// Adds a file to an archive.
pub fn add(zip: &mut ZipWriter<File>, name: &str, mut from: impl io::Read) -> io::Result<()> {
    // Explorer and Excel read archives of more than 4 GB, but not every program does: only where it is needed
    zip.start_file(name, SimpleFileOptions::default())?;
    io::copy(&mut from, zip)?;
    Ok(())
}

/// Fields with values that did not fit, and how many.
fn cut(columns: &[Column]) -> Vec<(String, u64)> {
    let counts = columns.iter().map(|column| (column.field.clone(), column.cut.load(Ordering::Relaxed)));
    counts.filter(|(_, count)| *count > 0).collect()
}

/// What a person who unpacks a Shapefile must see before its texts are believed; none where all are whole.
fn cut_note(cut: &[(String, u64)]) -> Option<String> {
    if cut.is_empty() {
        return None;
    }
    let list: String = cut.iter().map(|(field, count)| format!("  {field}: {count}\r\n")).collect();
    Some(format!(
        "\u{feff}Shapefile вміщує в одному значенні не більше {LONGEST_IN_DBF} байтів (127 кириличних літер), тож довші тексти тут \
         скорочено. Поля і скільки в них скорочених значень:\r\n{list}Повні тексти є в інших форматах: GeoPackage, CSV, GeoJSON.\r\n\r\n\
         A Shapefile holds up to {LONGEST_IN_DBF} bytes in a value (127 Cyrillic letters), so longer texts are cut here. Fields, and \
         how many of their values were cut:\r\n{list}Other formats have the whole texts: GeoPackage, CSV, GeoJSON.\r\n"
    ))
}

/// Which field each short name means, and how many values did not fit.
fn short_names(columns: &[Column]) -> io::Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer(crate::formats::files::BOM.to_vec());
    out.write_record(["column", "field", "title", &format!("cut_at_{LONGEST_IN_DBF}_bytes")])?;
    for column in columns {
        let cut = column.cut.load(Ordering::Relaxed).to_string();
        out.write_record([&column.name, &column.field, &column.title, &cut])?;
    }
    out.into_inner().map_err(|error| error.into_error())
}
