//! GeoJSON (RFC 7946) written straight from EWKB into bytes: pages and files of millions of features are made of it.

use std::io::Write;

/// How coordinates are written.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Coordinates {
    /// The second coordinate first: for systems whose first axis goes north.
    pub swapped: bool,
    /// Decimals to round to; none: all that it takes to read the same number again.
    pub decimals: Option<u8>,
}

/// Bytes that are no EWKB of a geometry that GeoJSON knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the geometry is no EWKB that GeoJSON can express")]
pub struct Broken;

/// PostGIS reads no deeper.
const DEEPEST: u32 = 200;

/// Appends a geometry object (§3.1). What has been written of a broken one stays.
pub fn geometry(out: &mut Vec<u8>, ewkb: &[u8], coordinates: Coordinates) -> Result<(), Broken> {
    let scale = coordinates.decimals.map(|decimals| 10f64.powi(decimals.into()));
    Walker { out, rest: ewkb, swapped: coordinates.swapped, scale, number: zmij::Buffer::new() }.geometry(0)
}

/// Appends a text as a JSON string.
pub fn string(out: &mut Vec<u8>, text: &str) {
    utf8(out, text.as_bytes());
}

/// The same of a text that is known to be UTF-8.
pub fn utf8(out: &mut Vec<u8>, text: &[u8]) {
    let is_special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    out.push(b'"');
    // to the end in any case, because so many bytes are looked at at once
    if !text.iter().fold(false, |found, byte| found | is_special(*byte)) {
        out.extend_from_slice(text);
    } else {
        for &byte in text {
            match byte {
                b'"' | b'\\' => out.extend([b'\\', byte]),
                b'\n' => out.extend(b"\\n"),
                b'\r' => out.extend(b"\\r"),
                b'\t' => out.extend(b"\\t"),
                // a Vec takes everything
                control if control < b' ' => drop(write!(out, "\\u{control:04x}")),
                byte => out.push(byte),
            }
        }
    }
    out.push(b'"');
}

/// Appends a number; null where JSON has none for it.
pub fn number(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

struct Walker<'w> {
    out: &'w mut Vec<u8>,
    rest: &'w [u8],
    swapped: bool,
    scale: Option<f64>,
    number: zmij::Buffer,
}

/// A geometry's byte order and what its points hold.
#[derive(Clone, Copy)]
struct Head {
    kind: u32,
    little: bool,
    /// Of a point in `Walker::rest`.
    dimensions: usize,
    has_z: bool,
}

impl Walker<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Broken)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn count(&mut self, little: bool) -> Result<u32, Broken> {
        let bytes = self.take()?;
        Ok(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn head(&mut self) -> Result<Head, Broken> {
        let [order] = self.take()?;
        let little = order == 1;
        let flags = self.count(little)?;
        let (has_z, has_m) = (flags & 0x8000_0000 != 0, flags & 0x4000_0000 != 0);
        if flags & 0x2000_0000 != 0 {
            self.count(little)?;
        }
        let dimensions = 2 + usize::from(has_z) + usize::from(has_m);
        Ok(Head { kind: flags & 0x0fff_ffff, little, dimensions, has_z })
    }

    fn geometry(&mut self, depth: u32) -> Result<(), Broken> {
        let head = self.head()?;
        let name: &[u8] = match head.kind {
            1 => b"Point",
            2 => b"LineString",
            3 => b"Polygon",
            4 => b"MultiPoint",
            5 => b"MultiLineString",
            6 => b"MultiPolygon",
            7 => b"GeometryCollection",
            _ => return Err(Broken),
        };
        if depth > DEEPEST {
            return Err(Broken);
        }
        self.out.extend_from_slice(b"{\"type\":\"");
        self.out.extend_from_slice(name);
        self.out.extend_from_slice(if head.kind == 7 { b"\",\"geometries\":" } else { b"\",\"coordinates\":" });
        match head.kind {
            7 => self.list(head.little, |walker| walker.geometry(depth + 1))?,
            _ => self.coordinates(head)?,
        }
        self.out.push(b'}');
        Ok(())
    }

    fn coordinates(&mut self, head: Head) -> Result<(), Broken> {
        match head.kind {
            1 => self.point(head),
            2 => self.list(head.little, |walker| walker.point(head)),
            3 => self.list(head.little, |walker| walker.list(head.little, |walker| walker.point(head))),
            // parts are geometries with heads of their own
            _ => self.list(head.little, |walker| {
                let part = walker.head()?;
                if part.kind != head.kind - 3 {
                    return Err(Broken);
                }
                walker.coordinates(part)
            }),
        }
    }

    fn list(&mut self, little: bool, mut each: impl FnMut(&mut Self) -> Result<(), Broken>) -> Result<(), Broken> {
        let count = self.count(little)?;
        self.out.push(b'[');
        for place in 0..count {
            if place > 0 {
                self.out.push(b',');
            }
            each(self)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn point(&mut self, head: Head) -> Result<(), Broken> {
        let mut ordinates = [0.0; 4];
        for ordinate in &mut ordinates[..head.dimensions] {
            let bytes = self.take()?;
            *ordinate = if head.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) };
        }
        self.out.push(b'[');
        // an empty point comes as coordinates that are no numbers
        if !ordinates[0].is_nan() {
            let [first, second] = if self.swapped { [1, 0] } else { [0, 1] };
            self.ordinate(ordinates[first])?;
            self.out.push(b',');
            self.ordinate(ordinates[second])?;
            if head.has_z {
                self.out.push(b',');
                self.ordinate(ordinates[2])?;
            }
        }
        self.out.push(b']');
        Ok(())
    }

    fn ordinate(&mut self, ordinate: f64) -> Result<(), Broken> {
        if !ordinate.is_finite() {
            return Err(Broken);
        }
        let ordinate = self.scale.map_or(ordinate, |scale| (ordinate * scale).round() / scale);
        self.out.extend_from_slice(self.number.format_finite(ordinate).as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geozero::wkt::Wkt;
    use geozero::{CoordDimensions, ToJson, ToWkb};
    use serde_json::Value as Json;

    const SHAPES: [&str; 8] = [
        "POINT(30.5 50.25)",
        "LINESTRING(0 0,1.5 -1)",
        "POLYGON((0 0,9 0,9 9,0 0),(1 1,2 1,2 2,1 1))",
        "MULTIPOINT(1 2,3 4)",
        "MULTILINESTRING((0 0,1 1),(2 2,3 3,4 4))",
        "MULTIPOLYGON(((0 0,9 0,9 9,0 0),(1 1,2 1,2 2,1 1)),((20 20,30 20,30 30,20 20)))",
        "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))",
        "MULTIPOLYGON EMPTY",
    ];

    fn written(ewkb: &[u8], coordinates: Coordinates) -> Result<Json, Broken> {
        let mut out = Vec::new();
        geometry(&mut out, ewkb, coordinates)?;
        Ok(serde_json::from_slice(&out).unwrap())
    }

    /// The same with all numbers of one kind.
    fn floats(json: Json) -> Json {
        match json {
            Json::Number(number) => number.as_f64().into(),
            Json::Array(list) => list.into_iter().map(floats).collect(),
            Json::Object(map) => map.into_iter().map(|(name, value)| (name, floats(value))).collect(),
            other => other,
        }
    }

    #[test]
    fn geometries_are_what_another_writer_makes_of_them() {
        for wkt in SHAPES {
            let ewkb = Wkt(wkt).to_ewkb(CoordDimensions::xy(), Some(4326)).unwrap();
            let other: Json = serde_json::from_str(&Wkt(wkt).to_json().unwrap()).unwrap();
            assert_eq!(floats(written(&ewkb, Coordinates::default()).unwrap()), floats(other), "{wkt}");
        }
    }

    #[test]
    fn coordinates_are_turned_and_rounded_where_asked() {
        let ewkb = Wkt("POINT(30.123456789 50.5)").to_ewkb(CoordDimensions::xy(), Some(4326)).unwrap();
        let json = written(&ewkb, Coordinates { swapped: true, decimals: Some(4) }).unwrap();
        assert_eq!(json["coordinates"], serde_json::json!([50.5, 30.1235]));
    }

    #[test]
    fn broken_bytes_are_an_error() {
        for wkt in SHAPES {
            let ewkb = Wkt(wkt).to_ewkb(CoordDimensions::xy(), Some(4326)).unwrap();
            for length in 0..ewkb.len() {
                assert_eq!(written(&ewkb[..length], Coordinates::default()), Err(Broken), "{wkt}: {length} bytes");
            }
        }
        let nested = [1, 7, 0, 0, 0, 1, 0, 0, 0].repeat(100_000);
        assert_eq!(written(&nested, Coordinates::default()), Err(Broken));
        let mut huge = Wkt("POINT(1 2)").to_ewkb(CoordDimensions::xy(), None).unwrap();
        huge[5..13].copy_from_slice(&f64::INFINITY.to_le_bytes());
        assert_eq!(written(&huge, Coordinates::default()), Err(Broken));
    }

    #[test]
    fn strings_and_numbers_are_json() {
        for text in ["Кіоск «А»", "a\"b\\c\nd\te\r\u{1}\u{1f}", "", "\u{7f}🙂"] {
            let mut out = Vec::new();
            string(&mut out, text);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
        for value in [0.0, -1.5, 1e300, 5e-324, 12345678.9] {
            let mut out = Vec::new();
            number(&mut out, value);
            assert_eq!(serde_json::from_slice::<f64>(&out).unwrap(), value);
        }
        let mut out = Vec::new();
        number(&mut out, f64::NAN);
        assert_eq!(out, b"null");
    }
}
