//! `misto codifier FILE.xlsx`: the codifier of administrative units (КАТОТТГ), by which codes are then checked.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::database::City;
use crate::config::Config;
use crate::db::private::IfRunning;
use crate::registers::codifier;

#[derive(Debug, Args)]
pub struct Codifier {
    /// The official spreadsheet (XLSX); it takes the place of what was loaded before
    file: PathBuf,
}

impl Codifier {
    pub fn run(self, config: &Config) -> Result<()> {
        let city = City::open(config, IfRunning::Join)?;
        let count = city.runtime.block_on(async {
            let mut connection = city.db.owner.acquire().await?;
            codifier::load(&mut connection, &self.file).await
        });
        city.close();
        println!("the codifier has {} units; codes are checked by it from now on", count?);
        Ok(())
    }
}
