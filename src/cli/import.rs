//! `misto import LAYER FILE`: a GeoJSON file into a register.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::database::City;
use crate::config::Config;
use crate::db::private::IfRunning;
use crate::registers::import::{Outcome, import};

#[derive(Debug, Args)]
pub struct Import {
    /// The register, for example kiosks
    layer: String,
    /// A GeoJSON FeatureCollection
    file: PathBuf,
    /// Take a field from a column of another name: --map passport_number=PASS_NO
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Do everything, report, and keep nothing
    #[arg(long)]
    dry_run: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, column) = text.split_once('=').ok_or("must be FIELD=COLUMN, for example passport_number=PASS_NO")?;
    Ok((field.trim().to_owned(), column.trim().to_owned()))
}

impl Import {
    pub fn run(self, config: &Config) -> Result<()> {
        let city = City::open(config, IfRunning::Join)?;
        let result = self.import(&city);
        city.close();
        self.tell(&result?);
        Ok(())
    }

    fn import(&self, city: &City) -> Result<Outcome> {
        let layer = city.layer(&self.layer)?;
        let map: BTreeMap<_, _> = self.map.iter().cloned().collect();
        city.runtime.block_on(async {
            let mut connection = city.db.owner.acquire().await?;
            import(&mut connection, layer, &self.file, &map, self.dry_run).await
        })
    }

    fn tell(&self, outcome: &Outcome) {
        let counts = &outcome.counts;
        println!(
            "read {}, stored {} (new {}, changed {}, unchanged {}; without a place {}, repaired {}), rejected {}",
            outcome.read,
            counts.stored(),
            counts.new,
            counts.changed,
            counts.unchanged,
            outcome.without_place,
            counts.repaired,
            outcome.rejected
        );
        if !outcome.unused.is_empty() {
            println!("columns that no field takes: {}", outcome.unused.join(", "));
        }
        if let Some(report) = &outcome.report {
            println!("report: {}", report.display());
        }
        if self.dry_run {
            println!("this was a dry run: nothing is kept");
        }
    }
}
