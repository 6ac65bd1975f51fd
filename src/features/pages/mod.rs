//! Registers and records as pages, for people without the map and for search engines.

mod collection;
mod history;
mod item;
mod items;
mod landing;

use maud::{Markup, html};

use crate::catalogue::layer::{Field, FieldType, Standing};
use crate::catalogue::record::Value;
use crate::http::language::Language;
use crate::http::negotiate::percent;
use crate::http::page::say;

pub use collection::{collection, collections, description};
pub use history::history;
pub use item::{ItemPage, item};
pub use items::{Listing, items};
pub use landing::{conformance, landing};

/// What a link within the page has at its end, so that it leads to the same moment.
fn at(datetime: Option<&str>) -> String {
    datetime.map(|text| format!("&datetime={}", percent(text))).unwrap_or_default()
}

/// A value as a person reads it; nothing where there is none.
fn shown(field: &Field, value: &Value, language: Language) -> Markup {
    let text = value.to_string();
    match value {
        Value::Null => html! {},
        Value::Boolean(flag) => {
            html! { (if *flag { say(language, "так", "yes") } else { say(language, "ні", "no") }) }
        }
        Value::Number(amount) if field.kind == FieldType::Money => {
            html! { (grouped(&format!("{amount:.2}"), language)) }
        }
        Value::Integer(_) | Value::Number(_) => html! { (grouped(&text, language)) },
        _ if field.kind == FieldType::Date => html! { time datetime=(text) { (day(&text, language)) } },
        _ if field.kind == FieldType::Datetime => html! { time datetime=(text) { (moment(&text, language)) } },
        _ if field.kind == FieldType::Url && is_web(&text) => {
            html! { a href=(text) rel="nofollow noopener" { (text) } }
        }
        _ if field.kind == FieldType::Email => html! { a href={ "mailto:" (text) } { (text) } },
        _ if field.kind == FieldType::Phone => html! { a href={ "tel:" (text) } { (text) } },
        _ => html! { (field.label(&text, language)) },
    }
}

/// The same with its unit.
fn with_unit(field: &Field, value: &Value, language: Language) -> Markup {
    html! {
        (shown(field, value, language))
        @if let Some(unit) = field.unit.as_ref().filter(|_| *value != Value::Null) { "\u{a0}" (unit.get(language)) }
    }
}

fn is_web(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// What the status means, with the colour of its kind.
fn standing(name: &str, language: Language) -> Markup {
    let label = Standing::named(name).map_or(name, |standing| standing.label(language));
    html! { span class={ "standing standing-" (name) } { (label) } }
}

/// Digits in groups of three, with the language's decimal mark.
fn grouped(text: &str, language: Language) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("−", digits));
    let (whole, rest) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    if whole.len() > 15 || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut out = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        // a year is no amount
        if place > 0 && whole.len() > 4 && (whole.len() - place) % 3 == 0 {
            out.push_str(say(language, "\u{a0}", ","));
        }
        out.push(digit);
    }
    if let Some(rest) = rest {
        out.push_str(say(language, ",", "."));
        out.push_str(rest);
    }
    out
}

fn day(text: &str, language: Language) -> String {
    match (language, chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")) {
        (Language::Uk, Ok(day)) => day.format("%d.%m.%Y").to_string(),
        (Language::En, Ok(day)) => day.format("%-d %B %Y").to_string(),
        (_, Err(_)) => text.to_owned(),
    }
}

/// A moment as a clock in Kyiv shows it.
fn moment(text: &str, language: Language) -> String {
    let Ok(moment) = chrono::DateTime::parse_from_rfc3339(text) else { return text.to_owned() };
    let there = moment.with_timezone(&chrono_tz::Europe::Kyiv).naive_local();
    let day = day(&there.date().to_string(), language);
    format!("{day}, {}", there.format("%H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_are_in_the_readers_form() {
        assert_eq!(grouped("1234567.5", Language::Uk), "1\u{a0}234\u{a0}567,5");
        assert_eq!(grouped("-12345", Language::En), "−12,345");
        assert_eq!(grouped("2026", Language::Uk), "2026");
        assert_eq!(grouped("1e300", Language::Uk), "1e300");
        assert_eq!(day("2026-03-01", Language::Uk), "01.03.2026");
        assert_eq!(day("2026-03-01", Language::En), "1 March 2026");
        assert_eq!(moment("2026-07-01T21:30:00Z", Language::Uk), "02.07.2026, 00:30");
    }
}
