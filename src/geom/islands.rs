//! Loops that have nothing to do with any other loop, told apart without an overlay: most blocks of a city.

use super::snap::Cell;

/// Side of the squares in which edges are looked for, in tile units: less than a street is wide at the zooms at which blocks
/// are parted by streets. Loops whose edges share a square may meet.
const SIDE: i32 = 8;
/// More squares than this are not laid out: coordinates far from a tile are left to the overlay.
const MOST_SQUARES: usize = 1 << 19;

/// For each loop (open rings), whether none of its edges comes near an edge of another and neither lies within the other's
/// box. `false` may also say that it would take too long to know.
pub(super) fn alone(loops: &[Vec<Cell>]) -> Vec<bool> {
    let boxes: Vec<_> = loops.iter().map(|ring| Around::of(ring)).collect();
    let mut alone = vec![true; loops.len()];
    nested(&boxes, &mut alone);
    let all = boxes.iter().copied().reduce(Around::united);
    let Some(mut squares) = all.and_then(Squares::new) else { return vec![false; loops.len()] };
    for (place, ring) in loops.iter().enumerate() {
        let mut from = ring.last();
        for to in ring {
            if let Some(from) = from.replace(to) {
                squares.mark(*from, *to, place, &mut alone);
            }
        }
    }
    alone
}

/// A box around a loop.
#[derive(Clone, Copy)]
struct Around {
    low: Cell,
    high: Cell,
}

impl Around {
    fn of(ring: &[Cell]) -> Self {
        let nothing = Self { low: [i32::MAX; 2], high: [i32::MIN; 2] };
        ring.iter().fold(nothing, |around, point| around.united(Self { low: *point, high: *point }))
    }

    fn united(self, other: Self) -> Self {
        let both =
            |limit: fn(i32, i32) -> i32, one: Cell, other: Cell| [limit(one[0], other[0]), limit(one[1], other[1])];
        Self { low: both(i32::min, self.low, other.low), high: both(i32::max, self.high, other.high) }
    }

    fn holds(self, other: Self) -> bool {
        (0..2).all(|axis| self.low[axis] <= other.low[axis] && other.high[axis] <= self.high[axis])
    }
}

/// Takes loops out of `alone` whose boxes lie within each other.
fn nested(boxes: &[Around], alone: &mut [bool]) {
    let mut order: Vec<_> = (0..boxes.len()).collect();
    order.sort_unstable_by_key(|place| boxes[*place].low[0]);
    for (index, &one) in order.iter().enumerate() {
        let (around, near) = (boxes[one], &order[index + 1..]);
        for &other in near.iter().take_while(|other| boxes[**other].low[0] <= around.high[0]) {
            if around.holds(boxes[other]) || boxes[other].holds(around) {
                (alone[one], alone[other]) = (false, false);
            }
        }
    }
}

const NOBODY: u32 = u32::MAX;

/// Whose edges pass through which square.
struct Squares {
    first: Cell,
    columns: usize,
    /// Row by row, the first loop that came.
    owners: Vec<u32>,
}

impl Squares {
    fn new(around: Around) -> Option<Self> {
        let first = around.low.map(|part| part.div_euclid(SIDE));
        let count =
            |axis: usize| usize::try_from(around.high[axis].div_euclid(SIDE).checked_sub(first[axis])? + 1).ok();
        let (columns, rows) = (count(0)?, count(1)?);
        let squares = columns.checked_mul(rows).filter(|squares| *squares <= MOST_SQUARES)?;
        Some(Self { first, columns, owners: vec![NOBODY; squares] })
    }

    /// Marks every square that has a point of the edge.
    fn mark(&mut self, from: Cell, to: Cell, place: usize, alone: &mut [bool]) {
        let [top, bottom] = if from[1] <= to[1] { [from, to] } else { [to, from] };
        for row in top[1].div_euclid(SIDE)..=bottom[1].div_euclid(SIDE) {
            // the part of the edge in this row of squares
            let heights = [(row * SIDE).max(top[1]), ((row + 1) * SIDE).min(bottom[1])];
            let ends = match top[1] == bottom[1] {
                true => [top[0], bottom[0]],
                false => heights.map(|height| at(top, bottom, height)),
            };
            let [start, end] = ends.map(|end| end.div_euclid(SIDE));
            for column in start.min(end)..=start.max(end) {
                self.take([column, row], place, alone);
            }
        }
    }

    fn take(&mut self, square: Cell, place: usize, alone: &mut [bool]) {
        let [column, row] = [0, 1].map(|axis| (square[axis] - self.first[axis]) as usize);
        let owner = &mut self.owners[row * self.columns + column];
        match *owner {
            NOBODY => *owner = place as u32,
            other if other as usize == place => {}
            other => (alone[place], alone[other as usize]) = (false, false),
        }
    }
}

/// Where an edge that is not level is at a height between its ends.
fn at(top: Cell, bottom: Cell, height: i32) -> i32 {
    let [width, tall] = [0, 1].map(|axis| i64::from(bottom[axis]) - i64::from(top[axis]));
    top[0] + (width * (i64::from(height) - i64::from(top[1]))).div_euclid(tall) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn square(low: Cell, side: i32) -> Vec<Cell> {
        let [x, y] = low;
        vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
    }

    #[test]
    fn far_from_each_other_is_alone_and_near_or_within_is_not() {
        let loops = [square([0, 0], 20), square([100, 0], 20), square([121, 0], 19), square([-500, 200], 400)];
        assert_eq!(alone(&loops), [true, false, false, true]);
        assert_eq!(alone(&[square([0, 0], 900), square([400, 400], 20)]), [false, false]);
        assert_eq!(alone(&[square([0, 0], 9), square([1 << 20, 1 << 20], 9)]), [false, false]);
        assert!(alone(&[]).is_empty());
    }

    #[test]
    fn boxes_that_overlap_part_of_each_other_do_not_matter() {
        let corner = vec![[0, 0], [400, 0], [400, 40], [40, 40], [40, 400], [0, 400]];
        assert_eq!(alone(&[corner, square([200, 200], 400)]), [true, true]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// Points along an edge lie in squares that it has marked.
        #[test]
        fn every_square_on_the_way_is_marked(ends in [[-300..300i32, -300..300i32], [-300..300i32, -300..300i32]], share in 0.0..=1.0f64) {
            let around = Around::of(&ends);
            let mut squares = Squares::new(around).unwrap();
            squares.mark(ends[0], ends[1], 7, &mut []);
            let at = [0, 1].map(|axis| f64::from(ends[0][axis]) + f64::from(ends[1][axis] - ends[0][axis]) * share);
            let square = [0, 1].map(|axis| ((at[axis] / f64::from(SIDE)).floor() as i32 - squares.first[axis]) as usize);
            prop_assert_eq!(squares.owners[square[1] * squares.columns + square[0]], 7);
        }
    }
}
