//! What a slice adds to the API's landing page and to its declaration of conformance (OGC API – Common Part 1).
//!
//! Slices do not know each other, so each says its own, and `app` puts them together.

use serde::Serialize;
use utoipa::ToSchema;

use super::language::Language;
use super::links::Link;

/// What a slice offers.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    /// URIs of the conformance classes that it keeps.
    pub conformance: &'static [&'static str],
    /// Links for the landing page, made for the portal's address and the reader's language.
    pub links: fn(base: &str, language: Language) -> Vec<Link>,
    /// A collection whose items are no features, where the slice has one.
    pub collection: Option<fn(base: &str, language: Language) -> OtherCollection>,
}

/// A collection whose items are no features, as the list of collections shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OtherCollection {
    pub id: &'static str,
    pub title: String,
    pub description: String,
    /// What its items are, for example `record`.
    #[serde(rename = "itemType")]
    pub item_type: &'static str,
    pub links: Vec<Link>,
}

/// What all slices offer together.
#[derive(Debug, Clone, Default)]
pub struct Offers(pub Vec<Offer>);

impl Offers {
    /// Each conformance class once, in the order in which slices name them.
    pub fn conformance(&self) -> Vec<&'static str> {
        let mut classes: Vec<&'static str> = Vec::new();
        for class in self.0.iter().flat_map(|offer| offer.conformance) {
            if !classes.contains(class) {
                classes.push(class);
            }
        }
        classes
    }

    pub fn links(&self, base: &str, language: Language) -> Vec<Link> {
        self.0.iter().flat_map(|offer| (offer.links)(base, language)).collect()
    }

    pub fn collections(&self, base: &str, language: Language) -> Vec<OtherCollection> {
        self.0.iter().filter_map(|offer| Some((offer.collection?)(base, language))).collect()
    }
}
