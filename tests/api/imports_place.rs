//! Records without coordinates, placed by their address.

use misto::registers::import::Order;
use serde_json::json;

use crate::harness::City;
use crate::imports::{collection, file, kiosk, mapped, order, report};

async fn city() -> City {
    let city = City::new().await;
    city.sql(
        "insert into registers.addresses (uid, street, house, former_street, status, geom) values \
         ('1', 'вулиця Соборна', '15-А', 'вулиця Леніна', 'Чинна', st_setsrid(st_makepoint(30.51, 50.41), 4326)), \
         ('2', 'вулиця Соборна', '17', null, 'Скасована', st_setsrid(st_makepoint(30.52, 50.42), 4326)), \
         ('3', 'проспект Миру', '3', null, null, st_setsrid(st_makepoint(30.53, 50.43), 4326)), \
         ('4', 'вулиця Нова', '1', null, null, null)",
    )
    .await;
    city
}

fn at(number: &str, street: &str, house: &str) -> serde_json::Value {
    let place =
        json!({ "lat": null, "constructionlon": "", "addressThoroughfare": street, "addressLocatorDesignator": house });
    kiosk(number, place)
}

#[tokio::test]
async fn points_are_found_by_address_and_flagged() {
    let city = city().await;
    let path = file(
        "located.geojson",
        collection(&[
            at("exact", "вул. Соборна", "буд. 15а"),
            at("former", "вул.Леніна", "15-А"),
            at("bare", "Миру", "3"),
            at("cancelled", "вул. Соборна", "17"),
            at("placeless", "вулиця Нова", "1"),
            at("none", "", ""),
            kiosk("own", json!({})),
        ]),
    );
    let outcome = order(&city, "kiosks", &path, &mapped(&[])).await.unwrap();
    assert_eq!((outcome.located, outcome.counts.new, outcome.rejected), (3, 4, 3));
    let report = report(&outcome);
    for wanted in [
        "located,1,2,exact,geometry,\"вулиця Соборна, 15-А\",\"місце взято з реєстру адрес, оцінка 1.00\"",
        "located,2,3,former,geometry,\"вулиця Соборна, 15-А\",\"місце взято з реєстру адрес за колишньою назвою вулиці, оцінка 0.95\"",
        "located,3,4,bare,geometry,\"проспект Миру, 3\"",
        "rejected,4,5,cancelled,geometry,,геометрії немає; ",
        "rejected,5,6,placeless,geometry",
        "rejected,6,7,none,geometry,,геометрії немає,",
    ] {
        assert!(report.contains(wanted), "{wanted:?} is missing of:\n{report}");
    }
    let x: f64 = sqlx::query_scalar("select st_x(geom) from registers.kiosks where passport_number = 'exact'")
        .fetch_one(&city.db.owner)
        .await
        .unwrap();
    assert_eq!(x, 30.51);
}

#[tokio::test]
async fn a_name_that_only_the_registers_of_streets_know_leads_to_the_street_of_today() {
    let city = city().await;
    city.sql(
        "insert into registers.streets (uid, name, former_names) values ('v1', 'проспект Миру', 'бульвар Дружби; вулиця Перша'); \
         insert into registers.street_names (street_uid, name, is_current) values \
         ('v2', 'вулиця Соборна', true), ('v2', 'вулиця Дворянська', false)",
    )
    .await;
    let path = file(
        "renamed.geojson",
        collection(&[
            at("list", "б-р Дружби", "3"),
            at("record", "вул. Дворянська", "15А"),
            at("unknown", "вул. Дворянська", "99"),
        ]),
    );
    let outcome = order(&city, "kiosks", &path, &mapped(&[])).await.unwrap();
    assert_eq!((outcome.located, outcome.counts.new, outcome.rejected), (2, 2, 1));
    let report = report(&outcome);
    for wanted in [
        "located,1,2,list,geometry,\"проспект Миру, 3\",\"місце взято з реєстру адрес за колишньою назвою вулиці, оцінка 0.95\"",
        "located,2,3,record,geometry,\"вулиця Соборна, 15-А\",\"місце взято з реєстру адрес за колишньою назвою вулиці, оцінка 0.95\"",
        "by a former name of the street",
    ] {
        assert!(report.contains(wanted), "{wanted:?} is missing of:\n{report}");
    }
    let (x, street): (f64, String) =
        sqlx::query_as("select st_x(geom), street from registers.kiosks where passport_number = 'record'")
            .fetch_one(&city.db.owner)
            .await
            .unwrap();
    assert_eq!((x, street.as_str()), (30.51, "вул. Дворянська"), "what the file says is stored as it is");
}

#[tokio::test]
async fn the_place_of_an_address_does_not_move_a_place_that_is_known() {
    let city = city().await;
    order(&city, "kiosks", &file("kept-1.geojson", collection(&[kiosk("1", json!({}))])), &mapped(&[])).await.unwrap();
    let path = file("kept-2.geojson", collection(&[at("1", "вул. Соборна", "15-А")]));
    let outcome = order(&city, "kiosks", &path, &mapped(&[])).await.unwrap();
    assert!(report(&outcome).contains("the register knows a place already"), "{}", report(&outcome));
    let (x, street): (f64, String) =
        sqlx::query_as("select st_x(geom), street from registers.kiosks").fetch_one(&city.db.owner).await.unwrap();
    assert_eq!((x, street.as_str()), (30.52, "вул. Соборна"));
}

#[tokio::test]
async fn an_address_in_one_text_is_read() {
    let city = city().await;
    let text = "title;passportNumber;passportStatus;Адреса\n\
                Кава;1;дійсний;04001, м. Київ, просп. Миру, буд. 3\nЧай;2;дійсний;біля ринку\n";
    let outcome = order(&city, "kiosks", &file("one-text.csv", text), &mapped(&[])).await.unwrap();
    assert_eq!((outcome.located, outcome.rejected), (1, 1));
}

#[tokio::test]
async fn without_addresses_nothing_is_looked_up_and_that_is_said() {
    let city = City::new().await;
    let path = file("no-register.geojson", collection(&[at("1", "вул. Соборна", "15"), kiosk("2", json!({}))]));
    let outcome = order(&city, "kiosks", &path, &Order { dry_run: true, ..mapped(&[]) }).await.unwrap();
    assert_eq!((outcome.located, outcome.rejected), (0, 1));
    assert!(outcome.remarks.iter().any(|remark| remark.contains("addresses is empty")), "{:?}", outcome.remarks);
}
