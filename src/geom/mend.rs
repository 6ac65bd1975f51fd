//! Polygons that rounding to a tile's integers has broken, made valid again.
//!
//! Most are whole: a quadrilateral is proved so by two comparisons. Only what is not goes through i_overlay.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{IntOverlayOptions, Overlay, ShapeType};
use i_overlay::core::solver::Solver;
use i_overlay::i_float::int::point::IntPoint;
use i_overlay::vector::edge::{CLIP_LEFT, CLIP_RIGHT, SUBJ_LEFT, SUBJ_RIGHT};

use super::edges::{Outline, apart};
use super::simplify;
use super::snap::{Cell, double_area};
use super::trace;

/// Makes rings valid by OGC, in the order of MVT (an exterior, its holes, the next exterior) and turned as it asks, covering
/// the same area. The rings given stand in that order too; the sign of their area tells holes. Coordinates are those of
/// tiles: below 2²⁹ in size.
pub fn mend(mut rings: Vec<Vec<Cell>>) -> Vec<Vec<Cell>> {
    rings.iter_mut().for_each(simplify::ring);
    if are_valid(&rings) {
        return rings;
    }
    let polygons: Vec<Vec<Vec<Cell>>> = polygons(&rings).map(|rings| overlay(&rings[..1], &rings[1..])).collect();
    match polygons.len() {
        0 | 1 => polygons.into_iter().flatten().collect(),
        _ => union(&polygons.concat()),
    }
}

/// The union of what loops go around.
pub(super) fn union(loops: &[Vec<Cell>]) -> Vec<Vec<Cell>> {
    overlay(loops, &[])
}

/// Whether an open ring that [`simplify::ring`] has been over goes around one area without meeting itself, so that there is
/// nothing to mend. It costs no allocation where the ring is short.
pub fn is_whole(ring: &[Cell]) -> bool {
    apart(&[ring])
}

/// Judges simplified rings. Rings that touch at a point may be valid and are not recognised: that is rare and takes
/// i_overlay to know.
fn are_valid(rings: &[Vec<Cell>]) -> bool {
    if rings.iter().any(Vec::is_empty) || !apart(rings) {
        return false;
    }
    if let [ring] = rings {
        return double_area(ring) > 0;
    }
    // as no edges meet, a ring lies where its first point lies
    let outlines: Vec<Outline> = rings.iter().map(|ring| Outline::of(ring)).collect();
    let depth = |outlines: &[Outline], point| -> i64 {
        let around = outlines.iter().filter(|outline| outline.ring[0] != point && outline.surrounds(point));
        around.map(|outline| outline.double_area.signum()).sum()
    };
    outlines.chunk_by(|_, next| next.double_area < 0).all(|polygon| {
        let [exterior, holes @ ..] = polygon else { return true };
        exterior.double_area > 0
            && depth(&outlines, exterior.ring[0]) == 0
            && holes.iter().all(|hole| depth(polygon, hole.ring[0]) == 1)
    })
}

/// Slices of an exterior and its holes. Wings of a bow tie may cancel out, so no area is an exterior's as well; where nothing at
/// all is left of an exterior, its holes go with it.
fn polygons(rings: &[Vec<Cell>]) -> impl Iterator<Item = &[Vec<Cell>]> {
    let polygons = rings.chunk_by(|_, next| double_area(next) < 0);
    polygons.filter(|polygon| !polygon[0].is_empty() && double_area(&polygon[0]) >= 0)
}

/// What exteriors go around, whichever way they turn, without what holes go around.
fn overlay(exteriors: &[Vec<Cell>], holes: &[Vec<Cell>]) -> Vec<Vec<Cell>> {
    let count = exteriors.iter().chain(holes).map(Vec::len).sum();
    let mut overlay = Overlay::new_custom(count, IntOverlayOptions::default(), Solver::AUTO);
    for (rings, side) in [(exteriors, ShapeType::Subject), (holes, ShapeType::Clip)] {
        for ring in rings {
            overlay.add_path_iter(ring.iter().map(|point| IntPoint::new(point[0], point[1])), side);
        }
    }
    // nodes and sides are what i_overlay is asked for
    let vectors = overlay.build_separate_vectors(FillRule::NonZero);
    let border = vectors.iter().filter_map(|vector| {
        let inside = |subject, clip| vector.fill & subject != 0 && vector.fill & clip == 0;
        let ends = [vector.a, vector.b].map(|point| [point.x, point.y]);
        match (inside(SUBJ_LEFT, CLIP_LEFT), inside(SUBJ_RIGHT, CLIP_RIGHT)) {
            (true, false) => Some(ends),
            (false, true) => Some([ends[1], ends[0]]),
            _ => None,
        }
    });
    trace::rings(border.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::proof;
    use proptest::prelude::*;

    fn area(rings: &[Vec<Cell>]) -> i64 {
        rings.iter().map(|ring| double_area(ring)).sum()
    }

    fn square(low: i32, high: i32) -> Vec<Cell> {
        vec![[low, low], [high, low], [high, high], [low, high]]
    }

    fn hole(low: i32, high: i32) -> Vec<Cell> {
        square(low, high).into_iter().rev().collect()
    }

    #[test]
    fn what_is_valid_comes_back_as_it_is() {
        for rings in [
            vec![square(0, 9)],
            vec![square(0, 9), hole(2, 4), hole(5, 7), square(20, 30)],
            vec![square(0, 90), hole(10, 80), square(20, 30)],
            Vec::new(),
        ] {
            assert_eq!(mend(rings.clone()), rings);
        }
    }

    #[test]
    fn both_wings_of_a_bow_tie_are_kept() {
        let rings = mend(vec![vec![[0, 0], [10, 10], [10, 0], [0, 20]]]);
        assert_eq!(rings.len(), 2);
        assert!(area(&rings) > 100);
    }

    #[test]
    fn spikes_and_rings_without_area_go() {
        assert_eq!(mend(vec![vec![[0, 0], [9, 0], [19, 0], [9, 0], [9, 9], [0, 9]]]), [square(0, 9)]);
        assert_eq!(
            mend(vec![vec![[0, 0], [9, 9], [4, 4]], hole(1, 3), square(0, 9)]),
            [[[9, 0], [9, 9], [0, 9], [0, 0]]]
        );
    }

    #[test]
    fn a_hole_that_sticks_out_only_takes_away() {
        let rings = mend(vec![square(0, 10), hole(5, 15)]);
        assert_eq!((rings.len(), area(&rings)), (1, 150));
    }

    #[test]
    fn an_island_in_a_lake_stays_though_another_polygon_is_broken() {
        let rings =
            mend(vec![square(0, 90), hole(10, 80), square(20, 30), vec![[200, 0], [210, 10], [210, 0], [200, 20]]]);
        let expected = area(&[square(0, 90), hole(10, 80), square(20, 30)]);
        assert!((expected + 50..expected + 300).contains(&area(&rings)), "{rings:?}");
    }

    #[test]
    fn polygons_that_overlap_or_adjoin_are_one() {
        assert_eq!(area(&mend(vec![square(0, 10), square(5, 15)])), 2 * (100 + 100 - 25));
        let adjoining = mend(vec![square(0, 10), vec![[10, 2], [20, 2], [20, 8], [10, 8]]]);
        assert_eq!((adjoining.len(), area(&adjoining)), (1, 2 * 160));
    }

    #[test]
    fn a_hole_that_cuts_its_polygon_makes_two_of_it() {
        // touches the border at two points
        let rings = mend(vec![square(0, 10), vec![[0, 5], [5, 6], [10, 5], [5, 4]]]);
        assert_eq!((rings.len(), area(&rings)), (2, 200 - 20));
        assert!(rings.iter().all(|ring| double_area(ring) > 0));
    }

    #[test]
    fn holes_that_touch_an_island_stay_in_the_polygon_around_it() {
        let wild =
            [[9, 1], [27, 24], [5, 22], [28, 21], [29, 19], [6, 23], [24, 16], [25, 28], [19, 8], [0, 20], [18, 23]];
        let mut ring = wild.to_vec();
        ring.extend([[20, 19], [9, 25]]);
        proof::holds(&mend(vec![oriented(ring, true)]));
    }

    fn cells(count: std::ops::Range<usize>, width: i32) -> impl Strategy<Value = Vec<Cell>> {
        proptest::collection::vec([0..width, 0..width], count)
    }

    fn oriented(mut ring: Vec<Cell>, exterior: bool) -> Vec<Cell> {
        if (double_area(&ring) > 0) != exterior {
            ring.reverse();
        }
        ring
    }

    /// How often a ring goes around the middle of a cell's square.
    fn winding(ring: &[Cell], middle: [f64; 2]) -> i32 {
        let next = ring.iter().cycle().skip(1);
        let passed = ring.iter().zip(next).filter_map(|(from, to)| {
            let [[x, y], [end_x, end_y]] = [from.map(f64::from), to.map(f64::from)];
            let share = (middle[1] - y) / (end_y - y);
            let passes = (y > middle[1]) != (end_y > middle[1]) && x + (end_x - x) * share > middle[0];
            passes.then_some(if end_y > y { 1 } else { -1 })
        });
        passed.sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn a_mended_ring_covers_what_it_went_around(points in cells(3..7, 60)) {
            let rings = mend(vec![oriented(points.clone(), true)]);
            let mut apart = 0;
            for square in 0..3600 {
                let middle = [f64::from(square % 60) + 0.5, f64::from(square / 60) + 0.5];
                let now: i32 = rings.iter().map(|ring| winding(ring, middle)).sum();
                apart += i32::from((now != 0) != (winding(&points, middle) != 0));
            }
            // crossings are moved to whole units, and with them the edges that cross: up to six of up to 85 units
            prop_assert!(apart <= 120, "{} squares of {:?} have changed sides in {:?}", apart, points, rings);
        }

        #[test]
        fn any_ring_is_mended(points in prop_oneof![cells(3..12, 8), cells(3..12, 4096), cells(12..40, 30)]) {
            let given = vec![oriented(points, true)];
            let rings = mend(given.clone());
            proof::holds(&rings);
            let again = mend(rings.clone());
            prop_assert_eq!((again.len(), area(&again)), (rings.len(), area(&rings)));
        }

        #[test]
        fn any_rings_are_mended(rings in proptest::collection::vec((cells(3..9, 12), any::<bool>()), 1..7)) {
            let rings: Vec<_> = rings.into_iter().map(|(ring, exterior)| oriented(ring, exterior)).collect();
            proof::holds(&mend(rings));
        }
    }
}
