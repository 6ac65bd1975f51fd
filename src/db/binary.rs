//! Values as PostgreSQL sends them in its binary format, written as texts and numbers: for thousands of rows that is cheaper
//! here than in the database.

use std::io::Write;

/// Bytes that are no value of the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are no value of the column's type")]
pub struct Unreadable;

/// PostgreSQL counts from the beginning of 2000.
const DAYS_BEFORE_2000: i64 = 10_957;
const MICROS_OF_A_DAY: i64 = 86_400_000_000;

/// Appends a `date` as PostgreSQL itself writes it in ISO 8601.
pub fn date(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Unreadable> {
    match i32::from_be_bytes(bytes.try_into().map_err(|_| Unreadable)?) {
        i32::MAX => out.extend_from_slice(b"infinity"),
        i32::MIN => out.extend_from_slice(b"-infinity"),
        days => {
            let year = day(out, days.into());
            if year <= 0 {
                out.extend_from_slice(b" BC");
            }
        }
    }
    Ok(())
}

/// A finite `timestamptz`, in microseconds since the beginning of 2000.
pub fn moment(bytes: &[u8]) -> Result<Option<i64>, Unreadable> {
    let micros = i64::from_be_bytes(bytes.try_into().map_err(|_| Unreadable)?);
    Ok((micros != i64::MAX && micros != i64::MIN).then_some(micros))
}

/// Appends a moment in UTC (RFC 3339), with or without microseconds.
pub fn rfc3339(out: &mut Vec<u8>, micros: i64, with_micros: bool) {
    day(out, micros.div_euclid(MICROS_OF_A_DAY));
    let micros = micros.rem_euclid(MICROS_OF_A_DAY);
    let seconds = micros / 1_000_000;
    out.push(b'T');
    pair(out, seconds / 3600);
    out.push(b':');
    pair(out, seconds / 60 % 60);
    out.push(b':');
    pair(out, seconds % 60);
    if with_micros {
        let micros = micros % 1_000_000;
        out.push(b'.');
        for two in [micros / 10_000, micros / 100 % 100, micros % 100] {
            pair(out, two);
        }
    }
    out.push(b'Z');
}

/// The number nearest to a `numeric`.
pub fn numeric(bytes: &[u8]) -> Result<f64, Unreadable> {
    let (head, digits) = bytes.split_first_chunk::<8>().ok_or(Unreadable)?;
    let [count, weight, sign] = [0, 2, 4].map(|at| i16::from_be_bytes([head[at], head[at + 1]]));
    if digits.len() != usize::try_from(count).map_err(|_| Unreadable)? * 2 {
        return Err(Unreadable);
    }
    let sign = match sign as u16 {
        0x0000 => 1.0,
        0x4000 => -1.0,
        0xC000 => return Ok(f64::NAN),
        0xD000 => return Ok(f64::INFINITY),
        0xF000 => return Ok(f64::NEG_INFINITY),
        _ => return Err(Unreadable),
    };
    // four decimal digits each
    let digits = digits.chunks_exact(2).map(|digit| u64::from(u16::from_be_bytes([digit[0], digit[1]])));
    let exponent = 4 * (i32::from(weight) - i32::from(count) + 1);
    if count <= 4 {
        let whole = digits.clone().fold(0, |whole, digit| whole * 10_000 + digit);
        // both are exact, so what comes of them is the nearest number
        if whole <= 1 << 53 && (-22..=22).contains(&exponent) {
            let power = 10f64.powi(exponent.abs());
            return Ok(sign * if exponent < 0 { whole as f64 / power } else { whole as f64 * power });
        }
    }
    let text: String = digits.map(|digit| format!("{digit:04}")).collect();
    format!("0{text}e{exponent}").parse::<f64>().map(|number| sign * number).map_err(|_| Unreadable)
}

/// Appends a day of the Gregorian calendar; gives its year, where 0 is the one before 1, written as 1.
fn day(out: &mut Vec<u8>, days_of_2000: i64) -> i64 {
    // Howard Hinnant, “chrono-compatible low-level date algorithms”: years begin in March, eras have 400 years
    let days = days_of_2000 + DAYS_BEFORE_2000 + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    match if year <= 0 { 1 - year } else { year } {
        written @ 0..=9_999 => {
            pair(out, written / 100);
            pair(out, written % 100);
        }
        // a Vec takes everything
        written => drop(write!(out, "{written}")),
    }
    out.push(b'-');
    pair(out, month);
    out.push(b'-');
    pair(out, of_year - (153 * march + 2) / 5 + 1);
    year
}

/// Appends two digits.
fn pair(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(&[b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Days, NaiveDate};

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        let date = |days: i32| written(|out| date(out, &days.to_be_bytes()).unwrap());
        let first = NaiveDate::from_ymd_opt(1582, 1, 1).unwrap();
        let days = (first - NaiveDate::from_ymd_opt(2000, 1, 1).unwrap()).num_days() as i32;
        for day in 0..300_000 {
            let expected = first.checked_add_days(Days::new(day)).unwrap().to_string();
            assert_eq!(date(days + day as i32), expected);
        }
        // as PostgreSQL writes them
        for (days, text) in [
            (0, "2000-01-01"),
            (i32::MAX, "infinity"),
            (i32::MIN, "-infinity"),
            (2_921_940, "10000-01-01"),
            (-730_120, "0001-12-31 BC"),
            (-2_451_507, "4713-01-01 BC"),
        ] {
            assert_eq!(date(days), text);
        }
        assert_eq!(super::date(&mut Vec::new(), &[0; 3]), Err(Unreadable));
    }

    #[test]
    fn moments_are_in_utc_and_rounded_down() {
        let text = |micros: i64, with_micros| written(|out| rfc3339(out, micros, with_micros));
        assert_eq!(text(0, true), "2000-01-01T00:00:00.000000Z");
        assert_eq!(text(849_873_600_000_001, true), "2026-12-06T12:00:00.000001Z");
        assert_eq!(text(849_873_600_999_999, false), "2026-12-06T12:00:00Z");
        assert_eq!(text(-1, true), "1999-12-31T23:59:59.999999Z");
        assert_eq!(moment(&7i64.to_be_bytes()), Ok(Some(7)));
        assert_eq!((moment(&i64::MAX.to_be_bytes()), moment(&[1])), (Ok(None), Err(Unreadable)));
    }

    /// As PostgreSQL sends a numeric: weight, sign, digits.
    fn sent(weight: i16, sign: u16, digits: &[u16]) -> Vec<u8> {
        let head = [digits.len() as u16, weight as u16, sign, 2];
        head.iter().chain(digits).flat_map(|part| part.to_be_bytes()).collect()
    }

    #[test]
    fn numerics_are_the_nearest_numbers() {
        for (weight, sign, digits, number) in [
            (0, 0, &[][..], 0.0),
            (0, 0, &[12, 5000], 12.5),
            (1, 0x4000, &[1, 2345, 6700], -12345.67),
            (-1, 0, &[1], 0.0001),
            (3, 0, &[1], 1e12),
            (3, 0, &[9999, 9999, 9999, 9999, 9900], 9_999_999_999_999_999.99),
            (30, 0, &[7], 7e120),
            (0, 0xD000, &[], f64::INFINITY),
            (0, 0xF000, &[], f64::NEG_INFINITY),
        ] {
            assert_eq!(numeric(&sent(weight, sign, digits)), Ok(number), "{number}");
        }
        assert!(numeric(&sent(0, 0xC000, &[])).unwrap().is_nan());
        for wrong in [&[][..], &[0; 7], &sent(0, 1, &[]), &sent(0, 0, &[1])[..9]] {
            assert_eq!(numeric(wrong), Err(Unreadable));
        }
    }
}
