//! A limit on how fast one address may ask: far above what a person's map needs, below what would starve the others.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
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
    proxies: Arc<[IpAddr]>,
    limiter: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    seen: Arc<AtomicU32>,
}

impl Limit {
    /// `proxies` are the addresses whose `X-Forwarded-For` is believed; this machine's own always is.
    pub fn new(proxies: &[IpAddr]) -> Self {
        let quota = Quota::per_second(STEADY).allow_burst(BURST);
        let proxies = proxies.iter().map(IpAddr::to_canonical).collect();
        Self { proxies, limiter: Arc::new(RateLimiter::keyed(quota)), seen: Arc::default() }
    }
}

/// Who asks, as an address that is counted; as an extractor: the request's. Nobody for requests of this machine itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Client(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or_default())
    }
}

/// Middleware: 429 for an address that asks too fast. Tells the routes who asks.
pub async fn limit(State(limit): State<Limit>, mut request: Request, next: Next) -> Response {
    if limit.seen.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
        limit.limiter.retain_recent();
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let client = limit.client(peer, request.headers());
    request.extensions_mut().insert(Client(client));
    match client {
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

impl Limit {
    /// Counts a request that is answered without the middleware; whether it may be.
    pub fn admits(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
        self.client(peer, headers).is_none_or(|address| self.limiter.check_key(&address).is_ok())
    }

    /// Who asks: the peer, or, where a proxy passes requests on, the last address that it names. Nobody for requests of
    /// this machine itself: they are the administrator's.
    fn client(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        match peer.map(|peer| peer.ip().to_canonical()) {
            Some(peer) if !peer.is_loopback() && !self.proxies.contains(&peer) => Some(network(peer)),
            _ => {
                let forwarded = headers.get_all("x-forwarded-for").iter().next_back()?;
                let address: IpAddr = forwarded.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()?;
                Some(network(address.to_canonical()))
            }
        }
    }
}

/// What counts as one client: an IPv4 address, or the /64 that a household or a phone gets in IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: Option<&str>) -> Option<String> {
        let limit = Limit::new(&["10.0.0.5".parse().unwrap()]);
        let mut headers = HeaderMap::new();
        if let Some(forwarded) = forwarded {
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        }
        limit.client(Some(peer.parse().unwrap()), &headers).map(|address| address.to_string())
    }

    #[test]
    fn a_client_is_its_peer_unless_a_known_proxy_speaks_for_it() {
        let named = Some("1.2.3.4, 203.0.113.7");
        assert_eq!(
            client("198.51.100.1:5", named).as_deref(),
            Some("198.51.100.1"),
            "a stranger's word is not believed"
        );
        assert_eq!(client("127.0.0.1:5", named).as_deref(), Some("203.0.113.7"));
        assert_eq!(client("[::ffff:127.0.0.1]:5", named).as_deref(), Some("203.0.113.7"));
        assert_eq!(client("10.0.0.5:5", named).as_deref(), Some("203.0.113.7"));
        assert_eq!(client("127.0.0.1:5", None), None);
        assert_eq!(client("[2001:db8:1:2:3:4:5:6]:5", None).as_deref(), Some("2001:db8:1:2::"));
    }
}
