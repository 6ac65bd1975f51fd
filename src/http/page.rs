//! Pages for people and search engines: one frame for all, in two languages, without scripts, light and dark.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value as Json;

use super::etag::validated;
use super::language::Language;

/// The pages' style sheet; its address changes with it.
const STYLE: &str = include_str!("page.css");
/// The media type of pages, as links name it.
pub const HTML: &str = "text/html";
const HTML_IN_UTF_8: &str = "text/html; charset=utf-8";

/// A page: what is its own, to be put into the frame.
#[derive(Debug)]
pub struct Page<'p> {
    /// The portal's address, without a slash at its end.
    pub base: &'p str,
    pub language: Language,
    /// The page's path, for example `/api/collections`.
    pub path: &'p str,
    /// What of the query makes it this page (neither `f` nor `lang`), encoded; may be empty.
    pub query: &'p str,
    pub title: &'p str,
    /// A sentence or two, for search engines.
    pub description: &'p str,
    /// The pages above this one, from the top, as titles and paths.
    pub trail: &'p [(&'p str, &'p str)],
    /// The same in other forms: media type and address.
    pub alternates: &'p [(&'p str, String)],
    /// What the page is about, as schema.org says it (JSON-LD).
    pub data: Option<Json>,
    pub body: Markup,
}

/// `/page.css`.
pub fn routes() -> Router {
    Router::new().route("/page.css", get(style))
}

async fn style() -> Response {
    // the pages' links name its hash
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    ([(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")), (CACHE_CONTROL, forever)], STYLE)
        .into_response()
}

/// One of two texts.
pub fn say<'t>(language: Language, uk: &'t str, en: &'t str) -> &'t str {
    match language {
        Language::Uk => uk,
        Language::En => en,
    }
}

impl Page<'_> {
    /// The whole page, with an ETag; 304 for who has it.
    pub fn response(&self, request: &HeaderMap) -> Response {
        let mut response = validated(request, HTML_IN_UTF_8, self.render().into_string());
        response
            .headers_mut()
            .insert(axum::http::header::CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        response
    }

    /// The page's address in a language; without one, that which is in the reader's.
    fn address(&self, language: Option<Language>) -> String {
        let language = language.map(|language| format!("lang={}", language.tag()));
        let query: Vec<_> =
            [self.query, language.as_deref().unwrap_or_default()].into_iter().filter(|part| !part.is_empty()).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{}", self.base, self.path, query.join("&"))
    }

    fn render(&self) -> Markup {
        let language = self.language;
        html! {
            (DOCTYPE)
            html lang=(language.tag()) prefix="og: https://ogp.me/ns#" {
                (self.head())
                body {
                    a.skip href="#main" { (say(language, "До змісту", "Skip to content")) }
                    (self.header())
                    main #main tabindex="-1" { (self.trail()) (self.body) }
                    (self.footer())
                }
            }
        }
    }

    fn head(&self) -> Markup {
        let site = say(self.language, "Геопортал міста", "City geoportal");
        html! {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (self.title) " — " (site) }
                meta name="description" content=(self.description);
                link rel="canonical" href=(self.address(Some(self.language)));
                @for language in Language::ALL {
                    link rel="alternate" hreflang=(language.tag()) href=(self.address(Some(language)));
                }
                link rel="alternate" hreflang="x-default" href=(self.address(None));
                @for (media_type, href) in self.alternates {
                    link rel="alternate" type=(media_type) href=(href);
                }
                meta property="og:type" content="website";
                meta property="og:site_name" content=(site);
                meta property="og:title" content=(self.title);
                meta property="og:description" content=(self.description);
                meta property="og:url" content=(self.address(Some(self.language)));
                link rel="stylesheet" href={ "/page.css?v=" (fingerprint()) };
                link rel="icon" href="data:,";
                @if let Some(data) = &self.data {
                    // not executed, so that the policy against inline scripts does not concern it
                    script type="application/ld+json" { (PreEscaped(data.to_string().replace('<', "\\u003c"))) }
                }
            }
        }
    }

    fn header(&self) -> Markup {
        let language = self.language;
        html! {
            header.top {
                a.home href={ "/?lang=" (language.tag()) } { (say(language, "Геопортал міста", "City geoportal")) }
                nav aria-label=(say(language, "Розділи", "Sections")) {
                    a href={ "/?lang=" (language.tag()) } { (say(language, "Мапа", "Map")) }
                    a href={ "/api/collections?lang=" (language.tag()) } { (say(language, "Реєстри", "Registers")) }
                    a href={ "/api?lang=" (language.tag()) } { "API" }
                    @for other in Language::ALL.into_iter().filter(|other| *other != language) {
                        a href=(self.address(Some(other))) hreflang=(other.tag()) lang=(other.tag()) rel="alternate" {
                            (say(other, "Українською", "In English"))
                        }
                    }
                }
            }
        }
    }

    fn trail(&self) -> Markup {
        html! {
            @if !self.trail.is_empty() {
                nav.trail aria-label=(say(self.language, "Де ви", "Where you are")) {
                    ol {
                        @for (title, path) in self.trail {
                            li { a href={ (path) "?lang=" (self.language.tag()) } { (title) } }
                        }
                        li aria-current="page" { (self.title) }
                    }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        html! {
            footer.bottom {
                @for (media_type, href) in self.alternates {
                    a href=(href) rel="alternate" type=(media_type) {
                        (say(self.language, "Ця сторінка як ", "This page as ")) (form(media_type))
                    }
                }
                a href="/api/openapi.json" { (say(self.language, "Опис API (OpenAPI)", "API description (OpenAPI)")) }
            }
        }
    }
}

/// What people call a media type.
fn form(media_type: &str) -> &str {
    match media_type {
        "application/geo+json" => "GeoJSON",
        "application/json" | "application/schema+json" => "JSON",
        "application/ld+json" => "JSON-LD",
        other => other,
    }
}

/// Of the style sheet.
fn fingerprint() -> String {
    super::etag::strong(STYLE.as_bytes()).to_str().unwrap_or_default().trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: Markup, data: Option<Json>) -> String {
        let page = Page {
            base: "https://city.example",
            language: Language::Uk,
            path: "/api/collections/kiosks/items",
            query: "after=5",
            title: "Кіоски & «інше»",
            description: "<опис>",
            trail: &[("Реєстри", "/api/collections")],
            alternates: &[("application/geo+json", "https://city.example/x?f=json".to_owned())],
            data,
            body,
        };
        page.render().into_string()
    }

    #[test]
    fn a_page_names_itself_in_both_languages_and_other_forms() {
        let text = page(html! { p { "a < b" } }, None);
        for part in [
            "<html lang=\"uk\"",
            "rel=\"canonical\" href=\"https://city.example/api/collections/kiosks/items?after=5&amp;lang=uk\"",
            "hreflang=\"en\" href=\"https://city.example/api/collections/kiosks/items?after=5&amp;lang=en\"",
            "hreflang=\"x-default\" href=\"https://city.example/api/collections/kiosks/items?after=5\"",
            "rel=\"alternate\" type=\"application/geo+json\"",
            "a &lt; b",
            "Кіоски &amp; «інше»",
        ] {
            assert!(text.contains(part), "{part} is missing of {text}");
        }
    }

    #[test]
    fn data_cannot_end_its_block() {
        let text = page(html! {}, Some(serde_json::json!({ "name": "</script><script>alert(1)</script>" })));
        assert_eq!(text.matches("</script>").count(), 1, "{text}");
    }
}
