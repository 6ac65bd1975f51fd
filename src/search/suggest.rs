//! What to ask instead where nothing was found, and what can be asked at all.

use super::View;
use super::explain::{say, title as title_of};
use super::shape::{Suggestion, SuggestionKind};
use crate::catalogue::layer::FieldType;
use crate::http::language::Language;
use crate::text::fold::{plain, words};

/// Words of a question that is mended.
const MOST_WORDS: usize = 6;

/// The record that was found in spite of a slip.
pub fn title(view: &View<'_>, plan: usize, doc: u32, language: Language) -> Vec<Suggestion> {
    let Some(doc) = view.shards[plan].get(doc) else { return Vec::new() };
    vec![did_you_mean(title_of(view, plan, doc, language), language)]
}

fn did_you_mean(q: String, language: Language) -> Suggestion {
    let text = say(language, format!("Чи ви мали на увазі «{q}»?"), format!("Did you mean “{q}”?"));
    Suggestion { kind: SuggestionKind::DidYouMean, q, text }
}

/// The question with its words put right as far as can be, and examples.
pub fn instead(view: &View<'_>, q: &str, language: Language) -> Vec<Suggestion> {
    let plain = plain(q);
    let typed: Vec<&str> = words(&plain).take(MOST_WORDS).collect();
    let mut is_mended = false;
    let mended: Vec<String> = typed
        .iter()
        .map(|word| {
            let is_number = word.starts_with(|c: char| c.is_ascii_digit());
            let is_known = is_number || word.chars().count() < 4 || view.dictionary.get(word).is_some();
            let near = || view.registers().find_map(|plan| view.shards[plan].book.nearest(word));
            let near = if is_known { None } else { near().or_else(|| view.dictionary.nearest(word)) };
            is_mended |= near.is_some();
            near.unwrap_or(word).to_owned()
        })
        .collect();
    let mut suggestions = Vec::new();
    if is_mended {
        suggestions.push(did_you_mean(mended.join(" "), language));
    }
    suggestions.extend(examples(view, language));
    suggestions
}

/// What can be looked for, with what is in the registers.
pub fn examples(view: &View<'_>, language: Language) -> Vec<Suggestion> {
    let mut examples: Vec<Suggestion> = Vec::new();
    let mut add = |uk: &str, en: &str, q: String| examples.push(example(say(language, uk, en), q));
    for plan in view.registers() {
        let shard = &view.shards[plan];
        if let Some((street, doc)) = shard.book.example() {
            if let Some(doc) = shard.get(doc) {
                add("Адреса", "Address", title_of(view, plan, doc, language));
            }
            add("Вулиця", "Street", street.to_owned());
        }
    }
    for (kind, uk, en) in [
        (FieldType::CadastralNumber, "Кадастровий номер або його частина", "Cadastral number or a part of it"),
        (FieldType::Edrpou, "Код ЄДРПОУ", "Code of an organisation (ЄДРПОУ)"),
    ] {
        if let Some(value) = some_value(view, kind) {
            add(uk, en, value);
        }
    }
    if let Some(city) = view.city {
        let (x, y) = ((city.west + city.east) / 2.0, (city.south + city.north) / 2.0);
        add("Координати", "Coordinates", format!("{y:.4}, {x:.4}"));
    }
    if examples.is_empty() {
        examples.push(example(say(language, "Адреса", "Address"), "вулиця Соборна, 12".to_owned()));
    }
    examples
}

fn example(what: String, q: String) -> Suggestion {
    Suggestion { kind: SuggestionKind::Example, text: format!("{what}: {q}"), q }
}

/// The first value of a kind that any register has.
fn some_value(view: &View<'_>, kind: FieldType) -> Option<String> {
    view.plans.iter().zip(&view.shards).find_map(|(plan, shard)| {
        let mut places = plan.searched.iter().map(|searched| searched.place);
        let place = places.find(|place| plan.layer.fields[plan.fields[*place]].kind == kind)?;
        let mut values = shard.docs().take(50).map(|(_, doc)| doc.values.get(place));
        values.find(|value| !value.is_empty()).map(str::to_owned)
    })
}
