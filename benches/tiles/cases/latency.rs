//! One cold tile alone: nobody else asks, one connection.

use anyhow::Result;

use super::{in_turn, name, shuffled};
use crate::Bench;
use crate::drive::once_each;
use crate::peer::Srid;
use crate::report::{Report, Table, figure, percentile};
use crate::servers::Side;

const LAYERS: [&str; 1] = ["parcels"];
const ZOOM: u8 = 14;
const TARGET: f64 = 0.5;

pub fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let tiles = bench.city.tiles(&LAYERS, ZOOM)?;
    let mut sides = vec![(0, Side::Misto)];
    if bench.servers.martin.is_ok() {
        sides.extend([(1, Side::Martin(Srid::Mercator)), (2, Side::Martin(Srid::Degrees))]);
    }
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); sides.len()];
    for round in 0..bench.rounds {
        for (place, side) in in_turn(&sides, round) {
            let server = bench.servers.start(side, &bench.city)?;
            let prefix = bench.servers.prefix(side, &bench.city, &LAYERS, ZOOM);
            server.warm(&prefix, ZOOM, 1)?;
            times[place].extend(once_each(server.port, &shuffled(&prefix, &tiles, round), 1)?.milliseconds);
        }
    }
    let mut table = Table::new(&["side", "samples", "p50, ms", "p99, ms"]);
    for ((_, side), times) in sides.iter().zip(&times) {
        let [p50, p99] = [50.0, 99.0].map(|part| figure(percentile(times, part)));
        table.row([name(*side).to_owned(), times.len().to_string(), p50, p99]);
    }
    for part in [50.0, 99.0] {
        let case = format!("one cold parcels tile of z{ZOOM} alone, p{part}");
        let target = format!("≤ {TARGET}× Martin");
        match times.get(1) {
            Some(martin) => {
                let ratio = percentile(&times[0], part) / percentile(martin, part);
                report.judge(case, target, format!("{}×", figure(ratio)), ratio <= TARGET);
            }
            None => report.unjudged(case, target, "no Martin"),
        }
    }
    let text = format!(
        "The {} parcels tiles of z{ZOOM}, one after another over one connection, in random order, servers started anew for \
         each of {} rounds; all samples of a side together.\n\n{}",
        tiles.len(),
        bench.rounds,
        table.finish()
    );
    report.section("One cold tile alone", &text);
    Ok(())
}
