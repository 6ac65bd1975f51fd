//! How often search puts the right address first, on questions made from the register as people spoil what they type.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use sqlx::Row;

use crate::harness::City;

#[path = "../../benches/search/queries.rs"]
mod queries;
use queries::{Address, Query, UNUSUAL, USUAL};

/// Questions of each kind.
const EACH: usize = 60;

async fn addresses(city: &City) -> Vec<Address> {
    let sql = "select id, street, house, coalesce(block, ''), coalesce(former_street, '') from registers.addresses order by id";
    let rows = sqlx::query(sql).fetch_all(&city.db.owner).await.unwrap();
    let text = |row: &sqlx::postgres::PgRow, place: usize| row.get::<String, _>(place);
    rows.iter()
        .map(|row| Address {
            id: row.get(0),
            street: text(row, 1),
            house: text(row, 2),
            block: text(row, 3),
            former: text(row, 4),
        })
        .collect()
}

fn first(answer: &Json) -> (String, i64) {
    let hit = &answer["groups"][0]["hits"][0];
    (hit["layer"].as_str().unwrap_or_default().to_owned(), hit["id"].as_i64().unwrap_or_default())
}

/// The share of right answers by kind, and what was wrong.
async fn ask(city: &City, queries: &[Query]) -> (BTreeMap<&'static str, (usize, usize)>, Vec<String>) {
    let (mut shares, mut wrong) = (BTreeMap::<_, (usize, usize)>::new(), Vec::new());
    for query in queries {
        let q: String =
            percent_encoding::utf8_percent_encode(&query.text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let answer = city.json(&format!("/api/search?q={q}&limit=5")).await;
        let (layer, id) = first(&answer);
        let is_right = layer == "addresses" && query.expected.contains(&id);
        let share = shares.entry(query.kind).or_default();
        share.0 += usize::from(is_right);
        share.1 += 1;
        if !is_right {
            let hit = &answer["groups"][0]["hits"][0];
            wrong.push(format!("{}: {} → {layer} {} {}", query.kind, query.text, hit["title"], hit["why"]["text"]));
        }
    }
    (shares, wrong)
}

#[tokio::test]
async fn the_right_address_comes_first() {
    let city = City::demo(1_500).await;
    let addresses = addresses(&city).await;
    for (kinds, least) in [(USUAL, 0.98), (UNUSUAL, 0.95)] {
        let queries = queries::queries(&addresses, &kinds, EACH, 1);
        assert!(queries.len() >= EACH * 4, "the city is large enough for most kinds: {}", queries.len());
        assert!(queries.iter().all(|query| !query.expected.is_empty()));
        let (shares, wrong) = ask(&city, &queries).await;
        let right: usize = shares.values().map(|share| share.0).sum();
        println!("{shares:?}\n{}", wrong.join("\n"));
        assert!(
            right as f64 >= least * queries.len() as f64,
            "{right} of {}: {shares:?}\n{}",
            queries.len(),
            wrong.join("\n")
        );
    }
}

#[test]
fn the_same_register_gives_the_same_questions() {
    let address = |id: i64, street: &str| Address {
        id,
        street: street.to_owned(),
        house: "5".to_owned(),
        block: String::new(),
        former: "вулиця Леніна".to_owned(),
    };
    let register = [address(1, "вулиця Хмельницька"), address(2, "проспект Незалежності")];
    let made = || queries::tsv(&queries::queries(&register, &USUAL, 5, 3));
    assert_eq!(made(), made());
    assert!(
        made().lines().all(|line| line.split('\t').count() == 3) && made().contains("old name\tвулиця Леніна, 5\t1,2")
    );
}
