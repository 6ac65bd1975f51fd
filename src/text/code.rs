//! Numbers of documents, parcels and organisations, so that any part of one finds it, however it is punctuated.

/// Characters of a code that are compared; what is longer is cut.
const LONGEST: usize = 24;

/// A code, or its beginning, in order: 5 bits and a third for each character, so that a beginning is a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u128);

impl Key {
    fn of(characters: &[u8]) -> Self {
        let place = |index: usize| characters.get(index).map_or(0, |byte| digit(*byte));
        Self((0..LONGEST).fold(0, |key, index| key * BASE + u128::from(place(index))))
    }

    /// The first key that does not begin with these characters.
    fn after(characters: &[u8]) -> Self {
        let length = characters.len().min(LONGEST);
        Self(Self::of(characters).0 + BASE.pow((LONGEST - length) as u32))
    }
}

const BASE: u128 = 38;

fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0' + 1,
        b'a'..=b'z' => byte - b'a' + 11,
        _ => 37,
    }
}

/// Letters and digits alone, small, Latin where Cyrillic letters look or stand for the same.
pub fn bare(text: &str) -> String {
    text.to_lowercase().chars().filter_map(letter).collect()
}

fn letter(c: char) -> Option<char> {
    Some(match c {
        'а' => 'a',
        'в' => 'b',
        'е' | 'є' | 'э' | 'ё' => 'e',
        'і' | 'ї' | 'и' | 'й' => 'i',
        'к' => 'k',
        'м' => 'm',
        'н' => 'h',
        'о' => 'o',
        'р' => 'p',
        'с' => 'c',
        'т' => 't',
        'х' => 'x',
        'у' => 'y',
        'п' => 'n',
        'г' | 'ґ' => 'r',
        'з' => 'z',
        'д' => 'd',
        'л' => 'l',
        'ф' => 'f',
        'б' => 'q',
        'ж' => 'j',
        'ш' | 'щ' => 'w',
        'ч' => 's',
        'ц' => 'u',
        'ю' => 'v',
        'я' => 'g',
        'ь' | 'ъ' => return None,
        other if other.is_ascii_alphanumeric() => other,
        _ => return None,
    })
}

/// The keys under which a code is found: of the whole, and from every group of it on. A zero at a group's beginning may
/// be left out.
pub fn keys(text: &str) -> Vec<Key> {
    let mut characters: Vec<u8> = Vec::new();
    let mut starts = Vec::new();
    let mut kind = ' ';
    for c in text.to_lowercase().chars() {
        let Some(c) = letter(c) else {
            kind = ' ';
            continue;
        };
        let now = match c {
            '0' if kind == ' ' || kind == 'a' => '0',
            '0' if kind == '0' => '0',
            '0'..='9' => '1',
            _ => 'a',
        };
        if now != kind {
            starts.push(characters.len());
        }
        kind = now;
        characters.push(c as u8);
    }
    starts.truncate(8);
    starts.into_iter().map(|start| Key::of(&characters[start..])).collect()
}

/// Keys of all codes, or groups of codes, that begin with `text`, which [`bare`] has made.
pub fn beginning_with(text: &str) -> std::ops::Range<Key> {
    Key::of(text.as_bytes())..Key::after(text.as_bytes())
}

/// The key of a code that is exactly `text`.
pub fn exactly(text: &str) -> Key {
    Key::of(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(code: &str, typed: &str) -> bool {
        let range = beginning_with(&bare(typed));
        keys(code).iter().any(|key| range.contains(key))
    }

    #[test]
    fn a_code_is_found_by_its_beginning_and_from_any_group_on() {
        let parcel = "0510600000:07:006:0202";
        for typed in
            ["0510600000:07:006:0202", "0510600000070060202", "0510600000 07", "07:006:0202", "006:0202", "0202", "202"]
        {
            assert!(finds(parcel, typed), "{typed}");
        }
        assert!(!finds(parcel, "10600000") && !finds(parcel, "0203"));
        for typed in ["ТС-125/26", "тс125", "TC-125", "125/26", "125"] {
            assert!(finds("ТС-125/26", typed), "{typed}");
        }
        assert!(finds("ВГ-0000123", "123") && finds("ВГ-0000123", "вг0000123"));
        assert!(finds("40990337", "4099") && !finds("40990337", "0337"));
        assert_eq!(exactly(&bare("тс 125/26")), keys("ТС-125/26")[0]);
    }

    #[test]
    fn no_length_is_too_much() {
        let long = "9".repeat(500);
        assert!(finds(&long, &long));
        assert!(finds("1", "1"));
    }
}
