//! The register of addresses as a book: streets by their names, houses by their numbers.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::dictionary::How;
use super::gazetteer::Gazetteer;
use super::names::{Cache, Match, Names};
use crate::text::address::{House, Street};
use crate::text::fold::plain;
use crate::text::typed::Reading;

/// How much surer a name of today is than one of yesterday.
const FORMER: f32 = 0.03;
/// Streets whose houses are looked at.
const MOST_STREETS: usize = 40;
/// Houses of a street where the one that was typed is not there, or none was typed.
const MOST_HOUSES: usize = 12;
/// Houses beside a number that is not there.
const MOST_NEAREST: usize = 3;

/// Addresses as a record gives them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry<'t> {
    pub street: &'t str,
    pub house: &'t str,
    pub block: &'t str,
    /// Names of before, with `;` between them.
    pub former: &'t str,
    /// Settlement, district, region.
    pub within: Vec<&'t str>,
}

#[derive(Debug, Default)]
pub struct Book {
    streets: Vec<Page>,
    by_title: HashMap<Box<str>, u32, RandomState>,
    /// By [`key`]: the same street may be written in several ways.
    by_key: HashMap<String, Vec<u32>, RandomState>,
    names: Names,
    /// Words of settlements and regions, with how often they are used.
    localities: HashMap<String, u32, RandomState>,
}

/// A street; numbers of streets are never given away anew, since there are few.
#[derive(Debug)]
struct Page {
    title: Box<str>,
    /// Sorted.
    houses: Vec<Door>,
    names: Vec<Named>,
}

#[derive(Debug)]
struct Named {
    text: Box<str>,
    is_former: bool,
    name: u32,
    uses: u32,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Door {
    number: u32,
    rest: Box<str>,
    block: Box<str>,
    doc: u32,
}

/// What the words of one question may be, so that each is looked for once, however many readings have it.
#[derive(Debug, Default)]
pub struct Caches {
    own: Cache,
    former: Cache,
}

/// A house that was meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub doc: u32,
    pub score: f32,
    /// The name that the street no longer has, where it was found by that.
    pub former: Option<String>,
    pub how: How,
    pub house: Fitness,
}

/// How a house fits the one that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitness {
    /// It is the very house, or none was typed.
    Exact,
    /// Another letter, fraction or block of the same number.
    SameNumber,
    /// Its number begins with the typed one.
    Longer,
    /// There is none of that number, and this is close to it.
    Nearest,
}

/// A street's name without differences in spelling, with its kind.
pub fn key(street: &Street) -> String {
    format!("{} {}", street.kind.unwrap_or_default(), street.name)
}

impl Book {
    pub fn add(&mut self, entry: &Entry<'_>, doc: u32) {
        let street = match self.by_title.get(entry.street) {
            Some(&street) => street,
            None => self.new_street(entry.street),
        };
        let page = &mut self.streets[street as usize];
        for (text, is_former) in spellings(entry) {
            if let Some(known) =
                page.names.iter_mut().find(|known| *known.text == *text && known.is_former == is_former)
            {
                known.uses += 1;
                continue;
            }
            for one in Street::all(text) {
                let name = self.names.add(text, &one, street << 1 | u32::from(is_former));
                page.names.push(Named { text: text.into(), is_former, name, uses: 1 });
            }
        }
        let door = Door::new(entry, doc);
        let place = page.houses.partition_point(|other| *other < door);
        page.houses.insert(place, door);
        for word in locality_words(entry) {
            *self.localities.entry(word).or_default() += 1;
        }
    }

    fn new_street(&mut self, title: &str) -> u32 {
        let street = self.streets.len() as u32;
        self.streets.push(Page { title: title.into(), houses: Vec::new(), names: Vec::new() });
        self.by_title.insert(title.into(), street);
        for one in Street::all(title) {
            self.by_key.entry(key(&one)).or_default().push(street);
        }
        street
    }

    pub fn remove(&mut self, entry: &Entry<'_>, doc: u32) {
        let Some(&street) = self.by_title.get(entry.street) else { return };
        let page = &mut self.streets[street as usize];
        let door = Door::new(entry, doc);
        if let Ok(place) = page.houses.binary_search(&door) {
            page.houses.remove(place);
        }
        for (text, is_former) in spellings(entry) {
            for known in page.names.iter_mut().filter(|known| *known.text == *text && known.is_former == is_former) {
                known.uses -= 1;
                if known.uses == 0 {
                    self.names.remove(known.name);
                }
            }
        }
        page.names.retain(|known| known.uses > 0);
        for word in locality_words(entry) {
            if let Some(uses) = self.localities.get_mut(&word) {
                *uses -= 1;
                if *uses == 0 {
                    self.localities.remove(&word);
                }
            }
        }
    }

    /// Houses that a reading may mean, the likeliest first.
    pub fn find(&self, reading: &Reading, gazetteer: &Gazetteer, caches: &mut Caches) -> Vec<Found> {
        let mut found = Vec::new();
        for (street, name) in self.streets(reading, gazetteer, caches) {
            let Some(page) = self.streets.get(street as usize) else { continue };
            let former = name.is_former.then(|| name.found.text.to_owned());
            for (door, likeness, house) in page.doors(reading.house.as_ref()) {
                found.push(Found {
                    doc: door.doc,
                    score: name.found.score * likeness,
                    former: former.clone(),
                    how: name.found.how,
                    house,
                });
            }
        }
        found.sort_by(|one, other| other.score.total_cmp(&one.score));
        found
    }

    /// Streets by names of their own and by those that the gazetteer knows, each once, the likeliest first.
    fn streets<'b>(
        &'b self,
        reading: &Reading,
        gazetteer: &'b Gazetteer,
        caches: &mut Caches,
    ) -> Vec<(u32, ByName<'b>)> {
        let is_local = |word: &str| self.localities.contains_key(word);
        let own = self.names.meant(reading, &is_local, &mut caches.own).into_iter().map(|found| {
            let is_former = found.target & 1 == 1;
            (found.target >> 1, ByName { found, is_former })
        });
        let others =
            gazetteer.meant(reading, &is_local, &mut caches.former).into_iter().flat_map(|(found, current)| {
                let streets = self.by_key.get(current).into_iter().flatten();
                streets
                    .map(move |street| (*street, ByName { found: found.clone(), is_former: true }))
                    .collect::<Vec<_>>()
            });
        let mut all: Vec<_> = own.chain(others).collect();
        for (_, name) in all.iter_mut().filter(|(_, name)| name.is_former) {
            name.found.score -= FORMER;
        }
        all.sort_by(|(_, one), (_, other)| other.found.score.total_cmp(&one.found.score));
        let mut seen = std::collections::HashSet::new();
        all.retain(|(street, _)| seen.insert(*street));
        all.truncate(MOST_STREETS);
        all
    }

    /// The name of a street as the register has it, for a word that is like it and was not found.
    pub fn nearest(&self, word: &str) -> Option<&str> {
        self.names.nearest(word)
    }

    /// Some street that has houses, and its first house: an example of what can be looked for.
    pub fn example(&self) -> Option<(&str, u32)> {
        let page = self.streets.iter().max_by_key(|page| page.houses.len())?;
        Some((&page.title, page.houses.get(page.houses.len() / 2)?.doc))
    }

    pub fn size(&self) -> usize {
        let pages =
            self.streets.iter().map(|page| page.title.len() * 3 + page.houses.capacity() * size_of::<Door>() + 256);
        pages.sum::<usize>() + self.names.size()
    }
}

struct ByName<'b> {
    found: Match<'b>,
    is_former: bool,
}

/// Names under which a record's street is found, and whether it no longer has them.
fn spellings<'t>(entry: &Entry<'t>) -> impl Iterator<Item = (&'t str, bool)> {
    let former = entry.former.split(';').map(str::trim).filter(|name| !name.is_empty());
    [(entry.street, false)].into_iter().chain(former.map(|name| (name, true)))
}

fn locality_words(entry: &Entry<'_>) -> Vec<String> {
    let plain: Vec<String> = entry.within.iter().map(|text| plain(text)).collect();
    plain.iter().flat_map(|text| crate::text::typed::name_words(text)).collect()
}

impl Door {
    fn new(entry: &Entry<'_>, doc: u32) -> Self {
        let house = House::new(entry.house, entry.block);
        Self { number: number(&house), rest: house.rest.into(), block: house.block.into(), doc }
    }
}

fn number(house: &House) -> u32 {
    house.number.parse().unwrap_or(0)
}

impl Page {
    /// Doors that a typed house may be, with how likely; without one, the first of the street.
    fn doors(&self, typed: Option<&House>) -> Vec<(&Door, f32, Fitness)> {
        let Some(typed) = typed else {
            let first = with_their_like(self.houses.iter(), MOST_HOUSES).into_iter();
            return first.map(|door| (door, 0.9, Fitness::Exact)).collect();
        };
        let wanted = number(typed);
        let from = self.houses.partition_point(|door| door.number < wanted);
        let same = self.houses[from..].iter().take_while(|door| door.number == wanted).map(|door| {
            let likeness = door.likeness(typed);
            (door, likeness, if likeness >= 1.0 { Fitness::Exact } else { Fitness::SameNumber })
        });
        let mut found: Vec<_> = same.collect();
        // 1: 10, 11, 12 while somebody is typing
        if typed.rest.is_empty() && typed.block.is_empty() {
            let begins = |door: &&Door| door.number > wanted && begins_with(door.number, wanted);
            let longer = with_their_like(self.houses.iter().filter(begins), MOST_HOUSES);
            found.extend(longer.into_iter().map(|door| (door, 0.62, Fitness::Longer)));
        }
        if found.is_empty() {
            let mut near: Vec<_> = self.houses.iter().map(|door| (door, door.number.abs_diff(wanted))).collect();
            near.sort_by_key(|(_, apart)| *apart);
            let likeness = |apart: u32| 0.6 - 0.01 * apart.min(20) as f32;
            let farthest = near.get(MOST_NEAREST - 1).map_or(u32::MAX, |(_, apart)| *apart);
            let near = near.into_iter().take_while(|(_, apart)| *apart <= farthest);
            found.extend(near.map(|(door, apart)| (door, likeness(apart), Fitness::Nearest)));
        }
        found
    }
}

/// The first doors, and those that have the last one's number: which of these came first is chance, and no two nodes would
/// agree.
fn with_their_like<'d>(doors: impl Iterator<Item = &'d Door>, most: usize) -> Vec<&'d Door> {
    let mut taken: Vec<&Door> = Vec::new();
    for door in doors {
        if taken.len() >= most && taken.last().is_some_and(|last| last.number != door.number) {
            break;
        }
        taken.push(door);
    }
    taken
}

/// Whether a number's first digits are another number.
fn begins_with(mut number: u32, beginning: u32) -> bool {
    while number > beginning {
        number /= 10;
    }
    number == beginning && beginning > 0
}

impl Door {
    /// [`House::likeness`] for a house of the same number.
    fn likeness(&self, typed: &House) -> f32 {
        let own = House { number: typed.number.clone(), rest: self.rest.to_string(), block: self.block.to_string() };
        own.likeness(typed) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::typed::readings;

    const HOUSES: [(&str, &str, &str, &str); 8] = [
        ("вулиця Соборна", "12", "", "вулиця Леніна"),
        ("вулиця Соборна", "12", "2", "вулиця Леніна"),
        ("вулиця Соборна", "12-А", "", "вулиця Леніна"),
        ("вулиця Соборна", "120", "", "вулиця Леніна"),
        ("провулок Соборний", "12", "", ""),
        ("2-й провулок Садовий", "5", "", ""),
        ("провулок Садовий", "2", "", ""),
        ("вулиця Нова", "7/3", "", ""),
    ];

    fn entry(house: (&'static str, &'static str, &'static str, &'static str)) -> Entry<'static> {
        Entry {
            street: house.0, house: house.1, block: house.2, former: house.3, within: vec!["м. Вербоград"]
        }
    }

    fn book() -> Book {
        let mut book = Book::default();
        for (doc, house) in HOUSES.into_iter().enumerate() {
            book.add(&entry(house), doc as u32);
        }
        book
    }

    fn first(book: &Book, text: &str) -> Option<(u32, Fitness, Option<String>)> {
        let found = readings(text)
            .into_iter()
            .flat_map(|reading| book.find(&reading, &Gazetteer::default(), &mut Caches::default()));
        let best = found.max_by(|one, other| one.score.total_cmp(&other.score))?;
        Some((best.doc, best.house, best.former))
    }

    #[test]
    fn a_house_is_found() {
        let book = book();
        for (typed, doc) in [
            ("соборна 12", 0),
            ("вул. Соборна, 12, корп. 2", 1),
            ("12а Соборна", 2),
            ("пров. Соборний 12", 4),
            ("2-й Садовий 5", 5),
            ("Садовий 2", 6),
            ("нова 7/3", 7),
            ("м. Вербоград, Соборна 12-А, кв. 5", 2),
        ] {
            assert_eq!(first(&book, typed).map(|(doc, house, _)| (doc, house)), Some((doc, Fitness::Exact)), "{typed}");
        }
        assert_eq!(first(&book, "леніна 12а"), Some((2, Fitness::Exact, Some("вулиця Леніна".to_owned()))));
        assert_eq!(first(&book, "нова 7"), Some((7, Fitness::SameNumber, None)), "the letter or fraction is not there");
        assert_eq!(first(&book, "нова 9"), Some((7, Fitness::Nearest, None)), "the nearest that there is");
        assert_eq!(first(&book, "вишнева 9"), None);
    }

    #[test]
    fn houses_that_begin_so_come_after_the_very_one() {
        let book = book();
        let found = book.find(&readings("соборна 12")[0], &Gazetteer::default(), &mut Caches::default());
        let docs: Vec<_> = found.iter().map(|found| found.doc).collect();
        assert_eq!(docs[0], 0);
        assert!(docs.contains(&3), "120 may be what is being typed");
    }

    #[test]
    fn what_went_away_is_not_found() {
        let mut book = book();
        for (doc, house) in HOUSES.into_iter().enumerate() {
            book.remove(&entry(house), doc as u32);
        }
        assert_eq!(first(&book, "соборна 12"), None);
        assert!(book.localities.is_empty());
        book.add(&entry(HOUSES[0]), 9);
        assert_eq!(first(&book, "соборна 12").map(|(doc, ..)| doc), Some(9));
    }
}
