//! From an edit made in SQL to the event that a browser gets and the fresh tile that it then fetches.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use misto::geom::grid::TileId;
use serde_json::Value;

use crate::Bench;
use crate::drive::Client;
use crate::report::{Report, Table, figure, percentile};

const LAYER: &str = "buildings";
const ZOOM: u8 = 16;
const EDITS: u32 = 200;
const TARGET: f64 = 250.0;
const CASE: &str = "edit committed → event at a client and fresh tile served, p99";
/// An event later than this does not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a client is told: when, the position, and which features.
struct Told {
    at: Instant,
    position: Option<String>,
    ids: Vec<i64>,
}

#[derive(Default)]
struct Times {
    event: Vec<f64>,
    tile: Vec<f64>,
    /// Tiles fetched after the event that did not show the edit yet.
    stale: usize,
}

pub fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let target = format!("≤ {TARGET} ms");
    let server = bench.servers.misto(&bench.city)?;
    let path = format!("/api/changes?layers={LAYER}&bbox={}", bench.city.bounds(&[LAYER])?);
    let (head, lines) = Client::connect(server.port)?.lines(&path)?;
    let kind = head.header("content-type").unwrap_or("no type").to_owned();
    if head.status != 200 || !kind.starts_with("text/event-stream") {
        let why = format!("the stream of changes is not there: /api/changes answers {} ({kind})", head.status);
        report.section("Edit to tile", &format!("Not measured: {why}."));
        report.unjudged(CASE, target, why);
        return Ok(());
    }
    let (tell, told) = mpsc::channel();
    // ends with the stream, when the server stops
    thread::spawn(move || listen(lines, &tell));

    // an ordinary table: a temporary one would be gone with its connection, and the edits must be undone in any case
    bench.city.run(&format!(
        "drop table if exists peer.before; create table peer.before as select id, address, geom from registers.{LAYER} \
         where geom is not null order by md5(id::text) limit {EDITS}"
    ))?;
    let times = edit(bench, server.port, &told);
    bench.city.run(&format!(
        "update registers.{LAYER} set address = before.address from peer.before where before.id = {LAYER}.id; \
         drop table peer.before"
    ))?;
    let times = times?;

    let mut table =
        Table::new(&["from before the statement was sent to", "p50, ms", "p90, ms", "p99, ms", "longest, ms"]);
    for (what, times) in [("the event", &times.event), ("the fresh tile, whole", &times.tile)] {
        let parts = [50.0, 90.0, 99.0, 100.0].map(|part| figure(percentile(times, part)));
        table.row([what.to_owned()].into_iter().chain(parts));
    }
    let p99 = percentile(&times.tile, 99.0);
    report.judge(CASE, target, format!("{} ms", figure(p99)), p99 <= TARGET);
    report.judge("tiles fetched after their event that were stale", "0", times.stale.to_string(), times.stale == 0);
    let text = format!(
        "{EDITS} single updates of random {LAYER} over an ordinary database connection, each a transaction of its own, with \
         pauses of 20 to 120 ms; a client listens to `{path}` and, once it is told, fetches the tile of z{ZOOM}, which was \
         in the cache before the edit, with `Misto-After`. The clock starts before the statement is sent, so the commit is \
         in it.\n\n{}",
        table.finish()
    );
    report.section("Edit to tile", &text);
    Ok(())
}

/// Puts server-sent events together from lines.
fn listen(lines: impl Iterator<Item = std::io::Result<String>>, tell: &mpsc::Sender<Told>) {
    let (mut position, mut ids) = (None, Vec::new());
    for line in lines.map_while(Result::ok) {
        if let Some(id) = line.strip_prefix("id:") {
            position = Some(id.trim().to_owned());
        } else if let Some(data) = line.strip_prefix("data:") {
            let event: Value = serde_json::from_str(data).unwrap_or_default();
            ids.extend(event["ids"].as_array().into_iter().flatten().filter_map(Value::as_i64));
        } else if line.is_empty() {
            let event = Told { at: Instant::now(), position: position.take(), ids: std::mem::take(&mut ids) };
            if tell.send(event).is_err() {
                return;
            }
        }
    }
}

fn edit(bench: &Bench, port: u16, told: &mpsc::Receiver<Told>) -> Result<Times> {
    let places: Vec<(i64, f64, f64)> = bench
        .city
        .rows("select id, st_x(p), st_y(p) from (select id, st_pointonsurface(geom) as p from peer.before) as b")?;
    let mut client = Client::connect(port)?;
    let mut times = Times::default();
    for (turn, (id, x, y)) in places.into_iter().enumerate() {
        let path = format!("/tiles/{LAYER}/{}", TileId::at(ZOOM, x, y));
        let mark = format!("Правка {turn}, {id}");
        ensure!(!shows(&mut client, &path, "", &mark)?, "{path} shows an edit that has not been made");
        let start = Instant::now();
        bench.city.run(&format!("update registers.{LAYER} set address = '{mark}' where id = {id}"))?;
        let event = loop {
            let event = told.recv_timeout(PATIENCE).with_context(|| format!("no event for the edit of {id} came"))?;
            if event.ids.contains(&id) {
                break event;
            }
        };
        let after = event.position.map(|position| format!("Misto-After: {position}\r\n")).unwrap_or_default();
        while !shows(&mut client, &path, &after, &mark)? {
            times.stale += 1;
            ensure!(start.elapsed() < PATIENCE, "{path} does not show the edit of {id}");
        }
        times.tile.push(start.elapsed().as_secs_f64() * 1000.0);
        times.event.push((event.at - start).as_secs_f64() * 1000.0);
        // spread over the server's own rhythms
        thread::sleep(Duration::from_millis(20 + (turn as u64 * 37) % 100));
    }
    Ok(times)
}

/// Whether the tile, sent as it is, holds the text.
fn shows(client: &mut Client, path: &str, headers: &str, text: &str) -> Result<bool> {
    let answer = client.get(path, headers)?;
    ensure!(answer.status == 200, "{path}: {}", answer.status);
    Ok(answer.body.windows(text.len()).any(|part| part == text.as_bytes()))
}
