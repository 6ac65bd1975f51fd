//! How many typing errors lie between two words: letters left out, put in, written wrong, or two in the wrong order.

/// Longer words are compared by their beginnings.
const LONGEST: usize = 40;

/// Errors between two words, where there are no more than `most` (optimal string alignment).
pub fn between(one: &[u8], other: &[u8], most: u8) -> Option<u8> {
    if one.len().abs_diff(other.len()) > usize::from(most) {
        return None;
    }
    errors(one, other, most, false)
}

/// Errors between `start` and the beginning of `word` that is most like it.
pub fn beginning(start: &[u8], word: &[u8], most: u8) -> Option<u8> {
    if start.len() > word.len() + usize::from(most) {
        return None;
    }
    errors(start, &word[..word.len().min(start.len() + usize::from(most))], most, true)
}

fn errors(one: &[u8], other: &[u8], most: u8, any_end: bool) -> Option<u8> {
    let (one, other) = (&one[..one.len().min(LONGEST)], &other[..other.len().min(LONGEST)]);
    let mut before = [0u8; LONGEST + 1];
    let mut above = [0u8; LONGEST + 1];
    let mut row = [0u8; LONGEST + 1];
    for (place, cell) in above.iter_mut().enumerate() {
        *cell = place as u8;
    }
    for (i, &a) in one.iter().enumerate() {
        row[0] = i as u8 + 1;
        let mut least = row[0];
        for (j, &b) in other.iter().enumerate() {
            let mut cell = (above[j] + u8::from(a != b)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a == other[j - 1] && one[i - 1] == b {
                cell = cell.min(before[j - 1] + 1);
            }
            row[j + 1] = cell;
            least = least.min(cell);
        }
        if least > most {
            return None;
        }
        before = above;
        above = row;
    }
    let end = if any_end { above[..=other.len()].iter().copied().min() } else { above.get(other.len()).copied() };
    end.filter(|errors| *errors <= most)
}

/// A word's letters as bytes, each letter one.
pub fn bytes(word: &str) -> Vec<u8> {
    // what alphabets differ in lies in the low byte
    word.chars().map(|c| c as u32 as u8).collect()
}

/// A bit for each letter (of several letters, at times): words with few errors between them differ in few bits.
pub fn letters(word: &[u8]) -> u64 {
    word.iter().fold(0, |bits, byte| bits | 1 << (byte & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(one: &str, other: &str) -> Option<u8> {
        between(one.as_bytes(), other.as_bytes(), 2)
    }

    #[test]
    fn errors_are_counted() {
        assert_eq!(apart("soborna", "soborna"), Some(0));
        assert_eq!(apart("sobrna", "soborna"), Some(1));
        assert_eq!(apart("sobonra", "soborna"), Some(1));
        assert_eq!(apart("zoborma", "soborna"), Some(2));
        assert_eq!(apart("sadova", "soborna"), None);
        assert_eq!(apart("", "ab"), Some(2));
        assert_eq!(beginning(b"sobr", b"soborna", 1), Some(1));
        assert_eq!(beginning(b"sobo", b"soborna", 1), Some(0));
        assert_eq!(beginning(b"x", b"", 1), Some(1));
        let long = "a".repeat(100);
        assert_eq!(apart(&long, &long), Some(0));
    }

    #[test]
    fn no_word_within_the_distance_has_many_other_letters() {
        let far = |one: &str, other: &str| (letters(one.as_bytes()) ^ letters(other.as_bytes())).count_ones();
        assert!(far("sobrna", "soborna") <= 2 && far("zoborma", "soborna") <= 4);
    }
}
