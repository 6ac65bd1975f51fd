//! What all HTTP answers have in common: problems, languages, links, headers, cache validation.

pub mod bbox;
pub mod cors;
pub mod etag;
pub mod language;
pub mod layers;
pub mod limit;
pub mod links;
pub mod moment;
pub mod problem;
pub mod stopping;
