//! What all HTTP answers have in common: problems, languages, forms, pages, links, headers, cache validation.

pub mod bbox;
pub mod cors;
pub mod etag;
pub mod language;
pub mod layers;
pub mod limit;
pub mod links;
pub mod moment;
pub mod negotiate;
pub mod offer;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod stopping;
