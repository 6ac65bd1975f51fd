//! Search keeps up with what is edited, on every node, and with what it could not hear of.

use std::time::Duration;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::Executor;

use crate::harness::City;
use crate::search::{first, of, search, town};

#[tokio::test]
async fn search_follows_every_edit_on_every_node() {
    let city = town().await;
    let node = city.node();
    assert_eq!(first(&node, "Соборна 12").await, of("addresses", 1));
    city.sql("insert into registers.addresses (id, uid, street, house, geom) values (100, 'n', 'вулиця Нова', '1', st_setsrid(st_point(31.5, 49.5), 4326))").await;
    for city in [&city, &node] {
        assert_eq!(first(city, "нова 1").await, of("addresses", 100));
    }
    city.sql("update registers.addresses set street = 'вулиця Зовсім Інша' where id = 100").await;
    for city in [&city, &node] {
        assert_eq!(first(city, "зовсім інша 1").await, of("addresses", 100));
        assert_eq!(first(city, "нова 1").await, None);
    }
    city.sql("update registers.street_names set name = 'вулиця Панська' where id = 2").await;
    assert_eq!(first(&node, "панська 12").await, of("addresses", 1));
    city.sql("delete from registers.addresses where id = 100").await;
    for city in [&city, &node] {
        assert_eq!(first(city, "зовсім інша 1").await, None);
        let near = city.json("/api/search/reverse?lon=31.5&lat=49.5").await;
        assert_eq!(near["hits"][0]["id"], 1);
    }
    city.sql("truncate registers.addresses").await;
    assert_eq!(first(&city, "хмельницького 7/3").await.filter(|(layer, _)| layer == "addresses"), None);
}

#[tokio::test]
async fn after_a_reset_everything_is_read_anew() {
    let city = town().await;
    assert_eq!(first(&city, "Соборна 12").await, of("addresses", 1));
    // nobody hears of this
    let silent = "begin; set local session_replication_role = replica; \
         insert into registers.addresses (id, uid, street, house) values (100, 'n', 'вулиця Тиха', '1'); commit";
    city.connect().await.execute(silent).await.unwrap();
    assert_eq!(first(&city, "тиха 1").await, None);
    // what PostgreSQL does to an unlogged table after a crash
    city.sql("truncate misto.era").await;
    city.sql("update registers.addresses set postcode = '99002' where id = 1").await;
    // a position of the new era says nothing of the old one, so there is nothing to wait for but the answer
    let found = async {
        let mut again = tokio::time::interval(Duration::from_millis(20));
        while first(&city, "тиха 1").await != of("addresses", 100) {
            again.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found).await.expect("the reset is heard of");
}

const STREETS: [&str; 6] =
    ["вулиця Соборна", "провулок Соборний", "вулиця Садова", "2-й провулок Садовий", "вулиця Миру", "проспект Миру"];
const OLD: [&str; 4] = ["вулиця Леніна", "вулиця Кірова", "провулок Садовий", "вулиця Ленінська; вулиця Панська"];

/// One statement of one kind or another.
fn edit(random: &mut impl Rng) -> String {
    let street = STREETS[random.random_range(0..STREETS.len())];
    let old = OLD[random.random_range(0..OLD.len())];
    let id = random.random_range(1..60);
    let place = format!("st_setsrid(st_point(31.5 + {id} * 0.001, 49.5), 4326)");
    match random.random_range(0..9) {
        0..3 => format!(
            "insert into registers.addresses (id, uid, street, house, former_street, geom) values \
             ({id}, 'u{id}', '{street}', '{}', '{old}', {place}) on conflict (id) do update set street = excluded.street, \
             former_street = excluded.former_street",
            id % 9 + 1
        ),
        3 => format!("update registers.addresses set street = '{street}' where id between {id} and {id} + 5"),
        4 => format!("update registers.addresses set former_street = null, geom = null where id = {id}"),
        5 => format!("delete from registers.addresses where id = {id}"),
        6 => format!(
            "insert into registers.streets (id, uid, name, former_names, class, geom) values ({id}, 's{id}', '{street}', '{old}', \
             'primary', st_multi(st_makeline({place}, st_setsrid(st_point(31, 49), 4326)))) on conflict (id) do update \
             set name = excluded.name, former_names = excluded.former_names"
        ),
        7 => format!("delete from registers.streets where id = {id}"),
        _ => format!(
            "insert into registers.kiosks (id, title, passport_number, street, house) values \
             ({id}, 'Кава {street}', 'ТС-{id}/26', '{street}', '{id}') on conflict (id) do update set title = 'Чай'"
        ),
    }
}

/// An index that has followed edits answers as one that was made after them.
#[tokio::test]
async fn a_node_that_followed_and_one_that_begins_answer_alike() {
    let city = City::new().await;
    assert_eq!(first(&city, "соборна").await, None);
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..300 {
        city.sql(&edit(&mut random)).await;
    }
    let node = city.node();
    let mut found = 0;
    for q in [
        "соборна",
        "соборна 5",
        "садовий 3",
        "2-й садовий",
        "миру 7",
        "просп миру 7",
        "леніна 4",
        "кірова",
        "панська 8",
        "ленинская 2",
        "кава",
        "чай",
        "тс-12",
        "ТС-7/26",
        "собрна 3",
        "Soborna 4",
        "cj,jhyf 4",
        "біля миру 7",
        "соборна 1 біля садова 3",
        "s1",
    ] {
        let (old, new) = (search(&city, q, "&limit=50").await, search(&node, q, "&limit=50").await);
        assert_eq!(old, new, "{q}");
        found += old["groups"].as_array().unwrap().len();
    }
    assert!(found > 20, "{found}");
    let reverse = "/api/search/reverse?lon=31.53&lat=49.5&limit=20";
    assert_eq!(city.json(reverse).await, node.json(reverse).await);
}
