//! What is too small for a tile, gathered so that its area stays on the map: a quarter of sheds must not turn into a meadow.

use std::ops::Range;

use super::grid::EXTENT;
use super::snap::Cell;
use super::trace;

const SIDE: i32 = EXTENT as i32;

/// Areas of small features, summed in square cells. A feature counts for the tile that its centre lies in, and for no
/// other, so there is no seam.
pub struct Dust {
    step: i32,
    /// Cells in a row and in a column.
    across: i32,
    /// Square units by cell, row by row; empty until the first grain.
    areas: Vec<f32>,
    /// Rows with dust.
    rows: Range<i32>,
}

impl Dust {
    /// `step` is a cell's side in tile units.
    pub fn new(step: i32) -> Self {
        let step = step.clamp(1, SIDE);
        Self { step, across: (SIDE + step - 1) / step, areas: Vec::new(), rows: 0..0 }
    }

    pub fn add(&mut self, centre: Cell, area: f64) {
        if centre.iter().any(|part| !(0..SIDE).contains(part)) {
            return;
        }
        if self.areas.is_empty() {
            self.areas = vec![0.0; (self.across * self.across) as usize];
        }
        let [column, row] = centre.map(|part| part / self.step);
        self.rows = match self.rows.is_empty() {
            true => row..row + 1,
            false => self.rows.start.min(row)..self.rows.end.max(row + 1),
        };
        self.areas[(row * self.across + column) as usize] += area as f32;
    }

    /// Squares as large as the cells' dust, each in the middle of its cell; full cells that adjoin are one polygon. Valid by OGC,
    /// in the order of MVT.
    pub fn finish(self) -> Vec<Vec<Cell>> {
        let across = self.across as usize;
        let sides = self.sides();
        let at = |column: usize, row: usize| [column as i32 * self.step, row as i32 * self.step];
        let is_full =
            |column: usize, row: usize| column < across && row < across && sides[row * across + column] == self.step;
        let (mut rings, mut border) = (Vec::new(), Vec::new());
        for (index, &side) in sides.iter().enumerate().filter(|(_, side)| **side > 0) {
            let (column, row) = (index % across, index / across);
            let [left, top] = at(column, row).map(|low| low + (self.step - side) / 2);
            let corners = [[left, top], [left + side, top], [left + side, top + side], [left, top + side]];
            // before the first column and row wraps to far beyond the last
            let beside =
                [(column, row.wrapping_sub(1)), (column + 1, row), (column, row + 1), (column.wrapping_sub(1), row)];
            let adjoins = beside.map(|(column, row)| side == self.step && is_full(column, row));
            if adjoins == [false; 4] {
                rings.push(corners.to_vec());
                continue;
            }
            let bare = (0..4).filter(|edge| !adjoins[*edge]);
            border.extend(bare.map(|edge| [corners[edge], corners[(edge + 1) % 4]]));
        }
        rings.extend(trace::rings(border));
        rings
    }

    /// The side of each cell's square. What a cell cannot hold, or is too little to be drawn, goes on to the next: rows are
    /// walked to and fro, so that the next one is a neighbour.
    fn sides(&self) -> Vec<i32> {
        let across = self.across as usize;
        let mut sides = vec![0; self.areas.len()];
        let mut carried = 0.0;
        for (row, areas) in self.areas.chunks_exact(across).enumerate().skip(self.rows.start as usize) {
            // what the last rows have no room for goes beyond them
            if row >= self.rows.end as usize && carried <= self.full() / 2.0 {
                break;
            }
            for turn in 0..across {
                let column = if row % 2 == 0 { turn } else { across - 1 - turn };
                carried += areas[column];
                // a cell without dust of its own takes no crumbs, only what others have no room for
                let side = if areas[column] > 0.0 || carried > self.full() / 2.0 { self.side(carried) } else { 0 };
                carried -= (side * side) as f32;
                sides[row * across + column] = side;
            }
        }
        sides
    }

    fn full(&self) -> f32 {
        (self.step * self.step) as f32
    }

    fn side(&self, area: f32) -> i32 {
        let side = (area.max(0.0).sqrt().round() as i32).min(self.step);
        // a square that is not full keeps off its neighbours
        if side == 0 || side != self.step - 1 {
            return side;
        }
        let less = self.step - 2;
        if area * 2.0 > self.full() + (less * less) as f32 { self.step } else { less }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::proof;
    use crate::geom::snap::double_area;
    use proptest::prelude::*;

    fn dust(step: i32, grains: &[(Cell, f64)]) -> Vec<Vec<Cell>> {
        let mut dust = Dust::new(step);
        grains.iter().for_each(|(centre, area)| dust.add(*centre, *area));
        dust.finish()
    }

    fn area(rings: &[Vec<Cell>]) -> f64 {
        rings.iter().map(|ring| double_area(ring) as f64 / 2.0).sum()
    }

    #[test]
    fn dust_of_a_cell_becomes_a_square_in_its_middle() {
        assert_eq!(dust(8, &[([17, 2], 9.0), ([20, 7], 7.0)]), [[[18, 2], [22, 2], [22, 6], [18, 6]]]);
        assert!(dust(8, &[]).is_empty());
        assert!(dust(8, &[([9, 9], 0.2)]).is_empty());
    }

    #[test]
    fn each_grain_belongs_to_one_tile() {
        assert!(dust(8, &[([-1, 5], 20.0), ([5, 4096], 20.0), ([4096, 5], 20.0)]).is_empty());
        assert_eq!(dust(8, &[([4095, 4095], 64.0)]), [[[4088, 4088], [4096, 4088], [4096, 4096], [4088, 4096]]]);
    }

    #[test]
    fn full_cells_are_one_polygon_and_too_much_dust_goes_next_door() {
        assert_eq!(dust(8, &[([1, 1], 128.0)]), [[[16, 0], [16, 8], [0, 8], [0, 0]]]);
        let around: Vec<_> =
            (0..9).filter(|cell| *cell != 4).map(|cell| ([cell % 3 * 8, cell / 3 * 8], 64.0)).collect();
        let rings = dust(8, &around);
        assert_eq!((rings.len(), area(&rings)), (2, 512.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn the_area_is_kept_within_a_cell(
            step in 1..24i32,
            grains in proptest::collection::vec(([0..200i32, 0..200i32], 0.0..1.0f64), 0..300)
        ) {
            let cell = f64::from(step * step);
            let grains: Vec<_> = grains.into_iter().map(|(centre, share)| (centre, share * cell)).collect();
            let rings = dust(step, &grains);
            proof::holds(&rings);
            let total: f64 = grains.iter().map(|grain| grain.1).sum();
            prop_assert!((area(&rings) - total).abs() <= cell, "{} is not {}", area(&rings), total);
        }
    }
}
