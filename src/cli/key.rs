//! `misto key`: keys of the API for heavy users.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::database::City;
use crate::auth::keys;
use crate::config::Config;
use crate::db::private::IfRunning;

#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key and print it; it is kept nowhere and cannot be shown again
    Add {
        /// Whose key it is
        #[arg(value_parser = name)]
        name: String,
        /// Requests a minute, on each server
        #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(i32).range(1..))]
        per_minute: i32,
        /// Requests a day (in Kyiv), on all servers together; without it as many as the minutes give
        #[arg(long, value_parser = clap::value_parser!(i64).range(1..))]
        per_day: Option<i64>,
    },
    /// List all keys, those in force first
    List,
    /// End a key; servers that run follow within seconds
    Revoke { name: String },
}

impl Key {
    pub fn run(self, config: &Config) -> Result<()> {
        let city = City::open(config, IfRunning::Join)?;
        let done = city.runtime.block_on(self.action.run(&city));
        city.close();
        done
    }
}

impl Action {
    async fn run(self, city: &City) -> Result<()> {
        match self {
            Self::Add { name, per_minute, per_day } => {
                println!("{}", keys::add(&city.db, &name, per_minute, per_day).await?);
                eprintln!("This is the only time that the key of {name} is shown. It goes into the header X-API-Key.");
            }
            Self::List => keys::list(&city.db).await?.iter().for_each(|key| println!("{}", line(key))),
            Self::Revoke { name } => {
                keys::revoke(&city.db, &name).await?;
                println!("the key of {name} is revoked");
            }
        }
        Ok(())
    }
}

/// A name fits on a line.
fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    match !text.is_empty() && text.chars().count() <= 100 && !text.contains(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err("a name has 1 to 100 characters and no line breaks".to_owned()),
    }
}

fn line(key: &keys::Listed) -> String {
    let day = key.per_day.map_or("no daily quota".to_owned(), |per_day| {
        format!("{per_day} a day, {} of today’s taken", key.used.unwrap_or(0))
    });
    let revoked = key.revoked.as_ref().map(|at| format!(", revoked {at}")).unwrap_or_default();
    format!("{}: {} a minute, {day}; made {} by {}{revoked}", key.name, key.per_minute, key.created, key.created_by)
}
