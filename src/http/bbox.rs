//! The `bbox` parameter (OGC API – Features §7.15.3).

use super::problem::Problem;
use crate::geom::grid::Envelope;

/// West, south, east, north in degrees; west may exceed east where the box crosses the antimeridian.
pub fn read(text: &str) -> Result<[f64; 4], Problem> {
    let Envelope { west, south, east, north } = text.parse().map_err(|_| {
        Problem::bad_request(
            "bbox",
            "bbox має бути «захід,південь,схід,північ» у градусах, наприклад 30.4,50.4,30.6,50.5",
            "bbox must be “west,south,east,north” in degrees, for example 30.4,50.4,30.6,50.5",
        )
    })?;
    Ok([west, south, east, north])
}
