//! A limit on how fast one address may ask: far above what a person's map needs, below what would starve the others.
//! And how clients are told what is left to them: the fields `RateLimit` and `RateLimit-Policy`
//! (draft-ietf-httpapi-ratelimit-headers-10).

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::{StateInformationMiddleware, StateSnapshot};
use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};

use super::problem::Problem;

/// Requests a second that an address may keep up; a whole office or a mobile network may share one.
pub const STEADY: NonZeroU32 = NonZeroU32::new(200).unwrap();
/// How many it may ask at once: several people opening a map.
pub const BURST: NonZeroU32 = NonZeroU32::new(2_000).unwrap();
/// After so many requests, addresses that have been quiet are forgotten.
const FORGET_EVERY: u32 = 50_000;

pub const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Counts requests by client address.
#[derive(Debug, Clone)]
pub struct Limit {
    proxies: Arc<[IpAddr]>,
    limiter: Arc<DefaultKeyedRateLimiter<IpAddr, StateInformationMiddleware>>,
    seen: Arc<AtomicU32>,
}

/// A quota of a client, and what is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The policy's name: a token of lower-case letters.
    pub policy: &'static str,
    /// Requests in a window.
    pub quota: u64,
    /// Seconds.
    pub window: u64,
    pub left: u64,
    /// Seconds until all of the quota is there again; where nothing is left, until the next request may come.
    pub reset: u64,
}

/// A request that may not be, and why.
#[derive(Debug)]
pub struct Refusal {
    pub problem: Problem,
    pub allowances: Vec<Allowance>,
}

impl Refusal {
    /// For another reason than a quota.
    pub fn without(problem: Problem) -> Self {
        Self { problem, allowances: Vec::new() }
    }
}

impl Allowance {
    /// Of a limiter that fills up steadily (GCRA), after a request that it has let through.
    pub fn of(policy: &'static str, state: &StateSnapshot) -> Self {
        let (quota, left) = (state.quota(), u64::from(state.remaining_burst_capacity()));
        let size = u64::from(quota.burst_size().get());
        let each = quota.replenish_interval();
        let until_full = |requests: u64| (each.as_secs_f64() * requests as f64).ceil() as u64;
        Self {
            policy,
            quota: size,
            window: until_full(size).max(1),
            left,
            reset: until_full(size.saturating_sub(left)),
        }
    }

    /// Of a limiter that has let a request not through.
    pub fn spent(policy: &'static str, until: &NotUntil<<DefaultClock as Clock>::Instant>) -> Self {
        let quota = until.quota();
        let size = u64::from(quota.burst_size().get());
        let window = (quota.replenish_interval().as_secs_f64() * size as f64).ceil() as u64;
        let wait = until.wait_time_from(DefaultClock::default().now()).as_secs_f64().ceil() as u64;
        Self { policy, quota: size, window: window.max(1), left: 0, reset: wait.max(1) }
    }

    /// Puts the two fields into a response.
    pub fn tell(allowances: &[Self], headers: &mut HeaderMap) {
        let list = |item: &dyn Fn(&Self) -> String| allowances.iter().map(item).collect::<Vec<_>>().join(", ");
        let left = list(&|one| format!("\"{}\";r={};t={}", one.policy, one.left, one.reset));
        let policy = list(&|one| format!("\"{}\";q={};w={}", one.policy, one.quota, one.window));
        for (name, value) in [(RATELIMIT, left), (RATELIMIT_POLICY, policy)] {
            // names and numbers are always a header's value; no allowance, no header
            if let Ok(value) = HeaderValue::from_str(&value)
                && !value.is_empty()
            {
                headers.insert(name, value);
            }
        }
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

impl Limit {
    /// `proxies` are the addresses whose `X-Forwarded-For` is believed; this machine's own always is.
    pub fn new(proxies: &[IpAddr]) -> Self {
        let quota = Quota::per_second(STEADY).allow_burst(BURST);
        let proxies = proxies.iter().map(IpAddr::to_canonical).collect();
        let limiter = RateLimiter::keyed(quota).with_middleware();
        Self { proxies, limiter: Arc::new(limiter), seen: Arc::default() }
    }

    /// Who sent a request.
    pub fn client_of(&self, request: &Request) -> Client {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
        Client(self.client(peer, request.headers()))
    }

    /// Counts a request. Those of this machine itself have no bounds.
    pub fn admit(&self, Client(client): Client) -> Result<Option<Allowance>, Refusal> {
        const POLICY: &str = "address";
        if self.seen.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let Some(address) = client else { return Ok(None) };
        match self.limiter.check_key(&address) {
            Ok(state) => Ok(Some(Allowance::of(POLICY, &state))),
            Err(until) => {
                let spent = Allowance::spent(POLICY, &until);
                let problem = Problem::too_many(
                    spent.reset,
                    "Забагато запитів з вашої адреси. Зачекайте кілька секунд або попросіть у міста ключ: /developers",
                    "Too many requests from your address. Wait a few seconds, or ask the city for a key: /developers",
                );
                Err(Refusal { problem, allowances: vec![spent] })
            }
        }
    }

    /// Counts a request that is answered without the middleware; whether it may be.
    pub fn admits(&self, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
        self.admit(Client(self.client(peer, headers))).is_ok()
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

    #[test]
    fn what_is_left_is_told_until_nothing_is() {
        let limit = Limit::new(&[]);
        let client = Client(Some("203.0.113.7".parse().unwrap()));
        let first = limit.admit(client).unwrap().unwrap();
        assert_eq!((first.quota, first.window, first.left, first.reset), (2_000, 10, 1_999, 1));
        let refusal = std::iter::repeat_with(|| limit.admit(client)).take(5_000).find_map(Result::err).unwrap();
        let [spent] = refusal.allowances[..] else { panic!("{refusal:?}") };
        assert_eq!((spent.left, spent.reset), (0, 1));
        assert!(limit.admit(Client(Some("203.0.113.8".parse().unwrap()))).is_ok(), "another has its own");
        assert!(limit.admit(Client(None)).unwrap().is_none());
        let network = |address: &str| Client(limit.client(Some(address.parse().unwrap()), &HeaderMap::new()));
        let left =
            [network("[2001:db8:1:2::1]:5"), network("[2001:db8:1:2:ffff::2]:5"), network("[2001:db8:1:3::1]:5")]
                .map(|client| limit.admit(client).unwrap().unwrap().left);
        assert_eq!(left, [1_999, 1_998, 1_999], "a /64 is one client");
        let mut headers = HeaderMap::new();
        Allowance::tell(&[first, Allowance { policy: "day", ..spent }], &mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"address\";q=2000;w=10, \"day\";q=2000;w=10");
        assert_eq!(headers["ratelimit"], "\"address\";r=1999;t=1, \"day\";r=0;t=1");
    }
}
