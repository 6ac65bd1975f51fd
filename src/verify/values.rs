//! Stored values against the fields' own rules, for rows that came past them (from psql, from QGIS, from before a rule).
//! The rules of imports say what is right, so that nothing is said twice.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use serde_json::Value as Json;
use sqlx::{AssertSqlSafe, PgPool};

use super::Finding;
use super::detail::Words;
use super::query::{self, Found};
use crate::catalogue::layer::{Bilingual, Field, FieldType};
use crate::catalogue::select::Selection;

/// How many different values of a field are remembered with what is wrong with them.
const REMEMBERED: usize = 10_000;

/// The count, and at most `most` findings, one for each value that breaks a rule.
pub async fn look(
    pool: &PgPool,
    selection: &Selection,
    most: Option<usize>,
) -> Result<(i64, Vec<Finding>), sqlx::Error> {
    let fields: Vec<_> = selection.fields.iter().copied().filter(|&index| is_ruled(selection, index)).collect();
    if fields.is_empty() {
        return Ok((0, Vec::new()));
    }
    let sql = query::stored_values(selection, &fields);
    let mut rows = sqlx::query_as::<_, (i64, Vec<Option<String>>)>(AssertSqlSafe(sql)).fetch(pool);
    let (mut count, mut wrong) = (0, Vec::new());
    let mut known: HashMap<(usize, String), Option<Bilingual>> = HashMap::new();
    while let Some((id, values)) = rows.try_next().await? {
        for (&index, value) in fields.iter().zip(values) {
            let field = selection.field(index);
            let Some(reason) = reason(selection, index, field, value, &mut known) else { continue };
            count += 1;
            if most.is_none_or(|most| wrong.len() < most) {
                wrong.push((id, field.title.clone(), reason));
            }
        }
    }
    drop(rows);
    let ids: Vec<_> = wrong.iter().map(|(id, ..)| *id).collect();
    let found: HashMap<i64, Found> = query::described(pool, selection, &ids).await?;
    let findings = wrong.into_iter().filter_map(|(id, title, reason)| {
        // it may have been deleted meanwhile
        let mut finding = found.get(&id)?.finding(selection, &Words::Nothing);
        finding.detail = Bilingual::new(format!("{}: {}", title.uk, reason.uk), format!("{}: {}", title.en, reason.en));
        Some(finding)
    });
    Ok((count, findings.collect()))
}

/// Whether a stored value of the field may break a rule that the database does not hold itself.
fn is_ruled(selection: &Selection, index: usize) -> bool {
    let field = selection.field(index);
    let has_form = match field.kind {
        FieldType::Boolean | FieldType::Date | FieldType::Datetime => false,
        FieldType::Integer | FieldType::Number | FieldType::Money => field.min.is_some() || field.max.is_some(),
        FieldType::Text | FieldType::Person | FieldType::PersonalAddress => {
            field.pattern.is_some() || !field.values.is_empty()
        }
        _ => true,
    };
    // a key without a value is a rule of its own
    has_form || field.required && !selection.layer.key.contains(&index)
}

fn reason(
    selection: &Selection,
    index: usize,
    field: &Field,
    value: Option<String>,
    known: &mut HashMap<(usize, String), Option<Bilingual>>,
) -> Option<Bilingual> {
    let Some(value) = value.filter(|value| !value.trim().is_empty()) else {
        let needed = field.required && !selection.layer.key.contains(&index);
        return needed.then(|| Bilingual::new("значення обов’язкове", "a value is required"));
    };
    if matches!(field.kind, FieldType::Boolean | FieldType::Date | FieldType::Datetime) {
        return None;
    }
    let key = (index, value);
    if let Some(reason) = known.get(&key) {
        return reason.clone();
    }
    let reason = field.read(&Json::String(key.1.clone())).err();
    if known.len() < REMEMBERED {
        known.insert(key, reason.clone());
    }
    reason
}
