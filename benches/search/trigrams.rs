//! The other way: PostgreSQL's trigrams over one text for each address.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Result;
use sqlx::Executor;
use sqlx::postgres::PgPool;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::CLIENTS;
use crate::queries::Query;

/// A row for each name that an address's street has and had.
pub async fn prepare(pool: &PgPool) -> Result<()> {
    for statement in [
        "create extension if not exists pg_trgm",
        "drop table if exists bench_search",
        "create table bench_search as select id, lower(concat_ws(' ', street, house, 'корп. ' || block)) as text \
           from registers.addresses \
         union all select id, lower(concat_ws(' ', former_street, house, 'корп. ' || block)) \
           from registers.addresses where former_street is not null",
        "create index on bench_search using gist (text gist_trgm_ops(siglen = 64))",
        "analyze bench_search",
    ] {
        pool.execute(statement).await?;
    }
    Ok(())
}

/// Milliseconds of every question, the first answers, and how long all took.
pub fn answers(runtime: &Runtime, pool: &PgPool, queries: &[Query]) -> Result<(Vec<f64>, Vec<i64>, f64)> {
    const NEAREST: &str = "select id from bench_search order by text <-> lower($1) limit 5";
    let queries: Arc<[Query]> = queries.into();
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let found = runtime.block_on(async {
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (queries, next, pool) = (queries.clone(), next.clone(), pool.clone());
            clients.spawn(async move {
                let mut found = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(query) = queries.get(number) else { return Ok::<_, sqlx::Error>(found) };
                    let begun = Instant::now();
                    let ids: Vec<i64> = sqlx::query_scalar(NEAREST).bind(&query.text).fetch_all(&pool).await?;
                    found.push((number, begun.elapsed().as_secs_f64() * 1e3, ids.first().copied().unwrap_or(-1)));
                }
            });
        }
        let mut all = Vec::new();
        while let Some(found) = clients.join_next().await {
            all.extend(found??);
        }
        anyhow::Ok(all)
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let (mut times, mut ids) = (vec![0.0; queries.len()], vec![-1; queries.len()]);
    for (number, milliseconds, id) in found {
        (times[number], ids[number]) = (milliseconds, id);
    }
    Ok((times, ids, seconds))
}
