//! Bringing back a version of a record: its values become the next version, if they still keep the rules.

mod query;

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value as Json};
use sqlx::{Connection, PgConnection};

use crate::auth::Caller;
use crate::catalogue::layer::Layer;
use crate::catalogue::record::Value;
use crate::catalogue::select::select;
use crate::catalogue::versions::Version;
use crate::catalogue::versions::query::version_of;
use crate::db::author::sign;
use crate::formats::ewkb;

/// Writes what the record held in `version` as its next version, in a transaction of its own; a record that was deleted
/// is there again, under the id that it had. Gives the number of the version that is in force now.
pub async fn restore(
    connection: &mut PgConnection,
    layer: &Arc<Layer>,
    id: i64,
    version: i32,
    who: &str,
    why: &str,
) -> Result<i32> {
    let mut transaction = connection.begin().await?;
    let selection = select(layer, Caller::Staff);
    let found = version_of(&mut *transaction, &selection, id, version).await??;
    let found = found.with_context(|| format!("record {id} of {} has no version {version}", layer.id))?;
    let (named, geometry) = (named(layer, &found), found.row.ewkb.as_deref().map(ewkb::to_geometry).transpose()?);
    let record = match layer.record(&named, geometry) {
        Ok(record) => record,
        Err(rejections) => {
            let reasons: Vec<_> = rejections.iter().map(|r| format!("{}: {}", r.field, r.reason.en)).collect();
            bail!("version {version} does not keep the rules of {} any more: {}", layer.id, reasons.join("; "));
        }
    };
    sign(&mut transaction, who, why).await?;
    let now = query::write(&mut transaction, layer, id, &record).await?;
    transaction.commit().await?;
    Ok(now)
}

/// The values by field names; whatever has no value is left out.
fn named(layer: &Layer, version: &Version) -> Map<String, Json> {
    let values = layer.fields.iter().zip(&version.row.values);
    let named = values.filter(|(_, value)| **value != Value::Null);
    named.map(|(field, value)| (field.name.clone(), Json::String(value.to_string()))).collect()
}
