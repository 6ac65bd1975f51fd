//! Cached tiles under load, against a bare server that sends the same bytes, and against Martin's cache.

use anyhow::{Result, ensure};

use super::{in_turn, shuffled};
use crate::Bench;
use crate::bare::Bare;
use crate::drive::{Client, GZIP, Load, WRK, wrk};
use crate::peer::Srid;
use crate::report::{Report, Table, figure, median};
use crate::servers::{Settings, Side};

const LAYERS: [&str; 1] = ["parcels"];
const ZOOM: u8 = 14;
const MARTIN_CACHE: usize = 512;

/// A server to put under load.
struct Target {
    name: &'static str,
    port: u16,
    paths: Vec<String>,
}

pub fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let tiles = bench.city.tiles(&LAYERS, ZOOM)?;
    let city = &bench.city;
    let misto = bench.servers.misto(city)?;
    let paths = shuffled(&bench.servers.prefix(Side::Misto, city, &LAYERS, ZOOM), &tiles, 0);
    let mut client = Client::connect(misto.port)?;
    let mut answers = Vec::new();
    for path in &paths {
        let answer = client.get(path, GZIP)?;
        if answer.status == 200 {
            ensure!(answer.header("content-encoding") == Some("gzip"), "{path} is not sent as gzip");
            answers.push((path.clone(), answer));
        }
    }
    let bytes: usize = answers.iter().map(|(_, answer)| answer.body.len()).sum();
    let (count, kilobytes) = (answers.len(), bytes as f64 / 1000.0 / answers.len().max(1) as f64);
    let bare = Bare::start(answers)?;
    let mut targets = vec![
        Target { name: "Misto", port: misto.port, paths: paths.clone() },
        Target { name: "bare hyper", port: bare.port, paths },
    ];
    let martin = match &bench.servers.martin {
        Ok(_) => Some(bench.servers.martin(city, Settings { cache: MARTIN_CACHE, ..bench.servers.settings })?),
        Err(_) => None,
    };
    if let Some(martin) = &martin {
        let prefix = bench.servers.prefix(Side::Martin(Srid::Mercator), city, &LAYERS, ZOOM);
        let paths = shuffled(&prefix, &tiles, 0);
        crate::drive::once_each(martin.port, &paths, 1)?;
        targets.push(Target { name: "Martin, cached", port: martin.port, paths });
    }
    let loads = measure(bench, &targets)?;
    let rates: Vec<f64> =
        loads.iter().map(|loads| median(&loads.iter().map(|load| load.per_second).collect::<Vec<_>>())).collect();

    let mut table = Table::new(&["server", "tiles/s", "against bare", "p50", "p99"]);
    for ((target, loads), rate) in targets.iter().zip(&loads).zip(&rates) {
        let Some(last) = loads.last() else { continue };
        let against = format!("{}×", figure(rate / rates[1]));
        table.row([target.name.to_owned(), figure(*rate), against, last.median.clone(), last.p99.clone()]);
    }
    let case = "cached tiles, gzip";
    let share = rates[0] / rates[1];
    report.judge(case, "≥ 0.9× the bare server", format!("{}×", figure(share)), share >= 0.9);
    match rates.get(2) {
        Some(martin) => {
            let times = rates[0] / martin;
            report.judge(case, "≥ 50× Martin cached", format!("{}×", figure(times)), times >= 50.0);
        }
        None => report.unjudged(case, "≥ 50× Martin cached", "no Martin"),
    }
    let text = format!(
        "The {count} parcels tiles of z{ZOOM} ({} kB of gzip on average) in turn, all of them asked for before; `wrk {}`, \
         which shares the cores with the server. The bare server is hyper's HTTP/1 and a table of finished answers, with \
         Misto's headers and bytes. Martin has `--cache-size {MARTIN_CACHE}`; it keeps tiles as PostGIS gave them and \
         compresses each answer.\n\n{}",
        figure(kilobytes),
        WRK.join(" "),
        table.finish()
    );
    report.section("Cached tiles", &text);
    Ok(())
}

fn measure(bench: &Bench, targets: &[Target]) -> Result<Vec<Vec<Load>>> {
    let mut loads: Vec<Vec<Load>> = targets.iter().map(|_| Vec::new()).collect();
    let places: Vec<_> = (0..targets.len()).collect();
    for round in 0..bench.rounds {
        for place in in_turn(&places, round) {
            let target = &targets[place];
            loads[place].push(wrk(target.port, &target.paths, &bench.folder)?);
        }
    }
    Ok(loads)
}
