//! Geometries of filters, from the nested lists that WKT and GeoJSON have in common.

use geo::{Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};

use super::{At, Mistake};

/// Points of all geometries of a filter.
const MOST_POINTS: usize = 10_000;

/// The types that WKT and GeoJSON know, in the spelling of GeoJSON.
pub const TYPES: [&str; 7] =
    ["Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"];

/// A point, or a list.
#[derive(Debug, Clone, PartialEq)]
pub enum Nest {
    Point(Coord<f64>),
    List(Vec<Nest>),
}

/// The geometry of that type; none where the lists are not nested as it needs.
pub fn geometry(kind: &str, nest: Nest) -> Option<Geometry<f64>> {
    Some(match kind {
        "Point" => Geometry::Point(point(nest)?),
        "LineString" => Geometry::LineString(line(nest)?),
        "Polygon" => Geometry::Polygon(polygon(nest)?),
        "MultiPoint" => Geometry::MultiPoint(MultiPoint(each(nest, |part| match part {
            // WKT has a point's parentheses or not
            Nest::List(mut inner) if inner.len() == 1 => point(inner.pop()?),
            part => point(part),
        })?)),
        "MultiLineString" => Geometry::MultiLineString(MultiLineString(each(nest, line)?)),
        "MultiPolygon" => Geometry::MultiPolygon(MultiPolygon(each(nest, polygon)?)),
        _ => return None,
    })
}

pub fn collection(parts: Vec<Geometry<f64>>) -> Option<Geometry<f64>> {
    (!parts.is_empty()).then_some(Geometry::GeometryCollection(GeometryCollection(parts)))
}

fn each<T>(nest: Nest, make: fn(Nest) -> Option<T>) -> Option<Vec<T>> {
    match nest {
        Nest::List(parts) if !parts.is_empty() => parts.into_iter().map(make).collect(),
        _ => None,
    }
}

fn point(nest: Nest) -> Option<Point<f64>> {
    match nest {
        Nest::Point(coord) => Some(coord.into()),
        Nest::List(_) => None,
    }
}

fn line(nest: Nest) -> Option<LineString<f64>> {
    let points = each(nest, point)?;
    (points.len() > 1).then(|| points.into_iter().collect())
}

fn polygon(nest: Nest) -> Option<Polygon<f64>> {
    let mut rings = each(nest, line)?.into_iter();
    let exterior = rings.next()?;
    let rings: Vec<_> = rings.collect();
    let is_ring = |ring: &LineString<f64>| ring.0.len() >= 4 && ring.0.first() == ring.0.last();
    (is_ring(&exterior) && rings.iter().all(is_ring)).then(|| Polygon::new(exterior, rings))
}

/// A coordinate, where its numbers are finite and there are not too many already.
pub fn coord(x: f64, y: f64, points: &mut usize, at: &At) -> Result<Coord<f64>, Mistake> {
    *points += 1;
    if *points > MOST_POINTS {
        return Err(Mistake::new(
            at,
            format!("у геометріях фільтра понад {MOST_POINTS} точок"),
            format!("the filter's geometries have more than {MOST_POINTS} points"),
        ));
    }
    if !(x.abs() < 1e9 && y.abs() < 1e9) {
        return Err(Mistake::new(at, "координати поза межами", "the coordinates are out of range"));
    }
    Ok(Coord { x, y })
}

pub fn broken(kind: &str, at: &At) -> Mistake {
    Mistake::new(
        at,
        format!(
            "{kind} записано не за правилами: лінія має щонайменше дві точки, кільце — чотири, і перша є останньою"
        ),
        format!("{kind} is not well formed: a line has two points at least, a ring four, the first being the last"),
    )
}
