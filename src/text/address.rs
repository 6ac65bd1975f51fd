//! Addresses as registers and files write them, in a form in which they can be compared.

use std::sync::LazyLock;

use super::fold::{plain, sound};

/// Kinds of streets, each with how people shorten it and what it is in Russian and English.
#[rustfmt::skip]
const KINDS: [(&str, &[&str]); 15] = [
    ("вулиця", &["вулиця", "вул", "ул", "вулиці", "вулицею", "улица", "улицы", "street", "str", "st", "vul", "ul"]),
    ("проспект", &["проспект", "просп", "пр-т", "пр-кт", "пр", "проспекту", "avenue", "ave", "av", "prosp"]),
    ("бульвар", &["бульвар", "бульв", "б-р", "бул", "бульвару", "boulevard", "blvd", "bulv"]),
    ("провулок", &["провулок", "пров", "пер", "пр-к", "провул", "провулку", "переулок", "lane", "ln", "prov"]),
    ("площа", &["площа", "пл", "площадь", "площі", "square", "sq", "pl"]),
    ("майдан", &["майдан", "майдану"]),
    ("узвіз", &["узвіз", "узв", "узвоз", "спуск", "descent"]),
    ("набережна", &["набережна", "наб", "набережної", "набережная", "embankment"]),
    ("шосе", &["шосе", "шоссе", "ш", "highway"]),
    ("проїзд", &["проїзд", "пр-д", "проезд", "passage"]),
    ("тупик", &["тупик", "туп"]),
    ("алея", &["алея", "аллея", "alley"]),
    ("мікрорайон", &["мікрорайон", "мкр", "мкрн", "м-н", "мікр", "микрорайон"]),
    ("лінія", &["лінія", "линия", "line"]),
    ("в'їзд", &["в'їзд", "в'зд", "въезд"]),
];
/// Kinds that are names as well: вулиця Набережна.
pub const ALSO_NAMES: [&str; 6] = ["набережна", "лінія", "алея", "майдан", "шосе", "тупик"];
/// From so many letters on a kind is known by its sound, in Latin letters too.
const SOUNDS_FROM: usize = 4;
pub const HOUSE: [&str; 6] = ["будинок", "буд", "б", "д", "№", "дом"];
pub const BLOCK: [&str; 5] = ["корпус", "корп", "кор", "к", "блок"];

/// A street's name without its kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Street {
    pub kind: Option<&'static str>,
    pub name: String,
}

/// A house: its number, the letter or fraction after it, and the block.
#[derive(Debug, Clone, PartialEq)]
pub struct House {
    pub number: String,
    /// `а`, `/3`, `а/2`
    pub rest: String,
    pub block: String,
}

/// An address of a record: the street, other names that stand in brackets, and the house.
#[derive(Debug, Clone, PartialEq)]
pub struct Address {
    pub streets: Vec<Street>,
    pub house: House,
}

impl Address {
    /// From the fields of a record; none without a street or a number.
    pub fn of(street: &str, house: &str, block: &str) -> Option<Self> {
        let (streets, house) = (Street::all(street), House::new(house, block));
        (!streets.is_empty() && !house.number.is_empty()).then_some(Self { streets, house })
    }

    /// From one text: `24321, Вінницька обл., м. Ладижин, вул. Наконечного, буд. 32б`.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()).collect();
        let street = parts.iter().position(|part| kind_of(part).is_some())?;
        let (mut name, mut house) = (parts[street].to_owned(), String::new());
        if let Some(next) = parts.get(street + 1).filter(|next| has_number(next)) {
            house = (*next).to_owned();
        } else if let Some((before, number)) = last_number(parts[street]) {
            (name, house) = (before.to_owned(), number.to_owned());
        }
        let block = parts.get(street + 2).filter(|part| starts_with(part, &BLOCK)).copied().unwrap_or_default();
        Self::of(&name, &house, block)
    }
}

fn words(text: &str) -> Vec<String> {
    let split = text.split(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | '(' | ')'));
    split.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The kind of street that a plain word says.
pub fn kind(word: &str) -> Option<&'static str> {
    static SOUNDS: LazyLock<Vec<(String, &str)>> =
        LazyLock::new(|| KINDS.iter().map(|(kind, _)| (sound(kind), *kind)).collect());
    let written = KINDS.iter().find(|(_, short)| short.contains(&word)).map(|(kind, _)| *kind);
    written.or_else(|| {
        let sound = (word.chars().count() >= SOUNDS_FROM).then(|| sound(word))?;
        SOUNDS.iter().find(|(known, _)| *known == sound).map(|(_, kind)| *kind)
    })
}

fn kind_of(part: &str) -> Option<&'static str> {
    words(&plain(part)).iter().find_map(|word| kind(word))
}

fn starts_with(part: &str, beginnings: &[&str]) -> bool {
    words(&plain(part)).first().is_some_and(|word| beginnings.contains(&word.as_str()))
}

fn has_number(part: &str) -> bool {
    let words = words(&plain(part));
    let word = words.iter().find(|word| !HOUSE.contains(&word.as_str()));
    word.is_some_and(|word| word.trim_start_matches("буд").starts_with(|c: char| c.is_ascii_digit()))
}

/// `вул. Запорізька 16/2` as the street and the number at its end.
fn last_number(part: &str) -> Option<(&str, &str)> {
    let mut starts = part.match_indices(char::is_whitespace).map(|(at, _)| at);
    let at = starts.rfind(|&at| part[at..].trim_start().starts_with(|c: char| c.is_ascii_digit()))?;
    let (street, number) = part.split_at(at);
    Some((street, number.trim()))
}

impl Street {
    /// The street, and the names that stand in brackets after it.
    pub fn all(text: &str) -> Vec<Self> {
        let text = plain(text);
        let (outside, inside) = match (text.find('('), text.rfind(')')) {
            (Some(open), Some(close)) if open < close => (
                format!("{} {}", text.get(..open).unwrap_or_default(), text.get(close + 1..).unwrap_or_default()),
                text.get(open + 1..close).unwrap_or_default().to_owned(),
            ),
            _ => (text, String::new()),
        };
        [outside, inside].iter().filter_map(|part| Self::one(part)).collect()
    }

    fn one(text: &str) -> Option<Self> {
        let mut words = words(text);
        let kinds = || words.iter().enumerate().filter_map(|(place, word)| Some((place, kind(word)?)));
        let place = kinds().find(|(_, kind)| !ALSO_NAMES.contains(kind)).or_else(|| kinds().next());
        let place = place.map(|(place, _)| place);
        // a street whose whole name is a kind (вулиця Набережна) keeps the word
        let found = place.filter(|_| words.len() > 1).map(|place| words.remove(place));
        let name = words.join(" ");
        (!name.is_empty()).then_some(Self { kind: found.and_then(|word| kind(&word)), name })
    }
}

impl House {
    pub fn new(house: &str, block: &str) -> Self {
        let text = plain(house);
        let mut words = words(&text);
        while words.first().is_some_and(|word| HOUSE.contains(&word.as_str())) {
            words.remove(0);
        }
        let mut block = plain(block);
        if let Some(place) = words.iter().position(|word| BLOCK.contains(&word.as_str())) {
            block = words.split_off(place).into_iter().skip(1).collect();
        }
        for word in BLOCK.iter().chain(&HOUSE) {
            block = block.trim_start_matches(word).trim_start_matches(['.', ' ']).to_owned();
        }
        let joined: String = words.concat().trim_start_matches("буд").chars().filter(|c| *c != '-').collect();
        let end = joined.find(|c: char| !c.is_ascii_digit()).unwrap_or(joined.len());
        let (number, mut rest) = joined.split_at(end);
        // 12к2
        if let Some((before, glued)) = rest.rsplit_once('к')
            && glued.starts_with(|c: char| c.is_ascii_digit())
        {
            (rest, block) = (before, glued.to_owned());
        }
        let rest = rest.chars().map(cyrillic).collect();
        Self { number: number.to_owned(), rest, block: block.trim().chars().map(cyrillic).collect() }
    }

    /// How alike two houses are; 0 for different ones.
    pub fn likeness(&self, other: &Self) -> f64 {
        if self.number != other.number || self.number.is_empty() {
            return 0.0;
        }
        let rest = match (self.rest == other.rest, self.rest.is_empty() || other.rest.is_empty()) {
            (true, _) => 1.0,
            // 15 for 15-А: next door
            (false, true) => 0.75,
            (false, false) => 0.5,
        };
        let block = match (self.block == other.block, self.block.is_empty() || other.block.is_empty()) {
            (true, _) => 1.0,
            (false, true) => 0.9,
            (false, false) => 0.6,
        };
        rest * block
    }
}

/// The letter of a house as registers write it, where it was typed in Latin letters.
fn cyrillic(c: char) -> char {
    match c {
        'a' => 'а',
        'b' => 'б',
        'v' => 'в',
        'h' | 'g' => 'г',
        'd' => 'д',
        'e' => 'е',
        'k' => 'к',
        other => other,
    }
}

/// Whether two names may be one: initials for a word (`б петрунів`, `братів петрунів`), or a letter's difference.
pub fn are_alike(one: &str, other: &str) -> bool {
    let (a, b): (Vec<_>, Vec<_>) = (one.split(' ').collect(), other.split(' ').collect());
    let is_initial = |short: &str, long: &str| {
        short.chars().count() == 1 && long.chars().count() > 2 && long.chars().next() == short.chars().next()
    };
    let by_words = a.len() > 1
        && a.len() == b.len()
        && a.iter().zip(&b).all(|(a, b)| a == b || is_initial(a, b) || is_initial(b, a))
        && a.iter().zip(&b).any(|(a, b)| a == b);
    by_words || (one.chars().count() >= 6 && differ_by_a_letter(one, other))
}

/// Whether one letter was left out, put in, or written wrong.
fn differ_by_a_letter(one: &str, other: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let end = a[start..].iter().rev().zip(b[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    a.len().max(b.len()) - start - end <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streets_lose_their_kind_and_keep_their_name() {
        let street = |text: &str| Street::all(text).first().map(|street| (street.kind, street.name.clone()));
        assert_eq!(street("вул.Б.Петрунів"), Some((Some("вулиця"), "б петрунів".to_owned())));
        assert_eq!(street("Бучми вулиця"), Some((Some("вулиця"), "бучми".to_owned())));
        assert_eq!(street("вулиця Набережна"), Some((Some("вулиця"), "набережна".to_owned())));
        assert_eq!(street("Набережна"), Some((None, "набережна".to_owned())));
        assert_eq!(street("Набережна вулиця"), Some((Some("вулиця"), "набережна".to_owned())));
        assert_eq!(street("переулок Садовый"), Some((Some("провулок"), "садовый".to_owned())));
        assert_eq!(street("vulytsia Soborna"), Some((Some("вулиця"), "soborna".to_owned())));
        assert_eq!(street(" "), None);
    }

    #[test]
    fn numbers_of_houses_are_compared_without_dashes() {
        let house = |text: &str| House::new(text, "");
        assert_eq!(house("15-А"), house("буд. 15 а"));
        assert_eq!(House::new("15", "корпус 2"), house("15 корп. 2"));
        assert_eq!(House::new("15", "2"), house("15к2"));
        assert_eq!(house("15-a"), house("15-А"));
        assert_eq!(house("16/2").likeness(&house("16")), 0.75);
        assert_eq!(house("16").likeness(&house("17")), 0.0);
    }

    #[test]
    fn names_that_differ_by_a_letter_are_alike() {
        assert!(are_alike("собрна", "соборна") && are_alike("б петрунів", "братів петрунів"));
        assert!(!are_alike("садова", "соборна") && !are_alike("мир", "мири"));
    }
}
