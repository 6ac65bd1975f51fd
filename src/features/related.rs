//! What a feature is linked to, and what is linked to it.

mod query;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::catalogue::Catalogue;
use crate::catalogue::layer::{Bilingual, CheckRule, Layer, Severity};
use crate::catalogue::linked::LinkEnd;
use crate::http::language::Language;
use crate::http::problem::Problem;

/// How many features of one link a card names.
const MOST: i64 = 50;

/// A feature at the other end of a link.
#[derive(Debug, Serialize, ToSchema)]
pub struct Related {
    /// Name of the link, unique in the layer that declares it.
    pub link: String,
    /// What to call it: of the link, or of the layer that the feature is in where the link leads from there to here.
    pub title: Bilingual,
    /// The layer that the feature is in.
    pub layer: String,
    pub id: i64,
    /// What the feature is called, in the request's language.
    pub name: String,
    /// What its status means on that day; null in a layer without a status.
    pub standing: Option<String>,
    /// How far away it is, where the link looks for the nearest.
    pub metres: Option<f64>,
    /// Whether the link leads from that feature to this one.
    pub reverse: bool,
    /// What it means that the link leads anywhere, where nothing should be ("Stands within red lines"): of the layer's
    /// `linked` checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<Warning>,
}

/// What is wrong with a feature because a link leads somewhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct Warning {
    severity: Severity,
    pub says: Bilingual,
}

/// How many more features there are at the other end of a link than are named.
#[derive(Debug, Serialize, ToSchema)]
pub struct More {
    link: String,
    /// The layer that they are in.
    layer: String,
    reverse: bool,
    more: i64,
}

/// Both ends of all links of a feature.
#[derive(Debug, Default)]
pub struct Relations {
    pub related: Vec<Related>,
    pub more: Vec<More>,
}

impl Relations {
    /// Reads them in one round trip, the layer's own links first; with a moment, as they were then.
    pub async fn read(
        public: &PgPool,
        catalogue: &Catalogue,
        layer: &Arc<Layer>,
        id: i64,
        moment: Option<DateTime<Utc>>,
        language: Language,
    ) -> Result<Self, Problem> {
        let ends = catalogue.link_ends(layer);
        if ends.is_empty() {
            return Ok(Self::default());
        }
        let mut relations = Self::default();
        let mut last = None;
        for row in query::rows(public, &ends, id, moment).await? {
            let Some(end) = ends.get(row.end) else { continue };
            if last.replace(row.end) != Some(row.end) && row.total > MOST {
                relations.more.push(More::new(end, row.total - MOST));
            }
            relations.related.push(Related::new(end, row, language));
        }
        Ok(relations)
    }
}

impl Related {
    fn new(end: &LinkEnd<'_>, row: query::Row, language: Language) -> Self {
        let name = end.other.filled_name(&row.name, language);
        Self {
            link: end.link.name.clone(),
            title: if end.reverse { end.other.title.clone() } else { end.link.title.clone() },
            layer: end.other.id.clone(),
            id: row.id,
            name: if name.is_empty() { row.id.to_string() } else { name },
            standing: row.standing,
            metres: row.metres.map(|metres| (metres * 10.0).round() / 10.0),
            reverse: end.reverse,
            warning: warning(end),
        }
    }
}

fn warning(end: &LinkEnd<'_>) -> Option<Warning> {
    let own = (!end.reverse).then_some(&end.from.checks)?;
    let check = own.iter().find(|check| matches!(&check.rule, CheckRule::Linked(link) if *link == end.link.name));
    check.map(|check| Warning { severity: check.severity, says: check.says.clone() })
}

impl More {
    fn new(end: &LinkEnd<'_>, more: i64) -> Self {
        Self { link: end.link.name.clone(), layer: end.other.id.clone(), reverse: end.reverse, more }
    }
}
