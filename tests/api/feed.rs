//! The change feed: nothing lost, nothing twice, whoever edits, in whatever order transactions end.

use std::collections::BTreeMap;
use std::time::Duration;

use misto::db::feed::{Batch, Change, Feed, Position, since, trim};
use misto::db::watch::{Watched, watch};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool};

use crate::harness::City;

/// The next batch that says something.
async fn next(feed: &mut Feed) -> Batch {
    let something = async {
        loop {
            let batch = feed.next().await;
            if batch.reset || !batch.changes.is_empty() {
                return batch;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), something).await.expect("nothing came")
}

/// Everything since the feed's position, without waiting for it.
async fn rest(city: &City, feed: &Feed) -> Vec<Change> {
    let batch = since(&city.db.owner, feed.position()).await.unwrap();
    assert!(!batch.reset);
    batch.changes
}

fn ids(batch: &Batch) -> Vec<i64> {
    let mut ids: Vec<_> = batch.changes.iter().flat_map(|change| change.ids.clone().unwrap()).collect();
    ids.sort_unstable();
    ids
}

fn kiosk(id: i64, longitude: f64) -> String {
    format!(
        "insert into registers.kiosks (id, title, geom) values ({id}, 'k{id}', st_setsrid(st_point({longitude}, 50), 4326))"
    )
}

async fn insert(connection: &mut PgConnection, id: i64) {
    connection.execute(AssertSqlSafe(kiosk(id, 30.0))).await.unwrap();
}

/// West of the old and of the new box.
fn wests(change: &Change) -> (Option<f64>, Option<f64>) {
    (change.old.map(|place| place.west), change.new.map(|place| place.west))
}

#[tokio::test]
async fn transactions_that_end_in_another_order_than_they_began_are_all_seen_once() {
    let city = City::new().await;
    let mut feed = Feed::start(&city.db.owner).await.unwrap();
    let (mut first, mut second) = (city.connect().await, city.connect().await);
    let mut early = first.begin().await.unwrap();
    insert(&mut early, 1).await;
    let mut late = second.begin().await.unwrap();
    insert(&mut late, 2).await;
    late.commit().await.unwrap();
    let batch = next(&mut feed).await;
    assert_eq!(ids(&batch), [2], "the first has the lower numbers and has not ended yet");
    // a position in a client's hands holds the gap too
    let held: Position = batch.position.to_string().parse().unwrap();
    insert(&mut early, 3).await;
    early.commit().await.unwrap();
    let batch = next(&mut feed).await;
    assert_eq!(ids(&batch), [1, 3]);
    assert!(batch.position.covers(&held) && !held.covers(&batch.position));
    assert_eq!(rest(&city, &feed).await, [], "nothing comes twice");
    let again = since(&city.db.owner, &held).await.unwrap();
    assert_eq!(ids(&again), [1, 3]);
}

#[tokio::test]
async fn writers_that_race_with_savepoints_and_rollbacks_are_each_heard_once() {
    const WRITERS: i64 = 4;
    const EACH: i64 = 40;
    let city = City::new().await;
    let mut feed = Feed::start(&city.db.owner).await.unwrap();
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let mut connection = city.connect().await;
        writers.push(tokio::spawn(async move {
            let mut committed = Vec::new();
            for step in 0..EACH {
                let id = writer * 1_000 + step * 10;
                let mut transaction = connection.begin().await.unwrap();
                insert(&mut transaction, id).await;
                let mut savepoint = transaction.begin().await.unwrap();
                insert(&mut savepoint, id + 1).await;
                let keep_inner = (writer + step) % 3 != 0;
                if keep_inner { savepoint.commit().await } else { savepoint.rollback().await }.unwrap();
                tokio::time::sleep(Duration::from_millis(((writer * 7 + step * 3) % 11) as u64)).await;
                if step % 5 == 4 {
                    transaction.rollback().await.unwrap();
                    continue;
                }
                transaction.commit().await.unwrap();
                committed.push(id);
                committed.extend(keep_inner.then_some(id + 1));
            }
            committed
        }));
    }
    let mut wanted = Vec::new();
    let mut seen: BTreeMap<i64, u32> = BTreeMap::new();
    let mut count = |batch: &Batch| ids(batch).into_iter().for_each(|id| *seen.entry(id).or_default() += 1);
    for writer in writers {
        while !writer.is_finished() {
            count(&feed.next().await);
        }
        wanted.extend(writer.await.unwrap());
    }
    let last = since(&city.db.owner, feed.position()).await.unwrap();
    count(&last);
    wanted.sort_unstable();
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), wanted);
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
}

#[tokio::test]
async fn an_event_says_where_a_record_was_and_where_it_is() {
    let city = City::new().await;
    let mut feed = Feed::start(&city.db.owner).await.unwrap();
    city.sql(&kiosk(1, 30.0)).await;
    let change = next(&mut feed).await.changes.remove(0);
    assert_eq!((change.relation.as_str(), &change.ids), ("registers.kiosks", &Some(vec![1])));
    assert_eq!(wests(&change), (None, Some(30.0)));
    for (sql, wanted) in [
        ("update registers.kiosks set geom = st_setsrid(st_point(31, 50), 4326)", (Some(30.0), Some(31.0))),
        ("update registers.kiosks set geom = null", (Some(31.0), None)),
        ("update registers.kiosks set title = 'x'", (None, None)),
        ("update registers.kiosks set geom = st_setsrid(st_geomfromtext('point empty'), 4326)", (None, None)),
        ("update registers.kiosks set geom = st_setsrid(st_point(32, 50), 4326)", (None, Some(32.0))),
        ("delete from registers.kiosks", (Some(32.0), None)),
    ] {
        city.sql(sql).await;
        let batch = next(&mut feed).await;
        assert_eq!(ids(&batch), [1], "{sql}");
        assert_eq!(wests(&batch.changes[0]), wanted, "{sql}");
    }
    city.sql("truncate registers.kiosks").await;
    let batch = next(&mut feed).await;
    let everything = Change { relation: "registers.kiosks".to_owned(), ids: None, old: None, new: None };
    assert_eq!(batch.changes, [everything]);
    city.sql("update registers.kiosks set title = 'x'; delete from registers.kiosks").await;
    assert_eq!(rest(&city, &feed).await, [], "an edit of no rows is no event");
}

#[tokio::test]
async fn a_record_whose_id_changes_is_seen_under_both() {
    let city = City::new().await;
    city.sql(&kiosk(1, 30.0)).await;
    let mut feed = Feed::start(&city.db.owner).await.unwrap();
    city.sql("update registers.kiosks set id = 2").await;
    assert_eq!(ids(&next(&mut feed).await), [1, 2]);
}

#[tokio::test]
async fn a_bulk_load_is_an_event_for_each_area() {
    let city = City::new().await;
    let mut feed = Feed::start(&city.db.owner).await.unwrap();
    city.sql(
        "insert into registers.kiosks (id, title, geom) select n, 'k' || n, case when n % 100 > 0 then \
         st_setsrid(st_point(30 + n % 5 * 0.01 + 0.001, 50.001 + n * 1e-7), 4326) end from generate_series(1, 5000) n",
    )
    .await;
    let batch = next(&mut feed).await;
    assert_eq!(ids(&batch), (1..=5000).collect::<Vec<_>>());
    assert_eq!(batch.changes.len(), 6, "five squares, and those without a place");
    for change in batch.changes.iter().filter(|change| change.new.is_some()) {
        let place = change.new.unwrap();
        assert!(place.east - place.west <= 0.01 && place.north - place.south <= 0.01, "{place:?}");
    }
    city.sql("update registers.kiosks set geom = st_translate(geom, 1, 0)").await;
    let batch = next(&mut feed).await;
    let left: usize =
        batch.changes.iter().filter(|change| change.old.is_some()).flat_map(|c| &c.ids).map(Vec::len).sum();
    let came: usize =
        batch.changes.iter().filter(|change| change.new.is_some()).flat_map(|c| &c.ids).map(Vec::len).sum();
    assert_eq!((left, came), (4950, 4950));
    city.sql("insert into registers.kiosks (id, geom) select n, st_setsrid(st_point(40, 50), 4326) from generate_series(6001, 11000) n").await;
    let batch = next(&mut feed).await;
    assert!(batch.changes.len() > 1 && batch.changes.iter().flat_map(|c| &c.ids).all(|ids| ids.len() <= 2000));
}

#[tokio::test]
async fn an_upsert_tells_of_new_and_changed_rows_only() {
    let city = City::new().await;
    city.sql(&kiosk(1, 30.0)).await;
    city.sql(&kiosk(2, 30.0)).await;
    let mut feed = Feed::start(&city.db.owner).await.unwrap();
    city.sql(
        "insert into registers.kiosks as kept (id, title) values (1, 'k1'), (2, 'k2'), (3, 'k3') \
         on conflict (id) do update set area = 1 where kept.id = 2",
    )
    .await;
    assert_eq!(ids(&next(&mut feed).await), [2, 3]);
}

#[tokio::test]
async fn whoever_may_edit_a_register_has_the_edit_recorded_and_cannot_touch_the_record() {
    let city = City::new().await;
    let mut clerk = city.connect().await;
    let role = "do $$ begin create role clerk; exception when duplicate_object or unique_violation then null; end $$";
    clerk.execute(role).await.unwrap();
    city.sql(
        "grant usage on schema registers to clerk; grant select, insert, update, delete on registers.kiosks to clerk",
    )
    .await;
    let mut feed = Feed::start(&city.db.owner).await.unwrap();
    // what the clerk makes under the names that the trigger uses is not called
    clerk
        .execute(
            "create schema clerks authorization clerk; set role clerk; set search_path = clerks, public; \
             create function clerks.pg_notify(text, text) returns void language sql as 'select 1/0'; \
             create function clerks.floor(double precision) returns double precision language sql as 'select 1/0.0::float8'",
        )
        .await
        .unwrap();
    insert(&mut clerk, 7).await;
    assert_eq!(ids(&next(&mut feed).await), [7]);
    for sql in [
        "select * from misto.changes",
        "delete from misto.changes",
        "insert into misto.changes (relation) values ('registers.kiosks')",
        "create table clerks.own (id int, geom geometry); create trigger mine after truncate on clerks.own \
         for each statement execute function misto.record_change('id', 'geom')",
    ] {
        let error = clerk.execute(sql).await.expect_err(sql);
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "42501", "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_listener_whose_connection_is_cut_hears_of_what_happened_meanwhile() {
    let city = City::new().await;
    let mut feed = Feed::start(&city.db.owner).await.unwrap();
    for id in 1..=4 {
        city.sql(&kiosk(id, 30.0)).await;
        if id % 2 == 0 {
            let cut = "select pg_terminate_backend(pid) from pg_stat_activity \
                 where datname = current_database() and pid <> pg_backend_pid() and query ~* '^(listen|select 0 as seq)'";
            city.connect().await.execute(cut).await.unwrap();
        }
        assert_eq!(ids(&next(&mut feed).await), [id]);
    }
}

#[tokio::test]
async fn edits_wake_the_reader_before_it_would_look_by_itself() {
    let city = City::new().await;
    let mut feed = Feed::start(&city.db.owner).await.unwrap();
    city.sql(&kiosk(0, 30.0)).await;
    next(&mut feed).await;
    let mut quickest = Duration::MAX;
    for id in 1..=5 {
        // at once after the last read, so by the clock it would take almost a second
        let start = std::time::Instant::now();
        city.sql(&kiosk(id, 30.0)).await;
        next(&mut feed).await;
        quickest = quickest.min(start.elapsed());
    }
    assert!(quickest < Duration::from_millis(500), "{quickest:?}: read by the clock only");
}

#[tokio::test]
async fn old_changes_are_trimmed_and_a_reader_from_before_begins_anew() {
    let city = City::new().await;
    let owner = &city.db.owner;
    let feed = Feed::start(owner).await.unwrap();
    let before = feed.position().clone();
    let mut open = city.connect().await;
    let mut long = open.begin().await.unwrap();
    insert(&mut long, 1).await;
    city.sql(&kiosk(2, 30.0)).await;
    let mark = |age: &str| format!("insert into misto.marks (at) values (now() - interval '{age}')");
    city.sql(&mark("59 minutes")).await;
    trim(owner).await.unwrap();
    let young = since(owner, &before).await.unwrap();
    assert_eq!((ids(&young), young.reset), (vec![2], false), "a mark removes nothing yet");
    city.sql(&mark("61 minutes")).await;
    trim(owner).await.unwrap();
    let late = since(owner, &before).await.unwrap();
    assert!(late.reset && late.changes.is_empty());
    // what was still open when the mark was made is kept, and who was there since then is told of it
    let mut feed = Feed::start(owner).await.unwrap();
    long.commit().await.unwrap();
    trim(owner).await.unwrap();
    assert_eq!(ids(&next(&mut feed).await), [1]);
    let left = || sqlx::query_scalar::<_, i64>("select ids[1] from misto.changes").fetch_all(owner);
    assert_eq!(left().await.unwrap(), [1]);
    city.sql(&mark("61 minutes")).await;
    trim(owner).await.unwrap();
    assert_eq!(left().await.unwrap(), [0; 0], "the mark has seen its end");
    let marks: i64 =
        sqlx::query_scalar("select count(*) from misto.marks where is_horizon").fetch_one(owner).await.unwrap();
    assert_eq!(marks, 1);
}

#[tokio::test]
async fn a_position_of_another_time_or_database_begins_anew() {
    let city = City::new().await;
    let owner = &city.db.owner;
    let mut feed = Feed::start(owner).await.unwrap();
    let known = feed.position().to_string();
    let era = known.split(':').next().unwrap();
    let future: Position = format!("{era}:9000000000:9000000000:").parse().unwrap();
    assert!(since(owner, &future).await.unwrap().reset);
    // what PostgreSQL does to an unlogged table after a crash
    city.sql("truncate misto.era").await;
    city.sql(&kiosk(1, 30.0)).await;
    let batch = next(&mut feed).await;
    assert!(batch.reset && batch.changes.is_empty());
    city.sql(&kiosk(2, 30.0)).await;
    assert_eq!(ids(&next(&mut feed).await), [2], "and goes on from there");
}

#[tokio::test]
async fn rows_that_a_dump_brought_from_another_cluster_are_forgotten() {
    let city = City::new().await;
    city.sql("insert into misto.changes (xid, relation, ids) values ('8000000000', 'registers.kiosks', '{1}')").await;
    city.sql("insert into misto.marks (snapshot) values ('8000000000:8000000000:')").await;
    let mut feed = Feed::start(&city.db.owner).await.unwrap();
    assert!(!since(&city.db.owner, feed.position()).await.unwrap().reset);
    city.sql(&kiosk(2, 30.0)).await;
    assert_eq!(ids(&next(&mut feed).await), [2]);
}

#[tokio::test]
async fn a_reader_that_missed_too_much_begins_anew() {
    let city = City::new().await;
    let mut feed = Feed::start(&city.db.owner).await.unwrap();
    let before = feed.position().clone();
    let many = "insert into misto.changes (relation, ids) select 'registers.kiosks', array[n] from generate_series(1, 10001) n";
    city.sql(many).await;
    assert!(since(&city.db.owner, &before).await.unwrap().reset);
    // the server itself takes them all
    city.sql(&kiosk(1, 30.0)).await;
    assert_eq!(next(&mut feed).await.changes.len(), 10_002);
}

fn watched(schema: &str, name: &str) -> Watched {
    let text = |text: &str| text.to_owned();
    Watched { schema: text(schema), name: text(name), id: text("gid"), geometry: text("shape") }
}

async fn tables(owner: &PgPool) {
    owner
        .execute(
            "create schema works; create table works.spot (gid int primary key, shape geometry(Point, 4326)); \
             create view works.seen as select * from works.spot; \
             create table works.parts (gid int, shape geometry) partition by range (gid); \
             create table works.part partition of works.parts default",
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn tables_are_watched_and_what_cannot_be_is_named() {
    let city = City::new().await;
    let owner = &city.db.owner;
    tables(owner).await;
    city.connect().await.execute("create table works.foreigners (gid int, shape geometry)").await.unwrap();
    let relations = ["spot", "seen", "parts", "part", "foreigners", "absent"].map(|name| watched("works", name));
    let unwatched = watch(owner, &relations).await.unwrap();
    assert_eq!(unwatched, ["works.absent", "works.foreigners", "works.part", "works.parts", "works.seen"]);
    city.connect().await.execute("grant trigger on works.foreigners to misto_owner").await.unwrap();
    assert!(!watch(owner, &relations).await.unwrap().contains(&"works.foreigners".to_owned()));
    let mut feed = Feed::start(owner).await.unwrap();
    let edit = "insert into works.foreigners values (5, null)";
    city.connect().await.execute(edit).await.unwrap();
    assert_eq!(next(&mut feed).await.changes[0].relation, "works.foreigners");
}

#[tokio::test]
async fn triggers_that_are_right_are_left_alone_and_wrong_ones_mended() {
    let city = City::new().await;
    let owner = &city.db.owner;
    tables(owner).await;
    let relations = [watched("works", "spot")];
    watch(owner, &relations).await.unwrap();
    // somebody edits: making triggers would have to wait for that
    let mut other = city.connect().await;
    let mut editing = other.begin().await.unwrap();
    editing.execute("insert into works.spot values (1, null)").await.unwrap();
    let looked = tokio::time::timeout(Duration::from_secs(10), watch(owner, &relations)).await;
    looked.expect("watching what is watched takes no lock").unwrap();
    editing.commit().await.unwrap();
    let mut feed = Feed::start(owner).await.unwrap();
    for damage in ["alter table works.spot disable trigger all", "drop trigger misto_insert_gid_shape on works.spot"] {
        city.connect().await.execute(damage).await.unwrap();
        watch(owner, &relations).await.unwrap();
        city.sql("delete from works.spot; insert into works.spot values (2, null)").await;
        let batch = next(&mut feed).await;
        assert_eq!(batch.changes.len(), 2, "{damage}: {batch:?}");
    }
}

#[tokio::test]
async fn a_renamed_column_does_not_stop_edits_and_says_that_anything_may_have_changed() {
    let city = City::new().await;
    let owner = &city.db.owner;
    tables(owner).await;
    watch(owner, &[watched("works", "spot")]).await.unwrap();
    let mut feed = Feed::start(owner).await.unwrap();
    city.sql("alter table works.spot rename column shape to place; insert into works.spot values (1, null)").await;
    assert_eq!(next(&mut feed).await.changes[0].ids, None);
}
