//! `misto serve`: the portal.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::database::City;
use super::demo::Demo;
use crate::app::{self, Site};
use crate::config::Config;
use crate::db::private::{Cluster, IfRunning};
use crate::telemetry;

#[derive(Debug, Args)]
pub struct Serve {
    /// Load the invented demo city into a database that is empty
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub fn run(self, config: Config) -> Result<()> {
        let metrics = telemetry::metrics().context("cannot collect metrics")?;
        let city = City::open(&config, IfRunning::Refuse)?;
        if self.demo && Demo::default().load(&city)?.is_some() {
            tracing::info!("the database was empty and now holds an invented city");
        }
        let served = city.runtime.block_on(async {
            let listener = TcpListener::bind(config.listen).await;
            let listener = listener.with_context(|| {
                format!("cannot listen on {}; is something else there? Choose another with --listen", config.listen)
            })?;
            let site = Site {
                public_url: config.public_url.clone(),
                trusted_proxies: config.trusted_proxies.clone(),
                tile_cache: config.tile_cache,
                publisher: config.publisher.clone(),
            };
            tokio::spawn(keep_up(metrics.clone()));
            let app = app::app(city.catalogue.clone(), city.db.clone(), site, metrics);
            tracing::info!("Misto is at http://{}", listener.local_addr()?);
            tokio::select! {
                served = app::serve(app, listener, stop()?) => served,
                () = overdue(stop()?) => {
                    tracing::warn!("some requests did not end within {} s and are cut off", PATIENCE.as_secs());
                    Ok(())
                }
                () = death(city.cluster.as_ref()) => bail!(
                    "the private PostgreSQL has ended by itself; its log is {}",
                    config.var.join("postgres/postgres.log").display()
                ),
            }
        });
        tracing::info!("stopping");
        city.close();
        served
    }
}

/// Folds the samples of histograms together now and then; without it they would pile up where nobody asks `/metrics`.
async fn keep_up(metrics: PrometheusHandle) {
    loop {
        metrics.run_upkeep();
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

/// How long running requests may go on after the process is asked to stop.
const PATIENCE: Duration = Duration::from_secs(10);

async fn overdue(stop: impl Future<Output = ()>) {
    stop.await;
    tokio::time::sleep(PATIENCE).await;
}

/// Ready when the private PostgreSQL is gone; never without one.
async fn death(cluster: Option<&Cluster>) {
    let Some(cluster) = cluster else { return std::future::pending().await };
    while !cluster.has_died() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Ready when the process is asked to stop.
pub(super) fn stop() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
