//! The words of CQL2 text.

use super::{At, Mistake};

/// A word of a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    Name(String),
    /// In double quotes: never a keyword.
    Quoted(String),
    Text(String),
    Number(String),
    Sign(&'static str),
    End,
}

impl std::fmt::Display for Word {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(text) | Self::Quoted(text) | Self::Text(text) | Self::Number(text) => write!(out, "«{text}»"),
            Self::Sign(sign) => write!(out, "«{sign}»"),
            Self::End => out.write_str("∅"),
        }
    }
}

/// Two signs before their beginnings.
const SIGNS: [&str; 15] = ["<=", ">=", "<>", "!=", "<", ">", "=", "(", ")", ",", "+", "-", "*", "/", "%"];

/// The words of a filter and where each begins (characters, the first being 1); the last one is the end.
pub fn words(text: &str) -> Result<Vec<(Word, usize)>, Mistake> {
    let characters: Vec<char> = text.chars().collect();
    let (mut words, mut place) = (Vec::new(), 0);
    while let Some(&character) = characters.get(place) {
        let at = At::Position(place + 1);
        let rest = &characters[place..];
        let (word, length) = match character {
            _ if character.is_whitespace() => {
                place += 1;
                continue;
            }
            '\'' | '"' => quoted(rest, character, &at)?,
            _ if character.is_ascii_digit() || character == '.' && rest.get(1).is_some_and(char::is_ascii_digit) => {
                numeral(rest)
            }
            _ if character.is_alphabetic() || character == '_' => {
                let length = rest.iter().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':')).count();
                (Word::Name(rest[..length].iter().collect()), length)
            }
            '^' => (Word::Sign("^"), 1),
            _ => {
                let starts = |sign: &&&str| sign.chars().zip(rest).all(|(a, b)| a == *b) && sign.len() <= rest.len();
                let Some(sign) = SIGNS.iter().find(starts) else {
                    return Err(Mistake::new(
                        &at,
                        format!("знак «{character}» тут не має змісту"),
                        format!("the sign “{character}” means nothing here"),
                    ));
                };
                (Word::Sign(sign), sign.len())
            }
        };
        words.push((word, place + 1));
        place += length;
    }
    words.push((Word::End, characters.len() + 1));
    Ok(words)
}

/// A text in quotes, where a doubled quote means one, and its length.
fn quoted(rest: &[char], quote: char, at: &At) -> Result<(Word, usize), Mistake> {
    let (mut text, mut place) = (String::new(), 1);
    loop {
        match rest.get(place) {
            None => return Err(Mistake::new(at, "лапки не закрито", "the quotes are not closed")),
            Some(character) if *character == quote && rest.get(place + 1) == Some(&quote) => {
                text.push(quote);
                place += 2;
            }
            Some(character) if *character == quote => break,
            Some(character) => {
                text.push(*character);
                place += 1;
            }
        }
    }
    Ok((if quote == '"' { Word::Quoted(text) } else { Word::Text(text) }, place + 1))
}

fn numeral(rest: &[char]) -> (Word, usize) {
    let digits = |from: usize| rest[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let mut length = digits(0);
    if rest.get(length) == Some(&'.') {
        length += 1;
        length += digits(length);
    }
    if matches!(rest.get(length), Some('e' | 'E')) {
        let sign = usize::from(matches!(rest.get(length + 1), Some('+' | '-')));
        let exponent = rest.get(length + 1 + sign..).map_or(0, |_| digits(length + 1 + sign));
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    (Word::Number(rest[..length].iter().collect()), length)
}
