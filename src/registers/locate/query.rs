//! The registers of addresses and of the names of streets, read for looking up places.

use std::sync::Arc;

use anyhow::Result;
use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::Known;
use crate::auth::Caller;
use crate::catalogue::layer::{AddressFields, Layer, StreetFields};
use crate::catalogue::select::{Selection, select};
use crate::db::sql::identifier;
use crate::text::renamed::Saying;

/// A field as text, empty where the layer has none.
fn text(selection: &Selection, index: Option<usize>) -> String {
    match index {
        Some(index) => format!("coalesce({}::text, '')", identifier(&selection.field(index).name)),
        None => "''".to_owned(),
    }
}

/// Every address that has a place and is not cancelled.
pub async fn addresses(
    connection: &mut PgConnection,
    layer: &Arc<Layer>,
    fields: &AddressFields,
    take: &mut dyn FnMut(Known),
) -> Result<()> {
    let selection = select(layer, Caller::Staff);
    let fields = [Some(fields.street), Some(fields.house), fields.block, fields.former];
    let fields = fields.map(|index| text(&selection, index));
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

/// What a register says of the names of streets.
pub async fn sayings(
    connection: &mut PgConnection,
    layer: &Arc<Layer>,
    fields: &StreetFields,
    take: &mut dyn FnMut(Saying),
) -> Result<()> {
    let selection = select(layer, Caller::Staff);
    let [street, name, former] =
        [Some(fields.id), Some(fields.name), fields.former].map(|index| text(&selection, index));
    let current = fields.current.map(|index| identifier(&selection.field(index).name));
    let current = current.map_or("true".to_owned(), |current| format!("coalesce({current}, false)"));
    let sql = format!(
        "select distinct {street}, {name}, {former}, {current} from {} where {street} <> '' and {name} <> ''",
        selection.relation()
    );
    let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let (street, name, former) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        take(Saying { street, name, former, is_current: row.try_get(3)? });
    }
    Ok(())
}
