//! The geometry of tiles alone: floor 0 needs nothing of the rest, so fuzzing is built in seconds.

#[path = "../../src/geom/mod.rs"]
pub mod geom;

use geom::shape::Role;
use geom::snap::{Cell, double_area, ring};
use geom::world::{Place, Window};

/// The rings of a feature in a tile, turned by their roles, as the encoder hands them over to be mended.
pub fn rings<'p>(parts: impl Iterator<Item = (Role, &'p [Place])>, window: Window) -> Vec<Vec<Cell>> {
    let mut rings = Vec::new();
    for (role, points) in parts {
        let mut cells = Vec::new();
        ring(points, window, false, &mut cells);
        if (double_area(&cells) > 0) != (role == Role::Exterior) {
            cells.reverse();
        }
        rings.push(cells);
    }
    rings
}
