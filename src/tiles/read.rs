//! From rows to features of a mirror: geometry into world units, values as MVT writes them, rank, label point.

use std::collections::{BTreeMap, HashMap};

use sqlx::PgPool;
use sqlx::postgres::PgRow;

use super::mirror::cell::{Builder, Cell};
use super::mirror::{Homes, Key, Mirror};
use super::query::Reading;
use crate::catalogue::layer::{GeometryKind, Layer};
use crate::formats::mvt::Value;
use crate::geom::label;
use crate::geom::shape::{Role, Shapes};
use crate::geom::world::{self, Bounds, Place};

/// How near a label point comes to the true middle: this share of the polygon's extent, which nobody sees.
const LABEL_PRECISION: f64 = 0.01;

/// One row, read; reused from row to row.
#[derive(Default)]
struct Reader {
    shapes: Shapes,
    /// Encoded values one after another, with where each ends; an empty one is none.
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Reading {
    /// The whole layer.
    pub async fn mirror(&self, public: &PgPool) -> Result<(Mirror, Homes), sqlx::Error> {
        let mut builders: BTreeMap<Key, Builder> = BTreeMap::new();
        let mut reader = Reader::default();
        self.rows
            .all(public, |row| {
                if let Some(bounds) = reader.read(self, row)? {
                    reader.add(self, row, builders.entry(Key::of(bounds)).or_default())?;
                }
                Ok(())
            })
            .await?;
        Ok(Mirror::new(builders))
    }

    /// The features of `ids` that there are, each in a cell of its own.
    pub async fn features(&self, public: &PgPool, ids: &[i64]) -> Result<HashMap<i64, Cell>, sqlx::Error> {
        let mut found = HashMap::new();
        let mut reader = Reader::default();
        self.rows
            .some(public, ids, |row| {
                if reader.read(self, row)?.is_some() {
                    let mut builder = Builder::default();
                    let id = reader.add(self, row, &mut builder)?;
                    found.insert(id, builder.finish());
                }
                Ok(())
            })
            .await?;
        Ok(found)
    }
}

impl Reader {
    /// Reads the geometry; nothing where there is none, or none that can be read.
    fn read(&mut self, reading: &Reading, row: &PgRow) -> Result<Option<Bounds>, sqlx::Error> {
        self.shapes.points.clear();
        self.shapes.parts.clear();
        let (id, ewkb) = reading.selection.place(row)?;
        if let Some(Err(error)) = ewkb.map(|ewkb| self.shapes.read(ewkb)) {
            let layer = &reading.selection.layer.id;
            tracing::warn!(layer, id, %error, "a geometry cannot be read and is left out of its tiles");
        }
        Ok((!self.shapes.parts.is_empty()).then(|| Bounds::of(&self.shapes.points)))
    }

    fn add(&mut self, reading: &Reading, row: &PgRow, builder: &mut Builder) -> Result<i64, sqlx::Error> {
        let layer = &reading.selection.layer;
        let columns = reading.fields.len() + usize::from(layer.status.is_some());
        self.bytes.clear();
        self.ends.clear();
        let mut importance = None;
        let ranked = layer.generalisation.rank.and_then(|rank| reading.fields.iter().position(|field| *field == rank));
        reading.selection.tile_values(row, &reading.fields, |place, value| {
            self.ends.resize(place, self.bytes.len());
            value.encode(&mut self.bytes);
            self.ends.push(self.bytes.len());
            if ranked == Some(place) {
                importance = Some(value);
            }
        })?;
        self.ends.resize(columns, self.bytes.len());
        let (id, _) = reading.selection.place(row)?;
        let rank = match (ranked, layer.geometry) {
            (Some(_), _) => declared(layer, importance) * (1.0 + share(id)),
            // so that n times fewer are left above a rank of n
            (None, GeometryKind::Point) => 1.0 / (1.0 - share(id)),
            (None, GeometryKind::Line) => length(&self.shapes),
            (None, GeometryKind::Polygon) => area(&self.shapes),
        };
        let label = match layer.generalisation.labels {
            Some(_) => label_place(&self.shapes),
            None => [0, 0],
        };
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let values = starts.zip(&self.ends).map(|(start, &end)| (end > start).then(|| &self.bytes[start..end]));
        builder.add(id, &self.shapes, rank.max(f32::MIN_POSITIVE), label, values);
        Ok(id)
    }
}

/// The rank that the layer's `rank` field gives: a number itself; of listed values, the first doubles the second.
fn declared(layer: &Layer, value: Option<Value<'_>>) -> f32 {
    let listed = layer.generalisation.rank.map_or(&[][..], |field| &layer.fields[field].values);
    match value {
        Some(Value::Integer(number)) => number.max(0) as f32,
        Some(Value::Number(number)) => number.max(0.0) as f32,
        Some(Value::Text(text)) => {
            let place = listed.iter().position(|allowed| allowed.value == text).unwrap_or(listed.len());
            2f32.powi((listed.len() - place) as i32)
        }
        _ => 0.0,
    }
}

/// A number from 0 up to 1 that looks random and is always the same for the id (the finaliser of MurmurHash3).
fn share(id: i64) -> f32 {
    let mut mixed = id as u64;
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    ((mixed ^ mixed >> 33) >> 41) as f32 / (1u32 << 23) as f32
}

fn parts(shapes: &Shapes) -> impl Iterator<Item = (Role, &[Place])> + Clone {
    shapes.parts(0..shapes.parts.len())
}

fn length(shapes: &Shapes) -> f32 {
    let step = |a: Place, b: Place| f64::hypot(f64::from(a[0]) - f64::from(b[0]), f64::from(a[1]) - f64::from(b[1]));
    parts(shapes).flat_map(|(_, points)| points.windows(2)).map(|pair| step(pair[0], pair[1])).sum::<f64>() as f32
}

/// World units squared, without the holes.
fn area(shapes: &Shapes) -> f32 {
    let areas = parts(shapes).map(|(role, points)| {
        let area = world::double_area(points).abs() / 2.0;
        if role == Role::Exterior { area } else { -area }
    });
    areas.sum::<f64>().max(0.0) as f32
}

fn label_place(shapes: &Shapes) -> Place {
    // holes turn the other way, whatever way the register stores them
    let rings = parts(shapes).map(|(role, points)| {
        let mut ring: Vec<_> = points.iter().map(|place| place.map(f64::from)).collect();
        if (world::double_area(points) > 0.0) != (role == Role::Exterior) {
            ring.reverse();
        }
        ring
    });
    let rings: Vec<_> = rings.collect();
    label::pole(&rings, LABEL_PRECISION * f64::from(Bounds::of(&shapes.points).extent()))
        .map_or_else(|| Bounds::of(&shapes.points).centre(), |pole| pole.map(|part| part.round() as u32))
}
