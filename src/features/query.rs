//! Reading features: one by id, or a page by box and property values.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgPool, Row};
use utoipa::ToSchema;

use super::collection::GEOJSON;
use super::related::{More, Related};
use crate::auth::Caller;
use crate::catalogue::filter::Filter;
use crate::catalogue::layer::Layer;
use crate::catalogue::select::{Selection, select};
use crate::formats::ewkb;
use crate::http::bbox;
use crate::http::links::Link;
use crate::http::moment;
use crate::http::negotiate::percent;
use crate::http::problem::Problem;

pub const DEFAULT_LIMIT: i64 = 100;
pub const MOST: i64 = 10_000;
/// A page ends early when its geometry has grown to this, so that one request cannot take the machine's memory.
const PAGE_BYTES: usize = 8 << 20;

/// A GeoJSON feature (RFC 7946 §3.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct Feature {
    #[serde(rename = "type")]
    kind: &'static str,
    pub id: i64,
    /// EPSG:4326, longitude before latitude; null where the place is not known.
    #[schema(value_type = Option<serde_json::Value>)]
    geometry: Box<RawValue>,
    /// Public fields by name, and the computed `standing`.
    #[schema(value_type = serde_json::Value)]
    properties: Map<String, Json>,
    /// Counts the changes of a record from 1; absent where Misto does not keep the register.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
    /// When the version was recorded (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// What it is linked to and what is linked to it; of a single feature only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related: Option<Vec<Related>>,
    /// Of which links there are more than `related` names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_more: Vec<More>,
}

/// A page of features (OGC API – Features §7.16).
#[derive(Debug, Serialize, ToSchema)]
pub struct FeaturePage {
    #[serde(rename = "type")]
    kind: &'static str,
    features: Vec<Feature>,
    /// Among them `next`, while there is more.
    links: Vec<Link>,
    #[serde(rename = "numberReturned")]
    number_returned: usize,
}

/// What a page holds.
#[derive(Debug, Clone, PartialEq)]
pub struct PageQuery {
    pub filter: Filter,
    pub limit: i64,
    /// The last id of the page before.
    pub after: i64,
    /// The moment as of which the register is read; none for the present.
    pub moment: Option<DateTime<Utc>>,
}

/// What the public may read of a layer, as of a moment where there is one.
fn selection(layer: &Arc<Layer>, moment: Option<DateTime<Utc>>) -> Result<Selection, Problem> {
    let selection = select(layer, Caller::Public);
    Ok(match moment {
        Some(moment) => selection.as_of(moment)?,
        None => selection,
    })
}

/// One feature, or none with that id.
pub async fn one(
    public: &PgPool,
    layer: &Arc<Layer>,
    id: i64,
    moment: Option<DateTime<Utc>>,
) -> Result<Option<Feature>, Problem> {
    let selection = selection(layer, moment)?;
    let sql = format!(
        "select {}, {} from {} where {} = $1",
        selection.columns(&selection.fields),
        selection.stamp(),
        selection.relation(),
        selection.id()
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(public).await?;
    row.map(|row| feature(&selection, &row)).transpose()
}

/// A page of features in the order of ids.
pub async fn page(
    public: &PgPool,
    layer: &Arc<Layer>,
    query: &PageQuery,
    own_url: &str,
) -> Result<FeaturePage, Problem> {
    let selection = selection(layer, query.moment)?;
    let conditions = query.filter.conditions(&selection, 3, "bbox, limit, after, datetime")?;
    let after = [format!("{} > $1", selection.id())];
    let all: Vec<_> = after.iter().chain(&conditions.sql).map(String::as_str).collect();
    let sql = format!(
        "select {}, {} from {} where {} order by {} limit $2",
        selection.columns(&selection.fields),
        selection.stamp(),
        selection.relation(),
        all.join(" and "),
        selection.id()
    );
    // one more than asked for tells whether there is a next page
    let statement = sqlx::query(AssertSqlSafe(sql)).bind(query.after).bind(query.limit + 1);
    let mut rows = conditions.bind(statement).fetch(public);
    let (mut features, mut bytes, mut more) = (Vec::new(), 0, false);
    while let Some(row) = rows.try_next().await? {
        if features.len() as i64 == query.limit || bytes > PAGE_BYTES {
            more = true;
            break;
        }
        let feature = feature(&selection, &row)?;
        bytes += feature.geometry.get().len();
        features.push(feature);
    }
    drop(rows);
    let mut links = vec![Link::new("self", GEOJSON, query.url(own_url, query.after))];
    if let Some(last) = features.last().filter(|_| more) {
        links.push(Link::new("next", GEOJSON, query.url(own_url, last.id)));
    }
    Ok(FeaturePage { kind: "FeatureCollection", number_returned: features.len(), features, links })
}

fn feature(selection: &Selection, row: &PgRow) -> Result<Feature, Problem> {
    let stamp = selection.fields.len() + 3;
    let (version, recorded) = (row.try_get(stamp)?, row.try_get(stamp + 1)?);
    let row = selection.read(row, &selection.fields)?;
    let names = selection.fields.iter().map(|&index| selection.field(index).name.clone());
    let mut properties: Map<_, _> = names.zip(row.values.into_iter().map(Json::from)).collect();
    if selection.layer.status.is_some() {
        properties.insert("standing".to_owned(), row.standing.into());
    }
    let geometry = match &row.ewkb {
        Some(bytes) => ewkb::to_geojson(bytes).map_err(|error| Problem::internal(&error))?,
        None => RawValue::NULL.to_owned(),
    };
    Ok(Feature {
        kind: "Feature",
        id: row.id,
        geometry,
        properties,
        version,
        recorded,
        links: Vec::new(),
        related: None,
        related_more: Vec::new(),
    })
}

impl PageQuery {
    /// Reads the request's parameters; every name that is not `bbox`, `limit`, `after` or `datetime` is a property.
    pub fn read(parameters: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut query = Self { filter: Filter::default(), limit: DEFAULT_LIMIT, after: i64::MIN, moment: None };
        for (name, value) in parameters {
            match name.as_str() {
                "bbox" => query.filter.bbox = Some(bbox::read(&value)?),
                "limit" => query.limit = limit(&value)?,
                "after" => query.after = after(&value)?,
                "datetime" => query.moment = Some(moment::read(&value)?),
                _ => query.filter.properties.push((name, value)),
            }
        }
        Ok(query)
    }

    /// The address of the page after the feature `after`.
    fn url(&self, own_url: &str, after: i64) -> String {
        let mut parts = vec![format!("limit={}", self.limit)];
        if let Some(bbox) = self.filter.bbox {
            parts.push(format!("bbox={}", bbox.map(|bound| bound.to_string()).join(",")));
        }
        parts.extend(self.moment.map(|at| format!("datetime={}", moment::write(at))));
        let properties = self.filter.properties.iter();
        parts.extend(properties.map(|(name, value)| format!("{}={}", percent(name), percent(value))));
        if after != i64::MIN {
            parts.push(format!("after={after}"));
        }
        format!("{own_url}?{}", parts.join("&"))
    }
}

fn limit(text: &str) -> Result<i64, Problem> {
    // a limit above the most is not an error: the server returns what it can (OGC API – Features §7.15.2)
    text.parse().ok().filter(|limit| *limit > 0).map(|limit: i64| limit.min(MOST)).ok_or_else(|| {
        Problem::bad_request(
            "limit",
            format!("limit має бути цілим числом від 1 до {MOST}"),
            format!("limit must be a whole number from 1 to {MOST}"),
        )
    })
}

fn after(text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| {
        Problem::bad_request(
            "after",
            "after береться з посилання next попередньої сторінки",
            "after is taken from the next link of the page before",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &[(&str, &str)]) -> Result<PageQuery, Problem> {
        PageQuery::read(parameters.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect())
    }

    #[test]
    fn the_next_address_says_all_that_the_first_said() {
        let query = read(&[("bbox", "30,50,31,51"), ("limit", "5"), ("street", "вул. А")]).unwrap();
        assert_eq!(
            query.url("/items", 17),
            "/items?limit=5&bbox=30,50,31,51&street=%D0%B2%D1%83%D0%BB.%20%D0%90&after=17"
        );
    }

    #[test]
    fn wrong_parameters_are_refused() {
        for (name, value) in [
            ("bbox", "1,2,3"),
            ("bbox", "a,b,c,d"),
            ("bbox", "0,50,NaN,51"),
            ("bbox", "0,51,1,50"),
            ("bbox", "0,0,inf,1"),
            ("limit", "0"),
            ("limit", "ten"),
            ("after", "x"),
        ] {
            assert!(read(&[(name, value)]).is_err(), "{name}={value}");
        }
        assert_eq!(read(&[("limit", "999999999")]).unwrap().limit, MOST);
    }
}
