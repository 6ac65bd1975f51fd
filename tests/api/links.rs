//! Links between registers: kept by the database whichever side is edited and by whomever, also at once.

use std::path::PathBuf;
use std::time::Duration;

use misto::catalogue::Catalogue;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::harness::{City, bare_database, root};

/// A small catalogue of its own: lots, booths with links of every kind, halls.
pub fn linked() -> Catalogue {
    read(&root().join("tests/fixtures/linked")).unwrap()
}

fn read(folder: &std::path::Path) -> Result<Catalogue, Vec<misto::catalogue::reader::Mistake>> {
    let styles = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("no-styles");
    std::fs::create_dir_all(&styles).unwrap();
    Catalogue::read(folder, &styles)
}

pub async fn city() -> City {
    City::with(linked(), bare_database().await).await
}

/// A square of so many degrees as SQL.
pub fn square(west: f64, south: f64, size: f64) -> String {
    format!("st_multi(st_makeenvelope({west}, {south}, {}, {}, 4326))", west + size, south + size)
}

pub fn point(lon: f64, lat: f64) -> String {
    format!("st_setsrid(st_point({lon}, {lat}), 4326)")
}

/// Every link as `own→target`, in order.
async fn links(city: &City, table: &str) -> Vec<String> {
    let sql = format!("select link || ' ' || id || '→' || target from links.{table} order by 1");
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&city.db.owner).await.unwrap()
}

/// What the links of booths and halls should be, found without triggers, indexes or the functions that keep them.
async fn wanted(city: &City) -> Vec<String> {
    const WANTED: &str = "select 'lot ' || b.id || '→' || t.id from registers.booths b, registers.lots t \
           where _st_intersects(b.geom, t.geom) \
         union all select 'red_lines ' || b.id || '→' || t.id from registers.booths b, registers.red_lines t \
           where _st_intersects(b.geom, t.geom) \
         union all select 'owner ' || b.id || '→' || t.id from registers.booths b, registers.owners t \
           where b.owner_code = t.code \
         union all select 'door ' || b.id || '→' || (array_agg(t.id order by st_distance(b.geom::geography, t.geom::geography), t.id))[1] \
           from registers.booths b, registers.doors t \
           where st_distance(b.geom::geography, t.geom::geography) <= 50 group by b.id \
         union all select 'hall ' || b.id || '→' || t.id from registers.halls b, registers.lots t \
           where st_area(st_intersection(b.geom, t.geom)) > 1.25e-11";
    let mut wanted: Vec<String> = sqlx::query_scalar(WANTED).fetch_all(&city.db.owner).await.unwrap();
    wanted.sort();
    wanted
}

/// Whether links are as they should be; says which are not.
async fn assert_right(city: &City, when: &str) {
    let (kept, wanted) = (kept(city).await, wanted(city).await);
    let missing: Vec<_> = wanted.iter().filter(|link| !kept.contains(link)).collect();
    let wrong: Vec<_> = kept.iter().filter(|link| !wanted.contains(link)).collect();
    assert!(missing.is_empty() && wrong.is_empty(), "missing {missing:?}, wrong {wrong:?} {when}");
}

async fn kept(city: &City) -> Vec<String> {
    const KEPT: &str = "select link || ' ' || id || '→' || target from links.booths \
         union all select 'hall ' || id || '→' || target from links.halls";
    let mut kept: Vec<String> = sqlx::query_scalar(KEPT).fetch_all(&city.db.owner).await.unwrap();
    kept.sort();
    kept
}

#[tokio::test]
async fn links_follow_edits_of_both_sides() {
    let city = city().await;
    let lot = square(30.5, 50.4, 0.001);
    city.sql(&format!(
        "insert into registers.booths (id, number, secret, owner_code, geom) values (1, 'Б-1', '-', '14360570', {})",
        point(30.5005, 50.4005)
    ))
    .await;
    assert_eq!(links(&city, "booths").await, [""; 0]);
    city.sql(&format!(
        "insert into registers.lots (id, number, geom) values (7, '9910100000:01:002:0003', {lot}); \
         insert into registers.owners (id, code) values (8, '14360570'); \
         insert into registers.doors (id, number, geom) values (9, '1', {}), (10, '2', {}), (11, '3', {})",
        point(30.5006, 50.4005),
        point(30.5005, 50.40055),
        point(30.52, 50.4),
    ))
    .await;
    assert_eq!(links(&city, "booths").await, ["door 1→10", "lot 1→7", "owner 1→8"]);
    city.sql("delete from registers.doors where id = 10").await;
    assert_eq!(links(&city, "booths").await, ["door 1→9", "lot 1→7", "owner 1→8"]);
    city.sql(&format!("update registers.booths set geom = {}, owner_code = null", point(30.52, 50.40001))).await;
    assert_eq!(links(&city, "booths").await, ["door 1→11"]);
    city.sql(&format!("update registers.lots set geom = {}", square(30.5199, 50.3999, 0.001))).await;
    city.sql("update registers.booths set owner_code = '14360570'; update registers.lots set id = 70").await;
    assert_eq!(links(&city, "booths").await, ["door 1→11", "lot 1→70", "owner 1→8"]);
    city.sql("truncate registers.lots; update registers.owners set code = '00013480'").await;
    assert_eq!(links(&city, "booths").await, ["door 1→11"]);
    city.sql("delete from registers.booths").await;
    assert_eq!(links(&city, "booths").await, [""; 0]);
}

#[tokio::test]
async fn metres_are_true_and_a_door_too_far_is_none() {
    let city = city().await;
    // 0.0007° of longitude are 49.7 m here, and 0.00045° of latitude 50.1 m
    city.sql(&format!(
        "insert into registers.booths (id, number, secret, geom) values (1, '1', '-', {}), (2, '2', '-', {}); \
         insert into registers.doors (id, number, geom) values (1, '1', {}), (2, '2', {})",
        point(30.5, 50.4),
        point(30.6, 50.4),
        point(30.5007, 50.4),
        point(30.6, 50.40045),
    ))
    .await;
    let found: Vec<(i64, f64)> =
        sqlx::query_as("select id, metres from links.booths").fetch_all(&city.db.owner).await.unwrap();
    assert_eq!(found.len(), 1);
    assert!((found[0].1 - 49.74).abs() < 0.1, "{found:?}");
}

#[tokio::test]
async fn areas_that_only_touch_do_not_meet() {
    let city = city().await;
    city.sql(&format!(
        "insert into registers.lots (id, number, geom) values (1, '9910100000:01:002:0001', {}), (2, '9910100000:01:002:0002', {}); \
         insert into registers.halls (id, uid, geom) values (1, 'touches 2', {}), (2, 'in both', {}), \
           (3, 'crosses itself', st_geomfromtext('MULTIPOLYGON(((30.5001 50.4001, 30.5004 50.4004, 30.5004 50.4001, 30.5001 50.4004, 30.5001 50.4001)))', 4326)), \
           (4, 'empty', st_geomfromtext('MULTIPOLYGON EMPTY', 4326))",
        square(30.5, 50.4, 0.001),
        square(30.501, 50.4, 0.001),
        square(30.5005, 50.4002, 0.0005),
        square(30.5008, 50.4002, 0.0005),
    ))
    .await;
    assert_eq!(links(&city, "halls").await, ["lot 1→1", "lot 2→1", "lot 2→2", "lot 3→1"]);
}

#[tokio::test]
async fn an_edit_of_anything_else_leaves_links_alone() {
    let city = city().await;
    city.sql(&format!(
        "insert into registers.booths (id, number, secret, geom) values (1, '1', '-', {0}); \
         insert into registers.doors (id, number, geom) values (1, '1', {0}); \
         delete from links.booths",
        point(30.5, 50.4)
    ))
    .await;
    city.sql("update registers.booths set number = 'А'; update registers.doors set number = 'А'").await;
    assert_eq!(links(&city, "booths").await, [""; 0], "nothing that decides about a link has changed");
    city.sql("update registers.booths set geom = st_translate(geom, 0.0001, 0)").await;
    assert_eq!(links(&city, "booths").await, ["door 1→1"]);
}

#[tokio::test]
async fn a_renamed_column_or_a_place_that_is_none_does_not_stop_edits() {
    let city = city().await;
    city.sql("insert into registers.booths (number, secret, geom) values ('1', '-', st_setsrid(st_point('NaN', 50), 4326)), \
        ('2', '-', st_setsrid(st_point(200, 95), 4326)), ('3', '-', st_setsrid('POINT EMPTY'::geometry, 4326)), ('4', '-', null)").await;
    city.sql(
        "insert into registers.doors (number, geom) values ('1', st_setsrid(st_point('Infinity', 50), 4326)), \
        ('2', st_setsrid(st_point(200, 95), 4326)), ('3', st_setsrid('POINT EMPTY'::geometry, 4326)), ('4', null)",
    )
    .await;
    city.sql("update registers.booths set geom = st_setsrid(st_point(30, 50), 4326)").await;
    city.sql("alter table registers.booths rename owner_code to code; delete from registers.booths where number = '1'")
        .await;
    city.sql("insert into registers.owners (code) values ('14360570')").await;
}

#[tokio::test]
async fn random_edits_keep_links_as_they_should_be() {
    let city = city().await;
    let mut random = ChaCha8Rng::seed_from_u64(4);
    for step in 0..60 {
        let sql = edit(&mut random, step);
        city.sql(&sql).await;
        assert_right(&city, &format!("after {sql}")).await;
    }
}

/// An edit of some rows of any register.
pub fn edit(random: &mut ChaCha8Rng, step: usize) -> String {
    let (lon, lat) = (random.random_range(30.5..30.504), random.random_range(50.4..50.404));
    let part = random.random_range(2..5);
    let some = format!("where id % {part} = 0");
    let many = random.random_range(1..80);
    let scatter = "st_setsrid(st_point(30.5 + 0.004 * random(), 50.4 + 0.004 * random()), 4326)";
    match random.random_range(0..13) {
        0 => format!("insert into registers.booths (number, secret, owner_code, geom) select '{step}/' || n, '-', lpad((n % 7)::text, 8, '0'), {scatter} from generate_series(1, {many}) n"),
        1 => format!("insert into registers.doors (number, geom) select '{step}/' || n, {scatter} from generate_series(1, {many}) n"),
        2 => format!("insert into registers.lots (number, geom) values ('{step}', {})", square(lon, lat, 0.0015)),
        3 => format!("insert into registers.red_lines (uid, geom) values ('{step}', {})", square(lon, lat, 0.0005)),
        4 => format!("insert into registers.owners (code) values (lpad('{}', 8, '0')) on conflict (code) do update set title = 'ще'", step % 7),
        5 => format!("insert into registers.halls (uid, geom) values ('{step}', {})", square(lon, lat, 0.0003)),
        6 => format!("update registers.booths set geom = {scatter}, owner_code = '00000001' {some}"),
        7 => format!("update registers.doors set geom = {scatter} {some}"),
        8 => format!("update registers.lots set geom = st_translate(geom, 0.0002, -0.0001) {some}"),
        9 => format!("delete from registers.doors {some}"),
        10 => format!("delete from registers.lots {some}; delete from registers.owners {some}"),
        11 => "delete from registers.booths where id % 9 = 0; update registers.booths set id = id + 100000 where id % 11 = 0".to_owned(),
        _ => "truncate registers.red_lines".to_owned(),
    }
}

/// Runs both transactions so that neither sees the other's edit when it begins its own, and commits them in turn. The
/// second may have to wait for the first where they find links of the same feature.
async fn at_once(city: &City, first: &str, second: &str) {
    let (mut a, mut b) = (city.connect().await, city.connect().await);
    let mut one = a.begin().await.unwrap();
    one.execute(AssertSqlSafe(first)).await.unwrap();
    let second = second.to_owned();
    let two = tokio::spawn(async move {
        let mut two = b.begin().await.unwrap();
        two.execute(AssertSqlSafe(second)).await.unwrap();
        two.commit().await.unwrap();
    });
    tokio::time::sleep(Duration::from_millis(400)).await;
    one.commit().await.unwrap();
    two.await.unwrap();
}

#[tokio::test]
async fn edits_of_both_sides_at_once_lose_no_link() {
    let city = city().await;
    let booth = |number: i32| {
        format!(
            "insert into registers.booths (number, secret, owner_code, geom) values ('{number}', '-', '14360570', {})",
            point(30.5005, 50.4005)
        )
    };
    let lot = format!(
        "insert into registers.lots (number, geom) values ('9910100000:01:002:0003', {})",
        square(30.5, 50.4, 0.001)
    );
    at_once(&city, &booth(1), &lot).await;
    assert_right(&city, "").await;
    at_once(&city, "insert into registers.owners (code) values ('14360570')", &booth(2)).await;
    assert_right(&city, "").await;
    let door = |number: i32, east: f64| {
        format!("insert into registers.doors (number, geom) values ('{number}', {})", point(30.5005 + east, 50.4005))
    };
    // two doors that compete, and one that goes while another comes
    at_once(&city, &door(1, 0.0003), &door(2, 0.0002)).await;
    assert_right(&city, "").await;
    at_once(&city, "delete from registers.doors where number = '2'", &door(3, 0.0001)).await;
    assert_right(&city, "").await;
    at_once(&city, "truncate registers.lots", &booth(3)).await;
    assert_right(&city, "").await;
    assert_eq!(links(&city, "booths").await.len(), 6, "three booths, each with its owner and its door");
    let left: i64 =
        sqlx::query_scalar("select count(*) from misto.link_edits").fetch_one(&city.db.owner).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn booths_moved_away_keep_no_door_that_another_found_for_them_meanwhile() {
    let city = city().await;
    city.sql(&format!(
        "insert into registers.booths (number, secret, geom) select n, '-', {0} from generate_series(1, 3) as n; \
         insert into registers.doors (number, geom) values ('1', {0}), ('2', {1})",
        point(30.5005, 50.4005),
        point(30.5005, 50.4007),
    ))
    .await;
    // whoever moves door 1 links the booths to door 2, not knowing that they have gone
    let door = "update registers.doors set geom = st_translate(geom, 0, 0.1) where number = '1'";
    at_once(&city, door, "update registers.booths set geom = st_translate(geom, 0.1, 0)").await;
    assert_eq!(kept(&city).await, [""; 0]);
}

#[tokio::test]
async fn a_transaction_of_repeatable_reads_loses_no_link_either() {
    let city = city().await;
    let (mut a, mut b) = (city.connect().await, city.connect().await);
    let mut one = a.begin().await.unwrap();
    one.execute("set transaction isolation level repeatable read").await.unwrap();
    one.execute("select from registers.booths").await.unwrap();
    b.execute(AssertSqlSafe(format!(
        "insert into registers.lots (number, geom) values ('9910100000:01:002:0003', {})",
        square(30.5, 50.4, 0.001)
    )))
    .await
    .unwrap();
    one.execute(AssertSqlSafe(format!(
        "insert into registers.booths (number, secret, geom) values ('1', '-', {})",
        point(30.5005, 50.4005)
    )))
    .await
    .unwrap();
    let error = one.commit().await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("40001"), "it may be tried again");
    assert_right(&city, "").await;
}

#[tokio::test]
async fn many_writers_at_once_leave_links_as_they_should_be() {
    let city = city().await;
    // so many that no index is a single page: see docs/decisions/0014 for what PostgreSQL does when that page splits
    city.sql(
        "insert into registers.doors (number, geom) select 'far ' || n, st_setsrid(st_point(31 + n * 0.001, 50), 4326) \
           from generate_series(1, 600) n; \
         insert into registers.booths (number, secret, geom) select 'far ' || n, '-', st_setsrid(st_point(31 + n * 0.001, 51), 4326) \
           from generate_series(1, 600) n",
    )
    .await;
    let writers = (0..4).map(|writer| {
        let options = city.db.owner.connect_options();
        tokio::spawn(async move {
            let mut connection: PgConnection = sqlx::ConnectOptions::connect(&*options).await.unwrap();
            let mut random = ChaCha8Rng::seed_from_u64(writer);
            let mut refused = 0;
            for step in 0..25 {
                let mut transaction = connection.begin().await.unwrap();
                let mut result = Ok(());
                for part in 0..2 {
                    let sql = edit(&mut random, (writer as usize + 1) * 1000 + step * 2 + part);
                    let sql = if sql.starts_with("truncate") { "select".to_owned() } else { sql };
                    result = transaction.execute(AssertSqlSafe(sql)).await.map(|_| ());
                    if result.is_err() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(random.random_range(0..20))).await;
                }
                let result = match result {
                    Ok(()) => transaction.commit().await,
                    Err(error) => transaction.rollback().await.and(Err(error)),
                };
                if let Err(error) = result {
                    // two transactions that edit the same rows in opposite order, with links or without
                    assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("40P01"), "{error}");
                    refused += 1;
                }
            }
            refused
        })
    });
    let mut refused = 0;
    for writer in writers.collect::<Vec<_>>() {
        refused += writer.await.unwrap();
    }
    assert!(refused < 50, "{refused} of 100 transactions were refused");
    assert_right(&city, "after all").await;
}

#[tokio::test]
async fn links_of_a_changed_layer_file_are_found_again_and_old_ones_removed() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("layers-relinked");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for entry in std::fs::read_dir(root().join("tests/fixtures/linked")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let booths = folder.join("booths.toml");
    let text = std::fs::read_to_string(&booths).unwrap();
    let (fields, links_and_checks) = text.split_at(text.find("[[links]]").unwrap());
    std::fs::write(&booths, fields).unwrap();
    let options = bare_database().await;
    let city = City::with(read(&folder).unwrap(), options.clone()).await;
    city.sql(&format!(
        "insert into registers.booths (id, number, secret, geom) values (1, '1', '-', {0}); \
         insert into registers.doors (id, number, geom) values (1, '1', {1})",
        point(30.5, 50.4),
        point(30.5007, 50.4)
    ))
    .await;
    std::fs::write(&booths, &text).unwrap();
    City::with(read(&folder).unwrap(), options.clone()).await;
    assert_eq!(links(&city, "booths").await, ["door 1→1"]);
    std::fs::write(&booths, text.replace("within = 50", "within = 40")).unwrap();
    City::with(read(&folder).unwrap(), options.clone()).await;
    assert_eq!(links(&city, "booths").await, [""; 0]);
    std::fs::write(&booths, fields).unwrap();
    City::with(read(&folder).unwrap(), options).await;
    let tables: Option<String> =
        sqlx::query_scalar("select to_regclass('links.booths')::text").fetch_one(&city.db.owner).await.unwrap();
    assert_eq!(tables, None);
    assert!(links_and_checks.contains("[[checks]]"));
    city.sql("delete from registers.doors").await;
}

#[tokio::test]
async fn the_public_reads_links_and_nothing_of_how_they_are_kept() {
    let city = city().await;
    city.db.public.execute("select id, target from links.booths").await.unwrap();
    for refused in ["select * from misto.links", "select * from misto.link_edits", "delete from links.booths"] {
        assert!(city.db.public.execute(refused).await.is_err(), "{refused}");
    }
}

#[tokio::test]
async fn a_card_lists_both_ends_of_links() {
    let city = city().await;
    city.sql(&format!(
        "insert into registers.lots (id, number, geom) values (7, '9910100000:01:002:0003', {}); \
         insert into registers.owners (id, code, title) values (8, '14360570', 'ТОВ «Ранок»'); \
         insert into registers.doors (id, number, street, geom) values (9, '12', 'вулиця Нова', {}); \
         insert into registers.booths (id, number, secret, title, owner_code, state, valid_until, geom) \
           select n, 'Б-' || n, '-', 'Кава', '14360570', 'чинна', '2020-01-01', {} from generate_series(1, 60) n",
        square(30.5, 50.4, 0.001),
        point(30.5006, 50.4005),
        point(30.5005, 50.4005),
    ))
    .await;
    let card = city.json("/api/collections/booths/items/3").await;
    let related: Vec<_> = card["related"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(related, ["9910100000:01:002:0003", "вулиця Нова, 12", "ТОВ «Ранок»"]);
    assert_eq!(card["related"][1]["metres"], 7.1);
    assert_eq!(card["related"][1]["title"]["uk"], "Найближчий під’їзд");
    assert_eq!(card["related"][0]["reverse"], false);
    let lot = city.json("/api/collections/lots/items/7").await;
    let booth = &lot["related"][0];
    assert_eq!((&booth["layer"], &booth["id"], &booth["name"]), (&"booths".into(), &1.into(), &"Кава Б-1".into()));
    assert_eq!((&booth["standing"], &booth["reverse"]), (&"expired".into(), &true.into()));
    assert_eq!(booth["title"]["en"], "Booths");
    assert_eq!(lot["related"].as_array().unwrap().len(), 50);
    assert_eq!(
        lot["related_more"],
        serde_json::json!([{ "link": "lot", "layer": "booths", "reverse": true, "more": 10 }])
    );
    let page = city.json("/api/collections/lots/items").await;
    assert!(page["features"][0].get("related").is_none());
    let alone = city.json("/api/collections/red_lines/items").await;
    assert_eq!(alone["numberReturned"], 0);
}
