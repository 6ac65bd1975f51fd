//! The caller's language: the parameter `lang`, otherwise `Accept-Language` (RFC 9110 §12.5.4).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use serde::Serialize;
use utoipa::ToSchema;

/// A language of the interface. As an extractor: the request's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Uk,
    En,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::Uk, Self::En];

    /// What `lang` says; otherwise English where it is preferred to Ukrainian, and Ukrainian for everybody who does not
    /// say.
    pub fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        Self::said(uri).unwrap_or(if prefers_english(headers) { Self::En } else { Self::Uk })
    }

    /// The language that the parameter `lang` names.
    pub fn said(uri: &Uri) -> Option<Self> {
        let named = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("lang="))?;
        Self::ALL.into_iter().find(|language| language.tag() == named)
    }

    /// The tag of RFC 5646.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Uk => "uk",
            Self::En => "en",
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri, &parts.headers))
    }
}

fn prefers_english(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let weight = |language: &str| {
        let ranges = accepted.split(',').filter_map(|range| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse::<f32>().ok());
            primary.eq_ignore_ascii_case(language).then_some(weight).flatten()
        });
        ranges.fold(0.0, f32::max)
    };
    weight("en") > weight("uk")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_comes_before_the_header() {
        let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, "en".parse().unwrap())]);
        let of = |uri: &'static str| Language::of(&Uri::from_static(uri), &headers);
        assert_eq!(of("/api?f=html&lang=uk"), Language::Uk);
        assert_eq!(of("/api?lang=de"), Language::En);
        assert_eq!(of("/api"), Language::En);
    }

    #[test]
    fn ukrainian_unless_english_is_preferred() {
        let english = |accepted: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
            prefers_english(&headers)
        };
        assert!(english("en-GB,en;q=0.9,uk;q=0.8"));
        assert!(!english("uk-UA,uk;q=0.9,en;q=0.8"));
        assert!(!english("de"));
        assert!(!english("en;q=x"));
        assert!(!prefers_english(&HeaderMap::new()));
    }
}
