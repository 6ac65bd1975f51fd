//! Verification: what no rule of a single record can see, looked for in whole registers, in the database.

mod detail;
mod kept;
mod query;
mod routes;
mod rules;
mod values;

use std::sync::Arc;

use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::catalogue::Catalogue;
use crate::catalogue::layer::{Bilingual, Layer, Severity};
use crate::catalogue::select::select;

pub use kept::Verification;
pub use routes::Description;

/// What the rules found in a register.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Report {
    pub layer: String,
    pub title: Bilingual,
    /// Rules that found something, the gravest first.
    pub rules: Vec<RuleReport>,
    /// Rules that were looked at, also those that found nothing.
    pub checked: Vec<String>,
    /// Rules that could not be looked at, and why.
    pub skipped: Vec<Skipped>,
}

/// What one rule found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RuleReport {
    pub rule: String,
    pub severity: Severity,
    /// What a finding means.
    pub says: Bilingual,
    /// How many there are, also beyond those that are listed.
    pub count: i64,
    pub findings: Vec<Finding>,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Finding {
    /// The feature; null where it is none in particular.
    pub id: Option<i64>,
    /// Its natural key.
    pub key: String,
    /// What it is called.
    pub name: String,
    pub detail: Bilingual,
    /// The portal with the feature's card and place, as a path with a query.
    pub map: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Skipped {
    pub rule: String,
    pub reason: Bilingual,
}

impl Report {
    /// How many findings there are of at least this severity.
    pub fn count(&self, least: Severity) -> i64 {
        self.rules.iter().filter(|rule| rule.severity >= least).map(|rule| rule.count).sum()
    }
}

/// Looks at all rules of a register that `caller` may know of: rules about fields that the caller may not see are left
/// out, and nothing of such fields is said. At most `most` findings are listed for each rule.
pub async fn verify(
    pool: &PgPool,
    catalogue: &Catalogue,
    layer: &Arc<Layer>,
    caller: Caller,
    most: Option<usize>,
) -> Result<Report, sqlx::Error> {
    let selection = select(layer, caller);
    let mut report = Report {
        layer: layer.id.clone(),
        title: layer.title.clone(),
        rules: Vec::new(),
        checked: Vec::new(),
        skipped: Vec::new(),
    };
    let facts = query::facts(pool, catalogue, &selection).await?;
    for rule in rules::rules(catalogue, &selection, &facts) {
        let found = match &rule.look {
            rules::Look::Not(reason) => {
                report.skipped.push(Skipped { rule: rule.name, reason: reason.clone() });
                continue;
            }
            rules::Look::Values => values::look(pool, &selection, most).await,
            rules::Look::Sql(sql) => query::look(pool, &selection, &rule, sql, most).await,
        };
        match found {
            Ok((count, findings)) => {
                report.checked.push(rule.name.clone());
                if count > 0 {
                    let (rule, severity, says) = (rule.name, rule.severity, rule.says);
                    report.rules.push(RuleReport { rule, severity, says, count, findings });
                }
            }
            // one rule that takes too long, or that a broken geometry stops, says nothing of the others
            Err(sqlx::Error::Database(error)) => {
                tracing::warn!(layer = layer.id, rule = rule.name, %error, "a rule cannot be looked at");
                report.skipped.push(Skipped { rule: rule.name, reason: detail::failed(error.code().as_deref()) });
            }
            Err(error) => return Err(error),
        }
    }
    report.rules.sort_by_key(|rule| std::cmp::Reverse(rule.severity));
    Ok(report)
}
