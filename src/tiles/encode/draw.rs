//! The geometry of one feature in one tile.

use crate::catalogue::layer::GeometryKind;
use crate::formats::mvt::{Commands, Kind};
use crate::geom::grid::{EXTENT, TileId};
use crate::geom::shape::Role;
use crate::geom::snap::{self, Cell as Point};
use crate::geom::world::{Bounds, Place, Window, unit_area};
use crate::geom::{mend, simplify};
use crate::tiles::mirror::cell::{Cell, Feature};

/// A pixel's side in tile units, for clients that draw a tile 512 pixels wide.
pub const PIXEL: f64 = EXTENT / 512.0;
/// From this zoom on lines keep every point.
const EXACT_FROM: u8 = 16;

/// What became of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// Nothing of it lies in the tile.
    Outside,
    /// Too small to be a shape of its own.
    Dust,
    /// Its commands are in the pen.
    Whole,
}

/// Draws features; its buffers are reused.
pub struct Pen {
    pub window: Window,
    pub commands: Commands,
    zoom: u8,
    unclipped: Bounds,
    tile: Bounds,
    kind: GeometryKind,
    /// Lines may be off by so many tile units.
    tolerance: f64,
    /// World units squared, below which a polygon is dust.
    smallest: f64,
    /// Features are merged, not written.
    merges: bool,
    ring: Vec<Point>,
    /// The feature's rings in MVT's order, or its lines.
    pub paths: Vec<Vec<Point>>,
}

impl Pen {
    pub fn new(tile: TileId, kind: GeometryKind, merges: bool) -> Self {
        let zoom = tile.z();
        // polygons are rounded to a grid of up to half a pixel: neighbours round their common points alike, so that
        // common borders stay common, which simplifying each for itself would tear
        let step = match kind {
            GeometryKind::Polygon => 14u8.saturating_sub(zoom).min(2),
            _ => 0,
        };
        let window = Window::new(tile, step);
        Self {
            window,
            commands: Commands::default(),
            zoom,
            unclipped: window.unclipped(),
            tile: window.tile(),
            kind,
            tolerance: if zoom < EXACT_FROM { PIXEL / 2.0 } else { 0.0 },
            smallest: PIXEL * PIXEL * unit_area(zoom),
            merges,
            ring: Vec::new(),
            paths: Vec::new(),
        }
    }

    /// Whether a place lies in the tile itself; of all tiles of the zoom just one holds it.
    pub fn holds(&self, place: Place) -> bool {
        Bounds::of(&[place]).within(self.tile)
    }

    /// Tile units squared of a polygon's rank, which is its area.
    pub fn units(&self, area: f32) -> f64 {
        f64::from(area) / unit_area(self.zoom)
    }

    pub fn draw(&mut self, cell: &Cell, feature: &Feature) -> Drawn {
        let inside = feature.bounds.within(self.unclipped);
        match self.kind {
            GeometryKind::Point => self.points(cell, feature),
            GeometryKind::Line => self.lines(cell, feature, inside),
            GeometryKind::Polygon => self.rings(cell, feature, inside),
        }
    }

    fn points(&mut self, cell: &Cell, feature: &Feature) -> Drawn {
        self.ring.clear();
        self.ring.extend(
            cell.parts(feature).flat_map(|(_, points)| points).filter_map(|place| snap::point(*place, self.window)),
        );
        if self.ring.is_empty() {
            return Drawn::Outside;
        }
        self.commands.begin(Kind::Point);
        self.commands.points(&self.ring);
        Drawn::Whole
    }

    fn lines(&mut self, cell: &Cell, feature: &Feature, inside: bool) -> Drawn {
        self.paths.clear();
        let side = f64::from(feature.bounds.extent());
        if side * side < self.smallest && self.tolerance > 0.0 {
            return Drawn::Dust;
        }
        for (_, points) in cell.parts(feature) {
            snap::line(points, self.window, inside, self.tolerance, |piece| self.paths.push(piece.to_vec()));
        }
        if self.paths.is_empty() {
            return Drawn::Outside;
        }
        self.commands.begin(Kind::Line);
        self.paths.iter().for_each(|path| self.commands.line(path));
        Drawn::Whole
    }

    fn rings(&mut self, cell: &Cell, feature: &Feature, inside: bool) -> Drawn {
        self.paths.clear();
        let extent = f64::from(feature.bounds.extent());
        if extent * extent < self.smallest {
            return Drawn::Dust;
        }
        let mut exterior_is_there = false;
        for (role, points) in cell.parts(feature) {
            let exterior = role == Role::Exterior;
            // a hole of an exterior that vanished has nothing to be a hole in
            if !exterior && !exterior_is_there {
                continue;
            }
            snap::ring(points, self.window, inside, &mut self.ring);
            let kept = !self.ring.is_empty();
            if exterior {
                exterior_is_there = kept;
            }
            if kept {
                if (snap::double_area(&self.ring) > 0) != exterior {
                    self.ring.reverse();
                }
                self.paths.push(self.ring.clone());
            }
        }
        match self.paths.is_empty() {
            true if inside => Drawn::Dust,
            true => Drawn::Outside,
            // they are simplified and mended together with those that they are merged with
            false if self.merges => Drawn::Whole,
            false => self.mended(),
        }
    }

    fn mended(&mut self) -> Drawn {
        self.paths.iter_mut().for_each(simplify::ring);
        if let [ring] = self.paths.as_slice()
            && mend::is_whole(ring)
        {
            self.commands.begin(Kind::Polygon);
            self.commands.ring(ring);
            return Drawn::Whole;
        }
        self.paths = mend::mend(std::mem::take(&mut self.paths));
        self.commands.begin(Kind::Polygon);
        self.paths.iter().for_each(|ring| self.commands.ring(ring));
        if self.paths.is_empty() { Drawn::Dust } else { Drawn::Whole }
    }
}
