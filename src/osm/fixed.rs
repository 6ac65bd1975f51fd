//! Points on OpenStreetMap's own grid of 10⁻⁷ degrees, and exact answers about them.
//!
//! Every coordinate of OpenStreetMap is a whole number of 10⁻⁷ degrees and fits an `i32`. Kept so, a point takes 8 bytes, and
//! whether a ring encloses anything or two edges meet is a question with an exact answer. The products of differences need
//! up to 70 bits, hence `i128`.

use geo::Coord;

/// A point of EPSG:4326 in 10⁻⁷ degrees; `x` is the longitude.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fixed {
    pub x: i32,
    pub y: i32,
}

impl Fixed {
    /// From nanodegrees; nothing if the point is not on Earth.
    pub fn from_nano(lon: i64, lat: i64) -> Option<Self> {
        let on_earth =
            (-180_000_000_000..=180_000_000_000).contains(&lon) && (-90_000_000_000..=90_000_000_000).contains(&lat);
        if !on_earth {
            return None;
        }
        Some(Self { x: i32::try_from(lon / 100).ok()?, y: i32::try_from(lat / 100).ok()? })
    }

    /// In degrees. Dividing (rather than multiplying by 10⁻⁷) gives the double nearest to the decimal number.
    pub fn degrees(self) -> Coord<f64> {
        Coord { x: f64::from(self.x) / 1e7, y: f64::from(self.y) / 1e7 }
    }
}

/// Which way `c` lies of the line from `a` to `b`: positive to the left, 0 on it.
pub fn turn(a: Fixed, b: Fixed, c: Fixed) -> i128 {
    cross(sub(b, a), sub(c, a))
}

/// Twice the area of a closed ring (first point repeated at the end), positive if it runs counter-clockwise.
pub fn double_area(ring: &[Fixed]) -> i128 {
    // Relative to the first point; only the size of the terms depends on it.
    let Some(&origin) = ring.first() else {
        return 0;
    };
    ring.windows(2).map(|edge| cross(sub(edge[0], origin), sub(edge[1], origin))).sum()
}

/// Where a point lies in respect of a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Inside,
    Edge,
    Outside,
}

/// Locates the point whose *doubled* coordinates are given (so that midpoints of edges are whole numbers too) in a closed
/// ring. Where a ring crosses itself, "inside" is by the even-odd rule.
pub fn locate_doubled(point: (i64, i64), ring: &[Fixed]) -> Place {
    let mut inside = false;
    for edge in ring.windows(2) {
        let (a, b) = (doubled(edge[0]), doubled(edge[1]));
        let turn = cross((b.0 - a.0, b.1 - a.1), (point.0 - a.0, point.1 - a.1));
        let within =
            point.0 >= a.0.min(b.0) && point.0 <= a.0.max(b.0) && point.1 >= a.1.min(b.1) && point.1 <= a.1.max(b.1);
        if turn == 0 && within {
            return Place::Edge;
        }
        // Half-open in y, so that a ray through a vertex counts it once.
        if (a.1 > point.1) != (b.1 > point.1) && (turn > 0) == (b.1 > a.1) {
            inside = !inside;
        }
    }
    if inside { Place::Inside } else { Place::Outside }
}

/// A point with both coordinates doubled.
pub fn doubled(p: Fixed) -> (i64, i64) {
    (i64::from(p.x) * 2, i64::from(p.y) * 2)
}

/// The doubled coordinates of the middle between two points.
pub fn middle_doubled(a: Fixed, b: Fixed) -> (i64, i64) {
    (i64::from(a.x) + i64::from(b.x), i64::from(a.y) + i64::from(b.y))
}

fn sub(a: Fixed, b: Fixed) -> (i64, i64) {
    (i64::from(a.x) - i64::from(b.x), i64::from(a.y) - i64::from(b.y))
}

fn cross(a: (i64, i64), b: (i64, i64)) -> i128 {
    i128::from(a.0) * i128::from(b.1) - i128::from(a.1) * i128::from(b.0)
}

/// A bounding box, inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub min: Fixed,
    pub max: Fixed,
}

impl Bounds {
    /// The box of some points; nothing for none.
    pub fn of(points: &[Fixed]) -> Option<Self> {
        let first = *points.first()?;
        Some(points.iter().fold(Self { min: first, max: first }, |b, p| Self {
            min: Fixed { x: b.min.x.min(p.x), y: b.min.y.min(p.y) },
            max: Fixed { x: b.max.x.max(p.x), y: b.max.y.max(p.y) },
        }))
    }

    /// Whether `other` lies in this box, edges included.
    pub fn holds(&self, other: &Self) -> bool {
        self.min.x <= other.min.x && self.min.y <= other.min.y && self.max.x >= other.max.x && self.max.y >= other.max.y
    }

    /// Whether the boxes have a point in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.min.x <= other.max.x && other.min.x <= self.max.x && self.min.y <= other.max.y && other.min.y <= self.max.y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(x: i32, y: i32) -> Fixed {
        Fixed { x, y }
    }

    #[test]
    fn the_whole_world_does_not_overflow() {
        let (w, e, s, n) = (-1_800_000_000, 1_800_000_000, -900_000_000, 900_000_000);
        let world = [p(w, s), p(e, s), p(e, n), p(w, n), p(w, s)];
        assert_eq!(double_area(&world), 2 * 3_600_000_000 * 1_800_000_000);
        assert_eq!(locate_doubled((0, 0), &world), Place::Inside);
        assert_eq!(locate_doubled(doubled(p(e, n)), &world), Place::Edge);
        assert_eq!(Fixed::from_nano(180_000_000_000, 90_000_000_000), Some(p(e, n)));
        assert_eq!(Fixed::from_nano(180_000_000_001, 0), None);
        assert_eq!(Fixed::from_nano(i64::MIN, i64::MAX), None);
    }

    #[test]
    fn inside_edge_outside() {
        let ring = [p(0, 0), p(10, 0), p(10, 10), p(5, 3), p(0, 10), p(0, 0)];
        for (x, y, place) in [
            (1, 1, Place::Inside),
            (5, 3, Place::Edge),
            (5, 4, Place::Outside),
            (5, 2, Place::Inside),
            (0, 5, Place::Edge),
            (-1, 10, Place::Outside),
            (-1, 3, Place::Outside),
            (11, 0, Place::Outside),
        ] {
            assert_eq!(locate_doubled(doubled(p(x, y)), &ring), place, "{x} {y}");
        }
        assert_eq!(locate_doubled(middle_doubled(p(0, 0), p(1, 0)), &ring), Place::Edge);
        assert!(double_area(&ring) > 0);
    }

    #[test]
    fn degrees_are_the_nearest_decimal() {
        assert_eq!(p(305_000_001, -495_000_000).degrees(), Coord { x: 30.5000001, y: -49.5 });
    }
}
