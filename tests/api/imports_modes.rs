//! Append, upsert and replace, and what the report says of each record.

use misto::registers::import::{How, Order};
use serde_json::json;

use crate::harness::City;
use crate::imports::{collection, file, kiosk, mapped, order, report};

fn how(how: How) -> Order {
    Order { how, ..mapped(&[]) }
}

async fn titles(city: &City) -> Vec<String> {
    sqlx::query_scalar("select passport_number || ' ' || title from registers.kiosks order by 1")
        .fetch_all(&city.db.owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn append_refuses_what_is_there_and_takes_the_rest() {
    let city = City::new().await;
    let first = file("append-1.geojson", collection(&[kiosk("1", json!({}))]));
    order(&city, "kiosks", &first, &how(How::Append)).await.unwrap();
    let both = collection(&[kiosk("1", json!({ "title": "Чай" })), kiosk("2", json!({}))]);
    let outcome = order(&city, "kiosks", &file("append-2.geojson", both), &how(How::Append)).await.unwrap();
    assert_eq!((outcome.counts.new, outcome.counts.changed, outcome.rejected), (1, 0, 1));
    assert!(
        report(&outcome).contains("rejected,1,2,1,passport_number,1,запис із таким ключем"),
        "{}",
        report(&outcome)
    );
    assert_eq!(titles(&city).await, ["1 Кава", "2 Кава"]);
}

#[tokio::test]
async fn replace_takes_out_what_vanished_and_keeps_what_was_only_refused() {
    let city = City::new().await;
    let four: Vec<_> = ["1", "2", "3", "4"].iter().map(|number| kiosk(number, json!({}))).collect();
    order(&city, "kiosks", &file("replace-1.geojson", collection(&four)), &how(How::Append)).await.unwrap();
    let next = collection(&[
        kiosk("1", json!({})),
        kiosk("2", json!({ "title": "Чай" })),
        kiosk("3", json!({ "passportStatus": "вічний" })),
        kiosk("5", json!({})),
    ]);
    let path = file("replace-2.geojson", next);
    let dry = order(&city, "kiosks", &path, &Order { dry_run: true, ..how(How::Replace) }).await.unwrap();
    assert_eq!(dry.counts.vanished, 1);
    assert_eq!(titles(&city).await.len(), 4, "a dry run keeps everything as it was");
    let outcome = order(&city, "kiosks", &path, &how(How::Replace)).await.unwrap();
    let counts = outcome.counts;
    assert_eq!((counts.new, counts.changed, counts.unchanged, counts.vanished, outcome.rejected), (1, 1, 1, 1, 1));
    assert_eq!(titles(&city).await, ["1 Кава", "2 Чай", "3 Кава", "5 Кава"]);
    let report = report(&outcome);
    assert!(report.contains("vanished,,,4,"), "{report}");
    let kept: (String, String, String) = sqlx::query_as(
        "select archived_how, archived_by, archived_why from history.kiosks where passport_number = '4'",
    )
    .fetch_one(&city.db.owner)
    .await
    .unwrap();
    assert_eq!(kept, ("deleted".to_owned(), "tests".to_owned(), "import replace-2.geojson".to_owned()));
    assert!(report.contains("changed,2,3,2,,title: Кава → Чай,"), "{report}");
}

#[tokio::test]
async fn a_file_of_which_nothing_can_be_stored_replaces_nothing() {
    let city = City::new().await;
    let one = file("nothing-1.geojson", collection(&[kiosk("1", json!({}))]));
    order(&city, "kiosks", &one, &how(How::Append)).await.unwrap();
    let wrong = file("nothing-2.geojson", collection(&[kiosk("2", json!({ "passportStatus": "вічний" }))]));
    let error = order(&city, "kiosks", &wrong, &how(How::Replace)).await.unwrap_err();
    assert!(format!("{error:#}").contains("cannot replace"), "{error:#}");
    assert_eq!(titles(&city).await, ["1 Кава"]);
    assert!(!wrong.with_file_name("nothing-2.geojson.report.csv").exists());
}

#[tokio::test]
async fn a_polygon_that_means_two_things_is_refused_and_one_that_is_clear_is_mended() {
    let city = City::new().await;
    let district = |uid: &str, ring: &[[f64; 2]]| {
        let ring: Vec<_> = ring.iter().map(|[x, y]| json!([30.0 + x / 100.0, 50.0 + y / 100.0])).collect();
        json!({ "type": "Feature", "properties": { "uid": uid, "name": uid }, "geometry": { "type": "Polygon", "coordinates": [ring] } })
    };
    let clear = district("clear", &[[0., 0.], [2., 2.], [2., 0.], [0., 2.], [0., 0.]]);
    // it runs round the square from 1 to 2 twice: a hole, or not
    let twice = district(
        "twice",
        &[[0., 0.], [2., 0.], [2., 2.], [0., 2.], [0., 0.], [1., 1.], [3., 1.], [3., 3.], [1., 3.], [1., 1.], [0., 0.]],
    );
    let path = file("two-things.geojson", collection(&[clear, twice]));
    let outcome = order(&city, "districts", &path, &how(How::Upsert)).await.unwrap();
    assert_eq!((outcome.counts.new, outcome.counts.repaired, outcome.rejected), (1, 1, 1));
    let report = report(&outcome);
    assert!(report.contains("repaired,1,2,clear,geometry,Self-intersection"), "{report}");
    assert!(report.contains("rejected,2,3,twice,geometry,,полігон накладається"), "{report}");
}

#[tokio::test]
async fn who_and_why_are_told_to_the_database() {
    let city = City::new().await;
    city.sql("create table registers.signed (who text, why text); create function registers.sign() returns trigger language plpgsql as \
              $$ begin insert into registers.signed values (current_setting('misto.who', true), current_setting('misto.why', true)); return null; end $$; \
              create trigger sign after insert on registers.kiosks for each statement execute function registers.sign()").await;
    let path = file("signed.geojson", collection(&[kiosk("1", json!({}))]));
    let signed = Order { why: Some("рішення № 5".to_owned()), ..how(How::Upsert) };
    order(&city, "kiosks", &path, &signed).await.unwrap();
    let found: (String, String) =
        sqlx::query_as("select who, why from registers.signed").fetch_one(&city.db.owner).await.unwrap();
    assert_eq!(found, ("tests".to_owned(), "рішення № 5".to_owned()));
}
