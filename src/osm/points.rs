//! Which building each address point belongs to.
//!
//! Points are kept rather than buildings: a country has many times more corners of buildings than address points, and a
//! building need only be seen once, on its way out.

use geo::coordinate_position::{CoordPos, CoordinatePosition};
use geo::{BoundingRect, MultiPolygon};

use super::fixed::Fixed;
use super::report::ObjectId;

/// Side of a cell in 10⁻⁷ degrees: about 100 metres.
const CELL: i64 = 10_000;

/// The building in which a point was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within {
    pub building: ObjectId,
    /// The point is on the outline rather than inside.
    pub on_edge: bool,
}

#[derive(Debug)]
struct Point {
    cell: (i64, i64),
    place: Fixed,
    node: i64,
    within: Option<Within>,
}

/// All address points of a file.
#[derive(Debug, Default)]
pub struct AddressPoints {
    points: Vec<Point>,
    ready: bool,
}

impl AddressPoints {
    /// Adds a node that carries an address.
    pub fn add(&mut self, node: i64, place: Fixed) {
        self.points.push(Point { cell: cell(place.x, place.y), place, node, within: None });
        self.ready = false;
    }

    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Gives the points in a building to it. A point that lies in several goes to the first that holds it inside, else to the
    /// first on whose outline it is.
    pub fn claim(&mut self, building: ObjectId, shape: &MultiPolygon<f64>) {
        if self.points.is_empty() {
            return;
        }
        if !self.ready {
            self.points.sort_unstable_by_key(|point| (point.cell, point.node));
            self.ready = true;
        }
        let Some(bounds) = shape.bounding_rect() else {
            return;
        };
        let low = cell(grid(bounds.min().x, -1), grid(bounds.min().y, -1));
        let high = cell(grid(bounds.max().x, 1), grid(bounds.max().y, 1));
        // Only rows that hold points are visited, however far the building claims to reach.
        let mut at = self.points.partition_point(|point| point.cell < low);
        while let Some(&Point { cell: (row, column), .. }) = self.points.get(at) {
            if row > high.0 {
                break;
            }
            if column < low.1 {
                at += self.points[at..].partition_point(|point| point.cell < (row, low.1));
            } else if column > high.1 {
                at += self.points[at..].partition_point(|point| point.cell < (row + 1, low.1));
            } else {
                offer(&mut self.points[at], building, shape);
                at += 1;
            }
        }
    }

    /// Turns to looking up by node, once no more buildings come.
    pub fn finish(self) -> Claimed {
        let mut claimed: Vec<(i64, Within)> =
            self.points.into_iter().filter_map(|point| point.within.map(|within| (point.node, within))).collect();
        claimed.sort_unstable_by_key(|(node, _)| *node);
        Claimed(claimed)
    }
}

/// The address points that lie in buildings.
#[derive(Debug, Default)]
pub struct Claimed(Vec<(i64, Within)>);

impl Claimed {
    /// The building of a node, if it lies in one.
    pub fn get(&self, node: i64) -> Option<Within> {
        let at = self.0.binary_search_by_key(&node, |(id, _)| *id).ok()?;
        self.0.get(at).map(|(_, within)| *within)
    }
}

fn offer(point: &mut Point, building: ObjectId, shape: &MultiPolygon<f64>) {
    if point.within.is_some_and(|within| !within.on_edge) {
        return;
    }
    match shape.coordinate_position(&point.place.degrees()) {
        CoordPos::Inside => point.within = Some(Within { building, on_edge: false }),
        CoordPos::OnBoundary if point.within.is_none() => point.within = Some(Within { building, on_edge: true }),
        _ => {}
    }
}

/// Row and column.
fn cell(x: i32, y: i32) -> (i64, i64) {
    (i64::from(y).div_euclid(CELL), i64::from(x).div_euclid(CELL))
}

/// Degrees back on the grid, a little outwards.
fn grid(degrees: f64, outwards: i32) -> i32 {
    // A cast from float saturates, so not even nonsense overflows.
    ((degrees * 1e7).round() as i32).saturating_add(outwards)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Rect, coord, polygon};

    fn square(x: f64, y: f64, side: f64) -> MultiPolygon<f64> {
        MultiPolygon(vec![Rect::new(coord! {x: x, y: y}, coord! {x: x + side, y: y + side}).to_polygon()])
    }

    #[test]
    fn inside_goes_before_on_the_edge() {
        let mut points = AddressPoints::default();
        points.add(1, Fixed { x: 5_000_000, y: 5_000_000 });
        points.add(2, Fixed { x: 10_000_000, y: 5_000_000 });
        points.add(3, Fixed { x: 15_000_000, y: 5_000_000 });
        points.add(4, Fixed { x: -5_000_000, y: -5_000_000 });
        let (left, right) = (ObjectId::way(1), ObjectId::way(2));
        points.claim(left, &square(0.0, 0.0, 1.0));
        points.claim(right, &square(1.0, 0.0, 1.0));
        points.claim(ObjectId::way(3), &square(0.5, 0.0, 1.0));
        let claimed = points.finish();
        assert_eq!(claimed.get(1), Some(Within { building: left, on_edge: false }));
        assert_eq!(claimed.get(2), Some(Within { building: ObjectId::way(3), on_edge: false }));
        assert_eq!(claimed.get(3), Some(Within { building: right, on_edge: false }));
        assert_eq!(claimed.get(4), None);
    }

    #[test]
    fn an_entrance_is_on_the_edge() {
        let mut points = AddressPoints::default();
        points.add(7, Fixed { x: 300_000_007, y: 500_000_003 });
        points.claim(
            ObjectId::way(1),
            &MultiPolygon(vec![polygon![
            (x: 30.0, y: 50.0), (x: 30.0000007, y: 50.0000003), (x: 30.0, y: 50.0000009)]]),
        );
        let claimed = points.finish();
        assert_eq!(claimed.get(7), Some(Within { building: ObjectId::way(1), on_edge: true }));
    }
}
