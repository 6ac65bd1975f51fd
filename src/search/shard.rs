//! One layer's records in memory: by their words, by parts of their codes, by where they are, and as a book of addresses.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::RandomState;

use super::book::Book;
use super::dictionary::Dictionary;
use super::plan::{Part, Plan, Record, Values};
use crate::catalogue::layer::Standing;
use crate::geom::world::{Bounds, Place};
use crate::text::address::House;
use crate::text::code::{self, Key};
use crate::text::fold::plain;
use crate::text::typed::name_words;

/// A cell of the grid is so many bits of a place wide: about 400 m in Ukraine.
const CELL: u32 = 16;
/// A longer value is a description: its first words are searched.
const MOST_WORDS: usize = 40;

/// A record that is found.
#[derive(Debug)]
pub struct Doc {
    pub id: i64,
    pub point: Option<Place>,
    pub bounds: Bounds,
    pub standing: Option<Standing>,
    pub values: Values,
    /// Words with the place of their field among [`Plan::searched`].
    pub words: Box<[(u32, u8)]>,
    /// How many of the words are of what the record is called.
    pub title_words: u8,
}

#[derive(Debug, Default)]
pub struct Shard {
    docs: Vec<Option<Doc>>,
    free: Vec<u32>,
    by_id: HashMap<i64, u32, RandomState>,
    postings: HashMap<u32, Vec<u32>, RandomState>,
    pub codes: BTreeSet<(Key, u32)>,
    cells: HashMap<(u32, u32), Vec<u32>, RandomState>,
    pub book: Book,
}

/// What stands for a house's number among words: found by the whole of it only.
pub fn house_word(house: &House) -> String {
    format!("#{}{}", house.number, house.rest)
}

/// Values that name something exactly: found by their beginning and from any group on.
pub fn is_code(value: &str) -> bool {
    !value.contains(char::is_whitespace) && value.bytes().any(|byte| byte.is_ascii_digit()) && value.len() <= 64
}

impl Shard {
    pub fn get(&self, doc: u32) -> Option<&Doc> {
        self.docs.get(doc as usize)?.as_ref()
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn docs(&self) -> impl Iterator<Item = (u32, &Doc)> {
        self.docs.iter().enumerate().filter_map(|(doc, found)| Some((doc as u32, found.as_ref()?)))
    }

    /// Docs that have a word.
    pub fn with_word(&self, word: u32) -> &[u32] {
        self.postings.get(&word).map_or(&[], Vec::as_slice)
    }

    pub fn insert(&mut self, plan: &Plan, record: Record, dictionary: &mut Dictionary) {
        let doc = self.free.pop().unwrap_or_else(|| {
            self.docs.push(None);
            (self.docs.len() - 1) as u32
        });
        self.by_id.insert(record.id, doc);
        let (words, title_words) = words(plan, &record.values);
        let words: Box<[(u32, u8)]> = words.into_iter().map(|(word, field)| (dictionary.add(&word), field)).collect();
        for (word, _) in &words {
            dictionary.mark(*word, plan.owner);
            let docs = self.postings.entry(*word).or_default();
            if docs.last() != Some(&doc) {
                docs.push(doc);
            }
        }
        for key in codes(plan, &record.values) {
            self.codes.insert((key, doc));
        }
        if let Some(place) = record.point {
            self.cells.entry(cell(place)).or_default().push(doc);
        }
        if let Some(entry) = plan.entry(&record.values).filter(|_| plan.is_register) {
            self.book.add(&entry, doc);
        }
        let Record { id, point, bounds, standing, values } = record;
        self.docs[doc as usize] = Some(Doc { id, point, bounds, standing, values, words, title_words });
    }

    pub fn remove(&mut self, plan: &Plan, id: i64, dictionary: &mut Dictionary) {
        let Some(doc) = self.by_id.remove(&id) else { return };
        let Some(old) = self.docs.get_mut(doc as usize).and_then(Option::take) else { return };
        for (word, _) in &old.words {
            if let Some(docs) = self.postings.get_mut(word) {
                docs.retain(|other| *other != doc);
                if docs.is_empty() {
                    self.postings.remove(word);
                }
            }
            dictionary.remove(*word);
        }
        for key in codes(plan, &old.values) {
            self.codes.remove(&(key, doc));
        }
        if let Some(docs) = old.point.and_then(|place| self.cells.get_mut(&cell(place))) {
            docs.retain(|other| *other != doc);
        }
        if let Some(entry) = plan.entry(&old.values).filter(|_| plan.is_register) {
            self.book.remove(&entry, doc);
        }
        self.free.push(doc);
    }

    /// Gives the dictionary its words back.
    pub fn release(&self, dictionary: &mut Dictionary) {
        self.docs().flat_map(|(_, doc)| &doc.words).for_each(|(word, _)| dictionary.remove(*word));
    }

    /// Docs around a place, with how far they are in metres, the nearest first: those that `wanted` takes, no more than
    /// `most`, not further than `within`.
    pub fn nearest(&self, place: Place, within: f64, most: usize, wanted: impl Fn(&Doc) -> bool) -> Vec<(u32, f64)> {
        let width = f64::from(1 << CELL) * metres_in_unit(place);
        let (x, y) = cell(place);
        let last = (within / width).ceil() as u32;
        let mut found: Vec<(u32, f64)> = Vec::new();
        for ring in 0..=last {
            for cell in around(x, y, ring) {
                for &doc in self.cells.get(&cell).into_iter().flatten() {
                    let Some(other) = self.get(doc).filter(|doc| wanted(doc)) else { continue };
                    let metres = other.point.map_or(f64::INFINITY, |point| metres(place, point));
                    if metres <= within {
                        found.push((doc, metres));
                    }
                }
            }
            // whatever is in a further ring is at least so far away
            let certain = f64::from(ring) * width;
            if found.iter().filter(|(_, metres)| *metres <= certain).count() >= most {
                break;
            }
        }
        found.sort_by(|one, other| one.1.total_cmp(&other.1).then(one.0.cmp(&other.0)));
        found.truncate(most);
        found
    }

    /// Bytes in memory, about.
    pub fn size(&self) -> usize {
        let docs = self.docs().map(|(_, doc)| size_of::<Option<Doc>>() + doc.values.size() + doc.words.len() * 8);
        let postings = self.postings.values().map(|docs| docs.capacity() * 4 + 40);
        let cells = self.cells.values().map(|docs| docs.capacity() * 4 + 48);
        docs.sum::<usize>()
            + postings.sum::<usize>()
            + cells.sum::<usize>()
            + self.codes.len() * 48
            + self.by_id.len() * 20
            + self.book.size()
    }
}

fn cell([x, y]: Place) -> (u32, u32) {
    (x >> CELL, y >> CELL)
}

/// The cells of a square ring.
fn around(x: u32, y: u32, ring: u32) -> Vec<(u32, u32)> {
    let (west, east) = (x.saturating_sub(ring), x.saturating_add(ring));
    let (north, south) = (y.saturating_sub(ring), y.saturating_add(ring));
    if ring == 0 {
        return vec![(x, y)];
    }
    let rows = (west..=east).flat_map(|x| [(x, north), (x, south)]);
    rows.chain((north + 1..south).flat_map(|y| [(west, y), (east, y)])).collect()
}

/// How long a unit of the world is at a place.
fn metres_in_unit([_, y]: Place) -> f64 {
    const EQUATOR: f64 = 40_075_016.685_578_5;
    let latitude = crate::geom::grid::latitude(f64::from(y) / 4_294_967_296.0);
    EQUATOR / 4_294_967_296.0 * latitude.to_radians().cos()
}

/// Metres between two places that are not far apart.
pub fn metres(one: Place, other: Place) -> f64 {
    let apart = |axis: usize| f64::from(one[axis]) - f64::from(other[axis]);
    apart(0).hypot(apart(1)) * metres_in_unit(one)
}

/// The words of a record, each with the place of its field, and how many of them are of its name.
fn words(plan: &Plan, values: &Values) -> (Vec<(String, u8)>, u8) {
    let mut found: Vec<(String, u8)> = Vec::new();
    let mut title = 0;
    for (number, searched) in plan.searched.iter().enumerate() {
        let value = values.get(searched.place);
        if searched.part == Part::Address || value.is_empty() || is_bare_code(plan, searched.place, value) {
            continue;
        }
        let field = &plan.layer.fields[plan.fields[searched.place]];
        let labels = field.values.iter().find(|allowed| allowed.value == value);
        let texts =
            [Some(value), labels.map(|labels| labels.label.uk.as_str()), labels.map(|labels| labels.label.en.as_str())];
        let before = found.len();
        for text in texts.into_iter().flatten() {
            for word in name_words(&plain(text)).into_iter().take(MOST_WORDS) {
                if !found[before..].iter().any(|(known, _)| *known == word) {
                    found.push((word, number as u8));
                }
            }
        }
        if searched.part == Part::Name {
            title += found.len() - before;
        }
    }
    if let Some(entry) = plan.entry(values).filter(|entry| !plan.is_register && !entry.house.is_empty()) {
        let field = plan.searched.len() as u8;
        let house = House::new(entry.house, entry.block);
        found.push((house_word(&house), field));
        found.extend(name_words(&plain(entry.street)).into_iter().map(|word| (word, field)));
    }
    (found, title.min(255) as u8)
}

/// Whether a value is a code and has no word in it.
fn is_bare_code(plan: &Plan, place: usize, value: &str) -> bool {
    let longest = value.split(|c: char| !c.is_alphabetic()).map(|part| part.chars().count()).max().unwrap_or(0);
    plan.layer.fields[plan.fields[place]].kind.about().is_code || is_code(value) && longest < 4
}

fn codes(plan: &Plan, values: &Values) -> Vec<Key> {
    let mut found = Vec::new();
    for searched in plan.searched.iter().filter(|searched| searched.part != Part::Address) {
        let value = values.get(searched.place);
        if is_code(value) {
            found.extend(code::keys(value));
        }
    }
    found
}
