//! What was meant where somebody typed with the wrong keyboard layout on.

/// Keys of the English layout, and what the Ukrainian one has on them.
const KEYS: [(char, char); 34] = [
    ('q', 'й'),
    ('w', 'ц'),
    ('e', 'у'),
    ('r', 'к'),
    ('t', 'е'),
    ('y', 'н'),
    ('u', 'г'),
    ('i', 'ш'),
    ('o', 'щ'),
    ('p', 'з'),
    ('[', 'х'),
    (']', 'ї'),
    ('a', 'ф'),
    ('s', 'і'),
    ('d', 'в'),
    ('f', 'а'),
    ('g', 'п'),
    ('h', 'р'),
    ('j', 'о'),
    ('k', 'л'),
    ('l', 'д'),
    (';', 'ж'),
    ('\'', 'є'),
    ('z', 'я'),
    ('x', 'ч'),
    ('c', 'с'),
    ('v', 'м'),
    ('b', 'и'),
    ('n', 'т'),
    ('m', 'ь'),
    (',', 'б'),
    ('.', 'ю'),
    ('`', '\''),
    ('\\', 'ґ'),
];
/// The same keys where the Russian layout differs from the Ukrainian one.
const RUSSIAN: [(char, char); 4] = [('s', 'ы'), (']', 'ъ'), ('\'', 'э'), ('`', 'ё')];

/// `Cj,jhyf` as the Ukrainian layout would have had it: `соборна`.
pub fn as_ukrainian(text: &str) -> String {
    let key = |c: char| match c {
        '{' => '[',
        '}' => ']',
        ':' => ';',
        '"' => '\'',
        '<' => ',',
        '>' => '.',
        '~' => '`',
        '|' => '\\',
        other => other,
    };
    let lower = text.to_lowercase();
    lower.chars().map(|c| KEYS.iter().find(|(key_, _)| *key_ == key(c)).map_or(c, |(_, letter)| *letter)).collect()
}

/// `Ыщищктф` (and `Іщищктф`) as the English layout would have had it: `soborna`.
pub fn as_english(text: &str) -> String {
    let lower = text.to_lowercase();
    let keys = || KEYS.iter().chain(&RUSSIAN);
    lower.chars().map(|c| keys().find(|(_, letter)| *letter == c).map_or(c, |(key, _)| *key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_layout_is_undone() {
        assert_eq!(as_ukrainian("Cj,jhyf 12"), "соборна 12");
        assert_eq!(as_ukrainian("{vtkmybwmrjuj"), "хмельницького");
        assert_eq!(as_english("Ыщищктф 12"), "soborna 12");
        assert_eq!(as_english("іщищктф"), "soborna");
    }
}
