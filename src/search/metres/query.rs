//! Coordinates from one reference system into another, by the database.

use sqlx::PgPool;

/// The box of a box in degrees, in metres; none where it has none there.
pub async fn bounds(public: &PgPool, code: u32, degrees: [f64; 4]) -> Result<Option<[f64; 4]>, sqlx::Error> {
    const BOUNDS: &str = "select st_xmin(b), st_ymin(b), st_xmax(b), st_ymax(b) \
         from st_transform(st_makeenvelope($1, $2, $3, $4, 4326), $5) as b";
    let [west, south, east, north] = degrees;
    let row: (f64, f64, f64, f64) = sqlx::query_as(BOUNDS)
        .bind(west)
        .bind(south)
        .bind(east)
        .bind(north)
        .bind(code as i32)
        .fetch_one(public)
        .await?;
    let bounds = [row.0, row.1, row.2, row.3];
    Ok(bounds.iter().all(|bound| bound.is_finite()).then_some(bounds))
}

/// Longitude and latitude of a point in metres.
pub async fn point(public: &PgPool, code: u32, x: f64, y: f64) -> Result<(f64, f64), sqlx::Error> {
    const POINT: &str = "select st_x(p), st_y(p) from st_transform(st_setsrid(st_point($1, $2), $3), 4326) as p";
    sqlx::query_as(POINT).bind(x).bind(y).bind(code as i32).fetch_one(public).await
}
