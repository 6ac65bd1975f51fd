//! Numbers with a form: ЄДРПОУ with its check digit, cadastral numbers, Prozorro's tender ids; and the dice.

use crate::catalogue::codes::edrpou_check_digit;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// КОАТУУ-like prefix of every cadastral number here; no region has the number 99.
const CADASTRE: &str = "9910100000";

/// A stream of random numbers that is the same on every machine.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream for one purpose and one object of a seeded city.
    pub fn new(seed: u64, purpose: u64, object: u64) -> Self {
        let mut key = [0u8; 32];
        for (part, number) in key.chunks_exact_mut(8).zip([seed, purpose, object, 0x4d69_7374_6f21]) {
            part.copy_from_slice(&number.to_le_bytes());
        }
        Dice(ChaCha8Rng::from_seed(key))
    }
    /// A number from 0 up to 1.
    pub fn part(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
    /// A number from `a` up to `b`.
    pub fn range(&mut self, a: f64, b: f64) -> f64 {
        a + (b - a) * self.part()
    }
    /// A whole number below `n`; 0 for an empty range.
    pub fn below(&mut self, n: u64) -> u64 {
        ((self.part() * n as f64) as u64).min(n.saturating_sub(1))
    }
    /// True with the given probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.part() < probability
    }
    /// One of a non-empty list.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
    /// The list in a random order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

/// The ЄДРПОУ code whose first seven digits are `number`, with its check digit.
pub fn edrpou(number: u64) -> String {
    let number = number % 10_000_000;
    let body = std::array::from_fn(|place| (number / 10u64.pow(6 - place as u32) % 10) as u8);
    let check = edrpou_check_digit(body);
    format!("{number:07}{check}")
}

/// The cadastral number of parcel `parcel` (1 to 9999) in quarter `quarter` (0 to 98,900).
pub fn cadastral(quarter: u32, parcel: u32) -> String {
    format!("{CADASTRE}:{:02}:{:03}:{parcel:04}", 1 + quarter / 999, 1 + quarter % 999)
}

/// A procurement's number in Prozorro's form.
pub fn tender(day: chrono::NaiveDate, number: u64) -> String {
    format!("UA-{}-{:06}-a", day.format("%Y-%m-%d"), number % 1_000_000)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Written out from the published rule rather than from the code above.
    pub(crate) fn valid(code: &str) -> bool {
        let d: Vec<u32> = code.chars().filter_map(|c| c.to_digit(10)).collect();
        if d.len() != 8 {
            return false;
        }
        let whole: u32 = code.parse().unwrap_or(0);
        let middle = (30_000_000..60_000_000).contains(&whole);
        let sums = if middle {
            [[7, 1, 2, 3, 4, 5, 6], [9, 3, 4, 5, 6, 7, 8]]
        } else {
            [[1, 2, 3, 4, 5, 6, 7], [3, 4, 5, 6, 7, 8, 9]]
        };
        let rest = |w: [u32; 7]| (0..7).map(|i| d[i] * w[i]).sum::<u32>() % 11;
        let check = if rest(sums[0]) < 10 { rest(sums[0]) } else { rest(sums[1]) % 10 };
        check == d[7]
    }

    #[test]
    fn check_digits_follow_the_rule() {
        assert!((0..10_000_000).step_by(9_973).all(|n| valid(&edrpou(n))));
        // A code printed in the official description of the open-data structures.
        assert_eq!(edrpou(141_108), "01411082".to_owned());
    }

    #[test]
    fn cadastral_numbers_have_their_form() {
        assert_eq!(cadastral(0, 1), "9910100000:01:001:0001");
        assert_eq!(cadastral(999, 9_999), "9910100000:02:001:9999");
    }
}
