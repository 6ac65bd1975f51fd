//! The whole city as one archive: `misto tiles` against `martin-cp`, six layers, z0 to z16.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::in_turn;
use crate::Bench;
use crate::city::SIX;
use crate::report::{Report, Table, figure, median};
use crate::servers::cores;

const LAST: &str = "16";
const TARGET: f64 = 5.0;
const CASE: &str = "whole city as an archive, six layers, z0–16";

pub fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let target = format!("≥ {TARGET}× martin-cp");
    let misto_can = Command::new(&bench.servers.misto).args(["tiles", "--help"]).output()?.status.success();
    let martin_can = bench.servers.martin.is_ok();
    let mut table = Table::new(&["side", "seconds", "MB"]);
    let (concurrency, tried) = if martin_can { concurrency(bench)? } else { (0, String::new()) };
    let mut seconds = [Vec::new(), Vec::new()];
    let mut megabytes = [0.0, 0.0];
    let mut sides = Vec::new();
    sides.extend(misto_can.then_some(0));
    sides.extend(martin_can.then_some(1));
    for round in 0..bench.rounds {
        for side in in_turn(&sides, round) {
            let (took, size) = if side == 1 { martin(bench, concurrency)? } else { misto(bench)? };
            seconds[side].push(took);
            megabytes[side] = size;
        }
    }
    let names = ["Misto, .pmtiles".to_owned(), format!("martin-cp --concurrency {concurrency}, .mbtiles")];
    for &side in &sides {
        table.row([names[side].clone(), figure(median(&seconds[side])), figure(megabytes[side])]);
    }
    match (misto_can, martin_can) {
        (true, true) => {
            let times = median(&seconds[1]) / median(&seconds[0]);
            report.judge(CASE, target, format!("{}×", figure(times)), times >= TARGET);
        }
        (false, _) => report.unjudged(CASE, target, "the command `misto tiles` is not there"),
        (true, false) => report.unjudged(CASE, target, "no Martin"),
    }
    let text = format!(
        "From the start of the process to its end. Misto: `misto tiles FILE.pmtiles --layers {} --zoom 0-{LAST}`, from the \
         registers (EPSG:4326). martin-cp: one function source that gives the six layers of a tile in one query from the \
         3857 copies, with the same columns at every zoom; six table sources joined cannot change their columns with the \
         zoom in martin-cp. `--skip-agg-tiles-hash`; seconds by its concurrency: {tried}.\n\n{}",
        SIX.join(","),
        table.finish()
    );
    report.section("Whole city as an archive", &text);
    Ok(())
}

/// The fastest `--concurrency`, and what was tried.
fn concurrency(bench: &Bench) -> Result<(usize, String)> {
    let mut tried = Vec::new();
    for concurrency in [cores(), 2 * cores(), 4 * cores()] {
        tried.push((concurrency, martin(bench, concurrency)?.0));
    }
    let words: Vec<_> = tried.iter().map(|(number, took)| format!("{number}: {}", figure(*took))).collect();
    let best = tried.iter().min_by(|a, b| a.1.total_cmp(&b.1)).context("something was tried")?;
    Ok((best.0, words.join(", ")))
}

fn misto(bench: &Bench) -> Result<(f64, f64)> {
    let file = bench.folder.join("city.pmtiles");
    let mut command = bench.servers.command(&bench.servers.misto, &bench.city);
    command.arg("tiles").arg(&file).args(["--layers", &SIX.join(","), "--zoom", &format!("0-{LAST}")]);
    timed(command, &file)
}

fn martin(bench: &Bench, concurrency: usize) -> Result<(f64, f64)> {
    let file = bench.folder.join("city.mbtiles");
    let mut command = Command::new(bench.servers.martin_program("martin-cp")?);
    command
        .arg("--config")
        .arg(bench.servers.martin_configuration(&bench.city, bench.servers.settings.pool.max(concurrency))?);
    command.args(["--source", "city", "--mbtiles-type", "flat", "--encoding", "gzip", "--skip-agg-tiles-hash"]);
    command.args(["--min-zoom", "0", "--max-zoom", LAST, "--concurrency", &concurrency.to_string()]);
    command.arg(format!("--bbox={}", bench.city.bounds(&SIX)?)).arg("--output-file").arg(&file).env("RUST_LOG", "warn");
    timed(command, &file)
}

/// Seconds and megabytes of a command that makes `file`.
fn timed(mut command: Command, file: &std::path::Path) -> Result<(f64, f64)> {
    let _ = std::fs::remove_file(file);
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let seconds = start.elapsed().as_secs_f64();
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    let size = std::fs::metadata(file).with_context(|| format!("{} was not made", file.display()))?.len();
    Ok((seconds, size as f64 / 1e6))
}
