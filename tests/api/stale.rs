//! Nothing stale: random edits by several writers while tiles of two nodes are read and listeners are cut off; in the end
//! every tile that a node has kept is the tile that a fresh node builds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use misto::geom::grid::TileId;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};

use crate::harness::City;

const WRITERS: u64 = 4;
/// Points, clustered points, merged polygons, lines that reach through many tiles, and all of them together.
const SETS: [&str; 5] = ["kiosks", "appeals", "green", "streets", "streets,green,appeals,kiosks"];
const ZOOMS: [u8; 5] = [8, 11, 12, 14, 16];
const PLACE: &str = "st_setsrid(st_point(30.5 + random() * 0.02, 50.4 + random() * 0.01), 4326)";

/// How many edits there are; `MISTO_STALE_EDITS=10000` is the long run.
fn edits() -> u64 {
    std::env::var("MISTO_STALE_EDITS").ok().and_then(|count| count.parse().ok()).unwrap_or(400)
}

/// The tiles of all zooms over the place where edits happen.
fn tiles() -> Vec<TileId> {
    let zoom = |z: u8| {
        let (first, last) = (TileId::at(z, 30.5, 50.41), TileId::at(z, 30.52, 50.4));
        (first.x()..=last.x()).flat_map(move |x| (first.y()..=last.y()).map(move |y| TileId::new(z, x, y).unwrap()))
    };
    ZOOMS.into_iter().flat_map(zoom).collect()
}

/// One transaction of one kind or another.
fn edit(random: &mut impl Rng) -> String {
    let any =
        |table: &str| format!("(select id from registers.{table} order by random() limit 1 for update skip locked)");
    let area = format!("st_multi(st_buffer({PLACE}, random() * 0.002, 3))");
    match random.random_range(0..12) {
        0 | 1 => format!(
            "insert into registers.kiosks (geom, title, passport_number, passport_status) \
             values ({PLACE}, 'Кава', gen_random_uuid(), 'дійсний')"
        ),
        2 | 3 => format!("update registers.kiosks set geom = {PLACE} where id = {}", any("kiosks")),
        4 => format!(
            "update registers.kiosks set passport_status = case passport_status when 'дійсний' then 'анульований' \
             else 'дійсний' end where id = {}",
            any("kiosks")
        ),
        5 => format!("delete from registers.kiosks where id = {}", any("kiosks")),
        6 => format!("insert into registers.green (geom, uid, kind) values ({area}, gen_random_uuid(), 'park')"),
        7 => format!("update registers.green set geom = {area} where id = {}", any("green")),
        8 => format!(
            "insert into registers.streets (geom, uid, class) values \
             (st_multi(st_makeline({PLACE}, st_translate({PLACE}, 0.3, 0.2))), gen_random_uuid(), 'primary')"
        ),
        9 => format!("delete from registers.streets where id = {}", any("streets")),
        // many rows at once: their events are merged by area
        10 => format!(
            "insert into registers.appeals (geom, uid, category, status) \
             select {PLACE}, gen_random_uuid(), 'Дороги', 'нове' from generate_series(1, 150)"
        ),
        _ => match random.random_range(0..6) {
            0 => "truncate registers.appeals".to_owned(),
            1 => "begin; delete from registers.green; select pg_sleep(0.02); rollback".to_owned(),
            _ => "begin; update registers.appeals set status = 'закрите'; select pg_sleep(0.02); commit".to_owned(),
        },
    }
}

async fn write(options: sqlx::postgres::PgConnectOptions, seed: u64, done: Arc<AtomicU64>) {
    let mut connection = options.disable_statement_logging().connect().await.unwrap();
    connection.execute("set role misto_owner; set search_path = public").await.unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    while done.fetch_add(1, Ordering::Relaxed) < edits() {
        let sql = edit(&mut random);
        if let Err(error) = connection.execute(AssertSqlSafe(sql.clone())).await {
            let deadlock = error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("40P01"));
            assert!(deadlock, "{sql}: {error}");
            connection.execute("rollback").await.unwrap();
        }
    }
    connection.close().await.unwrap();
}

async fn read(node: Arc<City>, seed: u64, stop: Arc<AtomicBool>) -> u64 {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (tiles, mut read) = (tiles(), 0);
    while !stop.load(Ordering::Relaxed) {
        let tile = tiles[random.random_range(0..tiles.len())];
        let set = SETS[random.random_range(0..SETS.len())];
        let answer = node.get_now(&format!("/tiles/{set}/{tile}")).await;
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::NO_CONTENT), "{set}/{tile}: {}", answer.status);
        read += 1;
        // an answer from the cache never waits, and without this nobody else would get a turn
        tokio::task::yield_now().await;
    }
    read
}

/// Ends the connections that wait for notifications.
async fn cut(options: sqlx::postgres::PgConnectOptions, stop: Arc<AtomicBool>) -> u64 {
    let mut connection: PgConnection = options.connect().await.unwrap();
    let mut cuts = 0;
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let ended: i64 = sqlx::query_scalar(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity \
             where datname = current_database() and query ilike 'listen%'",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        cuts += ended as u64;
    }
    cuts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_tile_is_stale_after_edits_by_many_on_two_nodes_whose_listeners_are_cut_off() {
    let first = Arc::new(City::new().await);
    let second = Arc::new(first.node());
    let options = first.db.owner.connect_options().as_ref().clone();
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let readers = [&first, &second, &first, &second].map(Arc::clone).into_iter().enumerate();
    let readers: Vec<_> = readers.map(|(seed, node)| tokio::spawn(read(node, seed as u64, stop.clone()))).collect();
    let cuts = tokio::spawn(cut(options.clone(), stop.clone()));
    let writers: Vec<_> = (0..WRITERS).map(|seed| tokio::spawn(write(options.clone(), seed, done.clone()))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let (mut tiles_read, cuts) = (0, cuts.await.unwrap());
    for reader in readers {
        tiles_read += reader.await.unwrap();
    }

    let fresh = first.node();
    let (mut compared, mut filled) = (0, 0);
    for set in SETS {
        for tile in tiles() {
            let path = format!("/tiles/{set}/{tile}");
            let wanted = fresh.get(&path).await;
            for (name, node) in [("first", &first), ("second", &second)] {
                let kept = node.get(&path).await;
                assert!(kept.body == wanted.body, "{path} of the {name} node is stale");
            }
            compared += 1;
            filled += usize::from(wanted.status == StatusCode::OK);
        }
    }
    println!("{} edits, {tiles_read} tiles read meanwhile, {cuts} listeners cut, {compared} tiles compared", edits());
    assert!(filled * 2 > compared, "most tiles hold something");
    assert!(tiles_read > 100 && cuts > 0, "{tiles_read} tiles read, {cuts} listeners cut");
}
