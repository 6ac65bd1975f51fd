//! The city that everything is measured on: a private cluster with the demo registers, read by every server.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, ensure};
use misto::catalogue::Catalogue;
use misto::db::private::{Cluster, IfRunning};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor};
use tokio::runtime::Runtime;

use crate::peer::Peer;

/// The layers of the composite and of the export.
pub const SIX: [&str; 6] = ["parcels", "buildings", "addresses", "streets", "green", "water"];

pub struct City {
    pub catalogue: Catalogue,
    pub peer: Peer,
    /// As `DATABASE_URL` has it.
    pub url: String,
    pool: PgPool,
    runtime: Runtime,
    cluster: Cluster,
}

impl City {
    /// Starts the cluster in `folder`, loads the demo city if none is there, and makes Martin's tables anew.
    pub fn open(root: &Path, folder: &Path, addresses: u64, misto: &Path) -> Result<Self> {
        let catalogue = Catalogue::read(&root.join("layers"), &root.join("styles"))
            .map_err(|mistakes| anyhow!("the layer files have mistakes: {mistakes:?}"))?;
        let cluster = Cluster::start(&folder.join("postgres"), IfRunning::Refuse)?;
        let options = cluster.options("postgres").application_name("misto-bench").options([("jit", "off")]);
        let socket: PathBuf = options.get_socket().context("the private cluster has no socket")?.clone();
        let url = format!("postgres:///postgres?host={}&port=5432&user=misto", socket.display());
        run_misto(root, misto, &url, &["migrate"])?;
        let runtime = Runtime::new()?;
        let pool = runtime.block_on(PgPoolOptions::new().max_connections(2).connect_with(options))?;
        let city = Self { peer: Peer::new(&catalogue), catalogue, url, pool, runtime, cluster };
        if !city.scalar::<bool>("select exists (select from registers.parcels)")? {
            run_misto(root, misto, &city.url, &["demo", "--addresses", &addresses.to_string()])?;
        }
        city.run("vacuum analyze")?;
        for statement in city.peer.schema() {
            city.run(&statement)?;
        }
        Ok(city)
    }

    pub fn close(self) {
        self.runtime.block_on(self.pool.close());
        self.cluster.stop();
    }

    pub fn run(&self, sql: &str) -> Result<()> {
        let run = self.runtime.block_on(self.pool.execute(AssertSqlSafe(sql)));
        run.map(drop).with_context(|| format!("PostgreSQL refused: {sql}"))
    }

    pub fn scalar<T>(&self, sql: &str) -> Result<T>
    where
        T: sqlx::Type<sqlx::Postgres> + for<'row> sqlx::Decode<'row, sqlx::Postgres> + Send + Unpin,
    {
        Ok(self.runtime.block_on(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.pool))?)
    }

    pub fn rows<T>(&self, sql: &str) -> Result<Vec<T>>
    where
        T: for<'row> sqlx::FromRow<'row, sqlx::postgres::PgRow> + Send + Unpin,
    {
        Ok(self.runtime.block_on(sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&self.pool))?)
    }

    /// Those of `layers` that tiles of `zoom` hold.
    pub fn held<'layer>(&self, layers: &[&'layer str], zoom: u8) -> Vec<&'layer str> {
        let held = |id: &&&str| self.catalogue.layer(id).is_some_and(|layer| layer.min_zoom <= zoom);
        layers.iter().filter(held).copied().collect()
    }

    /// Every tile of `zoom` that a feature of one of the layers lies in, as `z/x/y`.
    pub fn tiles(&self, layers: &[&str], zoom: u8) -> Result<Vec<String>> {
        // world coordinates of EPSG:3857 in tiles, from the north-west corner
        const HALF: f64 = 20_037_508.342_789_244;
        let edge = 2.0 * HALF / f64::from(1u32 << zoom);
        // the tiles of boxes first, each once, then those of them that geometry itself touches
        let of_layer = |layer: &&str| {
            format!(
                "select x, y from (select distinct x, y from peer.{layer}, \
                 generate_series(floor((st_xmin(geom) + {HALF}) / {edge})::int, \
                 floor((st_xmax(geom) + {HALF}) / {edge})::int) as x, \
                 generate_series(floor(({HALF} - st_ymax(geom)) / {edge})::int, \
                 floor(({HALF} - st_ymin(geom)) / {edge})::int) as y) as boxes \
                 where exists (select from peer.{layer} where st_intersects(geom, st_tileenvelope({zoom}, x, y)))"
            )
        };
        let all = layers.iter().map(of_layer).collect::<Vec<_>>().join(" union ");
        let tiles: Vec<(i32, i32)> = self.rows(&format!("select distinct x, y from ({all}) as tiles order by x, y"))?;
        ensure!(!tiles.is_empty(), "nothing of {} is in the city", layers.join(", "));
        Ok(tiles.into_iter().map(|(x, y)| format!("{zoom}/{x}/{y}")).collect())
    }

    /// West, south, east, north of the layers together, as `martin-cp --bbox` wants it.
    pub fn bounds(&self, layers: &[&str]) -> Result<String> {
        let of_layer = |layer: &&str| format!("select st_extent(geom)::geometry as box from registers.{layer}");
        let all = layers.iter().map(of_layer).collect::<Vec<_>>().join(" union all ");
        self.scalar(&format!(
            "select concat_ws(',', st_xmin(whole), st_ymin(whole), st_xmax(whole), st_ymax(whole)) \
             from (select st_extent(box) as whole from ({all}) as boxes) as extent"
        ))
    }
}

fn run_misto(root: &Path, misto: &Path, url: &str, arguments: &[&str]) -> Result<()> {
    let status = Command::new(misto).current_dir(root).env("DATABASE_URL", url).args(arguments).status();
    let status = status.with_context(|| format!("cannot run {}", misto.display()))?;
    ensure!(status.success(), "misto {} failed", arguments.join(" "));
    Ok(())
}
