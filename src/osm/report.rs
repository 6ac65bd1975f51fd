//! What a reading of an extract tells: how much was read, what came out, and what did not, and why.

use std::collections::BTreeMap;
use std::fmt;

/// How many samples a row of [`Skipped`] keeps. The rest is only counted.
pub const SAMPLES: usize = 5;

/// The three kinds of OpenStreetMap object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    Node,
    Way,
    Relation,
}

/// An object's identity in OpenStreetMap; shown as `way/123`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId {
    pub kind: ObjectKind,
    pub id: i64,
}

impl ObjectId {
    pub fn node(id: i64) -> Self {
        Self { kind: ObjectKind::Node, id }
    }

    pub fn way(id: i64) -> Self {
        Self { kind: ObjectKind::Way, id }
    }

    pub fn relation(id: i64) -> Self {
        Self { kind: ObjectKind::Relation, id }
    }

    /// The identity that registers keep: `osm:way/123`.
    pub fn uid(self) -> String {
        format!("osm:{self}")
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ObjectKind::Node => "node",
            ObjectKind::Way => "way",
            ObjectKind::Relation => "relation",
        };
        write!(f, "{kind}/{}", self.id)
    }
}

/// Why something of the extract did not reach a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The ends of a ring's ways do not meet.
    NotClosed,
    /// A relation's member way (or member relation) is not in the extract.
    MissingMember,
    /// A way's node is not in the extract.
    MissingNode,
    /// Fewer than two different points in a line, or three in a ring.
    TooFewPoints,
    /// A ring that encloses nothing.
    NoArea,
    /// A relation without a usable outer ring.
    NoOuterRing,
    /// A hole that lies outside every outer ring.
    HoleOutside,
    /// Two rings of one area that are the same ring.
    RepeatedRing,
    /// A role (inner, outer) that says the opposite of where the ring lies.
    WrongRole,
    /// Rings that cross or overlap themselves or each other; redrawn by the even-odd rule.
    CrossedItself,
    /// More rings or points than are worth the work.
    TooComplex,
    /// The outline is drawn a second time by a relation, which was taken.
    DrawnByRelation,
    /// The layer must have a name, and the object has none.
    NoName,
    /// A kind of object that the register does not keep.
    OtherKind,
    /// A point, or a relation that is no area, for a layer of areas.
    NotAnArea,
    /// A house number without a street and without a place.
    NoStreet,
    /// House numbers that are only interpolated along a line.
    Interpolated,
    /// Coordinates outside the world.
    BadCoordinates,
    /// A value that could not be read, or that the register does not allow.
    BadValue,
}

impl Reason {
    /// The reason in words, without the object it is about.
    pub fn text(self) -> &'static str {
        match self {
            Reason::NotClosed => "ring is not closed",
            Reason::MissingMember => "a member is missing from the extract",
            Reason::MissingNode => "a node is missing from the extract",
            Reason::TooFewPoints => "too few points",
            Reason::NoArea => "ring encloses nothing",
            Reason::NoOuterRing => "no usable outer ring",
            Reason::HoleOutside => "hole lies outside every outer ring",
            Reason::RepeatedRing => "the same ring is there twice",
            Reason::WrongRole => "role does not agree with where the ring lies",
            Reason::CrossedItself => "outline crosses itself and was redrawn",
            Reason::TooComplex => "too many rings or points",
            Reason::DrawnByRelation => "the same outline is drawn by a relation",
            Reason::NoName => "no name",
            Reason::OtherKind => "a kind that the register does not keep",
            Reason::NotAnArea => "not drawn as an area",
            Reason::NoStreet => "house number without a street or place",
            Reason::Interpolated => "house numbers are only interpolated along a line",
            Reason::BadCoordinates => "coordinates are outside the world",
            Reason::BadValue => "a value is not understood or not allowed",
        }
    }
}

/// One object that a row of [`Skipped`] counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub object: ObjectId,
    /// What exactly, such as `way/55 is missing`; may be empty.
    pub detail: String,
}

/// How often one thing happened in one layer, with the first [`SAMPLES`] objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    pub count: u64,
    pub samples: Vec<Sample>,
}

/// Counts by layer and reason. Shown one row a line:
/// `buildings: ring is not closed: 2, such as relation/123 (way/55 is missing)`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    rows: BTreeMap<(&'static str, Reason), Row>,
}

impl Skipped {
    /// Counts one object; keeps it as a sample if there are few yet. `detail` is only called then.
    pub fn add(&mut self, layer: &'static str, reason: Reason, object: ObjectId, detail: impl FnOnce() -> String) {
        let row = self.rows.entry((layer, reason)).or_default();
        row.count = row.count.saturating_add(1);
        if row.samples.len() < SAMPLES {
            row.samples.push(Sample { object, detail: detail() });
        }
    }

    /// Rows ordered by layer, then reason.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, Reason, &Row)> {
        self.rows.iter().map(|((layer, reason), row)| (*layer, *reason, row))
    }

    /// How often `reason` happened in `layer`.
    pub fn count(&self, layer: &str, reason: Reason) -> u64 {
        self.rows().filter(|(name, why, _)| *name == layer && *why == reason).map(|(_, _, row)| row.count).sum()
    }

    /// All rows' counts together.
    pub fn total(&self) -> u64 {
        self.rows.values().fold(0, |sum, row| sum.saturating_add(row.count))
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (layer, reason, row) in self.rows() {
            write!(f, "{layer}: {}: {}", reason.text(), row.count)?;
            for (at, sample) in row.samples.iter().enumerate() {
                f.write_str(if at == 0 { ", such as " } else { ", " })?;
                write!(f, "{}", sample.object)?;
                if !sample.detail.is_empty() {
                    write!(f, " ({})", sample.detail)?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// The whole account of one reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects in the file, used or not.
    pub nodes: u64,
    pub ways: u64,
    pub relations: u64,
    /// Features handed out, by layer.
    pub features: BTreeMap<&'static str, u64>,
    /// Objects that belong to a layer and were not handed out.
    pub skipped: Skipped,
    /// Objects that were handed out, but with something left out or redrawn.
    pub incomplete: Skipped,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "read: {} nodes, {} ways, {} relations", self.nodes, self.ways, self.relations)?;
        for (layer, count) in &self.features {
            writeln!(f, "{layer}: {count} features")?;
        }
        writeln!(f, "skipped: {}", self.skipped.total())?;
        write!(f, "{}", self.skipped)?;
        writeln!(f, "taken with something left out: {}", self.incomplete.total())?;
        write!(f, "{}", self.incomplete)
    }
}

/// The parts of a reading, in their order; each goes through (a part of) the file once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Every block is checked and counted; relations and address points are found.
    Check,
    /// The ways that matter are found.
    Ways,
    /// The coordinates of their nodes are gathered.
    Nodes,
    /// Lines and areas are built and handed out.
    Shapes,
    /// Address points are handed out.
    Addresses,
}

/// How far a reading is. Both numbers are bytes of the file and begin anew with each phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    pub done: u64,
    pub total: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_everything_and_keeps_the_first_samples() {
        let mut skipped = Skipped::default();
        for id in 0..20 {
            skipped.add("buildings", Reason::NotClosed, ObjectId::relation(id), || "way/55 is missing".into());
        }
        assert_eq!(skipped.total(), 20);
        assert_eq!(skipped.count("buildings", Reason::NotClosed), 20);
        let text = skipped.to_string();
        assert!(
            text.starts_with("buildings: ring is not closed: 20, such as relation/0 (way/55 is missing), "),
            "{text}"
        );
        assert!(!text.contains("relation/5"));
    }
}
