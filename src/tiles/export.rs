//! Layers as one archive: all their tiles in a PMTiles file.
//!
//! Threads, one for each core, take tiles in the archive's order; the writer puts back into it what comes early, and no
//! thread goes further ahead than a bound.

use std::collections::BTreeMap;
use std::io;
use std::ops::{ControlFlow, RangeInclusive};
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use serde_json::Value as Json;
use twox_hash::XxHash3_128;

use super::draft::{Draft, Stored};
use super::keep::Format;
use super::{Frozen, TileJson};
use crate::catalogue::layer::Layer;
use crate::formats::gzip::Gzip;
use crate::formats::pmtiles::{About, number};
use crate::geom::grid::{Envelope, TileId};
use crate::http::language::Language;

/// How many tiles may be made before one that takes long is done and all can be written. Each is under 200 kB, most have
/// some.
const AHEAD: usize = 256;

/// What an archive is to hold.
#[derive(Debug)]
pub struct Plan {
    pub layers: Vec<Arc<Layer>>,
    /// Only tiles that meet it.
    pub within: Option<Envelope>,
    pub zooms: RangeInclusive<u8>,
}

/// How far an export is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Places where a tile may be, seen and in all.
    pub done: u64,
    pub total: u64,
    /// Bytes of tiles so far.
    pub bytes: u64,
}

/// How an export begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Fresh,
    /// A stopped export of the same tiles goes on; it had this many.
    Continued(u64),
    /// A stopped export into this file was of other tiles and is lost.
    Replaced,
}

/// How an export ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody asked for it; another export goes on from there.
    Stopped,
    /// These layers have nothing in this box and these zooms.
    Nothing,
    Written {
        tiles: u64,
        different: u64,
        bytes: u64,
    },
}

/// An archive about to be written.
pub struct Export<'a> {
    frozen: &'a Frozen,
    plan: &'a Plan,
    /// Where a tile may be, in the archive's order.
    tiles: Vec<(u64, TileId)>,
    draft: Draft,
}

impl<'a> Export<'a> {
    pub fn open(frozen: &'a Frozen, plan: &'a Plan, path: &Path) -> io::Result<Self> {
        let draft = Draft::open(path, plan.identity(frozen))?;
        Ok(Self { frozen, plan, tiles: plan.tiles(frozen), draft })
    }

    pub fn start(&self) -> Start {
        match self.draft.contents().tiles() {
            0 if self.draft.replaced => Start::Replaced,
            0 => Start::Fresh,
            kept => Start::Continued(kept),
        }
    }

    /// Writes the archive. `watch` is told of every tile and may stop it.
    pub fn run(mut self, watch: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> io::Result<Outcome> {
        let last = self.draft.contents().last();
        let kept = last.map_or(0, |last| self.tiles.partition_point(|(number, _)| *number <= last));
        let total = self.tiles.len() as u64;
        self.frozen.plan(self.plan.zooms.clone());
        let draft = &mut self.draft;
        let finished = make(self.frozen, &self.tiles[kept..], &mut |index, number, tile| {
            if let Some(tile) = tile {
                draft.add(number, &tile)?;
            }
            Ok(watch(Progress { done: (kept + index + 1) as u64, total, bytes: draft.contents().bytes() }))
        })?;
        if finished.is_break() {
            self.draft.flush()?;
            return Ok(Outcome::Stopped);
        }
        let (Some(zooms), Some(bounds)) = (self.draft.contents().zooms(), self.frozen.bounds()) else {
            self.draft.discard()?;
            return Ok(Outcome::Nothing);
        };
        let about = self.plan.about(self.frozen, zooms, bounds)?;
        let (tiles, different) = (self.draft.contents().tiles(), self.draft.contents().different());
        Ok(Outcome::Written { tiles, different, bytes: self.draft.finish(&about)? })
    }
}

type Take<'a> = dyn FnMut(usize, u64, Option<Stored>) -> io::Result<ControlFlow<()>> + 'a;

/// Makes tiles on all cores and hands them to `take` in their order; none where nothing is.
fn make(frozen: &Frozen, tiles: &[(u64, TileId)], take: &mut Take<'_>) -> io::Result<ControlFlow<()>> {
    let turns = Turns { state: Mutex::new((0, 0)), moved: Condvar::new(), total: tiles.len() };
    thread::scope(|scope| {
        let (sender, made) = channel();
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let (sender, turns) = (sender.clone(), &turns);
            scope.spawn(move || {
                let mut gzip = Gzip::new();
                while let Some(index) = turns.next() {
                    let tile = frozen.encode(tiles[index].1);
                    let stored = (!tile.is_empty()).then(|| gzip.compress(&tile).map(Stored::new));
                    if sender.send((index, stored.transpose())).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        // however this ends, the makers end too
        let _end = Ending(&turns);
        let mut early = BTreeMap::new();
        for (index, (number, _)) in tiles.iter().enumerate() {
            while !early.contains_key(&index) {
                // makers that are gone have panicked, and so will the scope
                let Ok((early_index, tile)) = made.recv() else { return Ok(ControlFlow::Continue(())) };
                early.insert(early_index, tile);
            }
            if let Some(tile) = early.remove(&index)
                && take(index, *number, tile?)?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
            turns.written(index + 1);
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Whose turn it is: a maker takes the next tile, but none that is too far ahead of what is written.
struct Turns {
    /// The next tile to make, and how many are written.
    state: Mutex<(usize, usize)>,
    moved: Condvar,
    total: usize,
}

impl Turns {
    fn next(&self) -> Option<usize> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let too_far = |(next, written): &mut (usize, usize)| *next < self.total && *next >= *written + AHEAD;
        let mut state = self.moved.wait_while(state, too_far).unwrap_or_else(PoisonError::into_inner);
        let index = state.0;
        state.0 += 1;
        (index < self.total).then_some(index)
    }

    fn written(&self, count: usize) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 = count;
        self.moved.notify_all();
    }
}

/// Leaves the makers nothing to do.
struct Ending<'t>(&'t Turns);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).0 = self.0.total;
        self.0.moved.notify_all();
    }
}

impl Plan {
    fn tiles(&self, frozen: &Frozen) -> Vec<(u64, TileId)> {
        let covered = self.zooms.clone().flat_map(|zoom| frozen.covered(zoom));
        let mut tiles: Vec<_> = covered.filter(|id| self.meets(*id)).map(|id| (number(id), id)).collect();
        tiles.sort_unstable_by_key(|(number, _)| *number);
        tiles
    }

    fn meets(&self, id: TileId) -> bool {
        self.within.is_none_or(|Envelope { west, south, east, north }| {
            let (first, last) = (TileId::at(id.z(), west, north), TileId::at(id.z(), east, south));
            (first.x()..=last.x()).contains(&id.x()) && (first.y()..=last.y()).contains(&id.y())
        })
    }

    /// The same for two exports that would write the same tiles. All of a layer file counts, and so do the data and the
    /// program.
    fn identity(&self, frozen: &Frozen) -> u128 {
        let all = format!("{} {self:?} {}", env!("CARGO_PKG_VERSION"), frozen.fingerprint());
        XxHash3_128::oneshot(all.as_bytes())
    }

    fn about(&self, frozen: &Frozen, zooms: (u8, u8), bounds: Envelope) -> io::Result<About> {
        let mut metadata = serde_json::to_value(TileJson::new(frozen, "", Language::Uk, Format::Mvt, None))?;
        if let Json::Object(fields) = &mut metadata {
            // an archive has no addresses, and its header tells zooms and bounds
            for name in ["tilejson", "tiles", "scheme", "minzoom", "maxzoom", "bounds"] {
                fields.shift_remove(name);
            }
            let descriptions = self.layers.iter().map(|layer| layer.description.get(Language::Uk));
            fields.insert("description".to_owned(), descriptions.collect::<Vec<_>>().join(" ").into());
            fields.insert("generator".to_owned(), concat!("misto ", env!("CARGO_PKG_VERSION")).into());
        }
        let bounds = self.within.map_or(bounds, |within| bounds.common(within));
        Ok(About { zooms, bounds, metadata: metadata.to_string() })
    }
}
