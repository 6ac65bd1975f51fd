//! API keys: heavy users have quotas of their own instead of their address's limit.
//!
//! The database keeps hashes. A node knows all keys that are in force and looks again every few seconds, so that a new
//! key works and a revoked one stops on every node within them. The quota of a minute is each node's own. The quota of a day is
//! the key's, over all nodes and restarts: a node sets a block of it aside in the database and gives requests out of the block, so
//! that the database is written to once in up to a thousand requests, and more than the quota is never let through. What a
//! killed node had left of its block is lost to the key for that day; one that is asked to stop gives it back.

mod query;

use std::collections::HashMap;
use std::fmt::Write;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use chrono::{Days, NaiveDate, TimeZone, Utc};
use chrono_tz::Europe::Kyiv;
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use crate::db::author::operator;
use crate::db::pool::Db;
use crate::http::limit::{Allowance, Refusal};
use crate::http::problem::Problem;

pub use query::Listed;

/// What every key begins with: other tokens are none of ours.
const PREFIX: &str = "misto_";
/// How long a node takes the keys that it knows for all that there are.
const FRESH: Duration = Duration::from_secs(5);
/// The same, where a key is presented that it does not know.
const FRESH_FOR_STRANGERS: Duration = Duration::from_secs(1);
/// How long a day's quota that was found spent is taken for spent.
const SPENT: Duration = Duration::from_secs(30);
/// The largest block of a day's quota; otherwise it is a hundredth.
const LARGEST_BLOCK: i64 = 1_000;
const DAY: u64 = 24 * 60 * 60;

type Hash = [u8; 32];

/// The keys that a node knows. Clones share everything.
#[derive(Debug, Clone)]
pub struct Keys(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    owner: PgPool,
    known: Mutex<Known>,
    /// Held by the one request that looks again.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    /// None before the first look.
    at: Option<Instant>,
    keys: HashMap<Hash, Arc<Key>>,
}

#[derive(Debug)]
struct Key {
    id: i64,
    per_minute: NonZeroU32,
    per_day: Option<i64>,
    minute: DefaultDirectRateLimiter<StateInformationMiddleware>,
    day: tokio::sync::Mutex<Day>,
}

/// This node's share of a day's quota.
#[derive(Debug, Default)]
struct Day {
    day: NaiveDate,
    /// What this node has set aside and not given out.
    left: i64,
    /// What all nodes had set aside when this one last did.
    used: i64,
    /// When the quota was found spent.
    spent: Option<Instant>,
}

/// The key that a request presents, in `X-API-Key` or as a bearer token (RFC 6750 §2.1).
pub fn presented(headers: &HeaderMap) -> Option<&str> {
    if let Some(key) = headers.get("x-api-key") {
        return Some(key.to_str().unwrap_or_default());
    }
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with(PREFIX)).then_some(token)
}

/// Makes a key. It is given back this once and kept nowhere.
pub async fn add(db: &Db, name: &str, per_minute: i32, per_day: Option<i64>) -> Result<String> {
    let mut secret = [0; 32];
    SysRng.try_fill_bytes(&mut secret)?;
    let key = secret.iter().fold(PREFIX.to_owned(), |mut key, byte| {
        // into a String: it cannot fail
        let _ = write!(key, "{byte:02x}");
        key
    });
    if !query::insert(&db.owner, name, &hash(&key), per_minute, per_day, &operator()).await? {
        bail!("there is a key `{name}` already; revoke it first, or choose another name");
    }
    Ok(key)
}

/// All keys, those in force first.
pub async fn list(db: &Db) -> Result<Vec<Listed>> {
    Ok(query::list(&db.owner, today()).await?)
}

/// Ends a key; nodes that run follow within seconds.
pub async fn revoke(db: &Db, name: &str) -> Result<()> {
    if !query::revoke(&db.owner, name).await? {
        bail!("there is no key `{name}` in force; misto key list shows all");
    }
    Ok(())
}

impl Keys {
    pub fn new(db: &Db) -> Self {
        let (known, looking) = Default::default();
        Self(Arc::new(Shared { owner: db.owner.clone(), known, looking }))
    }

    /// Counts a request with the key that it presents. A key that is not in force is refused, and not taken for none.
    pub async fn admit(&self, presented: &str) -> Result<Vec<Allowance>, Refusal> {
        let key = self.find(&hash(presented)).await.map_err(|error| Refusal::without(error.into()))?;
        let Some(key) = key else { return Err(Refusal::without(not_in_force())) };
        let mut allowances = Vec::with_capacity(2);
        match key.minute.check() {
            Ok(state) => allowances.push(Allowance::of("minute", &state)),
            Err(until) => {
                let spent = Allowance::spent("minute", &until);
                let problem = Problem::too_many(
                    spent.reset,
                    format!("Вичерпано квоту ключа: {} запитів за хвилину.", spent.quota),
                    format!("The key’s quota of {} requests a minute is spent.", spent.quota),
                );
                return Err(Refusal { problem, allowances: vec![spent] });
            }
        }
        if let Some(per_day) = key.per_day {
            let day = self.day(&key, per_day).await;
            allowances.push(day.map_err(|spent| Refusal {
                problem: Problem::too_many(
                    spent.reset,
                    format!(
                        "Вичерпано квоту ключа: {per_day} запитів за добу. Нова доба починається опівночі за Києвом."
                    ),
                    format!(
                        "The key’s quota of {per_day} requests a day is spent. A new day begins at midnight in Kyiv."
                    ),
                ),
                allowances: vec![spent],
            })?);
        }
        Ok(allowances)
    }

    /// Gives back what this node has set aside and not given out.
    pub async fn give_back(&self) {
        let keys: Vec<_> = self.known().keys.values().cloned().collect();
        for key in keys {
            let mut day = key.day.lock().await;
            let left = std::mem::take(&mut day.left);
            if left > 0
                && let Err(error) = query::give_back(&self.0.owner, key.id, day.day, left).await
            {
                tracing::warn!(%error, "what was set aside of a key's quota cannot be given back");
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn find(&self, hash: &Hash) -> Result<Option<Arc<Key>>, sqlx::Error> {
        let look_up = || {
            let known = self.known();
            let key = known.keys.get(hash).cloned();
            let fresh = if key.is_some() { FRESH } else { FRESH_FOR_STRANGERS };
            (known.at.is_some_and(|at| at.elapsed() < fresh), key)
        };
        if let (true, key) = look_up() {
            return Ok(key);
        }
        let _looking = self.0.looking.lock().await;
        // another request may have looked meanwhile
        let (is_fresh, key) = look_up();
        if is_fresh {
            return Ok(key);
        }
        match query::keys(&self.0.owner).await {
            Ok(rows) => self.renew(rows),
            // what is known holds while the database does not answer
            Err(error) if key.is_some() => tracing::warn!(%error, "the keys cannot be read"),
            Err(error) => return Err(error),
        }
        Ok(look_up().1)
    }

    /// Takes what the database says; keys that are as they were go on counting where they are.
    fn renew(&self, rows: Vec<query::Row>) {
        let mut known = self.known();
        let mut keys = HashMap::with_capacity(rows.len());
        for row in rows {
            let Ok(hash) = Hash::try_from(row.hash.as_slice()) else { continue };
            let Some(per_minute) = u32::try_from(row.per_minute).ok().and_then(NonZeroU32::new) else { continue };
            let same = |key: &&Arc<Key>| (key.id, key.per_minute, key.per_day) == (row.id, per_minute, row.per_day);
            let key = known.keys.get(&hash).filter(same).cloned();
            keys.insert(hash, key.unwrap_or_else(|| Arc::new(Key::new(row.id, per_minute, row.per_day))));
        }
        *known = Known { at: Some(Instant::now()), keys };
    }

    /// Gives a request out of the day's quota.
    async fn day(&self, key: &Key, per_day: i64) -> Result<Allowance, Allowance> {
        let today = today();
        let mut day = key.day.lock().await;
        if day.day != today {
            *day = Day { day: today, ..Day::default() };
        }
        if day.left == 0 && day.spent.is_none_or(|at| at.elapsed() > SPENT) {
            let block = (per_day / 100).clamp(1, LARGEST_BLOCK);
            match query::take(&self.0.owner, key.id, today, block, per_day).await {
                Ok((granted, used)) => {
                    let spent = (granted == 0).then(Instant::now);
                    *day = Day { day: today, left: granted, used, spent };
                }
                // the map is not to go dark because the count cannot be kept
                Err(error) => {
                    tracing::warn!(%error, "a key's quota cannot be counted");
                    day.left = 1;
                }
            }
        }
        let allowance = |left: i64| Allowance {
            policy: "day",
            quota: per_day.unsigned_abs(),
            window: DAY,
            left: left.max(0).unsigned_abs(),
            reset: until_tomorrow(today),
        };
        if day.left == 0 {
            return Err(allowance(0));
        }
        day.left -= 1;
        Ok(allowance(per_day - day.used + day.left))
    }
}

impl Key {
    fn new(id: i64, per_minute: NonZeroU32, per_day: Option<i64>) -> Self {
        let minute = RateLimiter::direct(Quota::per_minute(per_minute)).with_middleware();
        Self { id, per_minute, per_day, minute, day: tokio::sync::Mutex::default() }
    }
}

fn hash(key: &str) -> Hash {
    Sha256::digest(key.as_bytes()).into()
}

fn not_in_force() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "Такого ключа немає або його відкликано. Без ключа теж можна: тоді діє межа для адреси.",
        "There is no such key, or it was revoked. Asking without a key is fine too: then the limit of an address holds.",
    )
}

fn today() -> NaiveDate {
    Utc::now().with_timezone(&Kyiv).date_naive()
}

/// Seconds until the next midnight in Kyiv.
fn until_tomorrow(today: NaiveDate) -> u64 {
    let midnight = today.checked_add_days(Days::new(1)).and_then(|day| day.and_hms_opt(0, 0, 0));
    let midnight = midnight.and_then(|midnight| Kyiv.from_local_datetime(&midnight).earliest());
    midnight.map_or(DAY, |midnight| (midnight.to_utc() - Utc::now()).num_seconds().max(1).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &'static str, value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        presented(&headers).map(str::to_owned)
    }

    #[test]
    fn a_key_is_presented_in_two_ways_and_other_tokens_are_not_keys() {
        assert_eq!(shown("x-api-key", "misto_1").as_deref(), Some("misto_1"));
        assert_eq!(shown("x-api-key", "else").as_deref(), Some("else"), "whoever sends this header means a key");
        assert_eq!(shown("authorization", "bearer misto_1").as_deref(), Some("misto_1"));
        assert_eq!(shown("authorization", "Bearer eyJhbGciOi"), None);
        assert_eq!(shown("authorization", "Basic bWlzdG9f"), None);
    }

    #[test]
    fn tomorrow_is_less_than_a_day_and_a_bit_away() {
        // a day on which clocks change has 25 hours
        assert!((1..=DAY + 3_600).contains(&until_tomorrow(today())));
    }
}
