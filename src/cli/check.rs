//! `misto check`: every mistake in layers and styles at once.

use anyhow::{Result, bail};

use crate::catalogue::Catalogue;
use crate::config::Config;

/// The catalogue, or all that is wrong with it as one error.
pub fn catalogue(config: &Config) -> Result<Catalogue> {
    Catalogue::read(&config.layers, &config.styles).or_else(|mistakes| {
        let list: String = mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect();
        bail!("the layer and style files have mistakes ({}):{list}", mistakes.len())
    })
}

pub fn run(config: &Config) -> Result<()> {
    let catalogue = catalogue(config)?;
    let examples: usize = catalogue.layers.iter().map(|layer| layer.examples.len()).sum();
    println!(
        "{} layers, {} examples and {} styles are right",
        catalogue.layers.len(),
        examples,
        catalogue.styles.len()
    );
    Ok(())
}
