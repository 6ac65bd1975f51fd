//! The WebMercatorQuad tile matrix set (OGC Two Dimensional Tile Matrix Set, annex D): tiles, boxes, projection.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

/// Units of tile coordinates along a tile's edge.
pub const EXTENT: f64 = 4096.0;
/// How far geometry reaches beyond a tile's edge, in tile units, so that strokes and labels do not break at seams.
pub const BUFFER: f64 = 64.0;
/// The last zoom of the matrix set that Misto serves.
pub const LAST_ZOOM: u8 = 22;
/// Web Mercator ends here.
const LAST_LATITUDE: f64 = 85.051_128_779_806_59;

/// A tile of the matrix set; always inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileId {
    z: u8,
    x: u32,
    y: u32,
}

/// A tile address that the matrix set does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutsideMatrix;

/// A box in EPSG:4326 degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Envelope {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl Envelope {
    /// What two boxes have in common, where they meet.
    pub fn common(self, other: Self) -> Self {
        Self {
            west: self.west.max(other.west),
            south: self.south.max(other.south),
            east: self.east.min(other.east),
            north: self.north.min(other.north),
        }
    }
}

/// Not four numbers (or six, with heights, which no register has) within the world, or the south above the north.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoEnvelope;

impl FromStr for Envelope {
    type Err = NoEnvelope;

    /// `west,south,east,north`. West may be above east: the box then crosses the antimeridian.
    fn from_str(text: &str) -> Result<Self, NoEnvelope> {
        let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
        let (west, south, east, north) = match numbers.as_deref() {
            Ok(&[west, south, east, north] | &[west, south, _, east, north, _]) => (west, south, east, north),
            _ => return Err(NoEnvelope),
        };
        let longitudes = [west, east].iter().all(|bound| (-180.0..=180.0).contains(bound));
        let latitudes = [south, north].iter().all(|bound| (-90.0..=90.0).contains(bound));
        if longitudes && latitudes && south <= north { Ok(Self { west, south, east, north }) } else { Err(NoEnvelope) }
    }
}

impl TileId {
    pub fn new(z: u8, x: u32, y: u32) -> Result<Self, OutsideMatrix> {
        let width = 1u32.checked_shl(z.into()).filter(|_| z <= LAST_ZOOM).ok_or(OutsideMatrix)?;
        if x < width && y < width { Ok(Self { z, x, y }) } else { Err(OutsideMatrix) }
    }

    /// The tile of zoom `z` that holds a point in EPSG:4326.
    pub fn at(z: u8, longitude: f64, latitude: f64) -> Self {
        let z = z.min(LAST_ZOOM);
        let width = f64::from(1u32 << z);
        let [x, y] = mercator(longitude, latitude).map(|part| (part * width).clamp(0.0, width - 1.0) as u32);
        Self { z, x, y }
    }

    pub fn z(self) -> u8 {
        self.z
    }

    pub fn x(self) -> u32 {
        self.x
    }

    pub fn y(self) -> u32 {
        self.y
    }

    /// The tile's box, with the buffer, in degrees.
    pub fn envelope(self) -> Envelope {
        let width = f64::from(1u32 << self.z);
        let margin = BUFFER / EXTENT;
        let (x, y) = (f64::from(self.x), f64::from(self.y));
        Envelope {
            west: longitude((x - margin) / width).max(-180.0),
            south: latitude((y + 1.0 + margin) / width),
            east: longitude((x + 1.0 + margin) / width).min(180.0),
            north: latitude((y - margin) / width),
        }
    }

    /// Projects EPSG:4326 degrees to tile coordinates: the tile is 0…[`EXTENT`], y grows to the south.
    pub fn project(self, longitude: f64, latitude: f64) -> [f64; 2] {
        let width = f64::from(1u32 << self.z);
        let [x, y] = mercator(longitude, latitude);
        [(x * width - f64::from(self.x)) * EXTENT, (y * width - f64::from(self.y)) * EXTENT]
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}/{}", self.z, self.x, self.y)
    }
}

/// Spherical Mercator of the unit square: (0, 0) is the north-west corner.
pub fn mercator(longitude: f64, latitude: f64) -> [f64; 2] {
    let sine = latitude.clamp(-LAST_LATITUDE, LAST_LATITUDE).to_radians().sin();
    [longitude / 360.0 + 0.5, 0.5 - ((1.0 + sine) / (1.0 - sine)).ln() / (4.0 * PI)]
}

pub fn longitude(x: f64) -> f64 {
    (x - 0.5) * 360.0
}

pub fn latitude(y: f64) -> f64 {
    (PI * (1.0 - 2.0 * y)).sinh().atan().to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_ends_where_it_ends() {
        assert!(TileId::new(0, 0, 0).is_ok());
        assert_eq!(TileId::new(0, 1, 0), Err(OutsideMatrix));
        assert_eq!(TileId::new(14, 0, 1 << 14), Err(OutsideMatrix));
        assert_eq!(TileId::new(23, 0, 0), Err(OutsideMatrix));
        assert_eq!(TileId::new(255, 0, 0), Err(OutsideMatrix));
    }

    #[test]
    fn kyiv_is_in_its_tile_and_its_projection_within_it() {
        let tile = TileId::at(14, 30.5234, 50.4501);
        assert_eq!((tile.x(), tile.y()), (9581, 5524));
        let [x, y] = tile.project(30.5234, 50.4501);
        assert!((0.0..EXTENT).contains(&x) && (0.0..EXTENT).contains(&y));
    }

    #[test]
    fn the_envelope_projects_back_to_the_buffered_square() {
        let tile = TileId::at(16, 36.2304, 49.9935);
        let envelope = tile.envelope();
        let [left, top] = tile.project(envelope.west, envelope.north);
        let [right, bottom] = tile.project(envelope.east, envelope.south);
        for (found, wanted) in [(left, -BUFFER), (top, -BUFFER), (right, EXTENT + BUFFER), (bottom, EXTENT + BUFFER)] {
            assert!((found - wanted).abs() < 1e-3, "{found} is not {wanted}");
        }
    }
}
