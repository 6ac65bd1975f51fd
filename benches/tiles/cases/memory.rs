//! Memory: of the server, and of the PostgreSQL processes that work for it.

use anyhow::Result;

use super::shuffled;
use crate::Bench;
use crate::city::SIX;
use crate::drive::once_each;
use crate::report::{Report, Table, figure};
use crate::servers::{Server, Settings, Side, megabytes};

const ZOOMS: [u8; 2] = [14, 16];
const CONNECTIONS: usize = 4;

pub fn run(bench: &Bench, report: &mut Report) -> Result<()> {
    let mut table = Table::new(&[
        "server",
        "as it is ready, MB",
        "after the tiles, MB",
        "at most, MB",
        "its PostgreSQL processes, MB",
    ]);
    table.row(one(bench, "Misto", Side::Misto, bench.servers.misto(&bench.city)?)?);
    if bench.servers.martin.is_ok() {
        for (name, cache) in [("Martin, cache off", 0), ("Martin, cache of 512 MB", 512)] {
            let server = bench.servers.martin(&bench.city, Settings { cache, ..bench.servers.settings })?;
            table.row(one(bench, name, Side::MartinFunction, server)?);
        }
    }
    let text = format!(
        "Resident memory before and after every tile of z14 and z16 with six layers was asked for once over {CONNECTIONS} \
         connections (of Martin its function source). The last column is what PostgreSQL's processes for the server hold for themselves (their anonymous \
         memory; the shared buffers are the same for all).\n\n{}",
        table.finish()
    );
    report.section("Memory", &text);
    Ok(())
}

fn one(bench: &Bench, name: &str, side: Side, server: Server) -> Result<[String; 5]> {
    let (ready, _) = server.memory()?;
    for zoom in ZOOMS {
        let tiles = bench.city.tiles(&bench.city.held(&SIX, zoom), zoom)?;
        let prefix = bench.servers.prefix(side, &bench.city, &SIX, zoom);
        once_each(server.port, &shuffled(&prefix, &tiles, 0), CONNECTIONS)?;
    }
    let (after, most) = server.memory()?;
    let backends: Vec<(i32,)> = bench.city.rows(
        "select pid from pg_stat_activity where backend_type = 'client backend' and application_name <> 'misto-bench'",
    )?;
    let held = backends.iter().filter_map(|(pid,)| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        megabytes(&status, "RssAnon:").ok()
    });
    let processes = format!("{} ({} processes)", figure(held.sum()), backends.len());
    Ok([name.to_owned(), figure(ready), figure(after), figure(most), processes])
}
