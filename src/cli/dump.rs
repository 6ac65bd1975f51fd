//! `misto dump FILE`: the whole city in one archive.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use tokio::runtime::Runtime;

use super::database::place;
use crate::backup::{self, Files};
use crate::config::Config;
use crate::db::private::IfRunning;

#[derive(Debug, Args)]
pub struct Dump {
    /// The archive; it appears once it is complete
    file: PathBuf,
    /// Replace a file that is there already
    #[arg(long)]
    force: bool,
}

impl Dump {
    pub fn run(self, config: &Config) -> Result<()> {
        if self.file.exists() && !self.force {
            bail!("{} is there already; give another name, or --force to replace it", self.file.display());
        }
        let runtime = Runtime::new().context("cannot start the runtime")?;
        let (options, cluster) = place(config, IfRunning::Join)?;
        let files = Files { layers: &config.layers, styles: &config.styles };
        let bar = ProgressBar::new_spinner();
        bar.set_style(ProgressStyle::with_template("{elapsed_precise} {bytes} of the city, {bytes_per_sec}")?);
        let dumped = backup::dump(runtime.handle(), &options, files, &self.file, &mut |bytes| bar.inc(bytes));
        bar.finish_and_clear();
        if let Some(cluster) = cluster {
            cluster.stop();
        }
        let (manifest, bytes) = dumped?;
        let (layers, rows) = manifest.layers().fold((0, 0), |(layers, sum), (_, rows)| (layers + 1, sum + rows));
        println!(
            "{}: {layers} registers with {} records, and {} files, {}",
            self.file.display(),
            HumanCount(rows.unsigned_abs()),
            manifest.parts.len().saturating_sub(1),
            HumanBytes(bytes)
        );
        Ok(())
    }
}
