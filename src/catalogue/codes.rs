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

fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
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
    }
}
