//! What tests and fuzzing hold rings against.

use std::collections::HashMap;

use geo::{Coord, LineString, Polygon, Validation};

use super::edges::turn;
use super::snap::{Cell, double_area};

/// Panics unless rings are valid by OGC, in the order of MVT and turned as it asks.
pub fn holds(rings: &[Vec<Cell>]) {
    assert!(rings.iter().all(|ring| ring.len() > 2 && double_area(ring) != 0), "a ring without area: {rings:?}");
    assert!(rings.first().is_none_or(|first| double_area(first) > 0), "a hole comes first: {rings:?}");
    let polygons = || rings.chunk_by(|_, next| double_area(next) < 0);
    let found: geo::MultiPolygon = polygons().map(polygon).collect();
    assert!(found.is_valid(), "{rings:?} is not valid: {:?}", found.validation_errors());
    for polygon in polygons() {
        assert!(is_connected(polygon), "{polygon:?} falls apart");
    }
}

fn polygon(rings: &[Vec<Cell>]) -> Polygon {
    let line = |ring: &Vec<Cell>| -> LineString {
        ring.iter().map(|point| Coord { x: f64::from(point[0]), y: f64::from(point[1]) }).collect()
    };
    Polygon::new(line(&rings[0]), rings[1..].iter().map(line).collect())
}

/// What geo does not look at: rings that touch in a circle cut the inside in two.
fn is_connected(polygon: &[Vec<Cell>]) -> bool {
    let touching: HashMap<Cell, Vec<usize>> = polygon
        .iter()
        .flatten()
        .map(|point| (*point, (0..polygon.len()).filter(|ring| is_on_border(*point, &polygon[*ring])).collect()))
        .collect();
    let mut parents: Vec<usize> = (0..polygon.len()).collect();
    let root = |parents: &[usize], mut ring: usize| {
        while parents[ring] != ring {
            ring = parents[ring];
        }
        ring
    };
    touching.values().flat_map(|rings| rings.windows(2)).all(|pair| {
        let [one, other] = [pair[0], pair[1]].map(|ring| root(&parents, ring));
        parents[one] = other;
        one != other
    })
}

fn is_on_border(point: Cell, ring: &[Cell]) -> bool {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).any(|(a, b)| {
        let between = (0..2).all(|axis| (a[axis].min(b[axis])..=a[axis].max(b[axis])).contains(&point[axis]));
        between && turn(*a, *b, point) == 0
    })
}
