//! What a file is, told from its own bytes: its name may be wrong, and GDAL is let loose on no file that it was not
//! meant for.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use encoding_rs::UTF_8;

use super::archive::Archive;
use super::limits::Limits;
use crate::formats::encoded::{Utf8, by_beginning};

/// How a file is read.
#[derive(Debug, PartialEq)]
pub enum Format {
    GeoJson,
    /// A plain JSON list of objects.
    List,
    Csv,
    Gdal(Dataset),
    /// A file within the archive, which is to be unpacked and looked at.
    Packed(String),
}

/// What GDAL is to open, and the only driver that may.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// GDAL's name of the driver.
    pub driver: &'static str,
    /// What a person calls the format.
    pub name: &'static str,
    /// The path as GDAL takes it.
    pub path: String,
    /// Encoding of the texts, where the file does not say it.
    pub encoding: Option<&'static str>,
    pub has_old_names: bool,
}

impl Dataset {
    fn new(driver: &'static str, name: &'static str, path: &Path) -> Result<Self> {
        let path = path.to_str().context("the name of the file is not UTF-8; rename it")?.to_owned();
        Ok(Self { driver, name, path, encoding: None, has_old_names: false })
    }

    /// Whether it is a spreadsheet: rows without types, the header among them.
    pub fn is_sheet(&self) -> bool {
        matches!(self.driver, "XLSX" | "XLS" | "ODS")
    }
}

/// A beginning of this length tells what a file is.
const HEAD: u64 = 64 << 10;
/// A beginning of this length shows the encoding of its texts.
const ENOUGH: u64 = 4 << 20;
const KNOWN: &str = "Read are GeoJSON, CSV, XLSX, ODS, Shapefile, GeoPackage, File Geodatabase, DXF, KML, KMZ, GML, GPX, \
                     MapInfo TAB and MIF, FlatGeobuf, also in a zip";
/// Endings of data that GDAL does not read out of an archive, or that are not read by GDAL.
const UNPACKED: [&str; 10] =
    [".csv", ".tsv", ".xlsx", ".xls", ".ods", ".geojson", ".json", ".geojsonl", ".topojson", ".gpx"];

/// What the file at `path` is, or why it cannot be read. Of an archive with several data sets `table` names one.
pub fn sniff(path: &Path, table: Option<&str>, limits: &Limits) -> Result<Format> {
    let metadata = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    let path = fs::canonicalize(path)?;
    if path.starts_with("/vsi") || path.to_string_lossy().starts_with("/vsi") {
        bail!("the folder's name begins with vsi, which GDAL would take for something else; move the file");
    }
    if metadata.is_dir() {
        return folder(&path, limits);
    }
    if !metadata.is_file() {
        bail!("it is neither a file nor a folder");
    }
    if metadata.len() == 0 {
        bail!("the file is empty");
    }
    if metadata.len() > limits.input {
        bail!("the file has {} bytes; up to {} are read", metadata.len(), limits.input);
    }
    let mut head = Vec::new();
    File::open(&path)?.take(HEAD).read_to_end(&mut head)?;
    match binary(&head) {
        Some(Binary::Zip) => zip(&path, table, limits),
        Some(Binary::Shapefile) => {
            let mut dataset = Dataset::new("ESRI Shapefile", "Shapefile", &path)?;
            dataset.encoding = shapefile_encoding(&path)?;
            Ok(Format::Gdal(dataset))
        }
        Some(Binary::Driver(driver, name)) => Ok(Format::Gdal(Dataset::new(driver, name, &path)?)),
        Some(Binary::Refused(reason)) => bail!("{reason}"),
        None => text(&path, &head, metadata.len(), limits),
    }
}

enum Binary {
    Zip,
    Shapefile,
    Driver(&'static str, &'static str),
    Refused(&'static str),
}

fn binary(head: &[u8]) -> Option<Binary> {
    let found = match head {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Binary::Zip,
        [0, 0, 0x27, 0x0a, ..] => Binary::Shapefile,
        [b'f', b'g', b'b', 3, b'f', b'g', b'b', ..] => Binary::Driver("FlatGeobuf", "FlatGeobuf"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Binary::Driver("XLS", "XLS"),
        head if head.starts_with(b"SQLite format 3\0") => match head.get(68..72) {
            Some(b"GPKG" | b"GP10" | b"GP11") => Binary::Driver("GPKG", "GeoPackage"),
            _ => Binary::Refused("it is an SQLite database and no GeoPackage; save it as a GeoPackage"),
        },
        head if head.starts_with(b"AutoCAD Binary DXF") => {
            Binary::Refused("it is a binary DXF, which GDAL does not read; save it as DXF in text form")
        }
        [b'A', b'C', b'1', b'0', b'0'..=b'9', b'0'..=b'9', ..] => {
            Binary::Refused("it is a DWG drawing; save it as DXF in text form")
        }
        head if head.starts_with(b"%PDF") => Binary::Refused("it is a PDF; the data themselves are needed"),
        [0x1f, 0x8b, ..] => Binary::Refused("it is packed by gzip; unpack it first"),
        head if head.starts_with(b"Rar!") || head.starts_with(b"7z\xbc\xaf") => {
            Binary::Refused("it is a RAR or 7z archive; unpack it, or make a zip of it")
        }
        head if head.get(4..15) == Some(b"\n\tOSMHeader") => {
            Binary::Refused("it is an OpenStreetMap extract; load it with `misto import-osm`")
        }
        _ => return None,
    };
    Some(found)
}

fn text(path: &Path, head: &[u8], length: u64, limits: &Limits) -> Result<Format> {
    let encoding = by_beginning(head).unwrap_or(UTF_8);
    if encoding == UTF_8 && head.contains(&0) {
        bail!("it is none of the formats that are read. {KNOWN}");
    }
    let decoded = encoding.decode(head).0;
    let start = decoded.trim_start();
    let first_line = start.lines().next().unwrap_or_default();
    let gdal = |driver, name| Ok(Format::Gdal(Dataset::new(driver, name, path)?));
    match start.bytes().next() {
        None => bail!("the file is empty"),
        Some(b'{') => json(path, start, length, limits),
        Some(b'[') if length > limits.text => bail!("a JSON list of more than {} bytes is not read", limits.text),
        Some(b'[') => Ok(Format::List),
        Some(b'<') => xml(path, start),
        _ if first_line.starts_with("!table") => gdal("MapInfo File", "MapInfo TAB"),
        _ if is_mif(start) => gdal("MapInfo File", "MapInfo MIF"),
        _ if is_dxf(start) => {
            let mut dataset = Dataset::new("DXF", "DXF", path)?;
            dataset.encoding = drawing_encoding(path)?;
            Ok(Format::Gdal(dataset))
        }
        _ => Ok(Format::Csv),
    }
}

fn json(path: &Path, start: &str, length: u64, limits: &Limits) -> Result<Format> {
    let gdal = |driver, name| Ok(Format::Gdal(Dataset::new(driver, name, path)?));
    let squeezed: String = start.chars().take(4096).filter(|c| !c.is_whitespace()).collect();
    let lines = start.lines().filter(|line| !line.trim().is_empty()).take(2);
    let is_feature = |line: &str| {
        let line: String = line.chars().take(200).filter(|c| !c.is_whitespace()).collect();
        line.starts_with("{\"type\":\"Feature\",")
    };
    if squeezed.starts_with("{\"type\":\"Topology\"") {
        gdal("TopoJSON", "TopoJSON")
    } else if squeezed.contains("\"esriGeometry") {
        gdal("ESRIJSON", "Esri JSON")
    } else if lines.clone().count() == 2 && lines.clone().all(is_feature) {
        gdal("GeoJSONSeq", "GeoJSON lines")
    } else if length > limits.text {
        gdal("GeoJSON", "GeoJSON")
    } else {
        Ok(Format::GeoJson)
    }
}

fn xml(path: &Path, start: &str) -> Result<Format> {
    let gdal = |driver, name| Ok(Format::Gdal(Dataset::new(driver, name, path)?));
    let root = root(start);
    let local = root.rsplit(':').next().unwrap_or_default();
    match local.to_lowercase().as_str() {
        "kml" => gdal("LIBKML", "KML"),
        "gpx" => gdal("GPX", "GPX"),
        "html" | "!doctype" => bail!("it is a web page and no data; perhaps the download needs another link"),
        _ if local.starts_with("OGRVRT") => {
            bail!("it is a VRT, which only points to other files; give the file itself")
        }
        "featurecollection" if start.contains("http://www.opengis.net/gml") => gdal("GML", "GML"),
        _ => bail!("it is XML of the kind <{root}>, which is not read. {KNOWN}"),
    }
}

/// The name of the root element.
fn root(start: &str) -> String {
    let mut rest = start;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let skip = if rest.starts_with("!--") { "-->" } else { "?>" };
        if rest.starts_with('?') || rest.starts_with("!--") {
            rest = rest.find(skip).map_or("", |end| &rest[end + skip.len()..]);
            continue;
        }
        return rest.chars().take_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/')).take(60).collect();
    }
    String::new()
}

fn is_mif(start: &str) -> bool {
    let mut lines = start.lines();
    let version = lines.next().and_then(|line| line.trim().to_lowercase().strip_prefix("version ").map(str::to_owned));
    version.is_some_and(|number| number.trim().parse::<u32>().is_ok())
        && lines.take(20).any(|line| line.trim().to_lowercase().starts_with("columns"))
}

fn is_dxf(start: &str) -> bool {
    let mut lines = start.lines().map(str::trim);
    let code = lines.next().unwrap_or_default();
    code == "999" || (code == "0" && lines.next() == Some("SECTION"))
}

fn folder(path: &Path, limits: &Limits) -> Result<Format> {
    let mut size = 0u64;
    let mut is_geodatabase = false;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        size = size.saturating_add(entry.metadata()?.len());
        is_geodatabase |= entry.file_name().to_string_lossy().ends_with(".gdbtable");
    }
    if !is_geodatabase {
        bail!("it is a folder and no File Geodatabase; give one file");
    }
    if size > limits.input {
        bail!("the geodatabase has {size} bytes; up to {} are read", limits.input);
    }
    Ok(Format::Gdal(Dataset::new("OpenFileGDB", "File Geodatabase", path)?))
}

fn zip(path: &Path, table: Option<&str>, limits: &Limits) -> Result<Format> {
    let archive = Archive::open(path, limits)?;
    let has = |wanted: &str| archive.entries.iter().any(|entry| entry.name == wanted);
    if has("xl/workbook.xml") {
        return Ok(Format::Gdal(Dataset::new("XLSX", "XLSX", path)?));
    }
    if has("mimetype") && has("content.xml") {
        return Ok(Format::Gdal(Dataset::new("ODS", "ODS", path)?));
    }
    let ending = |wanted: &str| {
        let names = archive.names().filter(|name| name.to_lowercase().ends_with(wanted));
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let geodatabase = archive.names().find_map(|name| {
        let lower = name.to_lowercase();
        lower.ends_with(".gdbtable").then(|| name.rfind('/').and_then(|end| name.get(..end)).unwrap_or_default())
    });
    let geodatabase = geodatabase.map(|folder| (folder.to_owned(), Some(("OpenFileGDB", "File Geodatabase"))));
    let kinds = [
        (".shp", "ESRI Shapefile", "Shapefile"),
        (".gpkg", "GPKG", "GeoPackage"),
        (".kml", "LIBKML", "KMZ"),
        (".tab", "MapInfo File", "MapInfo TAB"),
        (".mif", "MapInfo File", "MapInfo MIF"),
        (".gml", "GML", "GML"),
        (".dxf", "DXF", "DXF"),
        (".fgb", "FlatGeobuf", "FlatGeobuf"),
    ];
    let found = kinds
        .iter()
        .flat_map(|(end, driver, name)| ending(end).into_iter().map(move |inner| (inner, Some((*driver, *name)))));
    let mut found: Vec<_> = geodatabase.into_iter().chain(found).collect();
    let is_named = |inner: &str| {
        let path = Path::new(inner);
        let names = [Some(path.as_os_str()), path.file_name(), path.file_stem()];
        table.is_some_and(|table| names.contains(&Some(table.as_ref())))
    };
    // beside a Shapefile a table tells of it, unless somebody wants just that
    let packed = packed(&archive);
    if found.is_empty() || packed.iter().any(|inner| is_named(inner)) {
        found.extend(packed.into_iter().map(|inner| (inner, None)));
    }
    if found.len() > 1 && found.iter().any(|(inner, ..)| is_named(inner)) {
        found.retain(|(inner, ..)| is_named(inner));
    }
    let names = || found.iter().map(|(inner, ..)| inner.as_str()).collect::<Vec<_>>().join(", ");
    match &found[..] {
        [] => bail!(
            "the archive has nothing that is read from one: {}",
            archive.names().take(10).collect::<Vec<_>>().join(", ")
        ),
        [(inner, Some((driver, name)))] => {
            let mut dataset = Dataset::new(driver, name, &inside(path, inner))?;
            dataset.has_old_names = archive.has_old_names;
            if *driver == "ESRI Shapefile" {
                dataset.encoding = zipped_encoding(&archive, path, inner)?;
            }
            Ok(Format::Gdal(dataset))
        }
        [(inner, None)] => Ok(Format::Packed(inner.clone())),
        [(first, _), ..] => {
            bail!("the archive has several data sets: {}. Say which to read, for example --table \"{first}\"", names())
        }
    }
}

/// Files of an archive that are read once they are unpacked. What the only one is, its bytes will say.
fn packed(archive: &Archive) -> Vec<String> {
    let names: Vec<_> = archive.names().collect();
    if let [only] = names[..] {
        return vec![only.to_owned()];
    }
    let is_data = |name: &&&str| UNPACKED.iter().any(|ending| name.to_lowercase().ends_with(ending));
    names.iter().filter(is_data).map(|name| (*name).to_owned()).collect()
}

fn inside(path: &Path, inner: &str) -> PathBuf {
    PathBuf::from(format!("/vsizip/{{{}}}/{inner}", path.display()))
}

/// The encoding of a Shapefile's texts, where neither a .cpg file nor the table's own mark says it for certain.
fn shapefile_encoding(path: &Path) -> Result<Option<&'static str>> {
    let beside = |ending: &str| {
        let upper = ending.to_uppercase();
        [path.with_extension(ending), path.with_extension(upper)].into_iter().find(|path| path.exists())
    };
    if beside("cpg").is_some() {
        return Ok(None);
    }
    let Some(table) = beside("dbf") else { return Ok(None) };
    let mut bytes = Vec::new();
    File::open(table)?.take(ENOUGH).read_to_end(&mut bytes)?;
    Ok(table_encoding(&bytes))
}

/// The encoding of a drawing whose header names none that has Ukrainian letters.
fn drawing_encoding(path: &Path) -> Result<Option<&'static str>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(ENOUGH).read_to_end(&mut bytes)?;
    let names = |code: &[u8]| bytes.windows(code.len()).take(HEAD as usize).any(|window| window == code);
    if bytes.is_ascii() || names(b"ANSI_1251") {
        return Ok(None);
    }
    Ok(Some(shown_encoding(&bytes)))
}

fn zipped_encoding(archive: &Archive, path: &Path, inner: &str) -> Result<Option<&'static str>> {
    let stem = inner.get(..inner.len().saturating_sub(4)).unwrap_or_default().to_lowercase();
    let beside = |ending: &str| archive.names().find(|name| name.to_lowercase() == format!("{stem}.{ending}"));
    match (beside("cpg"), beside("dbf")) {
        (None, Some(table)) => Ok(table_encoding(&archive.beginning(path, table, ENOUGH)?)),
        _ => Ok(None),
    }
}

/// Byte 29 of a dBASE table names its code page; 0 and 0x57 ("ANSI") are no help, and programs write them for any.
fn table_encoding(bytes: &[u8]) -> Option<&'static str> {
    if !matches!(bytes.get(29), Some(0 | 0x57)) {
        return None;
    }
    Some(shown_encoding(bytes.get(32..).unwrap_or_default()))
}

/// UTF-8 or windows-1251, as GDAL calls them.
fn shown_encoding(bytes: &[u8]) -> &'static str {
    let mut tally = Utf8::default();
    tally.take(bytes);
    // a text that was cut to its column's width may end within a character, so a few places are no UTF-8
    let is_old = tally.verdict().is_ok_and(|encoding| encoding != UTF_8);
    if is_old { "CP1251" } else { "UTF-8" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_xml_is_found_past_comments() {
        assert_eq!(root("<?xml version=\"1.0\"?>\n<!-- <kml> -->\n<OGRVRTDataSource>"), "OGRVRTDataSource");
        assert_eq!(root("<wfs:FeatureCollection xmlns=\"\">"), "wfs:FeatureCollection");
        assert_eq!(root("<"), "");
    }

    #[test]
    fn texts_are_told_apart() {
        assert!(is_dxf("0\r\nSECTION\r\n") && !is_dxf("0;SECTION"));
        assert!(is_mif("Version 300\nCharset \"WindowsCyrillic\"\nColumns 1\n") && !is_mif("Version 300;5"));
    }

    #[test]
    fn a_table_of_a_shapefile_shows_its_encoding() {
        let table = |mark: u8, text: &[u8]| [vec![0; 29], vec![mark, 0, 0], text.to_vec()].concat();
        assert_eq!(table_encoding(&table(0x57, "Київ".as_bytes())), Some("UTF-8"));
        assert_eq!(table_encoding(&table(0, b"\xca\xe8\xbf\xe2")), Some("CP1251"));
        assert_eq!(table_encoding(&table(0xc9, b"\xca\xe8\xbf\xe2")), None);
    }
}
