//! `misto demo`: an invented city into an empty database.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::Connection;

use super::database::City;
use crate::config::Config;
use crate::db::author::{operator, sign};
use crate::db::private::IfRunning;
use crate::demo::{Options, generate};
use crate::registers::{Counts, Mode, analyze, bulk};

#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// How many addresses the city has
    #[arg(long, default_value_t = Self::default().addresses, value_parser = clap::value_parser!(u64).range(200..=2_000_000))]
    addresses: u64,
    /// Another seed gives another city
    #[arg(long, default_value_t = Self::default().seed)]
    seed: u64,
}

impl Default for Demo {
    fn default() -> Self {
        Self { addresses: 12_000, seed: 1 }
    }
}

impl Demo {
    pub fn run(self, config: &Config) -> Result<()> {
        let city = City::open(config, IfRunning::Join)?;
        let result = self.load(&city);
        city.close();
        let Some(counts) = result? else {
            bail!("the database already holds a city; the demo is for an empty one (give another folder with --var)");
        };
        for (layer, counts) in &counts {
            println!("{layer:>14} {:>9}", counts.new);
        }
        Ok(())
    }

    /// Loads the demo city; none where the database already holds something.
    pub fn load(&self, city: &City) -> Result<Option<BTreeMap<String, Counts>>> {
        city.runtime.block_on(async {
            let mut connection = city.db.owner.acquire().await?;
            if !bulk::is_empty(&mut connection, &city.catalogue).await? {
                return Ok(None);
            }
            let style = ProgressStyle::with_template("{elapsed_precise} {human_pos} features of an invented city")?;
            let progress = ProgressBar::new_spinner().with_style(style);
            let (options, counter) = (self.options(), progress.clone());
            let mut first_refused = None;
            let mut transaction = connection.begin().await?;
            sign(&mut transaction, &operator(), "misto demo").await?;
            let produce = move |sender: &mut bulk::Sender| {
                Ok(generate(&options, &mut |feature| {
                    counter.inc(1);
                    sender.send(feature)
                })?)
            };
            let refuse = |refused| {
                first_refused.get_or_insert(refused);
            };
            let ((), counts) = bulk::load(&mut transaction, &city.catalogue, Mode::Append, produce, refuse).await?;
            if let Some(refused) = first_refused {
                bail!("the layer files refuse a record of the demo city: {refused}");
            }
            transaction.commit().await?;
            analyze(&mut connection, &counts).await?;
            progress.finish_and_clear();
            Ok(Some(counts))
        })
    }

    fn options(&self) -> Options {
        let today = chrono::Utc::now().with_timezone(&chrono_tz::Europe::Kyiv).date_naive();
        Options { addresses: self.addresses, seed: self.seed, today }
    }
}
