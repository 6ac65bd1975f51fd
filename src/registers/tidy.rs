//! Values and shapes as files have them, brought to the form that the rules read, where there is only one way to do it.
//! What was done is said.

use chrono::{Days, NaiveDate};
use geo::{Area, Geometry, LineString, MultiLineString, MultiPolygon, Polygon};
use regex::Regex;
use serde_json::Value as Json;

use crate::catalogue::codes;
use crate::catalogue::layer::{Bilingual, Field, FieldType, GeometryKind};

/// Brings values and shapes into form.
pub struct Tidy {
    html: Regex,
}

impl Tidy {
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self { html: Regex::new(r"</?[A-Za-z][A-Za-z0-9]*(\s[^<>]*)?/?>")? })
    }

    /// The value for `field`, and what a person should know of it.
    pub fn value(&self, field: &Field, value: &Json) -> (Json, Option<Bilingual>) {
        match value {
            Json::Number(number) if is_textual(field.kind) => {
                // a spreadsheet's 12 comes as 12.0
                let text = number.to_string();
                let whole = text.strip_suffix(".0").unwrap_or(&text).to_owned();
                self.text(field, whole)
            }
            Json::String(text) => self.text(field, text.clone()),
            // lists and objects are of no field's type; as text they are not lost
            Json::Array(_) | Json::Object(_) if field.kind == FieldType::Text => {
                let note = Bilingual::new("список збережено як текст", "a list is kept as text");
                (Json::String(value.to_string()), Some(note))
            }
            other => (other.clone(), None),
        }
    }

    fn text(&self, field: &Field, text: String) -> (Json, Option<Bilingual>) {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return (Json::Null, None);
        }
        if let Some(mended) = mended(field.kind, trimmed) {
            let note = Bilingual::new(
                format!("«{trimmed}» виправлено на «{mended}»"),
                format!("“{trimmed}” is mended to “{mended}”"),
            );
            return (Json::String(mended), Some(note));
        }
        let note = if trimmed.len() != text.len() {
            Some(Bilingual::new("зайві пробіли прибрано", "stray spaces are removed"))
        } else if field.kind == FieldType::Text && self.html.is_match(trimmed) {
            Some(Bilingual::new("у тексті є розмітка HTML", "the text has HTML in it"))
        } else {
            None
        };
        (Json::String(spelt(field.kind, trimmed)), note)
    }
}

fn is_textual(kind: FieldType) -> bool {
    !matches!(kind, FieldType::Integer | FieldType::Number | FieldType::Money | FieldType::Boolean)
}

/// A date as GDAL writes it in text, `2022/01/25 00:00:00`.
fn spelt(kind: FieldType, text: &str) -> String {
    match kind {
        FieldType::Date if is_slashed(text) => text.get(..10).unwrap_or(text).replace('/', "-"),
        FieldType::Datetime if is_slashed(text) => text.replace('/', "-"),
        _ => text.to_owned(),
    }
}

fn is_slashed(text: &str) -> bool {
    text.get(4..5) == Some("/") && text.get(7..8) == Some("/")
}

/// A value that a spreadsheet or a keyboard spoilt in a way that can be undone.
fn mended(kind: FieldType, text: &str) -> Option<String> {
    match kind {
        // the zeros at its beginning are lost where it was taken for a number
        FieldType::Edrpou if (5..8).contains(&text.len()) => {
            Some(format!("{text:0>8}")).filter(|code| codes::is_edrpou(code))
        }
        FieldType::Edrpou => text.strip_suffix(".0").filter(|code| codes::is_edrpou(code)).map(str::to_owned),
        // UА with a Cyrillic А
        FieldType::Katottg if !text.is_ascii() => {
            let code: String = text.chars().map(|c| if c == 'А' { 'A' } else { c }).collect();
            codes::is_katottg(&code).then_some(code)
        }
        // 03.07, which a spreadsheet takes for the third of July; 3.07, which it takes for a number
        FieldType::LandUse => {
            let day = text.strip_suffix(" 00:00:00").filter(|_| is_slashed(text));
            let code = match day.map(|day| day.split('/').collect::<Vec<_>>()).as_deref() {
                Some([_, month, day]) => format!("{day}.{month}"),
                _ => format!("{text:0>5}"),
            };
            (code != text && kind.is_code(&code)).then_some(code)
        }
        // days since 1899, as a spreadsheet keeps them, of the years 1954 to 2064
        FieldType::Date if text.len() == 5 => {
            let days = text.parse().ok().filter(|days| (20_000..60_000).contains(days))?;
            let date = NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(days))?;
            Some(date.to_string())
        }
        FieldType::CadastralNumber => {
            let code: String =
                text.chars().filter(|c| !c.is_whitespace()).map(|c| if c == '：' { ':' } else { c }).collect();
            (code != text && codes::is_cadastral_number(&code)).then_some(code)
        }
        _ => None,
    }
}

/// The shape in the kind that the register holds, where it can only mean that, and what was done.
pub fn shape(kind: GeometryKind, geometry: Geometry<f64>) -> (Geometry<f64>, Option<Bilingual>) {
    match (kind, geometry) {
        (GeometryKind::Polygon, Geometry::LineString(line)) if is_outline(&line) => {
            let note = Bilingual::new("замкнену лінію взято як полігон", "a closed line is taken as a polygon");
            (Polygon::new(line, Vec::new()).into(), Some(note))
        }
        (GeometryKind::Polygon, Geometry::MultiLineString(lines))
            if lines.0.len() == 1 && lines.0.iter().all(is_outline) =>
        {
            let line = lines.0.into_iter().next().unwrap_or_else(|| LineString::new(Vec::new()));
            shape(kind, line.into())
        }
        (kind, Geometry::GeometryCollection(parts)) => {
            let whole = Geometry::GeometryCollection(parts.clone());
            united(kind, parts.0).map_or((whole, None), |geometry| {
                let note = Bilingual::new("збірку геометрій об’єднано", "a collection of geometries is united");
                (geometry, Some(note))
            })
        }
        (_, geometry) => (geometry, None),
    }
}

fn is_outline(line: &LineString<f64>) -> bool {
    line.0.len() > 3 && line.is_closed() && Polygon::new(line.clone(), Vec::new()).unsigned_area() > 0.0
}

/// Parts of one kind, and of no other, as one geometry.
fn united(kind: GeometryKind, parts: Vec<Geometry<f64>>) -> Option<Geometry<f64>> {
    let (mut lines, mut polygons) = (Vec::new(), Vec::new());
    let count = parts.len();
    for part in parts {
        match part {
            Geometry::LineString(line) if kind == GeometryKind::Line => lines.push(line),
            Geometry::MultiLineString(more) if kind == GeometryKind::Line => lines.extend(more.0),
            Geometry::Polygon(polygon) if kind == GeometryKind::Polygon => polygons.push(polygon),
            Geometry::MultiPolygon(more) if kind == GeometryKind::Polygon => polygons.extend(more.0),
            point @ Geometry::Point(_) if kind == GeometryKind::Point && count == 1 => return Some(point),
            _ => return None,
        }
    }
    match kind {
        GeometryKind::Line if !lines.is_empty() => Some(MultiLineString(lines).into()),
        GeometryKind::Polygon if !polygons.is_empty() => Some(MultiPolygon(polygons).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_a_spreadsheet_spoilt_are_mended_where_only_one_is_right() {
        assert_eq!(mended(FieldType::Edrpou, "4059243").as_deref(), Some("04059243"));
        assert_eq!(mended(FieldType::Edrpou, "4059244"), None);
        assert_eq!(mended(FieldType::Edrpou, "40990337.0").as_deref(), Some("40990337"));
        assert_eq!(mended(FieldType::Katottg, "UА32140050010021659").as_deref(), Some("UA32140050010021659"));
        assert_eq!(
            mended(FieldType::CadastralNumber, "0510600000: 07:006:0202").as_deref(),
            Some("0510600000:07:006:0202")
        );
        assert_eq!(mended(FieldType::LandUse, "2023/07/03 00:00:00").as_deref(), Some("03.07"));
        assert_eq!(mended(FieldType::LandUse, "3.07").as_deref(), Some("03.07"));
        assert_eq!((mended(FieldType::LandUse, "3.1"), mended(FieldType::LandUse, "03.07")), (None, None));
        assert_eq!(mended(FieldType::Date, "41789").as_deref(), Some("2014-05-30"));
        assert_eq!(mended(FieldType::Date, "10000"), None);
        assert_eq!(spelt(FieldType::Date, "2022/01/25 00:00:00"), "2022-01-25");
    }

    #[test]
    fn a_closed_line_is_a_polygon_where_polygons_are_held() {
        let line = LineString::from(vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)]);
        let (shape_, note) = shape(GeometryKind::Polygon, line.clone().into());
        assert!(matches!(shape_, Geometry::Polygon(_)) && note.is_some());
        let (kept, note) = shape(GeometryKind::Line, line.into());
        assert!(matches!(kept, Geometry::LineString(_)) && note.is_none());
    }
}
