//! The server: slices built, routes merged, listener started, stopped in order.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use utoipa::OpenApi;

use crate::catalogue::Catalogue;
use crate::catalogue::overview::Overviews;
use crate::db::pool::Db;
use crate::features::Features;
use crate::frontend;
use crate::http::layers::wrap;
use crate::http::limit::Limit;
use crate::http::links::PublicUrl;
use crate::http::problem::{Problem, nothing_here};
use crate::tiles::Tiles;

/// How the portal is reached.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Its address as the public sees it; without it the request's Host is used.
    pub public_url: Option<String>,
    /// Proxies on other machines whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

/// Everything that Misto serves, as one service.
pub fn router(catalogue: Arc<Catalogue>, db: Db, site: Site, metrics: PrometheusHandle) -> Router {
    let overviews = Arc::new(Overviews::new(&db));
    let routes = Router::new()
        .merge(Tiles::new(catalogue.clone(), overviews.clone(), db.clone()).routes())
        .merge(Features::new(catalogue, overviews, db.clone()).routes())
        .merge(operations(db, metrics))
        .route("/api/openapi.json", get(|| async { Json(openapi()) }))
        .merge(frontend::routes())
        .fallback(nothing_here)
        .layer(Extension(PublicUrl(site.public_url)));
    wrap(routes, Limit::new(&site.trusted_proxies))
}

/// The API's description; the front end's client is generated from it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    #[derive(OpenApi)]
    #[openapi(info(title = "Misto", description = "A city's registers as features and tiles"))]
    struct Whole;
    let mut whole = Whole::openapi();
    whole.merge(crate::features::Description::openapi());
    whole.merge(crate::tiles::Description::openapi());
    whole
}

/// Serves until `stop` is ready, then lets running requests end.
pub async fn serve(
    router: Router,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await.context("the server failed")
}

/// `/healthz`: the process runs. `/readyz`: it can answer from the database. `/metrics`: Prometheus.
fn operations(db: Db, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(db)
        .route("/metrics", get(render))
        .with_state::<()>(())
        .layer(Extension(Arc::new(metrics)))
}

async fn ready(State(db): State<Db>) -> Result<&'static str, Problem> {
    sqlx::query("select 1").execute(&db.public).await?;
    Ok("ready\n")
}

async fn render(Extension(metrics): Extension<Arc<PrometheusHandle>>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()).into_response()
}
