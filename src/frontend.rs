//! The front end: the built files of `web/dist`, inside the binary in release builds.

use std::borrow::Cow;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use crate::http::etag::validated;
use crate::http::problem::{Problem, nothing_here};

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Files;

/// `/` and the files that the page needs.
pub fn routes() -> Router {
    Router::new()
        .route("/", get(|headers: HeaderMap| async move { page(&headers) }))
        .route("/assets/{*path}", get(asset))
        .route("/{file}", get(top_level))
}

fn page(headers: &HeaderMap) -> Response {
    match Files::get("index.html") {
        Some(file) => validated(headers, "text/html; charset=utf-8", bytes(file.data)),
        None => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Веб-частину не зібрано: виконайте make web і зберіть Misto знову. API працює: /api/collections",
            "The web part is not built: run make web and build Misto again. The API works: /api/collections",
        )
        .into_response(),
    }
}

/// Names of assets hold a hash of their content, so they never change.
async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let mut response = file(&format!("assets/{path}"), &headers).await;
    if response.status().is_success() {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(CACHE_CONTROL, forever);
    }
    response
}

async fn top_level(Path(name): Path<String>, headers: HeaderMap) -> Response {
    file(&name, &headers).await
}

async fn file(path: &str, headers: &HeaderMap) -> Response {
    match Files::get(path) {
        Some(file) => validated(headers, content_type(path), bytes(file.data)),
        None => nothing_here().await.into_response(),
    }
}

/// The file as a body; what lies in the binary is not copied.
fn bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => data.into(),
    }
}

/// The few kinds of file that the build makes.
fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
