//! `misto import`: a file of any format into one register, in one transaction.

mod batch;
mod place;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use sqlx::{Connection, PgConnection};

use self::batch::Run;
use super::codifier::Codes;
use super::crs::City;
use super::mapping::{self, Mapping, Match};
use super::read::limits::Limits;
use super::read::{Position, Source, Wanted};
use super::report::Report;
use super::{Counts, Loader, Mode, analyze};
use crate::catalogue::Catalogue;
use crate::catalogue::layer::{FieldType, Layer};
use crate::db::author;

/// What a person asks of an import.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Field to column, for fields that cannot be matched by name.
    pub map: BTreeMap<String, String>,
    /// The reference system, as a person names it.
    pub crs: Option<String>,
    pub encoding: Option<String>,
    /// The sheet or layer of the file.
    pub table: Option<String>,
    pub how: How,
    /// Who imports, and why: the history keeps it.
    pub who: String,
    pub why: Option<String>,
    /// Everything is done, and nothing is kept.
    pub dry_run: bool,
    pub limits: Limits,
}

/// What happens to records that the register has already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum How {
    /// A record whose key the register has is refused
    Append,
    /// A record whose key the register has changes it
    #[default]
    Upsert,
    /// As upsert, and what is not in the file is deleted (its history stays)
    Replace,
}

impl How {
    fn mode(self) -> Mode {
        match self {
            Self::Append => Mode::Add,
            Self::Upsert => Mode::Upsert,
            Self::Replace => Mode::Replace,
        }
    }
}

/// What an import did, as a whole.
#[derive(Debug)]
pub struct Outcome {
    pub layer: String,
    /// For `auto`: how well the columns fit.
    pub recognised: Option<Match>,
    /// What the file is.
    pub format: String,
    /// What a person should know of the file as a whole.
    pub remarks: Vec<String>,
    pub read: usize,
    pub counts: Counts,
    /// Placed by their address.
    pub located: u64,
    /// Stored without a geometry.
    pub without_place: u64,
    /// Stored outside the city.
    pub outside: u64,
    pub rejected: u64,
    /// Columns of the file that no field takes.
    pub unused: Vec<String>,
    /// Written only where there was something to say.
    pub report: Option<PathBuf>,
}

/// The name that stands for the register whose legal structure the file has.
pub const AUTO: &str = "auto";

/// Imports `file` into the register `layer`, or into the one that its columns show.
pub async fn import(
    connection: &mut PgConnection,
    catalogue: &Catalogue,
    layer: &str,
    file: &Path,
    order: &Order,
    progress: &mut dyn FnMut(Position),
) -> Result<Outcome> {
    let mut report = Report::beside(file);
    let outcome = run(connection, catalogue, layer, file, order, progress, &mut report).await;
    if outcome.is_err() {
        report.discard();
    }
    outcome.with_context(|| file.display().to_string())
}

async fn run(
    connection: &mut PgConnection,
    catalogue: &Catalogue,
    id: &str,
    file: &Path,
    order: &Order,
    progress: &mut dyn FnMut(Position),
    report: &mut Report,
) -> Result<Outcome> {
    let named = if id == AUTO { None } else { Some(layer_of(catalogue, id)?) };
    let knows = |column: &str| match named {
        Some(layer) => mapping::knows(layer, column) || order.map.values().any(|name| mapping::same(name, column)),
        None => catalogue.layers.iter().any(|layer| mapping::knows(layer, column)),
    };
    let (table, encoding) = (order.table.as_deref(), order.encoding.as_deref());
    let wanted = Wanted { table, encoding, knows: &knows, limits: &order.limits };
    let mut source = Source::open(file, &wanted).await?;
    let recognised = if named.is_none() { Some(mapping::recognise(catalogue, &source.columns)?) } else { None };
    let layer = match (&recognised, named) {
        (Some(found), _) => layer_of(catalogue, &found.layer)?,
        (None, Some(layer)) => layer,
        (None, None) => bail!("no register is named"),
    };
    let mapping = Mapping::new(layer, &source.columns, &order.map)?;

    let mut transaction = connection.begin().await?;
    author::sign(&mut transaction, &order.who, &reason(file, order)).await?;
    let mut remarks = Vec::new();
    let codes = codes(&mut transaction, layer, &mapping, &mut remarks).await?;
    let city = City::of(&mut transaction, catalogue, &layer.id).await?;
    let mut run = Run::new(catalogue, layer, &mapping, codes, city, order, report, remarks)?;
    let mut loader = Loader::new(&mut transaction, order.how.mode());
    while run.take_batch(&mut source, &mut loader).await? {
        progress(source.position());
    }
    if order.how == How::Replace && run.accepted == 0 {
        bail!(
            "no record of the file can be stored, so it cannot replace the register; try it with --dry-run --mode upsert"
        );
    }
    let counts = run.settle(loader).await?;
    if order.dry_run {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
        analyze(connection, &BTreeMap::from([(layer.id.clone(), counts)])).await?;
    }
    let (read, located, without_place, outside) = (run.read, run.located, run.without_place, run.outside);
    let remarks = std::mem::take(&mut run.remarks);
    report.finish()?;
    Ok(Outcome {
        layer: layer.id.clone(),
        recognised,
        format: source.format.clone(),
        remarks,
        read,
        counts,
        located,
        without_place,
        outside,
        rejected: report.rejected,
        unused: mapping.unused,
        report: report.path().map(Path::to_owned),
    })
}

fn layer_of<'c>(catalogue: &'c Catalogue, id: &str) -> Result<&'c Arc<Layer>> {
    catalogue.layer(id).with_context(|| {
        let known = catalogue.layers.iter().map(|layer| layer.id.as_str()).collect::<Vec<_>>().join(", ");
        format!("there is no register `{id}`; registers: {known}")
    })
}

fn reason(file: &Path, order: &Order) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    order.why.clone().unwrap_or_else(|| format!("import {name}"))
}

/// The codifier, where the file has codes for it.
async fn codes(
    connection: &mut PgConnection,
    layer: &Layer,
    mapping: &Mapping,
    remarks: &mut Vec<String>,
) -> Result<Option<Codes>> {
    if !mapping.columns.iter().any(|(index, _)| layer.fields[*index].kind == FieldType::Katottg) {
        return Ok(None);
    }
    let codes = Codes::read(connection).await?;
    if codes.is_none() {
        remarks.push(
            "the codifier КАТОТТГ is not loaded, so only the form of its codes is checked: misto codifier FILE.xlsx"
                .to_owned(),
        );
    }
    Ok(codes)
}
