//! The commands, one file each.

mod check;
mod database;
mod serve;

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
        Command::Migrate => database::migrate(&config),
    }
}
