//! Words that there are, and which of them a typed one may be: the same, the same by its sound, a beginning, a slip.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use crate::text::distance::{beginning, between, bytes, letters};
use crate::text::fold::{nominatives, sound};

/// How many longer words one beginning may stand for; those that are used most are taken.
const MOST_LONGER: usize = 256;
/// Where fewer words begin as what was typed does, slips are looked for in beginnings too.
const FEW: usize = 3;

/// Numbers of words, each with how often it is used.
#[derive(Debug, Default)]
pub struct Dictionary {
    words: Vec<Entry>,
    /// Beside the words: what a slip is looked for in, close together.
    signs: Vec<Sign>,
    by_text: HashMap<Box<str>, u32, RandomState>,
    by_sound: BTreeMap<Box<str>, Vec<u32>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Entry {
    text: Box<str>,
    /// The same, a byte for each letter.
    bytes: Box<[u8]>,
    sound: Box<str>,
    uses: u32,
    /// Which owners have it, a bit for each; see [`Dictionary::mark`].
    owners: u128,
}

/// What of a word says at once that another is too far away. Nothing for a number that is free.
#[derive(Debug, Clone, Copy, Default)]
struct Sign {
    sound: Letters,
    text: Letters,
}

#[derive(Debug, Clone, Copy, Default)]
struct Letters {
    bits: u64,
    length: u8,
}

impl Letters {
    fn of(word: &[u8]) -> Self {
        Self { bits: letters(word), length: word.len().min(255) as u8 }
    }

    fn may_be(self, other: Self, most: u8) -> bool {
        self.length.abs_diff(other.length) <= most && (self.bits ^ other.bits).count_ones() <= 2 * u32::from(most)
    }

    /// Whether this may be a beginning of the other.
    fn may_begin(self, other: Self, most: u8) -> bool {
        other.length > self.length && (self.bits & !other.bits).count_ones() <= u32::from(most)
    }
}

/// In what way a word is what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    Exact,
    /// Other letters for the same sounds.
    Sound,
    Beginning,
    Slip,
}

/// A word that may be meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Meant {
    pub word: u32,
    /// Up to 1.
    pub likeness: f32,
    pub how: How,
    pub owners: u128,
}

/// The bit of an owner; those that there are no bits for have the last one together.
pub fn owner(number: usize) -> u128 {
    1 << number.min(127)
}

impl Dictionary {
    /// The number of a plain word, which is used once more.
    pub fn add(&mut self, text: &str) -> u32 {
        if let Some(&word) = self.by_text.get(text) {
            self.words[word as usize].uses += 1;
            return word;
        }
        let sound = sound(text);
        let entry =
            Entry { text: text.into(), bytes: bytes(text).into(), sound: sound.as_str().into(), uses: 1, owners: 0 };
        let sign = Sign { sound: Letters::of(sound.as_bytes()), text: Letters::of(&entry.bytes) };
        let word = match self.free.pop() {
            Some(word) => {
                self.words[word as usize] = entry;
                self.signs[word as usize] = sign;
                word
            }
            None => {
                self.words.push(entry);
                self.signs.push(sign);
                (self.words.len() - 1) as u32
            }
        };
        self.by_text.insert(text.into(), word);
        self.by_sound.entry(sound.into()).or_default().push(word);
        word
    }

    /// The word is used once less; a word that nobody uses is forgotten.
    pub fn remove(&mut self, word: u32) {
        let Some(entry) = self.words.get_mut(word as usize).filter(|entry| entry.uses > 0) else { return };
        entry.uses -= 1;
        if entry.uses > 0 {
            return;
        }
        self.by_text.remove(&entry.text);
        if let Some(alike) = self.by_sound.get_mut(&entry.sound) {
            alike.retain(|other| *other != word);
            if alike.is_empty() {
                self.by_sound.remove(&entry.sound);
            }
        }
        *entry = Entry { text: "".into(), bytes: [].into(), sound: "".into(), uses: 0, owners: 0 };
        self.signs[word as usize] = Sign::default();
        self.free.push(word);
    }

    /// Notes that an owner has a word, so that nobody looks for it with the others. It stays noted when the owner has it no
    /// more: then it is looked for in vain.
    pub fn mark(&mut self, word: u32, owner: u128) {
        if let Some(entry) = self.words.get_mut(word as usize) {
            entry.owners |= owner;
        }
    }

    /// How a word is meant, with whoever has it.
    pub fn as_meant(&self, word: u32, likeness: f32, how: How) -> Meant {
        Meant { word, likeness, how, owners: self.words.get(word as usize).map_or(0, |entry| entry.owners) }
    }

    pub fn text(&self, word: u32) -> &str {
        self.words.get(word as usize).map_or("", |entry| &entry.text)
    }

    pub fn get(&self, text: &str) -> Option<u32> {
        self.by_text.get(text).copied()
    }

    /// Words that a plain text may be, each once, the likeliest first.
    pub fn meant(&self, text: &str) -> Vec<Meant> {
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return self.numbers(text);
        }
        let sound = sound(text);
        let mut found = Vec::new();
        if sound.is_empty() {
            return found;
        }
        let exact = self.get(text);
        found.extend(exact.map(|word| self.as_meant(word, 1.0, How::Exact)));
        for &word in self.by_sound.get(sound.as_str()).into_iter().flatten().filter(|word| Some(**word) != exact) {
            found.push(self.as_meant(word, 0.97, How::Sound));
        }
        for base in nominatives(text) {
            let words = self.by_sound.get(crate::text::fold::sound(&base).as_str()).into_iter().flatten();
            found.extend(words.map(|&word| self.as_meant(word, 0.96, How::Sound)));
        }
        // nothing begins with a letter that is held down
        let longer = if sound.len() * 2 >= text.chars().count() { self.longer(&sound) } else { Vec::new() };
        let few = longer.len() < FEW;
        found.extend(longer);
        self.slips(text, &sound, few, &mut found);
        found.sort_by(|one, other| other.likeness.total_cmp(&one.likeness));
        found
    }

    /// A number is itself, or the beginning of a longer one.
    fn numbers(&self, text: &str) -> Vec<Meant> {
        let exact = self.get(text);
        let mut found: Vec<_> = exact.map(|word| self.as_meant(word, 1.0, How::Exact)).into_iter().collect();
        found.extend(self.longer(&sound(text)).into_iter().filter(|meant| Some(meant.word) != exact));
        found
    }

    /// Words that begin as the sound does and go on.
    fn longer(&self, sound: &str) -> Vec<Meant> {
        let from = (std::ops::Bound::Excluded(sound), std::ops::Bound::Unbounded);
        let range = self.by_sound.range::<str, _>(from).take_while(|(other, _)| other.starts_with(sound));
        let likeness = |other: &str| 0.78 + 0.17 * sound.len() as f32 / other.len() as f32;
        let mut found: Vec<_> = range
            .flat_map(|(other, words)| {
                let likeness = likeness(other);
                words.iter().map(move |&word| self.as_meant(word, likeness, How::Beginning))
            })
            .collect();
        if found.len() > MOST_LONGER {
            found.sort_by_key(|meant| std::cmp::Reverse(self.words[meant.word as usize].uses));
            found.truncate(MOST_LONGER);
        }
        found
    }

    /// Words with a slip or two between, in letters or in sounds; where `few` words begin so, also those whose beginning is
    /// so far away.
    fn slips(&self, text: &str, sound: &str, few: bool, found: &mut Vec<Meant>) {
        let (text, sound) = (bytes(text), sound.as_bytes());
        let sign = Sign { sound: Letters::of(sound), text: Letters::of(&text) };
        let (most, most_in_text) = (most_slips(sound.len()), most_slips(text.len()));
        if most == 0 && most_in_text == 0 {
            return;
        }
        for (word, other) in self.signs.iter().enumerate() {
            let by_sound = sign.sound.may_be(other.sound, most);
            let by_text = sign.text.may_be(other.text, most_in_text);
            let begins = few && most > 0 && sign.sound.may_begin(other.sound, most);
            if !(by_sound || by_text || begins) || other.sound.length == 0 {
                continue;
            }
            let entry = &self.words[word];
            let other = entry.sound.as_bytes();
            let heard = by_sound.then(|| between(sound, other, most)).flatten();
            let seen = by_text.then(|| between(&text, &entry.bytes, most_in_text)).flatten();
            if heard == Some(0) || seen == Some(0) {
                continue;
            }
            let shares = [heard.map(|slips| share(slips, sound.len())), seen.map(|slips| share(slips, text.len()))];
            let whole = shares.into_iter().flatten().reduce(f32::max);
            let begun = || {
                let slips = begins.then(|| beginning(sound, other, most)).flatten().filter(|slips| *slips > 0)?;
                Some(share(slips, sound.len()) * (0.76 + 0.17 * sound.len() as f32 / other.len() as f32))
            };
            found.extend(whole.or_else(begun).map(|likeness| self.as_meant(word as u32, likeness, How::Slip)));
        }
    }

    /// The word that is most like a text of which nothing is known: whoever slips has seldom slipped at once.
    pub fn nearest(&self, text: &str) -> Option<&str> {
        let sound = sound(text);
        let most = (sound.len() / 3).clamp(1, 4) as u8;
        let like = |entry: &&Entry| entry.sound.len() > 3 && entry.sound.bytes().next() == sound.bytes().next();
        let apart = self.words.iter().filter(|entry| entry.uses > 0).filter(like).filter_map(|entry| {
            Some((between(sound.as_bytes(), entry.sound.as_bytes(), most)?, std::cmp::Reverse(entry.uses), &entry.text))
        });
        apart.min_by_key(|(slips, uses, _)| (*slips, *uses)).map(|(_, _, text)| &**text)
    }

    /// Bytes in memory, about.
    pub fn size(&self) -> usize {
        let texts: usize = self.words.iter().map(|entry| entry.text.len() * 2 + entry.sound.len() * 2).sum();
        texts + self.words.len() * (size_of::<Entry>() + size_of::<Sign>() + 24 + 56)
    }
}

/// How alike words are with so many slips between.
fn share(slips: u8, length: usize) -> f32 {
    1.0 - 0.9 * f32::from(slips) / length as f32
}

/// What a typed word may be, by the word: of several ways the likeliest.
pub type ByWord = HashMap<u32, Meant, RandomState>;

pub fn by_word(meant: Vec<Meant>) -> ByWord {
    // the likeliest comes first, so it is put in last
    meant.into_iter().rev().map(|meant| (meant.word, meant)).collect()
}

/// How many slips a word of a length may have.
fn most_slips(length: usize) -> u8 {
    match length {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary(words: &[&str]) -> Dictionary {
        let mut dictionary = Dictionary::default();
        for word in words {
            dictionary.add(word);
        }
        dictionary
    }

    fn meant(dictionary: &Dictionary, text: &str) -> Vec<(String, How)> {
        let found = dictionary.meant(text).into_iter();
        found.map(|meant| (dictionary.text(meant.word).to_owned(), meant.how)).collect()
    }

    #[test]
    fn a_word_is_found_however_it_is_typed() {
        let known = dictionary(&["соборна", "соборний", "садова", "хмельницького", "12", "125"]);
        let one = |text: &str| meant(&known, text).into_iter().next();
        let is = |word: &str, how| Some((word.to_owned(), how));
        assert_eq!(one("соборна"), is("соборна", How::Exact));
        assert_eq!(one("soborna"), is("соборна", How::Sound));
        assert_eq!(one("соборная"), is("соборна", How::Sound));
        assert_eq!(one("хмел"), is("хмельницького", How::Beginning));
        assert_eq!(one("собрна"), is("соборна", How::Slip));
        assert_eq!(one("хмильницкого"), is("хмельницького", How::Slip));
        assert_eq!(one("хмилниц"), is("хмельницького", How::Slip), "a slip in a beginning");
        assert_eq!(one("вишнева"), None);
        assert_eq!(meant(&known, "12"), [("12".to_owned(), How::Exact), ("125".to_owned(), How::Beginning)]);
        assert_eq!(one("яборнсо"), None);
        assert_eq!(one("ссссссс"), None, "a key that is held down");
        assert_eq!(one("соборної"), is("соборна", How::Sound), "another case");
        assert_eq!(one("13"), None, "a number is no slip of another");
        assert_eq!(known.nearest("сабарна"), Some("соборна"));
    }

    #[test]
    fn a_word_that_nobody_uses_is_forgotten() {
        let mut known = dictionary(&["соборна", "соборна", "собор"]);
        let word = known.get("соборна").unwrap();
        known.remove(word);
        assert_eq!(meant(&known, "соборна").len(), 1);
        known.remove(word);
        known.remove(word);
        assert_eq!(meant(&known, "соборна"), []);
        assert_eq!(known.add("нова"), word, "its number is given away anew");
        assert_eq!(known.by_text.len(), 2);
    }
}
