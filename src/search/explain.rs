//! How a record that was found is shown, and why it was.

use super::View;
use super::ask::Raw;
use super::book::{self, Fitness};
use super::dictionary::How;
use super::find::Fit;
use super::plan::Part;
use super::shape::{Around, Hit, Reason, Why};
use super::shard::Doc;
use crate::geom::world::{Bounds, Place};
use crate::http::language::Language;
use crate::text::code;
use crate::text::distance::between;
use crate::text::fold::{is_cyrillic, plain, sound, words};
use crate::text::typed::Reading;

/// What a subtitle has of a record's other fields, and how long each may be.
const MOST_FIELDS: usize = 2;
const LONGEST: usize = 80;
/// Decimals of a degree: about a centimetre.
const DECIMALS: f64 = 1e7;

/// By what a record was found.
#[derive(Debug, Clone)]
pub struct By {
    pub how: How,
    /// Whether it is the name that what was typed is only similar to.
    is_similar_name: bool,
    /// The name that it, or its street, no longer has.
    former: Option<String>,
    /// The place among the plan's searched fields; one more than there are for the address.
    field: Option<usize>,
    is_code: bool,
    /// The house that was typed, where the record is of another.
    other_house: Option<(String, Fitness)>,
    is_near: bool,
    pub is_layout: bool,
    /// As it was understood.
    pub typed: String,
}

impl By {
    pub fn near() -> Self {
        Self {
            how: How::Exact,
            is_similar_name: false,
            former: None,
            field: None,
            is_code: false,
            other_house: None,
            is_near: true,
            is_layout: false,
            typed: String::new(),
        }
    }

    pub fn fit(fit: &Fit) -> Self {
        Self {
            how: fit.how,
            is_similar_name: fit.has_slip_in_name,
            field: fit.by,
            is_code: fit.is_code,
            is_near: false,
            ..Self::near()
        }
    }

    pub fn address(found: &book::Found, reading: &Reading) -> Self {
        let house = reading.house.as_ref().filter(|_| found.house != Fitness::Exact);
        let house = house.map(|house| {
            let block = if house.block.is_empty() { String::new() } else { format!(" корп. {}", house.block) };
            (format!("{}{}{block}", house.number, house.rest), found.house)
        });
        Self {
            how: found.how,
            is_similar_name: found.how == How::Slip,
            former: found.former.clone(),
            other_house: house,
            is_near: false,
            ..Self::near()
        }
    }
}

pub fn hit(
    view: &View<'_>,
    plan: usize,
    raw: &Raw,
    typed: &str,
    around: Option<&Around>,
    language: Language,
) -> Option<Hit> {
    let doc = view.shards[plan].get(raw.doc)?;
    let title = title(view, plan, doc, language);
    let why = why(view, plan, doc, raw, &title, around, language);
    let marked = if raw.by.typed.is_empty() { typed } else { &raw.by.typed };
    Some(Hit {
        layer: Some(view.layer(plan).id.clone()),
        id: Some(doc.id),
        marks: marks(&title, marked),
        subtitle: subtitle(view, plan, doc, &title, &why, language),
        title,
        why,
        point: doc.point.map(degrees),
        bbox: View::bounds(doc.bounds),
        standing: doc.standing,
        score: (raw.score.clamp(0.0, 1.0) * 1000.0).round() / 1000.0,
        metres: raw.metres.map(|metres| (metres * 10.0).round() / 10.0),
    })
}

/// What a record is called; one without a name goes by its layer's title and its number.
pub fn title(view: &View<'_>, plan: usize, doc: &Doc, language: Language) -> String {
    let title = view.plans[plan].title(&doc.values, language);
    if title.is_empty() { format!("{} {}", view.layer(plan).title.get(language), doc.id) } else { title }
}

/// Longitude and latitude.
pub fn degrees(place: Place) -> [f64; 2] {
    let envelope = Bounds::of(&[place]).envelope();
    [envelope.west, envelope.north].map(rounded)
}

pub fn rounded(degrees: f64) -> f64 {
    (degrees * DECIMALS).round() / DECIMALS
}

/// `uk` or `en`, by the language.
pub fn say(language: Language, uk: impl Into<String>, en: impl Into<String>) -> String {
    match language {
        Language::Uk => uk.into(),
        Language::En => en.into(),
    }
}

fn why(
    view: &View<'_>,
    plan: usize,
    doc: &Doc,
    raw: &Raw,
    title: &str,
    around: Option<&Around>,
    language: Language,
) -> Why {
    let by = &raw.by;
    let own = &view.plans[plan];
    let mut why = Why::default();
    let mut texts: Vec<String> = Vec::new();
    let former = by.former.clone().or_else(|| {
        let searched = own.searched.get(by.field?).filter(|searched| searched.part == Part::Former)?;
        former_name(doc.values.get(searched.place), &by.typed)
    });
    if let Some(former) = &former {
        why.reasons.push(Reason::FormerName);
        texts.push(say(language, format!("раніше {former}"), format!("formerly {former}")));
    } else if by.is_code {
        why.reasons.push(Reason::Code);
        texts.extend(code_field(view, plan, doc, by, title, language));
    } else if let Some(field) = by.field {
        why.reasons.push(Reason::Field);
        texts.extend(field_text(view, plan, doc, field, language));
    } else if !by.is_near {
        why.reasons.push(Reason::Name);
    }
    if let Some((house, fitness)) = &by.other_house {
        why.reasons.push(Reason::House);
        texts.extend(match fitness {
            Fitness::SameNumber => Some(say(language, "інші літера чи корпус", "another letter or block")),
            Fitness::Nearest => {
                let uk = format!("номера {house} тут немає, це найближчий до нього");
                Some(say(language, uk, format!("there is no number {house} here; this is the closest")))
            }
            Fitness::Exact | Fitness::Longer => None,
        });
    }
    if by.is_layout {
        why.reasons.push(Reason::Layout);
        let uk = format!("в іншій розкладці клавіатури: «{}»", by.typed);
        texts.push(say(language, uk, format!("with another keyboard layout: “{}”", by.typed)));
    }
    let is_latin = by.typed.chars().any(|c| c.is_ascii_alphabetic()) && !by.typed.chars().any(is_cyrillic);
    if is_latin && by.how != How::Exact && title.chars().any(is_cyrillic) {
        why.reasons.push(Reason::Transliteration);
        texts.push(say(language, "латинськими літерами", "in Latin letters"));
    }
    if by.how == How::Slip {
        why.reasons.push(Reason::Typo);
        // where it is another field that is similar, that has been said with it
        let shown = former.as_deref().or(by.is_similar_name.then_some(title));
        texts.extend(shown.map(|shown| say(language, format!("схоже на «{shown}»"), format!("similar to “{shown}”"))));
    }
    if by.is_near || around.is_some() {
        why.reasons.push(Reason::Near);
        let metres = raw.metres.unwrap_or_default().round();
        let from = around.map_or(String::new(), |around| {
            say(language, format!(" від «{}»", around.title), format!(" from “{}”", around.title))
        });
        texts.push(say(language, format!("за {metres} м{from}"), format!("{metres} m away{from}")));
    }
    why.text = texts.join("; ");
    why
}

/// The one of several former names that was typed.
fn former_name(value: &str, typed: &str) -> Option<String> {
    let plain_typed = plain(typed);
    let sounds: Vec<String> = words(&plain_typed).map(sound).collect();
    let names = value.split(';').map(str::trim).filter(|name| !name.is_empty());
    let alike = |name: &&str| {
        let plain = plain(name);
        words(&plain).filter(|word| sounds.iter().any(|typed| is_alike(&sound(word), typed))).count()
    };
    names.max_by_key(alike).map(str::to_owned)
}

/// Whether what was typed is a word, its beginning, or nearly so.
fn is_alike(word: &str, typed: &str) -> bool {
    let most = if typed.len() < 4 {
        0
    } else if typed.len() < 8 {
        1
    } else {
        2
    };
    !typed.is_empty() && (word.starts_with(typed) || between(word.as_bytes(), typed.as_bytes(), most).is_some())
}

/// Which field has the code that was typed; nothing where the title is the code.
fn code_field(view: &View<'_>, plan: usize, doc: &Doc, by: &By, title: &str, language: Language) -> Option<String> {
    let own = &view.plans[plan];
    let typed: Vec<String> =
        std::iter::once(by.typed.as_str()).chain(by.typed.split_whitespace()).map(code::bare).collect();
    let is_here = |value: &str| {
        let keys = code::keys(value);
        typed.iter().filter(|typed| typed.len() >= 3).any(|typed| {
            let range = code::beginning_with(typed);
            keys.iter().any(|key| range.contains(key))
        })
    };
    let found = own.searched.iter().find(|searched| is_here(doc.values.get(searched.place)))?;
    let value = doc.values.get(found.place);
    (!title.contains(value)).then(|| format!("{}: {value}", own.field_title(found.place, language)))
}

fn field_text(view: &View<'_>, plan: usize, doc: &Doc, field: usize, language: Language) -> Option<String> {
    let own = &view.plans[plan];
    let Some(searched) = own.searched.get(field) else {
        let address = address(view, plan, doc)?;
        return Some(say(language, format!("адреса: {address}"), format!("address: {address}")));
    };
    let value = short(own.label(&doc.values, searched.place, language));
    Some(format!("{}: {value}", own.field_title(searched.place, language)))
}

fn address(view: &View<'_>, plan: usize, doc: &Doc) -> Option<String> {
    let entry = view.plans[plan].entry(&doc.values)?;
    let parts = [entry.street, entry.house, entry.block].map(str::trim);
    let address = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    (!address.is_empty()).then_some(address)
}

/// Where it is, and what else its register finds it by.
fn subtitle(view: &View<'_>, plan: usize, doc: &Doc, title: &str, why: &Why, language: Language) -> String {
    let own = &view.plans[plan];
    let mut parts: Vec<String> = Vec::new();
    if let Some(entry) = own.entry(&doc.values) {
        if own.is_register {
            let former = Some(entry.former).filter(|former| !former.is_empty());
            parts.extend(former.map(|former| say(language, format!("раніше {former}"), format!("formerly {former}"))));
            parts.extend(entry.within.first().map(|settlement| (*settlement).to_owned()));
        } else {
            parts.extend(address(view, plan, doc).filter(|address| *address != title));
        }
    }
    let saying = own.saying(&doc.values);
    if let Some(saying) = saying.as_ref().filter(|saying| !saying.is_current) {
        let today = view.gazetteer.today(&saying.street).join(", ");
        parts.extend((!today.is_empty()).then(|| say(language, format!("тепер {today}"), format!("now {today}"))));
    }
    let shown = if own.is_register { MOST_FIELDS.saturating_sub(parts.len()) } else { MOST_FIELDS };
    let others = own.searched.iter().filter(|searched| matches!(searched.part, Part::Other | Part::Former));
    let others = others.map(|searched| own.label(&doc.values, searched.place, language));
    // by what a street is known to other registers tells a person nothing
    let is_new = |value: &&str| {
        let is_told = title.contains(value) || parts.iter().any(|part| part.contains(value));
        !value.is_empty() && !is_told && saying.as_ref().is_none_or(|saying| saying.street != *value)
    };
    let others: Vec<String> = others.filter(is_new).take(shown).map(short).collect();
    parts.extend(others);
    parts.retain(|part| !part.is_empty() && !why.text.contains(part.as_str()));
    parts.join(" · ")
}

fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST - 1).collect();
    format!("{}…", start.trim_end())
}

/// The parts of a title that were typed, in UTF-16 units.
fn marks(title: &str, typed: &str) -> Vec<[usize; 2]> {
    let plain_typed = plain(typed);
    let pieces = words(&plain_typed).flat_map(|word| word.split(['-', '/']));
    let typed: Vec<(String, String)> = pieces.map(|word| (word.to_owned(), sound(word))).collect();
    let mut marks: Vec<[usize; 2]> = Vec::new();
    let mut start = 0;
    for piece in title.split_inclusive(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’' | 'ʼ'))) {
        let word: String = piece.chars().filter(|c| c.is_alphanumeric() || matches!(c, '\'' | '’' | 'ʼ')).collect();
        let plain_word = plain(&word);
        let own = sound(&plain_word);
        let begun = typed.iter().find(|(text, _)| !text.is_empty() && plain_word.starts_with(text.as_str()));
        let length = match begun {
            Some((text, _)) => text.chars().count(),
            None if typed.iter().any(|(_, sound)| is_alike(&own, sound)) => word.chars().count(),
            None => 0,
        };
        let units: usize = word.chars().take(length).map(char::len_utf16).sum();
        if units > 0 {
            marks.push([start, start + units]);
        }
        start += piece.chars().map(char::len_utf16).sum::<usize>();
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_marked() {
        assert_eq!(marks("вулиця Соборна, 12", "соб 12"), [[7, 10], [16, 18]]);
        assert_eq!(marks("вулиця Соборна, 12", "soborna"), [[7, 14]]);
        assert_eq!(marks("вулиця Соборна, 12", "собрна"), [[7, 14]]);
        assert_eq!(marks("вулиця Соборна, 12-А", "соборна 12-а"), [[7, 14], [16, 18], [19, 20]]);
        assert_eq!(marks("😀 Соборна", "соборна"), [[3, 10]]);
        assert_eq!(marks("вулиця Соборна", ""), [] as [[usize; 2]; 0]);
    }

    #[test]
    fn the_former_name_that_was_typed_is_told() {
        let names = "вулиця Леніна; вулиця Дворянська";
        assert_eq!(former_name(names, "дворянская 5").as_deref(), Some("вулиця Дворянська"));
        assert_eq!(former_name(names, "ленина").as_deref(), Some("вулиця Леніна"));
        assert_eq!(former_name("", "ленина"), None);
    }
}
