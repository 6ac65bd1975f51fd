//! A city for each test: its own database, the real router.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt;
use misto::catalogue::Catalogue;
use misto::db::pool::Db;
use misto::db::private::{Cluster, IfRunning};
use misto::registers::{Mode, bulk};
use serde_json::Value as Json;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use tokio::sync::OnceCell;

const TEMPLATE: &str = "misto_template";
/// Few, because many tests run at once on one small cluster.
const CONNECTIONS: u32 = 3;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Real data that the project does not hold; tests that want it say so where it is absent.
pub fn data(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("SKIPPED: {} is not here", path.display());
    None
}

/// Lives as long as the test process; PostgreSQL ends with it.
fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("api-tests-postgres");
        Cluster::start(&folder, IfRunning::Refuse).unwrap()
    })
}

pub fn catalogue() -> Catalogue {
    Catalogue::read(&root().join("layers"), &root().join("styles")).unwrap()
}

async fn superuser() -> PgConnection {
    cluster().options("postgres").connect().await.unwrap()
}

/// Migrated and synchronised once for the run.
async fn template() {
    static MADE: OnceCell<()> = OnceCell::const_new();
    MADE.get_or_init(|| async {
        let mut connection = superuser().await;
        let stale: Vec<String> = sqlx::query_scalar("select datname from pg_database where datname like 'misto\\_%'")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        for database in stale {
            connection.execute(AssertSqlSafe(format!("drop database \"{database}\" with (force)"))).await.unwrap();
        }
        connection.execute(AssertSqlSafe(format!("create database {TEMPLATE}"))).await.unwrap();
        let db = Db::open(cluster().options(TEMPLATE), 2).await.unwrap();
        catalogue().synchronise(&db).await.unwrap();
        db.close().await;
    })
    .await;
}

/// An empty database without anything of Misto's.
pub async fn bare_database() -> PgConnectOptions {
    // it removes what an earlier run has left
    template().await;
    new_database("template1").await
}

async fn new_database(template: &str) -> PgConnectOptions {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("misto_test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut connection = superuser().await;
    connection.execute(AssertSqlSafe(format!("create database {name} template {template}"))).await.unwrap();
    connection.close().await.unwrap();
    cluster().options(&name)
}

/// A served city with an empty database.
pub struct City {
    pub db: Db,
    pub catalogue: Arc<Catalogue>,
    app: misto::app::App,
}

/// What the server answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl City {
    pub async fn new() -> Self {
        template().await;
        Self::with(catalogue(), new_database(TEMPLATE).await).await
    }

    /// The invented city.
    pub async fn demo(addresses: u64) -> Self {
        let city = Self::new().await;
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let options = misto::demo::Options { addresses, seed: 7, today };
        let mut connection = city.db.owner.acquire().await.unwrap();
        let mut transaction = connection.begin().await.unwrap();
        let produce =
            move |sender: &mut bulk::Sender| Ok(misto::demo::generate(&options, &mut |feature| sender.send(feature))?);
        bulk::load(&mut transaction, &city.catalogue, Mode::Append, produce, |_| {}).await.unwrap();
        transaction.commit().await.unwrap();
        drop(connection);
        city
    }

    /// A city with a catalogue of its own, synchronised.
    pub async fn with(catalogue: Catalogue, options: PgConnectOptions) -> Self {
        let db = Db::open(options, CONNECTIONS).await.unwrap();
        catalogue.synchronise(&db).await.unwrap();
        Self::serve(Arc::new(catalogue), db)
    }

    /// Another server of the same city.
    pub fn node(&self) -> Self {
        Self::serve(self.catalogue.clone(), self.db.clone())
    }

    fn serve(catalogue: Arc<Catalogue>, db: Db) -> Self {
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
        let app = misto::app::app(catalogue.clone(), db.clone(), misto::app::Site::default(), metrics);
        Self { db, catalogue, app }
    }

    /// Runs SQL as the owner of the registers.
    pub async fn sql(&self, sql: &str) {
        self.db.owner.execute(AssertSqlSafe(sql)).await.unwrap();
    }

    /// A connection of its own, as the superuser.
    pub async fn connect(&self) -> PgConnection {
        self.db.owner.connect_options().connect().await.unwrap()
    }

    /// The answer; a tile or a search shows everything that was committed before, and is asked for again while the server
    /// is behind.
    pub async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path);
        if !path.starts_with("/tiles/") && !path.starts_with("/api/search") {
            return self.request(request).await;
        }
        let position = misto::db::feed::now(&self.db.owner).await.unwrap().to_string();
        let mut answer = self.request(request.header("misto-after", &position)).await;
        for _ in 0..10 {
            if answer.status != StatusCode::SERVICE_UNAVAILABLE {
                break;
            }
            answer = self.request(Request::get(path).header("misto-after", &position)).await;
        }
        answer
    }

    /// The answer as it is at this moment.
    pub async fn get_now(&self, path: &str) -> Answer {
        self.request(Request::get(path)).await
    }

    /// The answer's head and its body, which may go on forever.
    pub async fn open(&self, request: axum::http::request::Builder) -> Response {
        self.open_with(request, Body::empty()).await
    }

    async fn open_with(&self, request: axum::http::request::Builder, body: Body) -> Response {
        let request = request.header("host", "city.example").body(body).unwrap();
        self.app.answer(None, request).await
    }

    pub async fn request(&self, request: axum::http::request::Builder) -> Answer {
        self.send(request, Body::empty()).await
    }

    /// The answer to a request with a body.
    pub async fn send(&self, request: axum::http::request::Builder, body: Body) -> Answer {
        let (parts, body) = self.open_with(request, body).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub async fn json(&self, path: &str) -> Json {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
