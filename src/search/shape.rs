//! What search answers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::catalogue::layer::Standing;

/// What was found, by layer.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = SearchAnswer)]
pub struct Found {
    /// As it was understood.
    pub q: String,
    /// The best first.
    pub groups: Vec<Group>,
    /// The place that “біля …” named; hits are then by their distance from it.
    pub around: Option<Around>,
    /// There is always one where nothing was found.
    pub suggestions: Vec<Suggestion>,
}

/// Hits of one layer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SearchGroup)]
pub struct Group {
    /// Null: a place whose coordinates were typed.
    pub layer: Option<String>,
    /// In the caller's language.
    pub title: String,
    /// The best first.
    pub hits: Vec<Hit>,
    /// Whether the layer has more of them: `layers` asks for it alone.
    pub more: bool,
}

/// A feature, or a bare place.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SearchHit)]
pub struct Hit {
    pub layer: Option<String>,
    pub id: Option<i64>,
    /// What it is called.
    #[schema(examples("вулиця Соборна, 12"))]
    pub title: String,
    /// What else is worth knowing of it; may be empty.
    pub subtitle: String,
    /// Which parts of the title were typed: beginnings and ends in UTF-16 units.
    pub marks: Vec<[usize; 2]>,
    pub why: Why,
    /// Longitude and latitude; null where it has no place.
    pub point: Option<[f64; 2]>,
    /// West, south, east, north.
    pub bbox: Option<[f64; 4]>,
    pub standing: Option<Standing>,
    /// How well it fits, up to 1.
    pub score: f32,
    /// From `near`, from `around`, or from the point that was asked about.
    pub metres: Option<f64>,
}

/// Why something was found.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = SearchWhy)]
pub struct Why {
    pub reasons: Vec<Reason>,
    /// For a person, in the caller's language; empty where the title says it all.
    #[schema(examples("раніше вулиця Леніна"))]
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SearchReason)]
pub enum Reason {
    /// What it is called.
    Name,
    /// What it, or its street, was called.
    FormerName,
    /// A number or code, or a part of one.
    Code,
    /// What is written in another field.
    Field,
    /// A slip of the fingers was overlooked.
    Typo,
    /// It was typed in other letters than its name is written in.
    Transliteration,
    /// It was typed with another keyboard layout on.
    Layout,
    /// The very house is not there.
    House,
    /// It is close to the place.
    Near,
    /// It is the place itself.
    Coordinates,
}

/// The place that “біля …” named.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SearchAround)]
pub struct Around {
    pub layer: Option<String>,
    pub id: Option<i64>,
    pub title: String,
    pub point: [f64; 2],
}

/// What else may be asked for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SearchSuggestion)]
pub struct Suggestion {
    pub kind: SuggestionKind,
    pub q: String,
    /// For a person, in the caller's language.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SearchSuggestionKind)]
pub enum SuggestionKind {
    DidYouMean,
    /// Of what can be looked for.
    Example,
}

/// Addresses near a point.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = NearestAddresses)]
pub struct Nearest {
    pub point: [f64; 2],
    /// The nearest first; none where there is no address within two kilometres.
    pub hits: Vec<Hit>,
}
