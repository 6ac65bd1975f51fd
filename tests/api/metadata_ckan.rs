//! The CKAN manner: what harvesters call, and what they expect.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value as Json, json};

use crate::harness::City;

const KIOSK: &str = "insert into registers.kiosks (geom, title, passport_number, passport_status) values \
    (st_setsrid(st_point(30.5, 50.4), 4326), 'Кава', 'ТС-1', 'дійсний')";
const ACTION: &str = "/api/3/action";

async fn result(city: &City, action: &str) -> Json {
    let answer = city.json(&format!("{ACTION}/{action}")).await;
    assert_eq!(answer["success"], true, "{action}");
    answer["result"].clone()
}

fn names(found: &Json) -> Vec<&str> {
    found["results"].as_array().unwrap().iter().map(|package| package["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_package_has_what_a_harvester_reads() {
    let city = City::new().await;
    city.sql(KIOSK).await;
    let list = result(&city, "package_list").await;
    assert_eq!(list.as_array().unwrap().len(), city.catalogue.layers.len());
    let package = result(&city, "package_show?id=kiosks").await;
    assert_eq!(package["title"], "Тимчасові споруди");
    assert_eq!((package["type"].as_str(), package["state"].as_str()), (Some("dataset"), Some("active")));
    assert_eq!(package["num_resources"], package["resources"].as_array().unwrap().len());
    assert_eq!(package["organization"]["id"], package["owner_org"]);
    let formats: Vec<_> =
        package["resources"].as_array().unwrap().iter().map(|resource| resource["format"].as_str().unwrap()).collect();
    assert!(
        ["GeoJSON", "CSV", "GeoPackage", "Shapefile", "ZIP"].iter().all(|format| formats.contains(format)),
        "{formats:?}"
    );
    let modified = package["metadata_modified"].as_str().unwrap();
    assert!(modified.len() == 26 && !modified.ends_with('Z'), "CKAN's moments are UTC without saying so: {modified}");
    // ids stay, whoever asks and however often the server starts
    let id = package["id"].as_str().unwrap();
    assert_eq!(result(&city.node(), &format!("package_show?id={id}")).await["name"], "kiosks");
    let first = &package["resources"][0];
    let resource = result(&city, &format!("resource_show?id={}", first["id"].as_str().unwrap())).await;
    assert_eq!(&resource, first);
    let empty = result(&city, "package_show?id=toilets").await;
    assert_eq!(empty["metadata_modified"], Json::Null, "nobody knows");
}

/// As ckanext-harvest does it: pages of a hundred by id until one is empty, then only what has changed since.
#[tokio::test]
async fn a_harvester_gets_every_package_and_then_only_what_has_changed() {
    let city = City::new().await;
    city.sql(KIOSK).await;
    let mut seen = BTreeSet::new();
    for start in (0..).step_by(25) {
        let page = result(&city, &format!("package_search?rows=25&start={start}&sort=id+asc")).await;
        assert_eq!(page["count"], city.catalogue.layers.len());
        let ids: Vec<_> = page["results"].as_array().unwrap().iter().map(|package| package["id"].to_string()).collect();
        assert!(ids.is_sorted(), "{ids:?}");
        if ids.is_empty() {
            break;
        }
        seen.extend(ids);
    }
    assert_eq!(seen.len(), city.catalogue.layers.len());
    let since = |moment: &str| format!("package_search?fq=metadata_modified%3A%5B{moment}Z+TO+%2A%5D&rows=100");
    assert_eq!(names(&result(&city, &since("2020-01-01T00:00:00.000000")).await), ["kiosks"]);
    assert_eq!(names(&result(&city, &since("2099-01-01T00:00:00.000000")).await), [""; 0]);
}

#[tokio::test]
async fn packages_are_found_by_words_and_conditions() {
    let city = City::new().await;
    city.sql(KIOSK).await;
    let found = async |query: &str| {
        let found = result(&city, &format!("package_search?rows=1000&{query}")).await;
        names(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let all = city.catalogue.layers.len();
    assert_eq!(found("q=*:*").await.len(), all);
    assert!(found("q=kiosks").await.contains(&"kiosks".to_owned()));
    assert_eq!(found("q=name:kiosks").await, ["kiosks"]);
    assert_eq!(found("q=kiosks+(nothing").await, [""; 0], "what is no condition is words");
    let trade = found("fq=groups:trade").await;
    assert!(trade.contains(&"advertising".to_owned()) && trade.len() < 10, "{trade:?}");
    assert_eq!(found("fq=-groups:trade").await.len(), all - trade.len());
    assert_eq!(found("fq=organization:city").await.len(), all);
    assert_eq!(found("fq=groups:trade+name:(kiosks+OR+fairs)&sort=name+desc").await, ["kiosks", "fairs"]);
    assert_eq!(found("fq=res_format:DXF&sort=name+asc").await.len(), all);
    assert_eq!(result(&city, "package_search?rows=0").await["count"], all);
    for query in [
        "fq=name:(kiosks",
        "fq=colour:red",
        "fq=metadata_modified:2020",
        "sort=colour",
        "rows=-1",
        "start=x",
        "facet=true",
    ] {
        let answer = city.get(&format!("{ACTION}/package_search?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.json()["success"], false, "{query}: CKAN's clients look at it");
        assert_eq!(answer.json()["error"]["__type"], "Validation Error", "{query}");
    }
}

#[tokio::test]
async fn groups_and_the_organisation_are_shown() {
    let city = City::new().await;
    assert_eq!(result(&city, "organization_list").await, json!(["city"]));
    assert_eq!(result(&city, "organization_show?id=city").await["package_count"], city.catalogue.layers.len());
    assert_eq!(result(&city, "group_show?id=trade").await["title"], "Торгівля та реклама");
    assert_eq!(result(&city, "group_list").await.as_array().unwrap().len(), city.catalogue.groups.len());
    assert_eq!(result(&city, "status_show").await["site_url"], "http://city.example");
    for path in
        ["package_show?id=nothing", "resource_show?id=nothing", "group_show?id=nothing", "organization_show?id=nobody"]
    {
        let answer = city.get(&format!("{ACTION}/{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["error"]["__type"], "Not Found Error", "{path}");
    }
    assert_eq!(city.get(&format!("{ACTION}/package_show")).await.status, StatusCode::BAD_REQUEST);
}

/// ckanapi asks so.
#[tokio::test]
async fn arguments_may_be_posted_as_an_object() {
    let city = City::new().await;
    let post = async |body: &'static str| {
        let request = Request::post("/api/action/package_search").header("content-type", "application/json");
        city.send(request, Body::from(body)).await
    };
    let answer = post(r#"{"fq": "name:kiosks", "rows": 5, "include_private": true}"#).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(names(&answer.json()["result"]), ["kiosks"]);
    assert_eq!(post("").await.status, StatusCode::OK);
    let listed = city.json("/api/action/package_list?limit=2").await;
    assert_eq!(listed["result"].as_array().unwrap().len(), 2);
    for nothing in ["/api/action/dataset_purge", "/api/action/%2e%2e", "/api/3/action/dataset_purge"] {
        assert_eq!(city.get(nothing).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
    for wrong in ["[1]", "{", r#"{"colour": "red"}"#] {
        assert_eq!(post(wrong).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}
