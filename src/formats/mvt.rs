//! Mapbox Vector Tile 2.1, written.
//!
//! Our own writer because a tile's geometry comes as integers already clipped, oriented and without empty parts, and
//! the crates that write MVT take geometry objects to take apart again (docs/decisions/0001).

use std::collections::HashMap;

use crate::geom::grid::EXTENT;
use crate::geom::snap::{Cell, Geometry};

/// A property's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Text(&'a str),
    Integer(i64),
    Number(f64),
    Boolean(bool),
}

/// One layer of a tile while it is being written.
pub struct LayerWriter {
    name: String,
    keys: Vec<String>,
    values: HashMap<Vec<u8>, u32>,
    encoded_values: Vec<u8>,
    features: Vec<u8>,
    empty: bool,
}

const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

impl LayerWriter {
    /// `keys` are all property names that features may carry; they are referred to by index.
    pub fn new(name: &str, keys: Vec<String>) -> Self {
        Self {
            name: name.to_owned(),
            keys,
            values: HashMap::new(),
            encoded_values: Vec::new(),
            features: Vec::new(),
            empty: true,
        }
    }

    /// Adds a feature; `properties` are pairs of a key's index and a value.
    pub fn feature<'a>(
        &mut self,
        id: Option<u64>,
        geometry: &Geometry,
        properties: impl IntoIterator<Item = (usize, Value<'a>)>,
    ) {
        let mut tags = Vec::new();
        for (key, value) in properties {
            varint(&mut tags, key as u64);
            let index = self.intern(&value);
            varint(&mut tags, index.into());
        }
        let (kind, commands) = commands(geometry);
        let mut feature = Vec::with_capacity(tags.len() + commands.len() + 24);
        if let Some(id) = id {
            field_varint(&mut feature, 1, id);
        }
        if !tags.is_empty() {
            field_bytes(&mut feature, 2, &tags);
        }
        field_varint(&mut feature, 3, kind);
        field_bytes(&mut feature, 4, &commands);
        field_bytes(&mut self.features, 2, &feature);
        self.empty = false;
    }

    pub fn is_empty(&self) -> bool {
        self.empty
    }

    /// Appends the layer to a tile; an empty layer is left out.
    pub fn finish(self, tile: &mut Vec<u8>) {
        if self.empty {
            return;
        }
        let mut layer = Vec::with_capacity(self.features.len() + self.encoded_values.len() + 256);
        field_varint(&mut layer, 15, 2);
        field_bytes(&mut layer, 1, self.name.as_bytes());
        layer.extend_from_slice(&self.features);
        for key in &self.keys {
            field_bytes(&mut layer, 3, key.as_bytes());
        }
        layer.extend_from_slice(&self.encoded_values);
        field_varint(&mut layer, 5, EXTENT as u64);
        field_bytes(tile, 3, &layer);
    }

    fn intern(&mut self, value: &Value<'_>) -> u32 {
        let mut encoded = Vec::with_capacity(16);
        match value {
            Value::Text(text) => field_bytes(&mut encoded, 1, text.as_bytes()),
            Value::Number(number) => {
                encoded.push(3 << 3 | 1);
                encoded.extend_from_slice(&number.to_le_bytes());
            }
            // int64 costs ten bytes for a negative number, sint64 does not
            Value::Integer(number) if *number < 0 => field_varint(&mut encoded, 6, zigzag(*number)),
            Value::Integer(number) => field_varint(&mut encoded, 5, *number as u64),
            Value::Boolean(flag) => field_varint(&mut encoded, 7, u64::from(*flag)),
        }
        let next = self.values.len() as u32;
        if let Some(index) = self.values.get(&encoded) {
            return *index;
        }
        field_bytes(&mut self.encoded_values, 4, &encoded);
        self.values.insert(encoded, next);
        next
    }
}

/// The geometry type and the command integers (§4.3).
fn commands(geometry: &Geometry) -> (u64, Vec<u8>) {
    let mut out = Vec::new();
    let mut cursor = [0, 0];
    match geometry {
        Geometry::Points(points) => {
            command(&mut out, MOVE_TO, points.len());
            points.iter().for_each(|point| step(&mut out, &mut cursor, *point));
            (1, out)
        }
        Geometry::Lines(lines) => {
            lines.iter().for_each(|line| path(&mut out, &mut cursor, line));
            (2, out)
        }
        Geometry::Rings(rings) => {
            for ring in rings {
                path(&mut out, &mut cursor, ring);
                command(&mut out, CLOSE_PATH, 1);
            }
            (3, out)
        }
    }
}

fn path(out: &mut Vec<u8>, cursor: &mut Cell, points: &[Cell]) {
    let Some((first, rest)) = points.split_first() else { return };
    command(out, MOVE_TO, 1);
    step(out, cursor, *first);
    command(out, LINE_TO, rest.len());
    rest.iter().for_each(|point| step(out, cursor, *point));
}

fn command(out: &mut Vec<u8>, id: u32, count: usize) {
    varint(out, u64::from(id) | (count as u64) << 3);
}

fn step(out: &mut Vec<u8>, cursor: &mut Cell, point: Cell) {
    for axis in 0..2 {
        varint(out, zigzag((point[axis] - cursor[axis]).into()));
    }
    *cursor = point;
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
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

    #[test]
    fn a_written_layer_is_read_back_by_another_implementation() {
        let mut layer = LayerWriter::new("kiosks", vec!["title".to_owned(), "area".to_owned()]);
        let square = Geometry::Rings(vec![vec![[0, 0], [10, 0], [10, 10], [0, 10]]]);
        layer.feature(Some(7), &square, [(0, Value::Text("Кава")), (1, Value::Number(2.5))]);
        layer.feature(None, &Geometry::Points(vec![[5, -3]]), [(0, Value::Text("Кава")), (1, Value::Integer(-2))]);
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
    }

    #[test]
    fn an_empty_layer_leaves_no_bytes() {
        let mut tile = Vec::new();
        LayerWriter::new("kiosks", Vec::new()).finish(&mut tile);
        assert!(tile.is_empty());
    }
}
