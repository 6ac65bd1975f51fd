//! The API's description against the server: every route is in it, everything in it is a route, and what it says of all
//! of them holds. And pages of other sites may read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use axum::http::{Method, Request, StatusCode};
use regex::Regex;
use serde_json::Value as Json;

use crate::harness::City;

/// What is not of the API: the map page, the files of pages, and what search engines look for.
const NOT_DESCRIBED: [&str; 6] = ["/", "/assets/{*path}", "/{file}", "/page.css", "/robots.txt", "/sitemap.xml"];

/// The paths of all `.route("…")` of the sources.
fn routes() -> BTreeSet<String> {
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let route = Regex::new(r#"\.route\(\s*(?:&format!\(\s*)?"(/[^"]*)""#).unwrap();
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            // a path that is made for each format of a file
            let paths = route.captures_iter(&text).map(|found| found[1].replace("{}", "{format}"));
            found.extend(paths.map(|path| path.replace("{{", "{").replace("}}", "}")));
        }
    }
    found
}

fn operations(description: &Json) -> Vec<(String, String, Json)> {
    let paths = description["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| (path.clone(), method.to_uppercase(), operation.clone()))
    });
    each.collect()
}

#[tokio::test]
async fn every_route_is_described_and_all_that_is_described_is_a_route() {
    let city = City::new().await;
    let description = misto::app::openapi();
    let described: BTreeSet<_> = operations(&description).into_iter().map(|(path, _, _)| path).collect();
    let routes: BTreeSet<_> = routes().into_iter().filter(|path| !NOT_DESCRIBED.contains(&path.as_str())).collect();
    assert!(routes.len() > 12, "the routes were not found: {routes:?}");
    let missing: Vec<_> = routes.difference(&described).collect();
    let invented: Vec<_> = described.difference(&routes).collect();
    assert!(missing.is_empty() && invented.is_empty(), "not described: {missing:?}; no routes: {invented:?}");

    // the router itself says which methods an address has
    let mut methods: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, method, _) in operations(&description) {
        methods.entry(path).or_default().insert(method);
    }
    let part = Regex::new(r"\{[^}]+\}").unwrap();
    for (path, described) in methods {
        let address = part.replace_all(&path.replace("{format}", "geojson"), "1").into_owned();
        let answer = city.request(Request::builder().method(Method::TRACE).uri(&address)).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path} is no route");
        let allowed: BTreeSet<String> =
            answer.header("allow").split(',').map(|method| method.trim().to_owned()).collect();
        let allowed: BTreeSet<_> = allowed.into_iter().filter(|method| method != "HEAD").collect();
        assert_eq!(allowed, described, "{path}");
    }
}

#[test]
fn the_description_is_whole() {
    let description = misto::app::openapi();
    assert_eq!(description["openapi"], "3.1.0");
    for key in ["title", "version", "description", "license", "contact"] {
        assert!(!description["info"][key].is_null(), "info.{key}");
    }
    let tags: BTreeSet<&str> =
        description["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let (mut ids, mut used) = (BTreeSet::new(), BTreeSet::new());
    for (path, method, operation) in operations(&description) {
        let here = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{here}: its operationId is taken");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{here} has no summary");
        let own: Vec<_> =
            operation["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap().to_owned()).collect();
        assert!(
            !own.is_empty() && own.iter().all(|tag| tags.contains(tag.as_str())),
            "{here}: {own:?} is not described"
        );
        used.extend(own);
        let in_path: BTreeSet<_> =
            path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap().to_owned()).collect();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let described =
            parameters.iter().filter(|one| one["in"] == "path").map(|one| one["name"].as_str().unwrap().to_owned());
        assert_eq!(described.collect::<BTreeSet<_>>(), in_path, "{here}: its path's parameters");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{here} never succeeds");
        for status in ["401", "429", "500", "503"] {
            assert!(responses.contains_key(status), "{here} never answers {status}");
        }
        for (status, response) in responses {
            let is_problem = status.starts_with(['4', '5']);
            let refers = response["$ref"].as_str();
            assert!(refers.is_some() || response["description"].is_string(), "{here} {status} has no description");
            assert_eq!(refers.is_some(), is_problem, "{here} {status}: problems have one form: {response}");
        }
    }
    assert_eq!(used.iter().map(String::as_str).collect::<BTreeSet<_>>(), tags, "tags that nothing bears");
    let text = description.to_string();
    for reference in Regex::new(r##""#(/components/[^"]+)""##).unwrap().captures_iter(&text) {
        assert!(description.pointer(&reference[1]).is_some(), "{} is not there", &reference[1]);
    }
}

#[tokio::test]
async fn it_is_served_as_what_it_is_with_the_portals_address() {
    let city = City::new().await;
    let answer = city.get("/api/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/vnd.oai.openapi+json;version=3.1");
    assert_eq!(answer.json()["servers"][0]["url"], "http://city.example");
    let older = city.get("/api/openapi-3.0.json").await;
    assert_eq!(older.header("content-type"), "application/vnd.oai.openapi+json;version=3.0");
    assert_eq!(older.json()["openapi"], "3.0.3");
}

#[tokio::test]
async fn pages_of_other_sites_may_read_and_only_read() {
    let city = City::new().await;
    city.sql(
        "insert into registers.kiosks (geom, title, passport_number, passport_status) \
         values (st_setsrid(st_point(30.5, 50.4), 4326), 'К', '1', 'дійсний')",
    )
    .await;
    let tile = "/tiles/kiosks/14/9580/5527";
    for path in [
        "/api/collections",
        "/api/collections/kiosks/items",
        "/api/collections/kiosks/export.csv",
        "/api/here?lon=30.5&lat=50.4",
        "/api/nothing",
        "/styles/light.json",
        "/tiles/kiosks",
        tile,
        // ready by now: it goes out past the middleware
        tile,
    ] {
        let answer = city.request(Request::get(path).header("origin", "https://blog.example")).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        let exposed = answer.header("access-control-expose-headers");
        for name in ["etag", "link", "content-crs", "ratelimit", "ratelimit-policy", "retry-after"] {
            assert!(exposed.split(", ").any(|one| one == name), "{path} hides {name}: {exposed}");
        }
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
        let preflight = Request::builder().method(Method::OPTIONS).uri(path).header("origin", "https://blog.example");
        let preflight = preflight
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "x-api-key");
        let preflight = city.request(preflight).await;
        assert_eq!(preflight.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(preflight.header("access-control-allow-methods"), "GET, HEAD, OPTIONS");
        assert!(preflight.header("access-control-allow-headers").contains("x-api-key"));
        assert_eq!(preflight.header("access-control-max-age"), "86400");
        assert_eq!(preflight.header("access-control-allow-origin"), "*");
    }
}
