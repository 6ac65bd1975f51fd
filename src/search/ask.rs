//! What was typed, understood and looked for in every layer.

use std::collections::HashSet;
use std::rc::Rc;

use super::View;
use super::book::{self, Caches, Fitness};
use super::dictionary::How;
use super::explain::{self, By};
use super::find::{self, Near, Term, find};
use super::metres::Meant;
use super::shape::{Around, Found, Group, Hit, Reason, Why};
use super::shard::house_word;
use super::suggest;
use crate::geom::grid::Envelope;
use crate::geom::world::{Bounds, Place, place};
use crate::http::language::Language;
use crate::text::coordinates::{self, Coordinates};
use crate::text::fold::{is_cyrillic, plain};
use crate::text::keyboard;
use crate::text::typed::{Reading, Word, name_words, readings};

/// Hits of a layer where several are shown: of the best two, and of the others.
const IN_GROUP: usize = 5;
const IN_LATER_GROUP: usize = 3;
/// Words beyond these are not looked at.
const MOST_WORDS: usize = 12;
/// From this on Latin letters are taken at their word, and no other keyboard layout is tried; and Cyrillic ones, which are
/// seldom typed by mistake.
const CERTAIN: f32 = 0.9;
const CERTAIN_CYRILLIC: f32 = 0.6;
/// A rank this much below the best of its group is noise.
const FAR_BELOW: f32 = 0.3;
/// What an address is preferred by where its house was typed, another, or none yet; and a street where none was.
const THE_ADDRESS: f32 = 0.16;
const ADDRESS: f32 = 0.05;
const SOME_ADDRESS: f32 = 0.1;
const STREET: f32 = 0.03;
const BESIDE: [&str; 14] = [
    "біля",
    "коло",
    "поруч",
    "поблизу",
    "неподалік",
    "недалеко",
    "навколо",
    "возле",
    "около",
    "рядом",
    "near",
    "beside",
    "around",
    "bilia",
];
/// Where the city is not known.
const UKRAINE: Envelope = Envelope { west: 22.0, south: 44.1, east: 40.4, north: 52.5 };

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    pub q: String,
    pub language: Language,
    /// Longitude and latitude.
    pub near: Option<(f64, f64)>,
    /// Numbers of plans; none for all.
    pub plans: Option<Vec<usize>>,
    pub limit: usize,
    /// Places that coordinates in metres mean, which the database has told.
    pub metres: Vec<Meant>,
}

/// A record that was found, before it is shown.
#[derive(Debug, Clone)]
pub struct Raw {
    pub doc: u32,
    /// Of equals the least comes first, on every node.
    pub id: i64,
    pub score: f32,
    pub rank: f32,
    pub by: By,
    pub metres: Option<f64>,
}

/// What was found of a layer.
struct Layered {
    plan: usize,
    raws: Vec<Raw>,
}

/// One way in which the text may have been meant.
#[derive(Debug, Clone)]
struct Variant {
    text: String,
    /// What it is worth.
    factor: f32,
    /// It is not tried where something as good has been found.
    unless: f32,
    is_layout: bool,
}

impl View<'_> {
    pub fn search(&self, asked: &Asked) -> Found {
        let q = asked.q.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut found = Found { q, ..Found::default() };
        if found.q.is_empty() {
            found.suggestions = suggest::examples(self, asked.language);
            return found;
        }
        if let Some(group) = self.coordinates(asked, &found.q) {
            found.groups.push(group);
            return found;
        }
        let mut near = asked.near.map(|(x, y)| Near::map(place(x, y)));
        let mut what = found.q.clone();
        if let Some((before, after)) = beside(&found.q)
            && let Some((around, at)) = self.around(asked, &after)
        {
            near = Some(Near::beside(at));
            found.around = Some(around);
            what = before;
        }
        let layered = if what.is_empty() { self.beside(asked, near) } else { self.layered(asked, &what, near) };
        let best = layered.first().and_then(|best| Some((best.plan, best.raws.first()?.clone())));
        found.groups = self.groups(asked, layered, &what, found.around.as_ref());
        found.suggestions = match best {
            Some((plan, raw)) if raw.by.how == How::Slip => suggest::title(self, plan, raw.doc, asked.language),
            Some(_) => Vec::new(),
            None => suggest::instead(self, &found.q, asked.language),
        };
        found
    }

    fn is_wanted(&self, asked: &Asked, plan: usize) -> bool {
        asked.plans.as_ref().is_none_or(|plans| plans.contains(&plan))
    }

    /// The place that somebody wants to be beside of.
    fn around(&self, asked: &Asked, text: &str) -> Option<(Around, Place)> {
        let asked = Asked { plans: None, ..asked.clone() };
        for layered in self.layered(&asked, text, None) {
            for raw in &layered.raws {
                let Some(doc) = self.shards[layered.plan].get(raw.doc) else { continue };
                let Some(at) = doc.point else { continue };
                let around = Around {
                    layer: Some(self.layer(layered.plan).id.clone()),
                    id: Some(doc.id),
                    title: explain::title(self, layered.plan, doc, asked.language),
                    point: explain::degrees(at),
                };
                return Some((around, at));
            }
        }
        None
    }

    /// Addresses beside a place.
    fn beside(&self, asked: &Asked, near: Option<Near>) -> Vec<Layered> {
        let Some(near) = near else { return Vec::new() };
        let wanted = self.registers().filter(|plan| self.is_wanted(asked, *plan));
        let layered = wanted.map(|plan| {
            let docs = self.shards[plan].nearest(near.place, near.far, asked.limit, |_| true).into_iter();
            let raw = |(doc, metres): (u32, f64)| {
                let rank = 1.0 - (metres / near.far) as f32;
                Raw { doc, id: 0, score: rank, rank, by: By::near(), metres: Some(metres) }
            };
            Layered { plan, raws: docs.map(raw).collect() }
        });
        layered.filter(|layered| !layered.raws.is_empty()).collect()
    }

    /// What is found in every layer, the best layer first, each layer's best first.
    fn layered(&self, asked: &Asked, text: &str, near: Option<Near>) -> Vec<Layered> {
        let mut all: Vec<Layered> = Vec::new();
        for variant in variants(text) {
            let best = all.iter().flat_map(|layered| &layered.raws).map(|raw| raw.score).fold(0.0, f32::max);
            if best >= variant.unless {
                break;
            }
            self.variant(asked, &variant, near, &mut all);
        }
        for layered in &mut all {
            layered.raws.sort_by(|one, other| other.rank.total_cmp(&one.rank).then(one.id.cmp(&other.id)));
            let mut seen = HashSet::new();
            layered.raws.retain(|raw| seen.insert(raw.doc));
            let best = layered.raws.first().map_or(0.0, |raw| raw.rank);
            layered.raws.retain(|raw| raw.rank >= best - FAR_BELOW);
        }
        all.retain(|layered| !layered.raws.is_empty());
        all.sort_by(|one, other| other.raws[0].rank.total_cmp(&one.raws[0].rank).then(one.plan.cmp(&other.plan)));
        all
    }

    fn variant(&self, asked: &Asked, variant: &Variant, near: Option<Near>, all: &mut Vec<Layered>) {
        let readings = readings(&variant.text);
        let code = code(&variant.text).map(|code| vec![Rc::new(Term::new(&code, false, &self.dictionary))]);
        // what is nearly all digits is nothing else
        let words = self.terms(&variant.text, &readings);
        let housed = self.housed_terms(&readings, &words);
        let words = Some(words).filter(|_| letters(&variant.text) > 2 || code.is_none());
        for plan in (0..self.plans.len()).filter(|plan| self.is_wanted(asked, *plan)) {
            let most = asked.limit + 1;
            let (own, shard) = (&self.plans[plan], &*self.shards[plan]);
            let mut raws: Vec<Raw> = Vec::new();
            if own.is_register {
                raws.extend(self.addresses(plan, &readings, near, most));
            }
            let has_address = own.layer.address.is_some() && !own.is_register;
            let sets = [words.as_ref(), code.as_ref(), housed.as_ref().filter(|_| has_address)];
            for terms in sets.into_iter().flatten() {
                raws.extend(find(own, shard, terms, near, most).into_iter().map(|fit| {
                    let street = if own.names_streets() && !fit.is_code { STREET } else { 0.0 };
                    Raw {
                        doc: fit.doc,
                        id: fit.id,
                        score: fit.score,
                        rank: fit.rank + street,
                        by: By::fit(&fit),
                        metres: fit.metres,
                    }
                }));
            }
            for raw in &mut raws {
                raw.score *= variant.factor;
                raw.rank *= variant.factor;
                raw.by.is_layout = variant.is_layout;
                raw.by.typed.clone_from(&variant.text);
            }
            match all.iter_mut().find(|layered| layered.plan == plan) {
                Some(layered) => layered.raws.append(&mut raws),
                None => all.push(Layered { plan, raws }),
            }
        }
    }

    /// Houses of a register of addresses.
    fn addresses(&self, plan: usize, readings: &[Reading], near: Option<Near>, most: usize) -> Vec<Raw> {
        let shard = &self.shards[plan];
        let mut raws: Vec<Raw> = Vec::new();
        let mut caches = Caches::default();
        for (number, reading) in readings.iter().enumerate() {
            let found = shard.book.find(reading, &self.gazetteer, &mut caches);
            // equals come in another order on another node, so that they are taken or left together
            let least = found.get(most * 4).map_or(f32::MIN, |found| found.score);
            for found in found.into_iter().take_while(|found| found.score >= least) {
                let Some(doc) = shard.get(found.doc) else { continue };
                let Some((metres, cost)) = near.map_or(Some((None, 0.0)), |near| near.of(doc.point)) else { continue };
                // a reading that leaves a number to the street is less likely
                let late = 0.01 * number as f32;
                let house = match found.house {
                    _ if reading.house.is_none() => SOME_ADDRESS,
                    Fitness::Exact => THE_ADDRESS,
                    _ => ADDRESS,
                };
                let rank = found.score + house - late - cost + find::standing(doc.standing);
                raws.push(Raw {
                    doc: found.doc,
                    id: doc.id,
                    score: found.score,
                    rank,
                    by: By::address(&found, reading),
                    metres,
                });
            }
        }
        raws.sort_by(|one, other| other.rank.total_cmp(&one.rank).then(one.id.cmp(&other.id)));
        raws.truncate(most);
        raws
    }

    /// The words of a text, kinds of streets left out where there is anything else.
    fn terms(&self, text: &str, readings: &[Reading]) -> Vec<Rc<Term>> {
        let mut terms = Vec::new();
        if let Some(reading) = readings.last().filter(|reading| reading.house.is_none()) {
            for word in reading.words.iter().take(MOST_WORDS) {
                terms.push(Rc::new(Term::new(&word.text, word.is_soft, &self.dictionary)));
            }
        }
        // ТС-125/26 is a code as it is
        for code in text.split_whitespace().filter(|word| digits(word) >= 3).map(plain) {
            let pieces = name_words(&code);
            if pieces.len() > 1 {
                terms.retain(|term| !pieces.contains(&term.text));
                terms.push(Rc::new(Term::new(&code, false, &self.dictionary)));
            }
        }
        terms
    }

    /// Words of the likeliest street, which `known` has, and the house.
    fn housed_terms(&self, readings: &[Reading], known: &[Rc<Term>]) -> Option<Vec<Rc<Term>>> {
        let reading = readings.first()?;
        let house = reading.house.as_ref().filter(|_| !reading.words.is_empty())?;
        let words = reading.words.iter().take(MOST_WORDS);
        let term = |word: &Word| {
            let known = known.iter().find(|term| term.text == word.text && term.is_soft == word.is_soft).cloned();
            known.unwrap_or_else(|| Rc::new(Term::new(&word.text, word.is_soft, &self.dictionary)))
        };
        let mut terms: Vec<Rc<Term>> = words.map(term).collect();
        terms.push(Rc::new(Term::house(&house_word(house), &self.dictionary)));
        Some(terms)
    }

    fn groups(&self, asked: &Asked, all: Vec<Layered>, typed: &str, around: Option<&Around>) -> Vec<Group> {
        let alone = asked.plans.as_ref().is_some_and(|plans| plans.len() == 1);
        let mut left = asked.limit;
        let mut groups = Vec::new();
        for layered in all {
            let own = if groups.len() < 2 { IN_GROUP } else { IN_LATER_GROUP };
            let most = if alone { left } else { left.min(own) };
            if most == 0 {
                break;
            }
            let more = layered.raws.len() > most;
            let hits: Vec<Hit> = layered
                .raws
                .iter()
                .take(most)
                .filter_map(|raw| explain::hit(self, layered.plan, raw, typed, around, asked.language))
                .collect();
            left -= hits.len();
            let layer = self.layer(layered.plan);
            let title = layer.title.get(asked.language).to_owned();
            groups.push(Group { layer: Some(layer.id.clone()), title, hits, more });
        }
        groups
    }

    /// The group of a place whose coordinates are all that was typed.
    fn coordinates(&self, asked: &Asked, q: &str) -> Option<Group> {
        let points: Vec<((f64, f64), Option<&str>)> = match coordinates::read(q)? {
            Coordinates::Degrees { latitude, longitude } => vec![((longitude, latitude), None)],
            Coordinates::Either(one, other) => vec![(self.sides(one, other)?, None)],
            Coordinates::Metres(..) => {
                asked.metres.iter().map(|meant| (meant.point, Some(meant.system.as_str()))).collect()
            }
        };
        let hits: Vec<Hit> =
            points.into_iter().map(|(point, system)| self.point(point, system, asked.language)).collect();
        let title = match asked.language {
            Language::Uk => "Координати",
            Language::En => "Coordinates",
        };
        (!hits.is_empty()).then(|| Group { layer: None, title: title.to_owned(), hits, more: false })
    }

    /// Longitude and latitude of two numbers: as they put the point into the city, else into Ukraine, else as people write
    /// them, latitude first.
    fn sides(&self, one: f64, other: f64) -> Option<(f64, f64)> {
        let holds = |area: &Envelope, (x, y): (f64, f64)| {
            let (wide, high) = (area.east - area.west, area.north - area.south);
            (area.west - wide..=area.east + wide).contains(&x) && (area.south - high..=area.north + high).contains(&y)
        };
        let ways = [(other, one), (one, other)];
        let areas = self.city.into_iter().chain([UKRAINE]);
        let found = areas.flat_map(|area| ways.into_iter().find(|way| holds(&area, *way))).next();
        found.or_else(|| ways.into_iter().find(|(x, y)| x.abs() <= 180.0 && y.abs() <= 85.0))
    }

    fn point(&self, (x, y): (f64, f64), system: Option<&str>, language: Language) -> Hit {
        let nearest = self.reverse(x, y, 1, language).into_iter().next();
        let subtitle = nearest.map_or(String::new(), |hit| {
            let metres = hit.metres.unwrap_or_default().round();
            match language {
                Language::Uk => format!("найближча адреса: {} ({metres} м)", hit.title),
                Language::En => format!("nearest address: {} ({metres} m)", hit.title),
            }
        });
        let point = [x, y].map(explain::rounded);
        Hit {
            layer: None,
            id: None,
            title: format!("{:.6}, {:.6}", y, x),
            subtitle,
            marks: Vec::new(),
            why: Why { reasons: vec![Reason::Coordinates], text: system.unwrap_or_default().to_owned() },
            point: Some(point),
            bbox: Some([point[0], point[1], point[0], point[1]]),
            standing: None,
            score: 1.0,
            metres: None,
        }
    }

    /// Addresses in force around a point, the nearest first.
    pub fn reverse(&self, x: f64, y: f64, most: usize, language: Language) -> Vec<Hit> {
        const WITHIN: f64 = 2_000.0;
        let at = place(x, y);
        let mut hits: Vec<Hit> = Vec::new();
        for plan in self.registers() {
            let shard = &self.shards[plan];
            let in_force = |doc: &super::shard::Doc| find::standing(doc.standing) > -0.05;
            for (doc, metres) in shard.nearest(at, WITHIN, most, in_force) {
                let raw = Raw { doc, id: 0, score: 1.0, rank: 1.0, by: By::near(), metres: Some(metres) };
                hits.extend(explain::hit(self, plan, &raw, "", None, language));
            }
        }
        hits.sort_by(|one, other| {
            one.metres.unwrap_or_default().total_cmp(&other.metres.unwrap_or_default()).then(one.id.cmp(&other.id))
        });
        hits.truncate(most);
        hits
    }

    /// The box that a doc has on the map.
    pub fn bounds(bounds: Bounds) -> Option<[f64; 4]> {
        (!bounds.is_none()).then(|| {
            let Envelope { west, south, east, north } = bounds.envelope();
            [west, south, east, north].map(explain::rounded)
        })
    }

    /// The address that a reading most likely means, and the best of another place, for a table of addresses.
    pub fn locate(&self, text: &str) -> Vec<(usize, book::Found)> {
        let readings = readings(text);
        let mut all: Vec<(usize, book::Found)> = Vec::new();
        for plan in self.registers() {
            let mut caches = Caches::default();
            let found = readings.iter().filter(|reading| reading.house.is_some());
            all.extend(
                found
                    .flat_map(|reading| self.shards[plan].book.find(reading, &self.gazetteer, &mut caches))
                    .map(|found| (plan, found)),
            );
        }
        all.sort_by(|one, other| other.1.score.total_cmp(&one.1.score));
        all.truncate(20);
        all
    }
}

/// `аптека біля Соборної 12` as what, and beside what.
fn beside(text: &str) -> Option<(String, String)> {
    let words: Vec<&str> = text.split(' ').collect();
    let at = words.iter().position(|word| BESIDE.contains(&plain(word).as_str()))?;
    let rest: Vec<&str> = words[at + 1..]
        .iter()
        .copied()
        .skip_while(|word| matches!(plain(word).as_str(), "з" | "із" | "від" | "с" | "от" | "to"))
        .collect();
    (!rest.is_empty()).then(|| (words[..at].join(" "), rest.join(" ")))
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphabetic()).count()
}

/// A text that may be a code as a whole, written in groups.
fn code(text: &str) -> Option<String> {
    (digits(text) >= 3 && letters(text) <= 6).then(|| plain(text))
}

/// As it was typed, then as another keyboard layout would have had it.
fn variants(text: &str) -> Vec<Variant> {
    let layout = |text: String, factor, unless| Variant { text, factor, unless, is_layout: true };
    let mut all = vec![Variant { text: text.to_owned(), factor: 1.0, unless: f32::INFINITY, is_layout: false }];
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    let cyrillic = text.chars().filter(|c| is_cyrillic(*c)).count();
    if latin > cyrillic {
        all.push(layout(keyboard::as_ukrainian(text), 0.96, CERTAIN));
    } else if cyrillic > 0 {
        all.push(layout(keyboard::as_english(text), 0.92, CERTAIN_CYRILLIC));
    }
    all
}
