//! The passport of a data set (Resolution 835): what it is, whose, how often it changes and where it is, in the columns
//! of A7.

use serde_json::{Map, Value as Json};

use super::dataset::Dataset;
use super::structure::{Column, Structure};
use crate::formats::files::BOM;
use crate::http::language::Language;

/// The structure of passports.
const STRUCTURE: &str = "A7/register";
/// The formats of the data in a legal package.
const FORMATS: &str = "CSV, XLSX, JSON";

impl Dataset<'_> {
    /// The value of a column of A7; none where it is not known.
    fn passport_value(&self, column: &str) -> Option<String> {
        let publisher = self.publisher;
        match column {
            "uid" => Some(self.layer.id.replace('_', "-")),
            "title" => Some(self.layer.title.uk.clone()),
            "description" => Some(self.layer.description.uk.clone()),
            "accrualPeriodicity" => Some(self.frequency().uk.to_owned()),
            "keywords" => Some(self.keywords(Language::Uk).join(", ")),
            "purpose" => Some(self.purpose().to_owned()),
            "url" => self.base.map(|_| self.page()),
            "distributionFormat" => Some(self.passport_formats()),
            "publisherName" => self.publisher_name(Language::Uk).map(str::to_owned),
            "publisherId" => publisher.code.clone(),
            "contactPointName" => publisher.contact.clone(),
            "contactPointEmail" => publisher.email.clone(),
            _ => None,
        }
    }

    /// Of the legal package where there is one, otherwise of the register's exports.
    fn passport_formats(&self) -> String {
        if self.layer.legal.is_some() {
            return FORMATS.to_owned();
        }
        let files = crate::formats::files::FileFormat::all();
        files.map(|(_, about)| about.title).collect::<Vec<_>>().join(", ")
    }

    /// One record in the columns of A7.
    pub fn passport_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let columns = columns();
        let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BOM.to_vec());
        out.write_record(columns.iter().map(|column| &column.name))?;
        let value = |column: &Column| self.passport_value(&column.name).unwrap_or_else(|| column.nothing().into());
        out.write_record(columns.iter().map(value))?;
        out.into_inner().map_err(|error| error.into_error().into())
    }

    /// The same as an object, with what A7 has no column for. `modified` is when a record was last changed, as RFC 3339.
    pub fn passport_json(&self, modified: Option<String>) -> Map<String, Json> {
        let mut passport: Map<_, _> = columns()
            .into_iter()
            .map(|column| (column.name.clone(), self.passport_value(&column.name).into()))
            .collect();
        let structure = self.layer.legal.as_ref().map(|legal| legal.structure.as_str());
        passport.insert("structure".into(), structure.into());
        passport.insert("license".into(), self.layer.licence.as_str().into());
        passport.insert("modified".into(), modified.into());
        passport.insert("records".into(), self.overview.count.into());
        passport
    }
}

fn columns() -> Vec<Column> {
    Structure::named(STRUCTURE).map(|structure| structure.columns).unwrap_or_default()
}
