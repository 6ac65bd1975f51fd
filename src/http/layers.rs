//! The middleware around every route: limits, compression, security headers, request log and metrics.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use super::cors::{self, preflight};
use super::problem::write_problems;

/// Longer than the database's statement timeout, so that the database's own answer comes first.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// For what makes or takes a file before it answers; it has a bound of its own that is shorter.
const LONG_REQUEST_TIMEOUT: Duration = Duration::from_secs(660);
/// Questions of ordinary routes.
const BODY_LIMIT: usize = 64 * 1024;
/// A table of addresses.
const LONG_BODY_LIMIT: usize = 16 << 20;

/// No inline script or style, nothing from elsewhere, no framing by others.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
     font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'self'";

/// Puts the common middleware around all routes; those of `long` may take longer. `guard` puts in front of them who may
/// ask how often.
pub fn wrap(routes: Router, long: Router, guard: impl FnOnce(Router) -> Router) -> Router {
    let compress = DefaultPredicate::new().and(NotForContentType::const_new("font/"));
    // compressed already, or large files that nobody reads on the way
    let compress = compress.and(NotForContentType::const_new("application/zip"));
    let compress = compress.and(NotForContentType::const_new("application/vnd.openxmlformats"));
    let timeout = |longest| TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, longest);
    let routes = routes.layer(timeout(REQUEST_TIMEOUT)).layer(RequestBodyLimitLayer::new(BODY_LIMIT));
    let long = long.layer(timeout(LONG_REQUEST_TIMEOUT)).layer(RequestBodyLimitLayer::new(LONG_BODY_LIMIT));
    guard(routes.merge(long).layer(CatchPanicLayer::new()))
        .layer(from_fn(write_problems))
        .layer(from_fn(preflight))
        .layer(CompressionLayer::new().compress_when(compress))
        .layer(from_fn(secure))
        .layer(from_fn(observe))
}

/// Marks a response that is the same for callers of all languages.
#[derive(Debug, Clone, Copy)]
pub struct WithoutLanguage;

async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    secure_headers(response.headers_mut());
    // titles, problems and the like are in the caller's language, and much is JSON or a page
    if response.extensions().get::<WithoutLanguage>().is_none() {
        response.headers_mut().append(VARY, HeaderValue::from_static("accept, accept-language"));
    }
    response
}

/// The headers that every response bears.
pub fn secure_headers(headers: &mut HeaderMap) {
    const HEADERS: [(HeaderName, &str); 5] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (HeaderName::from_static("permissions-policy"), "geolocation=(self), camera=(), microphone=()"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in HEADERS.into_iter().chain(cors::HEADERS) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// A label of its own only for methods that exist: anybody can make up others, and each would be a series of metrics.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// One log line and two measurements for each request; the path is logged, the query (where a person may have typed
/// something) is not.
async fn observe(request: Request, next: Next) -> Response {
    let method = method_name(request.method());
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or("other".to_owned(), |route| route.as_str().to_owned());
    let start = Instant::now();
    let response = next.run(request).await;
    let (seconds, status) = (start.elapsed().as_secs_f64(), response.status().as_u16());
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.to_string())];
    metrics::counter!("misto_http_requests_total", &labels).increment(1);
    metrics::histogram!("misto_http_request_seconds", &labels[..2]).record(seconds);
    tracing::debug!(method, path, status, ms = (seconds * 1e4).round() / 10.0, "request");
    response
}
