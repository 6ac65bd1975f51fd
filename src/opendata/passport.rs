//! The passport of a data set: what it is, whose, how often it changes and where it is, in the columns of A7.

use chrono::{SecondsFormat, Utc};
use chrono_tz::Europe::Kyiv;
use serde_json::{Map, Value as Json, json};

use super::tables::BOM;
use crate::catalogue::layer::{Bilingual, Layer};
use crate::catalogue::structure::Structure;
use crate::config::Publisher;

/// The structure of passports.
const STRUCTURE: &str = "A7/register";
/// The formats of the data in a package.
const FORMATS: &str = "CSV, XLSX, JSON";
/// Why a register of Resolution 835 is published at all; a layer file may say more.
const PURPOSE: &str = "Постанова Кабінету Міністрів України від 21 жовтня 2015 р. № 835 «Про затвердження Положення про \
     набори даних, які підлягають оприлюдненню у формі відкритих даних»";

/// What a passport tells.
pub struct Passport<'p> {
    pub layer: &'p Layer,
    pub group: Option<&'p Bilingual>,
    pub publisher: &'p Publisher,
    /// The address of the register's page.
    pub page: Option<&'p str>,
    /// When a record was last changed; RFC 3339.
    pub modified: Option<String>,
    pub records: u64,
}

impl Passport<'_> {
    /// The value of a column of A7; none where it is not known.
    fn value(&self, column: &str) -> Option<String> {
        let (layer, publisher) = (self.layer, self.publisher);
        let legal = layer.legal.as_ref();
        match column {
            "uid" => Some(layer.id.replace('_', "-")),
            "title" => Some(layer.title.uk.clone()),
            "description" => Some(layer.description.uk.clone()),
            "accrualPeriodicity" => Some(periodicity(&layer.updated).to_owned()),
            "keywords" => Some(self.keywords()),
            "purpose" => Some(legal.and_then(|legal| legal.purpose.clone()).unwrap_or_else(|| PURPOSE.to_owned())),
            "url" => self.page.map(str::to_owned),
            "distributionFormat" => Some(FORMATS.to_owned()),
            "publisherName" => publisher.name.clone().or_else(|| Some(layer.attribution.uk.clone())),
            "publisherId" => publisher.code.clone(),
            "contactPointName" => publisher.contact.clone(),
            "contactPointEmail" => publisher.email.clone(),
            _ => None,
        }
    }

    fn keywords(&self) -> String {
        let own = self.layer.legal.as_ref().map(|legal| legal.keywords.join(", ")).unwrap_or_default();
        if !own.is_empty() {
            return own;
        }
        let titles = [Some(&self.layer.title), self.group];
        titles.into_iter().flatten().map(|title| title.uk.to_lowercase()).collect::<Vec<_>>().join(", ")
    }

    /// One record in the columns of A7.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let columns = Structure::named(STRUCTURE).map(|structure| structure.columns).unwrap_or_default();
        let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BOM.to_vec());
        out.write_record(columns.iter().map(|column| &column.name))?;
        let values = columns.iter().map(|column| self.value(&column.name).unwrap_or_else(|| column.nothing().into()));
        out.write_record(values)?;
        out.into_inner().map_err(|error| error.into_error().into())
    }

    /// The same as an object, with what A7 has no column for.
    pub fn json(&self) -> Json {
        let columns = Structure::named(STRUCTURE).map(|structure| structure.columns).unwrap_or_default();
        let mut passport: Map<_, _> =
            columns.into_iter().map(|column| (column.name.clone(), self.value(&column.name).into())).collect();
        let now = Utc::now().with_timezone(&Kyiv).to_rfc3339_opts(SecondsFormat::Secs, false);
        passport.insert("structure".into(), self.layer.legal.as_ref().map(|legal| legal.structure.as_str()).into());
        passport.insert("license".into(), self.layer.licence.as_str().into());
        passport.insert("modified".into(), self.modified.clone().into());
        passport.insert("issued".into(), now.into());
        passport.insert("records".into(), self.records.into());
        passport.insert(
            "resources".into(),
            json!({ "structure": "structure.csv", "data": ["data.csv", "data.xlsx", "data.json"] }),
        );
        passport.into()
    }
}

/// How A7 calls what a layer file calls `updated`. Of what is brought up to date when something happens its list says
/// nothing; the national portal's word for it is taken.
fn periodicity(updated: &str) -> &'static str {
    match updated {
        "continuous" => "Більш як один раз на день",
        "daily" => "Щодня",
        "weekly" => "Щотижня",
        "monthly" => "Щомісяця",
        "quarterly" => "Щокварталу",
        "yearly" => "Щороку",
        _ => "Відразу після внесення змін",
    }
}
