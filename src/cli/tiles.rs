//! `misto tiles FILE.pmtiles`: layers as one archive that a map reads from any web server or disk.

use std::ops::{ControlFlow, RangeInclusive};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use super::database::City;
use super::serve::stop;
use crate::config::Config;
use crate::db::feed::Hub;
use crate::db::private::IfRunning;
use crate::geom::grid::{Envelope, LAST_ZOOM};
use crate::tiles::Tiles;
use crate::tiles::export::{Export, Outcome, Plan, Progress, Start};

#[derive(Debug, Args)]
pub struct WriteTiles {
    /// The archive (PMTiles 3); an older one is replaced once the new one is complete
    file: PathBuf,
    /// Layers, joined by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    layers: Vec<String>,
    /// Only the tiles that meet this box: west,south,east,north in degrees
    #[arg(long, value_parser = bbox, allow_hyphen_values = true)]
    bbox: Option<Envelope>,
    /// Zooms, for example 10-16 or 14 [default: those of the layers]
    #[arg(long, value_parser = zooms)]
    zoom: Option<RangeInclusive<u8>>,
}

fn bbox(text: &str) -> Result<Envelope, &'static str> {
    let envelope: Option<Envelope> = text.parse().ok();
    let right = envelope.filter(|envelope| envelope.west < envelope.east && envelope.south < envelope.north);
    right.ok_or("must be west,south,east,north in degrees, for example 30.4,50.4,30.6,50.5")
}

fn zooms(text: &str) -> Result<RangeInclusive<u8>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if first <= last && last <= LAST_ZOOM => Ok(first..=last),
        _ => Err(format!("must be two zooms of 0 to {LAST_ZOOM}, the lower one first, for example 10-16")),
    }
}

impl WriteTiles {
    pub fn run(self, config: &Config) -> Result<()> {
        let city = City::open(config, IfRunning::Join)?;
        let result = self.write(&city);
        city.close();
        match result? {
            Outcome::Written { tiles, different, bytes } => println!(
                "{}: {} tiles ({} different), {}",
                self.file.display(),
                HumanCount(tiles),
                HumanCount(different),
                HumanBytes(bytes)
            ),
            Outcome::Nothing => bail!("these layers have nothing in this box and these zooms; no archive is written"),
            Outcome::Stopped => bail!("stopped; what is made is kept, and the same command goes on from there"),
        }
        Ok(())
    }

    fn write(&self, city: &City) -> Result<Outcome> {
        let plan = self.plan(city)?;
        let asked = Arc::new(AtomicBool::new(false));
        let frozen = city.runtime.block_on(async {
            let (stop, asked) = (stop()?, asked.clone());
            tokio::spawn(async move {
                stop.await;
                asked.store(true, Ordering::Relaxed);
            });
            let tiles = Tiles::new(city.catalogue.clone(), city.db.clone(), Hub::new(), 0);
            tiles.frozen(&plan.layers, plan.zooms.clone()).await.context("the layers cannot be read")
        })?;
        let cannot = || format!("cannot write {}", self.file.display());
        let export = Export::open(&frozen, &plan, &self.file).with_context(cannot)?;
        match export.start() {
            Start::Fresh => {}
            Start::Continued(tiles) => {
                println!("going on after {} tiles of an export that was stopped", HumanCount(tiles))
            }
            Start::Replaced => {
                println!("beginning anew: the export that was stopped was of other data or other options")
            }
        }
        let bar = bar()?;
        let mut shown = None;
        let outcome = export.run(&mut |Progress { done, total, bytes }| {
            // the time that is left is reckoned from here, not from what was there already
            shown.get_or_insert_with(|| {
                bar.set_length(total);
                bar.set_position(done);
                bar.reset_eta();
            });
            bar.set_position(done);
            bar.set_message(HumanBytes(bytes).to_string());
            if asked.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        bar.finish_and_clear();
        outcome.with_context(cannot)
    }

    fn plan(&self, city: &City) -> Result<Plan> {
        let mut layers = self.layers.iter().map(|id| city.layer(id).cloned()).collect::<Result<Vec<_>>>()?;
        if layers.is_empty() {
            layers = city.catalogue.layers.clone();
        }
        let mut seen = std::collections::HashSet::new();
        layers.retain(|layer| seen.insert(layer.id.clone()));
        let zooms = self.zoom.clone().unwrap_or_else(|| {
            let first = layers.iter().map(|layer| layer.min_zoom).min().unwrap_or(0);
            first..=layers.iter().map(|layer| layer.max_zoom).max().unwrap_or(first)
        });
        Ok(Plan { layers, within: self.bbox, zooms })
    }
}

/// Shown on a terminal only.
fn bar() -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} tiles, {msg}, {eta} left")?;
    Ok(ProgressBar::new(0).with_style(style))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooms_are_one_or_a_range_that_exists() {
        assert_eq!((zooms("10-16"), zooms("14"), zooms("0 - 22")), (Ok(10..=16), Ok(14..=14), Ok(0..=22)));
        assert!(["16-10", "0-23", "-1", "", "a-b", "1-2-3"].iter().all(|text| zooms(text).is_err()));
    }

    #[test]
    fn a_box_has_an_inside() {
        assert!(bbox("30.4,50.4,30.6,50.5").is_ok() && bbox("-3,-3,3,3").is_ok());
        assert!(["30.6,50.4,30.4,50.5", "30,50,30,51", "30,50,31", "a"].iter().all(|text| bbox(text).is_err()));
    }
}
