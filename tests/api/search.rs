//! Search as the public sees it: what is found, by what, why, and what never is.

use axum::http::{Request, StatusCode};
use serde_json::{Value as Json, json};

use crate::harness::City;

/// A town with one of everything that is searched.
pub async fn town() -> City {
    let city = City::new().await;
    city.sql(
        "insert into registers.addresses (id, uid, street, house, block, former_street, status, settlement, postcode, cadastral_number, geom) values
         (1, 'А-0001', 'вулиця Соборна', '12', null, 'вулиця Леніна', 'Чинна', 'Вербоград', '99001', '0510600000:07:006:0202', st_setsrid(st_point(31.500, 49.500), 4326)),
         (2, 'А-0002', 'вулиця Соборна', '12', '2', 'вулиця Леніна', 'Чинна', 'Вербоград', '99001', null, st_setsrid(st_point(31.501, 49.500), 4326)),
         (3, 'А-0003', 'вулиця Соборна', '12-А', null, 'вулиця Леніна', 'Чинна', 'Вербоград', '99001', null, st_setsrid(st_point(31.502, 49.500), 4326)),
         (4, 'А-0004', 'вулиця Богдана Хмельницького', '7/3', null, null, 'Чинна', 'Вербоград', null, null, st_setsrid(st_point(31.510, 49.505), 4326)),
         (5, 'А-0005', '2-й провулок Садовий', '5', null, null, 'Чинна', 'Вербоград', null, null, st_setsrid(st_point(31.520, 49.510), 4326)),
         (6, 'А-0006', 'вулиця Київська', '3', null, null, 'Скасована', 'Вербоград', null, null, st_setsrid(st_point(31.530, 49.510), 4326)),
         (7, 'А-0007', 'вулиця Київська', '3', null, null, 'Чинна', 'Вербоград', null, null, st_setsrid(st_point(31.531, 49.510), 4326)),
         (8, 'А-0008', 'вулиця Європейська', '9', null, null, 'Чинна', 'Вербоград', null, null, null)",
    )
    .await;
    city.sql(
        "insert into registers.streets (id, uid, name, former_names, name_en, class, geom) values
         (1, 's1', 'вулиця Соборна', 'вулиця Леніна', 'Soborna Street', 'primary', st_multi(st_geomfromtext('LINESTRING(31.5 49.5, 31.51 49.5)', 4326))),
         (2, 's2', 'вулиця Богдана Хмельницького', null, null, 'primary', st_multi(st_geomfromtext('LINESTRING(31.5 49.51, 31.51 49.51)', 4326)))",
    )
    .await;
    city.sql(
        "insert into registers.street_names (id, street_uid, name, is_current, valid_from) values
         (1, 's1', 'вулиця Соборна', true, '2016-02-19'), (2, 's1', 'вулиця Дворянська', false, '1880-01-01')",
    )
    .await;
    city.sql(
        "insert into registers.kiosks (id, title, passport_number, owner_name, owner_code, passport_status, street, house, geom) values
         (1, 'Аптека «Сонячна»', 'ТС-125/26', 'ТОВ «Обрій»', '40990337', 'дійсний', 'вулиця Соборна', '14', st_setsrid(st_point(31.5005, 49.5), 4326)),
         (2, 'Аптека «Далека»', 'ТС-126/26', 'ТОВ «Обрій»', '40990337', 'анульований', 'вулиця Київська', '1', st_setsrid(st_point(31.53, 49.51), 4326))",
    )
    .await;
    city.sql(
        "insert into registers.parcels (id, cadastral_number, geom) values
         (1, '0510600000:07:006:0202', st_multi(st_makeenvelope(31.4999, 49.4999, 31.5001, 49.5001, 4326)))",
    )
    .await;
    city.sql(
        "insert into registers.districts (id, uid, name, geom) values
         (1, 'd1', 'Центральний район', st_multi(st_makeenvelope(31.4, 49.4, 31.6, 49.6, 4326)))",
    )
    .await;
    city
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

pub async fn search(city: &City, q: &str, more: &str) -> Json {
    city.json(&format!("/api/search?q={}{more}", encoded(q))).await
}

/// Layer and id of the first hit.
pub async fn first(city: &City, q: &str) -> Option<(String, i64)> {
    of_first(&search(city, q, "").await)
}

fn of_first(answer: &Json) -> Option<(String, i64)> {
    let hit = answer["groups"].get(0)?["hits"].get(0)?;
    Some((hit["layer"].as_str()?.to_owned(), hit["id"].as_i64()?))
}

pub fn of(layer: &str, id: i64) -> Option<(String, i64)> {
    Some((layer.to_owned(), id))
}

#[tokio::test]
async fn an_address_is_found_however_it_is_typed() {
    let city = town().await;
    for (typed, id) in [
        ("вулиця Соборна, 12", 1),
        ("вул.Соборна 12", 1),
        ("вул Соборна буд. 12", 1),
        ("12 соборна", 1),
        ("Соборна вулиця 12", 1),
        ("м. Вербоград, вул. Соборна, 12, кв. 5", 1),
        ("Соборна 12 корп. 2", 2),
        ("соборна 12к2", 2),
        ("Соборна, 12-А", 3),
        ("соборна 12 а", 3),
        ("Хмельницького 7/3", 4),
        ("б. хмельницького 7/3", 4),
        ("bohdana khmelnytskoho 7/3", 4),
        ("Cj,jhyf 12", 1),
        ("вул. Соборная 12", 1),
        ("Хмельницкого 7/3", 4),
        ("Киъвська 3", 7),
        ("Эвропейська 9", 8),
        ("Европейская 9", 8),
        ("Собрна 12", 1),
        ("Хмелницкова 7/3", 4),
        ("2-й Садовий 5", 5),
        ("2 садовий пров. 5", 5),
        ("ленина 12", 1),
        ("вул. Дворянська, 12-а", 3),
        ("Київська 3", 7),
        ("на Київській 3", 7),
        ("по вулиці Соборній 12", 1),
    ] {
        assert_eq!(first(&city, typed).await, of("addresses", id), "{typed}");
    }
}

#[tokio::test]
async fn every_hit_says_why_in_the_callers_language() {
    let city = town().await;
    let hit = |answer: &Json| answer["groups"][0]["hits"][0].clone();
    let former = hit(&search(&city, "леніна 12", "").await);
    assert_eq!(former["why"], json!({"reasons": ["former_name"], "text": "раніше вулиця Леніна"}));
    assert_eq!(former["title"], "вулиця Соборна, 12");
    assert_eq!(former["marks"], json!([[16, 18]]));
    assert_eq!(former["point"], json!([31.5, 49.5]));
    assert_eq!(former["bbox"], json!([31.5, 49.5, 31.5, 49.5]));
    assert_eq!(former["standing"], "valid");
    let english = hit(&search(&city, "леніна 12", "&lang=en").await);
    assert_eq!(english["why"]["text"], "formerly вулиця Леніна");
    let older = hit(&search(&city, "дворянская 12", "").await);
    assert_eq!(older["why"]["text"], "раніше вулиця Дворянська", "that is in the register of names only");
    let exact = hit(&search(&city, "Соборна 12", "").await);
    assert_eq!(exact["why"], json!({"reasons": ["name"], "text": ""}));
    assert_eq!(exact["score"], 1.0);
    let latin = hit(&search(&city, "soborna 12", "").await);
    assert_eq!(latin["why"]["reasons"], json!(["name", "transliteration"]));
    let keys = hit(&search(&city, "Cj,jhyf 12", "").await);
    assert_eq!(keys["why"]["reasons"], json!(["name", "layout"]));
    assert!(keys["why"]["text"].as_str().unwrap().contains("соборна 12"));
    let slip = search(&city, "собрна 12", "").await;
    assert_eq!(hit(&slip)["why"]["reasons"], json!(["name", "typo"]));
    assert_eq!(slip["suggestions"][0]["q"], "вулиця Соборна, 12");
    assert_eq!(hit(&slip)["why"]["text"], "схоже на «вулиця Соборна, 12»");
    let owner = hit(&search(&city, "Обпій", "").await);
    assert_eq!(owner["why"]["reasons"], json!(["field", "typo"]));
    let text = owner["why"]["text"].as_str().unwrap();
    assert!(text.contains("Обрій") && !text.contains("схоже"), "the name is not what is similar: {text}");
    let other = hit(&search(&city, "Хмельницького 8", "").await);
    assert_eq!(other["why"]["reasons"], json!(["name", "house"]));
    let code = hit(&search(&city, "40990337", "").await);
    assert_eq!(code["why"]["reasons"], json!(["code"]));
    assert!(code["why"]["text"].as_str().unwrap().contains("40990337"), "{code}");
}

#[tokio::test]
async fn a_street_that_was_called_so_says_what_it_is_called_today() {
    let city = town().await;
    let subtitles = |answer: &Json| -> Vec<String> {
        let hits = answer["groups"][0]["hits"].as_array().unwrap().iter();
        hits.map(|hit| hit["subtitle"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(subtitles(&search(&city, "дворянська", "&layers=street_names").await), ["тепер вулиця Соборна"]);
    assert_eq!(subtitles(&search(&city, "дворянська", "&layers=street_names&lang=en").await), ["now вулиця Соборна"]);
    assert_eq!(
        subtitles(&search(&city, "соборна", "&layers=street_names").await),
        [""],
        "and not what it is known by: s1"
    );
}

#[tokio::test]
async fn registers_are_found_by_names_numbers_and_parts_of_them() {
    let city = town().await;
    for (typed, layer, id) in [
        ("вулиця Соборна", "streets", 1),
        ("соб", "streets", 1),
        ("Леніна", "streets", 1),
        ("0510600000:07:006:0202", "parcels", 1),
        ("0510600000070060202", "parcels", 1),
        ("0510600000 07 006 0202", "parcels", 1),
        ("07:006:0202", "parcels", 1),
        ("ТС-125/26", "kiosks", 1),
        ("тс 125/26", "kiosks", 1),
        ("TC125", "kiosks", 1),
        ("аптека сонячна", "kiosks", 1),
        ("сонячна аптека", "kiosks", 1),
        ("Обрій", "kiosks", 1),
        ("40990337", "kiosks", 1),
        ("центральний район", "districts", 1),
    ] {
        let answer = search(&city, typed, "").await;
        let groups = answer["groups"].as_array().unwrap();
        let group = groups.iter().find(|group| group["layer"] == layer);
        let group = group.unwrap_or_else(|| panic!("{typed}: {answer}"));
        assert_eq!(group["hits"][0]["id"], id, "{typed}: {answer}");
    }
    let layers = search(&city, "соборна", "&layers=kiosks").await;
    assert_eq!(of_first(&layers), of("kiosks", 1), "by its street");
    assert_eq!(layers["groups"].as_array().unwrap().len(), 1);
    assert_eq!(of_first(&search(&city, "соборна 14", "&layers=kiosks").await), of("kiosks", 1), "by its address");
}

#[tokio::test]
async fn what_is_in_force_and_what_is_near_comes_first() {
    let city = town().await;
    let ids = |answer: &Json| -> Vec<i64> {
        answer["groups"][0]["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(&search(&city, "київська 3", "&layers=addresses").await), [7, 6], "the cancelled one last");
    assert_eq!(ids(&search(&city, "аптека", "&layers=kiosks").await), [1, 2]);
    city.sql("update registers.kiosks set passport_status = 'дійсний'").await;
    assert_eq!(ids(&search(&city, "аптека", "&layers=kiosks&near=31.53,49.51").await), [2, 1]);
    assert_eq!(ids(&search(&city, "аптека", "&layers=kiosks&near=31.5,49.5").await), [1, 2]);
    let beside = search(&city, "аптека біля Київської 3", "").await;
    assert_eq!(of_first(&beside), of("kiosks", 2));
    assert_eq!(beside["around"]["id"], 7);
    assert_eq!(beside["groups"][0]["hits"][0]["why"]["reasons"].as_array().unwrap().last().unwrap(), "near");
    let around = search(&city, "біля Соборна 12-А", "").await;
    assert_eq!(ids(&around)[..2], [3, 2], "the nearest addresses");
}

#[tokio::test]
async fn coordinates_are_found_in_any_notation_and_system() {
    let city = town().await;
    let metres: (f64, f64) =
        sqlx::query_as("select st_x(p), st_y(p) from st_transform(st_setsrid(st_point(31.5, 49.5), 4326), 6385) as p")
            .fetch_one(&city.db.owner)
            .await
            .unwrap();
    for typed in [
        "49.5, 31.5".to_owned() + "0",
        "31.50 49.50".to_owned(),
        "49°30'00\"N 31°30'00\"E".to_owned(),
        "49,5000 31,5000".to_owned(),
        "31.5 E 49.5 N".to_owned(),
        format!("{:.2} {:.2}", metres.0, metres.1),
        format!("{:.1}, {:.1}", metres.1, metres.0),
    ] {
        let answer = search(&city, &typed, "").await;
        let hits = answer["groups"][0]["hits"].as_array().unwrap_or_else(|| panic!("{typed}: {answer}"));
        let near = hits.iter().any(|hit| {
            let at = |axis: usize| hit["point"][axis].as_f64().unwrap();
            (at(0) - 31.5).abs() < 1e-5 && (at(1) - 49.5).abs() < 1e-5
        });
        assert!(near, "{typed}: {answer}");
        assert_eq!(answer["groups"][0]["layer"], Json::Null);
        assert_eq!(hits[0]["why"]["reasons"], json!(["coordinates"]));
        assert!(hits[0]["subtitle"].as_str().unwrap().contains("вулиця Соборна, 12"), "{typed}");
    }
}

#[tokio::test]
async fn there_is_always_something_to_go_on_with() {
    let city = town().await;
    for q in ["", "   ", "ъъъъъ", "qqqqqqq", "???", "12345678901234567890", "'; drop table", "%"] {
        let answer = search(&city, q, "").await;
        assert!(answer["groups"].as_array().unwrap().is_empty(), "{q}: {answer}");
        assert!(!answer["suggestions"].as_array().unwrap().is_empty(), "{q}");
    }
    let close = search(&city, "сабарнааа", "").await;
    assert_eq!(close["suggestions"][0]["kind"], "did_you_mean");
    assert_eq!(close["suggestions"][0]["q"], "соборна");
}

#[tokio::test]
async fn wrong_questions_are_refused_in_both_languages() {
    let city = town().await;
    for (more, status, field) in [
        (format!("q={}", "a".repeat(201)), 400, "q"),
        ("q=a&near=1".to_owned(), 400, "near"),
        ("q=a&near=200,50".to_owned(), 400, "near"),
        ("q=a&limit=0".to_owned(), 400, "limit"),
        ("q=a&limit=101".to_owned(), 400, "limit"),
        ("q=a&lang=ru".to_owned(), 400, "lang"),
    ] {
        let answer = city.get(&format!("/api/search?{more}")).await;
        assert_eq!(answer.status.as_u16(), status, "{more}");
        assert_eq!(answer.json()["field"], field);
        assert_eq!(answer.header("content-language"), "uk");
    }
    assert_eq!(city.get("/api/search?q=a&layers=nothing").await.status, StatusCode::NOT_FOUND);
    for more in ["", "lon=1", "lon=x&lat=1", "lon=1&lat=90", "lon=31.5&lat=49.5&limit=21"] {
        assert_eq!(city.get(&format!("/api/search/reverse?{more}")).await.status, StatusCode::BAD_REQUEST, "{more}");
    }
}

#[tokio::test]
async fn the_nearest_address_of_a_point_is_told() {
    let city = town().await;
    let answer = city.json("/api/search/reverse?lon=31.5001&lat=49.5").await;
    assert_eq!(answer["hits"][0]["id"], 1);
    let metres = answer["hits"][0]["metres"].as_f64().unwrap();
    assert!((7.0..7.5).contains(&metres), "{metres}");
    let several = city.json("/api/search/reverse?lon=31.53&lat=49.51&limit=3").await;
    assert_eq!(several["hits"][0]["id"], 7, "the cancelled one is none");
    assert_eq!(several["hits"].as_array().unwrap().len(), 3);
    let far = city.json("/api/search/reverse?lon=25&lat=49.5").await;
    assert_eq!(far["hits"], json!([]));
}

#[tokio::test]
async fn nothing_of_the_staff_is_ever_found() {
    let city = town().await;
    city.sql(
        "update registers.addresses set applicant_name = 'Супрун Остап', applicant_code = '04059243' where id = 1",
    )
    .await;
    // the edit has been followed: what is public is found
    city.sql("update registers.addresses set object_name = 'Вежа' where id = 1").await;
    assert_eq!(first(&city, "вежа").await, of("addresses", 1));
    for secret in ["Супрун", "Остап", "Suprun", "04059243", "супрун остап соборна 12"] {
        let answer = search(&city, secret, "").await["groups"].to_string();
        assert!(!answer.contains("Супрун Остап") && !answer.contains("04059243"), "{secret}: {answer}");
    }
    assert_eq!(first(&city, "Супрун").await, None);
    assert_eq!(first(&city, "04059243").await, None);
    for layer in &city.catalogue.layers {
        let staff = layer.fields.iter().enumerate().filter(|(_, field)| field.access == misto::auth::Access::Staff);
        let found = [
            layer.search.clone(),
            layer.address.iter().flat_map(|a| [Some(a.street), Some(a.house), a.block, a.former]).flatten().collect(),
            layer.street.iter().flat_map(|s| [Some(s.id), Some(s.name), s.former, s.current]).flatten().collect(),
        ]
        .concat();
        for (index, field) in staff {
            assert!(!found.contains(&index), "{}.{} is for staff and searched", layer.id, field.name);
        }
    }
}

#[tokio::test]
async fn a_table_of_addresses_gets_its_places() {
    let city = town().await;
    // ready
    assert_eq!(first(&city, "Соборна 12").await, of("addresses", 1));
    let table =
        "№;Адреса;Примітка\n1;\"вул. Соборна, 12\";а\n2;вул. Леніна 12-а;\n3;вул. Невідома, 1;\n4;Хмельницького 8;\n";
    let answer = city.send(Request::post("/api/search/batch"), table.as_bytes().to_vec().into()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let text = String::from_utf8(answer.body).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "№;Адреса;Примітка;lon;lat;matched_address;matched_id;score;result");
    assert_eq!(lines[1], "1;вул. Соборна, 12;а;31.5;49.5;вулиця Соборна, 12;1;1.000;found");
    assert!(
        lines[2].starts_with("2;вул. Леніна 12-а;;31.502;49.5;вулиця Соборна, 12-А;3;0.9")
            && lines[2].ends_with("found"),
        "{}",
        lines[2]
    );
    assert_eq!(lines[3], "3;вул. Невідома, 1;;;;;;;unknown");
    assert!(lines[4].ends_with("weak"), "{}", lines[4]);
    let (old, _, _) = encoding_rs::WINDOWS_1251.encode("вулиця,будинок,корпус\nСоборна,12,2\n");
    let answer = city.send(Request::post("/api/search/batch"), old.into_owned().into()).await;
    let text = String::from_utf8(answer.body).unwrap();
    assert_eq!(text.lines().nth(1), Some("Соборна,12,2,31.501,49.5,\"вулиця Соборна, 12 2\",2,1.000,found"));
    for (path, body) in [
        ("/api/search/batch", "a,b\n1,2\n".to_owned()),
        ("/api/search/batch?address=c", "a,b\n1,2\n".to_owned()),
        ("/api/search/batch?encoding=x", "address\nСоборна 12\n".to_owned()),
        ("/api/search/batch", "address\n".to_owned() + &"x\n".repeat(50_001)),
    ] {
        assert_eq!(city.send(Request::post(path), body.into()).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
}
