//! Features that lie near each other, in flat arrays: points, parts, attributes, values.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use twox_hash::XxHash3_128;

use crate::geom::shape::{Part, Role, Shapes};
use crate::geom::world::{Bounds, Place};

/// Stands in a feature's attributes where a column has no value.
pub const NOTHING: u32 = u32::MAX;

/// What is known of one feature without its geometry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feature {
    pub id: i64,
    pub bounds: Bounds,
    /// How long it stays where a tile would be too large; positive, in an order of the layer's own.
    pub rank: f32,
    /// Where its name is written; of polygons only.
    pub label: Place,
    first_part: u32,
    parts: u32,
    attributes: u32,
}

/// A finished cell.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    bounds: Option<Bounds>,
    columns: usize,
    /// By id.
    features: Vec<Feature>,
    shapes: Shapes,
    /// For each feature and column the index of its value, or [`NOTHING`].
    attributes: Vec<u32>,
    values: Values,
}

/// Values as MVT writes them, each once.
#[derive(Debug, Clone, Default)]
struct Values {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Values {
    fn get(&self, index: u32) -> &[u8] {
        let index = index as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start as usize..self.ends[index] as usize]
    }
}

impl Cell {
    /// The box around its features.
    pub fn bounds(&self) -> Bounds {
        self.bounds.unwrap_or(Bounds::NONE)
    }

    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    pub fn find(&self, id: i64) -> Option<usize> {
        self.features.binary_search_by_key(&id, |feature| feature.id).ok()
    }

    /// How many distinct values the cell holds: [`Cell::value`] takes indices below.
    pub fn value_count(&self) -> usize {
        self.values.ends.len()
    }

    pub fn value(&self, index: u32) -> &[u8] {
        self.values.get(index)
    }

    /// The feature's value indices, one for each column.
    pub fn attributes(&self, feature: &Feature) -> &[u32] {
        let start = feature.attributes as usize * self.columns;
        &self.attributes[start..start + self.columns]
    }

    /// The feature's parts in order.
    pub fn parts(&self, feature: &Feature) -> impl Iterator<Item = (Role, &[Place])> {
        let first = feature.first_part as usize;
        self.shapes.parts(first..first + feature.parts as usize)
    }

    /// How many points the feature has.
    pub fn points(&self, feature: &Feature) -> usize {
        self.parts(feature).map(|(_, points)| points.len()).sum()
    }

    /// Whether two features look the same on the map.
    pub fn same(&self, own: usize, other: &Self, others: usize) -> bool {
        let (a, b) = (&self.features[own], &other.features[others]);
        let values = self.attributes(a).iter().zip(other.attributes(b));
        a.rank == b.rank
            && self.columns == other.columns
            && self.parts(a).eq(other.parts(b))
            && values.into_iter().all(|(&a, &b)| match (a, b) {
                (NOTHING, _) | (_, NOTHING) => a == b,
                (a, b) => self.value(a) == other.value(b),
            })
    }

    /// A number that stands for all that is known of the feature; `bytes` is scratch.
    pub fn fingerprint(&self, feature: &Feature, bytes: &mut Vec<u8>) -> u128 {
        bytes.clear();
        bytes.extend(feature.id.to_le_bytes());
        bytes.extend(feature.rank.to_bits().to_le_bytes());
        for (role, points) in self.parts(feature) {
            bytes.push(role as u8);
            bytes.extend(points.iter().flatten().flat_map(|part| part.to_le_bytes()));
        }
        for &value in self.attributes(feature) {
            let value = if value == NOTHING { &[][..] } else { self.value(value) };
            bytes.extend((value.len() as u32).to_le_bytes());
            bytes.extend(value);
        }
        XxHash3_128::oneshot(bytes)
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        size_of::<Self>()
            + self.features.capacity() * size_of::<Feature>()
            + self.shapes.points.capacity() * size_of::<Place>()
            + self.shapes.parts.capacity() * size_of::<Part>()
            + self.attributes.capacity() * size_of::<u32>()
            + self.values.bytes.capacity()
            + self.values.ends.capacity() * size_of::<u32>()
    }
}

/// A cell being filled.
#[derive(Debug, Default)]
pub struct Builder {
    cell: Cell,
    known: HashMap<Box<[u8]>, u32, RandomState>,
}

impl Builder {
    /// Adds a feature whose parts the caller read into `shapes`; `values` has an encoded value or nothing for each
    /// column.
    pub fn add<'v>(
        &mut self,
        id: i64,
        shapes: &Shapes,
        rank: f32,
        label: Place,
        values: impl Iterator<Item = Option<&'v [u8]>>,
    ) {
        let parts = shapes.parts(0..shapes.parts.len());
        self.push(id, parts, rank, label, values);
    }

    /// Adds the features of another cell that `keep` wants.
    pub fn copy(&mut self, from: &Cell, keep: impl Fn(i64) -> bool) {
        for feature in from.features.iter().filter(|feature| keep(feature.id)) {
            let values = from.attributes(feature).iter().map(|&index| (index != NOTHING).then(|| from.value(index)));
            self.push(feature.id, from.parts(feature), feature.rank, feature.label, values);
        }
    }

    fn push<'p, 'v>(
        &mut self,
        id: i64,
        parts: impl Iterator<Item = (Role, &'p [Place])>,
        rank: f32,
        label: Place,
        values: impl Iterator<Item = Option<&'v [u8]>>,
    ) {
        let first_part = self.cell.shapes.parts.len() as u32;
        let mut bounds = Bounds::NONE;
        for (role, points) in parts {
            bounds = bounds.united(Bounds::of(points));
            self.cell.shapes.points.extend_from_slice(points);
            self.cell.shapes.parts.push(Part { role, end: self.cell.shapes.points.len() as u32 });
        }
        let parts = self.cell.shapes.parts.len() as u32 - first_part;
        if parts == 0 {
            return;
        }
        let begun = self.cell.attributes.len();
        for value in values {
            let index = value.map_or(NOTHING, |value| self.intern(value));
            self.cell.attributes.push(index);
        }
        self.cell.columns = self.cell.attributes.len() - begun;
        let attributes = self.cell.features.len() as u32;
        self.cell.bounds = Some(self.cell.bounds().united(bounds));
        self.cell.features.push(Feature { id, bounds, rank, label, first_part, parts, attributes });
    }

    fn intern(&mut self, value: &[u8]) -> u32 {
        if let Some(index) = self.known.get(value) {
            return *index;
        }
        let index = self.cell.values.ends.len() as u32;
        self.cell.values.bytes.extend_from_slice(value);
        self.cell.values.ends.push(self.cell.values.bytes.len() as u32);
        self.known.insert(value.into(), index);
        index
    }

    pub fn finish(mut self) -> Cell {
        self.cell.features.sort_by_key(|feature| feature.id);
        self.cell.features.shrink_to_fit();
        self.cell.shapes.points.shrink_to_fit();
        self.cell.shapes.parts.shrink_to_fit();
        self.cell.attributes.shrink_to_fit();
        self.cell.values.bytes.shrink_to_fit();
        self.cell.values.ends.shrink_to_fit();
        self.cell
    }
}
