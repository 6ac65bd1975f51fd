//! A limit on how fast one address may ask: far above what a person's map needs, below what would starve the others.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::problem::Problem;

/// Requests a second that an address may keep up; a whole office or a mobile network may share one.
const STEADY: NonZeroU32 = NonZeroU32::new(200).unwrap();
/// How many it may ask at once: several people opening a map.
const BURST: NonZeroU32 = NonZeroU32::new(2_000).unwrap();
/// After so many requests, addresses that have been quiet are forgotten.
const FORGET_EVERY: u32 = 50_000;

/// Counts requests by client address.
#[derive(Debug, Clone)]
pub struct Limit {
    limiter: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    seen: Arc<AtomicU32>,
}

impl Default for Limit {
    fn default() -> Self {
        let quota = Quota::per_second(STEADY).allow_burst(BURST);
        Self { limiter: Arc::new(RateLimiter::keyed(quota)), seen: Arc::default() }
    }
}

/// Middleware: 429 for an address that asks too fast.
pub async fn limit(State(limit): State<Limit>, request: Request, next: Next) -> Response {
    if limit.seen.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
        limit.limiter.retain_recent();
    }
    match client(&request) {
        Some(address) if limit.limiter.check_key(&address).is_err() => {
            metrics::counter!("misto_http_refused_total").increment(1);
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "Забагато запитів з вашої адреси. Зачекайте кілька секунд.",
                "Too many requests from your address. Wait a few seconds.",
            )
            .into_response()
        }
        _ => next.run(request).await,
    }
}

/// Who asks: the peer, or, where a proxy on this machine passes requests on, the last address that it names. Nobody
/// for requests of this machine itself: they are the administrator's.
fn client(request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    match peer {
        Some(peer) if !peer.is_loopback() => Some(peer),
        _ => {
            let forwarded = request.headers().get_all("x-forwarded-for").iter().next_back()?;
            forwarded.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
        }
    }
}
