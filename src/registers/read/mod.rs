//! Files of any format as a stream of records, each with its place in the file. What a file is, its own bytes say
//! ([`sniff`]); JSON and CSV are read here, everything else by GDAL in a process of its own ([`gdal`]).

mod archive;
mod delimited;
mod gdal;
mod geojson;
pub mod limits;
mod sheet;
mod sniff;

use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, bail};
use geo::Geometry;
use serde_json::{Map, Value as Json};

use self::archive::Archive;
use self::gdal::{Gdal, Lines};
use self::limits::Limits;
use self::sheet::Header;
use self::sniff::{Dataset, Format};
use crate::catalogue::layer::Bilingual;
use crate::folder::Folder;

/// Where a record stands in the imported file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// From 1, in the order of the file.
    pub record: usize,
    /// The line (row of a sheet) on which it begins, from 1; 0 where the format has no lines.
    pub line: usize,
}

impl Place {
    /// For a message: `12 (line 40)`.
    pub fn at(&self) -> String {
        if self.line == 0 { self.record.to_string() } else { format!("{} (line {})", self.record, self.line) }
    }
}

/// A record as the file has it.
#[derive(Debug)]
pub struct Record {
    pub place: Place,
    pub values: Map<String, Json>,
    /// In the file's own reference system, easting or longitude first; or why it cannot be read.
    pub geometry: Result<Option<Geometry<f64>>, String>,
    /// Why the record as a whole cannot be taken.
    pub fault: Option<Bilingual>,
}

/// What a file says of its reference system.
#[derive(Debug, Clone, PartialEq)]
pub enum Declared {
    /// The format is always in longitude and latitude.
    Geographic,
    /// `EPSG:5566`, or a definition as WKT.
    Named(String),
    Nothing,
}

/// What is asked of a file.
pub struct Wanted<'a> {
    pub table: Option<&'a str>,
    pub encoding: Option<&'a str>,
    /// Whether a register has a column of that name: by it the header of a sheet is known.
    pub knows: &'a dyn Fn(&str) -> bool,
    pub limits: &'a Limits,
}

/// How far reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Of so many.
    Records(u64, u64),
    Bytes(u64, u64),
    /// How many there are is not known.
    Open(u64),
}

/// A file being read.
pub struct Source {
    /// For people: `CSV, windows-1251`.
    pub format: String,
    pub columns: Vec<String>,
    pub declared: Declared,
    reader: Reader,
    read: u64,
    /// Where the file was unpacked; gone when it is read.
    _unpacked: Option<Folder>,
}

enum Reader {
    Json(geojson::Document),
    Csv(Box<delimited::Table>),
    Gdal { lines: Box<Lines>, limits: Limits, sheet: Option<Sheet> },
}

struct Sheet {
    header: Header,
    /// Read while the header was looked for.
    rows: VecDeque<Record>,
    /// Number of the last row, from 1.
    row: usize,
}

impl Source {
    pub async fn open(path: &Path, wanted: &Wanted<'_>) -> Result<Self> {
        match sniff::sniff(path, wanted.table, wanted.limits)? {
            Format::Packed(inner) => Self::packed(path, &inner, wanted).await.with_context(|| inner.clone()),
            format => Self::of(format, path, wanted).await,
        }
    }

    async fn of(format: Format, path: &Path, wanted: &Wanted<'_>) -> Result<Self> {
        match format {
            Format::GeoJson => Self::json(path, false, wanted),
            Format::List => Self::json(path, true, wanted),
            Format::Csv => {
                let table = delimited::Table::open(path, wanted.encoding, wanted.limits)?;
                let (format, columns) = (format!("CSV, {}", table.encoding), table.columns.clone());
                Ok(Self::new(format, columns, Declared::Nothing, Reader::Csv(Box::new(table))))
            }
            Format::Gdal(dataset) => Self::gdal(&dataset, wanted).await,
            Format::Packed(_) => bail!("it is an archive within an archive; unpack the outer one"),
        }
    }

    fn new(format: String, columns: Vec<String>, declared: Declared, reader: Reader) -> Self {
        Self { format, columns, declared, reader, read: 0, _unpacked: None }
    }

    /// A file of an archive, from a folder of its own.
    async fn packed(path: &Path, inner: &str, wanted: &Wanted<'_>) -> Result<Self> {
        let folder = Folder::new(&std::env::temp_dir()).context("cannot make a folder for temporary files (TMPDIR)")?;
        // GDAL tells spreadsheets by their endings; nothing else of the name may matter
        let ending = inner.rsplit('.').next().filter(|ending| ending.chars().all(|c| c.is_ascii_alphanumeric()));
        let file = folder.path().join(format!("data.{}", ending.unwrap_or("bin").to_lowercase()));
        Archive::open(path, wanted.limits)?.unpack(path, inner, &mut File::create(&file)?)?;
        let mut source = Self::of(sniff::sniff(&file, wanted.table, wanted.limits)?, &file, wanted).await?;
        source.format = format!("{inner}: {}", source.format);
        source._unpacked = Some(folder);
        Ok(source)
    }

    fn json(path: &Path, is_list: bool, wanted: &Wanted<'_>) -> Result<Self> {
        let document = geojson::Document::open(path, wanted.encoding, is_list, wanted.limits)?;
        let declared = document.crs.clone().map_or(Declared::Geographic, Declared::Named);
        let format = if is_list { "JSON" } else { "GeoJSON" }.to_owned();
        Ok(Self::new(format, document.columns.clone(), declared, Reader::Json(document)))
    }

    async fn gdal(dataset: &Dataset, wanted: &Wanted<'_>) -> Result<Self> {
        let gdal = Gdal::open(dataset, wanted.encoding, wanted.limits).await?;
        let tables = gdal.tables().await?;
        let table = match (wanted.table.filter(|table| tables.iter().any(|name| name == table)), &tables[..]) {
            (Some(table), _) => table.to_owned(),
            (None, [only]) => only.clone(),
            (None, []) => bail!("{} has no tables", dataset.name),
            (None, several) => bail!("the file has several tables; name one, --table: {}", several.join(", ")),
        };
        let description = gdal.describe(&table).await?;
        let lines = Box::new(gdal.read(&table)?);
        let limits = wanted.limits.clone();
        let declared = match (dataset.driver, description.crs) {
            ("LIBKML" | "GPX" | "TopoJSON", _) => Declared::Geographic,
            (_, Some(name)) => Declared::Named(name),
            (_, None) => Declared::Nothing,
        };
        let reader = Reader::Gdal { lines, limits, sheet: None };
        let mut source = Self::new(format!("{}, {table}", dataset.name), description.columns, declared, reader);
        if dataset.is_sheet() {
            source.find_header(wanted).await?;
        }
        Ok(source)
    }

    /// A sheet's rows turn into records once its header is known.
    async fn find_header(&mut self, wanted: &Wanted<'_>) -> Result<()> {
        let mut rows = VecDeque::new();
        while rows.len() < sheet::HEAD {
            let Some(row) = self.raw().await? else { break };
            rows.push_back(row);
        }
        let header =
            Header::find(rows.make_contiguous(), wanted.knows).context("the sheet has no row with names of columns")?;
        self.columns = header.names();
        self.declared = Declared::Nothing;
        rows.drain(..header.rows);
        if let Reader::Gdal { sheet, .. } = &mut self.reader {
            *sheet = Some(Sheet { row: header.rows, header, rows });
        }
        self.read = 0;
        Ok(())
    }

    async fn raw(&mut self) -> Result<Option<Record>> {
        let Reader::Gdal { lines, limits, .. } = &mut self.reader else { return Ok(None) };
        let Some(line) = lines.next().await? else { return Ok(None) };
        self.read += 1;
        let record = self.read as usize;
        if record > limits.records {
            bail!("the file has more than {} records", limits.records);
        }
        geojson::feature(Place { record, line: 0 }, line, limits.vertices).map(Some)
    }

    /// The next record; none after the last.
    pub async fn next(&mut self) -> Result<Option<Record>> {
        match &mut self.reader {
            Reader::Json(document) => {
                self.read += 1;
                document.next()
            }
            Reader::Csv(table) => table.next(),
            Reader::Gdal { sheet: None, .. } => self.raw().await,
            Reader::Gdal { .. } => self.sheet_record().await,
        }
    }

    async fn sheet_record(&mut self) -> Result<Option<Record>> {
        loop {
            let Some(sheet) = self.sheet() else { return Ok(None) };
            let next = match sheet.rows.pop_front() {
                Some(next) => Some(next),
                None => self.raw().await?,
            };
            let (Some(next), Some(sheet)) = (next, self.sheet()) else { return Ok(None) };
            sheet.row += 1;
            let (line, header) = (sheet.row, &sheet.header);
            if let Some(mut record) = header.record(next) {
                record.place = Place { record: line - header.rows, line };
                return Ok(Some(record));
            }
        }
    }

    fn sheet(&mut self) -> Option<&mut Sheet> {
        match &mut self.reader {
            Reader::Gdal { sheet, .. } => sheet.as_mut(),
            _ => None,
        }
    }

    pub fn position(&self) -> Position {
        match &self.reader {
            Reader::Json(document) => Position::Records(self.read, document.len() as u64),
            Reader::Csv(table) => Position::Bytes(table.position(), table.length),
            _ => Position::Open(self.read),
        }
    }
}

/// Names of columns, trimmed, each once: what repeats gets a number, what has none is called by its place.
fn distinct(names: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashMap::new();
    let name = |(index, name): (usize, String)| {
        let name = match name.trim() {
            "" => format!("column {}", index + 1),
            name => name.to_owned(),
        };
        let count: &mut usize = seen.entry(name.to_lowercase()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name} ({count})") }
    };
    names.into_iter().enumerate().map(name).collect()
}
