//! An object's tags, and the few ways in which a tag's text is read as a number, a year or a word.

/// The tags of one object, in the order of the file. Duplicate keys (which the format allows and editors do not) answer
/// with the first.
#[derive(Debug, Clone, Copy)]
pub struct Tags<'a>(pub &'a [(&'a str, &'a str)]);

impl<'a> Tags<'a> {
    /// The value of `key`; nothing if it is absent or blank.
    pub fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The first of `keys` that has a value.
    pub fn first(&self, keys: &[&str]) -> Option<&'a str> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// Whether `key` has exactly this value.
    pub fn is(&self, key: &str, value: &str) -> bool {
        self.get(key) == Some(value)
    }

    /// The value of `key` made fit for a register's text field: see [`clean`].
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(clean)
    }

    /// The Ukrainian name, else the local one.
    pub fn name(&self) -> Option<String> {
        self.first(&["name:uk", "name"]).and_then(clean)
    }
}

/// Text without control characters and with single inner spaces; nothing if nothing is left.
pub fn clean(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    (!out.is_empty()).then_some(out)
}

/// A length in metres: `12`, `12.5`, `12,5`, `12 m`, `12м`. Feet and anything else: nothing.
pub fn metres(text: &str) -> Option<f64> {
    let number =
        ["m", "м", "meters", "metres"].iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text).trim_end();
    decimal(number)
}

/// A plain decimal number with a point or a comma; no sign, no exponent, no words such as `nan`.
pub fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',');
    if !plain || text.len() > 15 {
        return None;
    }
    text.replace(',', ".").parse::<f64>().ok().filter(|number| number.is_finite())
}

/// A count such as `4` or `2.5` (rounded down: an attic is not a storey), within bounds.
pub fn whole(text: &str, least: i64, most: i64) -> Option<i64> {
    let number = decimal(text)?.floor();
    // At most 15 characters: exactly representable, so the cast cannot change it.
    let number = number as i64;
    (least..=most).contains(&number).then_some(number)
}

/// The year of a date: `1967`, `1967-05`, `1967-05-30`. Decades and centuries (`1930s`, `C19`, `~1900`): nothing.
pub fn year(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let year = parts.next().filter(|part| part.len() == 4 && part.bytes().all(|b| b.is_ascii_digit()))?;
    let rest_is_a_date =
        parts.clone().count() <= 2 && parts.all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()));
    if !rest_is_a_date {
        return None;
    }
    year.parse().ok().filter(|year| (900..=2100).contains(year))
}

/// `yes`/`true`/`1` and `no`/`false`/`0`; anything else: nothing.
pub fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// A code of the classifier of Ukraine's territorial units: `UA` and 17 digits.
pub fn katottg(text: &str) -> Option<String> {
    let digits = text.strip_prefix("UA")?;
    (digits.len() == 17 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metres_in_every_spelling() {
        for (text, expected) in [
            ("12", Some(12.0)),
            ("12 m", Some(12.0)),
            ("12,5", Some(12.5)),
            ("12.5m", Some(12.5)),
            ("7 м", Some(7.0)),
            ("40 ft", None),
            ("40'", None),
            ("NaN", None),
            ("inf", None),
            ("1e9", None),
            ("-3", None),
            ("", None),
            ("1.2.3", None),
        ] {
            assert_eq!(metres(text), expected, "{text}");
        }
    }

    #[test]
    fn whole_numbers_and_years() {
        assert_eq!(whole("5", 1, 200), Some(5));
        assert_eq!(whole("2.5", 1, 200), Some(2));
        assert_eq!(whole("0", 1, 200), None);
        assert_eq!(whole("2;3", 1, 200), None);
        assert_eq!(whole("999999999999999", 1, 200), None);
        for (text, expected) in [
            ("1967", Some(1967)),
            ("1967-05", Some(1967)),
            ("1967-05-30", Some(1967)),
            ("1930s", None),
            ("C19", None),
            ("1900..1910", None),
            ("0001", None),
            ("1967-05-30-1", None),
        ] {
            assert_eq!(year(text), expected, "{text}");
        }
    }

    #[test]
    fn text_is_fit_for_a_register() {
        assert_eq!(clean("  вулиця\u{0}\n Соборна "), Some("вулиця Соборна".into()));
        assert_eq!(clean(" \u{7} "), None);
        assert_eq!(katottg("UA80000000000093317"), Some("UA80000000000093317".into()));
        assert_eq!(katottg("8000000000"), None);
        assert_eq!(katottg("UA8000000000009331ї"), None);
    }
}
