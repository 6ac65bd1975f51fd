//! Exact tests on edges between a tile's integers. Coordinates below 2²⁹ in size cannot overflow them.

use super::snap::{Cell, double_area};

/// Up to here comparing every edge with every other is faster than sorting them.
const FEW: usize = 32;
/// How many comparisons an edge may cost on average before [`apart`] gives up.
const PATIENCE: usize = 256;

/// Positive where the way from `a` by `b` to `c` turns as an exterior ring does; 0 where it is straight or returns.
pub(super) fn turn(a: Cell, b: Cell, c: Cell) -> i64 {
    cross(minus(b, a), minus(c, b))
}

pub(super) fn minus(a: Cell, b: Cell) -> [i64; 2] {
    [i64::from(a[0]) - i64::from(b[0]), i64::from(a[1]) - i64::from(b[1])]
}

pub(super) fn cross(a: [i64; 2], b: [i64; 2]) -> i64 {
    a[0] * b[1] - a[1] * b[0]
}

pub(super) fn dot(a: [i64; 2], b: [i64; 2]) -> i64 {
    a[0] * b[0] + a[1] * b[1]
}

/// Whether two edges have a point in common.
fn meet(one: [Cell; 2], other: [Cell; 2]) -> bool {
    let aside = |axis: usize| {
        let [a, b, c, d] = [one[0][axis], one[1][axis], other[0][axis], other[1][axis]];
        a.max(b) < c.min(d) || c.max(d) < a.min(b)
    };
    if aside(0) || aside(1) {
        return false;
    }
    // boxes that meet settle edges on one line; of others, each must have the ends of the other on both sides
    let splits = |[a, b]: [Cell; 2], [c, d]: [Cell; 2]| turn(a, b, c).signum() * turn(a, b, d).signum() <= 0;
    splits(one, other) && splits(other, one)
}

/// Whether no edge of simplified open rings meets another but its neighbours in the ring. `false` may also say that it would
/// take too long to know.
pub(super) fn apart<Ring: AsRef<[Cell]>>(rings: &[Ring]) -> bool {
    match rings {
        [ring] if ring.as_ref().len() <= FEW => few_apart(ring.as_ref()),
        _ => many_apart(rings),
    }
}

fn few_apart(ring: &[Cell]) -> bool {
    let count = ring.len();
    let edge = |index: usize| [ring[index], ring[if index + 1 == count { 0 } else { index + 1 }]];
    // the first edge has the last as its neighbour
    let end = |index: usize| if index == 0 { count - 1 } else { count };
    (0..count).all(|one| (one + 2..end(one)).all(|other| !meet(edge(one), edge(other))))
}

/// An edge with its place among all, and the place of the next one in its ring.
struct Edge {
    ends: [Cell; 2],
    low: i32,
    high: i32,
    place: usize,
    next: usize,
}

fn many_apart<Ring: AsRef<[Cell]>>(rings: &[Ring]) -> bool {
    let count = rings.iter().map(|ring| ring.as_ref().len()).sum();
    let mut edges = Vec::with_capacity(count);
    for ring in rings {
        let ring = ring.as_ref();
        let first = edges.len();
        for (index, from) in ring.iter().enumerate() {
            let last = index + 1 == ring.len();
            let to = if last { ring[0] } else { ring[index + 1] };
            let place = first + index;
            let next = if last { first } else { place + 1 };
            edges.push(Edge { ends: [*from, to], low: from[0].min(to[0]), high: from[0].max(to[0]), place, next });
        }
    }
    edges.sort_unstable_by_key(|edge| edge.low);
    let mut patience = count * PATIENCE;
    for (index, one) in edges.iter().enumerate() {
        for other in edges[index + 1..].iter().take_while(|other| other.low <= one.high) {
            patience -= 1;
            let neighbours = one.next == other.place || other.next == one.place;
            if patience == 0 || !neighbours && meet(one.ends, other.ends) {
                return false;
            }
        }
    }
    true
}

/// A ring with what is asked of it again and again.
pub(super) struct Outline<'r> {
    pub ring: &'r [Cell],
    pub double_area: i64,
    low: Cell,
    high: Cell,
}

impl<'r> Outline<'r> {
    pub fn of(ring: &'r [Cell]) -> Self {
        let bound =
            |axis: usize, limit: fn(i32, i32) -> i32| ring.iter().map(|point| point[axis]).reduce(limit).unwrap_or(0);
        let [low, high] = [i32::min, i32::max].map(|limit| [bound(0, limit), bound(1, limit)]);
        Self { ring, double_area: double_area(ring), low, high }
    }

    /// Whether there is inside of the ring just to the left of a point (and by as little further along the other axis).
    pub fn surrounds(&self, point: Cell) -> bool {
        let near = (0..2).all(|axis| self.low[axis] <= point[axis] && point[axis] <= self.high[axis]);
        let Some(last) = self.ring.last().filter(|_| near) else { return false };
        let (mut inside, mut from) = (false, *last);
        for &to in self.ring {
            // the edge passes the point's row, to the left of the point
            let passes = (from[1] > point[1]) != (to[1] > point[1]);
            if passes && (turn(from, to, point) < 0) == (from[1] < to[1]) && turn(from, to, point) != 0 {
                inside = !inside;
            }
            from = to;
        }
        inside
    }
}
