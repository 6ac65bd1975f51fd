//! Cache validation: ETags from a body's bytes, and 304 for those who have them (RFC 9110 §8.8, §13.1.2).

use std::hash::Hasher;

use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::problem::Problem;

/// `body` with its ETag, or 304 where the request already has it. Caches may keep it but must ask before using it.
///
/// The tag is weak: compression happens afterwards, and the tag names the content, not its encoded bytes.
pub fn validated(request: &HeaderMap, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let body = body.into();
    let tag = header(format!("W/\"{:016x}\"", hash(&body)));
    let known = is_known(request, &tag);
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { body.into_response() };
    let headers = response.headers_mut();
    if !known {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(ETAG, tag);
    response
}

/// The same of something that is written as JSON.
pub fn json(request: &HeaderMap, media_type: &'static str, body: &impl Serialize) -> Result<Response, Problem> {
    let text = serde_json::to_vec(body).map_err(|error| Problem::internal(&error))?;
    Ok(validated(request, media_type, text))
}

/// The tag of a body as it travels, encoded.
pub fn strong(encoded: &[u8]) -> HeaderValue {
    header(format!("\"{:016x}\"", hash(encoded)))
}

/// Whether the request says that it has what the tag names. The comparison is weak (§8.8.3.2): a proxy that compressed
/// the body has marked the tag.
pub fn is_known(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Some(tag) = tag.to_str().ok().map(opaque) else { return false };
    request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|candidate| opaque(candidate) == tag || candidate.trim() == "*")
}

fn header(tag: String) -> HeaderValue {
    // hexadecimal digits and quotes are always a header's value
    HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))
}

fn hash(body: &[u8]) -> u64 {
    // SipHash with its fixed keys: the same bytes have the same tag on every node
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(body);
    hasher.finish()
}
