//! Names of streets, found by their words in any order: each word right, begun or slipped, some left out.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;

use super::dictionary::{ByWord, Dictionary, How, by_word};
use crate::text::address::Street;
use crate::text::typed::{Reading, name_words};

/// Below this a name is none that was meant.
const ENOUGH: f32 = 0.55;
/// How many names are looked at closely.
const MOST: usize = 400;
/// What a word of the name that was not typed costs: a given name, and a number, which tells streets apart.
const LEFT_OUT: f32 = 0.035;
const NUMBER_LEFT_OUT: f32 = 0.12;
/// What a typed word that is not in the name costs; a number is sooner of a house.
const TOO_MUCH: f32 = 0.3;
const NUMBER_TOO_MUCH: f32 = 0.45;
const OTHER_KIND: f32 = 0.12;
/// How surely an initial is the name that begins so.
const INITIAL: f32 = 0.97;
/// Where no kind was typed, a street is likelier than a lane.
const UNCOMMON_KIND: f32 = 0.01;

/// Names, each leading to a number that the owner gave.
#[derive(Debug, Default)]
pub struct Names {
    dictionary: Dictionary,
    names: Vec<Option<Name>>,
    free: Vec<u32>,
    by_word: HashMap<u32, Vec<u32>, RandomState>,
}

#[derive(Debug)]
struct Name {
    /// As the register writes it, with its kind.
    text: Box<str>,
    kind: Option<&'static str>,
    words: Box<[u32]>,
    target: u32,
}

/// What a typed word may be, for every word of a question.
pub type Cache = HashMap<String, Rc<ByWord>>;

/// A name that was meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Match<'n> {
    pub target: u32,
    pub text: &'n str,
    pub score: f32,
    /// The worst of its words.
    pub how: How,
}

impl Names {
    pub fn add(&mut self, text: &str, street: &Street, target: u32) -> u32 {
        let words: Box<[u32]> = name_words(&street.name).iter().map(|word| self.dictionary.add(word)).collect();
        let name = match self.free.pop() {
            Some(name) => name,
            None => {
                self.names.push(None);
                (self.names.len() - 1) as u32
            }
        };
        for word in &words {
            let names = self.by_word.entry(*word).or_default();
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        self.names[name as usize] = Some(Name { text: text.into(), kind: street.kind, words, target });
        name
    }

    pub fn remove(&mut self, name: u32) {
        let Some(old) = self.names.get_mut(name as usize).and_then(Option::take) else { return };
        for word in old.words {
            if let Some(names) = self.by_word.get_mut(&word) {
                names.retain(|other| *other != name);
                if names.is_empty() {
                    self.by_word.remove(&word);
                }
            }
            self.dictionary.remove(word);
        }
        self.free.push(name);
    }

    pub fn size(&self) -> usize {
        let names = self.names.iter().flatten().map(|name| name.text.len() + name.words.len() * 12 + 64);
        self.dictionary.size() + names.sum::<usize>() + self.by_word.len() * 48
    }

    /// The name of the street that is most like what nothing is like.
    pub fn nearest(&self, word: &str) -> Option<&str> {
        self.dictionary.nearest(word)
    }

    /// Names that a reading may mean, the likeliest first.
    pub fn meant(&self, reading: &Reading, is_local: &dyn Fn(&str) -> bool, cache: &mut Cache) -> Vec<Match<'_>> {
        let mut typed: Vec<Typed> = reading
            .words
            .iter()
            .map(|word| Typed {
                meant: self.word(&word.text, cache),
                is_initial: word.text.chars().count() == 1,
                is_soft: word.is_soft || is_local(&word.text),
                is_number: word.text.starts_with(|c: char| c.is_ascii_digit()),
            })
            .collect();
        // what need not be of the name takes only words that the others have left
        typed.sort_by_key(|typed| typed.is_soft);
        let mut votes: HashMap<u32, f32, RandomState> = HashMap::default();
        for typed in &typed {
            for meant in typed.meant.values() {
                for &name in self.by_word.get(&meant.word).into_iter().flatten() {
                    *votes.entry(name).or_default() += meant.likeness;
                }
            }
        }
        let mut votes: Vec<(u32, f32)> = votes.into_iter().collect();
        votes.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        votes.truncate(MOST);
        let found = votes.iter().filter_map(|(name, _)| self.compare(*name, reading.kind, &typed));
        let mut found: Vec<_> = found.filter(|found| found.score >= ENOUGH).collect();
        found.sort_by(|one, other| other.score.total_cmp(&one.score));
        found
    }

    fn word(&self, text: &str, cache: &mut Cache) -> Rc<ByWord> {
        let found = || Rc::new(by_word(self.dictionary.meant(text)));
        cache.entry(text.to_owned()).or_insert_with(found).clone()
    }

    fn compare(&self, name: u32, kind: Option<&str>, typed: &[Typed]) -> Option<Match<'_>> {
        let name = self.names.get(name as usize)?.as_ref()?;
        let mut left: Vec<u32> = name.words.to_vec();
        let (mut sum, mut count, mut cost) = (0.0, 0, 0.0);
        let mut how = How::Exact;
        for typed in typed {
            let places = left.iter().enumerate().filter_map(|(place, word)| Some((place, typed.meant.get(word)?)));
            let own = places.max_by(|(_, one), (_, other)| one.likeness.total_cmp(&other.likeness));
            match own {
                Some((place, meant)) => {
                    left.remove(place);
                    // an initial stands for the whole name
                    sum += if typed.is_initial { meant.likeness.max(INITIAL) } else { meant.likeness };
                    count += 1;
                    how = how.max(meant.how);
                }
                None if typed.is_soft => {}
                None => cost += if typed.is_number { NUMBER_TOO_MUCH } else { TOO_MUCH },
            }
        }
        if count == 0 {
            return None;
        }
        cost += left.iter().map(|word| self.left_out(*word)).sum::<f32>();
        cost += match (kind, name.kind) {
            (Some(typed), Some(own)) if typed != own => OTHER_KIND,
            (None, Some("вулиця")) | (Some(_), Some(_)) => 0.0,
            _ => UNCOMMON_KIND,
        };
        let score = sum / count as f32 - cost;
        Some(Match { target: name.target, text: &name.text, score, how })
    }

    fn left_out(&self, word: u32) -> f32 {
        let is_number = self.dictionary.text(word).starts_with(|c: char| c.is_ascii_digit());
        if is_number { NUMBER_LEFT_OUT } else { LEFT_OUT }
    }
}

struct Typed {
    meant: Rc<ByWord>,
    is_initial: bool,
    is_soft: bool,
    is_number: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::typed::readings;

    fn names() -> Names {
        let mut names = Names::default();
        for (target, text) in [
            "вулиця Соборна",
            "провулок Соборний",
            "вулиця Богдана Хмельницького",
            "2-й провулок Садовий",
            "провулок Садовий",
            "вулиця 8 Березня",
            "вулиця Петра Калинчука",
            "вулиця Павла Калинчука",
        ]
        .iter()
        .enumerate()
        {
            names.add(text, &Street::all(text)[0], target as u32);
        }
        names
    }

    fn first(text: &str) -> Option<String> {
        let names = names();
        let reading = readings(text).into_iter().next()?;
        let found = names.meant(&reading, &|word| word == "вербоград", &mut Cache::default());
        found.first().map(|found| found.text.to_owned())
    }

    #[test]
    fn a_street_is_found_by_its_words() {
        for (typed, name) in [
            ("соборна", "вулиця Соборна"),
            ("соборный пер", "провулок Соборний"),
            ("хмельницького богдана", "вулиця Богдана Хмельницького"),
            ("б. хмельн", "вулиця Богдана Хмельницького"),
            ("bohdana khmelnytskoho", "вулиця Богдана Хмельницького"),
            ("Садовий 2-й", "2-й провулок Садовий"),
            ("Садовий", "провулок Садовий"),
            ("8 березня", "вулиця 8 Березня"),
            ("калинчука павла", "вулиця Павла Калинчука"),
            ("калинчука петра", "вулиця Петра Калинчука"),
            ("калинчка петро", "вулиця Петра Калинчука"),
            ("Вербоград Соборна", "вулиця Соборна"),
            ("м. Вербоград, павла калинчука", "вулиця Павла Калинчука"),
            ("п. калинчука", "вулиця Петра Калинчука"),
            ("б. хмельницького", "вулиця Богдана Хмельницького"),
        ] {
            let reading = readings(typed).pop().unwrap();
            let names = names();
            let found = names.meant(&reading, &|word| word == "вербоград", &mut Cache::default());
            assert_eq!(found.first().map(|found| found.text), Some(name), "{typed}");
        }
        assert_eq!(first("вишнева 5"), None);
        assert_eq!(first("соборна 5").as_deref(), Some("вулиця Соборна"));
    }

    #[test]
    fn a_name_that_went_away_is_not_found() {
        let mut names = names();
        let reading = &readings("соборна")[0];
        let known = |names: &Names| {
            names.meant(reading, &|_| false, &mut Cache::default()).iter().map(|found| found.target).collect::<Vec<_>>()
        };
        assert_eq!(known(&names), [0, 1]);
        names.remove(0);
        names.remove(0);
        assert_eq!(known(&names), [1]);
    }
}
