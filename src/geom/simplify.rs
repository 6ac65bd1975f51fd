//! Fewer points for the same picture, in a vector tile's integers.

use super::clip::Xy;
use super::edges::turn;
use super::snap::Cell;

/// Takes out of an open ring what adds nothing to its area: repeated points, points on a straight run, and spikes that go
/// out and return. Fewer than three points are no ring, so nothing is left of them.
///
/// A point that goes may make its neighbour one that goes, so points are put on a stack and its top is judged again: each
/// is put on and taken off once.
pub fn ring(points: &mut Vec<Cell>) {
    let mut top = 0;
    for next in 0..points.len() {
        let point = points[next];
        while top >= 2 && turn(points[top - 2], points[top - 1], point) == 0 {
            top -= 1;
        }
        if top == 0 || points[top - 1] != point {
            points[top] = point;
            top += 1;
        }
    }
    // where the ring closes, points go from both ends
    let mut first = 0;
    while top - first >= 3 {
        if turn(points[top - 2], points[top - 1], points[first]) == 0 {
            top -= 1;
        } else if turn(points[top - 1], points[first], points[first + 1]) == 0 {
            first += 1;
        } else {
            break;
        }
    }
    points.truncate(if top - first >= 3 { top } else { first });
    points.drain(..first);
}

/// Thins a line so that no point of it was further than `tolerance` from what is left (Douglas and Peucker). The ends stay,
/// and a line that closes around an area still does.
pub fn line(points: &mut Vec<Cell>, tolerance: f64) {
    points.dedup();
    let Some(last) = points.len().checked_sub(1).filter(|last| *last >= 2) else { return };
    let limit = tolerance * tolerance;
    // ends of the spans still to be judged, the nearest on top; what is kept is written over what was judged
    let mut ends = vec![last];
    if points[0] == points[last] {
        let (far, _) = furthest(points, 0, last, points[0]);
        let before = furthest(points, 0, far, points[0]);
        let after = furthest(points, far, last, points[far]);
        if before.1 > 0.0 && before.1 >= after.1 {
            ends.extend([far, before.0]);
        } else if after.1 > 0.0 {
            ends.extend([after.0, far]);
        }
    }
    let (mut at, mut anchor, mut kept) = (0, points[0], 1);
    while let Some(&end) = ends.last() {
        let (far, distance) = furthest(points, at, end, anchor);
        if distance > limit {
            ends.push(far);
            continue;
        }
        ends.pop();
        (at, anchor) = (end, points[end]);
        points[kept] = anchor;
        kept += 1;
    }
    points.truncate(kept);
}

/// Of the points between `from`, which was at `anchor`, and `to`: the furthest from the segment, and its squared distance.
fn furthest(points: &[Cell], from: usize, to: usize, anchor: Cell) -> (usize, f64) {
    let end = points[to];
    let mut found = (from, 0.0);
    for (index, point) in points.iter().enumerate().take(to).skip(from + 1) {
        let distance = squared_distance(point.map(f64::from), anchor.map(f64::from), end.map(f64::from));
        if distance > found.1 {
            found = (index, distance);
        }
    }
    found
}

/// Of a point from a segment. Lines reach far out of a tile, where the square of a square would not fit an integer.
pub(super) fn squared_distance(point: Xy, from: Xy, to: Xy) -> f64 {
    let [run, way] = [to, point].map(|end| [end[0] - from[0], end[1] - from[1]]);
    let length = run[0] * run[0] + run[1] * run[1];
    let along = if length > 0.0 { ((way[0] * run[0] + way[1] * run[1]) / length).clamp(0.0, 1.0) } else { 0.0 };
    let rest = [way[0] - run[0] * along, way[1] - run[1] * along];
    rest[0] * rest[0] + rest[1] * rest[1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::snap::double_area;
    use proptest::prelude::*;

    fn simplified(mut points: Vec<Cell>) -> Vec<Cell> {
        ring(&mut points);
        points
    }

    fn thinned(mut points: Vec<Cell>, tolerance: f64) -> Vec<Cell> {
        line(&mut points, tolerance);
        points
    }

    #[test]
    fn a_ring_loses_repeats_straight_points_and_spikes() {
        let square = vec![[0, 0], [9, 0], [9, 9], [0, 9]];
        assert_eq!(simplified(square.clone()), square);
        assert_eq!(simplified(vec![[0, 0], [4, 0], [9, 0], [9, 0], [9, 9], [0, 9], [0, 0]]), square);
        assert_eq!(simplified(vec![[0, 0], [9, 0], [15, 0], [9, 0], [9, 9], [0, 9]]), square);
        // a spike on a spike, and one where the ring closes
        assert_eq!(simplified(vec![[0, 0], [9, 0], [9, 9], [20, 9], [20, 30], [20, 9], [9, 9], [0, 9]]), square);
        let closing = simplified(vec![[-5, 0], [0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]);
        assert_eq!((closing.len(), double_area(&closing)), (4, 162));
    }

    #[test]
    fn nothing_is_left_of_a_ring_without_area() {
        assert!(simplified(vec![[0, 0], [9, 9], [3, 3]]).is_empty());
        assert!(simplified(vec![[0, 0], [9, 9], [9, 0], [9, 9]]).is_empty());
        assert!(simplified(vec![[1, 1]; 5]).is_empty());
        assert!(simplified(Vec::new()).is_empty());
    }

    #[test]
    fn a_line_keeps_its_ends_and_what_stands_out() {
        assert_eq!(thinned(vec![[0, 0], [5, 1], [10, 0], [15, 8], [20, 0]], 2.0), [[0, 0], [10, 0], [15, 8], [20, 0]]);
        assert_eq!(thinned(vec![[0, 0], [5, 1], [10, 0]], 2.0), [[0, 0], [10, 0]]);
        // further along the same straight line than both ends
        assert_eq!(thinned(vec![[0, 0], [30, 0], [10, 0]], 2.0), [[0, 0], [30, 0], [10, 0]]);
        assert_eq!(thinned(vec![[3, 3], [3, 3], [3, 3]], 2.0), [[3, 3]]);
    }

    #[test]
    fn a_closed_line_stays_around_its_area() {
        let small = thinned(vec![[0, 0], [1, 0], [2, 1], [1, 2], [0, 1], [0, 0]], 50.0);
        assert_eq!((small.len(), small.first()), (4, small.last()));
        assert!(double_area(&small) > 0);
        assert_eq!(thinned(vec![[0, 0], [5, 0], [0, 0]], 50.0).len(), 2);
    }

    fn cells(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Cell>> {
        // few columns and rows, so that points repeat and lie on straight runs
        proptest::collection::vec(prop_oneof![[0..6i32, 0..6i32], [-64..4160i32, -64..4160i32]], count)
    }

    proptest! {
        #[test]
        fn a_simplified_ring_has_the_same_area_and_nothing_more_to_lose(points in cells(0..40)) {
            let area = double_area(&points);
            let ring = simplified(points);
            prop_assert_eq!(double_area(&ring), area);
            prop_assert!(ring.is_empty() || ring.len() >= 3);
            for index in 0..ring.len() {
                let [a, b, c] = [0, 1, 2].map(|step| ring[(index + step) % ring.len()]);
                prop_assert!(turn(a, b, c) != 0, "{:?} {:?} {:?} is left", a, b, c);
            }
        }

        #[test]
        fn no_point_is_further_from_a_thinned_line_than_the_tolerance(points in cells(1..60), tolerance in 0.0..400.0f64) {
            let thin = thinned(points.clone(), tolerance);
            prop_assert_eq!((thin.first(), thin.last()), (points.first(), points.last()));
            for point in points {
                let nearest = match thin.len() {
                    1 => 0.0,
                    _ => {
                        let exact = |cell: Cell| cell.map(f64::from);
                        let segments = thin.windows(2).map(|pair| (exact(pair[0]), exact(pair[1])));
                        segments.map(|(a, b)| squared_distance(exact(point), a, b)).fold(f64::MAX, f64::min)
                    }
                };
                prop_assert!(nearest <= tolerance * tolerance * 1.000_001);
            }
        }
    }
}
