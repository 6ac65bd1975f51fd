//! Codes of Ukrainian registers: their form and their check digits.

/// The check digit of an ЄДРПОУ code from its first seven digits.
///
/// Weights 1…7, or 7, 1…6 for codes from 30 000 000 to 60 000 000; where the sum leaves 10 modulo 11, each weight
/// grows by two, and a remainder of 10 then counts as 0.
pub fn edrpou_check_digit(body: [u8; 7]) -> u8 {
    let number = body.iter().fold(0u32, |sum, &digit| sum * 10 + u32::from(digit));
    let weights: [u32; 7] =
        if (3_000_000..6_000_000).contains(&number) { [7, 1, 2, 3, 4, 5, 6] } else { [1, 2, 3, 4, 5, 6, 7] };
    let remainder = |shift: u32| {
        let sum: u32 = body.iter().zip(weights).map(|(&digit, weight)| u32::from(digit) * (weight + shift)).sum();
        sum % 11
    };
    let digit = match remainder(0) {
        10 => remainder(2) % 10,
        digit => digit,
    };
    digit as u8
}

/// Whether `text` is an ЄДРПОУ code: eight digits, the last a right check digit.
pub fn is_edrpou(text: &str) -> bool {
    let Ok(digits) = <[u8; 8]>::try_from(text.as_bytes()) else { return false };
    if !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let [body @ .., check] = digits.map(|digit| digit - b'0');
    edrpou_check_digit(body) == check
}

/// Whether `text` has the form of a КАТОТТГ code: `UA` and seventeen digits.
pub fn is_katottg(text: &str) -> bool {
    text.strip_prefix("UA").is_some_and(|digits| is_digits(digits, 17))
}

/// Whether `text` is a cadastral number: `1234567890:12:123:1234`.
pub fn is_cadastral_number(text: &str) -> bool {
    let groups: Vec<_> = text.split(':').collect();
    groups.len() == 4 && groups.iter().zip([10, 2, 3, 4]).all(|(group, length)| is_digits(group, length))
}

/// Whether `text` is `length` digits.
pub fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` is a phone of Ukraine, `+380` and nine digits.
pub fn is_phone(text: &str) -> bool {
    text.strip_prefix("+380").is_some_and(|digits| is_digits(digits, 9))
}

/// Whether `text` looks like an e-mail address: one `@`, a domain with a dot, no spaces.
pub fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, domain)| {
        let parts = domain.split('.');
        !name.is_empty()
            && domain.contains('.')
            && parts.clone().all(|part| !part.is_empty())
            && !text.contains(|c: char| c.is_whitespace() || c.is_control())
            && !domain.contains('@')
    })
}

/// Whether `text` is a code of КВЦПЗ (section and use): sections are 01 to 20 and 16 to 19 are reserves.
pub fn is_land_use(text: &str) -> bool {
    text.split_once('.').is_some_and(|(section, purpose)| {
        is_digits(section, 2) && is_digits(purpose, 2) && (1..=20).contains(&section.parse().unwrap_or(0))
    })
}

/// Whether `text` is a class of НК 018:2023: three or four digits, perhaps a dot and one or two more.
pub fn is_building_class(text: &str) -> bool {
    let (class, part) = text.split_once('.').map_or((text, None), |(class, part)| (class, Some(part)));
    let begins = class.starts_with(['1', '2']);
    begins
        && (is_digits(class, 3) || is_digits(class, 4))
        && part.is_none_or(|part| is_digits(part, 1) || is_digits(part, 2))
}

/// Whether `text` has the form of a КЕКВ code: 2000 to 4999, 9000, or an income's first digits.
pub fn is_kekv(text: &str) -> bool {
    is_digits(text, 4) && !text.starts_with(['0', '5', '6', '7'])
}

/// Whether `text` has the form of a ДК 021 code: eight digits, a dash, a check digit (which has no public formula).
pub fn is_dk021(text: &str) -> bool {
    text.split_once('-').is_some_and(|(code, check)| is_digits(code, 8) && is_digits(check, 1))
}

/// Whether `text` is a tender of Prozorro: `UA-2026-03-12-001234-a`, or its internal id of 32 hexadecimal digits.
pub fn is_tender_id(text: &str) -> bool {
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() == 32 {
        return text.bytes().all(hexadecimal);
    }
    let Some(rest) = text.strip_prefix("UA-") else { return false };
    let parts: Vec<_> = rest.split('-').collect();
    let dated = parts.len() >= 4 && parts.iter().zip([4, 2, 2, 6]).all(|(part, length)| is_digits(part, length));
    let letter = |part: &str| part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    dated && (parts.len() == 4 || parts.len() == 5 && letter(parts[4]))
}

/// Whether `text` is a taxpayer's number (РНОКПП: ten digits, the last a right check digit), or, of those who have
/// refused one, a passport: two letters and six digits, or the nine digits of an ID card.
pub fn is_tax_number(text: &str) -> bool {
    const WEIGHTS: [i32; 9] = [-1, 5, 7, 9, 4, 6, 10, 5, 7];
    if is_digits(text, 10) {
        let digits: Vec<i32> = text.bytes().map(|byte| i32::from(byte - b'0')).collect();
        let sum: i32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
        return sum.rem_euclid(11) % 10 == digits[9];
    }
    let letters: String = text.chars().take(2).collect();
    let ukrainian = letters.chars().all(|c| ('А'..='Я').contains(&c) || "ІЇЄҐ".contains(c));
    is_digits(text, 9) || letters.chars().count() == 2 && ukrainian && is_digits(&text[letters.len()..], 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_real_bodies_pass_and_a_changed_digit_fails() {
        // Ministry of Finance, Kharkiv city council, PrivatBank, Naftogaz
        for code in ["00013480", "04059243", "14360570", "20077720"] {
            assert!(is_edrpou(code), "{code}");
            let last = code.as_bytes()[7];
            let wrong = format!("{}{}", &code[..7], char::from(b'0' + (last - b'0' + 1) % 10));
            assert!(!is_edrpou(&wrong), "{wrong}");
        }
        assert!(!is_edrpou("1234567"));
        assert!(!is_edrpou("1436057О"), "a Cyrillic О is no digit");
    }

    #[test]
    fn the_forms_of_codes_are_checked_whole() {
        assert!(is_katottg("UA32140050010021659"));
        assert!(!is_katottg("UA3214005001002165"));
        assert!(is_cadastral_number("0510600000:07:006:0202"));
        assert!(!is_cadastral_number("01234567890:01:012:0123"));
        assert!(is_land_use("03.07") && !is_land_use("3.7") && !is_land_use("99.01"));
        assert!(is_building_class("1242.1") && is_building_class("111") && !is_building_class("31"));
        assert!(is_tender_id("UA-2026-03-12-001234-a") && is_tender_id("UA-2026-03-12-001234"));
        assert!(is_tender_id(&"0a".repeat(16)) && !is_tender_id("UA-2026-03-12-1234"));
        assert!(
            is_email("a@b.example") && !is_email("a@b") && !is_email("a b@c.example") && !is_email("a@b@c.example")
        );
        assert!(is_tax_number("1759013776") && !is_tax_number("1759013777") && is_tax_number("КВ123456"));
    }
}
