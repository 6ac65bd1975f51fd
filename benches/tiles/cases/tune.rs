//! Martin's best settings on this machine: the connections of its pool first, then its worker threads.

use anyhow::{Context, Result};

use super::shuffled;
use crate::Bench;
use crate::drive::once_each;
use crate::peer::Srid;
use crate::report::{Report, Table, figure, median};
use crate::servers::{Settings, Side, cores};

const TRIES: usize = 3;
const CONNECTIONS: usize = 4;
const ZOOMS: [u8; 2] = [14, 16];

pub fn run(bench: &mut Bench, report: &mut Report) -> Result<()> {
    if bench.servers.martin.is_err() {
        return Ok(());
    }
    let mut table = Table::new(&["workers", "pool_size", "tiles/s"]);
    let mut tried = Vec::new();
    let pools = [cores(), 2 * cores(), 4 * cores(), 20];
    tried.extend(speeds(bench, &pools.map(|pool| Settings { workers: cores(), pool, cache: 0 }))?);
    let pool = fastest(&tried)?.pool;
    tried.extend(speeds(bench, &[1, 2 * cores()].map(|workers| Settings { workers, pool, cache: 0 }))?);
    for (settings, speed) in &tried {
        table.row([settings.workers.to_string(), settings.pool.to_string(), figure(*speed)]);
    }
    let text = format!(
        "Every parcels tile of z14 and of z16 from the 3857 copy, {CONNECTIONS} connections, settings taking turns, median of {TRIES}. The \
         fastest is used everywhere below.\n\n{}",
        table.finish()
    );
    report.section("Martin's settings", &text);
    bench.servers.settings = fastest(&tried)?;
    Ok(())
}

fn fastest(tried: &[(Settings, f64)]) -> Result<Settings> {
    let best = tried.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    best.map(|(settings, _)| *settings).context("something was tried")
}

/// Tiles a second with each of the settings, which take turns.
fn speeds(bench: &Bench, candidates: &[Settings]) -> Result<Vec<(Settings, f64)>> {
    let tiles = ZOOMS.map(|zoom| bench.city.tiles(&["parcels"], zoom).map(|tiles| (zoom, tiles)));
    let tiles = tiles.into_iter().collect::<Result<Vec<_>>>()?;
    let mut speeds = vec![Vec::new(); candidates.len()];
    for round in 0..TRIES {
        for (settings, speeds) in candidates.iter().zip(&mut speeds) {
            speeds.push(speed(bench, *settings, &tiles, round)?);
        }
    }
    Ok(candidates.iter().copied().zip(speeds.iter().map(|speeds| median(speeds))).collect())
}

fn speed(bench: &Bench, settings: Settings, tiles: &[(u8, Vec<String>)], round: usize) -> Result<f64> {
    let side = Side::Martin(Srid::Mercator);
    let server = bench.servers.martin(&bench.city, settings)?;
    let (mut seconds, mut count) = (0.0, 0);
    for (zoom, tiles) in tiles {
        let prefix = bench.servers.prefix(side, &bench.city, &["parcels"], *zoom);
        server.warm(&prefix, *zoom, CONNECTIONS)?;
        seconds += once_each(server.port, &shuffled(&prefix, tiles, round), CONNECTIONS)?.seconds;
        count += tiles.len();
    }
    Ok(count as f64 / seconds)
}
