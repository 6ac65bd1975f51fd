//! When what a tile shows last changed.
//!
//! Numbers grow with every change in the process. A tile is kept in the cache under the number of the last change that
//! touched it, so a change makes exactly the touched tiles unreachable, at a cost that does not depend on the cache.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use crate::geom::grid::TileId;
use crate::geom::world::Bounds;

/// Deeper tiles are as fresh as the tile of this zoom that holds them.
const LAST: u8 = 16;
/// A change that touches more tiles of a zoom touches all of it.
const MOST: u64 = 1024;

/// The last changes of one layer.
#[derive(Debug, Default)]
pub struct Epochs {
    all: u64,
    zooms: [u64; LAST as usize + 1],
    tiles: HashMap<(u8, u32, u32), u64>,
}

impl Epochs {
    pub fn of(&self, tile: TileId) -> u64 {
        let zoom = tile.z().min(LAST);
        let deeper = tile.z() - zoom;
        let touched = self.tiles.get(&(zoom, tile.x() >> deeper, tile.y() >> deeper)).copied().unwrap_or(0);
        self.all.max(self.zooms[usize::from(zoom)]).max(touched)
    }

    /// Everything may have changed.
    pub fn all(&mut self, epoch: u64) {
        *self = Self { all: epoch, ..Self::default() };
    }

    /// All tiles of a zoom may have changed.
    pub fn zoom(&mut self, zoom: u8, epoch: u64) {
        self.zooms[usize::from(zoom.min(LAST))] = epoch;
    }

    /// Something in these bounds has changed: touches every tile whose buffered square meets them, from zoom `first` on.
    pub fn touch(&mut self, bounds: Bounds, epoch: u64, first: u8) {
        for zoom in first..=LAST {
            let [columns, rows] = bounds.tiles(zoom);
            let many = |range: &RangeInclusive<u32>| u64::from(range.end() - range.start()) + 1;
            if many(&columns) * many(&rows) > MOST {
                self.zoom(zoom, epoch);
                continue;
            }
            for x in columns {
                for y in rows.clone() {
                    self.tiles.insert((zoom, x, y), epoch);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::world::place;

    #[test]
    fn a_change_touches_its_tile_on_every_zoom_and_neighbours_within_the_buffer_only() {
        let mut epochs = Epochs::default();
        let middle = |tile: TileId| Bounds::of(&[[tile.x(), tile.y()].map(|part| (part << 16) + 0x8000)]);
        let tile = TileId::at(16, 30.5, 50.25);
        epochs.touch(middle(tile), 7, 0);
        for zoom in 0..=16 {
            let on = TileId::new(zoom, tile.x() >> (16 - zoom), tile.y() >> (16 - zoom)).unwrap();
            assert_eq!(epochs.of(on), 7, "{on}");
        }
        assert_eq!(epochs.of(TileId::at(18, 30.5, 50.25)), 7, "deeper tiles follow");
        assert_eq!(epochs.of(TileId::new(16, tile.x() + 1, tile.y()).unwrap()), 0);
        let edge = [tile.x() << 16, (tile.y() << 16) + 0x8000];
        epochs.touch(Bounds::of(&[edge]), 8, 0);
        assert_eq!(epochs.of(TileId::new(16, tile.x() - 1, tile.y()).unwrap()), 8, "the buffer reaches over the edge");
    }

    #[test]
    fn a_change_as_large_as_a_country_touches_the_zoom() {
        let mut epochs = Epochs::default();
        epochs.touch(Bounds::of(&[place(22.0, 52.0), place(40.0, 44.0)]), 3, 0);
        assert!(epochs.tiles.len() < 8000, "{}", epochs.tiles.len());
        assert_eq!(epochs.of(TileId::at(16, 30.5, 50.25)), 3);
        assert_eq!(epochs.of(TileId::at(5, -70.0, 50.25)), 0);
    }

    #[test]
    fn all_is_more_than_what_was_before() {
        let mut epochs = Epochs::default();
        epochs.zoom(3, 2);
        epochs.all(4);
        assert_eq!(epochs.of(TileId::at(3, 0.0, 0.0)), 4);
    }
}
