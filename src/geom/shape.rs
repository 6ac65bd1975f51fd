//! From EWKB to points in world units, without a geometry object in between.

use std::ops::Range;

use geozero::error::{GeozeroError, Result};
use geozero::wkb::Ewkb;
use geozero::{GeomProcessor, GeozeroGeometry};

use super::world::{Place, place};

/// What a part of a geometry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Point,
    Line,
    /// A polygon's outer ring; the interiors that follow are its holes.
    Exterior,
    Interior,
}

/// A point, a line or a ring (open: the closing point is left out).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub role: Role,
    /// Index after its last point.
    pub end: u32,
}

/// Geometries one after another in flat arrays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shapes {
    pub points: Vec<Place>,
    pub parts: Vec<Part>,
}

impl Shapes {
    /// Some of the parts with their points.
    pub fn parts(&self, range: Range<usize>) -> impl Iterator<Item = (Role, &[Place])> + Clone {
        let mut start = range.start.checked_sub(1).map_or(0, |before| self.parts[before].end as usize);
        self.parts[range].iter().map(move |part| {
            let points = &self.points[start..part.end as usize];
            start = part.end as usize;
            (part.role, points)
        })
    }

    /// Appends a geometry in EPSG:4326. What cannot be read adds nothing.
    pub fn read(&mut self, ewkb: &[u8]) -> Result<()> {
        let (points, parts) = (self.points.len(), self.parts.len());
        let mut reader = Reader { shapes: self, next: Role::Point, in_polygon: false, depth: 0 };
        let read = Ewkb(ewkb).process_geom(&mut reader);
        if read.is_err() {
            self.points.truncate(points);
            self.parts.truncate(parts);
        }
        read
    }
}

struct Reader<'s> {
    shapes: &'s mut Shapes,
    next: Role,
    in_polygon: bool,
    /// How many collections the present geometry lies in.
    depth: usize,
}

/// PostGIS reads no deeper; the reader would run out of stack.
const DEEPEST: usize = 200;

impl Reader<'_> {
    fn end(&mut self) {
        let first = self.shapes.parts.last().map_or(0, |part| part.end as usize);
        let points = &mut self.shapes.points;
        let is_ring = matches!(self.next, Role::Exterior | Role::Interior);
        if is_ring && points.len() > first + 1 && points.last() == points.get(first) {
            points.pop();
        }
        if points.len() > first {
            self.shapes.parts.push(Part { role: self.next, end: points.len() as u32 });
        }
    }
}

impl GeomProcessor for Reader<'_> {
    fn xy(&mut self, x: f64, y: f64, _: usize) -> Result<()> {
        // an empty point within a multipoint comes as coordinates that are no numbers
        if !(x.is_finite() && y.is_finite()) {
            return Ok(());
        }
        self.shapes.points.push(place(x, y));
        if self.next == Role::Point {
            self.end();
        }
        Ok(())
    }

    fn geometrycollection_begin(&mut self, _: usize, _: usize) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(GeozeroError::Geometry("collections in collections are too deep".to_owned()));
        }
        Ok(())
    }

    fn geometrycollection_end(&mut self, _: usize) -> Result<()> {
        self.depth -= 1;
        Ok(())
    }

    fn linestring_begin(&mut self, _: bool, _: usize, _: usize) -> Result<()> {
        if !self.in_polygon {
            self.next = Role::Line;
        }
        Ok(())
    }

    fn linestring_end(&mut self, _: bool, _: usize) -> Result<()> {
        self.end();
        self.next = if self.in_polygon { Role::Interior } else { Role::Point };
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

    fn roles(wkt: &str) -> Vec<(Role, u32)> {
        let ewkb = Wkt(wkt).to_ewkb(CoordDimensions::xy(), Some(4326)).unwrap();
        let mut shapes = Shapes::default();
        shapes.read(&ewkb).unwrap();
        shapes.parts.iter().map(|part| (part.role, part.end)).collect()
    }

    #[test]
    fn parts_keep_their_roles_and_rings_are_open() {
        use Role::*;
        assert_eq!(roles("POINT(1 2)"), [(Point, 1)]);
        assert_eq!(roles("MULTIPOINT(1 2, 3 4)"), [(Point, 1), (Point, 2)]);
        assert_eq!(roles("MULTILINESTRING((0 0, 1 1), (2 2, 3 3, 4 4))"), [(Line, 2), (Line, 5)]);
        assert_eq!(
            roles("MULTIPOLYGON(((0 0,9 0,9 9,0 0),(1 1,2 1,2 2,1 1)),((20 20,30 20,30 30,20 20)))"),
            [(Exterior, 3), (Interior, 6), (Exterior, 9)]
        );
    }

    #[test]
    fn collections_are_read_to_the_depth_that_postgis_knows() {
        let nested = |depth: usize| [1, 7, 0, 0, 0, 1, 0, 0, 0].repeat(depth);
        let point = Wkt("POINT(1 2)").to_ewkb(CoordDimensions::xy(), None).unwrap();
        let mut shapes = Shapes::default();
        shapes.read(&[nested(200), point.clone()].concat()).unwrap();
        assert_eq!(shapes.parts.len(), 1);
        assert!(shapes.read(&[nested(100_000), point].concat()).is_err());
    }

    #[test]
    fn what_has_no_place_is_left_out() {
        let mut shapes = Shapes::default();
        let mut ewkb = Wkt("MULTIPOINT(1 2, 3 4)").to_ewkb(CoordDimensions::xy(), None).unwrap();
        let end = ewkb.len() - 8;
        ewkb[end..].copy_from_slice(&f64::NAN.to_le_bytes());
        shapes.read(&ewkb).unwrap();
        assert_eq!(shapes.parts.len(), 1);
    }

    #[test]
    fn broken_bytes_are_an_error_and_leave_nothing() {
        let mut shapes = Shapes::default();
        let whole = Wkt("LINESTRING(0 0, 1 1, 2 2)").to_ewkb(CoordDimensions::xy(), Some(4326)).unwrap();
        for length in 0..whole.len() {
            assert!(shapes.read(&whole[..length]).is_err());
        }
        assert_eq!(shapes, Shapes::default());
    }
}
