//! The rules of a register's geometry: the right kind, on the globe, as the register stores it.

use geo::{
    Area, BoundingRect, ConvexHull, Coord, CoordsIter, Geometry, LineString, MultiLineString, MultiPolygon, Polygon,
};

use super::layer::{GeometryKind, Layer};
use super::rules::Rejection;

impl Layer {
    /// Checks a geometry in EPSG:4326 (longitude, latitude) and turns it into the type that the register stores:
    /// Point, MultiLineString or MultiPolygon.
    pub fn check_geometry(&self, geometry: Option<Geometry<f64>>) -> Result<Option<Geometry<f64>>, Rejection> {
        let Some(geometry) = geometry.filter(|geometry| geometry.coords_count() > 0) else {
            return if self.geometry_optional {
                Ok(None)
            } else {
                Err(reject("геометрії немає", "there is no geometry"))
            };
        };
        check_coordinates(&geometry)?;
        let found = kind_name(&geometry);
        match (self.geometry, geometry) {
            (GeometryKind::Point, point @ Geometry::Point(_)) => Ok(Some(point)),
            (GeometryKind::Point, Geometry::MultiPoint(points)) if points.0.len() == 1 => {
                Ok(points.0.first().map(|point| Geometry::Point(*point)))
            }
            (GeometryKind::Line, Geometry::LineString(line)) => lines(vec![line]),
            (GeometryKind::Line, Geometry::MultiLineString(found)) => lines(found.0),
            (GeometryKind::Polygon, Geometry::Polygon(polygon)) => polygons(vec![polygon]),
            (GeometryKind::Polygon, Geometry::MultiPolygon(found)) => polygons(found.0),
            (wanted, _) => Err(reject(
                format!("потрібна геометрія {}, а не {found}", wanted.stored_as()),
                format!("a {} is needed, not a {found}", wanted.stored_as()),
            )),
        }
    }
}

/// The lines that have a length, together.
fn lines(mut lines: Vec<LineString<f64>>) -> Result<Option<Geometry<f64>>, Rejection> {
    lines.retain(|line| line.0.iter().any(|point| Some(point) != line.0.first()));
    if lines.is_empty() {
        return Err(reject("лінія не має довжини", "the line has no length"));
    }
    Ok(Some(MultiLineString(lines).into()))
}

/// The polygons that have an area, together.
fn polygons(mut polygons: Vec<Polygon<f64>>) -> Result<Option<Geometry<f64>>, Rejection> {
    polygons.retain(|polygon| polygon.exterior().convex_hull().unsigned_area() > 0.0);
    if polygons.is_empty() {
        return Err(reject("полігон не має площі", "the polygon has no area"));
    }
    Ok(Some(MultiPolygon(polygons).into()))
}

fn reject(uk: impl Into<String>, en: impl Into<String>) -> Rejection {
    Rejection::new("geometry", uk, en)
}

fn check_coordinates(geometry: &Geometry<f64>) -> Result<(), Rejection> {
    if geometry.coords_iter().any(|Coord { x, y }| !x.is_finite() || !y.is_finite()) {
        return Err(reject("координата не є числом", "a coordinate is not a number"));
    }
    let Some(bounds) = geometry.bounding_rect() else { return Ok(()) };
    let (min, max) = (bounds.min(), bounds.max());
    if min.x < -180.0 || max.x > 180.0 || min.y < -90.0 || max.y > 90.0 {
        return Err(reject(
            format!(
                "координати ({}, {}) поза межами довготи й широти: можливо, це інша система координат",
                max.x, max.y
            ),
            format!(
                "coordinates ({}, {}) are no longitude and latitude: perhaps another reference system",
                max.x, max.y
            ),
        ));
    }
    Ok(())
}

fn kind_name(geometry: &Geometry<f64>) -> &'static str {
    match geometry {
        Geometry::Point(_) => "Point",
        Geometry::MultiPoint(_) => "MultiPoint",
        Geometry::Line(_) | Geometry::LineString(_) => "LineString",
        Geometry::MultiLineString(_) => "MultiLineString",
        Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => "Polygon",
        Geometry::MultiPolygon(_) => "MultiPolygon",
        Geometry::GeometryCollection(_) => "GeometryCollection",
    }
}
