//! `misto export LAYER FILE`: a register as a file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::HumanCount;

use super::database::City;
use crate::auth::Caller;
use crate::config::Config;
use crate::db::private::IfRunning;
use crate::folder::Folder;
use crate::formats::files::FileFormat;
use crate::opendata::{Crs, Made, Opendata, Order, Output};

#[derive(Debug, Args)]
pub struct Export {
    /// The register, for example kiosks
    layer: String,
    /// The file; its name tells the format: .geojson .csv .xlsx .gpkg .shp.zip .gdb.zip .fgb .kml .dxf, or .legal.zip for
    /// the package of Resolution 835
    file: PathBuf,
    /// The format, where the file's name does not tell it, for example gpkg
    #[arg(long)]
    format: Option<String>,
    /// Only what touches this box: west,south,east,north in degrees
    #[arg(long, allow_hyphen_values = true)]
    bbox: Option<String>,
    /// Only records with this value: --filter passport_status=дійсний
    #[arg(long = "filter", value_name = "FIELD=VALUE", value_parser = pair)]
    filters: Vec<(String, String)>,
    /// The reference system of the coordinates, for example EPSG:5564 [default: longitude and latitude]
    #[arg(long)]
    crs: Option<String>,
    /// As the register was at this moment, for example 2026-11-25T10:00:00+02:00, or at the end of a day
    #[arg(long)]
    datetime: Option<String>,
    /// With the fields that only staff may see
    #[arg(long)]
    staff: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, value) = text.split_once('=').ok_or("must be FIELD=VALUE, for example passport_status=дійсний")?;
    Ok((field.trim().to_owned(), value.trim().to_owned()))
}

impl Export {
    pub fn run(self, config: &Config) -> Result<()> {
        let city = City::open(config, IfRunning::Join)?;
        let result = self.export(config, &city);
        city.close();
        let made = result?;
        println!("{}: {} records", self.file.display(), HumanCount(made.records));
        if !made.cut.is_empty() {
            let list: Vec<_> = made.cut.iter().map(|(field, count)| format!("{field} ({count})")).collect();
            println!(
                "texts were cut to what the format holds, in fields: {}. Other formats, such as .gpkg, have them whole",
                list.join(", ")
            );
        }
        Ok(())
    }

    fn export(&self, config: &Config, city: &City) -> Result<Made> {
        let layer = city.layer(&self.layer)?;
        let output = self.output(config.public_url.clone())?;
        let caller = if self.staff { Caller::Staff } else { Caller::Public };
        let named = [("bbox", &self.bbox), ("crs", &self.crs), ("datetime", &self.datetime)];
        let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
        let order = Order::read(layer, caller, output, named.chain(self.filters.clone()).collect())?;
        let opendata = Opendata::new(city.catalogue.clone(), city.db.clone(), config.publisher.clone());
        // beside the file, so that it can be moved to its place at once
        let parent = self.file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let cannot = || format!("cannot write {}", self.file.display());
        let folder = Folder::new(parent).with_context(cannot)?;
        let made = city.runtime.block_on(opendata.make(&order, &folder))?;
        std::fs::rename(&made.path, &self.file).with_context(cannot)?;
        Ok(made)
    }

    fn output(&self, base: Option<String>) -> Result<Output> {
        let name = self.file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let legal = match &self.format {
            Some(format) => format == "legal.zip",
            None => name.ends_with(".legal.zip"),
        };
        if legal && self.staff {
            bail!("the legal package is for everybody: it cannot be made with --staff");
        }
        if legal {
            return Ok(Output::Legal { base });
        }
        let format = match &self.format {
            Some(ending) => FileFormat::of_ending(ending.trim_start_matches('.')),
            None => FileFormat::of_name(&name),
        };
        let Some(format) = format else {
            let known: Vec<_> = FileFormat::all().map(|(_, about)| about.ending).collect();
            bail!(
                "the format is not clear; end the file's name in one of these, or say one with --format: {}, legal.zip",
                known.join(", ")
            );
        };
        Ok(Output::File(format, Crs::Crs84))
    }
}
