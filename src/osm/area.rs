//! Rings made into an area: which are holes of which, which way round they run, and what to do when they cross.

use geo::orient::{Direction, Orient};
use geo::{LineString, MultiPolygon, Polygon};

use super::crossing::{self, Crossing};
use super::fixed::{Bounds, Fixed, Place, double_area, doubled, locate_doubled, middle_doubled};
use super::report::Reason;
use super::rings::Role;

/// More rings than any real area has; beyond it a relation is refused rather than worked on.
const MOST_RINGS: usize = 20_000;
/// Bound on the edges looked at to find which ring holds which.
const MOST_LOOKS: u64 = 2_000_000_000;

/// A closed ring with its points.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// First point repeated at the end; repeated neighbours are allowed.
    pub points: Vec<Fixed>,
    pub role: Role,
}

/// An area fit for a register, and what was left out or changed on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// EPSG:4326. Exteriors run counter-clockwise, holes clockwise; no point repeats its neighbour.
    pub shape: MultiPolygon<f64>,
    pub notes: Vec<Reason>,
}

/// Makes an area of rings.
///
/// Where a ring lies decides whether it is a hole (a ring within one ring is a hole, within two an island, and so on); roles
/// that say otherwise are noted, but a ring called inner that lies in none is left out. Outlines that cross or overlap
/// themselves or each other are redrawn by the even-odd rule, which turns a bow-tie into two triangles. Two defects are left
/// to the database's validity check: rings that cross exactly in a common vertex, and holes that touch often enough to cut
/// their polygon in two; and outlines too intricate to examine are passed on as they are, with [`Reason::TooComplex`] noted.
///
/// # Errors
/// Why no area came out: [`Reason::TooFewPoints`], [`Reason::NoArea`], [`Reason::NoOuterRing`], [`Reason::TooComplex`].
pub fn assemble(outlines: Vec<Outline>) -> Result<Area, Reason> {
    let mut notes = Vec::new();
    let mut rings = tidy(outlines, &mut notes)?;
    if rings.len() > MOST_RINGS {
        return Err(Reason::TooComplex);
    }
    let parents = nest(&mut rings, &mut notes)?;
    let groups = group(&rings, &parents, &mut notes);
    if groups.is_empty() {
        return Err(Reason::NoOuterRing);
    }
    let kept: Vec<&[Fixed]> = groups.iter().flatten().map(|&ring| rings[ring].points.as_slice()).collect();
    let crossing = crossing::find(&kept);
    let mut shape = MultiPolygon(groups.iter().map(|group| polygon(group, &rings)).collect());
    match crossing {
        Crossing::None => {}
        Crossing::Unknown => notes.push(Reason::TooComplex),
        Crossing::Some => {
            shape = crossing::redraw(&shape).ok_or(Reason::NoArea)?;
            notes.push(Reason::CrossedItself);
        }
    }
    notes.sort();
    notes.dedup();
    Ok(Area { shape: shape.orient(Direction::Default), notes })
}

/// A tidied ring.
struct Ring {
    points: Vec<Fixed>,
    role: Role,
    size: u128,
    bounds: Bounds,
}

/// Drops repeated neighbours, and rings that enclose nothing. Largest first.
fn tidy(outlines: Vec<Outline>, notes: &mut Vec<Reason>) -> Result<Vec<Ring>, Reason> {
    let mut rings = Vec::with_capacity(outlines.len());
    for Outline { mut points, role } in outlines {
        points.dedup();
        let size = double_area(&points).unsigned_abs();
        match Bounds::of(&points) {
            Some(bounds) if points.len() >= 4 && size > 0 => rings.push(Ring { points, role, size, bounds }),
            _ if points.len() < 4 => notes.push(Reason::TooFewPoints),
            _ => notes.push(Reason::NoArea),
        }
    }
    if rings.is_empty() {
        return Err(notes.first().copied().unwrap_or(Reason::NoOuterRing));
    }
    rings.sort_by_key(|ring| std::cmp::Reverse(ring.size));
    Ok(rings)
}

/// For each ring the rings that hold it, outermost first. Repeats of a ring are removed.
fn nest(rings: &mut Vec<Ring>, notes: &mut Vec<Reason>) -> Result<Vec<Vec<usize>>, Reason> {
    let mut kept: Vec<Ring> = Vec::with_capacity(rings.len());
    let mut holders: Vec<Vec<usize>> = Vec::with_capacity(rings.len());
    let mut looks = 0_u64;
    'ring: for ring in rings.drain(..) {
        let mut holding = Vec::new();
        for (at, larger) in kept.iter().enumerate().filter(|(_, larger)| larger.bounds.holds(&ring.bounds)) {
            looks = looks.saturating_add(larger.points.len() as u64);
            if looks > MOST_LOOKS {
                return Err(Reason::TooComplex);
            }
            match lies_in(&ring.points, &larger.points, &mut looks) {
                Some(true) => holding.push(at),
                Some(false) => {}
                None if larger.size == ring.size => {
                    notes.push(Reason::RepeatedRing);
                    continue 'ring;
                }
                // Every corner and every middle of an edge on the larger outline: a sliver of it.
                None => holding.push(at),
            }
        }
        kept.push(ring);
        holders.push(holding);
    }
    *rings = kept;
    Ok(holders)
}

/// Whether `ring` lies in `larger`, told by its first point that is not on the outline of `larger`; nothing if all are.
fn lies_in(ring: &[Fixed], larger: &[Fixed], looks: &mut u64) -> Option<bool> {
    let corners = ring.iter().map(|&p| doubled(p));
    let middles = ring.windows(2).map(|edge| middle_doubled(edge[0], edge[1]));
    for point in corners.chain(middles) {
        match locate_doubled(point, larger) {
            Place::Inside => return Some(true),
            Place::Outside => return Some(false),
            Place::Edge => *looks = looks.saturating_add(larger.len() as u64),
        }
        if *looks > MOST_LOOKS {
            return None;
        }
    }
    None
}

/// Polygons as indices of rings: the outer one first, then its holes.
fn group(rings: &[Ring], holders: &[Vec<usize>], notes: &mut Vec<Reason>) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of = vec![None; rings.len()];
    // Rings called inner that lie in none: as if they were not there, for what lies in them too.
    let mut dropped = vec![false; rings.len()];
    for (at, ring) in rings.iter().enumerate() {
        let holding: Vec<usize> = holders[at].iter().copied().filter(|&holder| !dropped[holder]).collect();
        let hole = holding.len() % 2 == 1;
        if !hole && ring.role == Role::Inner {
            notes.push(Reason::HoleOutside);
            dropped[at] = true;
            continue;
        }
        if ring.role == Role::Mixed || hole == (ring.role == Role::Outer) {
            notes.push(Reason::WrongRole);
        }
        if !hole {
            group_of[at] = Some(groups.len());
            groups.push(vec![at]);
        } else if let Some(group) = holding.last().and_then(|&smallest| group_of[smallest]) {
            groups[group].push(at);
        } else {
            // Rings that overlap can leave a hole without a polygon of its own.
            notes.push(Reason::HoleOutside);
        }
    }
    groups
}

fn polygon(group: &[usize], rings: &[Ring]) -> Polygon<f64> {
    let mut lines = group.iter().map(|&at| rings[at].points.iter().map(|p| p.degrees()).collect::<LineString<f64>>());
    let exterior = lines.next().unwrap_or_else(|| LineString(Vec::new()));
    Polygon::new(exterior, lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Area as _;

    fn outline(role: Role, points: &[(i32, i32)]) -> Outline {
        Outline { points: points.iter().map(|&(x, y)| Fixed { x, y }).collect(), role }
    }

    fn square(role: Role, x: i32, y: i32, side: i32) -> Outline {
        outline(role, &[(x, y), (x, y + side), (x + side, y + side), (x + side, y), (x, y)])
    }

    /// Area in squares of the grid.
    fn size(area: &Area) -> f64 {
        (area.shape.unsigned_area() * 1e14).round()
    }

    #[test]
    fn a_hole_and_an_island_in_it() {
        let area = assemble(vec![
            square(Role::Outer, 40, 40, 20),
            square(Role::Inner, 20, 20, 60),
            square(Role::Outer, 0, 0, 100),
        ])
        .unwrap();
        assert_eq!(area.shape.0.len(), 2);
        assert_eq!(area.shape.0[0].interiors().len(), 1);
        assert_eq!(size(&area), 10_000.0 - 3_600.0 + 400.0);
        assert_eq!(area.notes, vec![]);
        use geo::winding_order::{Winding, WindingOrder};
        assert_eq!(area.shape.0[0].exterior().winding_order(), Some(WindingOrder::CounterClockwise));
        assert_eq!(area.shape.0[0].interiors()[0].winding_order(), Some(WindingOrder::Clockwise));
    }

    #[test]
    fn where_a_ring_lies_outweighs_its_role() {
        let area = assemble(vec![square(Role::Outer, 0, 0, 100), square(Role::Outer, 10, 10, 10)]).unwrap();
        assert_eq!((size(&area), area.notes), (9_900.0, vec![Reason::WrongRole]));
        let area = assemble(vec![square(Role::Outer, 0, 0, 100), square(Role::Inner, 200, 0, 10)]);
        let area = area.unwrap();
        assert_eq!((size(&area), area.notes), (10_000.0, vec![Reason::HoleOutside]));
        assert_eq!(assemble(vec![square(Role::Inner, 0, 0, 10)]), Err(Reason::NoOuterRing));
    }

    #[test]
    fn holes_that_share_an_edge_become_one() {
        let area = assemble(vec![
            square(Role::Outer, 0, 0, 100),
            square(Role::Inner, 10, 10, 10),
            square(Role::Inner, 20, 10, 10),
        ])
        .unwrap();
        assert_eq!(area.shape.0[0].interiors().len(), 1);
        assert_eq!((size(&area), area.notes), (9_800.0, vec![Reason::CrossedItself]));
    }

    #[test]
    fn holes_that_share_a_corner_stay_two() {
        let area = assemble(vec![
            square(Role::Outer, 0, 0, 100),
            square(Role::Inner, 10, 10, 10),
            square(Role::Inner, 20, 20, 10),
        ])
        .unwrap();
        assert_eq!(area.shape.0[0].interiors().len(), 2);
        assert_eq!(area.notes, vec![]);
    }

    #[test]
    fn a_bow_tie_becomes_two_triangles() {
        let area = assemble(vec![outline(Role::Outer, &[(0, 0), (100, 100), (100, 0), (0, 120), (0, 0)])]).unwrap();
        assert_eq!(area.shape.0.len(), 2);
        assert_eq!(area.notes, vec![Reason::CrossedItself]);
    }

    #[test]
    fn rings_that_enclose_nothing() {
        let line = outline(Role::Outer, &[(0, 0), (10, 0), (20, 0), (0, 0)]);
        assert_eq!(assemble(vec![line.clone()]), Err(Reason::NoArea));
        let repeated = outline(Role::Outer, &[(0, 0), (0, 0), (9, 9), (9, 9), (0, 0)]);
        assert_eq!(assemble(vec![repeated]), Err(Reason::TooFewPoints));
        assert_eq!(assemble(vec![]), Err(Reason::NoOuterRing));
        let symmetric_bow_tie = outline(Role::Outer, &[(0, 0), (10, 10), (10, 0), (0, 10), (0, 0)]);
        assert_eq!(assemble(vec![symmetric_bow_tie]), Err(Reason::NoArea));
        let area = assemble(vec![square(Role::Outer, 0, 0, 10), line]).unwrap();
        assert_eq!(area.notes, vec![Reason::NoArea]);
    }

    #[test]
    fn the_same_ring_twice_is_one() {
        let area = assemble(vec![square(Role::Outer, 0, 0, 10), square(Role::Outer, 0, 0, 10)]).unwrap();
        assert_eq!((size(&area), area.notes), (100.0, vec![Reason::RepeatedRing]));
    }

    #[test]
    fn a_spike_is_cut_off() {
        let spiked = outline(Role::Outer, &[(0, 0), (10, 0), (10, 10), (10, 20), (10, 10), (0, 10), (0, 0)]);
        let area = assemble(vec![spiked]).unwrap();
        assert_eq!((size(&area), area.notes), (100.0, vec![Reason::CrossedItself]));
    }
}
