//! Pages: each record once whatever is edited meanwhile, in any order; streams of whole registers.

use std::collections::BTreeSet;

use axum::http::{Request, StatusCode};
use serde_json::Value as Json;

use crate::harness::City;
use crate::ogc_core::{KIOSKS, link};

fn titles(page: &Json) -> Vec<String> {
    let features = page["features"].as_array().unwrap().iter();
    features.map(|feature| feature["properties"]["title"].as_str().unwrap().to_owned()).collect()
}

/// Reads all pages; `between` happens after each.
async fn read(city: &City, path: &str, between: impl AsyncFn(usize)) -> Vec<String> {
    let (mut all, mut path) = (Vec::new(), path.to_owned());
    for page_number in 0.. {
        let page = city.json(&path).await;
        all.extend(titles(&page));
        between(page_number).await;
        match link(&page, "next", "application/geo+json") {
            Some(next) => path = next,
            None => break,
        }
    }
    all
}

#[tokio::test]
async fn every_record_that_stays_is_given_once_while_others_come_and_go() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let expected: BTreeSet<String> = (1..=25).filter(|n| n % 4 != 0).map(|n| format!("Кіоск {n}")).collect();
    for sort in
        ["", "&sortby=title", "&sortby=-passport_until,kind", "&sortby=kind,-area", "&sortby=-standing", "&sortby=-id"]
    {
        city.sql("delete from registers.kiosks").await;
        city.sql(KIOSKS).await;
        let path = format!("/api/collections/kiosks/items?limit=4{sort}");
        let edit = async |page: usize| {
            // those whose number is a multiple of four go, one after each page; new ones come at both ends
            let gone = (page + 1) * 4;
            city.sql(&format!("delete from registers.kiosks where title = 'Кіоск {gone}'")).await;
            city.sql(&format!(
                "insert into registers.kiosks (title, passport_number, passport_status, passport_until) values \
                 ('А новий {page}', 'А-{page}', 'дійсний', '2029-01-01'), ('Я новий {page}', 'Я-{page}', 'дійсний', null)"
            ))
            .await;
        };
        // new ones behind the place where the reader is would be read forever
        let limited = async |page: usize| {
            if page < 6 {
                edit(page).await
            }
        };
        let read = read(&city, &path, limited).await;
        let given: Vec<_> = read.iter().filter(|title| expected.contains(*title)).collect();
        let distinct: BTreeSet<_> = given.iter().map(|title| (*title).clone()).collect();
        assert_eq!(distinct, expected, "{sort}");
        assert_eq!(given.len(), expected.len(), "{sort}: some came twice");
    }
}

#[tokio::test]
async fn pages_are_turned_back_as_they_were_turned() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    for sort in
        ["", "&sortby=title", "&sortby=-passport_until,kind", "&sortby=kind,-area", "&sortby=-standing", "&sortby=-id"]
    {
        for limit in [1, 4, 7, 24] {
            let first = format!("/api/collections/kiosks/items?limit={limit}{sort}");
            let (mut forth, mut path, mut back) = (Vec::new(), first.clone(), None);
            loop {
                let page = city.json(&path).await;
                let previous = link(&page, "prev", "application/geo+json");
                assert_eq!(previous.is_some(), path != first, "{path}");
                forth.push(titles(&page));
                back = previous.or(back);
                match link(&page, "next", "application/geo+json") {
                    Some(next) => path = next,
                    None => break,
                }
            }
            for expected in forth.iter().rev().skip(1) {
                let path =
                    back.take().unwrap_or_else(|| panic!("{sort} by {limit}: {expected:?} cannot be got back to"));
                let page = city.json(&path).await;
                assert_eq!(titles(&page), *expected, "{path}");
                assert_eq!(
                    (&page["numberMatched"], page["numberReturned"].as_u64()),
                    (&25.into(), Some(expected.len() as u64))
                );
                let next = link(&page, "next", "application/geo+json").expect("it was come from there");
                assert_ne!(titles(&city.json(&next).await), *expected, "{next}");
                back = link(&page, "prev", "application/geo+json");
            }
            assert_eq!(back, None, "{sort} by {limit}: there is nothing before the first page");
        }
    }
    // what is new before a page's first feature is on the page before
    let before_first = format!(
        "/api/collections/kiosks/items?limit=5&sortby=title&before={}",
        percent_encoding::utf8_percent_encode("[\"Кіоск 1\",1]", percent_encoding::NON_ALPHANUMERIC)
    );
    let page = city.json(&before_first).await;
    assert_eq!((titles(&page).len(), link(&page, "prev", "application/geo+json")), (0, None));
    city.sql("insert into registers.kiosks (title, passport_number, passport_status) values ('А', 'А', 'дійсний')")
        .await;
    let page = city.json(&before_first).await;
    assert_eq!(titles(&page), ["А"]);
    // the same as a stream, and as a page for people
    let stream = city.json("/api/collections/kiosks/items?limit=20000&before=25").await;
    assert_eq!((titles(&stream).len(), link(&stream, "prev", "application/geo+json")), (24, None));
    let page = city.get("/api/collections/kiosks/items?f=html&limit=5&before=15").await;
    let text = String::from_utf8(page.body).unwrap();
    assert!(text.contains("rel=\"prev\"") && text.contains("Кіоск 10<") && text.contains("Кіоск 14<"), "{text}");
    assert!(!text.contains("Кіоск 9<") && !text.contains("Кіоск 15<"), "{text}");
}

#[tokio::test]
async fn the_order_is_the_one_that_the_database_gives() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let facts: (Vec<u32>, Option<String>) = (
        Vec::new(),
        sqlx::query_scalar("select collname::text from pg_collation where collname = 'uk-x-icu'")
            .fetch_optional(&city.db.owner)
            .await
            .unwrap(),
    );
    let collate = facts.1.map(|name| format!("collate \"{name}\"")).unwrap_or_default();
    for (sort, order) in [
        ("title", format!("title {collate}")),
        ("-title", format!("title {collate} desc")),
        ("+kind,-area", format!("kind {collate} nulls last, area desc")),
        ("-passport_until", "passport_until desc nulls last, id".to_owned()),
        ("passport_until,-id", "passport_until nulls last, id desc".to_owned()),
        ("passport_status,-passport_until", format!("passport_status {collate}, passport_until desc nulls last, id")),
    ] {
        let expected: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select title from registers.kiosks order by {order}")))
                .fetch_all(&city.db.owner)
                .await
                .unwrap();
        for limit in [1, 7, 25, 100] {
            let path = format!("/api/collections/kiosks/items?limit={limit}&sortby={}", sort.replace('+', "%2B"));
            assert_eq!(read(&city, &path, async |_| {}).await, expected, "{sort} by {limit}");
        }
    }
}

#[tokio::test]
async fn ukrainian_letters_are_in_the_order_of_the_alphabet() {
    let city = City::new().await;
    let has_icu: bool = sqlx::query_scalar("select exists (select from pg_collation where collname = 'uk-x-icu')")
        .fetch_one(&city.db.owner)
        .await
        .unwrap();
    if !has_icu {
        println!("SKIPPED: PostgreSQL has no ICU here");
        return;
    }
    city.sql(
        "insert into registers.kiosks (title, passport_number, passport_status) \
         select title, title, 'дійсний' from unnest(array['Яма', 'Ґанок', 'Гай', 'Дім', 'Їжак', 'Йод', 'Іскра', 'Єнот', 'Еко', 'Жук']) title",
    )
    .await;
    let read = read(&city, "/api/collections/kiosks/items?limit=3&sortby=title", async |_| {}).await;
    assert_eq!(read, ["Гай", "Ґанок", "Дім", "Еко", "Єнот", "Жук", "Іскра", "Їжак", "Йод", "Яма"]);
}

#[tokio::test]
async fn numbers_are_honest() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    for (query, matched) in [
        ("limit=10", 25),
        ("limit=25", 25),
        ("limit=3&passport_status=%D0%B0%D0%BD%D1%83%D0%BB%D1%8C%D0%BE%D0%B2%D0%B0%D0%BD%D0%B8%D0%B9", 8),
        ("limit=2&bbox=30.005,49.9,30.055,50.1", 5),
        ("limit=2&filter=area%20%3E%2030", 5),
    ] {
        let mut path = format!("/api/collections/kiosks/items?{query}");
        let mut returned = 0;
        loop {
            let page = city.json(&path).await;
            assert_eq!(page["numberMatched"], matched, "{path}");
            assert_eq!(page["numberReturned"], page["features"].as_array().unwrap().len(), "{path}");
            returned += page["numberReturned"].as_i64().unwrap();
            let Some(next) = link(&page, "next", "application/geo+json") else { break };
            path = next;
        }
        assert_eq!(returned, matched, "{query}");
    }
    assert_eq!(city.json("/api/collections/kiosks/items?limit=1").await["numberMatched"], 25);
    city.sql("delete from registers.kiosks where id = 7").await;
    assert_eq!(
        city.json("/api/collections/kiosks/items?limit=1").await["numberMatched"],
        24,
        "counted anew after an edit"
    );
}

#[tokio::test]
async fn a_whole_register_is_streamed_and_says_the_same_as_its_pages() {
    let city = City::new().await;
    city.sql(
        "insert into registers.kiosks (geom, title, passport_number, passport_status) \
         select st_setsrid(st_point(30 + n * 0.00001, 50), 4326), 'Кіоск \"' || n || '\"', 'ТС-' || n, 'дійсний' from generate_series(1, 12345) n",
    )
    .await;
    let whole = city.json("/api/collections/kiosks/items?limit=1000000").await;
    assert_eq!((&whole["numberReturned"], &whole["numberMatched"]), (&12345.into(), &12345.into()));
    assert!(link(&whole, "next", "application/geo+json").is_none());
    let request = Request::get("/api/collections/kiosks/items?limit=1000000").header("accept-encoding", "gzip");
    let packed = city.request(request).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let packed: Json = serde_json::from_reader(flate2::read::GzDecoder::new(packed.body.as_slice())).unwrap();
    assert_eq!(packed["features"], whole["features"]);
    let part = city.json("/api/collections/kiosks/items?limit=12000&sortby=-id").await;
    assert_eq!(part["numberReturned"], 12000);
    let next = link(&part, "next", "application/geo+json").unwrap();
    let rest = city.json(&next).await;
    assert_eq!(rest["numberReturned"], 345);
    let mut both = [titles(&part), titles(&rest)].concat();
    both.reverse();
    assert_eq!(both, titles(&whole));
    let broken = city.get("/api/collections/kiosks/items?limit=1000000&filter=1/area%20%3E%20power(1,2)").await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    let overflow = city.get("/api/collections/kiosks/items?limit=1000000&filter=(id*1e300)*1e300%20%3E%201").await;
    assert_eq!(overflow.status, StatusCode::BAD_REQUEST, "the head waits until the first rows are there");
}

#[tokio::test]
async fn a_wrong_order_or_place_is_refused() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    for (query, field) in [
        ("sortby=owner_phone", "sortby"),
        ("sortby=geom", "sortby"),
        ("sortby=", "sortby"),
        ("sortby=title,,area", "sortby"),
        ("after=x", "after"),
        ("after=[1,2]", "after"),
        ("sortby=title&after=17", "after"),
        ("sortby=title&after=[5,17]", "after"),
        ("before=x", "before"),
        ("after=1&before=9", "before"),
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("properties=owner_phone", "properties"),
        ("skipGeometry=maybe", "skipGeometry"),
    ] {
        let answer = city.get(&format!("/api/collections/kiosks/items?{query}")).await;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (StatusCode::BAD_REQUEST, Some(field)), "{query}");
    }
    // a value that is none of the field's type
    let answer = city.get("/api/collections/kiosks/items?sortby=area&after=[%22x%22,17]").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let some = city.json("/api/collections/kiosks/items?limit=1&properties=title,standing&skipGeometry=true").await;
    let feature = &some["features"][0];
    assert!(feature["geometry"].is_null());
    assert_eq!(feature["properties"], serde_json::json!({ "title": "Кіоск 1", "standing": "valid" }));
}

#[tokio::test]
async fn streams_of_different_columns_follow_one_another_on_a_connection() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    city.sql("insert into registers.parcels (cadastral_number, area_ha) values ('9910100000:01:002:0003', 1.5)").await;
    // more often than there are connections
    for _ in 0..8 {
        let kiosks = city.json("/api/collections/kiosks/items?limit=20000").await;
        assert_eq!(kiosks["features"][0]["properties"]["title"], "Кіоск 1");
        let some = city.json("/api/collections/kiosks/items?limit=20000&properties=area,title").await;
        assert_eq!(some["features"][1]["properties"]["area"], 3.0);
        let parcels = city.json("/api/collections/parcels/items?limit=20000").await;
        assert_eq!(parcels["features"][0]["properties"]["area_ha"], 1.5);
    }
}
