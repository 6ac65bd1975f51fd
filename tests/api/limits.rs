//! How often one may ask: by address, by key, and what is told of it.

use axum::http::{Request, StatusCode};
use misto::auth::keys;

use crate::harness::{Answer, City};

async fn from(city: &City, address: &str, path: &str) -> Answer {
    city.request(Request::get(path).header("x-forwarded-for", address)).await
}

async fn with_key(city: &City, key: &str) -> Answer {
    city.request(Request::get("/api/here").header("x-api-key", key)).await
}

/// The value of a parameter of a member of a structured list (RFC 8941 §3.1): `"day";r=5;t=60`.
fn parameter(header: &str, policy: &str, name: &str) -> i64 {
    let member = header
        .split(", ")
        .find(|member| member.starts_with(&format!("\"{policy}\";")))
        .unwrap_or_else(|| panic!("{header}"));
    member.split(';').find_map(|part| part.strip_prefix(&format!("{name}="))).unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_address_is_told_what_is_left() {
    let city = City::new().await;
    let first = from(&city, "203.0.113.7", "/api/openapi.json").await;
    assert_eq!(first.header("ratelimit-policy"), "\"address\";q=2000;w=10");
    assert_eq!(parameter(first.header("ratelimit"), "address", "r"), 1_999);
    let owner = city.get("/healthz").await;
    assert_eq!((owner.status, owner.header("ratelimit")), (StatusCode::OK, ""), "this machine's own are not counted");
}

#[tokio::test]
async fn a_key_has_its_own_quotas() {
    let city = City::new().await;
    let key = keys::add(&city.db, "Редакція", 2, Some(1_000)).await.unwrap();
    let answer = with_key(&city, &key).await;
    // it says of no place, and counts all the same
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.header("ratelimit-policy"), "\"minute\";q=2;w=60, \"day\";q=1000;w=86400");
    assert_eq!(parameter(answer.header("ratelimit"), "minute", "r"), 1);
    assert_eq!(parameter(answer.header("ratelimit"), "day", "r"), 999);
    let bearer = Request::get("/api/here")
        .header("authorization", format!("Bearer {key}"))
        .header("x-forwarded-for", "203.0.113.7");
    let bearer = city.request(bearer).await;
    assert_eq!(parameter(bearer.header("ratelimit"), "day", "r"), 998, "the key counts and not the address");
    let refused = with_key(&city, &key).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.header("access-control-allow-origin"), "*", "a page of another site can read why");
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    assert_eq!(parameter(refused.header("ratelimit"), "minute", "t"), wait, "the same moment as Retry-After");
    assert!((1..=30).contains(&wait), "one request comes back every thirty seconds, not after {wait}");
    assert!(keys::add(&city.db, "Редакція", 2, None).await.unwrap_err().to_string().contains("already"));
}

#[tokio::test]
async fn a_days_quota_is_one_for_all_nodes_and_restarts() {
    let city = City::new().await;
    let key = keys::add(&city.db, "Бот", 100_000, Some(1_000)).await.unwrap();
    let mut nodes = [city.node(), city.node()];
    let mut passed = 0;
    for turn in 0..1_200 {
        if turn == 500 {
            // one node is killed; what it had set aside is lost and no more
            nodes[0] = city.node();
        }
        let answer = with_key(&nodes[turn % 2], &key).await;
        match answer.status {
            StatusCode::BAD_REQUEST => passed += 1,
            status => {
                assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
                assert!(answer.header("retry-after").parse::<i64>().unwrap() <= 25 * 3_600, "until midnight");
                assert_eq!(parameter(answer.header("ratelimit"), "day", "r"), 0);
            }
        }
    }
    assert!((990..=1_000).contains(&passed), "{passed} of 1000, and blocks are of 10");
    let listed = keys::list(&city.db).await.unwrap();
    assert_eq!(listed[0].used, Some(1_000));
}

#[tokio::test]
async fn what_is_not_given_out_is_given_back() {
    let city = City::new().await;
    let key = keys::add(&city.db, "Бот", 100, Some(500)).await.unwrap();
    let keys = keys::Keys::new(&city.db);
    keys.admit(&key).await.unwrap();
    assert_eq!(misto::auth::keys::list(&city.db).await.unwrap()[0].used, Some(5), "a block is set aside");
    keys.give_back().await;
    assert_eq!(misto::auth::keys::list(&city.db).await.unwrap()[0].used, Some(1));
    keys.admit(&key).await.unwrap();
    assert_eq!(misto::auth::keys::list(&city.db).await.unwrap()[0].used, Some(6));
}

#[tokio::test]
async fn a_key_that_is_not_in_force_is_refused() {
    let city = City::new().await;
    let key = keys::add(&city.db, "Бот", 100_000, None).await.unwrap();
    assert_eq!(with_key(&city, &key).await.status, StatusCode::BAD_REQUEST);
    let unknown = with_key(&city, "misto_0123456789abcdef").await;
    assert_eq!((unknown.status, unknown.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));
    assert_eq!(unknown.header("content-type"), "application/problem+json");
    let foreign = Request::get("/api/openapi.json").header("authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x");
    assert_eq!(city.request(foreign).await.status, StatusCode::OK, "a token of somebody else's is none of ours");

    keys::revoke(&city.db, "Бот").await.unwrap();
    assert_eq!(with_key(&city.node(), &key).await.status, StatusCode::UNAUTHORIZED);
    let mut turns = 0;
    let start = std::time::Instant::now();
    while with_key(&city, &key).await.status != StatusCode::UNAUTHORIZED {
        turns += 1;
        assert!(start.elapsed().as_secs() < 30, "a node that runs follows within seconds ({turns} turns)");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(keys::revoke(&city.db, "Бот").await.is_err(), "only once");
    let again = keys::add(&city.db, "Бот", 5, None).await.unwrap();
    assert_ne!(again, key);
}

#[tokio::test]
async fn only_hashes_are_kept_and_only_the_owner_sees_them() {
    let city = City::new().await;
    let key = keys::add(&city.db, "Бот", 5, None).await.unwrap();
    let row: String =
        sqlx::query_scalar("select to_jsonb(k)::text from misto.api_keys k").fetch_one(&city.db.owner).await.unwrap();
    assert!(!row.contains(key.trim_start_matches("misto_")), "{row}");
    assert!(sqlx::query("select name from misto.api_keys").fetch_all(&city.db.public).await.is_err());
}
