//! The commands, one file each.

mod check;
mod codifier;
mod database;
mod demo;
mod dump;
mod export;
mod history;
mod import;
mod import_osm;
mod key;
mod restore;
mod serve;
mod tiles;
mod verify;

use std::path::Path;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::config::{Config, Options};
use crate::telemetry;

/// Misto: a city's geoportal over PostGIS.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the portal
    Serve(serve::Serve),
    /// Read every layer and style file and report every mistake
    Check,
    /// Load an invented city into an empty database
    Demo(demo::Demo),
    /// Load a file of any format into a register
    Import(import::Import),
    /// Load the codifier of administrative units (КАТОТТГ) from the official XLSX
    Codifier(codifier::Codifier),
    /// Load the base map and addresses from an OpenStreetMap extract
    ImportOsm(import_osm::ImportOsm),
    /// Write a register as a file: GeoJSON, CSV, XLSX, GeoPackage, Shapefile and others, or its legal package
    Export(export::Export),
    /// Print what has happened to a record, or bring a version of it back
    History(history::History),
    /// Write layers as one archive of tiles (PMTiles); stopped and run again, it goes on
    Tiles(tiles::WriteTiles),
    /// Write the whole city, its database and its files, into one archive
    Dump(dump::Dump),
    /// Put a dump back into an empty database
    Restore(restore::Restore),
    /// Look for what is wrong in the registers; the exit code is 1 where there are errors
    Verify(verify::Verify),
    /// Make, list and revoke keys of the API for heavy users
    Key(key::Key),
    /// Print the description of the HTTP API (OpenAPI 3.1)
    Openapi,
    /// Bring the database up to the migrations and layer files, and stop
    Migrate,
}

/// Runs the command line.
pub fn run() -> Result<()> {
    let cli = Cli::parse();
    let config = Config::new(cli.options, Path::new("misto.toml"))?;
    telemetry::log(config.log);
    match cli.command {
        Command::Serve(serve) => serve.run(config),
        Command::Check => check::run(&config),
        Command::Demo(demo) => demo.run(&config),
        Command::Import(import) => import.run(&config),
        Command::Codifier(codifier) => codifier.run(&config),
        Command::ImportOsm(import) => import.run(&config),
        Command::Export(export) => export.run(&config),
        Command::History(history) => history.run(&config),
        Command::Tiles(tiles) => tiles.run(&config),
        Command::Dump(dump) => dump.run(&config),
        Command::Restore(restore) => restore.run(&config),
        Command::Verify(verify) => verify.run(&config),
        Command::Key(key) => key.run(&config),
        Command::Openapi => {
            println!("{}", serde_json::to_string_pretty(&crate::app::openapi())?);
            Ok(())
        }
        Command::Migrate => database::migrate(&config),
    }
}
