//! One layer of one tile: features of the mirror, generalised for the zoom, written as MVT.

mod cluster;
mod draw;
mod merge;

use self::cluster::Clusters;
use self::draw::{Drawn, Pen};
use self::merge::Groups;
use super::mirror::Mirror;
use super::mirror::cell::{Cell, Feature, NOTHING};
use super::query::Reading;
use crate::catalogue::layer::{GeometryKind, LABELS};
use crate::formats::mvt::{Kind, LayerWriter};
use crate::geom::grid::{BUFFER, TileId};
use crate::geom::world::Bounds;

/// Stands in a tile's tags for a column that the cell has not interned yet.
const UNKNOWN: u32 = u32::MAX - 1;

/// How a layer is drawn into tiles of one zoom.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Name of the tile layer.
    name: String,
    kind: GeometryKind,
    /// For each column of the mirror that tiles of this zoom carry: its place and its name.
    columns: Vec<(usize, String)>,
    /// Features with equal columns are one.
    merges: bool,
    /// Points close together are one; the column whose values a cluster counts.
    clusters: Option<usize>,
    /// Polygons have label points in a tile layer of their own.
    labels: bool,
}

impl Recipe {
    pub fn new(reading: &Reading, zoom: u8) -> Self {
        let layer = &reading.selection.layer;
        let rules = &layer.generalisation;
        let carried = reading
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| layer.fields[**field].tiles.is_some_and(|from| from <= zoom));
        let mut columns: Vec<_> = carried.map(|(place, &field)| (place, layer.fields[field].name.clone())).collect();
        if layer.status.is_some() {
            columns.push((reading.fields.len(), "standing".to_owned()));
        }
        let counted = rules.sums.and_then(|sums| reading.fields.iter().position(|field| *field == sums));
        Self {
            name: layer.id.clone(),
            kind: layer.geometry,
            columns,
            merges: zoom < rules.merge,
            clusters: (zoom < rules.cluster).then(|| counted.unwrap_or(reading.fields.len())),
            labels: rules.labels.is_some_and(|from| zoom >= from),
        }
    }
}

impl Recipe {
    /// Bytes that a feature may take besides its shape.
    pub fn feature_size(&self) -> usize {
        12 + 16 * self.columns.len()
    }
}

/// What did not find its way into the tile as a feature of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Under a pixel: polygons remain as area.
    pub small: u64,
    /// Given up for the tile's size: polygons remain as area.
    pub thinned: u64,
}

/// Appends the layer to `tile`; features of a lesser rank than `least` are given up.
pub fn layer(recipe: &Recipe, mirror: &Mirror, id: TileId, least: f32, tile: &mut Vec<u8>) -> Dropped {
    let mut sketch = Sketch::new(recipe, id, least);
    // a cluster knows all of its points, whose square lies within the tile
    let margin = if recipe.clusters.is_some() { 0.0 } else { BUFFER };
    let bounds = sketch.pen.window.bounds(margin);
    mirror.cells(bounds).for_each(|cell| sketch.cell(cell, bounds));
    sketch.finish(tile)
}

/// A layer of a tile while its features are gathered.
struct Sketch<'m> {
    recipe: &'m Recipe,
    least: f32,
    pen: Pen,
    writer: LayerWriter,
    labels: LayerWriter,
    groups: Groups,
    clusters: Clusters<'m>,
    dropped: Dropped,
    /// For the cell at hand: what its value indices are called in the tile's layer, and in the labels' layer.
    known: Vec<u32>,
    known_labels: Vec<u32>,
    tags: Vec<[u32; 2]>,
}

impl<'m> Sketch<'m> {
    fn new(recipe: &'m Recipe, id: TileId, least: f32) -> Self {
        let keys: Vec<_> = recipe.columns.iter().map(|(_, name)| name.clone()).collect();
        let labels = LayerWriter::new(format!("{}{LABELS}", recipe.name), keys.clone());
        Self {
            recipe,
            least,
            pen: Pen::new(id, recipe.kind, recipe.merges),
            writer: LayerWriter::new(recipe.name.clone(), keys),
            labels,
            groups: Groups::default(),
            clusters: Clusters::default(),
            dropped: Dropped::default(),
            known: Vec::new(),
            known_labels: Vec::new(),
            tags: Vec::new(),
        }
    }

    fn cell(&mut self, cell: &'m Cell, bounds: Bounds) {
        for known in [&mut self.known, &mut self.known_labels] {
            known.clear();
            known.resize(cell.value_count(), UNKNOWN);
        }
        for feature in cell.features().iter().filter(|feature| feature.bounds.meets(bounds)) {
            match self.recipe.clusters {
                Some(counted) => self.clusters.add(&self.pen, cell, feature, counted),
                None => self.feature(cell, feature),
            }
        }
    }

    fn feature(&mut self, cell: &Cell, feature: &Feature) {
        let thinned = feature.rank < self.least;
        if thinned {
            self.dropped.thinned += 1;
            if self.recipe.kind != GeometryKind::Polygon {
                return;
            }
        }
        let drawn = if thinned { Drawn::Dust } else { self.pen.draw(cell, feature) };
        match drawn {
            Drawn::Outside => {}
            Drawn::Dust => {
                self.dropped.small += u64::from(!thinned);
                if self.recipe.kind == GeometryKind::Polygon {
                    tags(&mut self.tags, &mut self.writer, &mut self.known, self.recipe, cell, feature);
                    self.groups.dust(&self.tags, &self.pen, feature);
                }
            }
            Drawn::Whole => {
                tags(&mut self.tags, &mut self.writer, &mut self.known, self.recipe, cell, feature);
                if self.recipe.merges {
                    self.groups.add(&self.tags, &self.pen, self.recipe.kind);
                } else {
                    let id = u64::try_from(feature.id).ok();
                    self.writer.feature(id, self.tags.iter().copied(), &self.pen.commands);
                }
                self.label(cell, feature);
            }
        }
    }

    /// A label point stands in the one tile that it lies in, however many tiles the polygon reaches.
    fn label(&mut self, cell: &Cell, feature: &Feature) {
        if !self.recipe.labels || !self.pen.holds(feature.label) {
            return;
        }
        tags(&mut self.tags, &mut self.labels, &mut self.known_labels, self.recipe, cell, feature);
        self.pen.commands.begin(Kind::Point);
        self.pen.commands.points(&[self.pen.window.near(feature.label)]);
        self.labels.feature(u64::try_from(feature.id).ok(), self.tags.iter().copied(), &self.pen.commands);
    }

    fn finish(mut self, tile: &mut Vec<u8>) -> Dropped {
        self.groups.finish(&mut self.writer, &mut self.pen);
        self.clusters.finish(&mut self.writer, &mut self.pen, self.recipe);
        self.writer.finish(tile);
        self.labels.finish(tile);
        self.dropped
    }
}

/// The feature's tags in `writer`'s own numbering, which `known` remembers for the cell's values.
fn tags(
    tags: &mut Vec<[u32; 2]>,
    writer: &mut LayerWriter,
    known: &mut [u32],
    recipe: &Recipe,
    cell: &Cell,
    feature: &Feature,
) {
    tags.clear();
    let attributes = cell.attributes(feature);
    for (key, (column, _)) in recipe.columns.iter().enumerate() {
        let value = attributes[*column];
        if value == NOTHING {
            continue;
        }
        let index = &mut known[value as usize];
        if *index == UNKNOWN {
            *index = writer.value(cell.value(value));
        }
        tags.push([key as u32, *index]);
    }
}
