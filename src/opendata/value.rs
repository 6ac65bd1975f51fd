//! Values as files write them.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Europe::Kyiv;
use geo::{Geometry, InteriorPoint, Point};
use geozero::ToGeo;
use geozero::wkb::Ewkb;

use crate::catalogue::layer::FieldType;
use crate::catalogue::record::Value;
use crate::catalogue::select::{SelectedRow, Selection};

/// A value as text; none where there is no value. Money has two decimals, numbers as many as they need.
pub fn text(value: &Value, kind: FieldType) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Number(number) if kind == FieldType::Money => Some(format!("{number:.2}")),
        value => Some(value.to_string()),
    }
}

/// A moment that the read door gave, as a clock in Kyiv shows it.
pub fn local(text: &str) -> Option<NaiveDateTime> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Kyiv).naive_local())
}

/// A moment in the form that the decree asks for, `рррр-мм-ддTгг:хх` in Kyiv, with as much more as it takes to mean this
/// very moment: seconds, and the offset in the hour that clocks go through twice.
pub fn decree_moment(text: &str) -> String {
    let Ok(moment) = DateTime::parse_from_rfc3339(text) else { return text.to_owned() };
    let there = moment.with_timezone(&Kyiv);
    let local = there.naive_local();
    if Kyiv.from_local_datetime(&local).earliest() != Some(there) {
        return there.fixed_offset().to_rfc3339_opts(SecondsFormat::Secs, false);
    }
    let seconds = moment.with_timezone(&Utc).timestamp() % 60;
    local.format(if seconds == 0 { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%dT%H:%M:%S" }).to_string()
}

/// A point for a geometry in EWKB: itself where it is one, otherwise one on it.
pub fn point(ewkb: Option<&[u8]>) -> Option<Point<f64>> {
    match Ewkb(ewkb?).to_geo().ok()? {
        Geometry::Point(point) => Some(point),
        geometry => geometry.interior_point(),
    }
}

/// What a card calls the record: the layer's template with its values.
pub fn name(selection: &Selection, row: &SelectedRow) -> String {
    let mut name = selection.layer.name.clone();
    for (&index, value) in selection.fields.iter().zip(&row.values) {
        let place = format!("{{{}}}", selection.field(index).name);
        if name.contains(&place) {
            name = name.replace(&place, &text(value, selection.field(index).kind).unwrap_or_default());
        }
    }
    name.trim_matches(|c: char| c.is_whitespace() || ",;–—".contains(c)).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_the_form_of_the_decree_and_stay_the_same_moments() {
        assert_eq!(decree_moment("2019-05-30T07:45:00Z"), "2019-05-30T10:45");
        assert_eq!(decree_moment("2019-05-30T07:45:07Z"), "2019-05-30T10:45:07");
        assert_eq!(decree_moment("2026-10-25T00:30:00Z"), "2026-10-25T03:30");
        assert_eq!(decree_moment("2026-10-25T01:30:00Z"), "2026-10-25T03:30:00+02:00");
    }

    #[test]
    fn money_has_kopiykas_and_numbers_what_they_need() {
        assert_eq!(text(&Value::Number(98765.4), FieldType::Money).as_deref(), Some("98765.40"));
        assert_eq!(text(&Value::Number(0.0012), FieldType::Number).as_deref(), Some("0.0012"));
        assert_eq!(text(&Value::Null, FieldType::Text), None);
    }
}
