//! Geometry as PostGIS exchanges it: EWKB, EPSG:4326.

use geo::Geometry;
use geozero::error::{GeozeroError, Result};
use geozero::wkb::Ewkb;
use geozero::{CoordDimensions, ToGeo, ToWkb};
use serde_json::value::RawValue;

use super::geojson::{self, Coordinates};

/// A geometry in EPSG:4326 as hexadecimal EWKB, the text that a geometry column reads.
pub fn to_hex(geometry: &Geometry<f64>) -> Result<String> {
    to_hex_in(geometry, 4326)
}

/// The same in another reference system of EPSG.
pub fn to_hex_in(geometry: &Geometry<f64>, srid: u32) -> Result<String> {
    let bytes = geometry.to_ewkb(CoordDimensions::xy(), Some(srid as i32))?;
    Ok(hex(bytes.iter()))
}

fn hex<'b>(bytes: impl Iterator<Item = &'b u8>) -> String {
    let mut hex = String::with_capacity(bytes.size_hint().0 * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(nibble.into(), 16).unwrap_or('0').to_ascii_uppercase());
        }
    }
    hex
}

/// EWKB as a geometry.
pub fn to_geometry(ewkb: &[u8]) -> Result<Geometry<f64>> {
    Ewkb(ewkb).to_geo()
}

/// EWKB as a GeoJSON geometry (RFC 7946 §3.1), as text.
pub fn to_geojson(ewkb: &[u8]) -> Result<Box<RawValue>> {
    let wrong = |error: &dyn std::fmt::Display| GeozeroError::Geometry(error.to_string());
    let mut text = Vec::with_capacity(ewkb.len() * 2);
    geojson::geometry(&mut text, ewkb, Coordinates::default()).map_err(|error| wrong(&error))?;
    let text = String::from_utf8(text).map_err(|error| wrong(&error))?;
    RawValue::from_string(text).map_err(|error| wrong(&error))
}

/// The same geometry as WKB that names no reference system, in hexadecimal; none where the bytes are no EWKB.
pub fn to_wkb_hex(ewkb: &[u8]) -> Option<String> {
    const WITH_SRID: u32 = 0x2000_0000;
    let little = *ewkb.first()? == 1;
    let kind: [u8; 4] = ewkb.get(1..5)?.try_into().ok()?;
    let kind = if little { u32::from_le_bytes(kind) } else { u32::from_be_bytes(kind) };
    let rest = ewkb.get(if kind & WITH_SRID == 0 { 5 } else { 9 }..)?;
    let kind = kind & !WITH_SRID;
    let kind = if little { kind.to_le_bytes() } else { kind.to_be_bytes() };
    Some(hex(ewkb[..1].iter().chain(&kind).chain(rest)))
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
        assert_eq!(to_wkb_hex(&ewkb).as_deref(), Some("01010000000000000000803E400000000000204940"));
        assert_eq!(to_wkb_hex(&ewkb[..4]), None);
        assert_eq!(to_geometry(&ewkb).unwrap(), point);
        let json: serde_json::Value = serde_json::from_str(to_geojson(&ewkb).unwrap().get()).unwrap();
        assert_eq!(json, serde_json::json!({"type": "Point", "coordinates": [30.5, 50.25]}));
    }
}
