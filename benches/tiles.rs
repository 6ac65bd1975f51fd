//! How fast uncached tiles come, against the same rows encoded by PostGIS (`ST_AsMVT`) in the same run.
//!
//! A demo city is loaded into a private cluster; for each case both sides build the same tiles alternately, and the
//! median of the rounds counts. Writes `benches/RESULTS.md`. `MISTO_BENCH_ADDRESSES` sets the city's size.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use misto::catalogue::Catalogue;
use misto::db::pool::Db;
use misto::db::private::{Cluster, IfRunning};
use misto::demo;
use misto::geom::grid::TileId;
use misto::registers::{Mode, bulk};
use sqlx::{AssertSqlSafe, Connection};
use tower::ServiceExt;

const ROUNDS: usize = 5;
const TILES: u32 = 48;
const CASES: [(&str, u8); 9] = [
    ("parcels", 13),
    ("parcels", 14),
    ("parcels", 16),
    ("buildings", 13),
    ("buildings", 14),
    ("buildings", 16),
    ("addresses", 15),
    ("addresses", 16),
    ("streets", 12),
];

struct Bench {
    catalogue: Arc<Catalogue>,
    db: Db,
    router: Router,
}

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let addresses = std::env::var("MISTO_BENCH_ADDRESSES").ok().and_then(|n| n.parse().ok()).unwrap_or(113_000);
    let catalogue = Catalogue::read(&root.join("layers"), &root.join("styles"))
        .map_err(|mistakes| anyhow::anyhow!("{mistakes:?}"))?;
    let cluster = Cluster::start(&root.join("target/bench-postgres"), IfRunning::Refuse)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let report = runtime.block_on(async {
        let bench = Bench::open(catalogue, &cluster, addresses).await?;
        let report = bench.run(addresses).await;
        bench.db.close().await;
        report
    });
    cluster.stop();
    let report = report?;
    print!("{report}");
    std::fs::write(root.join("benches/RESULTS.md"), report).context("cannot write benches/RESULTS.md")
}

impl Bench {
    async fn open(catalogue: Catalogue, cluster: &Cluster, addresses: u64) -> Result<Self> {
        let db = Db::open(cluster.options("postgres"), 4).await?;
        catalogue.synchronise(&db).await?;
        let mut connection = db.owner.acquire().await?;
        if bulk::is_empty(&mut connection, &catalogue).await? {
            let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).context("a date")?;
            let options = demo::Options { addresses, seed: 1, today };
            let mut transaction = connection.begin().await?;
            let produce =
                move |sender: &mut bulk::Sender| Ok(demo::generate(&options, &mut |feature| sender.send(feature))?);
            bulk::load(&mut transaction, &catalogue, Mode::Append, produce, |_| {}).await?;
            transaction.commit().await?;
        }
        drop(connection);
        let catalogue = Arc::new(catalogue);
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
        let router = misto::app::router(catalogue.clone(), db.clone(), misto::app::Site::default(), metrics);
        Ok(Self { catalogue, db, router })
    }

    async fn run(&self, addresses: u64) -> Result<String> {
        let mut report = format!(
            "# Uncached tiles, Misto against ST_AsMVT in the same run\n\n\
             `make bench`; demo city of {addresses} addresses; {ROUNDS} alternating rounds, medians; one connection; \
             both sides read the same EPSG:4326 tables with the same columns. Misto's time includes its whole HTTP \
             stack, ST_AsMVT's only the query.\n\nMachine: {}. {}\n\n\
             | tiles | zoom | tiles a round | Misto, ms a tile | ST_AsMVT, ms a tile | times faster | kB a tile, largest |\n\
             | --- | --- | --- | --- | --- | --- | --- |\n",
            machine(),
            self.versions().await?
        );
        for (layer, zoom) in CASES {
            let tiles = self.tiles(layer, zoom).await?;
            ensure!(!tiles.is_empty(), "{layer} has no tiles at zoom {zoom}");
            let (mut ours, mut theirs, mut largest) = (Vec::new(), Vec::new(), 0);
            for _ in 0..ROUNDS {
                let start = Instant::now();
                for tile in &tiles {
                    largest = largest.max(self.misto(layer, *tile).await?);
                }
                ours.push(start.elapsed().as_secs_f64() * 1000.0 / tiles.len() as f64);
                let start = Instant::now();
                for tile in &tiles {
                    self.postgis(layer, *tile).await?;
                }
                theirs.push(start.elapsed().as_secs_f64() * 1000.0 / tiles.len() as f64);
            }
            let (ours, theirs) = (median(ours), median(theirs));
            writeln!(
                report,
                "| {layer} | {zoom} | {} | {ours:.2} | {theirs:.2} | {:.1} | {} |",
                tiles.len(),
                theirs / ours,
                largest / 1000
            )?;
        }
        Ok(report)
    }

    async fn versions(&self) -> Result<String> {
        Ok(sqlx::query_scalar("select split_part(version(), ' (', 1) || ', PostGIS ' || postgis_lib_version()")
            .fetch_one(&self.db.public)
            .await?)
    }

    /// Tiles that hold something, spread over the city by a fixed rule.
    async fn tiles(&self, layer: &str, zoom: u8) -> Result<Vec<TileId>> {
        let sql = format!(
            "select st_x(p), st_y(p) from (select st_centroid(geom) as p, row_number() over (order by id) as n, \
             count(*) over () as total from registers.{layer} where geom is not null) as all_of \
             where n % greatest(1, total / {TILES}) = 0"
        );
        let points: Vec<(f64, f64)> = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&self.db.public).await?;
        let mut tiles: Vec<_> = points.into_iter().map(|(x, y)| TileId::at(zoom, x, y)).collect();
        tiles.sort_by_key(|tile| (tile.x(), tile.y()));
        tiles.dedup();
        Ok(tiles)
    }

    async fn misto(&self, layer: &str, tile: TileId) -> Result<usize> {
        let request = Request::get(format!("/tiles/{layer}/{tile}")).body(Body::empty())?;
        let response = self.router.clone().oneshot(request).await?;
        ensure!(response.status() == 200, "{layer}/{tile}: {}", response.status());
        Ok(response.into_body().collect().await?.to_bytes().len())
    }

    async fn postgis(&self, layer: &str, tile: TileId) -> Result<usize> {
        let fields: String = self
            .catalogue
            .layer(layer)
            .context("a layer")?
            .fields
            .iter()
            .filter(|field| field.tiles.is_some_and(|from| from <= tile.z()))
            .map(|field| format!(", \"{}\"", field.name))
            .collect();
        let sql = format!(
            "select st_asmvt(t, '{layer}', 4096, 'geom', 'id') from (select id, st_asmvtgeom(st_transform(geom, 3857), \
             st_tileenvelope($1, $2, $3), 4096, 64) as geom{fields} from registers.{layer} \
             where geom && st_transform(st_tileenvelope($1, $2, $3, margin => 64.0 / 4096), 4326)) as t"
        );
        let bytes: Vec<u8> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(i32::from(tile.z()))
            .bind(i32::try_from(tile.x())?)
            .bind(i32::try_from(tile.y())?)
            .fetch_one(&self.db.public)
            .await?;
        Ok(bytes.len())
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    format!("{} × {}", std::thread::available_parallelism().map_or(1, |n| n.get()), model.unwrap_or("unknown"))
}
