//! From world units to the integers of a vector tile, keeping what MVT 2.1 asks of geometry (§4.3): nothing outside of the
//! buffered tile, no repeated points, no ring without area.

use super::clip::{self, Lies};
use super::simplify;
use super::world::{Place, Window};

/// A point of a vector tile.
pub type Cell = [i32; 2];

/// The part of a point that the buffered tile holds.
pub fn point(place: Place, window: Window) -> Option<Cell> {
    let far = window.far(place);
    clip::contains(far.map(|part| part as f64)).then(|| far.map(|part| part as i32))
}

/// Rounds a ring and clips it unless it is known to lie `inside`; empties `ring` where nothing with area is left.
/// Points on straight runs stay: neighbours have theirs there.
pub fn ring(points: &[Place], window: Window, inside: bool, ring: &mut Vec<Cell>) {
    ring.clear();
    if inside {
        ring.extend(points.iter().map(|point| window.near(*point)));
    } else {
        let mut exact: Vec<_> = points.iter().map(|point| window.far(*point).map(|part| part as f64)).collect();
        match clip::lies(&exact) {
            Lies::Outside => return,
            Lies::Inside => ring.extend(exact.iter().map(cell)),
            Lies::Across => {
                exact.extend(exact.first().copied());
                ring.extend(clip::ring(&exact).iter().map(cell));
                ring.pop();
            }
        }
    }
    ring.dedup();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    if ring.len() < 3 || double_area(ring) == 0 {
        ring.clear();
    }
}

/// Rounds and simplifies a line and gives its pieces inside the buffered tile to `take`. It is simplified whole, so that
/// neighbouring tiles cut the same line.
pub fn line(points: &[Place], window: Window, inside: bool, tolerance: f64, mut take: impl FnMut(&[Cell])) {
    let mut whole: Vec<Cell> = points.iter().map(|point| window.near(*point)).collect();
    whole.dedup();
    simplify::line(&mut whole, tolerance);
    if inside {
        if whole.len() > 1 {
            take(&whole);
        }
        return;
    }
    let exact: Vec<_> = whole.iter().map(|cell| cell.map(f64::from)).collect();
    for piece in clip::line(&exact) {
        let mut cells: Vec<Cell> = piece.iter().map(cell).collect();
        cells.dedup();
        if cells.len() > 1 {
            take(&cells);
        }
    }
}

fn cell(point: &clip::Xy) -> Cell {
    point.map(|part| part.round() as i32)
}

/// Twice the ring's area by the surveyor's formula; positive where the ring runs clockwise on the screen.
pub fn double_area(ring: &[Cell]) -> i64 {
    let Some(mut from) = ring.last() else { return 0 };
    let mut area = 0;
    for to in ring {
        area += i64::from(from[0]) * i64::from(to[1]) - i64::from(to[0]) * i64::from(from[1]);
        from = to;
    }
    area
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::grid::TileId;
    use proptest::prelude::*;

    fn window() -> Window {
        Window::new(TileId::new(12, 2000, 1300).unwrap(), 0)
    }

    /// A place at tile coordinates.
    fn at(x: i64, y: i64) -> Place {
        [((x + 2000 * 4096) << 8) as u32, ((y + 1300 * 4096) << 8) as u32]
    }

    #[test]
    fn a_ring_below_a_unit_vanishes() {
        let mut cells = Vec::new();
        let [x, y] = at(100, 100);
        ring(&[[x, y], [x + 60, y], [x + 60, y + 60]], window(), true, &mut cells);
        assert_eq!(cells, Vec::<Cell>::new());
    }

    #[test]
    fn a_point_beyond_the_buffer_is_not_in_the_tile() {
        assert_eq!(point(at(-64, 4160), window()), Some([-64, 4160]));
        assert_eq!(point(at(-65, 0), window()), None);
        assert_eq!(point([0, 0], window()), None);
    }

    proptest! {
        #[test]
        fn whatever_is_snapped_lies_in_the_buffered_tile_and_has_area(
            points in proptest::collection::vec((-9000i64..9000, -9000i64..9000), 3..40)
        ) {
            let points: Vec<_> = points.into_iter().map(|(x, y)| at(x, y)).collect();
            let mut cells = Vec::new();
            ring(&points, window(), false, &mut cells);
            prop_assert!(cells.is_empty() || cells.len() >= 3 && double_area(&cells) != 0);
            prop_assert!(cells.windows(2).all(|pair| pair[0] != pair[1]) && (cells.is_empty() || cells.first() != cells.last()));
            prop_assert!(cells.iter().flatten().all(|part| (-64..=4160).contains(part)));
            line(&points, window(), false, 0.0, |piece| {
                assert!(piece.len() > 1 && piece.iter().flatten().all(|part| (-64..=4160).contains(part)));
            });
        }
    }
}
