//! Pages of other sites may read: registers are open data (CORS, Fetch §3.3). Without credentials, so that nothing that
//! is for one person only can be read so.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
};
use axum::http::{HeaderName, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The headers that every response bears. Scripts may read these of its others.
pub const HEADERS: [(HeaderName, &str); 2] = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (
        ACCESS_CONTROL_EXPOSE_HEADERS,
        "etag, link, content-crs, content-disposition, content-language, ratelimit, ratelimit-policy, retry-after, \
         deprecation, sunset, misto-after",
    ),
];

/// What a browser is told that asks before it asks (a preflight), for a day.
const ALLOWED: [(HeaderName, &str); 3] = [
    (ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"),
    // the asterisk does not speak for the first
    (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, x-api-key, misto-after, last-event-id, *"),
    (ACCESS_CONTROL_MAX_AGE, "86400"),
];

/// Middleware: answers preflights, whatever the address.
pub async fn preflight(request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return (StatusCode::NO_CONTENT, ALLOWED).into_response();
    }
    next.run(request).await
}
