//! From EWKB to parts in tile coordinates, without a geometry object in between.

use geozero::error::Result;
use geozero::wkb::Ewkb;
use geozero::{GeomProcessor, GeozeroGeometry};

use super::grid::TileId;

/// A point in tile coordinates.
pub type Xy = [f64; 2];

/// What a part of a geometry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Point,
    Line,
    /// A polygon's outer ring; the interiors that follow are its holes.
    Exterior,
    Interior,
}

/// A point, a line or a ring (closed: first and last point are the same).
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub role: Role,
    pub points: Vec<Xy>,
}

/// Reads EWKB in EPSG:4326 and projects it into `tile`.
pub fn project(ewkb: &[u8], tile: TileId) -> Result<Vec<Part>> {
    let mut projector = Projector { tile, parts: Vec::new(), next: Role::Point, in_polygon: false };
    Ewkb(ewkb).process_geom(&mut projector)?;
    Ok(projector.parts)
}

struct Projector {
    tile: TileId,
    parts: Vec<Part>,
    next: Role,
    in_polygon: bool,
}

impl Projector {
    fn begin(&mut self, size: usize) {
        // the size comes from the data: a wrong one must not reserve the machine's memory
        let points = Vec::with_capacity(size.min(1 << 16));
        self.parts.push(Part { role: self.next, points });
        if self.next == Role::Exterior {
            self.next = Role::Interior;
        }
    }
}

impl GeomProcessor for Projector {
    fn xy(&mut self, x: f64, y: f64, _: usize) -> Result<()> {
        let point = self.tile.project(x, y);
        match self.parts.last_mut() {
            Some(part) if self.next != Role::Point => part.points.push(point),
            _ => self.parts.push(Part { role: Role::Point, points: vec![point] }),
        }
        Ok(())
    }

    fn linestring_begin(&mut self, _: bool, size: usize, _: usize) -> Result<()> {
        if !self.in_polygon {
            self.next = Role::Line;
        }
        self.begin(size);
        Ok(())
    }

    fn linestring_end(&mut self, _: bool, _: usize) -> Result<()> {
        if !self.in_polygon {
            self.next = Role::Point;
        }
        Ok(())
    }

    fn polygon_begin(&mut self, _: bool, _: usize, _: usize) -> Result<()> {
        self.in_polygon = true;
        self.next = Role::Exterior;
        Ok(())
    }

    fn polygon_end(&mut self, _: bool, _: usize) -> Result<()> {
        self.in_polygon = false;
        self.next = Role::Point;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geozero::wkt::Wkt;
    use geozero::{CoordDimensions, ToWkb};

    fn roles(wkt: &str) -> Vec<(Role, usize)> {
        let ewkb = Wkt(wkt).to_ewkb(CoordDimensions::xy(), Some(4326)).unwrap();
        let parts = project(&ewkb, TileId::new(0, 0, 0).unwrap()).unwrap();
        parts.iter().map(|part| (part.role, part.points.len())).collect()
    }

    #[test]
    fn parts_keep_their_roles() {
        use Role::*;
        assert_eq!(roles("POINT(1 2)"), [(Point, 1)]);
        assert_eq!(roles("MULTIPOINT(1 2, 3 4)"), [(Point, 1), (Point, 1)]);
        assert_eq!(roles("MULTILINESTRING((0 0, 1 1), (2 2, 3 3, 4 4))"), [(Line, 2), (Line, 3)]);
        assert_eq!(
            roles("MULTIPOLYGON(((0 0,9 0,9 9,0 0),(1 1,2 1,2 2,1 1)),((20 20,30 20,30 30,20 20)))"),
            [(Exterior, 4), (Interior, 4), (Exterior, 4)]
        );
    }

    #[test]
    fn broken_bytes_are_an_error() {
        assert!(project(&[1, 2, 3], TileId::new(0, 0, 0).unwrap()).is_err());
        assert!(project(&[], TileId::new(0, 0, 0).unwrap()).is_err());
    }
}
