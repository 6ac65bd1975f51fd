//! The server: slices built, routes merged, listener started, stopped in order.

mod openapi;

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::body::{Bytes, HttpBody};
use axum::extract::{ConnectInfo, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, Request};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use metrics::Counter;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::auth::gate::{Gate, guard};
use crate::auth::keys::Keys;
use crate::catalogue::Catalogue;
use crate::catalogue::overview::Overviews;
use crate::changes::Changes;
use crate::config::Publisher;
use crate::db::feed::Hub;
use crate::db::pool::Db;
use crate::developers::Developers;
use crate::features::Features;
use crate::frontend;
use crate::here::HereAt;
use crate::http::layers::{secure_headers, wrap};
use crate::http::limit::Limit;
use crate::http::links::PublicUrl;
use crate::http::offer::Offers;
use crate::http::page;
use crate::http::problem::{Problem, nothing_here};
use crate::http::stopping::Stopping;
use crate::metadata::{self, Metadata};
use crate::opendata::Opendata;
use crate::search::Search;
use crate::tiles::Tiles;
use crate::verify::Verification;

pub use openapi::openapi;

/// How the portal is reached.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its address as the public sees it; without it the request's Host is used.
    pub public_url: Option<String>,
    /// Proxies on other machines whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Bytes of finished tiles that are kept in memory.
    pub tile_cache: u64,
    /// Who publishes the registers as open data.
    pub publisher: Publisher,
}

impl Default for Site {
    fn default() -> Self {
        Self { public_url: None, trusted_proxies: Vec::new(), tile_cache: 256 << 20, publisher: Publisher::default() }
    }
}

/// Everything that Misto serves.
#[derive(Clone)]
pub struct App {
    routes: Router,
    tiles: Tiles,
    gate: Gate,
    instant: Counter,
}

/// Builds the slices and merges their routes. Must be called within a runtime.
pub fn app(catalogue: Arc<Catalogue>, db: Db, site: Site, metrics: PrometheusHandle) -> App {
    let overviews = Arc::new(Overviews::new(&db));
    let hub = Hub::new();
    let tiles = Tiles::new(catalogue.clone(), db.clone(), hub.clone(), site.tile_cache);
    tokio::spawn({
        let tiles = tiles.clone();
        async move { tiles.warm().await }
    });
    let search = Search::new(catalogue.clone(), db.clone(), hub.clone());
    let routes = Router::new()
        .merge(tiles.clone().routes())
        .merge(Features::new(catalogue.clone(), overviews.clone(), db.clone(), offers()).routes())
        .merge(Metadata::new(catalogue.clone(), overviews.clone(), site.publisher.clone()).routes())
        .merge(Verification::new(catalogue.clone(), db.clone()).routes())
        .merge(Changes::new(catalogue.clone(), db.clone(), hub).routes())
        .merge(search.clone().routes())
        .merge(HereAt::new(catalogue.clone(), &db).routes())
        .merge(operations(db.clone(), tiles.clone(), metrics))
        .merge(descriptions(site.publisher.clone()))
        .merge(Developers::new(catalogue.clone(), overviews, site.publisher.clone()).routes())
        .merge(page::routes())
        .merge(frontend::routes())
        .fallback(nothing_here)
        .layer(Extension(PublicUrl(site.public_url.clone())));
    let gate = Gate { addresses: Limit::new(&site.trusted_proxies), keys: Keys::new(&db) };
    // files of a whole register take longer than anything else
    let exports = Opendata::new(catalogue, db, site.publisher).routes().merge(search.long_routes());
    let exports = exports.layer(Extension(PublicUrl(site.public_url)));
    let labels = [("method", "GET"), ("route", "/tiles/{layers}/{z}/{x}/{y}"), ("status", "kept")];
    let instant = metrics::counter!("misto_http_requests_total", &labels);
    let guarded = |routes: Router| routes.layer(from_fn_with_state(gate.clone(), guard));
    App { routes: wrap(routes, exports, guarded), tiles, gate, instant }
}

impl App {
    /// Answers a request of `peer`. A tile that is ready goes out past the middleware, with the same headers: most
    /// requests are such, and the middleware costs more than they do.
    pub async fn answer<B>(&self, peer: Option<SocketAddr>, mut request: Request<B>) -> Response
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        if request.method() == Method::GET
            && request.uri().query().is_none()
            && let Some(mut response) = self.tiles.instant(request.uri().path(), request.headers()).await
            && self.gate.admits(peer, request.headers())
        {
            secure_headers(response.headers_mut());
            self.instant.increment(1);
            return response;
        }
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        self.routes.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }
}

/// What each slice shows on the API's landing page and declares to conform to.
fn offers() -> Offers {
    let [tiles, styles] = crate::tiles::OFFERS;
    Offers(vec![crate::features::offer(), tiles, styles, metadata::OFFER, crate::developers::offer()])
}

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves HTTP/1.1 until `stop` is ready, then lets running requests end. HTTP/2 and TLS are the proxy's.
pub async fn serve(app: App, listener: TcpListener, stop: impl Future<Output = ()>) -> Result<()> {
    let (stop, stopping) = Stopping::when(stop);
    let app = App { routes: app.routes.layer(Extension(stopping)), ..app };
    let keys = app.gate.keys.clone();
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let connections = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // no descriptors left, most often; running requests give some back
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        // fails only where the connection is gone already
        let _ = stream.set_nodelay(true);
        let app = app.clone();
        let service = service_fn(move |request| {
            let app = app.clone();
            async move { Ok::<_, Infallible>(app.answer(Some(peer), request).await) }
        });
        let connection = connections.watch(server.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
    keys.give_back().await;
    Ok(())
}

/// The API's description in two versions.
fn descriptions(publisher: Publisher) -> Router {
    Router::new()
        .route("/api/openapi.json", get(openapi::description))
        .route("/api/openapi-3.0.json", get(openapi::older))
        .layer(Extension(openapi::Contact(publisher)))
}

/// `/healthz`: the process runs. `/readyz`: it has read the registers and can answer from the database. `/metrics`:
/// Prometheus.
fn operations(db: Db, tiles: Tiles, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .with_state((db, tiles))
        .route("/metrics", get(render))
        .with_state::<()>(())
        .layer(Extension(Arc::new(metrics)))
}

/// That the process runs.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, content_type = "text/plain", body = String)))]
async fn health() -> &'static str {
    "ok\n"
}

/// That the registers have been read and the database answers.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses((status = 200, content_type = "text/plain", body = String)))]
async fn ready(State((db, tiles)): State<(Db, Tiles)>) -> Result<&'static str, Problem> {
    sqlx::query("select 1").execute(&db.public).await?;
    if !tiles.is_warm() {
        return Err(Problem::busy());
    }
    Ok("ready\n")
}

/// Measurements for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses((status = 200, content_type = "text/plain", body = String)))]
async fn render(Extension(metrics): Extension<Arc<PrometheusHandle>>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()).into_response()
}
