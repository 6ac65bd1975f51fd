//! Settings: flags, then `MISTO_*` environment, then `misto.toml`, then defaults. Plain data; each part of the
//! program takes what it needs of it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use serde::Deserialize;

/// The settings that every command understands.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The database, for example postgres://user:password@host/city; without it Misto runs one of its own under --var
    #[arg(long, env = "DATABASE_URL", global = true, hide_env_values = true)]
    pub database_url: Option<Secret>,
    /// Folder for what Misto keeps (its private database) [default: var]
    #[arg(long, env = "MISTO_VAR", global = true)]
    pub var: Option<PathBuf>,
    /// Folder of the layer files [default: layers]
    // another name than `misto tiles --layers` has, which says which layers
    #[arg(id = "layer_files", long = "layer-files", env = "MISTO_LAYERS", global = true)]
    pub layers: Option<PathBuf>,
    /// Folder of the map styles [default: styles]
    #[arg(long, env = "MISTO_STYLES", global = true)]
    pub styles: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "MISTO_LISTEN", global = true)]
    pub listen: Option<SocketAddr>,
    /// The portal's address as the public sees it, for links; without it the request's Host is used
    #[arg(long, env = "MISTO_PUBLIC_URL", global = true)]
    pub public_url: Option<String>,
    /// Address of a proxy on another machine whose X-Forwarded-For is believed; may be given several times
    #[arg(long = "trusted-proxy", env = "MISTO_TRUSTED_PROXIES", value_delimiter = ',', global = true)]
    #[serde(default)]
    pub trusted_proxies: Vec<IpAddr>,
    /// Database connections for each of the two roles [default: 12]
    #[arg(long, env = "MISTO_CONNECTIONS", global = true)]
    pub connections: Option<u32>,
    /// Megabytes of finished tiles to keep in memory [default: 256]
    #[arg(long, env = "MISTO_TILE_CACHE", global = true)]
    pub tile_cache: Option<u64>,
    /// Who publishes the registers as open data; only in the file
    #[arg(skip)]
    #[serde(default)]
    pub publisher: Publisher,
    /// Log lines as text for people or as JSON for machines [default: text]
    #[arg(long, env = "MISTO_LOG", global = true)]
    pub log: Option<LogFormat>,
}

/// Who publishes the registers as open data, for the passports of data sets: `[publisher]` of `misto.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    pub name: Option<String>,
    /// ЄДРПОУ.
    pub code: Option<String>,
    /// The person who answers for the data.
    pub contact: Option<String>,
    pub email: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// A text that never shows in logs or errors.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Secret(String);

impl Secret {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("(secret)")
    }
}

/// The settings in force.
#[derive(Debug, Clone)]
pub struct Config {
    pub database_url: Option<Secret>,
    pub var: PathBuf,
    pub layers: PathBuf,
    pub styles: PathBuf,
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub trusted_proxies: Vec<IpAddr>,
    pub connections: u32,
    /// Bytes.
    pub tile_cache: u64,
    pub publisher: Publisher,
    pub log: LogFormat,
}

impl Config {
    /// Completes the command line and environment with `misto.toml`, where there is one, and with defaults.
    pub fn new(given: Options, file: &Path) -> Result<Self> {
        let written = match std::fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text).map_err(|error| mistake(file, &text, &error))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Options::default(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        let public_url = given.public_url.or(written.public_url);
        Ok(Self {
            database_url: given.database_url.or(written.database_url).filter(|url| !url.reveal().is_empty()),
            var: given.var.or(written.var).unwrap_or_else(|| "var".into()),
            layers: given.layers.or(written.layers).unwrap_or_else(|| "layers".into()),
            styles: given.styles.or(written.styles).unwrap_or_else(|| "styles".into()),
            listen: given.listen.or(written.listen).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
            trusted_proxies: given.trusted_proxies.into_iter().chain(written.trusted_proxies).collect(),
            connections: given.connections.or(written.connections).unwrap_or(12).clamp(2, 500),
            tile_cache: given.tile_cache.or(written.tile_cache).unwrap_or(256).saturating_mul(1 << 20),
            publisher: written.publisher,
            log: given.log.or(written.log).unwrap_or(LogFormat::Text),
        })
    }
}

/// Where and what the mistake is, without the line itself: it may hold the database's password.
fn mistake(file: &Path, text: &str, error: &toml::de::Error) -> anyhow::Error {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    anyhow!("{}:{}: {}", file.display(), before.matches('\n').count() + 1, error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_the_file_and_the_file_over_defaults() {
        let file = std::env::temp_dir().join(format!("misto-config-{}.toml", std::process::id()));
        std::fs::write(&file, "listen = \"0.0.0.0:80\"\nvar = \"/srv/misto\"\n").unwrap();
        let given = Options { listen: Some(SocketAddr::from(([127, 0, 0, 1], 9000))), ..Options::default() };
        let config = Config::new(given, &file).unwrap();
        std::fs::write(&file, "listne = \"0.0.0.0:80\"\n").unwrap();
        let mistaken = Config::new(Options::default(), &file).unwrap_err();
        std::fs::write(&file, "database_url = postgres://u:hunter2@h/d\n").unwrap();
        let unquoted = Config::new(Options::default(), &file).unwrap_err();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(config.listen.port(), 9000);
        assert_eq!(config.var, Path::new("/srv/misto"));
        assert_eq!(config.layers, Path::new("layers"));
        assert!(format!("{mistaken:#}").contains("listne"), "{mistaken:#}");
        assert!(!format!("{unquoted:?}").contains("hunter2"), "{unquoted:?}");
    }

    #[test]
    fn the_database_password_never_shows() {
        let given = Options { database_url: Some("postgres://u:hunter2@h/d".into()), ..Options::default() };
        assert!(!format!("{given:?}").contains("hunter2"));
    }
}
