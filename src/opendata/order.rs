//! What a caller wants exported: which register, which rows, in what form.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::auth::Caller;
use crate::catalogue::filter::Filter;
use crate::catalogue::filter::cql2::Cql2;
use crate::catalogue::layer::Layer;
use crate::catalogue::select::{Selection, select};
use crate::formats::files::FileFormat;
use crate::http::bbox;
use crate::http::moment;
use crate::http::problem::Problem;

/// What a request may say besides properties.
pub const PARAMETERS: &str = "bbox, crs, datetime, filter";

/// An export that is wanted.
#[derive(Debug, Clone)]
pub struct Order {
    pub layer: Arc<Layer>,
    pub caller: Caller,
    pub filter: Filter,
    /// As of when the register is read; none for the present.
    pub moment: Option<DateTime<Utc>>,
    pub output: Output,
}

/// In what form.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    File(FileFormat, Crs),
    /// The package of Resolution 835, with the portal's address where it is known.
    Legal {
        base: Option<String>,
    },
}

/// The reference system of coordinates in a file. The first coordinate is always the one to the east.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crs {
    /// Longitude and latitude on WGS 84.
    Crs84,
    /// A code of EPSG.
    Epsg(u32),
}

impl Order {
    /// Reads a request's parameters; every name that is not of [`PARAMETERS`] is a property.
    pub fn read(
        layer: &Arc<Layer>,
        caller: Caller,
        output: Output,
        parameters: Vec<(String, String)>,
    ) -> Result<Self, Problem> {
        let mut order = Self { layer: layer.clone(), caller, filter: Filter::default(), moment: None, output };
        for (name, value) in parameters {
            match name.as_str() {
                "bbox" => order.filter.bbox = Some(bbox::read(&value)?),
                "crs" => order.set_crs(Crs::read(&value)?)?,
                "datetime" => order.moment = Some(moment::read(&value)?),
                "filter" => order.filter.cql2 = Some(Cql2::read(&value, None)?),
                _ => order.filter.properties.push((name, value)),
            }
        }
        if matches!(order.output, Output::Legal { .. }) && layer.legal.is_none() {
            return Err(Problem::not_found(
                format!("Для набору «{}» не названо структури за Постановою 835.", layer.title.uk),
                format!("“{}” has no structure of Resolution 835.", layer.title.en),
            ));
        }
        Ok(order)
    }

    fn set_crs(&mut self, wanted: Crs) -> Result<(), Problem> {
        match &mut self.output {
            Output::File(format, crs) if wanted == Crs::Crs84 || format.about().any_crs => *crs = wanted,
            Output::Legal { .. } if wanted == Crs::Crs84 => {}
            _ => {
                return Err(Problem::bad_request(
                    "crs",
                    "У цьому форматі координати завжди довгота й широта (WGS 84). Для іншої системи виберіть інший формат.",
                    "In this format coordinates are always longitude and latitude (WGS 84). Choose another for another system.",
                ));
            }
        }
        Ok(())
    }

    /// What of the register is read.
    pub fn selection(&self) -> Result<Selection, Problem> {
        let selection = select(&self.layer, self.caller);
        Ok(match self.moment {
            Some(moment) => selection.as_of(moment)?,
            None => selection,
        })
    }

    /// Whether Misto writes the file itself; GDAL writes the others.
    pub fn is_native(&self) -> bool {
        matches!(self.output, Output::File(FileFormat::GeoJson | FileFormat::Csv | FileFormat::Xlsx, Crs::Crs84))
    }

    /// A name for the file: the layer, the day, the format.
    pub fn file_name(&self) -> String {
        let day = Utc::now().with_timezone(&chrono_tz::Europe::Kyiv).date_naive();
        let ending = match &self.output {
            Output::File(format, _) => format.about().ending,
            Output::Legal { .. } => "legal.zip",
        };
        format!("{}-{day}.{ending}", self.layer.id)
    }
}

impl Crs {
    /// `EPSG:5564`, `5564`, `CRS84`, or the URI of one of them.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let name = text.trim().rsplit(['/', ':']).next().unwrap_or_default();
        if name.eq_ignore_ascii_case("CRS84") || name == "4326" {
            return Ok(Self::Crs84);
        }
        let named = text.trim().len() == name.len() || text.to_uppercase().contains("EPSG");
        name.parse().ok().filter(|code| named && (1024..=32_767).contains(code)).map(Self::Epsg).ok_or_else(|| {
            Problem::bad_request(
                "crs",
                "crs має бути кодом EPSG, наприклад EPSG:5564 (УСК-2000) або EPSG:7829 (СК-63)",
                "crs must be a code of EPSG, for example EPSG:5564 (UCS-2000) or EPSG:7829 (CS-63)",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_systems_are_read_in_their_spellings() {
        for text in ["EPSG:5564", "5564", "http://www.opengis.net/def/crs/EPSG/0/5564", "urn:ogc:def:crs:EPSG::5564"] {
            assert_eq!(Crs::read(text).unwrap(), Crs::Epsg(5564), "{text}");
        }
        for text in ["EPSG:4326", "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "CRS84"] {
            assert_eq!(Crs::read(text).unwrap(), Crs::Crs84, "{text}");
        }
        for text in ["", "ESRI:102100", "EPSG:", "EPSG:1", "EPSG:5564; rm", "+proj=utm", "-5564", "EPSG:99999999999"] {
            assert!(Crs::read(text).is_err(), "{text}");
        }
    }
}
