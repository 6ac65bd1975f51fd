//! The tables of keys and of what is used of their quotas.

use chrono::NaiveDate;
use sqlx::PgPool;

/// A key in force.
#[derive(Debug, sqlx::FromRow)]
pub struct Row {
    pub id: i64,
    pub hash: Vec<u8>,
    pub per_minute: i32,
    pub per_day: Option<i64>,
}

/// A key as it is listed.
#[derive(Debug, sqlx::FromRow)]
pub struct Listed {
    pub name: String,
    pub per_minute: i32,
    pub per_day: Option<i64>,
    /// Requests that were set aside today; none where the key has no daily quota.
    pub used: Option<i64>,
    pub created: String,
    pub created_by: String,
    pub revoked: Option<String>,
}

/// Every key in force.
pub async fn keys(owner: &PgPool) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as("select id, hash, per_minute, per_day from misto.api_keys where revoked_at is null")
        .fetch_all(owner)
        .await
}

/// Whether the key was made: no other of that name is in force.
pub async fn insert(
    owner: &PgPool,
    name: &str,
    hash: &[u8],
    per_minute: i32,
    per_day: Option<i64>,
    by: &str,
) -> Result<bool, sqlx::Error> {
    const INSERT: &str = "insert into misto.api_keys (name, hash, per_minute, per_day, created_by) \
         values ($1, $2, $3, $4, $5) on conflict (name) where revoked_at is null do nothing";
    let insert = sqlx::query(INSERT).bind(name).bind(hash).bind(per_minute).bind(per_day).bind(by);
    Ok(insert.execute(owner).await?.rows_affected() == 1)
}

pub async fn list(owner: &PgPool, today: NaiveDate) -> Result<Vec<Listed>, sqlx::Error> {
    const LIST: &str = "select name, per_minute, per_day, used, to_char(created_at, 'YYYY-MM-DD HH24:MI') as created, \
         created_by, to_char(revoked_at, 'YYYY-MM-DD HH24:MI') as revoked \
         from misto.api_keys left join misto.api_key_days on key = id and day = $1::date \
         order by revoked_at desc nulls first, name";
    sqlx::query_as(LIST).bind(today.to_string()).fetch_all(owner).await
}

/// Whether there was such a key in force.
pub async fn revoke(owner: &PgPool, name: &str) -> Result<bool, sqlx::Error> {
    let revoke = sqlx::query("update misto.api_keys set revoked_at = now() where name = $1 and revoked_at is null");
    Ok(revoke.bind(name).execute(owner).await?.rows_affected() == 1)
}

/// Sets up to `block` requests aside; gives how many, and how many are used with them.
pub async fn take(owner: &PgPool, key: i64, day: NaiveDate, block: i64, most: i64) -> Result<(i64, i64), sqlx::Error> {
    let take = sqlx::query_as("select granted, used from misto.take_quota($1, $2::date, $3, $4)");
    take.bind(key).bind(day.to_string()).bind(block).bind(most).fetch_one(owner).await
}

pub async fn give_back(owner: &PgPool, key: i64, day: NaiveDate, left: i64) -> Result<(), sqlx::Error> {
    let give = sqlx::query("update misto.api_key_days set used = used - $3 where key = $1 and day = $2::date");
    give.bind(key).bind(day.to_string()).bind(left).execute(owner).await.map(|_| ())
}
