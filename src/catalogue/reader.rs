//! Reading TOML for people: every mistake is kept with its line and what would be allowed, and reading goes on.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::layer::Bilingual;

/// One thing that is wrong in a layer or style file.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    pub file: String,
    /// From 1; 0 when it concerns the file as a whole.
    pub line: usize,
    pub text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.file, self.text),
            line => write!(out, "{}:{line}: {}", self.file, self.text),
        }
    }
}

/// A file being read, and the mistakes found in it so far.
pub struct Document<'t> {
    file: String,
    text: &'t str,
    mistakes: RefCell<Vec<Mistake>>,
}

impl<'t> Document<'t> {
    pub fn new(file: impl Into<String>, text: &'t str) -> Self {
        Self { file: file.into(), text, mistakes: RefCell::default() }
    }

    /// The root table; syntax errors become mistakes and the rest is still read.
    pub fn parse(&self) -> Spanned<DeTable<'t>> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            self.mistake(error.span().unwrap_or(0..0), error.message().to_owned());
        }
        root
    }

    pub fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or_default();
        before.bytes().filter(|&byte| byte == b'\n').count() + 1
    }

    pub fn mistake(&self, span: Range<usize>, text: String) {
        let line = self.line(&span);
        self.mistakes.borrow_mut().push(Mistake { file: self.file.clone(), line, text });
    }

    pub fn into_mistakes(self) -> Vec<Mistake> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort_by_key(|mistake| mistake.line);
        mistakes
    }
}

/// A table of the file, with the keys that are allowed in it.
pub struct Table<'d, 't> {
    document: &'d Document<'t>,
    entries: &'d DeTable<'t>,
    span: Range<usize>,
}

impl<'d, 't> Table<'d, 't> {
    /// Wraps `entries` and reports every key that is not in `allowed` (an empty list allows all).
    pub fn new(document: &'d Document<'t>, entries: &'d DeTable<'t>, span: Range<usize>, allowed: &[&str]) -> Self {
        if !allowed.is_empty() {
            for key in entries.keys().filter(|key| !allowed.contains(&key.get_ref().as_ref())) {
                let text = format!("unknown key `{}`; allowed: {}", key.get_ref(), allowed.join(", "));
                document.mistake(key.span(), text);
            }
        }
        Self { document, entries, span }
    }

    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub fn document(&self) -> &'d Document<'t> {
        self.document
    }

    pub fn mistake(&self, key: &str, text: impl Into<String>) {
        let span = self.get(key).map_or(self.span(), Spanned::span);
        self.document.mistake(span, text.into());
    }

    fn get(&self, key: &str) -> Option<&'d Spanned<DeValue<'t>>> {
        self.entries.get(key)
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The value of `key` through `read`; a value that `read` refuses is reported as "must be `what`".
    fn read<T>(&self, key: &str, what: &str, read: impl Fn(&'d DeValue<'t>) -> Option<T>) -> Option<T> {
        let value = self.get(key)?;
        let found = read(value.get_ref());
        if found.is_none() {
            self.document.mistake(value.span(), format!("`{key}` must be {what}"));
        }
        found
    }

    pub fn need(&self, key: &str, what: &str) {
        if !self.has(key) {
            self.document.mistake(self.span(), format!("`{key}` is missing: {what}"));
        }
    }

    pub fn text(&self, key: &str) -> Option<&'d str> {
        self.read(key, "a text in quotes", |value| value.as_str().filter(|text| !text.trim().is_empty()))
    }

    pub fn flag(&self, key: &str) -> bool {
        self.read(key, "true or false", |value| value.as_bool()).unwrap_or(false)
    }

    pub fn number(&self, key: &str) -> Option<f64> {
        self.read(key, "a number", number)
    }

    pub fn whole(&self, key: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let what = format!("a whole number from {} to {}", range.start(), range.end());
        self.read(key, &what, |value| {
            let found = value.as_integer()?;
            i64::from_str_radix(found.as_str(), found.radix()).ok().filter(|n| range.contains(n))
        })
    }

    pub fn date(&self, key: &str) -> Option<chrono::NaiveDate> {
        self.read(key, "a date without quotes, for example 2026-11-22", |value| {
            let date = value.as_datetime()?.date?;
            chrono::NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        })
    }

    /// One of the named choices.
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        let what = format!("one of {}", names.join(", "));
        self.read(key, &what, |value| {
            let text = value.as_str()?;
            choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice)
        })
    }

    pub fn texts(&self, key: &str) -> Vec<(String, Range<usize>)> {
        let texts = self.read(key, "a list of texts, for example [\"a\", \"b\"]", |value| {
            value
                .as_array()?
                .iter()
                .map(|item| Some((item.get_ref().as_str()?.to_owned(), item.span())))
                .collect::<Option<Vec<_>>>()
        });
        texts.unwrap_or_default()
    }

    pub fn bilingual(&self, key: &str) -> Option<Bilingual> {
        self.read(key, "{ uk = \"…\", en = \"…\" }", |value| bilingual(value.as_table()?))
    }

    pub fn table(&self, key: &str, allowed: &[&str]) -> Option<Table<'d, 't>> {
        let entries = self.read(key, "a table", |value| value.as_table())?;
        let span = self.get(key).map_or(self.span(), Spanned::span);
        Some(Table::new(self.document, entries, span, allowed))
    }

    pub fn tables(&self, key: &str, allowed: &[&str]) -> Vec<Table<'d, 't>> {
        let Some(items) = self.read(key, "a list of tables", |value| value.as_array()) else {
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref().as_table() {
                Some(entries) => tables.push(Table::new(self.document, entries, item.span(), allowed)),
                None => self.document.mistake(item.span(), format!("every item of `{key}` must be a table")),
            }
        }
        tables
    }

    /// All pairs of a table whose values are texts.
    pub fn pairs(&self) -> Vec<(String, String, Range<usize>)> {
        let mut pairs = Vec::new();
        for (key, value) in self.entries {
            match value.get_ref().as_str() {
                Some(text) => pairs.push((key.get_ref().to_string(), text.to_owned(), value.span())),
                None => {
                    let text = format!("`{}` must be a text in quotes", key.get_ref());
                    self.document.mistake(value.span(), text);
                }
            }
        }
        pairs
    }

    /// The table as JSON, for a record written into a layer file. Dates become ISO 8601 texts.
    pub fn json(&self) -> serde_json::Map<String, serde_json::Value> {
        self.entries.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect()
    }
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(found) => i64::from_str_radix(found.as_str(), found.radix()).ok().map(|whole| whole as f64),
        DeValue::Float(found) => found.as_str().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

fn bilingual(table: &DeTable<'_>) -> Option<Bilingual> {
    let text = |key: &str| {
        let text = table.get(key)?.get_ref().as_str()?;
        (!text.trim().is_empty()).then(|| text.to_owned())
    };
    (table.len() == 2).then_some(())?;
    Some(Bilingual { uk: text("uk")?, en: text("en")? })
}

fn json(value: &DeValue<'_>) -> serde_json::Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(found) => i64::from_str_radix(found.as_str(), found.radix()).unwrap_or(0).into(),
        DeValue::Float(_) => number(value).into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(moment) => moment.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(entries) => serde_json::Value::Object(
            entries.iter().map(|(key, item)| (key.get_ref().to_string(), json(item.get_ref()))).collect(),
        ),
    }
}
