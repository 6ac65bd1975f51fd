//! Search under load, and how often it puts the right address first: `make bench-search`.
//!
//! One run measures Misto's search over HTTP and, on the same questions and the same database, PostgreSQL's trigrams
//! (`pg_trgm`), which were the other way to do it (docs/decisions/0016). `MISTO_BENCH_ADDRESSES` chooses the city's size,
//! `MISTO_BIN` another binary; only a whole run writes `benches/SEARCH.md`. The questions are written beside the database
//! as `queries.tsv` (kind, question, ids of the addresses that are right), for whoever wants to ask another engine.

#[allow(dead_code)]
#[path = "../tiles/drive.rs"]
mod drive;
mod queries;
mod trigrams;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use misto::db::private::{Cluster, IfRunning};
use serde_json::Value as Json;
use sqlx::Row;
use sqlx::postgres::PgPool;

use drive::Client;
use queries::{Address, Query, UNUSUAL, USUAL};

const ADDRESSES: u64 = 113_000;
const CLIENTS: usize = 8;
/// Questions of each usual kind: a thousand in all; and of each unusual one.
const USUAL_EACH: usize = 200;
const UNUSUAL_EACH: usize = 100;

struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let addresses: u64 = std::env::var("MISTO_BENCH_ADDRESSES").map_or(Ok(ADDRESSES), |text| text.parse())?;
    let misto = std::env::var_os("MISTO_BIN").map_or_else(|| root.join("target/release/misto"), Into::into);
    ensure!(misto.exists(), "{} is missing; make build makes it", misto.display());
    let folder = root.join(format!("target/bench/{addresses}"));
    std::fs::create_dir_all(&folder)?;
    let cluster = Cluster::start(&folder.join("postgres"), IfRunning::Refuse)?;
    let options = cluster.options("postgres");
    let socket = options.get_socket().context("the private cluster has no socket")?.clone();
    let url = format!("postgres:///postgres?host={}&port=5432&user=misto", socket.display());
    let runtime = tokio::runtime::Runtime::new()?;
    let pool =
        runtime.block_on(sqlx::postgres::PgPoolOptions::new().max_connections(CLIENTS as u32).connect_with(options))?;
    let result = measure(root, &misto, &url, &folder, addresses, &runtime, &pool);
    runtime.block_on(pool.close());
    cluster.stop();
    let text = result?;
    let file = if addresses == ADDRESSES { root.join("benches/SEARCH.md") } else { folder.join("SEARCH.md") };
    std::fs::write(&file, text)?;
    println!("{}", file.display());
    Ok(())
}

fn measure(
    root: &Path,
    misto: &Path,
    url: &str,
    folder: &Path,
    addresses: u64,
    runtime: &tokio::runtime::Runtime,
    pool: &PgPool,
) -> Result<String> {
    let run = |arguments: &[&str]| -> Result<()> {
        let status = Command::new(misto).current_dir(root).env("DATABASE_URL", url).args(arguments).status()?;
        ensure!(status.success(), "misto {} failed", arguments.join(" "));
        Ok(())
    };
    run(&["migrate"])?;
    let exists = "select exists (select from registers.addresses)";
    if !runtime.block_on(sqlx::query_scalar::<_, bool>(exists).fetch_one(pool))? {
        run(&["demo", "--addresses", &addresses.to_string()])?;
        runtime.block_on(sqlx::query("vacuum analyze").execute(pool))?;
    }
    let register = runtime.block_on(register(pool))?;
    let usual = queries::queries(&register, &USUAL, USUAL_EACH, 1);
    let unusual = queries::queries(&register, &UNUSUAL, UNUSUAL_EACH, 1);
    let all: Vec<Query> = usual.iter().chain(&unusual).cloned().collect();
    std::fs::write(folder.join("queries.tsv"), queries::tsv(&all))?;

    let (server, ready) = serve(root, misto, url, folder)?;
    let mut out = head(addresses, register.len());
    let metrics = metrics(server.port)?;
    writeln!(
        out,
        "The registers were in memory {:.1} s after the program had started: {} records of all layers, {:.0} MB for search; the process has {:.0} MB.\n",
        ready.as_secs_f64(),
        metrics.0,
        metrics.1 / 1e6,
        resident(server.child.id())? / 1e6
    )?;
    out.push_str("## Right address first\n\n| kind | questions | Misto | pg_trgm |\n| --- | --- | --- | --- |\n");
    let mine = answers(server.port, &all)?;
    runtime.block_on(trigrams::prepare(pool))?;
    let theirs = trigrams::answers(runtime, pool, &all)?;
    let mut rows: BTreeMap<(bool, &str), [usize; 3]> = BTreeMap::new();
    for (number, query) in all.iter().enumerate() {
        let row = rows.entry((!USUAL.contains(&query.kind), query.kind)).or_default();
        row[0] += 1;
        row[1] += usize::from(query.expected.contains(&mine[number]));
        row[2] += usize::from(query.expected.contains(&theirs.1[number]));
        if !query.expected.contains(&mine[number]) {
            eprintln!("wrong: {} {} ({})", query.kind, query.text, mine[number]);
        }
    }
    let percent = |part: usize, whole: usize| format!("{:.1} %", 100.0 * part as f64 / whole.max(1) as f64);
    let mut line = |name: &str, [count, own, other]: [usize; 3]| {
        writeln!(out, "| {name} | {count} | {} | {} |", percent(own, count), percent(other, count))
    };
    let sum = |usual: bool| {
        let chosen = rows.iter().filter(|((is_unusual, _), _)| *is_unusual != usual);
        chosen.fold([0; 3], |sum, (_, row)| [sum[0] + row[0], sum[1] + row[1], sum[2] + row[2]])
    };
    for ((_, kind), row) in &rows {
        line(kind, *row)?;
    }
    line("**the first five** (target: 98 %)", sum(true))?;
    line("**the others**", sum(false))?;

    out.push_str("\n## Latency, 8 clients\n\n| what is asked | requests | p50 | p99 | a second |\n| --- | --- | --- | --- | --- |\n");
    for (name, texts) in loads(&usual, &unusual, pool, runtime)? {
        let (times, seconds) = drive(server.port, &texts)?;
        row(&mut out, name, times, seconds)?;
    }
    row(&mut out, "pg_trgm: addresses as above, addresses alone", theirs.0, theirs.2)?;
    Ok(out)
}

async fn register(pool: &PgPool) -> Result<Vec<Address>> {
    let sql = "select id, street, house, coalesce(block, ''), coalesce(former_street, '') from registers.addresses order by id";
    let rows = sqlx::query(sql).fetch_all(pool).await?;
    let address = |row: &sqlx::postgres::PgRow| {
        Ok(Address {
            id: row.try_get(0)?,
            street: row.try_get(1)?,
            house: row.try_get(2)?,
            block: row.try_get(3)?,
            former: row.try_get(4)?,
        })
    };
    rows.iter().map(address).collect()
}

fn serve(root: &Path, misto: &Path, url: &str, folder: &Path) -> Result<(Server, Duration)> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let log = std::fs::File::create(folder.join("search.log"))?;
    let mut command = Command::new(misto);
    command.current_dir(root).env("DATABASE_URL", url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let started = Instant::now();
    let child = command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]).spawn()?;
    let server = Server { child, port };
    loop {
        let answer = Client::connect(port).and_then(|mut client| client.get("/api/search?q=", ""));
        if answer.is_ok_and(|answer| answer.status == 200) {
            return Ok((server, started.elapsed()));
        }
        ensure!(started.elapsed() < Duration::from_secs(120), "search does not get ready");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Records and bytes of search.
fn metrics(port: u16) -> Result<(f64, f64)> {
    let body = Client::connect(port)?.get("/metrics", "")?.body;
    let text = String::from_utf8_lossy(&body);
    let sum = |name: &str| -> f64 {
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    };
    Ok((sum("misto_search_records"), sum("misto_search_bytes")))
}

fn resident(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}

fn path(text: &str) -> String {
    format!("/api/search?q={}", percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC))
}

/// The id of the first hit to each question, where it is an address.
fn answers(port: u16, queries: &[Query]) -> Result<Vec<i64>> {
    let mut client = Client::connect(port)?;
    let mut ids = Vec::new();
    for query in queries {
        let answer: Json = serde_json::from_slice(&client.get(&path(&query.text), "")?.body)?;
        let hit = &answer["groups"][0]["hits"][0];
        ids.push(if hit["layer"] == "addresses" { hit["id"].as_i64().unwrap_or(-1) } else { -1 });
    }
    Ok(ids)
}

/// What is asked under load.
fn loads(
    usual: &[Query],
    unusual: &[Query],
    pool: &PgPool,
    runtime: &tokio::runtime::Runtime,
) -> Result<Vec<(&'static str, Vec<String>)>> {
    let texts = |queries: &[Query]| queries.iter().map(|query| query.text.clone()).collect::<Vec<_>>();
    // every state of the box from the third letter on, as it is typed
    let typing: Vec<String> = usual
        .iter()
        .step_by(10)
        .flat_map(|query| (3..=query.text.chars().count()).map(|length| query.text.chars().take(length).collect()))
        .collect();
    let some = |sql: &'static str| runtime.block_on(sqlx::query_scalar::<_, String>(sql).fetch_all(pool));
    let mut others = some("select cadastral_number from registers.parcels order by md5(id::text) limit 200")?;
    others.extend(some("select right(cadastral_number, 11) from registers.parcels order by md5(id::text) limit 200")?);
    others.extend(some("select owner_name from registers.kiosks where owner_name is not null order by id limit 200")?);
    others.extend(some("select passport_number from registers.kiosks order by id limit 200")?);
    others.extend(some("select title from registers.trade_objects where title is not null order by id limit 200")?);
    others.extend((0..100).map(|_| "щось чого ніде немає".to_owned()));
    let first: Vec<String> = "абвгдежзиклмнопрстуфхцчш".chars().map(String::from).collect();
    Ok(vec![
        ("the thousand questions of the first five kinds", texts(usual)),
        ("the other kinds", texts(unusual)),
        ("as they are typed, letter by letter", typing),
        ("parcels, permits, organisations, shops, nothing", others),
        ("a single letter", first.iter().cycle().take(240).cloned().collect()),
    ])
}

/// Milliseconds of every request, and how long all took.
fn drive(port: u16, texts: &[String]) -> Result<(Vec<f64>, f64)> {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let times = thread::scope(|scope| {
        let work = || -> Result<Vec<f64>> {
            let mut client = Client::connect(port)?;
            let mut times = Vec::new();
            while let Some(text) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
                let begun = Instant::now();
                let answer = client.get(&path(text), "")?;
                times.push(begun.elapsed().as_secs_f64() * 1e3);
                ensure!(answer.status == 200, "{text}: {}", answer.status);
            }
            Ok(times)
        };
        let threads: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a client's thread")).collect::<Result<Vec<_>>>()
    })?;
    Ok((times.concat(), start.elapsed().as_secs_f64()))
}

fn row(out: &mut String, name: &str, mut times: Vec<f64>, seconds: f64) -> Result<()> {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| {
        times.get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1))).copied().unwrap_or(0.0)
    };
    let rate = times.len() as f64 / seconds;
    writeln!(out, "| {name} | {} | {:.1} ms | {:.1} ms | {rate:.0} |", times.len(), at(0.5), at(0.99))?;
    Ok(())
}

fn head(addresses: u64, count: usize) -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    format!(
        "# Search\n\nWritten by `make bench-search`: the demo city of {addresses} addresses ({count} in the register) and all its registers, the release server, \
         clients and database on one machine of {cores} cores (load {load} before).\nThe questions are made from the register (benches/search/queries.rs): right is what the \
         spoiled question was made from.\n\n"
    )
}
