//! Links and the address that they begin with.

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use serde::Serialize;
use std::convert::Infallible;
use utoipa::ToSchema;

/// A link of OGC API – Common (RFC 8288).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Link {
    pub href: String,
    pub rel: &'static str,
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Language of what it leads to, where it is of one (RFC 5646).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hreflang: Option<&'static str>,
    /// Whether `href` is a template (RFC 6570).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub templated: bool,
}

impl Link {
    pub fn new(rel: &'static str, kind: &'static str, href: String) -> Self {
        Self { href, rel, kind, title: None, hreflang: None, templated: false }
    }

    pub fn titled(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }
}

/// The portal's address without a slash at its end, for example `https://map.city.gov.ua`: as configured, or as the
/// request (and the proxy before us) names it.
#[derive(Debug, Clone)]
pub struct BaseUrl(pub String);

/// The configured address, put into every request by `app`.
#[derive(Debug, Clone)]
pub struct PublicUrl(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for BaseUrl {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        if let Some(PublicUrl(Some(url))) = parts.extensions.get::<PublicUrl>() {
            return Ok(Self(url.clone()));
        }
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let host = header(HOST.as_str()).filter(|host| is_host(host)).unwrap_or("localhost");
        let scheme = header("x-forwarded-proto").filter(|proto| *proto == "https").unwrap_or("http");
        Ok(Self(format!("{scheme}://{host}")))
    }
}

/// Whether a Host header is only a host and a port, so that it can stand in a link.
fn is_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}
