//! Reference systems of answers and of boxes (OGC API – Features Part 2), named by URI, with their axes as EPSG defines them.

use crate::formats::geojson::Coordinates;
use crate::geom::systems::{KNOWN, System};
use crate::http::problem::Problem;

pub const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0/";

/// A reference system that a request may name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Crs {
    /// Longitude before latitude on WGS 84, as registers are kept.
    Crs84,
    Epsg(&'static System),
}

impl Crs {
    /// Those in which something within the box can be had: west, south, east, north in degrees; `usable` are the codes that
    /// the database knows. Without a box those that hold everywhere.
    pub fn offered(bounds: Option<[f64; 4]>, usable: &[u32]) -> Vec<Self> {
        let holds = |system: &&System| match bounds {
            Some(bounds) => system.meets(bounds),
            None => matches!(system.code, 4326 | 3857),
        };
        let systems = KNOWN.iter().filter(holds).filter(|system| usable.contains(&system.code));
        std::iter::once(Self::Crs84).chain(systems.map(Self::Epsg)).collect()
    }

    pub fn uri(self) -> String {
        match self {
            Self::Crs84 => CRS84.to_owned(),
            Self::Epsg(system) => format!("{EPSG}{}", system.code),
        }
    }

    /// Reads the parameter `name`: the URI of one that is offered, or its short form (`EPSG:5564`, `[EPSG:5564]`).
    pub fn read(name: &str, text: &str, offered: &[Self]) -> Result<Self, Problem> {
        let short = text.trim().trim_start_matches('[').trim_end_matches(']');
        let fits = |crs: &&Self| match crs {
            Self::Crs84 => [CRS84, "OGC:CRS84", "CRS84"].contains(&short),
            Self::Epsg(system) => [EPSG, "EPSG:"]
                .iter()
                .any(|start| short.strip_prefix(start).is_some_and(|code| code == system.code.to_string())),
        };
        offered.iter().find(fits).copied().ok_or_else(|| {
            let list = offered.iter().map(|crs| crs.uri()).collect::<Vec<_>>().join(", ");
            Problem::bad_request(
                name,
                format!("{name} має бути однією з систем цього набору: {list}"),
                format!("{name} must be one of this collection's systems: {list}"),
            )
        })
    }

    /// EPSG code, where coordinates are not as registers keep them.
    pub fn transformed(self) -> Option<u32> {
        match self {
            Self::Crs84 => None,
            Self::Epsg(system) => (system.code != 4326).then_some(system.code),
        }
    }

    /// Whether the first coordinate is the one to the north.
    pub fn is_north_first(self) -> bool {
        matches!(self, Self::Epsg(system) if system.is_north_first)
    }

    /// How coordinates are written: as they are kept; after a transformation, which computes more digits than there are,
    /// to a tenth of a millimetre.
    pub fn coordinates(self) -> Coordinates {
        let decimals = match self {
            Self::Epsg(system) if system.code != 4326 => Some(if system.is_degrees { 9 } else { 4 }),
            _ => None,
        };
        Coordinates { swapped: self.is_north_first(), decimals }
    }

    /// Reads a box in this system: four numbers, or six with heights, which do not matter. West, south, east, north.
    pub fn bbox(self, text: &str) -> Result<[f64; 4], Problem> {
        let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
        let corners = match numbers.as_deref() {
            Ok(&[a, b, c, d] | &[a, b, _, c, d, _]) if [a, b, c, d].iter().all(|number| number.is_finite()) => {
                if self.is_north_first() { Some([b, a, d, c]) } else { Some([a, b, c, d]) }
            }
            _ => None,
        };
        let fits = |[west, south, east, north]: &[f64; 4]| match self.transformed() {
            None => {
                let longitudes = [west, east].iter().all(|bound| (-180.0..=180.0).contains(*bound));
                let latitudes = [south, north].iter().all(|bound| (-90.0..=90.0).contains(*bound));
                longitudes && latitudes && south <= north
            }
            Some(_) => west <= east && south <= north && [west, south, east, north].iter().all(|b| b.abs() < 1e9),
        };
        corners.filter(fits).ok_or_else(|| self.no_bbox())
    }

    fn no_bbox(self) -> Problem {
        let (uk, en, example) = match (self.transformed(), self.is_north_first()) {
            (None, false) => {
                ("захід,південь,схід,північ у градусах", "west,south,east,north in degrees", "30.4,50.4,30.6,50.5")
            }
            (None, true) => {
                ("південь,захід,північ,схід у градусах", "south,west,north,east in degrees", "50.4,30.4,50.5,30.6")
            }
            (Some(_), false) => (
                "захід,південь,схід,північ у системі bbox-crs",
                "west,south,east,north in the system of bbox-crs",
                "320000,5580000,330000,5590000",
            ),
            (Some(_), true) => (
                "південь,захід,північ,схід у системі bbox-crs",
                "south,west,north,east in the system of bbox-crs",
                "5580000,320000,5590000,330000",
            ),
        };
        Problem::bad_request(
            "bbox",
            format!("bbox має бути {uk}, наприклад {example} (або шість чисел, з висотами)"),
            format!("bbox must be {en}, for example {example} (or six numbers, with heights)"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered() -> Vec<Crs> {
        Crs::offered(Some([30.24, 50.21, 30.83, 50.59]), &[4326, 3857, 5564, 9864])
    }

    #[test]
    fn systems_are_read_by_uri_and_refused_where_they_are_not_offered() {
        let code = |text: &str| Crs::read("crs", text, &offered()).map(|crs| crs.uri());
        assert_eq!(code(CRS84).unwrap(), CRS84);
        for text in ["http://www.opengis.net/def/crs/EPSG/0/5564", "EPSG:5564", "[EPSG:5564]"] {
            assert_eq!(code(text).unwrap(), "http://www.opengis.net/def/crs/EPSG/0/5564");
        }
        for text in ["", "5564", "EPSG:5562", "EPSG:6384", "urn:x", "http://www.opengis.net/def/crs/EPSG/0/"] {
            assert!(code(text).is_err(), "{text}");
        }
        assert_eq!(Crs::offered(None, &[4326, 3857, 5564]).len(), 3);
    }

    #[test]
    fn a_box_is_read_in_the_order_of_its_axes() {
        let bbox = |code: &str, text: &str| Crs::read("crs", code, &offered()).unwrap().bbox(text);
        assert_eq!(bbox("CRS84", "30,50,31,51").unwrap(), [30.0, 50.0, 31.0, 51.0]);
        assert_eq!(bbox("CRS84", "30,50,-5,31,51,9").unwrap(), [30.0, 50.0, 31.0, 51.0]);
        assert_eq!(bbox("CRS84", "179,50,-179,51").unwrap(), [179.0, 50.0, -179.0, 51.0]);
        assert_eq!(bbox("EPSG:4326", "50,30,51,31").unwrap(), [30.0, 50.0, 31.0, 51.0]);
        assert_eq!(bbox("EPSG:3857", "1,2,3,4").unwrap(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(bbox("EPSG:5564", "2,1,4,3").unwrap(), [1.0, 2.0, 3.0, 4.0]);
        for wrong in ["1,2,3", "a,b,c,d", "0,50,NaN,51", "0,51,1,50", "0,0,inf,1", "30,50,31,91", ""] {
            assert!(bbox("CRS84", wrong).is_err(), "{wrong}");
        }
        assert!(bbox("EPSG:3857", "3,2,1,4").is_err());
    }
}
