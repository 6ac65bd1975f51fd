//! Where to write a polygon's name.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::clip::Xy;
use super::simplify::squared_distance;

/// The pole of inaccessibility of the largest polygon: its point furthest from any border, within `precision`.
///
/// Rings come with holes after their exterior and turning the other way, closed or open. The search (Agafonkin's
/// polylabel) splits squares in four, the most promising first, and gives up those that cannot be better than what was found.
pub fn pole(rings: &[Vec<Xy>], precision: f64) -> Option<Xy> {
    let polygon = largest(rings)?;
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for point in &polygon[0] {
        for axis in 0..2 {
            low[axis] = low[axis].min(point[axis]);
            high[axis] = high[axis].max(point[axis]);
        }
    }
    let size = [high[0] - low[0], high[1] - low[1]];
    let half = size[0].min(size[1]) / 2.0;
    let middle = Square::new([(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0], 0.0, polygon);
    if !(half > 0.0 && half.is_finite()) {
        return Some(middle.centre);
    }
    let mut best = Square::new(centroid(&polygon[0]).unwrap_or(middle.centre), 0.0, polygon);
    if middle.distance > best.distance {
        best = middle;
    }
    // a sliver must not be covered with millions of squares
    let half = half.max(size[0].max(size[1]) / 256.0);
    let precision = precision.max(half * 1e-4);
    let mut squares = BinaryHeap::new();
    let counts = size.map(|side| (side / (half * 2.0)).ceil() as usize);
    for row in 0..counts[1] {
        for column in 0..counts[0] {
            let centre = [low[0] + (column as f64 * 2.0 + 1.0) * half, low[1] + (row as f64 * 2.0 + 1.0) * half];
            squares.push(Square::new(centre, half, polygon));
        }
    }
    while let Some(square) = squares.pop() {
        if square.reach - best.distance <= precision {
            break;
        }
        let half = square.half / 2.0;
        for [right, down] in [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]] {
            let centre = [square.centre[0] + right * half, square.centre[1] + down * half];
            squares.push(Square::new(centre, half, polygon));
        }
        if square.distance > best.distance {
            best = square;
        }
    }
    Some(best.centre)
}

/// A square of the search.
struct Square {
    centre: Xy,
    half: f64,
    /// From the centre to the nearest border; negative outside.
    distance: f64,
    /// The greatest distance that any point of the square may have.
    reach: f64,
}

impl Square {
    fn new(centre: Xy, half: f64, polygon: &[Vec<Xy>]) -> Self {
        let distance = distance(centre, polygon);
        Self { centre, half, distance, reach: distance + half * std::f64::consts::SQRT_2 }
    }
}

impl Ord for Square {
    fn cmp(&self, other: &Self) -> Ordering {
        self.reach.total_cmp(&other.reach)
    }
}

impl PartialOrd for Square {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Square {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Square {}

/// The exterior with the most area, and its holes.
fn largest(rings: &[Vec<Xy>]) -> Option<&[Vec<Xy>]> {
    let direction = double_area(rings.first()?).signum();
    let areas: Vec<f64> = rings.iter().map(|ring| double_area(ring) * direction).collect();
    let exteriors = (0..rings.len()).filter(|&index| index == 0 || areas[index] > 0.0);
    let start = exteriors.max_by(|a, b| areas[*a].total_cmp(&areas[*b]))?;
    let holes = areas[start + 1..].iter().take_while(|area| **area <= 0.0).count();
    Some(&rings[start..=start + holes]).filter(|polygon| !polygon[0].is_empty())
}

fn edges(ring: &[Xy]) -> impl Iterator<Item = (Xy, Xy)> {
    let next = ring.iter().cycle().skip(1);
    ring.iter().copied().zip(next.copied())
}

fn double_area(ring: &[Xy]) -> f64 {
    // from the first point, or large coordinates would eat up the digits
    let Some(origin) = ring.first() else { return 0.0 };
    edges(ring).map(|(a, b)| (a[0] - origin[0]) * (b[1] - origin[1]) - (b[0] - origin[0]) * (a[1] - origin[1])).sum()
}

fn centroid(ring: &[Xy]) -> Option<Xy> {
    let origin = *ring.first()?;
    let (mut sum, mut area) = ([0.0; 2], 0.0);
    for (a, b) in edges(ring) {
        let (a, b) = ([a[0] - origin[0], a[1] - origin[1]], [b[0] - origin[0], b[1] - origin[1]]);
        let part = a[0] * b[1] - b[0] * a[1];
        area += part * 3.0;
        for axis in 0..2 {
            sum[axis] += (a[axis] + b[axis]) * part;
        }
    }
    (area != 0.0).then(|| [origin[0] + sum[0] / area, origin[1] + sum[1] / area])
}

fn distance(point: Xy, polygon: &[Vec<Xy>]) -> f64 {
    let (mut inside, mut nearest) = (false, f64::INFINITY);
    for (a, b) in polygon.iter().flat_map(|ring| edges(ring)) {
        if (a[1] > point[1]) != (b[1] > point[1]) && point[0] < (b[0] - a[0]) * (point[1] - a[1]) / (b[1] - a[1]) + a[0]
        {
            inside = !inside;
        }
        nearest = nearest.min(squared_distance(point, a, b));
    }
    nearest.sqrt() * if inside { 1.0 } else { -1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[Xy]) -> Vec<Xy> {
        points.to_vec()
    }

    fn square(low: f64, high: f64) -> Vec<Xy> {
        ring(&[[low, low], [high, low], [high, high], [low, high]])
    }

    fn near(found: Option<Xy>, wanted: Xy) {
        let found = found.unwrap();
        assert!((0..2).all(|axis| (found[axis] - wanted[axis]).abs() < 0.5), "{found:?} is not {wanted:?}");
    }

    #[test]
    fn a_name_stands_where_there_is_most_room() {
        near(pole(&[square(0.0, 100.0)], 0.1), [50.0, 50.0]);
        // an L: its centroid lies in the corner, near the border
        let bent = ring(&[[0.0, 0.0], [100.0, 0.0], [100.0, 20.0], [20.0, 20.0], [20.0, 100.0], [0.0, 100.0]]);
        near(pole(&[bent], 0.01), [11.7, 11.7]);
    }

    #[test]
    fn holes_are_kept_free_and_the_largest_polygon_is_taken() {
        let mut hole = square(20.0, 80.0);
        hole.reverse();
        let Some(found) = pole(&[square(0.0, 100.0), hole, square(200.0, 230.0)], 0.1) else {
            panic!("a point is there")
        };
        assert!(found.iter().any(|part| !(20.0..=80.0).contains(part)) && found[0] < 100.0, "{found:?}");
        near(pole(&[square(0.0, 10.0), square(100.0, 200.0)], 0.1), [150.0, 150.0]);
    }

    #[test]
    fn either_direction_and_a_closing_point_are_welcome() {
        let mut other = square(0.0, 100.0);
        other.reverse();
        other.push(other[0]);
        near(pole(&[other], 0.1), [50.0, 50.0]);
    }

    #[test]
    fn what_is_no_polygon_still_ends() {
        assert_eq!(pole(&[], 1.0), None);
        assert_eq!(pole(&[Vec::new()], 1.0), None);
        assert_eq!(pole(&[ring(&[[3.0, 4.0]])], 1.0), Some([3.0, 4.0]));
        assert!(pole(&[ring(&[[0.0, 0.0], [1e9, 1e-3], [1e9, 2e-3]])], 0.0).is_some());
        assert!(pole(&[ring(&[[0.0, 0.0], [f64::NAN, 1.0], [1.0, f64::INFINITY]])], 0.0).is_some());
    }
}
