//! Features with equal properties as one: their shapes united, and what is too small to be a shape gathered as dust.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::draw::{PIXEL, Pen};
use crate::catalogue::layer::GeometryKind;
use crate::formats::mvt::{Kind, LayerWriter};
use crate::geom::dissolve::Dissolver;
use crate::geom::dust::Dust;
use crate::geom::snap::Cell as Point;
use crate::tiles::mirror::cell::Feature;

/// Side of the squares in which dust is gathered, in tile units: two pixels.
const DUST: i32 = PIXEL as i32 * 2;

/// Groups of features by their tags.
#[derive(Default)]
pub struct Groups {
    groups: Vec<Group>,
    by_tags: HashMap<Box<[[u32; 2]]>, usize, RandomState>,
    /// The group of the last feature, which the next one often belongs to.
    last: usize,
}

struct Group {
    tags: Box<[[u32; 2]]>,
    lines: Vec<Vec<Point>>,
    polygons: Dissolver,
    dust: Option<Dust>,
}

impl Groups {
    fn of(&mut self, tags: &[[u32; 2]]) -> &mut Group {
        if self.groups.get(self.last).is_none_or(|last| *last.tags != *tags) {
            self.last = *self.by_tags.entry(tags.into()).or_insert_with(|| {
                let (lines, polygons, dust) = (Vec::new(), Dissolver::new(), None);
                self.groups.push(Group { tags: tags.into(), lines, polygons, dust });
                self.groups.len() - 1
            });
        }
        &mut self.groups[self.last]
    }

    /// Adds what the pen has drawn.
    pub fn add(&mut self, tags: &[[u32; 2]], pen: &Pen, kind: GeometryKind) {
        let group = self.of(tags);
        match kind {
            GeometryKind::Polygon => pen.paths.iter().for_each(|ring| group.polygons.add(ring)),
            _ => group.lines.extend(pen.paths.iter().cloned()),
        }
    }

    /// Adds a polygon that is not drawn.
    pub fn dust(&mut self, tags: &[[u32; 2]], pen: &Pen, feature: &Feature) {
        let centre = feature.bounds.centre();
        if pen.holds(centre) {
            let dust = self.of(tags).dust.get_or_insert_with(|| Dust::new(DUST));
            dust.add(pen.window.near(centre), pen.units(feature.rank));
        }
    }

    pub fn finish(self, writer: &mut LayerWriter, pen: &mut Pen) {
        for group in self.groups {
            let tags = || group.tags.iter().copied();
            if !group.lines.is_empty() {
                pen.commands.begin(Kind::Line);
                group.lines.iter().for_each(|line| pen.commands.line(line));
                writer.feature(None, tags(), &pen.commands);
            }
            for rings in [group.polygons.finish(), group.dust.map(Dust::finish).unwrap_or_default()] {
                if !rings.is_empty() {
                    pen.commands.begin(Kind::Polygon);
                    rings.iter().for_each(|ring| pen.commands.ring(ring));
                    writer.feature(None, tags(), &pen.commands);
                }
            }
        }
    }
}
