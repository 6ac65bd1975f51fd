//! What a record was linked to as of a moment.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value as Json;
use sqlx::AssertSqlSafe;

use crate::harness::City;
use crate::history::moment;
use crate::links::{city, edit, point, square};

/// The ends of a card's links: `door →9 вулиця Нова, 12`.
async fn ends(city: &City, path: &str) -> Vec<String> {
    let card = city.json(path).await;
    let related = card["related"].as_array().unwrap_or_else(|| panic!("{path}: {card}"));
    let text = |one: &Json, key: &str| one[key].as_str().unwrap().to_owned();
    let arrow = |one: &Json| if one["reverse"] == true { '←' } else { '→' };
    related
        .iter()
        .map(|one| format!("{} {}{} {}", text(one, "link"), arrow(one), one["id"], text(one, "name")))
        .collect()
}

async fn now(city: &City) -> String {
    moment(city).await.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

#[tokio::test]
async fn a_card_as_of_a_moment_lists_what_has_moved_been_deleted_or_given_another_key_since() {
    let city = city().await;
    let booths = "/api/collections/booths/items";
    let before = now(&city).await;
    city.sql(&format!(
        "insert into registers.lots (id, number, geom) values (7, '9910100000:01:002:0003', {}); \
         insert into registers.owners (id, code, title) values (8, '14360570', 'ТОВ «Ранок»'); \
         insert into registers.doors (id, number, street, geom) values (9, '12', 'вулиця Нова', {}), (10, '14', 'вулиця Нова', {}); \
         insert into registers.booths (id, number, secret, title, owner_code, state, valid_until, geom) \
           values (1, 'Б-1', '-', 'Кава', '14360570', 'чинна', '2090-01-01', {})",
        square(30.5, 50.4, 0.001),
        point(30.5006, 50.4005),
        point(30.5008, 50.4005),
        point(30.5005, 50.4005),
    ))
    .await;
    let made = now(&city).await;
    let then = ["lot →7 9910100000:01:002:0003", "door →9 вулиця Нова, 12", "owner →8 ТОВ «Ранок»"];
    assert_eq!(ends(&city, &format!("{booths}/1")).await, then);
    // the lot moves, the nearest door goes, the owner is called and numbered anew, the booth's permit is taken
    city.sql(&format!(
        "update registers.lots set geom = {}; delete from registers.doors where id = 9; \
         update registers.owners set code = '00013480', title = 'Інший'; \
         update registers.booths set state = 'скасована', valid_until = null; \
         insert into registers.red_lines (id, uid, geom) values (5, 'ч', {})",
        square(30.6, 50.4, 0.001),
        square(30.5, 50.4, 0.001),
    ))
    .await;
    let today = ["door →10 вулиця Нова, 14", "red_lines →5 ч"];
    assert_eq!(ends(&city, &format!("{booths}/1")).await, today);
    let past = format!("{booths}/1?datetime={made}");
    assert_eq!(ends(&city, &past).await, then);
    let card = city.json(&past).await;
    assert_eq!(card["related"][1]["metres"], 7.1);
    assert!(card["related"].as_array().unwrap().iter().all(|one| one["warning"].is_null()), "{card}");
    let at = now(&city).await;
    assert_eq!(ends(&city, &format!("{booths}/1?datetime={at}")).await, today);
    // from the other ends, of which one is gone
    for (layer, id) in [("lots", 7), ("doors", 9), ("owners", 8)] {
        let card = city.json(&format!("/api/collections/{layer}/items/{id}?datetime={made}")).await;
        let related = card["related"].as_array().unwrap();
        assert_eq!(related.len(), 1, "{layer}: {card}");
        assert_eq!((&related[0]["name"], &related[0]["reverse"]), (&"Кава Б-1".into(), &true.into()));
        assert_eq!(related[0]["standing"], "valid", "{layer}");
    }
    let other = city.json(&format!("/api/collections/doors/items/10?datetime={made}")).await;
    assert_eq!(other["related"], serde_json::json!([]), "another door was nearer");
    // the page for people says the same, and leads on within that moment
    let page = city.get(&format!("{past}&f=html&lang=uk")).await;
    let text = String::from_utf8(page.body).unwrap();
    assert!(text.contains("ТОВ «Ранок»") && !text.contains("вулиця Нова, 14"), "{text}");
    assert!(text.contains(&format!("/api/collections/owners/items/8?lang=uk&amp;datetime={made}")), "{text}");
    assert_eq!(city.get(&format!("{booths}/1?datetime={before}")).await.status, 404);
    let interval = city.json(&format!("{booths}/1?datetime={made}/..")).await;
    assert!(interval.get("related").is_none(), "neighbours came and went");
}

#[tokio::test]
async fn more_than_a_card_names_are_counted_as_of_the_moment_too() {
    let city = city().await;
    city.sql(&format!(
        "insert into registers.lots (id, number, geom) values (7, '9910100000:01:002:0003', {}); \
         insert into registers.booths (id, number, secret, geom) select n, 'Б-' || n, '-', {} from generate_series(1, 60) n",
        square(30.5, 50.4, 0.001),
        point(30.5005, 50.4005),
    ))
    .await;
    let made = now(&city).await;
    city.sql("delete from registers.booths where id > 5").await;
    let lot = city.json(&format!("/api/collections/lots/items/7?datetime={made}")).await;
    assert_eq!(lot["related"].as_array().unwrap().len(), 50);
    assert_eq!(lot["related_more"][0]["more"], 10);
}

#[tokio::test]
async fn a_place_that_postgis_refuses_was_linked_then_as_it_was_linked_then() {
    let city = city().await;
    city.sql(&format!(
        "insert into registers.lots (id, number, geom) values (1, '9910100000:01:002:0001', {}); \
         insert into registers.halls (id, uid, geom) values (3, 'crosses itself', st_geomfromtext('MULTIPOLYGON(((30.5001 50.4001, 30.5004 50.4004, 30.5004 50.4001, 30.5001 50.4004, 30.5001 50.4001)))', 4326))",
        square(30.5, 50.4, 0.001),
    ))
    .await;
    let path = "/api/collections/halls/items/3";
    let live = ends(&city, path).await;
    assert_eq!(live, ["lot →1 9910100000:01:002:0001"]);
    let made = now(&city).await;
    city.sql("delete from registers.lots").await;
    assert_eq!(ends(&city, path).await, [""; 0]);
    assert_eq!(ends(&city, &format!("{path}?datetime={made}")).await, live);
}

#[tokio::test]
async fn whatever_is_edited_cards_of_the_past_list_what_they_listed_then() {
    let city = city().await;
    // so much that every edit finds something to link or to part
    city.sql(&format!(
        "insert into registers.booths (number, secret, owner_code, geom) select 'b' || n, '-', lpad((n % 7)::text, 8, '0'), \
           st_setsrid(st_point(30.5 + n % 8 * 0.0005, 50.4 + n / 8 * 0.0005), 4326) from generate_series(1, 60) as n; \
         insert into registers.doors (number, geom) select 'd' || n, \
           st_setsrid(st_point(30.5001 + n % 8 * 0.0005, 50.4001 + n / 8 * 0.0005), 4326) from generate_series(1, 60) as n; \
         insert into registers.owners (code) select lpad(n::text, 8, '0') from generate_series(0, 6) as n; \
         insert into registers.lots (number, geom) values ('l1', {}), ('l2', {}); \
         insert into registers.halls (uid, geom) values ('h1', {})",
        square(30.5, 50.4, 0.002),
        square(30.502, 50.402, 0.002),
        square(30.5015, 50.4015, 0.001),
    ))
    .await;
    let mut random = ChaCha8Rng::seed_from_u64(14);
    let mut seen = Vec::new();
    for step in 0..40 {
        let sql = edit(&mut random, step);
        city.sql(&sql).await;
        let at = now(&city).await;
        for layer in ["booths", "lots", "doors", "owners", "red_lines", "halls"] {
            let some = format!("select id from registers.{layer} order by (id * 7919 + {step}) % 101 limit 2");
            let ids: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(some)).fetch_all(&city.db.owner).await.unwrap();
            for id in ids {
                let path = format!("/api/collections/{layer}/items/{id}");
                let card = city.json(&path).await;
                seen.push((
                    format!("{path}?datetime={at}"),
                    card["related"].clone(),
                    card["related_more"].clone(),
                    sql.clone(),
                ));
            }
        }
    }
    let linked = seen.iter().filter(|(_, related, _, _)| related.as_array().is_some_and(|all| !all.is_empty())).count();
    assert!(linked > 100, "too few of {} are linked to prove much: {linked}", seen.len());
    for (path, related, more, sql) in &seen {
        let card = city.json(path).await;
        assert_eq!(&card["related"], related, "{path} after {sql}");
        assert_eq!(&card["related_more"], more, "{path} after {sql}");
    }
}
