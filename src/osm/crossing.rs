//! Whether the rings of an area cross or overlap, and the area redrawn if they do.

use geo::{Area, BooleanOps, MultiPolygon};

use super::fixed::{Bounds, Fixed, turn};

/// Bound on the pairs of edges compared for one area.
const MOST_PAIRS: u64 = 20_000_000;
/// Areas with more edges are not examined: ten times what an OpenStreetMap relation has in practice.
const MOST_EDGES: usize = 1_000_000;

/// The answer of [`find`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    None,
    Some,
    /// Too many edges, or pairs of them, to look at.
    Unknown,
}

struct Edge {
    a: Fixed,
    b: Fixed,
    bounds: Bounds,
    ring: usize,
    at: usize,
}

/// Looks for edges that must not meet: of one ring, any contact but at the corner between neighbours; of two rings, a
/// crossing or a common stretch (a common corner is allowed). Rings are closed, and no point repeats its neighbour.
pub fn find(rings: &[&[Fixed]]) -> Crossing {
    let mut edges: Vec<Edge> = Vec::with_capacity(rings.iter().map(|ring| ring.len()).sum());
    for (ring, points) in rings.iter().enumerate() {
        edges.extend(
            points
                .windows(2)
                .enumerate()
                .filter_map(|(at, edge)| Some(Edge { a: edge[0], b: edge[1], bounds: Bounds::of(edge)?, ring, at })),
        );
    }
    if edges.len() > MOST_EDGES {
        return Crossing::Unknown;
    }
    edges.sort_unstable_by_key(|edge| edge.bounds.min.x);
    // A sweep from west to east: `open` holds the edges that reach the current one.
    let mut open: Vec<usize> = Vec::new();
    let mut pairs = 0_u64;
    for now in 0..edges.len() {
        let edge = &edges[now];
        open.retain(|&other| edges[other].bounds.max.x >= edge.bounds.min.x);
        pairs = pairs.saturating_add(open.len() as u64);
        if pairs > MOST_PAIRS {
            return Crossing::Unknown;
        }
        let near = open.iter().map(|&other| &edges[other]).filter(|other| other.bounds.meets(&edge.bounds));
        if near.into_iter().any(|other| conflict(edge, other, rings)) {
            return Crossing::Some;
        }
        open.push(now);
    }
    Crossing::None
}

fn conflict(p: &Edge, q: &Edge, rings: &[&[Fixed]]) -> bool {
    let turns = [turn(p.a, p.b, q.a), turn(p.a, p.b, q.b), turn(q.a, q.b, p.a), turn(q.a, q.b, p.b)];
    if turns.iter().all(|&turn| turn == 0) {
        // On one line: their boxes meet in more than a point exactly if they share a stretch.
        return shares_a_stretch(&p.bounds, &q.bounds) || (p.ring == q.ring && !neighbours(p, q, rings));
    }
    let apart = turns[0].signum() * turns[1].signum() > 0 || turns[2].signum() * turns[3].signum() > 0;
    if apart {
        return false;
    }
    if p.ring == q.ring {
        return !neighbours(p, q, rings);
    }
    turns.iter().all(|&turn| turn != 0)
}

fn shares_a_stretch(p: &Bounds, q: &Bounds) -> bool {
    let (left, right) = (p.min.x.max(q.min.x), p.max.x.min(q.max.x));
    let (low, high) = (p.min.y.max(q.min.y), p.max.y.min(q.max.y));
    left <= right && low <= high && (left < right || low < high)
}

/// Whether two edges of one ring follow each other.
fn neighbours(p: &Edge, q: &Edge, rings: &[&[Fixed]]) -> bool {
    let last = rings[p.ring].len().saturating_sub(2);
    let (first, second) = (p.at.min(q.at), p.at.max(q.at));
    second - first == 1 || (first == 0 && second == last)
}

/// The area that the rings enclose by the even-odd rule, drawn without crossings; nothing if none is left.
/// Points where edges crossed are new; others may move by about 10⁻⁹ of the area's width.
pub fn redraw(shape: &MultiPolygon<f64>) -> Option<MultiPolygon<f64>> {
    let mut redrawn = shape.union(&MultiPolygon(Vec::new()));
    redrawn.0.retain(|polygon| polygon.unsigned_area() > 0.0);
    (!redrawn.0.is_empty()).then_some(redrawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[(i32, i32)]) -> Vec<Fixed> {
        points.iter().map(|&(x, y)| Fixed { x, y }).collect()
    }

    #[test]
    fn one_ring() {
        for (points, crossing) in [
            (&[(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)][..], Crossing::None),
            // Straight on through a corner is no crossing.
            (&[(0, 0), (5, 0), (10, 0), (10, 10), (0, 10), (0, 0)], Crossing::None),
            (&[(0, 0), (10, 10), (10, 0), (0, 10), (0, 0)], Crossing::Some),
            // Touches itself in a corner, and in the middle of an edge.
            (&[(0, 0), (5, 5), (0, 10), (10, 10), (5, 5), (10, 0), (0, 0)], Crossing::Some),
            (&[(0, 0), (10, 0), (10, 10), (5, 0), (0, 10), (0, 0)], Crossing::Some),
            // Goes out and back.
            (&[(0, 0), (10, 0), (20, 0), (10, 0), (10, 10), (0, 0)], Crossing::Some),
        ] {
            assert_eq!(find(&[&ring(points)]), crossing, "{points:?}");
        }
    }

    #[test]
    fn two_rings() {
        let square = ring(&[(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)]);
        for (points, crossing) in [
            (&[(2, 2), (8, 2), (8, 8), (2, 2)][..], Crossing::None),
            // A corner on an edge is allowed, a common stretch is not.
            (&[(0, 5), (8, 2), (8, 8), (0, 5)], Crossing::None),
            (&[(0, 4), (0, 8), (8, 5), (0, 4)], Crossing::Some),
            (&[(5, 5), (15, 5), (15, 8), (5, 5)], Crossing::Some),
        ] {
            assert_eq!(find(&[&square, &ring(points)]), crossing, "{points:?}");
        }
    }

    #[test]
    fn a_scribble_is_given_up_in_time() {
        let zigzag: Vec<Fixed> =
            (0..20_000).map(|i| Fixed { x: if i % 2 == 0 { 0 } else { 1_000_000 }, y: i * 10 }).collect();
        assert_eq!(find(&[&zigzag]), Crossing::Unknown);
    }
}
