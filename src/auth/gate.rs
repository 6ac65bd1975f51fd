//! Who may ask how often: by their key, or by their address.

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::keys::{Keys, presented};
use crate::http::limit::{Allowance, Limit, Refusal};

/// What stands in front of all routes.
#[derive(Debug, Clone)]
pub struct Gate {
    pub addresses: Limit,
    pub keys: Keys,
}

impl Gate {
    /// Counts a request that is answered without the middleware; whether it may be. One with a key may not.
    pub fn admits(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
        presented(headers).is_none() && self.addresses.admits(peer, headers)
    }
}

/// Middleware: 429 for who asks too much, 401 for a key that is not in force. Tells the routes who asks, and answers of
/// the API what is left. Tiles do not say it: they are kept for others.
pub async fn guard(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let client = gate.addresses.client_of(&request);
    request.extensions_mut().insert(client);
    let admitted = match presented(request.headers()) {
        Some(key) => gate.keys.admit(key).await,
        None => gate.addresses.admit(client).map(|allowance| allowance.into_iter().collect()),
    };
    match admitted {
        Ok(allowances) => {
            let is_told = request.uri().path().starts_with("/api");
            let mut response = next.run(request).await;
            if is_told {
                Allowance::tell(&allowances, response.headers_mut());
            }
            response
        }
        Err(refusal) => refused(refusal),
    }
}

fn refused(Refusal { problem, allowances }: Refusal) -> Response {
    metrics::counter!("misto_http_refused_total").increment(1);
    let mut response = problem.into_response();
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    Allowance::tell(&allowances, response.headers_mut());
    response
}
