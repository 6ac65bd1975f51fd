//! Records of a layer by what was typed: every word meant by one of theirs, the rarest word leading.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use foldhash::fast::RandomState;

use super::dictionary::{ByWord, Dictionary, How, Meant, by_word};
use super::plan::{Part, Plan};
use super::shard::{Doc, Shard, metres};
use crate::catalogue::layer::Standing;
use crate::geom::world::Place;
use crate::text::code;
use crate::text::fold::sound;

/// Records that are looked at closely: those with the rarest of several words, and those of a single one, of which any
/// are as good as the others.
const MOST_LOOKED_AT: usize = 1500;
const MOST_OF_ONE: usize = 100;
/// How many postings may be counted for each record that may fit.
const MOST_POSTINGS: usize = 50;
/// Records whose code begins as the typed one does.
const MOST_CODES: usize = 200;
/// Shorter parts of codes fit too many.
const SHORTEST_CODE: usize = 3;
/// How much a word counts that is not of the name.
const ELSEWHERE: f32 = 0.93;
const FORMER: f32 = 0.97;
/// A word of the layer's title, for a record that has it nowhere itself.
const TOPIC: f32 = 0.8;
/// What each word of the name that was not typed costs.
const LEFT_OUT: f32 = 0.012;
/// Records of a layer that are taken where nothing but its title was typed.
const MOST_OF_TOPIC: usize = 50;

/// A place that nearer records are preferred for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    pub place: Place,
    /// What being `far` away or further costs.
    pub weight: f32,
    /// Metres.
    pub far: f64,
    /// Whether what is further away is none at all.
    pub is_bound: bool,
}

impl Near {
    /// The middle of somebody's map.
    pub fn map(place: Place) -> Self {
        Self { place, weight: 0.04, far: 20_000.0, is_bound: false }
    }

    /// What somebody wants something beside of.
    pub fn beside(place: Place) -> Self {
        Self { place, weight: 0.5, far: 3_000.0, is_bound: true }
    }

    /// Metres to a record, and what they cost; none where it is out of reach.
    pub fn of(self, point: Option<Place>) -> Option<(Option<f64>, f32)> {
        let Some(metres) = point.map(|point| metres(self.place, point)) else {
            return (!self.is_bound).then_some((None, self.weight));
        };
        let cost = self.weight * (metres / self.far).min(1.0) as f32;
        (!self.is_bound || metres <= self.far).then_some((Some(metres), cost))
    }
}

/// A typed word, with what it may mean.
pub struct Term {
    pub text: String,
    sound: String,
    meant: ByWord,
    /// The bare code, where it can be one.
    code: Option<String>,
    /// It need not be found.
    pub is_soft: bool,
}

impl Term {
    /// `text`: plain.
    pub fn new(text: &str, is_soft: bool, dictionary: &Dictionary) -> Self {
        let bare = code::bare(text);
        let has_digit = bare.bytes().any(|byte| byte.is_ascii_digit());
        Self {
            sound: sound(text),
            meant: by_word(dictionary.meant(text)),
            code: (has_digit && bare.len() >= SHORTEST_CODE && !text.starts_with('#')).then_some(bare),
            is_soft,
            text: text.to_owned(),
        }
    }

    /// What stands for the number of a house: that and nothing like it.
    pub fn house(word: &str, dictionary: &Dictionary) -> Self {
        let exact = dictionary.get(word).map(|word| (word, dictionary.as_meant(word, 1.0, How::Exact)));
        let meant = exact.into_iter().collect();
        Self { sound: String::new(), meant, code: None, is_soft: false, text: word.to_owned() }
    }
}

/// A record that fits, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    pub doc: u32,
    pub id: i64,
    /// Up to 1: how well it fits.
    pub score: f32,
    /// By what it is put in order: the score, and what speaks for or against the record otherwise.
    pub rank: f32,
    pub how: How,
    /// Whether a word of the name was typed with a slip.
    pub has_slip_in_name: bool,
    /// The place among the plan's searched fields of what is not of the name; one more than there are for the address.
    pub by: Option<usize>,
    pub is_code: bool,
    /// A word of the name that is not typed right, as the name has it.
    pub slip: Option<u32>,
    pub metres: Option<f64>,
}

/// How a term is met in a layer.
struct Met<'t> {
    term: &'t Term,
    cost: usize,
    /// Docs with such a code, and whether it is the whole of it.
    codes: HashMap<u32, f32, RandomState>,
    is_topic: bool,
}

impl Met<'_> {
    fn is_there(&self) -> bool {
        self.cost > 0 || !self.codes.is_empty()
    }
}

/// The records that fit, the best first, no more than `most`.
pub fn find(plan: &Plan, shard: &Shard, terms: &[Rc<Term>], near: Option<Near>, most: usize) -> Vec<Fit> {
    let met: Vec<Met<'_>> = terms.iter().map(|term| meet(plan, shard, term)).collect();
    let needed: Vec<&Met<'_>> = met.iter().filter(|met| !met.term.is_soft).collect();
    let missing = needed.iter().filter(|met| !met.is_there() && !met.is_topic).count();
    if needed.is_empty() || missing > allowed(needed.len()) {
        return Vec::new();
    }
    let allowed = allowed(needed.len());
    let mut fits: Vec<Fit> = candidates(plan, shard, &needed, allowed, near)
        .into_iter()
        .filter_map(|doc| fit(plan, shard.get(doc)?, doc, &met, allowed, near))
        .collect();
    fits.sort_unstable_by(|one, other| other.rank.total_cmp(&one.rank).then(one.id.cmp(&other.id)));
    fits.truncate(most);
    fits
}

/// How many of so many words may be missing.
fn allowed(words: usize) -> usize {
    words / 3
}

fn meet<'t>(plan: &Plan, shard: &Shard, term: &'t Term) -> Met<'t> {
    let cost = postings(plan, shard, term).map(<[u32]>::len).sum();
    let mut codes: HashMap<u32, f32, RandomState> = HashMap::default();
    if let Some(typed) = &term.code {
        let range = code::beginning_with(typed);
        let exact = code::exactly(typed);
        for (key, doc) in shard.codes.range((range.start, 0)..(range.end, 0)).take(MOST_CODES) {
            let likeness = codes.entry(*doc).or_default();
            *likeness = likeness.max(if *key == exact { 1.0 } else { 0.9 });
        }
    }
    Met { term, cost, codes, is_topic: plan.is_topic(&term.sound) }
}

/// The docs of every word that a term may mean in a layer.
fn postings<'s>(plan: &Plan, shard: &'s Shard, term: &Term) -> impl Iterator<Item = &'s [u32]> {
    let own = term.meant.values().filter(|meant| meant.owners & plan.owner != 0);
    own.map(|meant| shard.with_word(meant.word))
}

/// Docs that have what is rarest of what was typed, and enough of the rest.
fn candidates(plan: &Plan, shard: &Shard, needed: &[&Met<'_>], allowed: usize, near: Option<Near>) -> Vec<u32> {
    let rarest = needed.iter().filter(|met| met.is_there()).min_by_key(|met| met.cost + met.codes.len());
    let Some(rarest) = rarest else {
        // nothing but the layer's own title
        return match near {
            Some(near) => {
                shard.nearest(near.place, near.far, MOST_OF_TOPIC, |_| true).into_iter().map(|(doc, _)| doc).collect()
            }
            None => first(shard),
        };
    };
    let mut words: Vec<&Meant> = rarest.term.meant.values().collect();
    words.sort_by(|one, other| other.likeness.total_cmp(&one.likeness).then(one.word.cmp(&other.word)));
    let mut seen: HashSet<u32, RandomState> = rarest.codes.keys().copied().collect();
    let most = if needed.len() == 1 { MOST_OF_ONE } else { MOST_LOOKED_AT };
    for meant in words {
        if seen.len() >= most {
            break;
        }
        seen.extend(shard.with_word(meant.word).iter().take(most));
    }
    with_enough(plan, shard, needed, seen, allowed)
}

/// Leaves those docs that lack no more of what is needed than is allowed. A doc is far away in memory, and postings are close
/// together: so few docs are looked at.
fn with_enough(
    plan: &Plan,
    shard: &Shard,
    needed: &[&Met<'_>],
    docs: HashSet<u32, RandomState>,
    allowed: usize,
) -> Vec<u32> {
    // what would take too long to count is taken to be there
    let most = docs.len() * MOST_POSTINGS;
    let counted: Vec<_> = needed.iter().filter(|met| !met.is_topic && met.cost <= most).collect();
    if counted.len() <= allowed {
        return docs.into_iter().collect();
    }
    let mut masks: HashMap<u32, u32, RandomState> = docs.into_iter().map(|doc| (doc, 0)).collect();
    for (bit, met) in counted.iter().enumerate() {
        for doc in postings(plan, shard, met.term).flatten().chain(met.codes.keys()) {
            if let Some(mask) = masks.get_mut(doc) {
                *mask |= 1 << bit;
            }
        }
    }
    let enough = (counted.len() - allowed) as u32;
    masks.into_iter().filter(|(_, mask)| mask.count_ones() >= enough).map(|(doc, _)| doc).collect()
}

/// The records with the least ids: the same on every node.
fn first(shard: &Shard) -> Vec<u32> {
    let mut docs: Vec<(i64, u32)> = shard.docs().map(|(number, doc)| (doc.id, number)).collect();
    if docs.len() > MOST_OF_TOPIC {
        docs.select_nth_unstable(MOST_OF_TOPIC);
        docs.truncate(MOST_OF_TOPIC);
    }
    docs.into_iter().map(|(_, number)| number).collect()
}

fn fit(plan: &Plan, doc: &Doc, number: u32, met: &[Met<'_>], allowed: usize, near: Option<Near>) -> Option<Fit> {
    let (mut sum, mut count, mut missing) = (0.0, 0.0, 0);
    let (mut how, mut by, mut slip, mut is_code, mut in_title) = (How::Exact, None, None, false, 0);
    let mut has_slip_in_name = false;
    for met in met {
        let code = met.codes.get(&number).copied();
        let own = doc.words.iter().filter_map(|(word, field)| {
            let meant = met.term.meant.get(word)?;
            Some((meant.likeness * weight(plan, *field), meant, *field))
        });
        let own = own.max_by(|one, other| one.0.total_cmp(&other.0));
        let topic = if met.is_topic { TOPIC } else { 0.0 };
        match (own, code) {
            (own, Some(code)) if own.is_none_or(|own| own.0 <= code) => {
                is_code = true;
                sum += code;
                count += 1.0;
            }
            (Some((likeness, meant, field)), _) if likeness >= topic => {
                sum += likeness;
                count += 1.0;
                if meant.how >= how {
                    how = meant.how;
                    slip = (meant.how >= How::Slip).then_some(meant.word).or(slip);
                }
                match part(plan, field) {
                    Some(Part::Name) => {
                        in_title += 1;
                        has_slip_in_name |= meant.how == How::Slip;
                    }
                    _ => by = Some(usize::from(field)),
                }
            }
            _ if met.is_topic => {
                sum += TOPIC;
                count += 1.0;
            }
            _ if met.term.is_soft => {}
            _ => {
                missing += 1;
                count += 1.0;
            }
        }
    }
    if missing > allowed || sum == 0.0 {
        return None;
    }
    let left_out = usize::from(doc.title_words).saturating_sub(in_title).min(6) as f32 * LEFT_OUT;
    let score = sum / count - left_out;
    let (metres, cost) = near.map_or(Some((None, 0.0)), |near| near.of(doc.point))?;
    let rank = score + standing(doc.standing) - cost;
    Some(Fit { doc: number, id: doc.id, score, rank, how, has_slip_in_name, by, is_code, slip, metres })
}

fn part(plan: &Plan, field: u8) -> Option<Part> {
    plan.searched.get(usize::from(field)).map(|searched| searched.part)
}

fn weight(plan: &Plan, field: u8) -> f32 {
    match part(plan, field) {
        Some(Part::Name) => 1.0,
        Some(Part::Former) => FORMER,
        _ => ELSEWHERE,
    }
}

/// What is in force comes before what was.
pub fn standing(standing: Option<Standing>) -> f32 {
    match standing {
        None | Some(Standing::Valid | Standing::Active | Standing::Late) => 0.0,
        Some(Standing::Planned | Standing::Suspended) => -0.01,
        Some(Standing::Done | Standing::Expired | Standing::Annulled) => -0.05,
    }
}
