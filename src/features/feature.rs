//! Features and pages of them as the API's description tells; their bytes are written by `catalogue::geojson` and
//! `output`.

use serde::Serialize;
use utoipa::ToSchema;

use super::related::{More, Related};
use crate::http::links::Link;

/// A GeoJSON feature (RFC 7946 §3.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct Feature {
    /// `Feature`.
    #[serde(rename = "type")]
    kind: &'static str,
    id: i64,
    /// In the request's reference system, otherwise longitude before latitude; null where the place is not known.
    #[schema(value_type = Option<serde_json::Value>)]
    geometry: (),
    /// Public fields by name, and the computed `standing`.
    #[schema(value_type = Object)]
    properties: (),
    /// Counts the changes of a record from 1; absent where Misto does not keep the register.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
    /// When the version was recorded (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<String>,
    #[serde(flatten)]
    surroundings: Surroundings,
}

/// What a single feature has beside what it has in a page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Surroundings {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// What it is linked to and what is linked to it, as of the moment asked for; absent for an interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related: Option<Vec<Related>>,
    /// Of which links there are more than `related` names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_more: Vec<More>,
}

/// A page of features (OGC API – Features §7.16).
#[derive(Debug, Serialize, ToSchema)]
pub struct FeaturePage {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    kind: &'static str,
    features: Vec<Feature>,
    #[serde(rename = "numberReturned")]
    number_returned: i64,
    /// How many features there are on all pages; absent where counting them would take too long.
    #[serde(rename = "numberMatched")]
    #[serde(skip_serializing_if = "Option::is_none")]
    number_matched: Option<i64>,
    /// When the page was made (RFC 3339).
    #[serde(rename = "timeStamp")]
    time_stamp: String,
    /// Among them `next`, while there is more.
    links: Vec<Link>,
}
