//! The registers of addresses and streets, read for looking up places.

use std::sync::Arc;

use anyhow::Result;
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::Known;
use crate::auth::Caller;
use crate::catalogue::layer::Layer;
use crate::catalogue::select::{Selection, select};
use crate::db::sql::identifier;

/// A field as text, empty where the layer has none of that name.
fn text(selection: &Selection, name: &str) -> String {
    match selection.visible(name) {
        Some(field) => format!("coalesce({}::text, '')", identifier(&field.name)),
        None => "''".to_owned(),
    }
}

/// Every address that has a place and is not cancelled.
pub async fn addresses(connection: &mut PgConnection, layer: &Arc<Layer>, take: &mut dyn FnMut(Known)) -> Result<()> {
    let selection = select(layer, Caller::Staff);
    let fields = ["street", "house", "block", "former_street"].map(|name| text(&selection, name));
    let place = format!("st_centroid({})", selection.geometry());
    let sql = format!(
        "select {}, st_x({place}), st_y({place}) from {} where {} is not null and ({}) is distinct from 'annulled'",
        fields.join(", "),
        selection.relation(),
        selection.geometry(),
        selection.standing()
    );
    let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        take(Known {
            street: row.try_get(0)?,
            house: row.try_get(1)?,
            block: row.try_get(2)?,
            former: row.try_get(3)?,
            point: (row.try_get(4)?, row.try_get(5)?),
        });
    }
    Ok(())
}

/// Streets that had other names: the name, and the former ones with `;` between them.
pub async fn renamed(
    connection: &mut PgConnection,
    layer: &Arc<Layer>,
    take: &mut dyn FnMut(String, String),
) -> Result<()> {
    let selection = select(layer, Caller::Staff);
    let [name, former] = ["name", "former_names"].map(|name| text(&selection, name));
    let sql = format!("select distinct {name}, {former} from {} where {former} <> ''", selection.relation());
    let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        take(row.try_get(0)?, row.try_get(1)?);
    }
    Ok(())
}
