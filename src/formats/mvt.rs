//! Mapbox Vector Tile 2.1, written.
//!
//! Our own writer because a tile's geometry comes as integers already clipped, oriented and without empty parts, and
//! the crates that write MVT take geometry objects to take apart again (docs/decisions/0001).

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::varint::put as varint;
use crate::geom::grid::EXTENT;
use crate::geom::snap::Cell;

/// A property's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Text(&'a str),
    Integer(i64),
    Number(f64),
    Boolean(bool),
}

impl Value<'_> {
    /// Appends the value as the message `Tile.Value` (§4.4).
    pub fn encode(self, out: &mut Vec<u8>) {
        match self {
            Value::Text(text) => field_bytes(out, 1, text.as_bytes()),
            Value::Number(number) => {
                out.push(3 << 3 | 1);
                out.extend_from_slice(&number.to_le_bytes());
            }
            // int64 costs ten bytes for a negative number, sint64 does not
            Value::Integer(number) if number < 0 => field_varint(out, 6, zigzag(number)),
            Value::Integer(number) => field_varint(out, 5, number as u64),
            Value::Boolean(flag) => field_varint(out, 7, u64::from(flag)),
        }
    }
}

/// The text of an encoded value, where it is one.
pub fn text(encoded: &[u8]) -> Option<&str> {
    let sized = encoded.strip_prefix(&[1 << 3 | 2])?;
    let length = sized.iter().position(|byte| *byte < 0x80)? + 1;
    std::str::from_utf8(&sized[length..]).ok()
}

/// What kind of geometry a feature has, as the format numbers it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Point = 1,
    Line = 2,
    Polygon = 3,
}

/// The geometry of one feature as command integers (§4.3); reused from feature to feature.
#[derive(Debug, Default)]
pub struct Commands {
    kind: Kind,
    bytes: Vec<u8>,
    cursor: Cell,
}

const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

impl Commands {
    /// Begins a geometry.
    pub fn begin(&mut self, kind: Kind) {
        self.kind = kind;
        self.bytes.clear();
        self.cursor = [0, 0];
    }

    pub fn points(&mut self, points: &[Cell]) {
        self.command(MOVE_TO, points.len());
        points.iter().for_each(|point| self.step(*point));
    }

    /// A line of two points or more.
    pub fn line(&mut self, points: &[Cell]) {
        let Some((first, rest)) = points.split_first() else { return };
        self.command(MOVE_TO, 1);
        self.step(*first);
        self.command(LINE_TO, rest.len());
        rest.iter().for_each(|point| self.step(*point));
    }

    /// A ring without its closing point. An exterior (positive area) comes before its holes (negative).
    pub fn ring(&mut self, points: &[Cell]) {
        self.line(points);
        self.command(CLOSE_PATH, 1);
    }

    fn command(&mut self, id: u32, count: usize) {
        varint(&mut self.bytes, u64::from(id) | (count as u64) << 3);
    }

    fn step(&mut self, point: Cell) {
        for (to, from) in point.iter().zip(self.cursor) {
            varint(&mut self.bytes, zigzag((to - from).into()));
        }
        self.cursor = point;
    }
}

/// One layer of a tile while it is being written.
pub struct LayerWriter {
    name: String,
    keys: Vec<String>,
    values: HashMap<Box<[u8]>, u32, RandomState>,
    encoded_values: Vec<u8>,
    features: Vec<u8>,
    tags: Vec<u8>,
}

impl LayerWriter {
    /// `keys` are all property names that features may carry; they are referred to by index.
    pub fn new(name: impl Into<String>, keys: Vec<String>) -> Self {
        Self {
            name: name.into(),
            keys,
            values: HashMap::default(),
            encoded_values: Vec::new(),
            features: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// The index of a property name, which the layer holds once.
    pub fn key(&mut self, name: &str) -> u32 {
        let index = self.keys.iter().position(|key| key == name).unwrap_or_else(|| {
            self.keys.push(name.to_owned());
            self.keys.len() - 1
        });
        index as u32
    }

    /// The index of an encoded value, which the layer holds once.
    pub fn value(&mut self, encoded: &[u8]) -> u32 {
        if let Some(index) = self.values.get(encoded) {
            return *index;
        }
        let next = self.values.len() as u32;
        field_bytes(&mut self.encoded_values, 4, encoded);
        self.values.insert(encoded.into(), next);
        next
    }

    /// Adds a feature; `tags` are pairs of a key's and a value's index.
    pub fn feature(&mut self, id: Option<u64>, tags: impl IntoIterator<Item = [u32; 2]>, geometry: &Commands) {
        self.tags.clear();
        for tag in tags.into_iter().flatten() {
            varint(&mut self.tags, tag.into());
        }
        let id_size = id.map_or(0, |id| 1 + varint_size(id));
        let tags_size = if self.tags.is_empty() { 0 } else { sized(self.tags.len()) };
        let size = id_size + tags_size + 2 + sized(geometry.bytes.len());
        varint(&mut self.features, 2 << 3 | 2);
        varint(&mut self.features, size as u64);
        if let Some(id) = id {
            field_varint(&mut self.features, 1, id);
        }
        if !self.tags.is_empty() {
            field_bytes(&mut self.features, 2, &self.tags);
        }
        field_varint(&mut self.features, 3, geometry.kind as u64);
        field_bytes(&mut self.features, 4, &geometry.bytes);
    }

    /// Appends the layer to a tile; an empty layer is left out.
    pub fn finish(self, tile: &mut Vec<u8>) {
        if self.features.is_empty() {
            return;
        }
        let mut head = Vec::with_capacity(64);
        field_varint(&mut head, 15, 2);
        field_bytes(&mut head, 1, self.name.as_bytes());
        let mut tail = Vec::with_capacity(64);
        self.keys.iter().for_each(|key| field_bytes(&mut tail, 3, key.as_bytes()));
        let mut extent = Vec::with_capacity(4);
        field_varint(&mut extent, 5, EXTENT as u64);
        let parts = [&head, &self.features, &tail, &self.encoded_values, &extent];
        let size = parts.iter().map(|part| part.len()).sum::<usize>();
        tile.reserve(size + 8);
        varint(tile, 3 << 3 | 2);
        varint(tile, size as u64);
        parts.iter().for_each(|part| tile.extend_from_slice(part));
    }
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn varint_size(number: u64) -> usize {
    (64 - (number | 1).leading_zeros() as usize).div_ceil(7)
}

/// Size of a field with so many bytes, its key and length included.
fn sized(bytes: usize) -> usize {
    1 + varint_size(bytes as u64) + bytes
}

fn field_varint(out: &mut Vec<u8>, field: u64, number: u64) {
    varint(out, field << 3);
    varint(out, number);
}

fn field_bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use fast_mvt::MvtReaderRef;

    fn value(layer: &mut LayerWriter, value: Value<'_>) -> u32 {
        let mut encoded = Vec::new();
        value.encode(&mut encoded);
        layer.value(&encoded)
    }

    #[test]
    fn a_written_layer_is_read_back_by_another_implementation() {
        let mut layer = LayerWriter::new("kiosks", vec!["title".to_owned(), "area".to_owned()]);
        let mut geometry = Commands::default();
        geometry.begin(Kind::Polygon);
        geometry.ring(&[[0, 0], [10, 0], [10, 10], [0, 10]]);
        let tags = [[0, value(&mut layer, Value::Text("Кава"))], [1, value(&mut layer, Value::Number(2.5))]];
        layer.feature(Some(7), tags, &geometry);
        geometry.begin(Kind::Point);
        geometry.points(&[[5, -3]]);
        let tags = [[0, value(&mut layer, Value::Text("Кава"))], [1, value(&mut layer, Value::Integer(-2))]];
        layer.feature(None, tags, &geometry);
        let mut tile = Vec::new();
        layer.finish(&mut tile);

        let reader = MvtReaderRef::new(&tile).unwrap();
        let layer = reader.layers().next().unwrap();
        let features: Vec<_> = layer.features().collect();
        assert_eq!(features.len(), 2);
        assert_eq!(features[0].id(), Some(7));
        assert_eq!(features[0].properties().count(), 2);
        assert_eq!(features[0].geometry_commands(), [9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15]);
        assert_eq!(features[1].geometry_commands(), [9, 10, 5]);
        assert_eq!(features[1].properties().next().unwrap().unwrap().0, "title");
    }

    #[test]
    fn a_text_comes_out_of_its_encoding() {
        for length in [0, 1, 127, 128, 300] {
            let (long, mut encoded) = ("я".repeat(length), Vec::new());
            Value::Text(&long).encode(&mut encoded);
            assert_eq!(text(&encoded), Some(long.as_str()));
        }
        let mut number = Vec::new();
        Value::Integer(5).encode(&mut number);
        assert_eq!(text(&number), None);
    }

    #[test]
    fn sizes_are_what_is_written() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::MAX] {
            let mut out = Vec::new();
            varint(&mut out, number);
            assert_eq!(out.len(), varint_size(number), "{number}");
        }
    }

    #[test]
    fn an_empty_layer_leaves_no_bytes() {
        let mut tile = Vec::new();
        LayerWriter::new("kiosks", Vec::new()).finish(&mut tile);
        assert!(tile.is_empty());
    }
}
