//! What a street's name says about it: its kind, and the names it had.

use super::tags::{Tags, clean};

/// The kinds of the `streets` layer, in the order in which they win when a name holds several.
const KINDS: [&str; 17] = [
    "вулиця",
    "проспект",
    "бульвар",
    "провулок",
    "площа",
    "майдан",
    "узвіз",
    "шосе",
    "проїзд",
    "алея",
    "тупик",
    "лінія",
    "в’їзд",
    "набережна",
    "дорога",
    "міст",
    "стежка",
];

/// The kind that stands in a Ukrainian street name as a whole word; nothing if none does.
///
/// A proper name may itself hold such a word (`вулиця Набережна`, `Набережна вулиця`). The kind is written small, so a small
/// word is preferred; among equals the order of the list decides.
pub fn kind(name: &str) -> Option<&'static str> {
    let words: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c)).filter(|w| !w.is_empty()).collect();
    let standing_alone = |small: bool| {
        KINDS
            .iter()
            .copied()
            .find(|kind| words.iter().any(|word| !(small && begins_large(word)) && same_word(word, kind)))
    };
    standing_alone(true).or_else(|| standing_alone(false))
}

fn begins_large(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '`' | '‘')
}

/// Equality without regard to case and to which of the apostrophes was typed.
fn same_word(word: &str, kind: &str) -> bool {
    let fold = |c: char| if is_apostrophe(c) { '’' } else { c };
    word.chars().flat_map(char::to_lowercase).map(fold).eq(kind.chars())
}

/// Former names of a street, without repeats, joined by `; `: from `old_name`, `old_name:uk` and dated keys such as
/// `old_name:1957-2016`, each of which may list several with `;`.
pub fn former(tags: Tags<'_>) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    let ukrainian_first = tags.0.iter().filter(|(key, _)| key.starts_with("old_name:uk"));
    let others = tags.0.iter().filter(|(key, _)| *key == "old_name" || is_dated(key));
    for (_, value) in ukrainian_first.chain(others) {
        for name in value.split(';').filter_map(clean) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    (!names.is_empty()).then(|| names.join("; "))
}

fn is_dated(key: &str) -> bool {
    key.strip_prefix("old_name:").is_some_and(|rest| rest.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_from_names() {
        for (name, expected) in [
            ("вулиця Соборна", Some("вулиця")),
            ("Соборна вулиця", Some("вулиця")),
            ("проспект Перемоги", Some("проспект")),
            ("бульвар Тараса Шевченка", Some("бульвар")),
            ("Андріївський узвіз", Some("узвіз")),
            ("2-й Садовий провулок", Some("провулок")),
            ("вулиця Набережна", Some("вулиця")),
            ("Набережна вулиця", Some("вулиця")),
            ("Набережна Перемоги", Some("набережна")),
            ("Дніпровська набережна", Some("набережна")),
            ("площа Ринок", Some("площа")),
            ("в'їзд Ломоносова", Some("в’їзд")),
            ("Вʼїзд Зелений", Some("в’їзд")),
            ("1-а лінія", Some("лінія")),
            ("Майдан Незалежності", Some("майдан")),
            ("Мостова", None),
            ("Площанська", None),
            ("Hauptstrasse", None),
            ("", None),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }

    #[test]
    fn former_names_once_each() {
        let tags = [
            ("old_name", "вулиця Леніна; улица Ленина"),
            ("old_name:uk", "вулиця Леніна"),
            ("old_name:1941-1943", "Поштова;"),
            ("old_name:ru", "Почтовая"),
        ];
        assert_eq!(former(Tags(&tags)).as_deref(), Some("вулиця Леніна; улица Ленина; Поштова"));
        assert_eq!(former(Tags(&[])), None);
    }
}
