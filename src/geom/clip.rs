//! Clipping to a tile's buffered square.

use super::grid::{BUFFER, EXTENT};
/// A point in tile coordinates.
pub type Xy = [f64; 2];

const LOW: f64 = -BUFFER;
const HIGH: f64 = EXTENT + BUFFER;

/// How a set of points lies to the square.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    Inside,
    Outside,
    Across,
}

/// Judged by the points' bounding box, so `Across` may still turn out to be outside.
pub fn lies(points: &[Xy]) -> Lies {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for point in points {
        for axis in 0..2 {
            low[axis] = low[axis].min(point[axis]);
            high[axis] = high[axis].max(point[axis]);
        }
    }
    if low[0] >= LOW && low[1] >= LOW && high[0] <= HIGH && high[1] <= HIGH {
        Lies::Inside
    } else if low[0] > HIGH || low[1] > HIGH || high[0] < LOW || high[1] < LOW {
        Lies::Outside
    } else {
        Lies::Across
    }
}

pub fn contains(point: Xy) -> bool {
    point.iter().all(|part| (LOW..=HIGH).contains(part))
}

/// Clips a closed ring (Sutherland–Hodgman, one pass for each edge of the square); the result is closed, or empty.
pub fn ring(points: &[Xy]) -> Vec<Xy> {
    let mut ring = points.to_vec();
    for (axis, bound, keep_below) in [(0, LOW, false), (0, HIGH, true), (1, LOW, false), (1, HIGH, true)] {
        ring = half_plane(&ring, axis, bound, keep_below);
    }
    ring
}

fn half_plane(ring: &[Xy], axis: usize, bound: f64, keep_below: bool) -> Vec<Xy> {
    let inside = |point: &Xy| if keep_below { point[axis] <= bound } else { point[axis] >= bound };
    let mut kept = Vec::with_capacity(ring.len() + 4);
    for pair in ring.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        match (inside(&from), inside(&to)) {
            (true, true) => kept.push(to),
            (true, false) => kept.push(crossing(from, to, axis, bound)),
            (false, true) => kept.extend([crossing(from, to, axis, bound), to]),
            (false, false) => {}
        }
    }
    if let Some(first) = kept.first().copied() {
        kept.push(first);
    }
    kept
}

/// Where a segment meets a line parallel to the other axis. The order of the ends does not change the result, so that
/// neighbouring polygons stay neighbours.
fn crossing(from: Xy, to: Xy, axis: usize, bound: f64) -> Xy {
    let (from, to) = if from[axis] <= to[axis] { (from, to) } else { (to, from) };
    let share = (bound - from[axis]) / (to[axis] - from[axis]);
    let other = 1 - axis;
    let mut point = [0.0; 2];
    point[axis] = bound;
    point[other] = from[other] + (to[other] - from[other]) * share;
    point
}

/// Clips a line into the pieces that run through the square (Liang–Barsky for each segment).
pub fn line(points: &[Xy]) -> Vec<Vec<Xy>> {
    let mut pieces: Vec<Vec<Xy>> = Vec::new();
    let mut open = false;
    for pair in points.windows(2) {
        let Some((from, to, leaves)) = segment(pair[0], pair[1]) else {
            open = false;
            continue;
        };
        match pieces.last_mut() {
            Some(piece) if open && piece.last() == Some(&from) => piece.push(to),
            _ => pieces.push(vec![from, to]),
        }
        open = !leaves;
    }
    pieces
}

/// The part of a segment inside the square, and whether the segment leaves it before its end.
fn segment(from: Xy, to: Xy) -> Option<(Xy, Xy, bool)> {
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for axis in 0..2 {
        let run = to[axis] - from[axis];
        for (distance, direction) in [(from[axis] - LOW, -run), (HIGH - from[axis], run)] {
            if direction == 0.0 {
                if distance < 0.0 {
                    return None;
                }
                continue;
            }
            let share = distance / direction;
            if direction < 0.0 {
                enter = enter.max(share);
            } else {
                leave = leave.min(share);
            }
        }
    }
    if enter > leave {
        return None;
    }
    let at = |share: f64| [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
    let start = if enter > 0.0 { at(enter) } else { from };
    let end = if leave < 1.0 { at(leave) } else { to };
    Some((start, end, leave < 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_around_the_tile_becomes_the_square() {
        let ring = ring(&[[-9e3, -9e3], [9e3, -9e3], [9e3, 9e3], [-9e3, 9e3], [-9e3, -9e3]]);
        assert_eq!(ring.first(), ring.last());
        for corner in [[LOW, LOW], [HIGH, LOW], [HIGH, HIGH], [LOW, HIGH]] {
            assert!(ring.contains(&corner), "{corner:?} is missing of {ring:?}");
        }
    }

    #[test]
    fn a_ring_outside_vanishes() {
        assert_eq!(ring(&[[5e3, 0.0], [6e3, 0.0], [6e3, 100.0], [5e3, 0.0]]), Vec::<Xy>::new());
        let beside = [[5e3, 0.0], [6e3, 0.0], [6e3, 100.0], [5e3, 0.0]];
        assert_eq!(lies(&beside), Lies::Outside);
    }

    #[test]
    fn a_line_that_leaves_and_returns_is_two_pieces() {
        let pieces = line(&[[100.0, 100.0], [5000.0, 100.0], [5000.0, 200.0], [100.0, 200.0]]);
        assert_eq!(pieces, [vec![[100.0, 100.0], [HIGH, 100.0]], vec![[HIGH, 200.0], [100.0, 200.0]]]);
    }

    #[test]
    fn a_line_along_the_outside_gives_nothing() {
        assert_eq!(line(&[[-500.0, 0.0], [-500.0, 4000.0]]), Vec::<Vec<Xy>>::new());
    }
}
