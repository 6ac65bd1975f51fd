//! Points close together as one, with how many they are and how many of each kind.

use std::collections::BTreeMap;

use super::Recipe;
use super::draw::Pen;
use crate::formats::mvt::{Kind, LayerWriter, Value, text};
use crate::geom::grid::EXTENT;
use crate::tiles::mirror::cell::{Cell, Feature, NOTHING};

/// Side of the squares in which points are counted, in tile units: 64 pixels. It divides a tile's edge, so that a square
/// belongs to one tile and is counted the same whichever tile is asked for.
const SIDE: i32 = EXTENT as i32 / 8;

/// Squares of a tile with their points.
#[derive(Default)]
pub struct Clusters<'m> {
    squares: BTreeMap<[i32; 2], Square<'m>>,
}

struct Square<'m> {
    first: (&'m Cell, &'m Feature),
    count: u32,
    /// Sum of coordinates, for the middle.
    sum: [i64; 2],
    /// How many points have each value of the counted column.
    values: BTreeMap<&'m str, u32>,
}

impl<'m> Clusters<'m> {
    /// Counts a feature whose middle the tile holds; `counted` is the column whose values are counted.
    pub fn add(&mut self, pen: &Pen, cell: &'m Cell, feature: &'m Feature, counted: usize) {
        let centre = feature.bounds.centre();
        if !pen.holds(centre) {
            return;
        }
        let place = pen.window.near(centre);
        let square = self.squares.entry(place.map(|part| part.div_euclid(SIDE))).or_insert_with(|| Square {
            first: (cell, feature),
            count: 0,
            sum: [0, 0],
            values: BTreeMap::new(),
        });
        square.count += 1;
        square.sum.iter_mut().zip(place).for_each(|(sum, part)| *sum += i64::from(part));
        let value = cell.attributes(feature).get(counted).copied().filter(|value| *value != NOTHING);
        if let Some(value) = value.and_then(|value| text(cell.value(value))) {
            *square.values.entry(value).or_default() += 1;
        }
    }

    /// A point alone is written as it is; several as one with `cluster`, `count` and a `count_…` for each value.
    pub fn finish(self, writer: &mut LayerWriter, pen: &mut Pen, recipe: &Recipe) {
        for square in self.squares.values() {
            let (cell, feature) = square.first;
            if square.count == 1 {
                pen.draw(cell, feature);
                let values = cell.attributes(feature);
                let carried = recipe.columns.iter().enumerate().filter(|(_, (column, _))| values[*column] != NOTHING);
                let tags: Vec<_> =
                    carried.map(|(key, (column, _))| [key as u32, writer.value(cell.value(values[*column]))]).collect();
                writer.feature(u64::try_from(feature.id).ok(), tags, &pen.commands);
                continue;
            }
            let mut tags = vec![tag(writer, "cluster", Value::Boolean(true)), count(writer, "count", square.count)];
            tags.extend(square.values.iter().map(|(value, many)| count(writer, &format!("count_{value}"), *many)));
            pen.commands.begin(Kind::Point);
            pen.commands.points(&[square.sum.map(|sum| (sum / i64::from(square.count)) as i32)]);
            writer.feature(None, tags, &pen.commands);
        }
    }
}

fn count(writer: &mut LayerWriter, key: &str, count: u32) -> [u32; 2] {
    tag(writer, key, Value::Integer(count.into()))
}

fn tag(writer: &mut LayerWriter, key: &str, value: Value<'_>) -> [u32; 2] {
    let mut encoded = Vec::new();
    value.encode(&mut encoded);
    [writer.key(key), writer.value(&encoded)]
}
