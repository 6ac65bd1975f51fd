//! A cold city: every tile that holds something, asked for exactly once, in random order, over 4 connections.

use anyhow::Result;

use super::{in_turn, name, shuffled};
use crate::Bench;
use crate::city::SIX;
use crate::drive::{contents, once_each};
use crate::peer::Srid;
use crate::report::{Report, Table, figure, median};
use crate::servers::Side;

const CONNECTIONS: usize = 4;
/// A compressed tile above this is a defect.
const BUDGET: usize = 200_000;
const MARTIN: Side = Side::Martin(Srid::Mercator);

/// What is asked for, and how many times faster than Martin on its 3857 copy it should come.
const CASES: [(&[&str], u8, Option<f64>); 12] = [
    (&["parcels"], 12, Some(8.0)),
    (&["parcels"], 14, Some(4.0)),
    (&["parcels"], 16, Some(4.0)),
    (&["buildings"], 12, Some(3.0)),
    (&["buildings"], 14, Some(3.0)),
    (&["buildings"], 16, Some(3.0)),
    (&["addresses"], 12, Some(3.0)),
    (&["addresses"], 14, Some(3.0)),
    (&["addresses"], 16, Some(3.0)),
    (&SIX, 12, None),
    (&SIX, 14, None),
    (&SIX, 16, None),
];

/// All rounds of one side.
struct Rounds {
    side: Side,
    /// Seconds of the tiles alone.
    tiles: Vec<f64>,
    /// Seconds from the start of the process to the last tile.
    whole: Vec<f64>,
    largest: usize,
    empty: usize,
    /// Features of all tiles, and their values.
    holds: (usize, usize),
}

pub fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let mut table = Table::new(&[
        "layers",
        "zoom",
        "tiles",
        "side",
        "tiles/s",
        "Misto is faster",
        "largest, kB gzip",
        "empty",
        "features (values)",
        "from process start, s",
    ]);
    // of one layer, of six together
    let mut heaviest = [0, 0];
    for (layers, zoom, target) in CASES {
        let what = format!("cold {} z{zoom}", if layers.len() > 1 { "6 layers" } else { layers[0] });
        let held = bench.city.held(layers, zoom);
        let target = target.map(|target| (target, format!("≥ {target}× Martin")));
        if held.is_empty() {
            if let Some((_, target)) = target {
                report.unjudged(what, target, format!("tiles of z{zoom} do not hold the layer: its file begins later"));
            }
            continue;
        }
        let tiles = bench.city.tiles(&held, zoom)?;
        let sides = measure(bench, &held, zoom, &tiles)?;
        let misto = &sides[0];
        let nothing = misto.empty == tiles.len();
        for side in &sides {
            let faster = if side.side == Side::Misto || nothing {
                "–".to_owned()
            } else {
                format!("{}×", figure(median(&side.tiles) / median(&misto.tiles)))
            };
            table.row([
                held.join(" "),
                zoom.to_string(),
                tiles.len().to_string(),
                name(side.side).to_owned(),
                figure(tiles.len() as f64 / median(&side.tiles)),
                faster,
                figure(side.largest as f64 / 1000.0),
                side.empty.to_string(),
                format!("{} ({})", side.holds.0, side.holds.1),
                figure(median(&side.whole)),
            ]);
        }
        let heaviest = &mut heaviest[usize::from(layers.len() > 1)];
        *heaviest = misto.largest.max(*heaviest);
        let Some((target, words)) = target else { continue };
        let what = format!("{what}, {} tiles", tiles.len());
        match sides.iter().find(|side| side.side == MARTIN) {
            _ if nothing => report.unjudged(what, words, "every tile of Misto's was empty"),
            Some(martin) => {
                let times = median(&martin.tiles) / median(&misto.tiles);
                report.judge(what, words, format!("{}×", figure(times)), times >= target);
            }
            None => report.unjudged(what, words, "no Martin"),
        }
    }
    for (what, heaviest) in ["one layer", "six layers"].into_iter().zip(heaviest) {
        let measured = format!("{} kB", figure(heaviest as f64 / 1000.0));
        report.judge(format!("the largest cold tile of {what}, gzip"), "≤ 200 kB", measured, heaviest <= BUDGET);
    }
    report.section("Cold city", &format!("{}{}", INTRODUCTION, table.finish()));
    Ok(())
}

const INTRODUCTION: &str = "Every tile that a feature lies in, each asked for once with `Accept-Encoding: gzip`, in \
    random order (the same for all sides of a round), over 4 keep-alive connections. Both servers are started anew for \
    every round, caches empty (`--cache-size 0` for Martin), and have answered tiles far from the city on every \
    connection before the clock starts. Six layers come from Martin in both ways that it has: table sources joined in \
    the address, a query for each, and one function source with one query for all. The last column starts its clock with the process, so it has in it what \
    Misto reads into memory at its start. Features and their values, counted after the clock has stopped, show that \
    both sides send the same, but for what Misto's generalisation merges.\n\n";

fn measure(bench: &Bench, layers: &[&str], zoom: u8, tiles: &[String]) -> Result<Vec<Rounds>> {
    let mut sides = vec![Side::Misto];
    if bench.servers.martin.is_ok() {
        sides.extend([MARTIN, Side::Martin(Srid::Degrees)]);
        sides.extend((layers.len() > 1).then_some(Side::MartinFunction));
    }
    let new = |&side| Rounds { side, tiles: Vec::new(), whole: Vec::new(), largest: 0, empty: 0, holds: (0, 0) };
    let mut measured: Vec<_> = sides.iter().map(new).collect();
    let places: Vec<_> = (0..sides.len()).collect();
    for round in 0..bench.rounds {
        for place in in_turn(&places, round) {
            let server = bench.servers.start(sides[place], &bench.city)?;
            let prefix = bench.servers.prefix(sides[place], &bench.city, layers, zoom);
            server.warm(&prefix, zoom, CONNECTIONS)?;
            let paths = shuffled(&prefix, tiles, round);
            let run = once_each(server.port, &paths, CONNECTIONS)?;
            let whole = server.started.elapsed().as_secs_f64();
            let side = &mut measured[place];
            if round == 0 {
                side.holds = contents(server.port, &paths)?;
            }
            side.tiles.push(run.seconds);
            side.whole.push(whole);
            side.largest = side.largest.max(run.largest);
            side.empty = run.empty;
        }
    }
    Ok(measured)
}
