//! `misto import LAYER FILE`: a file of any format into a register.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::database::City;
use crate::config::Config;
use crate::db::author;
use crate::db::private::IfRunning;
use crate::registers::import::{How, Order, Outcome, import};
use crate::registers::read::Position;

#[derive(Debug, Args)]
pub struct Import {
    /// The register, for example kiosks; auto: the one whose legal columns the file has
    layer: String,
    /// GeoJSON, CSV, XLSX, Shapefile, GeoPackage, File Geodatabase, DXF, KML, GML, MapInfo, FlatGeobuf …
    file: PathBuf,
    /// Take a field from a column of another name: --map passport_number=PASS_NO
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = pair)]
    map: Vec<(String, String)>,
    /// The reference system of the coordinates: EPSG:5566, УСК-2000, "СК-63 X3"; "EPSG:5566 swapped" where the axes are the other way round
    #[arg(long)]
    crs: Option<String>,
    /// The encoding of the texts, for example windows-1251 [default: what the file shows]
    #[arg(long)]
    encoding: Option<String>,
    /// The sheet or table, where the file has several
    #[arg(long, alias = "sheet")]
    table: Option<String>,
    /// What happens to records that the register has already
    #[arg(long, value_enum, default_value_t)]
    mode: How,
    /// The reason, for the history of the records: the decision, the letter
    #[arg(long)]
    why: Option<String>,
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
        let order = Order {
            map: self.map.iter().cloned().collect::<BTreeMap<_, _>>(),
            crs: self.crs.clone(),
            encoding: self.encoding.clone(),
            table: self.table.clone(),
            how: self.mode,
            who: author::operator(),
            why: self.why.clone(),
            dry_run: self.dry_run,
            ..Order::default()
        };
        let bar = bar();
        let outcome = city.runtime.block_on(async {
            let mut connection = city.db.owner.acquire().await?;
            let mut show = |position| show(&bar, position);
            import(&mut connection, &city.catalogue, &self.layer, &self.file, &order, &mut show).await
        });
        bar.finish_and_clear();
        outcome
    }

    fn tell(&self, outcome: &Outcome) {
        if let Some(found) = &outcome.recognised {
            println!(
                "{}: {} of its {} columns are of {}, which has {}",
                found.layer, found.common, found.file, found.structure, found.legal
            );
        }
        println!("{} into {}", outcome.format, outcome.layer);
        outcome.remarks.iter().for_each(|remark| println!("{remark}"));
        let counts = &outcome.counts;
        println!(
            "read {}, stored {} (new {}, changed {}, unchanged {}; placed by address {}, without a place {}, outside the city {}, repaired {}), rejected {}, vanished {}",
            outcome.read,
            counts.stored(),
            counts.new,
            counts.changed,
            counts.unchanged,
            outcome.located,
            outcome.without_place,
            outcome.outside,
            counts.repaired,
            outcome.rejected,
            counts.vanished
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

/// Shown on a terminal only.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show(bar: &ProgressBar, position: Position) {
    match position {
        Position::Records(at, of) | Position::Bytes(at, of) => {
            bar.set_length(of);
            bar.set_position(at);
        }
        // how many there are GDAL does not tell
        Position::Open(at) => {
            bar.unset_length();
            bar.set_position(at);
        }
    }
}
