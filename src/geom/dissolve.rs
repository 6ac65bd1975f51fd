//! Many polygons as one: a block of parcels where the borders inside it are too fine to be seen.

use super::snap::{Cell, double_area};
use super::trace;
use super::{islands, mend, simplify};

/// Coordinates that pack into 15 bits: far beyond a tile and its buffer.
const LOW: i32 = -(1 << 13);
const BITS: u32 = 15;

/// Gathers polygons' rings for their union.
///
/// Neighbours share most of their edges, each taking an edge the other way round. Such pairs cancel: what is left is the outline of
/// a block, a small part of what came in. Blocks that are whole and meet no other are done; only the others go through
/// i_overlay.
#[derive(Default)]
pub struct Dissolver {
    /// Edges as numbers: the lower end, the higher end, and a bit for the way.
    edges: Vec<u64>,
    /// Rings that do not pack.
    far: Vec<Vec<Cell>>,
}

impl Dissolver {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an open ring turned as MVT asks: exteriors add, holes take away.
    pub fn add(&mut self, ring: &[Cell]) {
        let Some(mut from) = ring.last().and_then(pack) else { return self.far.push(ring.to_vec()) };
        let before = self.edges.len();
        self.edges.reserve(ring.len());
        for point in ring {
            let Some(to) = pack(point) else {
                self.edges.truncate(before);
                return self.far.push(ring.to_vec());
            };
            match from < to {
                true => self.edges.push(from << (2 * BITS + 1) | to << 1),
                false => self.edges.push(to << (2 * BITS + 1) | from << 1 | 1),
            }
            from = to;
        }
    }

    /// Valid rings in the order of MVT.
    pub fn finish(mut self) -> Vec<Vec<Cell>> {
        self.edges.sort_unstable();
        let mut left = Vec::new();
        for same in self.edges.chunk_by(|one, other| one >> 1 == other >> 1) {
            let back = same.iter().filter(|edge| **edge & 1 == 1).count();
            let forth = same.len() - back;
            let edge = [same[0] >> (2 * BITS + 1), same[0] >> 1].map(unpack);
            if edge[0] != edge[1] {
                left.extend(std::iter::repeat_n(edge, forth.saturating_sub(back)));
                left.extend(std::iter::repeat_n([edge[1], edge[0]], back.saturating_sub(forth)));
            }
        }
        let mut loops = trace::loops(left);
        loops.append(&mut self.far);
        let mut alone = islands::alone(&loops).into_iter();
        let whole = |ring: &mut Vec<Cell>| {
            let is_alone = alone.next().unwrap_or(false);
            simplify::ring(ring);
            is_alone && double_area(ring) > 0 && mend::is_whole(ring)
        };
        let mut rings: Vec<_> = loops.extract_if(.., whole).collect();
        rings.append(&mut mend::union(&loops));
        rings
    }
}

fn pack(point: &Cell) -> Option<u64> {
    let [x, y] = point.map(|part| part.wrapping_sub(LOW) as u32);
    (x >> BITS == 0 && y >> BITS == 0).then(|| u64::from(x << BITS | y))
}

fn unpack(packed: u64) -> Cell {
    let part = |shift: u32| (packed >> shift & ((1 << BITS) - 1)) as i32 + LOW;
    [part(BITS), part(0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::proof;
    use proptest::prelude::*;

    fn square(low: i32, high: i32) -> Vec<Cell> {
        vec![[low, low], [high, low], [high, high], [low, high]]
    }

    fn dissolved(rings: &[Vec<Cell>]) -> Vec<Vec<Cell>> {
        let mut dissolver = Dissolver::new();
        rings.iter().for_each(|ring| dissolver.add(ring));
        dissolver.finish()
    }

    fn area(rings: &[Vec<Cell>]) -> i64 {
        rings.iter().map(|ring| double_area(ring)).sum()
    }

    #[test]
    fn neighbours_become_one() {
        let rings = dissolved(&[square(0, 9), vec![[9, 0], [20, 0], [20, 9], [9, 9]], square(9, 12)]);
        assert_eq!((rings.len(), area(&rings)), (1, 2 * (81 + 99 + 9)));
        assert!(dissolved(&[]).is_empty());
        assert!(dissolved(&[Vec::new(), vec![[1, 1], [2, 2]]]).is_empty());
    }

    #[test]
    fn the_same_polygon_twice_is_there_once() {
        let neighbour = vec![[9, 0], [20, 0], [20, 9], [9, 9]];
        let rings = dissolved(&[square(0, 9), square(0, 9), neighbour, square(3, 5)]);
        assert_eq!((rings.len(), area(&rings)), (1, 2 * (81 + 99)));
    }

    #[test]
    fn coordinates_far_from_the_tile_count_as_well() {
        let far = vec![[-5, 0], [100_000, 0], [100_000, 10], [-5, 10]];
        assert_eq!(area(&dissolved(&[far, square(0, 5)])), 2 * 100_005 * 10);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn parcels_with_shared_corners_keep_their_area_to_the_unit(
            shifts in proptest::collection::vec([0..4i32, 0..4i32], 81), built in proptest::collection::vec(any::<bool>(), 64)
        ) {
            let corner = |x: usize, y: usize| {
                let shift = shifts[y * 9 + x];
                [x as i32 * 10 + shift[0], y as i32 * 10 + shift[1]]
            };
            let parcels = (0..64).filter(|index| built[*index]).map(|index| (index % 8, index / 8));
            let parcels: Vec<Vec<Cell>> = parcels
                .map(|(x, y)| vec![corner(x, y), corner(x + 1, y), corner(x + 1, y + 1), corner(x, y + 1)])
                .collect();
            let rings = dissolved(&parcels);
            proof::holds(&rings);
            prop_assert_eq!(area(&rings), area(&parcels));
        }

        #[test]
        fn blocks_far_and_near_are_what_an_overlay_of_all_makes_of_them(
            blocks in proptest::collection::vec(([0..900i32, 0..900i32], proptest::collection::vec([0..90i32, 0..90i32], 3..6)), 0..30)
        ) {
            let rings = blocks.into_iter().map(|([x, y], ring)| {
                let mut ring: Vec<_> = ring.into_iter().map(|[right, down]| [x + right, y + down]).collect();
                if double_area(&ring) < 0 {
                    ring.reverse();
                }
                ring
            });
            let rings: Vec<Vec<Cell>> = rings.collect();
            let found = dissolved(&rings);
            proof::holds(&found);
            prop_assert_eq!(area(&found), area(&mend::union(&rings)));
        }

        #[test]
        fn any_rings_become_valid(
            rings in proptest::collection::vec(proptest::collection::vec([-9..30i32, -9..30i32], 0..6), 0..9)
        ) {
            proof::holds(&dissolved(&rings));
        }
    }
}
