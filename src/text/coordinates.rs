//! Coordinates as people copy them: degrees with a point or a comma, minutes and seconds, letters of the sides of the
//! world in three languages, metres of a map's grid.

/// Two numbers that stand for a place, in the order in which they were written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Coordinates {
    /// Degrees; which is the latitude was said.
    Degrees { latitude: f64, longitude: f64 },
    /// Degrees; which is which is for the city to tell.
    Either(f64, f64),
    /// Metres of some reference system.
    Metres(f64, f64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    /// And whether it has a fraction.
    Number(f64, bool),
    Degree,
    Minute,
    Second,
    Latitude(f64),
    Longitude(f64),
    Separator,
}

/// The coordinates that a text is, if it is nothing else.
pub fn read(text: &str) -> Option<Coordinates> {
    let text = text.trim();
    let tokens = tokens(&geo_uri(text))?;
    let parts = parts(&tokens)?;
    let [one, other] = parts[..] else { return None };
    match (one.axis, other.axis) {
        (Some(Axis::Latitude), Some(Axis::Longitude) | None) | (None, Some(Axis::Longitude)) => {
            degrees(one.value, other.value)
        }
        (Some(Axis::Longitude), Some(Axis::Latitude) | None) | (None, Some(Axis::Latitude)) => {
            degrees(other.value, one.value)
        }
        (None, None) => plain(one, other),
        _ => None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Axis {
    Latitude,
    Longitude,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    value: f64,
    axis: Option<Axis>,
    /// Whether it can be nothing but a coordinate: with a fraction, or with signs of degrees.
    is_sure: bool,
}

fn degrees(latitude: f64, longitude: f64) -> Option<Coordinates> {
    (latitude.abs() <= 90.0 && longitude.abs() <= 180.0).then_some(Coordinates::Degrees { latitude, longitude })
}

fn plain(one: Part, other: Part) -> Option<Coordinates> {
    let (a, b) = (one.value, other.value);
    if a.abs() <= 180.0 && b.abs() <= 180.0 {
        return (one.is_sure && other.is_sure).then_some(Coordinates::Either(a, b));
    }
    let is_metres = |value: f64| (10_000.0..100_000_000.0).contains(&value.abs());
    (is_metres(a) && is_metres(b)).then_some(Coordinates::Metres(a, b))
}

/// `geo:49.5,31.5?z=12` without what is not a number; everything else as it is.
fn geo_uri(text: &str) -> String {
    match text.strip_prefix("geo:") {
        Some(rest) => rest.split(['?', ';']).next().unwrap_or_default().to_owned(),
        None => text.to_owned(),
    }
}

/// None where there is anything that coordinates do not have.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let lower = text.to_lowercase();
    let letters: Vec<char> = lower.chars().collect();
    let decimal_comma = decimal_comma(&letters);
    let mut tokens = Vec::new();
    let mut place = 0;
    while let Some(&c) = letters.get(place) {
        let is_signed = matches!(c, '-' | '+' | '−') && letters.get(place + 1).is_some_and(char::is_ascii_digit);
        if c.is_ascii_digit() || is_signed {
            let (number, has_fraction, length) = number(&letters[place..], decimal_comma)?;
            tokens.push(Token::Number(number, has_fraction));
            place += length;
            continue;
        }
        if c.is_alphabetic() {
            let word: String = letters[place..].iter().take_while(|c| c.is_alphabetic() || **c == '.').collect();
            place += word.chars().count();
            // пн.ш., п.ш., с.ш. and сх.д., в.д. by their beginnings
            let side = side(word.trim_end_matches('.'))?;
            // пн. ш. is one
            if tokens.last() != Some(&side) {
                tokens.push(side);
            }
            continue;
        }
        place += 1;
        match c {
            '°' | 'º' => tokens.push(Token::Degree),
            '\'' | '′' | '’' | 'ʹ' if letters.get(place) == Some(&c) => {
                place += 1;
                tokens.push(Token::Second);
            }
            '\'' | '′' | '’' | 'ʹ' => tokens.push(Token::Minute),
            '"' | '″' | '”' | '“' | 'ʺ' => tokens.push(Token::Second),
            ',' | ';' | '/' | '|' => tokens.push(Token::Separator),
            _ if c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ':' | '=') => {}
            _ => return None,
        }
    }
    Some(tokens)
}

/// Whether a comma between digits stands for the point: `49,5 31,5` has none else; `49,31` is two numbers.
fn decimal_comma(letters: &[char]) -> bool {
    let between = letters.windows(3).filter(|w| w[0].is_ascii_digit() && w[1] == ',' && w[2].is_ascii_digit()).count();
    !letters.contains(&'.') && between >= 2
}

/// A number at the beginning: its value, whether it has a fraction, and how many letters it takes.
fn number(letters: &[char], decimal_comma: bool) -> Option<(f64, bool, usize)> {
    let mut text = String::new();
    let mut has_fraction = false;
    let mut length = 0;
    for (place, &c) in letters.iter().enumerate() {
        let next_is_digit = letters.get(place + 1).is_some_and(char::is_ascii_digit);
        match c {
            '0'..='9' => text.push(c),
            '-' | '−' if place == 0 => text.push('-'),
            '+' if place == 0 => {}
            '.' if !has_fraction && next_is_digit => {
                text.push('.');
                has_fraction = true;
            }
            ',' if decimal_comma && !has_fraction && next_is_digit => {
                text.push('.');
                has_fraction = true;
            }
            _ => break,
        }
        length = place + 1;
    }
    Some((text.parse().ok()?, has_fraction, length))
}

fn side(word: &str) -> Option<Token> {
    Some(match word {
        "n" | "с" | "пн" | "пн.ш" | "пнш" | "с.ш" | "сш" | "lat" | "latitude" | "широта" | "ш" | "північна" => {
            Token::Latitude(1.0)
        }
        "s" | "ю" | "пд" | "пд.ш" | "пдш" | "ю.ш" => Token::Latitude(-1.0),
        "e" | "в" | "сх" | "сх.д" | "схд" | "в.д" | "вд" | "lon" | "lng" | "long" | "longitude" | "довгота"
        | "долгота" | "д" => Token::Longitude(1.0),
        "w" | "з" | "зх" | "зх.д" | "з.д" => Token::Longitude(-1.0),
        _ => return None,
    })
}

/// Numbers with their minutes, seconds and sides.
fn parts(tokens: &[Token]) -> Option<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    // a side that stands before its number
    let mut waiting = None;
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        place += 1;
        match *token {
            Token::Number(value, has_fraction) => {
                let mut part = Part { value, axis: None, is_sure: has_fraction };
                if tokens.get(place) == Some(&Token::Degree) {
                    place += 1;
                    part.is_sure = true;
                    for (unit, sign) in [(60.0, Token::Minute), (3600.0, Token::Second)] {
                        if let (Some(Token::Number(more, _)), Some(next)) = (tokens.get(place), tokens.get(place + 1))
                            && *next == sign
                            && (0.0..60.0).contains(more)
                        {
                            part.value += more / unit * if value.is_sign_negative() { -1.0 } else { 1.0 };
                            place += 2;
                        }
                    }
                }
                if let Some((axis, sign)) = waiting.take() {
                    part.axis = Some(axis);
                    part.value *= sign;
                }
                parts.push(part);
            }
            Token::Latitude(sign) => assign(&mut parts, &mut waiting, Axis::Latitude, sign),
            Token::Longitude(sign) => assign(&mut parts, &mut waiting, Axis::Longitude, sign),
            Token::Separator => {}
            Token::Degree | Token::Minute | Token::Second => return None,
        }
    }
    (waiting.is_none() && parts.len() == 2).then_some(parts)
}

/// A side belongs to the number before it, unless there is none without a side.
fn assign(parts: &mut [Part], waiting: &mut Option<(Axis, f64)>, axis: Axis, sign: f64) {
    match parts.last_mut().filter(|part| part.axis.is_none()) {
        Some(part) => {
            part.axis = Some(axis);
            part.value *= sign;
        }
        None => *waiting = Some((axis, sign)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees_of(text: &str) -> Option<(f64, f64)> {
        let round = |value: f64| (value * 1e5).round() / 1e5;
        match read(text)? {
            Coordinates::Degrees { latitude, longitude } => Some((round(latitude), round(longitude))),
            Coordinates::Either(one, other) => Some((round(one), round(other))),
            Coordinates::Metres(..) => None,
        }
    }

    #[test]
    fn coordinates_are_read_in_any_notation() {
        for text in [
            "49.5042, 31.5125",
            "49.5042 31.5125",
            "49,5042 31,5125",
            "49,5042; 31,5125",
            "49,5042, 31,5125",
            "(49.5042; 31.5125)",
            "49.5042°N 31.5125°E",
            "N49.5042 E31.5125",
            "N 49.5042, E 31.5125",
            "31.5125 E, 49.5042 N",
            "49.5042 пн.ш. 31.5125 сх.д.",
            "49°30'15.12\"N 31°30'45\"E",
            "49°30′15.12″ пн. ш., 31°30′45″ сх. д.",
            "49° 30' 15.12'' 31° 30' 45''",
            "49°30.252' 31°30.75'",
            "lat=49.5042 lon=31.5125",
            "geo:49.5042,31.5125?z=17",
            "широта 49.5042 довгота 31.5125",
        ] {
            assert_eq!(degrees_of(text), Some((49.5042, 31.5125)), "{text}");
        }
        assert_eq!(read("5486000.5 6320000"), Some(Coordinates::Metres(5_486_000.5, 6_320_000.0)));
        assert_eq!(read("X: 5486000"), None);
    }

    #[test]
    fn what_may_be_something_else_is_not_taken_for_coordinates() {
        for text in [
            "",
            "12",
            "12 3",
            "Соборна 12",
            "12, 5",
            "0510600000:07:006:0202",
            "49.5",
            "49.5 31.5 30.1",
            "95 N 10 E",
            "N",
            "°",
            "12/3",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
