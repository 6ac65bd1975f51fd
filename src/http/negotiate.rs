//! In which form an answer is wanted (the parameter `f`, otherwise `Accept`), and parameters of which none is overlooked.

use std::collections::HashSet;

use axum::extract::{FromRequestParts, Query};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::language::Language;
use super::problem::Problem;

/// The form of an answer that people and programs both read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Json,
    Html,
}

impl Format {
    pub const ALL: [(&str, Self); 2] = [("json", Self::Json), ("html", Self::Html)];

    /// HTML for who prefers it to every kind of JSON, as browsers do; JSON for everybody who does not say.
    fn accepted(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges: Vec<_> = lines.flat_map(|line| line.split(',')).map(range).collect();
        let weight = |fits: fn(&str) -> bool| {
            ranges.iter().filter(|(name, _)| fits(name)).map(|(_, weight)| *weight).fold(0.0, f32::max)
        };
        let html = weight(|name| matches!(name, "text/html" | "application/xhtml+xml" | "text/*"));
        let json = weight(|name| name.ends_with("json") || name == "application/*");
        let any = weight(|name| name == "*/*");
        if html > json && html >= any { Self::Html } else { Self::Json }
    }
}

/// A media range in small letters, and its weight (RFC 9110 §12.5.1).
fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';');
    let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.trim().parse().ok());
    (name, weight.unwrap_or(1.0))
}

/// As an extractor: 400 for an `f` that is neither.
impl<S: Send + Sync> FromRequestParts<S> for Format {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let named = parts.uri.query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("f=")));
        let Some(named) = named else { return Ok(Self::accepted(&parts.headers)) };
        Self::ALL
            .into_iter()
            .find(|(name, _)| *name == named)
            .map(|(_, format)| format)
            .ok_or_else(|| Problem::bad_request("f", "f має бути json або html", "f must be json or html"))
    }
}

/// What every route that is also a page knows, for the API's description.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Common {
    /// The form of the answer; unless told, `Accept` says it
    #[param(inline)]
    pub f: Option<Format>,
    /// The language of titles and problems; unless told, `Accept-Language` says it
    #[param(inline)]
    pub lang: Option<Language>,
}

/// A request's parameters, in their order.
#[derive(Debug, Clone, Default)]
pub struct Parameters(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(parameters) = read.map_err(|_| {
            Problem::bad_request(
                "query",
                "Параметри не прочитано: перевірте кодування",
                "The parameters cannot be read: check their encoding",
            )
        })?;
        let mut seen = HashSet::new();
        if let Some((name, _)) = parameters.iter().find(|(name, _)| !seen.insert(name.as_str())) {
            return Err(Problem::bad_request(
                name,
                format!("Параметр «{name}» вказано двічі"),
                format!("The parameter “{name}” is given twice"),
            ));
        }
        let language = parameters.iter().find(|(name, _)| name == "lang").map(|(_, value)| value.as_str());
        if language.is_some_and(|said| Language::ALL.iter().all(|language| language.tag() != said)) {
            return Err(Problem::bad_request("lang", "lang має бути uk або en", "lang must be uk or en"));
        }
        Ok(Self(parameters))
    }
}

impl Parameters {
    /// 400 for a parameter that is neither among `known` nor `f` or `lang`, which every route knows.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let strange = |(name, _): &&(String, String)| !known.contains(&name.as_str()) && !Self::is_common(name);
        match self.0.iter().find(strange) {
            Some((name, _)) => Err(unknown(name, known.iter().copied().chain(Self::COMMON))),
            None => Ok(()),
        }
    }

    /// What every route knows.
    pub const COMMON: [&'static str; 2] = ["f", "lang"];

    pub fn is_common(name: &str) -> bool {
        Self::COMMON.contains(&name)
    }

    /// The query part of an address that says the same, but for what `other` names anew; an empty value leaves it out.
    pub fn query(&self, other: &[(&str, &str)]) -> String {
        let kept = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = kept.filter(|(name, _)| other.iter().all(|(newer, _)| newer != name));
        let said = kept.chain(other.iter().copied()).filter(|(_, value)| !value.is_empty());
        said.map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect::<Vec<_>>().join("&")
    }

    pub fn get(&self, wanted: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }
}

/// The answer to a parameter that there is not.
pub fn unknown<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Problem {
    let known = known.collect::<Vec<_>>().join(", ");
    Problem::bad_request(
        name,
        format!("Невідомий параметр «{name}». Дозволено: {known}"),
        format!("Unknown parameter “{name}”. Allowed: {known}"),
    )
}

/// Percent-encoding of a part of a query (RFC 3986 §2.1, §3.4); what needs none stays readable.
pub fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            _ if byte.is_ascii_alphanumeric() || b"-._~,:/()".contains(&byte) => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_pages_and_programs_get_json() {
        for (accept, format) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", Format::Html),
            ("text/html", Format::Html),
            ("*/*", Format::Json),
            ("application/geo+json, application/json", Format::Json),
            ("application/json, text/html;q=0.5", Format::Json),
            ("text/html;q=0", Format::Json),
            ("image/png", Format::Json),
            ("", Format::Json),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(Format::accepted(&headers), format, "{accept}");
        }
    }

    #[test]
    fn an_address_says_all_that_the_request_said() {
        let said = [("bbox", "30,50,31,51"), ("limit", "5"), ("street", "вул. А"), ("after", "3")];
        let parameters = Parameters(said.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect());
        assert_eq!(
            parameters.query(&[("after", "17"), ("limit", "")]),
            "bbox=30,50,31,51&street=%D0%B2%D1%83%D0%BB.%20%D0%90&after=17"
        );
    }

    #[test]
    fn what_is_not_known_is_named_with_what_is() {
        let parameters = Parameters(vec![("f".into(), "json".into()), ("colour".into(), "red".into())]);
        let problem = parameters.only(&["limit"]).unwrap_err().to_string();
        assert!(problem.contains("colour") && problem.contains("limit, f, lang"), "{problem}");
        assert!(parameters.only(&["colour"]).is_ok());
    }
}
