//! Coordinates through PROJ, within the database.

use std::sync::Arc;

use anyhow::{Context, Result};
use geo::Geometry;
use geozero::ToGeo;
use geozero::wkb::Ewkb;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::auth::Caller;
use crate::catalogue::layer::Layer;
use crate::catalogue::select::select;
use crate::formats::ewkb;
use crate::geom::grid::Envelope;

/// The box of all features of a layer.
pub async fn extent(connection: &mut PgConnection, layer: &Arc<Layer>) -> Result<Option<Envelope>> {
    let selection = select(layer, Caller::Staff);
    let sql = format!(
        "select st_xmin(e), st_ymin(e), st_xmax(e), st_ymax(e) from (select st_extent({}) as e from {}) as extent",
        selection.geometry(),
        selection.relation()
    );
    type Row = (Option<f64>, Option<f64>, Option<f64>, Option<f64>);
    let row: Row = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(connection).await?;
    let (Some(west), Some(south), Some(east), Some(north)) = row else { return Ok(None) };
    Ok(Some(Envelope { west, south, east, north }))
}

/// Fails where PROJ does not know the system.
pub async fn check(connection: &mut PgConnection, definition: &str) -> Result<()> {
    let mut savepoint = connection.begin().await?;
    let found: Result<Option<String>, _> =
        sqlx::query_scalar("select st_astext(st_transform(st_setsrid(st_makepoint(30, 50), 4326), $1::text))")
            .bind(definition)
            .fetch_one(&mut *savepoint)
            .await;
    savepoint.rollback().await?;
    let short: String = definition.chars().take(80).collect();
    found.with_context(|| format!("the database's PROJ does not know the reference system {short}"))?;
    Ok(())
}

/// Geometries of another system, easting or longitude first, in EPSG:4326; none for one that has no place there.
pub async fn transform(
    connection: &mut PgConnection,
    definition: &str,
    geometries: &[Geometry<f64>],
) -> Result<Vec<Option<Geometry<f64>>>> {
    let hex = geometries.iter().map(ewkb::to_hex).collect::<Result<Vec<_>, _>>()?;
    let mut out: Vec<Option<Geometry<f64>>> = vec![None; hex.len()];
    // PROJ fails for all where it fails for one: halves, until it is found
    let mut ranges = vec![0..hex.len()];
    while let Some(range) = ranges.pop() {
        let Some(part) = hex.get(range.clone()).filter(|part| !part.is_empty()) else { continue };
        let mut savepoint = connection.begin().await?;
        let moved: Result<Vec<Vec<u8>>, _> = sqlx::query_scalar(
            "select st_asewkb(st_transform(place::geometry, $2::text, 4326)) \
             from unnest($1::text[]) with ordinality as places (place, number) order by number",
        )
        .bind(part)
        .bind(definition)
        .fetch_all(&mut *savepoint)
        .await;
        match moved {
            Ok(moved) => {
                savepoint.commit().await?;
                for (place, bytes) in out.iter_mut().skip(range.start).zip(moved) {
                    *place = Some(Ewkb(bytes).to_geo()?);
                }
            }
            Err(sqlx::Error::Database(_)) => {
                savepoint.rollback().await?;
                let middle = range.start + range.len() / 2;
                if range.len() > 1 {
                    ranges.extend([range.start..middle, middle..range.end]);
                }
            }
            Err(other) => return Err(other.into()),
        }
    }
    Ok(out)
}

/// Points of another system in EPSG:4326; none where PROJ fails, and for all where it knows no such system.
pub async fn transform_points(
    connection: &mut PgConnection,
    definition: &str,
    points: &[(f64, f64)],
) -> Result<Vec<Option<(f64, f64)>>> {
    if let Some(moved) = try_points(connection, definition, points).await? {
        return Ok(moved);
    }
    // a stray point must not hide where the others lie
    let mut out = Vec::with_capacity(points.len());
    for part in points.chunks((points.len() / 8).max(1)) {
        let moved = try_points(connection, definition, part).await?;
        out.extend(moved.unwrap_or_else(|| vec![None; part.len()]));
    }
    Ok(out)
}

async fn try_points(
    connection: &mut PgConnection,
    definition: &str,
    points: &[(f64, f64)],
) -> Result<Option<Vec<Option<(f64, f64)>>>> {
    let (xs, ys): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let mut savepoint = connection.begin().await?;
    let moved: Result<Vec<(Option<f64>, Option<f64>)>, _> = sqlx::query_as(
        "select st_x(place), st_y(place) from (select number, st_transform(st_makepoint(x, y), $3::text, 4326) as place \
         from unnest($1::float8[], $2::float8[]) with ordinality as points (x, y, number)) as moved order by number",
    )
    .bind(xs)
    .bind(ys)
    .bind(definition)
    .fetch_all(&mut *savepoint)
    .await;
    savepoint.rollback().await?;
    match moved {
        Ok(moved) => Ok(Some(moved.into_iter().map(|(x, y)| x.zip(y)).collect())),
        Err(sqlx::Error::Database(_)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}
