//! Questions about addresses, made from a register of them as people spoil what they type. The same register and seed
//! give the same questions. For the bench, and for the test that holds the share of right answers.

use std::collections::BTreeSet;

/// An address of the register.
#[derive(Debug, Clone)]
pub struct Address {
    pub id: i64,
    pub street: String,
    pub house: String,
    pub block: String,
    /// Names of before, with `;` between them.
    pub former: String,
}

/// A question and what must come first.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub kind: &'static str,
    pub text: String,
    /// Any of these: addresses that are equally right.
    pub expected: Vec<i64>,
}

/// What the target is set for.
pub const USUAL: [&str; 5] = ["typo", "abbreviation", "old name", "order", "no block"];
/// What else people do.
pub const UNUSUAL: [&str; 5] = ["latin", "keyboard", "russian", "wordy", "initial"];

/// `count` questions of each kind; fewer where the register has nothing for one.
pub fn queries(addresses: &[Address], kinds: &[&'static str], count: usize, seed: u64) -> Vec<Query> {
    let mut found = Vec::new();
    let streets: BTreeSet<&str> = addresses.iter().map(|address| address.street.as_str()).collect();
    for (number, &kind) in kinds.iter().enumerate() {
        let mut dice = Dice(seed.wrapping_mul(1000) + number as u64);
        let (mut made, mut tries) = (0, 0);
        while made < count && tries < count * 200 && !addresses.is_empty() {
            tries += 1;
            let address = &addresses[dice.below(addresses.len())];
            if let Some((text, name)) = spoil(kind, address, &streets, &mut dice) {
                let expected = expected(kind, address, &name, addresses);
                found.push(Query { kind, text, expected });
                made += 1;
            }
        }
    }
    found
}

/// A line for each: kind, question, ids.
pub fn tsv(queries: &[Query]) -> String {
    let line = |query: &Query| {
        let ids: Vec<_> = query.expected.iter().map(i64::to_string).collect();
        format!("{}\t{}\t{}\n", query.kind, query.text, ids.join(","))
    };
    queries.iter().map(line).collect()
}

/// The question, and the name of the street that it uses.
fn spoil(kind: &str, address: &Address, streets: &BTreeSet<&str>, dice: &mut Dice) -> Option<(String, String)> {
    let Address { street, house, block, former, .. } = address;
    let full = |street: &str| match block.as_str() {
        "" => format!("{street}, {house}"),
        block => format!("{street}, {house}, корп. {block}"),
    };
    let text = match kind {
        "typo" => {
            let words: Vec<&str> = street.split(' ').collect();
            let longest = (0..words.len())
                .filter(|&place| !is_kind(words[place]))
                .max_by_key(|&place| words[place].chars().count())?;
            let slipped = slip(words[longest], dice)?;
            // the slip may make another street's name
            if streets.iter().any(|other| other.split(' ').any(|word| word == slipped)) {
                return None;
            }
            let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            words[longest] = slipped;
            full(&words.join(" "))
        }
        "abbreviation" => full(&abbreviated(street, dice)?).replace(", ", [" ", ", "][dice.below(2)]),
        "old name" => {
            let names: Vec<&str> = former.split(';').map(str::trim).filter(|name| !name.is_empty()).collect();
            let name = (!names.is_empty()).then(|| names[dice.below(names.len())])?;
            return Some((full(name), name.to_owned()));
        }
        "order" => {
            let mut words: Vec<&str> = street.split(' ').collect();
            let last = words.len() - 1;
            words.swap(0, last);
            match dice.below(2) {
                0 => full(&words.join(" ")),
                _ if block.is_empty() => format!("{house} {}", words.join(" ")),
                _ => return None,
            }
        }
        "no block" => {
            if block.is_empty() {
                return None;
            }
            format!("{street}, {house}")
        }
        "latin" => latin(&format!("{street} {house}")),
        "keyboard" => keyboard(&format!("{street} {house}"))?,
        "russian" => russian(&format!("{street} {house}")),
        "wordy" => format!("м. Вербоград, {}, кв. {}", full(&abbreviated(street, dice)?), dice.below(90) + 1),
        "initial" => {
            let words: Vec<&str> = street.split(' ').collect();
            let [kind, given, surname] = words[..] else { return None };
            if !is_kind(kind) || given.contains('-') {
                return None;
            }
            let first = given.chars().next()?;
            let is_other =
                |other: &&&str| **other != street && other.ends_with(surname) && other.contains(&format!(" {first}"));
            if streets.iter().any(|other| is_other(&other)) {
                return None;
            }
            full(&format!("{kind} {first}. {surname}"))
        }
        _ => return None,
    };
    Some((text, street.clone()))
}

fn expected(kind: &str, address: &Address, name: &str, all: &[Address]) -> Vec<i64> {
    let has_name =
        |other: &&Address| other.street == name || other.former.split(';').any(|former| former.trim() == name);
    let same = || all.iter().filter(has_name).filter(|other| other.house == address.house);
    let is_without = matches!(kind, "no block" | "latin" | "keyboard" | "russian");
    let blockless: Vec<i64> = same().filter(|other| other.block.is_empty()).map(|other| other.id).collect();
    match is_without {
        true if !blockless.is_empty() => blockless,
        true => same().map(|other| other.id).collect(),
        false => same().filter(|other| other.block == address.block).map(|other| other.id).collect(),
    }
}

const KINDS: [(&str, &[&str]); 8] = [
    ("вулиця", &["вул.", "вул", "ул."]),
    ("проспект", &["просп.", "пр-т", "просп"]),
    ("бульвар", &["бульв.", "б-р", "бульв"]),
    ("провулок", &["пров.", "пров", "пер."]),
    ("площа", &["пл.", "пл"]),
    ("набережна", &["наб.", "наб"]),
    ("проїзд", &["пр-д", "проїзд"]),
    ("шосе", &["шосе"]),
];

fn is_kind(word: &str) -> bool {
    KINDS.iter().any(|(kind, _)| *kind == word)
}

fn abbreviated(street: &str, dice: &mut Dice) -> Option<String> {
    let (kind, short) = KINDS.iter().find(|(kind, _)| street.split(' ').any(|word| word == *kind))?;
    Some(street.replacen(kind, short[dice.below(short.len())], 1))
}

/// A letter left out, doubled or put in, changed, or two swapped.
fn slip(word: &str, dice: &mut Dice) -> Option<String> {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 5 {
        return None;
    }
    let other = ['а', 'о', 'и', 'е', 'н', 'т', 'р', 'к'][dice.below(8)];
    let place = dice.below(letters.len() - 1);
    match dice.below(4) {
        0 => drop(letters.remove(place)),
        1 => letters.insert(place + 1, other),
        2 => letters[place] = other,
        _ => letters.swap(place, place + 1),
    }
    let slipped: String = letters.into_iter().collect();
    (slipped != word).then_some(slipped)
}

/// The official romanisation (Resolution 55 of 2010).
fn latin(text: &str) -> String {
    text.split(' ').map(latin_word).collect::<Vec<_>>().join(" ")
}

#[rustfmt::skip]
fn latin_word(word: &str) -> String {
    let lower = word.to_lowercase();
    let letters: Vec<char> = lower.chars().collect();
    let letter = |(place, c): (usize, &char)| match c {
        'г' if place > 0 && letters[place - 1] == 'з' => "gh",
        'є' if place == 0 => "ye", 'ї' if place == 0 => "yi", 'й' if place == 0 => "y", 'ю' if place == 0 => "yu", 'я' if place == 0 => "ya",
        'а' => "a", 'б' => "b", 'в' => "v", 'г' => "h", 'ґ' => "g", 'д' => "d", 'е' => "e", 'є' => "ie", 'ж' => "zh", 'з' => "z", 'и' => "y",
        'і' | 'ї' | 'й' => "i", 'к' => "k", 'л' => "l", 'м' => "m", 'н' => "n", 'о' => "o", 'п' => "p", 'р' => "r", 'с' => "s", 'т' => "t",
        'у' => "u", 'ф' => "f", 'х' => "kh", 'ц' => "ts", 'ч' => "ch", 'ш' => "sh", 'щ' => "shch", 'ю' => "iu", 'я' => "ia", 'ь' | '’' | '\'' => "",
        '0' => "0", '1' => "1", '2' => "2", '3' => "3", '4' => "4", '5' => "5", '6' => "6", '7' => "7", '8' => "8", '9' => "9", '-' => "-", '/' => "/",
        _ => "",
    };
    letters.iter().enumerate().map(letter).collect()
}

/// The keys of the English layout; none where a letter has no key.
fn keyboard(text: &str) -> Option<String> {
    let (ours, theirs) = ("йцукенгшщзхїфівапролджєячсмитьбю ", "qwertyuiop[]asdfghjkl;'zxcvbnm,. ");
    let key = |c: char| match ours.chars().position(|letter| letter == c) {
        Some(place) => theirs.chars().nth(place),
        None if c.is_ascii_digit() || c == '/' || c == '-' => Some(c),
        None => None,
    };
    text.to_lowercase().chars().map(key).collect()
}

/// As somebody writes who writes Russian: letters and endings, by rote.
fn russian(text: &str) -> String {
    let word = |word: &str| {
        let (stem, ending) = match word {
            _ if is_kind(word) => return word.to_owned(),
            word if word.ends_with("ська") || word.ends_with("цька") => (word.trim_end_matches('а'), "ая"),
            word => (word, ""),
        };
        let stem = stem.replace("ськ", "ск").replace("цьк", "цк").replace('и', "ы").replace(['і', 'ї'], "и");
        format!("{}{ending}", stem.replace('є', "е"))
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Numbers that look random and are the same for a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % most.max(1) as u64) as usize
    }
}
