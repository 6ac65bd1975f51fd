//! The stream of changes as a browser hears it.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::{Request, StatusCode};
use futures_util::StreamExt;
use serde_json::{Value as Json, json};

use crate::harness::City;

/// A server-sent event.
#[derive(Debug, Clone, Default, PartialEq)]
struct Event {
    name: String,
    id: String,
    data: String,
}

impl Event {
    fn json(&self) -> Json {
        serde_json::from_str(&self.data).unwrap()
    }
}

struct Stream {
    body: BodyDataStream,
    text: String,
}

impl Stream {
    async fn open(city: &City, path: &str) -> Self {
        Self::ask(city, Request::get(path)).await
    }

    async fn ask(city: &City, request: axum::http::request::Builder) -> Self {
        let answer = city.open(request).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { body: answer.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event that a browser would pass on: one with data.
    async fn next(&mut self) -> Event {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let mut event = Event::default();
                for line in block.lines() {
                    let (field, value) = line.split_once(':').unwrap_or((line, ""));
                    let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
                    match field {
                        "event" => event.name = value,
                        "id" => event.id = value,
                        "data" => event.data = value,
                        _ => {}
                    }
                }
                self.text = rest.to_owned();
                if event.data.is_empty() {
                    continue;
                }
                return event;
            }
            let bytes = tokio::time::timeout(Duration::from_secs(20), self.body.next()).await.expect("nothing came");
            self.text.push_str(std::str::from_utf8(&bytes.expect("the stream ended").unwrap()).unwrap());
        }
    }
}

fn insert(register: &str, id: i64, longitude: f64) -> String {
    format!(
        "insert into registers.{register} (id, title, geom) values ({id}, 'r{id}', \
         st_setsrid(st_point({longitude}, 50), 4326))"
    )
}

#[tokio::test]
async fn an_edit_is_told_to_those_who_look_there() {
    let city = City::new().await;
    let mut here = Stream::open(&city, "/api/changes?layers=kiosks&bbox=29,49,31,51").await;
    let mut elsewhere = Stream::open(&city, "/api/changes?layers=kiosks&bbox=40,49,41,51").await;
    let mut others = Stream::open(&city, "/api/changes?layers=appeals").await;
    for stream in [&mut here, &mut elsewhere, &mut others] {
        let hello = stream.next().await;
        assert_eq!(hello.name, "hello");
        assert!(!hello.id.is_empty());
    }
    city.sql(&insert("kiosks", 1, 30.0)).await;
    let change = here.next().await;
    assert_eq!(change.name, "change");
    assert_eq!(change.json(), json!({"layer": "kiosks", "ids": [1], "boxes": [[30.0, 50.0, 30.0, 50.0]]}));
    city.sql("update registers.kiosks set geom = st_setsrid(st_point(40.5, 50), 4326)").await;
    let moved = json!({"layer": "kiosks", "ids": [1], "boxes": [[30.0, 50.0, 30.0, 50.0], [40.5, 50.0, 40.5, 50.0]]});
    assert_eq!(here.next().await.json(), moved);
    assert_eq!(elsewhere.next().await.json(), moved, "the first that it hears");
    city.sql("insert into registers.appeals (id) values (5)").await;
    let placeless = others.next().await;
    assert_eq!(placeless.json(), json!({"layer": "appeals", "ids": [5], "boxes": []}));
}

#[tokio::test]
async fn what_is_told_is_the_position_to_go_on_from() {
    let city = City::new().await;
    let mut stream = Stream::open(&city, "/api/changes?layers=kiosks").await;
    let hello = stream.next().await;
    // one transaction, so one batch
    city.sql(&format!("begin; {}; {}; commit", insert("kiosks", 1, 30.0), insert("kiosks", 2, 31.0))).await;
    let (first, second) = (stream.next().await, stream.next().await);
    assert!(first.id.is_empty() && !second.id.is_empty(), "cut off in between, both are told again");
    drop(stream);
    city.sql(&insert("kiosks", 3, 30.0)).await;
    city.sql("truncate registers.kiosks").await;

    let back = Request::get("/api/changes?layers=kiosks&since=1:5:5:").header("last-event-id", &second.id);
    let mut stream = Stream::ask(&city, back).await;
    assert_eq!(stream.next().await.json()["ids"], json!([3]));
    assert_eq!(stream.next().await.json(), json!({"layer": "kiosks", "ids": null, "boxes": []}));
    let caught_up = stream.next().await;
    assert_eq!(caught_up.name, "hello");
    city.sql(&insert("kiosks", 4, 30.0)).await;
    assert_eq!(stream.next().await.json()["ids"], json!([4]), "and goes on");

    let mut stream = Stream::open(&city, &format!("/api/changes?layers=kiosks&since={}", hello.id)).await;
    let mut told = Vec::new();
    loop {
        match stream.next().await {
            event if event.name == "hello" => break,
            event => told.push(event.json()["ids"].clone()),
        }
    }
    assert_eq!(told, [json!([1]), json!([2]), json!([3]), json!(null), json!([4])]);
}

#[tokio::test]
async fn who_cannot_be_told_what_was_missed_is_told_to_begin_anew() {
    let city = City::new().await;
    for since in ["nonsense", "1:5:5:", "1:0:0:", "9999999999999:900:900:"] {
        let mut stream = Stream::open(&city, &format!("/api/changes?since={since}")).await;
        let (reset, hello) = (stream.next().await, stream.next().await);
        assert_eq!((reset.name.as_str(), hello.name.as_str()), ("reset", "hello"), "{since}");
        assert!(!reset.id.is_empty());
    }
}

#[tokio::test]
async fn a_large_edit_names_areas_and_not_records() {
    let city = City::new().await;
    let mut stream = Stream::open(&city, "/api/changes?layers=kiosks").await;
    stream.next().await;
    city.sql(
        "insert into registers.kiosks (title, geom) select 'k' || n, st_setsrid(st_point(30 + n * 1e-6, 50), 4326) \
         from generate_series(1, 1000) n",
    )
    .await;
    let change = stream.next().await.json();
    assert_eq!(change["ids"], json!(null));
    assert_eq!(change["boxes"].as_array().unwrap().len(), 1);
    let one_by_one: Vec<_> = (5_000..5_300).map(|id| insert("kiosks", id, 30.0)).collect();
    city.sql(&format!("begin; {}; commit", one_by_one.join(";"))).await;
    assert_eq!(stream.next().await.json(), json!({"layer": "kiosks", "ids": null, "boxes": []}));
}

#[tokio::test]
async fn a_listener_that_does_not_keep_up_begins_anew() {
    let city = City::new().await;
    let mut stream = Stream::open(&city, "/api/changes?layers=kiosks").await;
    stream.next().await;
    let mut attentive = Stream::open(&city, "/api/changes?layers=kiosks").await;
    attentive.next().await;
    // each is a batch of its own, because the other has heard of it before the next is made
    for id in 0..300 {
        city.sql(&insert("kiosks", id, 30.0)).await;
        attentive.next().await;
    }
    assert_eq!(stream.next().await.name, "reset");
    city.sql(&insert("kiosks", 1_000, 30.0)).await;
    assert_eq!(stream.next().await.json()["ids"], json!([1_000]));
}

#[tokio::test]
async fn wrong_requests_and_too_many_streams_are_refused() {
    let city = City::new().await;
    for (path, status) in [
        ("/api/changes?layers=kiosks,nothing", StatusCode::NOT_FOUND),
        ("/api/changes?layers=", StatusCode::NOT_FOUND),
        ("/api/changes?bbox=1,2,3", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(city.get(path).await.status, status, "{path}");
    }
    let from = |address: &str| Request::get("/api/changes").header("x-forwarded-for", address);
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(Stream::ask(&city, from("203.0.113.7")).await);
    }
    let refused = city.request(from("203.0.113.7")).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.header("retry-after").parse::<u32>().is_ok());
    Stream::ask(&city, from("203.0.113.8")).await;
    open.pop();
    Stream::ask(&city, from("203.0.113.7")).await;
}
