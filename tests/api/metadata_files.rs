//! ISO 19139, passports, and the sitemap's dates. That the XML is valid is tests/clients' to say.

use axum::http::StatusCode;

use crate::harness::City;

const KIOSKS: &str = "insert into registers.kiosks (geom, title, passport_number, passport_status) values \
    (st_setsrid(st_point(30.5, 50.4), 4326), 'Кава', 'ТС-1', 'дійсний'), \
    (st_setsrid(st_point(30.6, 50.5), 4326), 'Чай', 'ТС-2', 'дійсний')";

async fn text(city: &City, path: &str) -> String {
    let answer = city.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    String::from_utf8(answer.body).unwrap()
}

#[tokio::test]
async fn iso_metadata_says_what_inspire_asks_for() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let xml = text(&city, "/opendata/kiosks/iso19139.xml").await;
    for part in [
        "<gco:CharacterString>Тимчасові споруди</gco:CharacterString>",
        "<gmd:LocalisedCharacterString locale=\"#en\">Kiosks</gmd:LocalisedCharacterString>",
        "<gco:Decimal>30.5</gco:Decimal>",
        "codeListValue=\"daily\"",
        "<gmd:MD_TopicCategoryCode>economy</gmd:MD_TopicCategoryCode>",
        "http://www.opengis.net/def/crs/EPSG/0/4326",
        "xlink:href=\"https://creativecommons.org/licenses/by/4.0/\"",
        "<gmd:URL>http://city.example/api/collections/kiosks/export.gpkg</gmd:URL>",
        "Департамент економіки та торгівлі",
        "codeListValue=\"revision\"",
    ] {
        assert!(xml.contains(part), "{part} is missing of {xml}");
    }
}

#[tokio::test]
async fn every_register_has_a_passport() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let answer = city.get("/opendata/kiosks/passport.csv").await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let body = answer.body.strip_prefix("\u{feff}".as_bytes()).unwrap();
    let mut reader = csv::Reader::from_reader(body);
    let columns = reader.headers().unwrap().clone();
    let record = reader.records().next().unwrap().unwrap();
    let value = |name: &str| record.get(columns.iter().position(|column| column == name).unwrap()).unwrap();
    assert_eq!((value("uid"), value("title"), value("accrualPeriodicity")), ("kiosks", "Тимчасові споруди", "Щодня"));
    assert_eq!(value("url"), "http://city.example/api/collections/kiosks");
    let passport = city.json("/opendata/kiosks/passport.json").await;
    assert_eq!(
        (passport["records"].as_u64(), passport["structure"].as_str()),
        (Some(2), Some("A64/temporaryConstruction"))
    );
    assert!(passport["modified"].is_string());
    for layer in &city.catalogue.layers {
        assert_eq!(
            city.get(&format!("/opendata/{}/passport.json", layer.id)).await.status,
            StatusCode::OK,
            "{}",
            layer.id
        );
    }
}

#[tokio::test]
async fn search_engines_are_told_when_a_register_changed() {
    let city = City::new().await;
    city.sql(KIOSKS).await;
    let sitemap = text(&city, "/sitemap.xml").await;
    let dated: Vec<_> = sitemap.lines().filter(|line| line.contains("<lastmod>")).collect();
    assert_eq!(dated.len(), 4, "the register's page and that of its records, in both languages: {dated:?}");
    assert!(dated.iter().all(|line| line.contains("<loc>http://city.example/api/collections/kiosks")), "{dated:?}");
}
