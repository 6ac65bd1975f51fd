//! From tile coordinates to the integers of a vector tile, keeping what MVT 2.1 asks of geometry (§4.3): no repeated
//! points, no ring without area, exterior rings with positive area, interior rings negative.

use super::clip::{self, Lies};
use super::shape::{Part, Role, Xy};

/// A point of a vector tile.
pub type Cell = [i32; 2];

/// A geometry ready for encoding, in the order in which MVT wants its parts.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    Points(Vec<Cell>),
    /// Each of two points or more.
    Lines(Vec<Vec<Cell>>),
    /// Rings without their closing point: an exterior, then its holes, then the next exterior.
    Rings(Vec<Vec<Cell>>),
}

/// Clips, snaps and orients the parts of one feature; none where nothing of it is left in the tile.
pub fn snap(parts: &[Part]) -> Option<Geometry> {
    match parts.first()?.role {
        Role::Point => some(points(parts)).map(Geometry::Points),
        Role::Line => some(lines(parts)).map(Geometry::Lines),
        Role::Exterior | Role::Interior => some(rings(parts)).map(Geometry::Rings),
    }
}

fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    if items.is_empty() { None } else { Some(items) }
}

fn cell(point: &Xy) -> Cell {
    point.map(|part| part.round() as i32)
}

/// Snapped points without immediate repetitions.
fn cells(points: &[Xy]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = points.iter().map(cell).collect();
    cells.dedup();
    cells
}

fn points(parts: &[Part]) -> Vec<Cell> {
    let inside = parts.iter().flat_map(|part| &part.points).filter(|point| clip::contains(**point));
    inside.map(cell).collect()
}

fn lines(parts: &[Part]) -> Vec<Vec<Cell>> {
    let mut lines = Vec::new();
    for part in parts.iter().filter(|part| part.role == Role::Line) {
        match clip::lies(&part.points) {
            Lies::Outside => {}
            Lies::Inside => lines.push(cells(&part.points)),
            Lies::Across => lines.extend(clip::line(&part.points).iter().map(|piece| cells(piece))),
        }
    }
    lines.retain(|line| line.len() > 1);
    lines
}

fn rings(parts: &[Part]) -> Vec<Vec<Cell>> {
    let mut rings = Vec::new();
    let mut exterior_is_there = false;
    for part in parts {
        let exterior = part.role == Role::Exterior;
        // a hole of an exterior that vanished has nothing to be a hole in
        if !exterior && !exterior_is_there {
            continue;
        }
        let ring = ring(&part.points, exterior);
        if exterior {
            exterior_is_there = ring.is_some();
        }
        rings.extend(ring);
    }
    rings
}

fn ring(points: &[Xy], exterior: bool) -> Option<Vec<Cell>> {
    let mut ring = match clip::lies(points) {
        Lies::Outside => return None,
        Lies::Inside => cells(points),
        Lies::Across => cells(&clip::ring(points)),
    };
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    let area = double_area(&ring);
    if ring.len() < 3 || area == 0 {
        return None;
    }
    if (area > 0) != exterior {
        ring.reverse();
    }
    Some(ring)
}

/// Twice the ring's area by the surveyor's formula; positive where the ring runs clockwise on the screen.
pub fn double_area(ring: &[Cell]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn square(role: Role, low: f64, high: f64) -> Part {
        Part { role, points: vec![[low, low], [low, high], [high, high], [high, low], [low, low]] }
    }

    #[test]
    fn rings_are_oriented_by_their_role() {
        let Some(Geometry::Rings(rings)) = snap(&[square(Role::Exterior, 0.0, 9.0), square(Role::Interior, 2.0, 4.0)])
        else {
            panic!("two rings are expected");
        };
        assert!(double_area(&rings[0]) > 0 && double_area(&rings[1]) < 0);
    }

    #[test]
    fn a_ring_below_a_unit_vanishes_with_its_holes() {
        assert_eq!(snap(&[square(Role::Exterior, 1.0, 1.3), square(Role::Interior, 1.1, 1.2)]), None);
    }

    proptest! {
        #[test]
        fn whatever_is_snapped_obeys_the_specification(
            points in proptest::collection::vec((-9000.0..9000.0f64, -9000.0..9000.0f64), 3..40)
        ) {
            let mut points: Vec<Xy> = points.into_iter().map(|(x, y)| [x, y]).collect();
            points.push(points[0]);
            let part = Part { role: Role::Exterior, points };
            if let Some(Geometry::Rings(rings)) = snap(&[part]) {
                for ring in rings {
                    prop_assert!(ring.len() >= 3 && double_area(&ring) > 0);
                    prop_assert!(ring.windows(2).all(|pair| pair[0] != pair[1]) && ring.first() != ring.last());
                    prop_assert!(ring.iter().flatten().all(|part| (-64..=4160).contains(part)));
                }
            }
        }
    }
}
