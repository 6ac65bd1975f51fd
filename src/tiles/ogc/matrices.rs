//! WebMercatorQuad as OGC 17-083r4 defines tile matrix sets (§7.1, annex D.1), and the part of it that a tileset fills.

use std::f64::consts::PI;

use serde::Serialize;
use utoipa::ToSchema;

use crate::geom::grid::{Envelope, TileId};

/// The one tile matrix set that Misto serves.
pub const ID: &str = "WebMercatorQuad";
pub const URI: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
pub const CRS: &str = "http://www.opengis.net/def/crs/EPSG/0/3857";
const TITLE: &str = "Google Maps Compatible for the World";
const SCALES: &str = "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible";
/// Equatorial radius of WGS 84, metres.
const RADIUS: f64 = 6_378_137.0;
/// A pixel of the standard, metres.
const PIXEL: f64 = 0.28e-3;
const TILE: u32 = 256;
/// The last matrix of the registered set; tiles are served up to [`crate::geom::grid::LAST_ZOOM`].
const LAST: u8 = 24;

/// The definition of a tile matrix set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TileMatrixSet {
    id: &'static str,
    title: &'static str,
    uri: &'static str,
    crs: &'static str,
    ordered_axes: [&'static str; 2],
    well_known_scale_set: &'static str,
    tile_matrices: Vec<TileMatrix>,
}

/// One zoom of the set.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TileMatrix {
    id: String,
    scale_denominator: f64,
    /// Metres.
    cell_size: f64,
    corner_of_origin: &'static str,
    point_of_origin: [f64; 2],
    tile_width: u32,
    tile_height: u32,
    matrix_width: u32,
    matrix_height: u32,
}

impl TileMatrixSet {
    pub fn web_mercator_quad() -> Self {
        let edge = PI * RADIUS;
        let matrix = |zoom: u8| {
            let width = 1 << zoom;
            let cell_size = 2.0 * edge / f64::from(TILE) / f64::from(width);
            TileMatrix {
                id: zoom.to_string(),
                scale_denominator: cell_size / PIXEL,
                cell_size,
                corner_of_origin: "topLeft",
                point_of_origin: [-edge, edge],
                tile_width: TILE,
                tile_height: TILE,
                matrix_width: width,
                matrix_height: width,
            }
        };
        Self {
            id: ID,
            title: TITLE,
            uri: URI,
            crs: CRS,
            ordered_axes: ["X", "Y"],
            well_known_scale_set: SCALES,
            tile_matrices: (0..=LAST).map(matrix).collect(),
        }
    }
}

/// The rows and columns of a zoom in which a tileset has something (17-083r4 §7.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    tile_matrix: String,
    min_tile_row: u32,
    max_tile_row: u32,
    min_tile_col: u32,
    max_tile_col: u32,
}

impl Limits {
    /// Of the zoom's tiles that a box meets.
    pub fn new(zoom: u8, around: Envelope) -> Self {
        let first = TileId::at(zoom, around.west, around.north);
        let last = TileId::at(zoom, around.east, around.south);
        Self {
            tile_matrix: zoom.to_string(),
            min_tile_row: first.y(),
            max_tile_row: last.y(),
            min_tile_col: first.x(),
            max_tile_col: last.x(),
        }
    }

    pub fn hold(&self, tile: TileId) -> bool {
        (self.min_tile_row..=self.max_tile_row).contains(&tile.y())
            && (self.min_tile_col..=self.max_tile_col).contains(&tile.x())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of annex D.1, table 5.
    #[test]
    fn the_matrices_are_those_of_the_standard() {
        let set = TileMatrixSet::web_mercator_quad();
        assert_eq!(set.tile_matrices.len(), 25);
        let close = |found: f64, wanted: f64| assert!((found / wanted - 1.0).abs() < 1e-12, "{found} is not {wanted}");
        close(set.tile_matrices[0].scale_denominator, 559_082_264.028_717_8);
        close(set.tile_matrices[0].cell_size, 156_543.033_928_041);
        close(set.tile_matrices[0].point_of_origin[1], 20_037_508.342_789_2);
        close(set.tile_matrices[18].scale_denominator, 2_132.729_583_849_784);
        assert_eq!(set.tile_matrices[24].matrix_width, 16_777_216);
    }

    #[test]
    fn limits_are_the_tiles_that_a_box_meets() {
        let kyiv = Envelope { west: 30.2, south: 50.2, east: 30.8, north: 50.6 };
        let limits = Limits::new(10, kyiv);
        assert_eq!((limits.min_tile_row, limits.max_tile_row), (344, 346));
        assert_eq!((limits.min_tile_col, limits.max_tile_col), (597, 599));
        assert!(limits.hold(TileId::new(10, 598, 345).unwrap()) && !limits.hold(TileId::new(10, 600, 345).unwrap()));
    }
}
