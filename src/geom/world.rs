//! The world in whole numbers: Web Mercator's square is 2³² units wide, so a unit is under a centimetre anywhere in
//! Ukraine, and a tile's coordinates come from a shift.

use std::ops::RangeInclusive;

use super::grid::{BUFFER, EXTENT, Envelope, LAST_ZOOM, TileId, latitude, longitude, mercator};
use super::snap::Cell;

/// A point: units from the west and from the north edge of the matrix set.
pub type Place = [u32; 2];

/// Units along the world's edge.
const WORLD: f64 = 4_294_967_296.0;
/// Where a tile unit is one world unit: 2³² ÷ 4096.
const UNIT_ZOOM: u8 = 20;

/// Projects EPSG:4326 degrees; what lies beyond the square's edge is put onto it.
pub fn place(longitude: f64, latitude: f64) -> Place {
    // a cast saturates and turns what is no number into 0
    mercator(longitude, latitude).map(|part| (part * WORLD).round() as u32)
}

/// A closed box in world units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub west: u32,
    pub north: u32,
    pub east: u32,
    pub south: u32,
}

impl Bounds {
    /// Holds nothing, and grows.
    pub const NONE: Self = Self { west: u32::MAX, north: u32::MAX, east: 0, south: 0 };

    pub fn of(points: &[Place]) -> Self {
        points.iter().fold(Self::NONE, |bounds, point| bounds.with(*point))
    }

    pub fn with(self, [x, y]: Place) -> Self {
        Self { west: self.west.min(x), north: self.north.min(y), east: self.east.max(x), south: self.south.max(y) }
    }

    pub fn united(self, other: Self) -> Self {
        self.with([other.west, other.north]).with([other.east, other.south])
    }

    pub fn is_none(self) -> bool {
        self.west > self.east
    }

    pub fn centre(self) -> Place {
        [self.west + (self.east - self.west) / 2, self.north + (self.south - self.north) / 2]
    }

    /// The longer side.
    pub fn extent(self) -> u32 {
        (self.east - self.west).max(self.south - self.north)
    }

    /// Columns and rows of the tiles of a zoom in whose buffered squares something of the box may show.
    pub fn tiles(self, zoom: u8) -> [RangeInclusive<u32>; 2] {
        let size = 1u64 << (32 - zoom.min(LAST_ZOOM));
        let last = (1u64 << zoom.min(LAST_ZOOM)) - 1;
        // half a pixel more: so far may a place be rounded
        let margin = ((BUFFER + 4.0) / EXTENT * size as f64) as u64;
        let range = |low: u32, high: u32| {
            let first = u64::from(low).saturating_sub(margin) / size;
            first as u32..=((u64::from(high) + margin) / size).min(last) as u32
        };
        [range(self.west, self.east), range(self.north, self.south)]
    }

    /// The box in degrees.
    pub fn envelope(self) -> Envelope {
        let share = |units: u32| f64::from(units) / WORLD;
        Envelope {
            west: longitude(share(self.west)),
            south: latitude(share(self.south)),
            east: longitude(share(self.east)),
            north: latitude(share(self.north)),
        }
    }

    pub fn meets(self, other: Self) -> bool {
        self.west <= other.east && other.west <= self.east && self.north <= other.south && other.north <= self.south
    }

    pub fn within(self, other: Self) -> bool {
        self.west >= other.west && self.east <= other.east && self.north >= other.north && self.south <= other.south
    }
}

/// A tile as a window on the world: turns places into tile coordinates, rounded to a grid of `step` tile units.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    zoom: u8,
    /// The tile's corner in tile units of its zoom, counted from the corner of the world.
    corner: [i64; 2],
    /// Step is 2^this.
    step: u8,
}

impl Window {
    /// `step` is the binary logarithm of the grid's step. A power of two divides the tile's edge, so that neighbouring
    /// tiles round alike.
    pub fn new(tile: TileId, step: u8) -> Self {
        let corner = [tile.x(), tile.y()].map(|part| i64::from(part) * EXTENT as i64);
        Self { zoom: tile.z(), corner, step }
    }

    /// Tile coordinates, where they may lie far outside of the tile.
    pub fn far(self, place: Place) -> [i64; 2] {
        let mut found = [0; 2];
        for axis in 0..2 {
            let units = i64::from(place[axis]);
            let rounded = if self.zoom <= UNIT_ZOOM {
                let shift = UNIT_ZOOM - self.zoom + self.step;
                let half = (1i64 << shift) >> 1;
                ((units + half) >> shift) << self.step
            } else {
                // deeper than a world unit there is nothing to round
                units << (self.zoom - UNIT_ZOOM)
            };
            found[axis] = rounded - self.corner[axis];
        }
        found
    }

    /// Tile coordinates of a place in or near the tile; what is too far away for a small integer is drawn nearer, which
    /// only clipping sees.
    pub fn near(self, place: Place) -> Cell {
        self.far(place).map(|part| part.clamp(-(1 << 30), 1 << 30) as i32)
    }

    /// The tile with its buffer (`margin` in tile units), in world units.
    pub fn bounds(self, margin: f64) -> Bounds {
        let unit = 2f64.powi(i32::from(UNIT_ZOOM) - i32::from(self.zoom));
        // half a step more: that far a place may be rounded
        let margin = margin + f64::from(1u32 << self.step) / 2.0;
        let edge = |corner: i64, along: f64| ((corner as f64 + along) * unit).clamp(0.0, f64::from(u32::MAX)) as u32;
        Bounds {
            west: edge(self.corner[0], -margin),
            north: edge(self.corner[1], -margin),
            east: edge(self.corner[0], EXTENT + margin),
            south: edge(self.corner[1], EXTENT + margin),
        }
    }

    /// The tile itself: places in just these bounds are in no other tile of the zoom.
    pub fn tile(self) -> Bounds {
        let edge = |units: i64| match self.zoom {
            ..=UNIT_ZOOM => (units << (UNIT_ZOOM - self.zoom)) as u64,
            _ => units as u64 >> (self.zoom - UNIT_ZOOM),
        };
        let [west, north] = self.corner.map(|corner| edge(corner) as u32);
        let [east, south] = self.corner.map(|corner| (edge(corner + EXTENT as i64) - 1) as u32);
        Bounds { west, north, east, south }
    }

    /// What lies in these bounds needs no clipping.
    pub fn unclipped(self) -> Bounds {
        let unit = 2f64.powi(i32::from(UNIT_ZOOM) - i32::from(self.zoom));
        let margin = BUFFER - f64::from(1u32 << self.step);
        let low = |corner: i64| ((corner as f64 - margin) * unit).clamp(0.0, f64::from(u32::MAX)).ceil() as u32;
        let high = |corner: i64| ((corner as f64 + EXTENT + margin) * unit).clamp(0.0, f64::from(u32::MAX)) as u32;
        Bounds {
            west: low(self.corner[0]),
            north: low(self.corner[1]),
            east: high(self.corner[0]),
            south: high(self.corner[1]),
        }
    }
}

/// World units squared that one tile unit squared of `zoom` covers.
pub fn unit_area(zoom: u8) -> f64 {
    4f64.powi(i32::from(UNIT_ZOOM) - i32::from(zoom))
}

/// Twice an open ring's area; positive where the ring runs clockwise on the screen.
pub fn double_area(ring: &[Place]) -> f64 {
    let Some(&origin) = ring.first() else { return 0.0 };
    // from the first point, or large coordinates would eat up the digits
    let relative = |place: Place| [0, 1].map(|axis| f64::from(place[axis]) - f64::from(origin[axis]));
    let pairs = ring.windows(2).map(|pair| (relative(pair[0]), relative(pair[1])));
    pairs.map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_where_the_projection_in_floating_point_puts_it() {
        for z in [0, 7, 14, 20, 22] {
            let tile = TileId::at(z, 30.5, 50.25);
            let near = Window::new(tile, 0).near(place(30.5, 50.25));
            let exact = tile.project(30.5, 50.25);
            for axis in 0..2 {
                let allowed = if z > UNIT_ZOOM { 3.0 } else { 1.0 };
                assert!((f64::from(near[axis]) - exact[axis]).abs() <= allowed, "{tile}: {near:?} {exact:?}");
            }
        }
    }

    #[test]
    fn neighbours_round_alike() {
        let left = TileId::at(12, 30.5, 50.25);
        let right = TileId::new(12, left.x() + 1, left.y()).unwrap();
        for step in 0..4 {
            for longitude in [30.51, 30.52, 30.53] {
                let place = place(longitude, 50.25);
                let (a, b) = (Window::new(left, step).near(place), Window::new(right, step).near(place));
                assert_eq!([a[0] - 4096, a[1]], b);
                assert_eq!(a[0] % (1 << step), 0);
            }
        }
    }

    #[test]
    fn the_world_has_edges() {
        assert_eq!(place(-180.0, 90.0), [0, 0]);
        assert_eq!(place(f64::NAN, f64::NAN)[0], 0);
        assert_eq!(place(1e9, -1e9), [u32::MAX, u32::MAX]);
        let whole = Window::new(TileId::new(0, 0, 0).unwrap(), 0);
        assert_eq!(whole.bounds(64.0), Bounds { west: 0, north: 0, east: u32::MAX, south: u32::MAX });
    }
}
