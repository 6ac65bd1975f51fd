//! An address as it is typed into a box: any order, any abbreviation, a flat or a city too much. A text has several
//! readings, since a number may be of the house or of the street (2-й провулок Садовий).

use super::address::{ALSO_NAMES, BLOCK, HOUSE, House, kind};
use super::fold::plain;

/// What says that the next thing is a flat or a room, which no register of addresses has.
#[rustfmt::skip]
const WITHIN: [&str; 24] = [
    "кв", "квартира", "оф", "офіс", "офис", "кім", "кімната", "прим", "приміщення", "під'їзд", "подъезд", "п-д", "поверх", "этаж",
    "секція", "flat", "apt", "room", "office", "kv", "ofis", "kvartyra", "вхід", "парадне",
];
/// What says that the next word is a settlement.
const SETTLEMENT: [&str; 10] = ["м", "місто", "город", "смт", "село", "селище", "с", "г", "city", "misto"];
/// What says that the word before is a region.
const REGION: [&str; 9] = ["обл", "область", "район", "р-н", "громада", "тг", "oblast", "raion", "region"];
const NOISE: [&str; 9] = ["україна", "украина", "ukraine", "ukraina", "літ", "на", "по", "у", "в"];
/// Endings of ordinals: 2-й, 9-го, 1-ша.
const ORDINALS: [&str; 13] = ["й", "ий", "ій", "го", "ого", "ша", "га", "тя", "та", "му", "ше", "тє", "ге"];
/// The same as they are typed in Latin letters.
const IN_LATIN: [&str; 8] = ["st", "nd", "rd", "th", "i", "y", "yi", "iy"];
/// Endings that may be letters of a house too.
const UNSURE: [&str; 4] = ["а", "я", "е", "є"];
/// Digits of the longest house number.
const LONGEST_NUMBER: usize = 4;

/// A word of a street's name.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// Plain: small letters, no ordinal's ending.
    pub text: String,
    /// Whether it may be of no street: a city, a region, an index.
    pub is_soft: bool,
}

/// One way to understand a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub kind: Option<&'static str>,
    pub words: Vec<Word>,
    pub house: Option<House>,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(Word),
    Number(String),
    Kind(&'static str),
    /// The next number is of a house.
    House,
    /// The next number or letter is of a block.
    Block,
}

/// The ways to understand a text, the likeliest first; the last one has no house.
pub fn readings(text: &str) -> Vec<Reading> {
    let tokens = tokens(text);
    let numbers: Vec<usize> = (0..tokens.len()).filter(|&place| is_house(&tokens, place)).collect();
    let said = numbers.iter().find(|&&place| place > 0 && tokens[place - 1] == Token::House);
    let houses = said.map_or_else(|| numbers.iter().rev().copied().collect(), |&said| vec![said]);
    let with = houses.into_iter().map(|place| reading(&tokens, Some(place)));
    with.chain([reading(&tokens, None)]).filter(|reading| !reading.words.is_empty() || reading.kind.is_some()).collect()
}

/// Words of a street's name in a register, as [`Reading::words`] has those that were typed.
pub fn name_words(name: &str) -> Vec<String> {
    split(&plain(name))
        .flat_map(|word| if is_number(word) { vec![ordinal(word).to_owned()] } else { parts(word) })
        .collect()
}

fn split(plain: &str) -> impl Iterator<Item = &str> {
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '/' | '\'' | '\u{301}');
    let words = plain.split(move |c: char| !is_inside(c));
    words.map(|word| word.trim_matches(|c: char| matches!(c, '-' | '/' | '\''))).filter(|word| !word.is_empty())
}

fn parts(word: &str) -> Vec<String> {
    word.split(['-', '/']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// `2` of `2-й`; everything else as it is.
fn ordinal(word: &str) -> &str {
    let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
    let ending = word[digits.len()..].trim_start_matches('-');
    let is_ordinal = digits.bytes().all(|byte| byte.is_ascii_digit())
        && (ORDINALS.contains(&ending) || UNSURE.contains(&ending) || IN_LATIN.contains(&ending));
    if is_ordinal { digits } else { word }
}

fn tokens(text: &str) -> Vec<Token> {
    let plain = plain(text);
    let words: Vec<&str> = split(&plain).collect();
    let mut tokens: Vec<Token> = Vec::new();
    let mut place = 0;
    let mut is_settlement = false;
    while let Some(&word) = words.get(place) {
        let next = words.get(place + 1).copied();
        let next_is_number = next.is_some_and(is_number);
        let after_number = matches!(tokens.last(), Some(Token::Number(_)));
        let next_is_short = next.is_some_and(|next| next.chars().count() == 1);
        place += 1;
        if WITHIN.contains(&word) && next.is_some_and(|next| is_number(next) || next.chars().count() <= 2) {
            place += 1;
        } else if NOISE.contains(&word) || WITHIN.iter().any(|within| word.strip_prefix(within).is_some_and(is_number))
        {
            // Україна, кв5
        } else if BLOCK.contains(&word) && after_number && (next_is_number || next_is_short) {
            tokens.push(Token::Block);
        } else if HOUSE.contains(&word) && next_is_number {
            tokens.push(Token::House);
        } else if let Some(number) = glued(word) {
            tokens.extend([Token::House, Token::Number(number.to_owned())]);
        } else if is_number(word) {
            tokens.push(Token::Number(word.to_owned()));
        } else if SETTLEMENT.contains(&word) && next.is_some() && !next_is_number && !after_number {
            is_settlement = true;
            // М. Грушевського: or else it is an initial
            if word.chars().count() == 1 {
                tokens.push(Token::Word(Word { text: word.to_owned(), is_soft: true }));
            }
            continue;
        } else if REGION.contains(&word) {
            // Вінницька обл.: the word before
            if let Some(Token::Word(before)) = tokens.last_mut() {
                before.is_soft = true;
            }
        } else if let Some(kind) = kind(word) {
            tokens.push(Token::Kind(kind));
        } else {
            let soft = is_settlement;
            tokens.extend(parts(word).into_iter().map(|text| Token::Word(Word { text, is_soft: soft })));
        }
        is_settlement = false;
    }
    tokens
}

/// `буд12` and `д12`.
fn glued(word: &str) -> Option<&str> {
    HOUSE.iter().find_map(|house| word.strip_prefix(house).filter(|number| is_number(number)))
}

/// Whether a token may be the number of a house.
fn is_house(tokens: &[Token], place: usize) -> bool {
    let Some(Token::Number(number)) = tokens.get(place) else { return false };
    if place > 0 && tokens[place - 1] == Token::Block {
        return false;
    }
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let ending = number[digits..].trim_start_matches('-');
    digits <= LONGEST_NUMBER && !(number[digits..].starts_with('-') && ORDINALS.contains(&ending))
}

fn reading(tokens: &[Token], house: Option<usize>) -> Reading {
    let mut reading = Reading { kind: None, words: Vec::new(), house: None };
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        place += 1;
        match token {
            Token::Number(number) if house == Some(place - 1) => {
                let mut number = number.clone();
                let letter = |word: &Word| word.text.chars().count() == 1 && word.text.chars().all(char::is_alphabetic);
                if let Some(Token::Word(word)) = tokens.get(place)
                    && letter(word)
                    && number.bytes().all(|byte| byte.is_ascii_digit())
                    && !matches!(tokens.get(place + 1), Some(Token::Word(after)) if !after.is_soft)
                {
                    number.push_str(&word.text);
                    place += 1;
                }
                let mut block = String::new();
                if let (Some(Token::Block), Some(Token::Number(text) | Token::Word(Word { text, .. }))) =
                    (tokens.get(place), tokens.get(place + 1))
                {
                    block.clone_from(text);
                    place += 2;
                }
                reading.house = Some(House::new(&number, &block));
            }
            Token::Number(number) => {
                // five digits: a postal index
                let is_soft = number.len() == 5 && number.bytes().all(|byte| byte.is_ascii_digit());
                reading.words.push(Word { text: ordinal(number).to_owned(), is_soft });
            }
            Token::Word(word) => reading.words.push(word.clone()),
            // вулиця Набережна: the second one is a name
            Token::Kind(kind) if reading.kind.is_none() => reading.kind = Some(kind),
            Token::Kind(kind) => reading.words.push(Word { text: (*kind).to_owned(), is_soft: false }),
            Token::House | Token::Block => {}
        }
    }
    // М. Грушевського 5, Вербоград: what is all that there is counts
    if reading.words.iter().all(|word| word.is_soft) && reading.kind.is_none_or(|kind| !ALSO_NAMES.contains(&kind)) {
        let letters = |word: &&mut Word| word.text.chars().all(char::is_alphabetic) && word.text.chars().count() > 1;
        reading.words.iter_mut().filter(letters).for_each(|word| word.is_soft = false);
    }
    // Набережна 5: a name that is a kind
    if let (Some(kind), true) = (reading.kind, reading.words.iter().all(|word| word.is_soft))
        && ALSO_NAMES.contains(&kind)
    {
        reading.words.push(Word { text: kind.to_owned(), is_soft: false });
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first reading: kind, words that count, house.
    fn first(text: &str) -> (Option<&'static str>, String, String) {
        let reading = readings(text).into_iter().next().unwrap();
        let words: Vec<_> = reading.words.iter().filter(|word| !word.is_soft).map(|word| word.text.as_str()).collect();
        let house = reading.house.map(|house| format!("{}|{}|{}", house.number, house.rest, house.block));
        (reading.kind, words.join(" "), house.unwrap_or_default())
    }

    #[test]
    fn an_address_is_read_however_it_is_written() {
        let street = Some("вулиця");
        for text in [
            "вул. Соборна, 12-А",
            "12а соборна вул",
            "Соборна вулиця буд. 12 А",
            "м. Вербоград, вул.Соборна, буд.12-а, кв. 5",
            "Вінницька обл., 24321, вулиця Соборна 12 а",
            "ул Соборна д12а",
            "вул соборна №12-а",
        ] {
            assert_eq!(first(text), (street, "соборна".to_owned(), "12|а|".to_owned()), "{text}");
        }
        for text in ["Соборна 12 корп. 2", "соборна 12к2", "соборна 12, корпус 2", "соборна буд. 12 к 2 кв 7"]
        {
            assert_eq!(first(text), (None, "соборна".to_owned(), "12||2".to_owned()), "{text}");
        }
        assert_eq!(first("Соборна 12/3"), (None, "соборна".to_owned(), "12|/3|".to_owned()));
        assert_eq!(first("Б. Хмельницького 5"), (None, "б хмельницького".to_owned(), "5||".to_owned()));
        assert_eq!(first("вул. М. Грушевського 5"), (street, "грушевського".to_owned(), "5||".to_owned()));
        assert_eq!(first("Нечуя-Левицького 5"), (None, "нечуя левицького".to_owned(), "5||".to_owned()));
        assert_eq!(first("вул. Набережна 5"), (street, "набережна".to_owned(), "5||".to_owned()));
        assert_eq!(first("Набережна 5"), (Some("набережна"), "набережна".to_owned(), "5||".to_owned()));
    }

    #[test]
    fn a_number_may_be_of_the_street() {
        assert_eq!(first("2-й пров. Садовий 5"), (Some("провулок"), "2 садовий".to_owned(), "5||".to_owned()));
        assert_eq!(first("2-i provulok Sadovyi 5"), (Some("провулок"), "2 sadovyi".to_owned(), "5||".to_owned()));
        assert_eq!(first("2-й Садовий"), (None, "2 садовий".to_owned(), String::new()));
        let both = readings("8 Березня 3");
        assert_eq!(both[0].house.as_ref().unwrap().number, "3");
        assert_eq!(both[1].house.as_ref().unwrap().number, "8");
        assert_eq!(both.len(), 3);
        assert_eq!(name_words("1-ша Гвардійська"), ["1", "гвардійська"]);
        assert_eq!(name_words("8 Березня"), ["8", "березня"]);
        assert!(readings("").is_empty());
    }
}
