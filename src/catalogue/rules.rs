//! The rules of a register, applied to one record: text or JSON in, typed values or rejections out.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};
use geo::Geometry;
use serde_json::{Map, Value as Json};

use super::layer::{Bilingual, Field, FieldType, Layer, Standing, Status};
use super::record::Value;

/// Between the parts of a natural key, where a person reads it.
pub const KEY_SEPARATOR: &str = " · ";

/// Why a record cannot be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection {
    /// The field's name; `geometry` for the geometry.
    pub field: String,
    pub reason: Bilingual,
}

impl Rejection {
    pub fn new(field: &str, uk: impl Into<String>, en: impl Into<String>) -> Self {
        Self { field: field.to_owned(), reason: Bilingual::new(uk, en) }
    }
}

/// A record that keeps its layer's rules. Only the rules make one, so who holds it need not check again.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    values: Vec<Value>,
    geometry: Option<Geometry<f64>>,
}

impl Record {
    /// One value for each field, in the layer's order.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// EPSG:4326, of the type that the register stores.
    pub fn geometry(&self) -> Option<&Geometry<f64>> {
        self.geometry.as_ref()
    }
}

impl Layer {
    /// A record given by field names, or everything that is wrong with it.
    pub fn record(&self, named: &Map<String, Json>, geometry: Option<Geometry<f64>>) -> Result<Record, Vec<Rejection>> {
        record(self.check(named), self.check_geometry(geometry))
    }

    /// A record whose values already have their types, one for each field in the layer's order, or everything that is
    /// wrong with it.
    pub fn record_of(&self, values: Vec<Value>, geometry: Option<Geometry<f64>>) -> Result<Record, Vec<Rejection>> {
        record(self.check_values(&values).map(|()| values), self.check_geometry(geometry))
    }

    /// The natural key of a record, for a person.
    pub fn key_of(&self, values: &[Value]) -> String {
        let parts = self.key.iter().filter_map(|&index| values.get(index)).map(Value::to_string);
        parts.collect::<Vec<_>>().join(KEY_SEPARATOR)
    }

    /// Checks a record given by field names: one value for each field in the layer's order, or everything that is
    /// wrong with it.
    pub fn check(&self, record: &Map<String, Json>) -> Result<Vec<Value>, Vec<Rejection>> {
        let mut values = Vec::with_capacity(self.fields.len());
        let mut rejections = Vec::new();
        for field in &self.fields {
            let value = match record.get(&field.name) {
                Some(json) => field.read(json),
                None => Ok(Value::Null),
            };
            match value {
                Ok(Value::Null) if self.needs(field) => rejections.push(missing(field)),
                Ok(value) => values.push(value),
                Err(reason) => rejections.push(Rejection { field: field.name.clone(), reason }),
            }
        }
        for name in record.keys().filter(|name| self.field(name).is_none()) {
            rejections.push(Rejection::new(name, "такого поля немає", "there is no such field"));
        }
        if rejections.is_empty() { Ok(values) } else { Err(rejections) }
    }

    fn check_values(&self, values: &[Value]) -> Result<(), Vec<Rejection>> {
        let check = |(field, value): (&Field, &Value)| match value {
            Value::Null => self.needs(field).then(|| missing(field)),
            value => field.accept(value).err().map(|reason| Rejection { field: field.name.clone(), reason }),
        };
        let rejections: Vec<_> = self.fields.iter().zip(values).filter_map(check).collect();
        if rejections.is_empty() { Ok(()) } else { Err(rejections) }
    }

    fn needs(&self, field: &Field) -> bool {
        field.required || self.key_names().any(|name| name == field.name)
    }

    /// What the record's status means on `day`; none without a status.
    pub fn standing(&self, values: &[Value], day: NaiveDate) -> Option<Standing> {
        self.status.as_ref()?.standing(values, day)
    }
}

fn record(
    values: Result<Vec<Value>, Vec<Rejection>>,
    geometry: Result<Option<Geometry<f64>>, Rejection>,
) -> Result<Record, Vec<Rejection>> {
    match (values, geometry) {
        (Ok(values), Ok(geometry)) => Ok(Record { values, geometry }),
        (values, geometry) => {
            let mut rejections = values.err().unwrap_or_default();
            rejections.extend(geometry.err());
            Err(rejections)
        }
    }
}

fn missing(field: &Field) -> Rejection {
    Rejection::new(&field.name, "значення обов’язкове", "a value is required")
}

impl Status {
    fn standing(&self, values: &[Value], day: NaiveDate) -> Option<Standing> {
        let Value::Text(status) = values.get(self.field)? else { return None };
        let (_, standing) = self.means.iter().find(|(value, _)| value == status)?;
        let until = self.until.and_then(|until| values.get(until));
        match until {
            Some(Value::Date(until)) if *until < day => Some(standing.after_term()),
            _ => Some(*standing),
        }
    }
}

impl Field {
    /// The pattern as the layer file writes it, without what anchors it.
    pub fn pattern_text(&self) -> Option<&str> {
        let anchored = self.pattern.as_ref()?.as_str();
        anchored.strip_prefix("^(?:")?.strip_suffix(")$")
    }

    /// Reads one value by the field's rules. Empty text and the word `null` are no value.
    pub fn read(&self, json: &Json) -> Result<Value, Bilingual> {
        let text = match json {
            Json::Null => return Ok(Value::Null),
            Json::String(text) => text.trim().to_owned(),
            Json::Bool(_) | Json::Number(_) => json.to_string(),
            Json::Array(_) | Json::Object(_) => {
                return Err(Bilingual::new(
                    "має бути одне значення, а не список",
                    "must be a single value, not a list",
                ));
            }
        };
        if text.is_empty() || text.eq_ignore_ascii_case("null") {
            return Ok(Value::Null);
        }
        let value = typed(self.kind, &text)?;
        self.accept(&value)?;
        Ok(value)
    }

    /// Whether a value of the right type also keeps the field's pattern, list of values and bounds.
    fn accept(&self, value: &Value) -> Result<(), Bilingual> {
        if let Value::Text(text) = value {
            self.check_pattern(text)?;
            self.check_values(text)?;
        }
        self.check_bounds(value)
    }

    fn check_pattern(&self, text: &str) -> Result<(), Bilingual> {
        match &self.pattern {
            Some(pattern) if !pattern.is_match(text) => {
                let pattern = self.pattern_text().unwrap_or_default();
                Err(Bilingual::new(
                    format!("«{}» не відповідає взірцю {pattern}", short(text)),
                    format!("“{}” does not match {pattern}", short(text)),
                ))
            }
            _ => Ok(()),
        }
    }

    fn check_values(&self, text: &str) -> Result<(), Bilingual> {
        if self.values.is_empty() || self.values.iter().any(|allowed| allowed.value == text) {
            return Ok(());
        }
        let allowed = self.values.iter().map(|v| v.value.as_str()).collect::<Vec<_>>().join(", ");
        Err(Bilingual::new(
            format!("«{}» не дозволено; дозволено: {allowed}", short(text)),
            format!("“{}” is not allowed; allowed: {allowed}", short(text)),
        ))
    }

    fn check_bounds(&self, value: &Value) -> Result<(), Bilingual> {
        let number = match value {
            Value::Integer(number) => *number as f64,
            Value::Number(number) => *number,
            _ => return Ok(()),
        };
        if let Some(min) = self.min.filter(|min| number < *min) {
            return Err(Bilingual::new(format!("має бути не менше {min}"), format!("must be {min} or more")));
        }
        if let Some(max) = self.max.filter(|max| number > *max) {
            return Err(Bilingual::new(format!("має бути не більше {max}"), format!("must be {max} or less")));
        }
        Ok(())
    }
}

/// The beginning of a value, for messages.
fn short(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Reads a text, already trimmed and not empty, as a value of `kind`.
pub fn typed(kind: FieldType, text: &str) -> Result<Value, Bilingual> {
    let wrong =
        |uk: &str, en: &str| Bilingual::new(format!("«{}»: {uk}", short(text)), format!("“{}”: {en}", short(text)));
    let as_text = || Value::Text(text.to_owned());
    let value = match kind {
        FieldType::Text | FieldType::Person | FieldType::PersonalAddress => {
            (!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')).then(as_text)
        }
        FieldType::Integer => integer(text).map(Value::Integer),
        FieldType::Number => number(text).map(Value::Number),
        FieldType::Money => number(text).filter(|sum| sum.abs() < 1e16).map(Value::Number),
        FieldType::Boolean => boolean(text).map(Value::Boolean),
        FieldType::Date => date(text).map(Value::Date),
        FieldType::Datetime => moment(text).map(Value::DateTime),
        FieldType::Url => is_url(text).then(as_text),
        FieldType::Term => term(text).map(Value::Text),
        FieldType::Phone | FieldType::PersonalPhone => {
            Some(Value::Text(phone(text))).filter(|_| kind.is_code(&phone(text)))
        }
        _ => kind.is_code(text).then(as_text),
    };
    value.ok_or_else(|| wrong(kind.about().uk, kind.about().en))
}

/// A phone as it is stored; `0441234567` and spaces, brackets and dashes are what people write.
fn phone(text: &str) -> String {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '(' | ')' | '-' | '‑' | '–')).collect();
    match digits.len() {
        10 if digits.starts_with('0') => format!("+38{digits}"),
        12 if digits.starts_with("380") => format!("+{digits}"),
        _ => digits,
    }
}

/// A length of time as ISO 8601 writes it (§5.5.2.3): `P10Y`, `P6M`, `P30D`, `P1Y6M`.
fn term(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let mut units = ["", "", ""].map(str::to_owned);
    if let Some(rest) = lower.strip_prefix('p').or_else(|| lower.strip_prefix('р')) {
        let mut number = String::new();
        for c in rest.chars() {
            let place = "ymd".find(c);
            match place {
                Some(place) if !number.is_empty() => units[place] = std::mem::take(&mut number),
                None if c.is_ascii_digit() => number.push(c),
                _ => return None,
            }
        }
        if !number.is_empty() {
            return None;
        }
    } else {
        let words: Vec<&str> = lower.split_whitespace().collect();
        for pair in words.chunks(2) {
            let [number, unit] = pair else { return None };
            let number: u32 = number.parse().ok()?;
            let is = |beginnings: &[&str]| beginnings.iter().any(|beginning| unit.starts_with(beginning));
            let place = if is(&["рік", "рок", "year", "р."]) {
                0
            } else if is(&["міс", "month", "м."]) {
                1
            } else if is(&["ден", "дн", "day", "д."]) {
                2
            } else {
                return None;
            };
            units[place] = number.to_string();
        }
    }
    let parts: String = units
        .iter()
        .zip(["Y", "M", "D"])
        .filter(|(n, _)| !n.is_empty())
        .map(|(n, unit)| format!("{n}{unit}"))
        .collect();
    (!parts.is_empty() && parts.len() < 20).then(|| format!("P{parts}"))
}

fn integer(text: &str) -> Option<i64> {
    let whole = text.split_once(".").map_or(
        text,
        |(whole, rest)| {
            if rest.bytes().all(|byte| byte == b'0') { whole } else { text }
        },
    );
    whole.replace(['\u{a0}', ' '], "").parse().ok()
}

fn number(text: &str) -> Option<f64> {
    let plain = text.replace(['\u{a0}', ' '], "").replace(',', ".");
    // `f64` also reads "inf" and "nan", which no register means
    let numeric = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    plain.parse().ok().filter(|number: &f64| numeric && number.is_finite())
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "так" | "yes" | "1" => Some(true),
        "false" | "ні" | "no" | "0" => Some(false),
        _ => None,
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    let day = text.get(..10).filter(|_| text.get(10..11) == Some("T")).unwrap_or(text);
    let date = NaiveDate::parse_from_str(day, "%Y-%m-%d").or_else(|_| NaiveDate::parse_from_str(day, "%d.%m.%Y"));
    date.ok().filter(|date| (1000..=9999).contains(&chrono::Datelike::year(date)))
}

/// RFC 3339; a moment without an offset is in Kyiv time, and the earlier one where clocks go back.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    // the legal examples of A33 write the Cyrillic letter Т between date and time
    let text = text.replace('Т', "T");
    if let Ok(moment) = DateTime::parse_from_rfc3339(&text) {
        return Some(moment.to_utc()).filter(is_storable);
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok())
        .and_then(|local| chrono_tz::Europe::Kyiv.from_local_datetime(&local).earliest())
        .map(|moment| moment.to_utc())
        .filter(is_storable)
}

/// PostgreSQL has no year 0, which a moment of the year 1 in Kyiv is in Greenwich.
fn is_storable(moment: &DateTime<Utc>) -> bool {
    (1000..=9999).contains(&chrono::Datelike::year(moment))
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c.is_control()) && !rest.starts_with('/')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(kind: FieldType, text: &str) -> Option<Value> {
        typed(kind, text).ok()
    }

    #[test]
    fn numbers_are_read_as_ukrainian_files_write_them() {
        assert_eq!(reads(FieldType::Number, "1 234,5"), Some(Value::Number(1234.5)));
        assert_eq!(reads(FieldType::Money, "12\u{a0}345.60"), Some(Value::Number(12345.6)));
        assert_eq!(reads(FieldType::Integer, "12.0"), Some(Value::Integer(12)));
        assert_eq!(reads(FieldType::Integer, "12.5"), None);
        for refused in ["inf", "NaN", "1e999", "--1", "", "0x10"] {
            assert_eq!(reads(FieldType::Number, refused), None, "{refused}");
        }
    }

    #[test]
    fn dates_are_read_in_both_spellings_and_impossible_ones_refused() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 12).map(Value::Date);
        assert_eq!(reads(FieldType::Date, "2026-03-12"), day);
        assert_eq!(reads(FieldType::Date, "12.03.2026"), day);
        assert_eq!(reads(FieldType::Date, "2026-03-12T00:00:00"), day);
        assert_eq!(reads(FieldType::Date, "2026-02-30"), None);
        assert_eq!(reads(FieldType::Date, "місяць тому"), None);
    }

    #[test]
    fn lengths_of_time_and_phones_are_read_as_people_write_them() {
        let text = |kind, text| reads(kind, text).map(|value| value.to_string());
        for (written, term) in
            [("10 років", "P10Y"), ("1 рік 6 місяців", "P1Y6M"), ("30 днів", "P30D"), ("p49y", "P49Y")]
        {
            assert_eq!(text(FieldType::Term, written).as_deref(), Some(term), "{written}");
        }
        for refused in ["безстроково", "10", "PY", "P10", "10 кілометрів", "P"] {
            assert_eq!(text(FieldType::Term, refused), None, "{refused}");
        }
        assert_eq!(text(FieldType::Phone, "(044) 123-45-67").as_deref(), Some("+380441234567"));
        assert_eq!(text(FieldType::Phone, "123"), None);
    }

    #[test]
    fn a_moment_with_a_cyrillic_t_is_read() {
        let moment = reads(FieldType::Datetime, "2019-05-30Т10:45");
        assert_eq!(reads(FieldType::Datetime, "0001-01-01T00:00:00"), None, "a .NET program's word for no date");
        assert_eq!(moment, Some(Value::DateTime(Utc.with_ymd_and_hms(2019, 5, 30, 7, 45, 0).single().unwrap())));
    }

    #[test]
    fn a_long_value_is_shortened_in_the_message() {
        let reason = typed(FieldType::Integer, &"ї".repeat(500)).unwrap_err();
        assert!(reason.uk.len() < 200, "{}", reason.uk);
    }
}
