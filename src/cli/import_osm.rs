//! `misto import-osm FILE`: the base map and the addresses from an OpenStreetMap extract.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::Connection;

use super::database::City;
use crate::config::Config;
use crate::db::author::{operator, sign};
use crate::db::private::IfRunning;
use crate::osm::{self, Summary};
use crate::registers::{Counts, Mode, analyze, bulk};

/// How many refused records are named; the rest is counted.
const NAMED: usize = 20;

#[derive(Debug, Args)]
pub struct ImportOsm {
    /// An OpenStreetMap extract (.osm.pbf)
    file: PathBuf,
}

type Loaded = (Summary, BTreeMap<String, Counts>, Vec<bulk::Refused>);

impl ImportOsm {
    pub fn run(self, config: &Config) -> Result<()> {
        let city = City::open(config, IfRunning::Join)?;
        let result = self.import(&city);
        city.close();
        let (summary, counts, rejected) = result?;
        println!("{summary}");
        for (layer, counts) in &counts {
            println!(
                "{layer:>10}: stored {} (new {}, changed {}, unchanged {}; repaired {})",
                counts.stored(),
                counts.new,
                counts.changed,
                counts.unchanged,
                counts.repaired
            );
        }
        println!("refused by the layers' rules: {}", rejected.len());
        rejected.iter().take(NAMED).for_each(|line| println!("  {line}"));
        Ok(())
    }

    /// Everything in one transaction: a file that turns out to be broken leaves the registers as they were.
    fn import(&self, city: &City) -> Result<Loaded> {
        let catalogue = Arc::clone(&city.catalogue);
        let file = self.file.clone();
        let progress = bar();
        city.runtime.block_on(async {
            let mut connection = city.db.owner.acquire().await?;
            let mut transaction = connection.begin().await?;
            let name = self.file.file_name().unwrap_or_default().to_string_lossy();
            sign(&mut transaction, &operator(), &format!("misto import-osm {name}")).await?;
            let mut rejected = Vec::new();
            let shown = progress.clone();
            let produce = move |sender: &mut bulk::Sender| {
                osm::read(&file, &mut |at| show(&shown, &at), &mut |feature| -> Result<()> {
                    Ok(sender.send(feature)?)
                })
            };
            let refuse = |refused| rejected.push(refused);
            let (summary, counts) = bulk::load(&mut transaction, &catalogue, Mode::Upsert, produce, refuse).await?;
            progress.set_message("storing");
            transaction.commit().await?;
            analyze(&mut connection, &counts).await?;
            progress.finish_and_clear();
            Ok((summary, counts, rejected))
        })
    }
}

/// Shown on a terminal only.
fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:>12} {wide_bar} {bytes}/{total_bytes}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show(progress: &ProgressBar, at: &osm::Progress) {
    progress.set_length(at.total);
    progress.set_position(at.done);
    progress.set_message(format!("{:?}", at.phase).to_lowercase());
}
