//! `/developers`.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use utoipa::OpenApi;

use super::Developers;
use super::examples::Example;
use crate::config::Publisher;
use crate::http::language::Language;
use crate::http::links::{BaseUrl, Link};
use crate::http::negotiate::Parameters;
use crate::http::offer::Offer;
use crate::http::page::{HTML, Page, say};
use crate::http::problem::Problem;

/// The part of the API's description that is about describing it to people.
#[derive(OpenApi)]
#[openapi(paths(developers))]
pub struct Description;

/// What the page adds to the API's landing page.
pub fn offer() -> Offer {
    Offer { conformance: &[], links, collection: None }
}

fn links(base: &str, language: Language) -> Vec<Link> {
    vec![Link::new("service-doc", HTML, format!("{base}/developers")).titled(title(language))]
}

fn title(language: Language) -> &'static str {
    say(language, "Розробникам", "For developers")
}

impl Developers {
    pub fn routes(self) -> Router {
        Router::new().route("/developers", get(developers)).with_state(self)
    }
}

/// How to read the data with curl, MapLibre, QGIS, GDAL, Python and R, with examples for this portal.
#[utoipa::path(get, path = "/developers", tag = "operations",
    params(("lang" = Option<String>, Query, description = "uk or en; otherwise as Accept-Language says")),
    responses((status = 200, content_type = "text/html", body = String), (status = 400)))]
async fn developers(
    State(state): State<Developers>,
    parameters: Parameters,
    BaseUrl(base): BaseUrl,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    parameters.only(&[])?;
    let sample = state.sample(base).await?;
    let page = Page {
        base: &sample.base,
        language,
        path: "/developers",
        query: "",
        title: title(language),
        description: say(
            language,
            "Дані міста у ваших програмах: приклади для curl, MapLibre, QGIS, GDAL, Python і R.",
            "The city’s data in your programs: examples for curl, MapLibre, QGIS, GDAL, Python and R.",
        ),
        trail: &[("API", "/api")],
        alternates: &[],
        data: None,
        body: body(&sample.examples(), &state.publisher, language),
    };
    Ok(page.response(&headers))
}

fn body(examples: &[Example], publisher: &Publisher, language: Language) -> Markup {
    html! {
        h1 { (title(language)) }
        p.lead {
            (say(
                language,
                "Усе, що показує портал, відкрите й для програм. Приклади нижче справжні: скопіюйте, і вони запрацюють.",
                "All that the portal shows is open to programs. The examples below are real: copy them and they work.",
            ))
        }
        nav aria-label=(say(language, "Зміст", "Contents")) {
            ul.actions {
                @for example in examples { li { a href={ "#" (example.id) } { (example.title.get(language)) } } }
            }
        }
        @for example in examples {
            section aria-labelledby=(example.id) {
                h2 #(example.id) { (example.title.get(language)) }
                p { (example.says.get(language)) }
                @for (program, text) in &example.code {
                    // scrolled by keyboard where it is wider than the screen
                    pre tabindex="0" aria-label=(program) { code { (text) } }
                }
            }
        }
        (contact(publisher, language))
    }
}

fn contact(publisher: &Publisher, language: Language) -> Markup {
    html! {
        @if let Some(email) = &publisher.email {
            p {
                (say(language, "Запитання й прохання про ключ: ", "Questions, and requests for a key: "))
                a href={ "mailto:" (email) } { (email) }
                @if let Some(name) = &publisher.name { " (" (name) ")" }
            }
        }
    }
}
