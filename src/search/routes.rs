//! `/api/search…`.

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

use super::ask::Asked;
use super::batch::{self, Columns};
use super::shape::{Found, Nearest};
use super::{Engine, Search, explain, metres, read};
use crate::db::feed::Position;
use crate::http::language::Language;
use crate::http::problem::{Problem, ProblemBody};
use crate::text::coordinates::{self, Coordinates};

/// The part of the API's description that is about search.
#[derive(OpenApi)]
#[openapi(paths(search, reverse, batch))]
pub struct Description;

/// Characters of a question.
const LONGEST: usize = 200;
const DEFAULT_LIMIT: usize = 20;
const MOST: usize = 100;
const MOST_NEAREST: usize = 20;
/// A client that has heard of a change on another node names it here.
const AFTER: &str = "misto-after";
/// How long an answer waits for such a change.
const CATCHING_UP: Duration = Duration::from_secs(5);

/// A question.
#[derive(Debug, Default, Deserialize, IntoParams)]
struct Question {
    /// What is looked for, as a person types it: an address in any order and spelling, a street's former name, a parcel,
    /// a permit, an organisation, coordinates; `аптека біля Соборної 12`. Up to 200 characters; without any the answer is
    /// examples
    #[param(max_length = 200, example = "Соборна 12")]
    q: Option<String>,
    /// `uk` or `en`; otherwise as `Accept-Language` says
    #[param(pattern = "^(uk|en)?$")]
    lang: Option<String>,
    /// Longitude and latitude, `lon,lat`: of equals the nearer comes first
    #[param(example = "30.52,50.45")]
    near: Option<String>,
    /// Layer ids joined by commas; all unless told. Of a single layer all hits are given, of several the best few of each
    layers: Option<String>,
    /// Hits in all; 20 unless told, 100 at most
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// A point.
#[derive(Debug, Deserialize, IntoParams)]
struct Point {
    /// Degrees
    #[param(value_type = f64, required = true, minimum = -180, maximum = 180)]
    lon: Option<String>,
    /// Degrees
    #[param(value_type = f64, required = true, minimum = -85, maximum = 85)]
    lat: Option<String>,
    /// `uk` or `en`; otherwise as `Accept-Language` says
    #[param(pattern = "^(uk|en)?$")]
    lang: Option<String>,
    /// How many addresses; 1 unless told, 20 at most
    #[param(value_type = Option<i64>, minimum = 1, maximum = 20)]
    limit: Option<String>,
}

impl Search {
    pub fn routes(self) -> Router {
        Router::new().route("/api/search", get(search)).route("/api/search/reverse", get(reverse)).with_state(self)
    }

    /// What takes longer than other requests and brings a file.
    pub fn long_routes(self) -> Router {
        // the middleware has a limit of its own
        Router::new().route("/api/search/batch", post(batch)).layer(DefaultBodyLimit::disable()).with_state(self)
    }
}

/// What is found in all registers, by layer.
#[utoipa::path(get, path = "/api/search", tag = "search",
    params(Question, ("misto-after" = Option<String>, Header, description = "A position of the change feed: the answer \
        shows at least what had been edited by then")),
    responses((status = 200, body = Found), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "There is no such layer"),
        (status = 503, body = ProblemBody, description = "The registers are being read into memory")))]
async fn search(
    State(search): State<Search>,
    Query(question): Query<Question>,
    language: Language,
    headers: HeaderMap,
) -> Result<Json<Found>, Problem> {
    let engine = &search.0;
    let mut asked = engine.asked(question, language)?;
    engine.catch_up(&headers).await?;
    engine.is_ready()?;
    if let Some(Coordinates::Metres(one, other)) = coordinates::read(&asked.q) {
        let systems = read(&engine.systems).clone();
        asked.metres = metres::places(&engine.db.public, &systems, one, other).await?;
    }
    Ok(Json(engine.view().search(&asked)))
}

/// The addresses nearest to a point, within two kilometres.
#[utoipa::path(get, path = "/api/search/reverse", tag = "search", operation_id = "search_reverse", params(Point),
    responses((status = 200, body = Nearest), (status = 400, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "The registers are being read into memory")))]
async fn reverse(
    State(search): State<Search>,
    Query(point): Query<Point>,
    language: Language,
    headers: HeaderMap,
) -> Result<Json<Nearest>, Problem> {
    let engine = &search.0;
    let language = spoken(point.lang.as_deref(), language)?;
    let x = degrees("lon", point.lon.as_deref(), 180.0)?;
    let y = degrees("lat", point.lat.as_deref(), 85.0)?;
    let limit = limit(point.limit.as_deref(), 1, MOST_NEAREST)?;
    engine.catch_up(&headers).await?;
    engine.is_ready()?;
    let hits = engine.view().reverse(x, y, limit, language);
    Ok(Json(Nearest { point: [x, y].map(explain::rounded), hits }))
}

/// A table of addresses with their places: the rows of the CSV that is sent, with the columns `lon`, `lat`,
/// `matched_address`, `matched_id`, `score` (up to 1) and `result` (`found`, `ambiguous`, `weak` or `unknown`) after their own.
/// The delimiter and the encoding (UTF-8, windows-1251 or UTF-16) are recognised; the answer is in UTF-8. Up to 16 MB and
/// 50 000 rows.
#[utoipa::path(post, path = "/api/search/batch", tag = "search", operation_id = "search_batch", params(Columns),
    request_body(content = String, content_type = "text/csv", example = "address\nвул. Соборна, 12\n"),
    responses((status = 200, content_type = "text/csv", body = String), (status = 400, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 503, body = ProblemBody)))]
async fn batch(
    State(search): State<Search>,
    Query(columns): Query<Columns>,
    body: axum::body::Bytes,
) -> Result<Response, Problem> {
    search.0.is_ready()?;
    batch::answer(search.0.clone(), columns, body).await
}

impl Engine {
    fn asked(&self, question: Question, language: Language) -> Result<Asked, Problem> {
        let q = question.q.unwrap_or_default();
        if q.chars().count() > LONGEST {
            return Err(Problem::bad_request(
                "q",
                format!("Запит має бути не довший за {LONGEST} знаків."),
                format!("A question must not be longer than {LONGEST} characters."),
            ));
        }
        let q: String = q.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let plans =
            question.layers.as_deref().filter(|list| !list.is_empty()).map(|list| self.numbers(list)).transpose()?;
        Ok(Asked {
            q,
            language: spoken(question.lang.as_deref(), language)?,
            near: question.near.as_deref().filter(|near| !near.is_empty()).map(near).transpose()?,
            plans,
            limit: limit(question.limit.as_deref(), DEFAULT_LIMIT, MOST)?,
            metres: Vec::new(),
        })
    }

    /// Numbers of the plans of layers; a layer of which nothing is searched has none.
    fn numbers(&self, list: &str) -> Result<Vec<usize>, Problem> {
        let layers = self.catalogue.named(list)?;
        let is_named = |number: &usize| layers.iter().any(|layer| layer.id == self.plans[*number].layer.id);
        Ok((0..self.plans.len()).filter(is_named).collect())
    }

    /// Waits for a change that the client has heard of from another node.
    async fn catch_up(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let after = headers.get(AFTER).and_then(|after| after.to_str().ok());
        let Some(after) = after.and_then(|after| after.parse::<Position>().ok()) else { return Ok(()) };
        let reached = tokio::time::timeout(CATCHING_UP, self.shown.reached(&after)).await;
        reached.map_err(|_| Problem::unavailable())
    }
}

fn spoken(lang: Option<&str>, language: Language) -> Result<Language, Problem> {
    match lang {
        None | Some("") => Ok(language),
        Some("uk") => Ok(Language::Uk),
        Some("en") => Ok(Language::En),
        Some(_) => Err(Problem::bad_request("lang", "lang має бути uk або en", "lang must be uk or en")),
    }
}

fn near(text: &str) -> Result<(f64, f64), Problem> {
    let wrong = || {
        Problem::bad_request(
            "near",
            "near має бути «довгота,широта» у градусах, наприклад 30.52,50.45",
            "near must be “longitude,latitude” in degrees, for example 30.52,50.45",
        )
    };
    let (x, y) = text.split_once(',').ok_or_else(wrong)?;
    let number = |text: &str, most: f64| text.trim().parse().ok().filter(|number: &f64| number.abs() <= most);
    number(x, 180.0).zip(number(y, 90.0)).ok_or_else(wrong)
}

fn degrees(name: &str, text: Option<&str>, most: f64) -> Result<f64, Problem> {
    let number = text.and_then(|text| text.trim().parse::<f64>().ok()).filter(|number| number.abs() <= most);
    number.ok_or_else(|| {
        Problem::bad_request(
            name,
            format!("{name} має бути числом градусів від −{most} до {most}"),
            format!("{name} must be a number of degrees from −{most} to {most}"),
        )
    })
}

fn limit(text: Option<&str>, usual: usize, most: usize) -> Result<usize, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(usual) };
    text.parse().ok().filter(|limit| (1..=most).contains(limit)).ok_or_else(|| {
        Problem::bad_request(
            "limit",
            format!("limit має бути цілим числом від 1 до {most}"),
            format!("limit must be a whole number from 1 to {most}"),
        )
    })
}
