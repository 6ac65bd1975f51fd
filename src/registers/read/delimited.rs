//! CSV of any delimiter and encoding, row by row, each with its line.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result, bail};
use csv::{Reader, ReaderBuilder, StringRecord};
use serde_json::Value as Json;

use super::limits::Limits;
use super::{Place, Record, distinct};
use crate::catalogue::layer::Bilingual;
use crate::formats::encoded::{Text, delimiter};

/// More lines than any value has.
const MOST_LINES: usize = 1000;

/// A CSV file being read.
pub struct Table {
    reader: Reader<Text>,
    row: StringRecord,
    count: usize,
    /// Whether the last value of the last record has several lines.
    is_open: bool,
    most_bytes: usize,
    most_records: usize,
    pub columns: Vec<String>,
    /// Of the file, in bytes.
    pub length: u64,
    /// Whether the last byte of text closes a quotation, as it must where the last value is quoted.
    ends_quoted: bool,
    pub encoding: &'static str,
}

impl Table {
    pub fn open(path: &Path, encoding: Option<&str>, limits: &Limits) -> Result<Self> {
        let mut head = Vec::new();
        let (text, _) = Text::open(path, encoding)?;
        text.take(64 << 10).read_to_end(&mut head)?;
        let head = String::from_utf8_lossy(&head);
        let delimiter = delimiter(&head);
        let (text, encoding) = Text::open(path, encoding)?;
        let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text);
        let columns: Vec<String> =
            reader.headers().context("the header cannot be read")?.iter().map(str::to_owned).collect();
        let length = std::fs::metadata(path)?.len();
        let table = Self {
            reader,
            row: StringRecord::new(),
            count: 0,
            is_open: false,
            most_bytes: limits.record,
            most_records: limits.records,
            columns: distinct(columns),
            length,
            ends_quoted: ends_quoted(path)?,
            encoding: encoding.name(),
        };
        if table.columns.len() < 2 && table.columns.iter().all(|column| column.trim().is_empty()) {
            bail!("the first line has no names of columns");
        }
        Ok(table)
    }

    pub fn next(&mut self) -> Result<Option<Record>> {
        loop {
            let is_there =
                self.reader.read_record(&mut self.row).with_context(|| format!("after record {}", self.count))?;
            if !is_there {
                // a quotation that is never closed swallows the rest of the file
                if self.is_open && !self.ends_quoted {
                    bail!(
                        "the quotation in record {} is not closed, and the rest of the file is within it",
                        self.count
                    );
                }
                return Ok(None);
            }
            // sheets are often saved with empty rows at their end
            if self.row.iter().any(|value| !value.trim().is_empty()) {
                return self.record().map(Some);
            }
        }
    }

    fn record(&mut self) -> Result<Record> {
        let row = &self.row;
        self.count += 1;
        let line = row.position().map_or(0, |position| position.line() as usize);
        let place = Place { record: self.count, line };
        if self.count > self.most_records {
            bail!("the file has more than {} records", self.most_records);
        }
        let lines = row.iter().map(|value| value.bytes().filter(|&byte| byte == b'\n').count()).max().unwrap_or(0);
        if row.as_slice().len() > self.most_bytes || lines > MOST_LINES {
            bail!("record {} goes on for {} bytes: its quotation is not closed", place.at(), row.as_slice().len());
        }
        self.is_open = row.iter().next_back().is_some_and(|value| value.contains('\n'));
        let values = self.columns.iter().zip(row).map(|(name, value)| (name.clone(), Json::from(value)));
        let mut record = Record { place, values: values.collect(), geometry: Ok(None), fault: None };
        let has_extra = row.iter().skip(self.columns.len()).any(|value| !value.trim().is_empty());
        if has_extra || row.len() < self.columns.len() {
            let (values, columns) = (row.len(), self.columns.len());
            record.fault = Some(Bilingual::new(
                format!("у рядку значень {values}, а стовпців {columns}"),
                format!("the row has {values} values, and there are {columns} columns"),
            ));
        }
        Ok(record)
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.reader.get_ref().read
    }
}

fn ends_quoted(path: &Path) -> Result<bool> {
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(1024)))?;
    let mut tail = Vec::new();
    file.take(1024).read_to_end(&mut tail)?;
    Ok(tail.iter().rev().find(|byte| !byte.is_ascii_whitespace() && **byte != 0) == Some(&b'"'))
}
