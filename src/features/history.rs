//! The history of a feature: its versions, and what each changed.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::catalogue::layer::{Bilingual, Layer};
use crate::catalogue::select::{Selection, select};
use crate::catalogue::versions::query::versions;
use crate::catalogue::versions::{Change, Event, Step, steps};
use crate::formats::ewkb;
use crate::http::links::Link;
use crate::http::moment;
use crate::http::negotiate::Parameters;
use crate::http::problem::Problem;

const DEFAULT_LIMIT: usize = 20;
const MOST: usize = 100;

/// Which part of a history is asked for.
#[derive(Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// How many versions; 20 unless told, 100 at most
    limit: Option<usize>,
    /// Only versions from before this moment; taken from the next link of the page before
    before: Option<String>,
}

impl HistoryQuery {
    pub fn read(parameters: &Parameters) -> Result<Self, Problem> {
        let limit = parameters.get("limit").map(|text| text.parse().ok().filter(|limit| *limit > 0));
        if limit == Some(None) {
            return Err(Problem::bad_request(
                "limit",
                format!("limit має бути цілим числом від 1 до {MOST}"),
                format!("limit must be a whole number from 1 to {MOST}"),
            ));
        }
        Ok(Self { limit: limit.flatten(), before: parameters.get("before").map(str::to_owned) })
    }
}

/// What has happened to a feature, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct History {
    /// Among them `next`, while there is more.
    pub links: Vec<Link>,
    pub versions: Vec<VersionStep>,
}

/// A version, or the deletion that ended one. Moments are RFC 3339.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionStep {
    /// Counts from 1; of a deletion, the last one that there was.
    pub version: i32,
    pub from: String,
    /// Null where it is still so.
    pub until: Option<String>,
    pub event: EventName,
    /// Public fields that differ from the version before; of a new feature, all that it has.
    pub changes: Vec<FieldChange>,
    /// Null where it is the one of the version before.
    pub geometry: Option<GeometryChange>,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventName {
    Created,
    Changed,
    Deleted,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FieldChange {
    pub field: String,
    pub title: Bilingual,
    #[schema(value_type = serde_json::Value)]
    pub old: Json,
    #[schema(value_type = serde_json::Value)]
    pub new: Json,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct GeometryChange {
    pub changed: bool,
    /// GeoJSON, EPSG:4326; null where there was none.
    #[schema(value_type = Option<serde_json::Value>)]
    pub old: Option<Box<RawValue>>,
    #[schema(value_type = Option<serde_json::Value>)]
    pub new: Option<Box<RawValue>>,
}

impl History {
    /// None where there has never been such a feature. `own_url` is the feature's.
    pub async fn read(
        public: &PgPool,
        layer: &Arc<Layer>,
        id: i64,
        query: &HistoryQuery,
        own_url: &str,
    ) -> Result<Option<Self>, Problem> {
        let selection = select(layer, Caller::Public);
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MOST);
        let before = query.before.as_deref().map(before).transpose()?;
        let page = versions(public, &selection, id, before.as_deref(), limit).await??;
        if page.versions.is_empty() && before.is_none() {
            return Ok(None);
        }
        let url = |before: Option<&str>| {
            let before = before.map(|before| format!("&before={before}")).unwrap_or_default();
            format!("{own_url}/history?limit={limit}{before}")
        };
        let mut links = vec![Link::new("self", "application/json", url(before.as_deref()))];
        if let (Some(last), Some(_)) = (page.versions.last(), &page.older) {
            links.push(Link::new("next", "application/json", url(Some(&last.recorded_at))));
        }
        let steps = steps(&selection, &page.versions, page.older.as_ref(), before.as_deref());
        let versions = steps.into_iter().map(|step| VersionStep::new(&selection, step)).collect::<Result<_, _>>()?;
        Ok(Some(Self { links, versions }))
    }
}

fn before(text: &str) -> Result<String, Problem> {
    let taken = moment::read(text).map(moment::write);
    taken.map_err(|_| {
        Problem::bad_request(
            "before",
            "before береться з посилання next попередньої сторінки",
            "before is taken from the next link of the page before",
        )
    })
}

impl VersionStep {
    fn new(selection: &Selection, step: Step<'_>) -> Result<Self, Problem> {
        let geometry = match step.geometry {
            Some(moved) => Some(GeometryChange { changed: true, old: geojson(moved.old)?, new: geojson(moved.new)? }),
            None => None,
        };
        Ok(Self {
            version: step.version,
            from: step.from.to_owned(),
            until: step.until.map(str::to_owned),
            event: step.event.into(),
            changes: step.changes.iter().map(|change| FieldChange::new(selection, change)).collect(),
            geometry,
        })
    }
}

impl FieldChange {
    fn new(selection: &Selection, change: &Change<'_>) -> Self {
        let field = selection.field(change.field);
        Self {
            field: field.name.clone(),
            title: field.title.clone(),
            old: Json::from(change.old.clone()),
            new: Json::from(change.new.clone()),
        }
    }
}

impl From<Event> for EventName {
    fn from(event: Event) -> Self {
        match event {
            Event::Created => Self::Created,
            Event::Changed => Self::Changed,
            Event::Deleted => Self::Deleted,
        }
    }
}

fn geojson(ewkb: Option<&[u8]>) -> Result<Option<Box<RawValue>>, Problem> {
    ewkb.map(|ewkb| ewkb::to_geojson(ewkb).map_err(|error| Problem::internal(&error))).transpose()
}
