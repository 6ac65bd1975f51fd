//! Writing one record under its id.

use anyhow::{Result, anyhow};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::catalogue::layer::Layer;
use crate::catalogue::record::Value;
use crate::catalogue::rules::Record;
use crate::db::sql::identifier;
use crate::formats::ewkb;

/// Puts the record where `id` is, or was. Gives the version that it has now.
pub async fn write(connection: &mut PgConnection, layer: &Layer, id: i64, record: &Record) -> Result<i32> {
    let names: Vec<_> = layer.fields.iter().map(|field| identifier(&field.name)).collect();
    let values = layer.fields.iter().enumerate();
    let values: Vec<_> =
        values.map(|(place, field)| format!("${}::text::{}", place + 3, field.kind.column_type())).collect();
    let set: Vec<_> = names.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    // of a new row no version is believed but 1: another makes it go on where its versions ended
    let sql = format!(
        "insert into registers.{} (id, version, geom, {}) values ($1, 0, $2::text::geometry, {}) \
         on conflict (id) do update set geom = excluded.geom, {} returning version",
        identifier(&layer.id),
        names.join(", "),
        values.join(", "),
        set.join(", ")
    );
    let geometry = record.geometry().map(ewkb::to_hex).transpose()?;
    let mut query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(id).bind(geometry);
    for value in record.values() {
        query = query.bind(Some(value).filter(|value| **value != Value::Null).map(Value::to_string));
    }
    query.fetch_one(connection).await.map_err(|error| {
        let taken = error.as_database_error().is_some_and(|error| error.is_unique_violation());
        if taken {
            anyhow!("another record of {} has the same key now; change or delete it first", layer.id)
        } else {
            error.into()
        }
    })
}
