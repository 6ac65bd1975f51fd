//! A layer in memory: what its tiles carry of every feature, in cells of a quadtree.
//!
//! A mirror never changes. An edit makes the next mirror, which shares all cells but the edited ones; so a tile is
//! always built from one state, without a lock (docs/decisions/0006).

pub mod cell;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use self::cell::{Builder, Cell};
use crate::geom::grid::TileId;
use crate::geom::world::{Bounds, Place, Window};

/// Features of ordinary size lie in cells as large as tiles of this zoom.
const LEAF: u32 = 14;

/// A cell of the quadtree: level, column, row. A feature lies in the cell of its box's centre, on the deepest level whose
/// cells are as large as the feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u64);

impl Key {
    pub fn of(bounds: Bounds) -> Self {
        let level = bounds.extent().leading_zeros().min(LEAF);
        let [x, y] = bounds.centre().map(|part| u64::from(part) >> (32 - level));
        Self(u64::from(level) << 32 | x << 16 | y)
    }
}

/// All features of a layer that have a place.
#[derive(Debug, Clone, Default)]
pub struct Mirror {
    /// No other mirror of the process has it, but for those without features.
    number: u64,
    cells: BTreeMap<Key, Arc<Cell>>,
    features: usize,
}

/// Where each feature is; only who changes the mirror needs it.
pub type Homes = HashMap<i64, Key>;

/// What an edit did to a feature on the map.
#[derive(Debug, Clone, Copy)]
pub struct Touched {
    pub old: Option<Bounds>,
    pub new: Option<Bounds>,
}

fn next_number() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

impl Mirror {
    pub fn new(builders: BTreeMap<Key, Builder>) -> (Self, Homes) {
        let mut homes = Homes::new();
        let mut cells = BTreeMap::new();
        for (key, builder) in builders {
            let cell = builder.finish();
            homes.extend(cell.features().iter().map(|feature| (feature.id, key)));
            cells.insert(key, Arc::new(cell));
        }
        (Self { number: next_number(), cells, features: homes.len() }, homes)
    }

    /// The next mirror: without the features of `ids`, with those of `fresh` (each a cell of one feature).
    pub fn changed(&self, homes: &mut Homes, ids: &[i64], fresh: &HashMap<i64, Cell>) -> (Self, Vec<Touched>) {
        let mut next = Self { number: next_number(), ..self.clone() };
        let mut touched = Vec::new();
        let mut rebuilt: BTreeMap<Key, (Vec<i64>, Vec<i64>)> = BTreeMap::new();
        for &id in ids {
            let home = homes.get(&id).copied();
            let old = home.and_then(|key| Some((key, self.cells.get(&key)?, self.cells.get(&key)?.find(id)?)));
            let new = fresh.get(&id).and_then(|cell| Some((Key::of(cell.bounds()), cell, cell.find(id)?)));
            if let (Some((_, from, old)), Some((_, to, new))) = (old, new)
                && from.same(old, to, new)
            {
                continue;
            }
            touched.push(Touched {
                old: old.map(|(_, cell, index)| cell.features()[index].bounds),
                new: new.map(|(_, cell, index)| cell.features()[index].bounds),
            });
            if let Some((key, _, _)) = old {
                rebuilt.entry(key).or_default().0.push(id);
                homes.remove(&id);
            }
            if let Some((key, _, _)) = new {
                rebuilt.entry(key).or_default().1.push(id);
                homes.insert(id, key);
            }
        }
        for (key, (gone, come)) in rebuilt {
            let mut builder = Builder::default();
            if let Some(cell) = self.cells.get(&key) {
                builder.copy(cell, |id| !gone.contains(&id));
            }
            come.iter().filter_map(|id| fresh.get(id)).for_each(|cell| builder.copy(cell, |_| true));
            let cell = builder.finish();
            if cell.features().is_empty() {
                next.cells.remove(&key);
            } else {
                next.cells.insert(key, Arc::new(cell));
            }
        }
        next.features = homes.len();
        (next, touched)
    }

    pub fn number(&self) -> u64 {
        self.number
    }

    pub fn len(&self) -> usize {
        self.features
    }

    /// Cells with something in these bounds, in a fixed order.
    pub fn cells(&self, bounds: Bounds) -> impl Iterator<Item = &Cell> {
        self.cells.values().map(Arc::as_ref).filter(move |cell| cell.bounds().meets(bounds))
    }

    /// The box around everything.
    pub fn bounds(&self) -> Bounds {
        self.cells.values().fold(Bounds::NONE, |bounds, cell| bounds.united(cell.bounds()))
    }

    /// Memory that the cells take, in bytes.
    pub fn size(&self) -> usize {
        self.cells.values().map(|cell| cell.size()).sum()
    }

    /// Rows and columns of the tiles of a zoom that may show something; some more than once.
    pub fn covered(&self, zoom: u8) -> impl Iterator<Item = (u32, u32)> {
        self.cells.values().flat_map(move |cell| {
            let mut tiles = BTreeSet::new();
            let mut add = |bounds: Bounds| {
                let [columns, rows] = bounds.tiles(zoom);
                let few = columns.start() == columns.end() && rows.start() == rows.end();
                tiles.extend(rows.flat_map(|y| columns.clone().map(move |x| (y, x))));
                few
            };
            // where one tile has the whole cell, its features have nothing to add
            let [columns, rows] = cell.bounds().tiles(zoom);
            if columns.start() == columns.end() && rows.start() == rows.end() {
                add(cell.bounds());
            } else {
                let mut last = None;
                for bounds in cell.features().iter().map(|feature| feature.bounds) {
                    if last.is_none_or(|last: Bounds| !bounds.within(last)) {
                        last = add(bounds).then_some(bounds);
                    }
                }
            }
            tiles
        })
    }

    /// The middle of every feature's box, with how many bytes its shape may take in a tile.
    pub fn weights(&self) -> impl Iterator<Item = (Place, usize)> {
        let features = self.cells.values().flat_map(|cell| cell.features().iter().map(move |feature| (cell, feature)));
        features.map(|(cell, feature)| (feature.bounds.centre(), 12 + 5 * cell.points(feature)))
    }

    /// Ranks of the features that meet a tile, in order.
    pub fn ranks(&self, tile: TileId) -> Vec<f32> {
        let bounds = Window::new(tile, 0).tile();
        let features = self.cells(bounds).flat_map(Cell::features).filter(|feature| feature.bounds.meets(bounds));
        let mut ranks: Vec<_> = features.map(|feature| feature.rank).collect();
        ranks.sort_unstable_by(f32::total_cmp);
        ranks
    }

    /// A number that stands for all that the mirror holds, in whatever order it was read.
    pub fn fingerprint(&self) -> u128 {
        let cells = self.cells.par_iter().map(|(_, cell)| {
            let mut bytes = Vec::new();
            cell.features().iter().fold(0, |sum: u128, feature| sum.wrapping_add(cell.fingerprint(feature, &mut bytes)))
        });
        cells.reduce(|| 0, u128::wrapping_add)
    }

    /// The share of features of a rank that is not less.
    pub fn share_above(&self, least: f32) -> f64 {
        let above = self.cells.values().flat_map(|cell| cell.features()).filter(|feature| feature.rank >= least);
        above.count() as f64 / self.features.max(1) as f64
    }
}
