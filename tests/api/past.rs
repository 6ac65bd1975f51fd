//! A layer as of a moment, the history of a feature, and bringing versions back.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use misto::geom::grid::TileId;
use misto::registers::restore::restore;
use serde_json::{Value as Json, json};
use sqlx::{AssertSqlSafe, Executor};

use crate::decoded::decode;
use crate::harness::City;
use crate::history::moment;

const KIOSKS: &str = "insert into registers.kiosks (geom, title, passport_number, passport_status, passport_until) values \
     (st_setsrid(st_point(30.5, 50.45), 4326), 'Кава', 'ТС-1', 'дійсний', current_date), \
     (st_setsrid(st_point(30.5001, 50.4501), 4326), 'Квіти', 'ТС-2', 'дійсний', null)";

fn written(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// What the kiosks' tile shows: titles by id.
async fn shown(city: &City, zoom: u8, query: &str) -> BTreeMap<u64, BTreeMap<String, String>> {
    let tile = TileId::at(zoom, 30.5, 50.45);
    let answer = city.get(&format!("/tiles/kiosks/{tile}{query}")).await;
    assert!(answer.status.is_success(), "{query}: {}", String::from_utf8_lossy(&answer.body));
    let features = decode(&answer.body).remove("kiosks").unwrap_or_default();
    features.into_iter().map(|feature| (feature.id.unwrap_or_default(), feature.properties)).collect()
}

/// Moves everything that has happened into the past, behind the triggers' back.
async fn age(city: &City, layer: &str, by: &str) {
    let mut superuser = city.connect().await;
    let sql = format!(
        "set session_replication_role = replica; update registers.{layer} set recorded_at = recorded_at - interval '{by}'; \
         update history.{layer} set recorded_at = recorded_at - interval '{by}', archived_at = archived_at - interval '{by}'"
    );
    superuser.execute(AssertSqlSafe(sql)).await.unwrap();
}

#[tokio::test]
async fn features_are_read_as_of_a_moment_after_a_rename_and_a_deletion() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let made = written(moment(&city).await);
    city.sql("update registers.kiosks set title = 'Чай' where passport_number = 'ТС-1'").await;
    city.sql("delete from registers.kiosks where passport_number = 'ТС-2'").await;
    let items = "/api/collections/kiosks/items";
    let page = city.json(&format!("{items}?datetime={made}&limit=1&bbox=30,50,31,51")).await;
    assert_eq!(page["features"][0]["properties"]["title"], "Кава");
    assert_eq!(page["features"][0]["version"], 1);
    let next = page["links"][1]["href"].as_str().unwrap();
    assert!(next.contains(&format!("datetime={made}")), "{next}");
    let second = city.json(next.strip_prefix("http://city.example").unwrap()).await;
    assert_eq!(second["features"][0]["properties"]["title"], "Квіти");
    let now = city.json(items).await;
    assert_eq!((&now["numberReturned"], &now["features"][0]["version"]), (&json!(1), &json!(2)));
    assert!(now["features"][0]["recorded"].as_str().unwrap() > made.as_str());
    let gone = second["features"][0]["id"].as_i64().unwrap();
    assert_eq!(city.get(&format!("{items}/{gone}")).await.status, 404);
    assert_eq!(city.json(&format!("{items}/{gone}?datetime={made}")).await["properties"]["title"], "Квіти");
    assert_eq!(city.get(&format!("{items}/{gone}?datetime=2001-01-01")).await.status, 404);
    // a day that has a filter on what was true then
    let filtered = city.json(&format!("{items}?datetime={made}&title=%D0%9A%D0%B0%D0%B2%D0%B0")).await;
    assert_eq!(filtered["numberReturned"], 1);
    for wrong in ["2021-01-01/2020-01-01", "../..", "never"] {
        let answer = city.get(&format!("{items}?datetime={wrong}")).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["field"]), (400, &json!("datetime")), "{wrong}");
    }
}

#[tokio::test]
async fn the_standing_is_that_of_the_day() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let standing = |page: Json| page["features"][0]["properties"]["standing"].as_str().map(str::to_owned);
    let then = |days: i64| (Utc::now() + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    let today = city.json("/api/collections/kiosks/items").await;
    assert_eq!(standing(today).as_deref(), Some("valid"));
    let later = city.json(&format!("/api/collections/kiosks/items?datetime={}", then(2))).await;
    assert_eq!(standing(later).as_deref(), Some("expired"));
    let tile = |tile: BTreeMap<u64, BTreeMap<String, String>>| tile[&1]["standing"].contains("expired");
    assert!(!tile(shown(&city, 16, "").await));
    assert!(tile(shown(&city, 16, &format!("?datetime={}", then(2))).await));
}

#[tokio::test]
async fn the_history_of_a_feature_says_what_each_version_changed_and_stays_after_its_deletion() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    city.sql("update registers.kiosks set title = 'Чай', geom = st_setsrid(st_point(30.6, 50.5), 4326) where id = 1")
        .await;
    city.sql("update registers.kiosks set passport_until = null, title = 'Сік' where id = 1").await;
    city.sql("delete from registers.kiosks where id = 1").await;
    let own = "/api/collections/kiosks/items/1/history";
    let history = city.json(own).await;
    let steps = history["versions"].as_array().unwrap();
    let events: Vec<_> =
        steps.iter().map(|step| (step["event"].as_str().unwrap(), step["version"].as_i64().unwrap())).collect();
    assert_eq!(events, [("deleted", 3), ("changed", 3), ("changed", 2), ("created", 1)]);
    assert_eq!(steps[0]["until"], Json::Null);
    for pair in steps.windows(2) {
        assert_eq!(pair[0]["from"], pair[1]["until"], "each step ends where the next begins");
    }
    let changes = steps[2]["changes"].as_array().unwrap();
    assert_eq!((changes.len(), &changes[0]["field"]), (1, &json!("title")));
    assert_eq!((&changes[0]["old"], &changes[0]["new"]), (&json!("Кава"), &json!("Чай")));
    assert!(changes[0]["title"]["uk"].is_string() && changes[0]["title"]["en"].is_string());
    assert_eq!(steps[2]["geometry"]["old"]["coordinates"], json!([30.5, 50.45]));
    assert_eq!(steps[2]["geometry"]["new"]["coordinates"], json!([30.6, 50.5]));
    assert_eq!(steps[1]["geometry"], Json::Null);
    let fields: Vec<_> = steps[1]["changes"].as_array().unwrap().iter().map(|change| &change["field"]).collect();
    assert_eq!(fields, ["title", "passport_until"]);
    // the same steps, a version at a time
    let (mut paged, mut next) = (Vec::new(), format!("{own}?limit=1"));
    loop {
        let page = city.json(&next).await;
        paged.extend(page["versions"].as_array().unwrap().clone());
        match page["links"].get(1) {
            Some(link) => next = link["href"].as_str().unwrap().strip_prefix("http://city.example").unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(&paged, steps);
    assert_eq!(city.get("/api/collections/kiosks/items/999/history").await.status, 404);
    assert_eq!(city.get(&format!("{own}?before=x")).await.status, 400);
}

#[tokio::test]
async fn the_public_sees_of_a_history_no_names_reasons_or_staff_fields() {
    let city = City::new().await;
    city.sql(
        "insert into registers.parcels (cadastral_number, person_name) values ('8000000000:01:001:0001', 'Таємна Особа'); \
         set misto.why = 'Таємна причина'; \
         update registers.parcels set person_name = 'Інша Таємна'; reset misto.why",
    )
    .await;
    let history = city.json("/api/collections/parcels/items/1/history").await;
    assert_eq!(history["versions"][0]["changes"], json!([]), "that there was a version is no secret");
    let text = history.to_string();
    assert!(!text.contains("Таємна") && !text.contains("person_name") && !text.contains("misto\""), "{text}");
}

#[tokio::test]
async fn tiles_show_a_layer_as_of_a_moment() {
    let city = City::new().await;
    let empty = moment(&city).await;
    city.sql(KIOSKS).await;
    let made = moment(&city).await;
    let then = [14, 16].map(|zoom| (zoom, written(made)));
    let mut live = Vec::new();
    for (zoom, _) in &then {
        live.push(shown(&city, *zoom, "").await);
    }
    city.sql("update registers.kiosks set title = 'Чай', geom = st_setsrid(st_point(31.5, 51.45), 4326) where id = 1")
        .await;
    city.sql("delete from registers.kiosks where id = 2").await;
    city.sql("insert into registers.kiosks (geom, title, passport_number) values (st_setsrid(st_point(30.5, 50.45), 4326), 'Новий', 'ТС-3')")
        .await;
    assert_eq!(shown(&city, 16, "").await.keys().copied().collect::<Vec<_>>(), [3]);
    for ((zoom, made), live) in then.iter().zip(&live) {
        assert_eq!(live.len(), 2);
        assert_eq!(&shown(&city, *zoom, &format!("?datetime={made}")).await, live);
    }
    assert_eq!(shown(&city, 16, &format!("?datetime={}", written(empty))).await.len(), 0);
    // a tile of the present, kept and ready, is no answer to a question about the past, nor the other way round
    let tile = TileId::at(16, 30.5, 50.45);
    let present = city.get_now(&format!("/tiles/kiosks/{tile}")).await;
    let past = city.get_now(&format!("/tiles/kiosks/{tile}?datetime={}", written(made))).await;
    assert!(present.body != past.body);
    assert_eq!(past.header("cache-control"), "public, max-age=0, must-revalidate", "a moment ago may still change");
    assert_eq!(city.get_now(&format!("/tiles/kiosks/{tile}")).await.body, present.body);
    let described = city.json(&format!("/tiles/kiosks?datetime={}", written(made))).await;
    assert!(described["tiles"][0].as_str().unwrap().ends_with(&format!("/{{y}}?datetime={}", written(made))));
    assert!(described["bounds"][2].as_f64().unwrap() < 31.0, "{}", described["bounds"]);
    let wrong = city.get(&format!("/tiles/kiosks/{tile}?datetime=x")).await;
    assert_eq!(wrong.status, 400);
    age(&city, "kiosks", "2 days").await;
    let old = written(made - TimeDelta::days(2));
    let settled = city.get_now(&format!("/tiles/kiosks/{tile}?datetime={old}")).await;
    assert_eq!(settled.header("cache-control"), "public, max-age=86400");
    assert_eq!(&shown(&city, 16, &format!("?datetime={old}")).await, &live[1]);
}

#[tokio::test]
async fn a_transaction_that_ends_late_is_in_the_tiles_of_the_moment_that_it_bears() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    shown(&city, 16, "").await;
    let mut slow = city.connect().await;
    slow.execute("begin; update registers.kiosks set title = 'Пізня' where id = 1").await.unwrap();
    let query = format!("?datetime={}", written(moment(&city).await));
    assert!(shown(&city, 16, &query).await[&1]["title"].contains("Кава"));
    slow.execute("commit").await.unwrap();
    assert!(shown(&city, 16, &query).await[&1]["title"].contains("Пізня"));
}

#[tokio::test]
async fn many_changes_since_are_read_whole_and_agree_with_few() {
    let city = City::new().await;
    city.sql(
        "insert into registers.kiosks (geom, title, passport_number) select st_setsrid(st_point(30.5 + n * 1e-7, 50.45), 4326), \
         'К' || n % 7, 'ТС-' || n from generate_series(1, 25000) as n",
    )
    .await;
    let made = written(moment(&city).await);
    let live = shown(&city, 16, "").await;
    assert!(live.len() > 1000, "{}", live.len());
    city.sql("update registers.kiosks set title = 'Інша' where id <= 3; delete from registers.kiosks where id = 4")
        .await;
    assert_eq!(shown(&city, 16, &format!("?datetime={made}")).await, live);
    city.sql("update registers.kiosks set title = 'Ще інша'").await;
    assert_eq!(shown(&city, 16, &format!("?datetime={made}")).await, live);
}

#[tokio::test]
async fn a_version_is_brought_back_and_so_is_a_deleted_record() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    city.sql("update registers.kiosks set title = 'Чай' where id = 1").await;
    let layer = city.catalogue.layer("kiosks").unwrap();
    let mut connection = city.db.owner.acquire().await.unwrap();
    let now = restore(&mut connection, layer, 1, 1, "olena", "помилка").await.unwrap();
    assert_eq!(now, 3);
    city.sql("delete from registers.kiosks where id = 1").await;
    assert_eq!(restore(&mut connection, layer, 1, 2, "olena", "скарга").await.unwrap(), 4);
    let item = city.json("/api/collections/kiosks/items/1").await;
    assert_eq!((&item["properties"]["title"], &item["version"]), (&json!("Чай"), &json!(4)));
    assert_eq!(item["geometry"]["coordinates"], json!([30.5, 50.45]));
    let history = city.json("/api/collections/kiosks/items/1/history").await;
    let events: Vec<_> =
        history["versions"].as_array().unwrap().iter().map(|step| step["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["created", "deleted", "changed", "changed", "created"]);
    let (who, why): (String, String) =
        sqlx::query_as("select recorded_by, recorded_why from registers.kiosks where id = 1")
            .fetch_one(&city.db.owner)
            .await
            .unwrap();
    assert_eq!((who.as_str(), why.as_str()), ("olena", "скарга"));
    let missing = restore(&mut connection, layer, 1, 9, "olena", "x").await.unwrap_err();
    assert!(missing.to_string().contains("has no version 9"), "{missing}");
}

#[tokio::test]
async fn what_does_not_keep_the_rules_or_anothers_key_is_not_brought_back() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    city.sql("update registers.kiosks set owner_code = '12345679' where id = 1").await;
    city.sql("update registers.kiosks set owner_code = null, passport_number = 'ТС-9' where id = 1").await;
    let layer = city.catalogue.layer("kiosks").unwrap();
    let mut connection = city.db.owner.acquire().await.unwrap();
    let refused = restore(&mut connection, layer, 1, 2, "olena", "x").await.unwrap_err().to_string();
    assert!(refused.contains("owner_code: "), "{refused}");
    city.sql("update registers.kiosks set passport_number = 'ТС-1' where id = 2").await;
    let refused = restore(&mut connection, layer, 1, 1, "olena", "x").await.unwrap_err().to_string();
    assert!(refused.contains("same key"), "{refused}");
    let item = city.json("/api/collections/kiosks/items/1").await;
    assert_eq!((&item["properties"]["passport_number"], &item["version"]), (&json!("ТС-9"), &json!(3)));
}

#[tokio::test]
async fn many_may_ask_for_the_past_at_once_and_too_many_are_asked_to_come_again() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let made = moment(&city).await;
    city.sql("delete from registers.kiosks").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let tile = TileId::at(16, 30.5, 50.45);
    let asked = |moments: i64, times: i64| {
        let paths = (0..times).map(move |n| written(made + TimeDelta::microseconds(n % moments)));
        let answers = paths.map(|at| {
            let (city, path) = (&city, format!("/tiles/kiosks/{tile}?datetime={at}"));
            async move { city.get_now(&path).await.status.as_u16() }
        });
        futures_util::future::join_all(answers.collect::<Vec<_>>())
    };
    let answers = asked(10, 40).await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    let answers = asked(200, 200).await;
    let refused = answers.iter().filter(|status| **status == 503).count();
    let served = answers.iter().filter(|status| **status == 200).count();
    assert!(refused > 0 && served >= 8 && refused + served == 200, "{refused} refused, {served} served");
}

#[tokio::test]
async fn whatever_is_edited_every_moment_is_seen_afterwards_as_it_was_then() {
    let city = City::new().await;
    let mut seen = Vec::new();
    let mut psql = city.connect().await;
    psql.execute("select setseed(0.5)").await.unwrap();
    let place = "st_setsrid(st_point(30.5 + (random() - 0.5) * 0.01, 50.45 + (random() - 0.5) * 0.01), 4326)";
    let edits = [
        format!(
            "insert into registers.kiosks (geom, title, passport_number, passport_status, passport_until) select {place}, \
             'К' || n, 'ТС-' || clock_timestamp() || n, 'дійсний', current_date + n from generate_series(-3, 3) as n"
        ),
        format!("update registers.kiosks set geom = {place} where random() < 0.3"),
        "update registers.kiosks set title = title || '!', passport_until = passport_until - 1 where random() < 0.3".to_owned(),
        "delete from registers.kiosks where random() < 0.15".to_owned(),
        "update registers.kiosks set geom = null where random() < 0.1".to_owned(),
        "update registers.kiosks set id = id + 1000 where random() < 0.1 and id < 1000".to_owned(),
        format!(
            "begin; update registers.kiosks set title = 'Двічі'; update registers.kiosks set geom = {place} where \
             random() < 0.5; delete from registers.kiosks where random() < 0.05; commit"
        ),
        "insert into registers.kiosks (id, version, geom, title, passport_number) select distinct on (id) id, 0, geom, title, \
         passport_number || '+' from history.kiosks as was where archived_how = 'deleted' \
         and not exists (select from registers.kiosks where id = was.id) limit 2"
            .to_owned(),
        "truncate registers.kiosks".to_owned(),
    ];
    for edit in edits.iter().take(8).chain(&edits[..3]).chain(&edits[8..]).chain(&edits[..4]) {
        psql.execute(AssertSqlSafe(edit.as_str())).await.unwrap();
        let items = city.json("/api/collections/kiosks/items?limit=1000").await;
        seen.push((edit, moment(&city).await, shown(&city, 14, "").await, items["features"].clone()));
    }
    assert!(
        seen.iter().filter(|(_, _, tile, _)| !tile.is_empty()).count() > 10,
        "the tile shows too little to prove much"
    );
    for (edit, moment, tile, items) in &seen {
        let query = format!("?datetime={}", written(*moment));
        assert_eq!(&shown(&city, 14, &query).await, tile, "after {edit}");
        let then = city.json(&format!("/api/collections/kiosks/items{query}&limit=1000")).await;
        assert_eq!(&then["features"], items, "after {edit}");
    }
}

#[tokio::test]
async fn registers_are_counted_as_of_a_moment() {
    let city = City::new().await;
    let empty = written(moment(&city).await);
    city.sql(KIOSKS).await;
    let made = written(moment(&city).await);
    city.sql("delete from registers.kiosks where id = 2; update registers.kiosks set geom = st_setsrid(st_point(31.5, 51.45), 4326)")
        .await;
    let one = "/api/collections/kiosks";
    let then = city.json(&format!("{one}?datetime={made}")).await;
    assert_eq!(then["misto"]["count"], 2);
    assert_eq!(then["extent"]["spatial"]["bbox"][0], json!([30.5, 50.45, 30.5001, 50.4501]));
    let now = city.json(one).await;
    assert_eq!((&now["misto"]["count"], &now["extent"]["spatial"]["bbox"][0][0]), (&json!(1), &json!(31.5)));
    let before = city.json(&format!("{one}?datetime={empty}")).await;
    assert_eq!((&before["misto"]["count"], before.get("extent")), (&json!(0), None));
    let all = city.json(&format!("/api/collections?datetime={made}")).await;
    let kiosks = all["collections"].as_array().unwrap().iter().find(|one| one["id"] == "kiosks").unwrap();
    assert_eq!(kiosks["misto"]["count"], 2);
    let page = city.get(&format!("{one}?datetime={made}&f=html&lang=uk")).await;
    let text = String::from_utf8(page.body).unwrap();
    assert!(text.contains(&format!("Записів станом на {made}")), "{text}");
    let refused = city.get(&format!("/api/collections?datetime={empty}/{made}")).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["field"]), (400, &json!("datetime")));
}
