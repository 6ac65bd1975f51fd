//! `misto restore FILE`: a dump back into an empty database, or, with `--force`, in place of what a database holds.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use sqlx::postgres::PgConnectOptions;
use tokio::runtime::Runtime;

use super::check;
use super::database::place;
use crate::backup::{self, Archive, Files, Found, Restored};
use crate::config::Config;
use crate::db::pool::Db;
use crate::db::private::IfRunning;

#[derive(Debug, Args)]
pub struct Restore {
    /// An archive that misto dump has written
    file: PathBuf,
    /// Restore into a database that holds records, which are lost
    #[arg(long)]
    force: bool,
    /// Write the dump's layer files into this folder, which must be empty or absent
    #[arg(long, value_name = "FOLDER")]
    layers_to: Option<PathBuf>,
    /// Write the dump's map styles into this folder, which must be empty or absent
    #[arg(long, value_name = "FOLDER")]
    styles_to: Option<PathBuf>,
}

impl Restore {
    pub fn run(self, config: &Config) -> Result<()> {
        let archive = self.open()?;
        for (name, to) in [("layers", &self.layers_to), ("styles", &self.styles_to)] {
            let Some(to) = to else { continue };
            println!("{} files written into {}", backup::write_files(&archive, name, to)?, to.display());
        }
        // the dump's own layer files, where they are to be used from now on, fit it; others may not
        let mut config = config.clone();
        config.layers = self.layers_to.clone().unwrap_or(config.layers);
        config.styles = self.styles_to.clone().unwrap_or(config.styles);
        let catalogue = check::catalogue(&config)?;
        let differences = backup::compare(&archive, Files { layers: &config.layers, styles: &config.styles })?;
        let runtime = Runtime::new().context("cannot start the runtime")?;
        let (options, cluster) = place(&config, IfRunning::Join)?;
        let restored = self.restore(&runtime, &options, &archive).and_then(|restored| {
            runtime.block_on(async {
                let db = Db::open(options, config.connections).await?;
                let synchronised = catalogue.synchronise(&db).await;
                db.close().await;
                synchronised.context(
                    "the dump is restored; but the layer files here do not fit it (--layers-to FOLDER writes its own)",
                )
            })?;
            Ok(restored)
        });
        if let Some(cluster) = cluster {
            cluster.stop();
        }
        let Restored { layers, rows } = restored?;
        println!("restored {layers} registers with {} records", HumanCount(rows.unsigned_abs()));
        for difference in differences {
            println!("{difference}");
        }
        Ok(())
    }

    /// Reads the file whole before anything else happens.
    fn open(&self) -> Result<Archive> {
        let length = std::fs::metadata(&self.file).map_or(0, |file| file.len());
        let bar = bar(length, "checking")?;
        let archive = Archive::open(&self.file, &mut |bytes| bar.inc(bytes));
        bar.finish_and_clear();
        let archive = archive?;
        let refused = || format!("{} cannot be restored, and nothing was changed", self.file.display());
        archive.manifest.fits(&backup::known_migrations()).with_context(refused)?;
        Ok(archive)
    }

    fn restore(&self, runtime: &Runtime, options: &PgConnectOptions, archive: &Archive) -> Result<Restored> {
        let found = backup::prepare(runtime.handle(), options, archive)?;
        self.agree(&found)?;
        let bar = bar(archive.database_bytes(), "restoring")?;
        let restored = backup::restore(&found, archive, &mut |bytes| bar.inc(bytes));
        bar.finish_and_clear();
        restored
    }

    /// Records are not replaced unasked.
    fn agree(&self, found: &Found) -> Result<()> {
        if found.rows.is_empty() {
            return Ok(());
        }
        let list: Vec<_> = found.rows.iter().map(|(table, rows)| format!("\n  {table}: {rows}")).collect();
        if !self.force {
            bail!(
                "this database holds records, and nothing was changed. Name another database (--var, DATABASE_URL); or \
                 write these records away with misto dump and run this with --force, which replaces them:{}",
                list.concat()
            );
        }
        println!("replacing what the database holds:{}", list.concat());
        Ok(())
    }
}

fn bar(length: u64, doing: &'static str) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}, {eta} left")?;
    Ok(ProgressBar::new(length).with_style(style).with_message(doing))
}
