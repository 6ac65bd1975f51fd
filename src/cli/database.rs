//! Getting to the database, for every command that needs it.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use sqlx::postgres::PgConnectOptions;
use tokio::runtime::Runtime;

use super::check;
use crate::catalogue::Catalogue;
use crate::catalogue::layer::Layer;
use crate::config::Config;
use crate::db::pool::Db;
use crate::db::private::{Cluster, IfRunning};

/// The folder of the private cluster within `--var`.
const PRIVATE_FOLDER: &str = "postgres";
const PRIVATE_DATABASE: &str = "postgres";
/// How long tasks may take to notice that the connections are closed.
const TASKS_END: Duration = Duration::from_secs(2);

/// A city: its catalogue, and its database brought up to it.
pub struct City {
    pub catalogue: Arc<Catalogue>,
    pub db: Db,
    pub cluster: Option<Cluster>,
    pub runtime: Runtime,
}

impl City {
    /// Reads the catalogue, starts or reaches the database, migrates it and makes the registers' tables.
    pub fn open(config: &Config, if_running: IfRunning) -> Result<Self> {
        let catalogue = check::catalogue(config)?;
        let runtime = Runtime::new().context("cannot start the runtime")?;
        let (options, cluster) = place(config, if_running)?;
        let db = runtime.block_on(async {
            let db = Db::open(options, config.connections).await?;
            catalogue.synchronise(&db).await?;
            anyhow::Ok(db)
        })?;
        Ok(Self { catalogue: Arc::new(catalogue), db, cluster, runtime })
    }

    /// The register that an argument names.
    pub fn layer(&self, id: &str) -> Result<&Arc<Layer>> {
        self.catalogue.layer(id).with_context(|| {
            let known = self.catalogue.layers.iter().map(|layer| layer.id.as_str()).collect::<Vec<_>>().join(", ");
            format!("there is no register `{id}`; registers: {known}")
        })
    }

    /// Closes the connections, ends the tasks that still hold one, then stops the private cluster.
    pub fn close(self) {
        self.runtime.block_on(self.db.close());
        self.runtime.shutdown_timeout(TASKS_END);
        if let Some(cluster) = self.cluster {
            cluster.stop();
        }
    }
}

/// Where the database is, with the private cluster started or joined if that is it; nothing in it is looked at yet.
pub fn place(config: &Config, if_running: IfRunning) -> Result<(PgConnectOptions, Option<Cluster>)> {
    if let Some(url) = &config.database_url {
        let options = PgConnectOptions::from_str(url.reveal());
        return Ok((options.context("DATABASE_URL must be like postgres://user:password@host:5432/city")?, None));
    }
    let cluster = Cluster::start(&config.var.join(PRIVATE_FOLDER), if_running)?;
    Ok((cluster.options(PRIVATE_DATABASE), Some(cluster)))
}

/// `misto migrate`.
pub fn migrate(config: &Config) -> Result<()> {
    let city = City::open(config, IfRunning::Join)?;
    println!("the database holds all {} registers", city.catalogue.layers.len());
    city.close();
    Ok(())
}
