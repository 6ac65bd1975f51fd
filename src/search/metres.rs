//! Coordinates in metres: which reference system puts them into the city.

mod query;

use sqlx::PgPool;

use crate::geom::grid::Envelope;
use crate::geom::systems::KNOWN;

/// How far beyond the city coordinates may be, as a share of its size.
const MARGIN: f64 = 0.5;
/// Places that one pair of numbers may mean.
const MOST: usize = 3;

/// A reference system of the city's, and the city's box in it.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    code: u32,
    pub name: &'static str,
    /// West, south, east, north, in metres.
    bounds: [f64; 4],
}

/// A place that coordinates in metres may mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Meant {
    pub system: String,
    /// Longitude and latitude.
    pub point: (f64, f64),
}

/// The systems in which the city has coordinates. What the database does not know is left out.
pub async fn systems(public: &PgPool, city: Envelope) -> Vec<System> {
    let (x, y) = ((city.east - city.west) * MARGIN, (city.north - city.south) * MARGIN);
    let grown = [city.west - x, city.south - y, city.east + x, city.north + y];
    let mut found = Vec::new();
    for known in KNOWN.iter().filter(|known| !known.is_degrees && known.meets(grown)) {
        match query::bounds(public, known.code, grown).await {
            Ok(Some(bounds)) => found.push(System { code: known.code, name: known.name, bounds }),
            Ok(None) => {}
            Err(error) => tracing::debug!(code = known.code, %error, "the database does not know a reference system"),
        }
    }
    found
}

/// Where two numbers lie in the city, in whichever order they were written, by the likeliest systems.
pub async fn places(public: &PgPool, systems: &[System], one: f64, other: f64) -> Result<Vec<Meant>, sqlx::Error> {
    let mut found: Vec<Meant> = Vec::new();
    for system in systems {
        for (x, y) in [(one, other), (other, one)] {
            let [west, south, east, north] = system.bounds;
            if !((west..=east).contains(&x) && (south..=north).contains(&y)) || found.len() >= MOST {
                continue;
            }
            let point = query::point(public, system.code, x, y).await?;
            found.push(Meant { system: format!("{} (EPSG:{})", system.name, system.code), point });
        }
    }
    Ok(found)
}
