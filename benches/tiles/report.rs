//! What was measured, as `benches/RESULTS.md` tells it.

use std::fmt::Write;
use std::process::Command;

use anyhow::Result;

use crate::Bench;
use crate::servers::cores;

/// Targets and what became of them, then the tables behind them.
#[derive(Default)]
pub struct Report {
    verdicts: Vec<[String; 4]>,
    body: String,
}

impl Report {
    pub fn judge(
        &mut self,
        case: impl Into<String>,
        target: impl Into<String>,
        measured: impl Into<String>,
        met: bool,
    ) {
        let met = if met { "yes" } else { "**no**" };
        self.verdicts.push([case.into(), target.into(), measured.into(), met.into()]);
    }

    /// A target that could not be measured, and why.
    pub fn unjudged(&mut self, case: impl Into<String>, target: impl Into<String>, why: impl Into<String>) {
        self.verdicts.push([case.into(), target.into(), why.into(), "not measured".into()]);
    }

    pub fn section(&mut self, title: &str, text: &str) {
        let _ = write!(self.body, "\n## {title}\n\n{}\n", text.trim_end());
        eprintln!("\n## {title}\n\n{}", text.trim_end());
    }

    pub fn finish(self, head: &str) -> String {
        let mut verdicts = Table::new(&["case", "target", "measured", "met"]);
        for verdict in self.verdicts {
            verdicts.row(verdict);
        }
        format!("{head}\n## Targets\n\n{}{}", verdicts.finish(), self.body)
    }
}

/// A Markdown table.
pub struct Table(String);

impl Table {
    pub fn new(columns: &[&str]) -> Self {
        Self(format!("| {} |\n|{}\n", columns.join(" | "), " --- |".repeat(columns.len())))
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<_> = cells.into_iter().collect();
        let _ = writeln!(self.0, "| {} |", cells.join(" | "));
    }

    pub fn finish(self) -> String {
        self.0
    }
}

/// Machine, versions and what is compared.
pub fn head(bench: &Bench, addresses: u64, load: &str) -> Result<String> {
    let (city, servers, rounds) = (&bench.city, &bench.servers, bench.rounds);
    let database: String =
        city.scalar("select split_part(version(), ' (', 1) || ', PostGIS ' || postgis_lib_version()")?;
    let counts: Vec<(String, i64)> = city.rows(
        "select 'parcels', count(*) from peer.parcels union all select 'buildings', count(*) from peer.buildings \
         union all select 'addresses', count(*) from peer.addresses",
    )?;
    let counts: Vec<_> = counts.into_iter().map(|(layer, count)| format!("{count} {layer}")).collect();
    let martin = match &servers.martin {
        Ok(_) => {
            let settings = servers.settings;
            format!("Martin 1.14.0 (--workers {}, pool_size {}, gzip)", settings.workers, settings.pool)
        }
        Err(why) => format!("no Martin: {why}"),
    };
    Ok(format!(
        "# Tiles: Misto against Martin and a bare server\n\n\
         `make bench` writes this page; every ratio in it is of one run on one machine, clients included, sides taking \
         turns, medians of {rounds} rounds.\n\n\
         - Machine: {} × {}, {} of memory, Linux {}. Load as the run began: {}.\n\
         - Database: {database}; one private cluster for all; demo city of {addresses} addresses ({}).\n\
         - Misto {} ({}), the release binary.\n\
         - {martin}.\n\
         - {}; {}.\n\n\
         Martin reads two things: a copy of each register in EPSG:3857, in Hilbert order, indexed, with no column too \
         many, which is the best that it can be given; and views of the registers themselves (EPSG:4326), which is what \
         Misto reads. At every zoom both sides' tiles carry the same columns, with the same extent and buffer.\n",
        cores(),
        processor(),
        memory(),
        read("/proc/sys/kernel/osrelease"),
        load.split(' ').next().unwrap_or_default(),
        counts.join(", "),
        env!("CARGO_PKG_VERSION"),
        said("git", &["describe", "--always", "--dirty"]),
        said("rustc", &["--version"]),
        said("wrk", &["-v"]).split(" Copyright").next().unwrap_or_default(),
    ))
}

fn processor() -> String {
    let text = read("/proc/cpuinfo");
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.to_owned())
}

fn memory() -> String {
    let text = read("/proc/meminfo");
    let kilobytes =
        text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse().ok());
    format!("{:.0} GiB", kilobytes.unwrap_or(0.0) / 1_048_576.0)
}

pub fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// The first line that a command prints.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

pub fn median(numbers: &[f64]) -> f64 {
    percentile(numbers, 50.0)
}

/// The value that `part` percent of the numbers do not exceed (nearest rank).
pub fn percentile(numbers: &[f64], part: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (part / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
}

/// Three figures are all that such measurements hold.
pub fn figure(number: f64) -> String {
    let digits = if number.abs() >= 100.0 {
        0
    } else if number.abs() >= 10.0 {
        1
    } else {
        2
    };
    format!("{number:.digits$}")
}
