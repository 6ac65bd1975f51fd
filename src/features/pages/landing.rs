//! The page of the API, and of the standards that it keeps.

use std::collections::HashSet;

use axum::http::HeaderMap;
use axum::response::Response;
use maud::html;
use serde_json::json;

use crate::features::landing::{Conformance, DESCRIPTION, Landing};
use crate::http::language::Language;
use crate::http::page::{HTML, Page, say};

/// `/api`.
pub fn landing(landing: &Landing, base: &str, language: Language, headers: &HeaderMap) -> Response {
    let title = say(language, "API геопорталу міста", "API of the city geoportal");
    let [uk, en] = DESCRIPTION;
    let description = say(language, uk, en);
    let mut seen = HashSet::new();
    let others = landing.links.iter().filter(|link| !matches!(link.rel, "self" | "alternate"));
    // some are there under two relations
    let (read, called): (Vec<_>, Vec<_>) =
        others.filter(|link| seen.insert(&link.href)).partition(|link| link.kind == HTML);
    let body = html! {
        h1 { (title) }
        p.lead { (description) }
        ul.actions {
            @for link in read {
                li { a href=(link.href) { (link.title.as_deref().unwrap_or(link.rel)) } }
            }
        }
        h2 { (say(language, "Для програм", "For programs")) }
        p {
            (say(
                language,
                "Будь-який клієнт стандартів OGC (QGIS, GDAL, OWSLib) підключається за адресою ",
                "Any client of OGC standards (QGIS, GDAL, OWSLib) connects to ",
            ))
            code { (base) "/api" } "."
        }
        dl.facts {
            @for link in called {
                div {
                    dt { (link.title.as_deref().unwrap_or(link.rel)) }
                    dd { a href=(link.href) { code { (link.href.strip_prefix(base).unwrap_or(&link.href)) } } }
                }
            }
        }
    };
    let data = json!({
        "@context": "https://schema.org/",
        "@type": "DataCatalog",
        "name": title,
        "description": description,
        "url": format!("{base}/api"),
        "inLanguage": ["uk", "en"],
    });
    let page = Page {
        base,
        language,
        path: "/api",
        query: "",
        title,
        description,
        trail: &[],
        alternates: &[("application/json", format!("{base}/api?f=json"))],
        data: Some(data),
        body,
    };
    page.response(headers)
}

/// `/api/conformance`.
pub fn conformance(conformance: &Conformance, base: &str, language: Language, headers: &HeaderMap) -> Response {
    let title = say(language, "Стандарти, яких дотримано", "Standards that are kept");
    let description =
        say(language, "Класи відповідності стандартам OGC API.", "Conformance classes of the OGC API standards.");
    let body = html! {
        h1 { (title) }
        p { (description) }
        ul.plain {
            @for class in &conformance.conforms_to { li { code { (class) } } }
        }
    };
    let page = Page {
        base,
        language,
        path: "/api/conformance",
        query: "",
        title,
        description,
        trail: &[("API", "/api")],
        alternates: &[("application/json", format!("{base}/api/conformance?f=json"))],
        data: None,
        body,
    };
    page.response(headers)
}
