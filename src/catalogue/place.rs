//! The rules of a register's geometry: the right kind, on the globe, as the register stores it.

use geo::{BoundingRect, Coord, CoordsIter, Geometry, MultiLineString, MultiPolygon};

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
            (GeometryKind::Line, Geometry::LineString(line)) => Ok(Some(MultiLineString(vec![line]).into())),
            (GeometryKind::Line, lines @ Geometry::MultiLineString(_)) => Ok(Some(lines)),
            (GeometryKind::Polygon, Geometry::Polygon(polygon)) => Ok(Some(MultiPolygon(vec![polygon]).into())),
            (GeometryKind::Polygon, polygons @ Geometry::MultiPolygon(_)) => Ok(Some(polygons)),
            (wanted, _) => Err(reject(
                format!("потрібна геометрія {}, а не {found}", wanted.stored_as()),
                format!("a {} is needed, not a {found}", wanted.stored_as()),
            )),
        }
    }
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
