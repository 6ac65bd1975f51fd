//! Geometry as PostGIS exchanges it: EWKB, EPSG:4326.

use geo::Geometry;
use geozero::error::{GeozeroError, Result};
use geozero::geojson::GeoJsonWriter;
use geozero::wkb::Ewkb;
use geozero::{CoordDimensions, GeozeroGeometry, ToGeo, ToWkb};
use serde_json::value::RawValue;

/// A geometry in EPSG:4326 as hexadecimal EWKB, the text that a geometry column reads.
pub fn to_hex(geometry: &Geometry<f64>) -> Result<String> {
    let bytes = geometry.to_ewkb(CoordDimensions::xy(), Some(4326))?;
    let mut hex = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(nibble.into(), 16).unwrap_or('0'));
        }
    }
    Ok(hex.to_uppercase())
}

/// EWKB as a geometry.
pub fn to_geometry(ewkb: &[u8]) -> Result<Geometry<f64>> {
    Ewkb(ewkb).to_geo()
}

/// EWKB as a GeoJSON geometry (RFC 7946 §3.1), as text.
pub fn to_geojson(ewkb: &[u8]) -> Result<Box<RawValue>> {
    let mut text = Vec::with_capacity(ewkb.len() * 2);
    Ewkb(ewkb).process_geom(&mut GeoJsonWriter::new(&mut text))?;
    let wrong = |error: &dyn std::fmt::Display| GeozeroError::Geometry(error.to_string());
    let text = String::from_utf8(text).map_err(|error| wrong(&error))?;
    RawValue::from_string(text).map_err(|error| wrong(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::point;

    #[test]
    fn a_point_goes_to_hex_and_to_geojson() {
        let point = Geometry::Point(point! { x: 30.5, y: 50.25 });
        assert_eq!(to_hex(&point).unwrap(), "0101000020E61000000000000000803E400000000000204940");
        let ewkb = point.to_ewkb(CoordDimensions::xy(), Some(4326)).unwrap();
        assert_eq!(to_geometry(&ewkb).unwrap(), point);
        let json: serde_json::Value = serde_json::from_str(to_geojson(&ewkb).unwrap().get()).unwrap();
        assert_eq!(json, serde_json::json!({"type": "Point", "coordinates": [30.5, 50.25]}));
    }
}
