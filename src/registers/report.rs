//! What an import did, record by record: a CSV file beside the imported one.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::catalogue::rules::Rejection;

/// The report being written. The file is made when there is something to say.
pub struct Report {
    path: PathBuf,
    writer: Option<csv::Writer<File>>,
    pub rejected: u64,
}

/// Where a record stands in the imported file.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// From 1, in the order of the file.
    pub record: usize,
    /// The line on which it begins, from 1.
    pub line: usize,
}

impl Report {
    /// A report at `FILE.report.csv`; one that is left of an earlier import is removed.
    pub fn beside(file: &Path) -> Self {
        let mut name = file.file_name().unwrap_or_default().to_os_string();
        name.push(".report.csv");
        let path = file.with_file_name(name);
        let _ = std::fs::remove_file(&path);
        Self { path, writer: None, rejected: 0 }
    }

    pub fn path(&self) -> Option<&Path> {
        self.writer.as_ref().map(|_| self.path.as_path())
    }

    /// Writes every reason why a record was refused.
    pub fn reject(
        &mut self,
        place: Place,
        key: &str,
        value: impl Fn(&str) -> String,
        rejections: &[Rejection],
    ) -> Result<()> {
        self.rejected += 1;
        for rejection in rejections {
            let value = value(&rejection.field);
            self.line("rejected", place, key, &rejection.field, &value, [&rejection.reason.uk, &rejection.reason.en])?;
        }
        Ok(())
    }

    /// Writes something that a person should know of a record that was stored all the same.
    pub fn note(&mut self, place: Place, key: &str, field: &str, text: [&str; 2]) -> Result<()> {
        self.line("stored", place, key, field, "", text)
    }

    fn line(
        &mut self,
        outcome: &str,
        place: Place,
        key: &str,
        field: &str,
        value: &str,
        text: [&str; 2],
    ) -> Result<()> {
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => {
                let file = File::create(&self.path);
                let file = file.with_context(|| format!("cannot write the report {}", self.path.display()))?;
                let mut writer = csv::Writer::from_writer(file);
                writer.write_record(["outcome", "record", "line", "key", "field", "value", "причина", "reason"])?;
                none.insert(writer)
            }
        };
        let (record, at) = (place.record.to_string(), place.line.to_string());
        let value: String = value.chars().take(200).collect();
        writer.write_record([outcome, &record, &at, key, field, &value, text[0], text[1]])?;
        Ok(())
    }

    pub fn finish(&mut self) -> Result<()> {
        match &mut self.writer {
            Some(writer) => writer.flush().context("cannot write the report"),
            None => Ok(()),
        }
    }
}
