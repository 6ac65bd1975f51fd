//! Misto's tiles against Martin's and against a bare server's, on one database, in one run: `make bench`.
//!
//! The environment chooses less than everything: `MISTO_BENCH_ADDRESSES` (the city's size), `MISTO_BENCH_CASES` (for
//! example `cold,edits`), `MISTO_BENCH_ROUNDS`, and `MISTO_BIN` (another binary than `target/release/misto`). Only a
//! whole run writes `benches/RESULTS.md`; a partial one writes beside its database under `target/bench`.

mod bare;
mod cases;
mod city;
mod drive;
mod peer;
mod report;
mod servers;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};

use city::City;
use report::Report;
use servers::Servers;

const ADDRESSES: u64 = 113_000;
const ROUNDS: usize = 5;

/// What every case works with.
pub struct Bench {
    pub city: City,
    pub servers: Servers,
    pub rounds: usize,
    /// For what a case writes.
    pub folder: PathBuf,
}

type Case = fn(&Bench, &mut Report) -> Result<()>;

const CASES: [(&str, Case); 6] = [
    ("cold", cases::cold::run),
    ("latency", cases::latency::run),
    ("cached", cases::cached::run),
    ("edits", cases::edits::run),
    ("export", cases::export::run),
    ("memory", cases::memory::run),
];

fn main() -> Result<()> {
    let load = report::read("/proc/loadavg");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let addresses = setting("MISTO_BENCH_ADDRESSES", ADDRESSES)?;
    let rounds = setting("MISTO_BENCH_ROUNDS", ROUNDS)?.max(1);
    let cases = chosen()?;
    let misto = std::env::var_os("MISTO_BIN").map_or_else(|| root.join("target/release/misto"), PathBuf::from);
    ensure!(misto.exists(), "{} is missing; make build makes it", misto.display());
    let folder = root.join(format!("target/bench/{addresses}"));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let whole = cases.len() == CASES.len() && addresses == ADDRESSES && rounds >= ROUNDS;

    let servers = Servers::new(root, &folder, misto);
    let city = City::open(root, &folder, addresses, &servers.misto)?;
    let mut bench = Bench { city, servers, rounds, folder };
    let text = measure(&mut bench, &cases, addresses, &load);
    let file = if whole { root.join("benches/RESULTS.md") } else { bench.folder.join("RESULTS.md") };
    bench.city.close();
    std::fs::write(&file, text?).with_context(|| format!("cannot write {}", file.display()))?;
    println!("{}", file.display());
    Ok(())
}

fn measure(bench: &mut Bench, cases: &[(&str, Case)], addresses: u64, load: &str) -> Result<String> {
    let mut report = Report::default();
    if cases.iter().any(|(name, _)| *name != "edits") {
        cases::tune::run(bench, &mut report)?;
    }
    let head = report::head(bench, addresses, load)?;
    for (name, case) in cases {
        case(bench, &mut report).with_context(|| format!("the case {name} failed"))?;
    }
    Ok(report.finish(&head))
}

fn setting<T: FromStr>(name: &str, default: T) -> Result<T> {
    let Ok(text) = std::env::var(name) else { return Ok(default) };
    text.parse().ok().with_context(|| format!("{name} must be a number, and it is {text}"))
}

fn chosen() -> Result<Vec<(&'static str, Case)>> {
    let Ok(wanted) = std::env::var("MISTO_BENCH_CASES") else { return Ok(CASES.to_vec()) };
    let names = CASES.map(|(name, _)| name);
    if let Some(unknown) = wanted.split(',').find(|name| !names.contains(name)) {
        bail!("MISTO_BENCH_CASES names {unknown}; there are {}", names.join(", "));
    }
    Ok(CASES.into_iter().filter(|(name, _)| wanted.split(',').any(|wanted| wanted == *name)).collect())
}
