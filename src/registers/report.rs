//! What an import did, record by record: a CSV file beside the imported one.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::read::Place;
use crate::catalogue::layer::Bilingual;
use crate::catalogue::rules::Rejection;

/// The report being written. The file is made when there is something to say.
pub struct Report {
    path: PathBuf,
    writer: Option<csv::Writer<File>>,
    pub rejected: u64,
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

    /// Writes something that a person should know of a record: what became of it, and why.
    pub fn note(
        &mut self,
        outcome: &str,
        place: Place,
        key: &str,
        field: &str,
        value: &str,
        text: &Bilingual,
    ) -> Result<()> {
        self.line(outcome, place, key, field, value, [&text.uk, &text.en])
    }

    /// Takes the file away: the import has come to nothing.
    pub fn discard(&mut self) {
        if self.writer.take().is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
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
        // what vanished has no place in the file, and some formats have no lines
        let number = |number: usize| if number == 0 { String::new() } else { number.to_string() };
        let (record, at) = (number(place.record), number(place.line));
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
