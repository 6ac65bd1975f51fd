//! Layers as they are at one moment, to be built into tiles on any thread.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use rayon::prelude::*;

use super::budget::{self, BUDGET};
use super::encode::Dropped;
use super::mirror::Mirror;
use super::sheet::Sheet;
use super::{Engine, Tiles};
use crate::catalogue::layer::Layer;
use crate::geom::grid::{Envelope, TileId};
use crate::geom::world::Bounds;

/// How many layers are read at once where none is read yet.
const READ_AT_ONCE: usize = 3;

/// Some layers together, unchanging; clones share everything.
#[derive(Clone)]
pub struct Frozen {
    parts: Arc<[(Arc<Sheet>, Arc<Mirror>)]>,
}

impl Tiles {
    /// The layers of the catalogue as they are now, to be made into all their tiles of some zooms. What those can carry is
    /// found for one layer while another is read.
    pub async fn frozen(&self, layers: &[Arc<Layer>], zooms: RangeInclusive<u8>) -> Result<Frozen, sqlx::Error> {
        let sheets: Vec<_> = layers.iter().filter_map(|layer| self.0.sheets.get(&layer.id).cloned()).collect();
        let found = move |(sheet, mirror): &(Arc<Sheet>, Arc<Mirror>)| {
            let (sheet, mirror, zooms) = (sheet.clone(), mirror.clone(), zooms.clone());
            tokio::task::spawn_blocking(move || zooms.for_each(|zoom| _ = sheet.fullest(&mirror, zoom)));
        };
        self.0.parts(&sheets, found).await
    }
}

impl Engine {
    pub(super) async fn frozen(self: &Arc<Self>, sheets: &[Arc<Sheet>]) -> Result<Frozen, sqlx::Error> {
        self.parts(sheets, |_| {}).await
    }

    /// Reads what no tile has needed yet; `read` is told of every layer that was.
    async fn parts(
        self: &Arc<Self>,
        sheets: &[Arc<Sheet>],
        read: impl Fn(&(Arc<Sheet>, Arc<Mirror>)) + Clone + Send + 'static,
    ) -> Result<Frozen, sqlx::Error> {
        let part = |sheet: Arc<Sheet>| {
            let (engine, read) = (self.clone(), read.clone());
            async move {
                if let Some(mirror) = sheet.ready() {
                    return Ok((sheet, mirror));
                }
                // a task of its own, so that another core can read another layer
                let reading = tokio::spawn(async move {
                    let mirror = engine.mirror(&sheet).await?;
                    let part = (sheet, mirror);
                    read(&part);
                    Ok(part)
                });
                reading.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
            }
        };
        let parts =
            stream::iter(sheets.iter().cloned().map(part)).buffered(READ_AT_ONCE).try_collect::<Vec<_>>().await?;
        Ok(Frozen { parts: parts.into() })
    }
}

impl Frozen {
    /// The tile (MVT 2.1) of these layers; no bytes where nothing is there.
    pub fn encode(&self, id: TileId) -> Vec<u8> {
        self.encode_counting(id, |_, _| {})
    }

    /// The same; hands on what each layer has dropped.
    pub(super) fn encode_counting(&self, id: TileId, mut count: impl FnMut(&Sheet, Dropped)) -> Vec<u8> {
        let mut tile = Vec::new();
        for ((sheet, mirror), budget) in self.parts.iter().zip(self.budgets(id.z())) {
            let dropped = sheet.encode(mirror, id, budget, &mut tile);
            count(sheet, dropped);
        }
        tile
    }

    /// Finds on all cores what tiles of these zooms can carry, ahead of the first of them: who makes tiles would wait for
    /// others to find it.
    pub fn plan(&self, zooms: RangeInclusive<u8>) {
        let all = zooms.flat_map(|zoom| self.parts.iter().enumerate().map(move |(place, part)| (zoom, place, part)));
        let mut drawn: Vec<_> = all.filter(|(zoom, _, (sheet, mirror))| sheet.draws(mirror, *zoom)).collect();
        // the long ones first
        drawn.sort_by_key(|(_, _, (_, mirror))| Reverse(mirror.len()));
        let each = || drawn.par_iter().with_max_len(1);
        // what they carry alone tells what they may have together
        each().for_each(|(zoom, _, (sheet, mirror))| _ = sheet.fullest(mirror, *zoom));
        each().for_each(|(zoom, place, (sheet, mirror))| _ = sheet.plan(mirror, *zoom, self.budgets(*zoom)[*place]));
    }

    /// How many bytes of a tile each layer may take.
    fn budgets(&self, zoom: u8) -> Vec<usize> {
        if self.parts.len() == 1 {
            return vec![BUDGET];
        }
        let fullest = self.parts.iter().map(|(sheet, mirror)| sheet.fullest(mirror, zoom));
        budget::shares(&fullest.collect::<Vec<_>>())
    }

    pub(super) fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.parts.iter().map(|(sheet, _)| sheet.layer.as_ref())
    }

    /// The share of features that tiles of a zoom keep, for each layer that they hold.
    pub(super) fn kept(&self, zoom: u8) -> Vec<(&Layer, f64)> {
        let parts = self.parts.iter().zip(self.budgets(zoom));
        let drawn = parts.filter(|((sheet, mirror), _)| {
            (sheet.layer.min_zoom..=sheet.layer.max_zoom).contains(&zoom) && mirror.len() > 0
        });
        drawn.map(|((sheet, mirror), budget)| (sheet.layer.as_ref(), sheet.plan(mirror, zoom, budget).kept)).collect()
    }

    /// Called where a tile came out larger than its budget.
    pub(super) fn overflowed(&self, id: TileId) {
        self.parts.iter().for_each(|(sheet, _)| sheet.overflowed(id));
    }

    /// The tiles of a zoom that may hold something, row by row.
    pub fn covered(&self, zoom: u8) -> Vec<TileId> {
        let drawn = self.parts.iter().filter(|(sheet, _)| sheet.layer.min_zoom <= zoom);
        let tiles: BTreeSet<_> = drawn.flat_map(|(_, mirror)| mirror.covered(zoom)).collect();
        tiles.into_iter().filter_map(|(y, x)| TileId::new(zoom, x, y).ok()).collect()
    }

    /// The box around all features, in degrees; none where there are none.
    pub fn bounds(&self) -> Option<Envelope> {
        let bounds = self.parts.iter().fold(Bounds::NONE, |bounds, (_, mirror)| match mirror.bounds() {
            around if around.is_none() => bounds,
            around => bounds.united(around),
        });
        (!bounds.is_none()).then(|| bounds.envelope())
    }

    /// A text that stands for all that these layers hold: the same text, the same tiles.
    pub fn fingerprint(&self) -> String {
        let parts = self.parts.par_iter().map(|(_, mirror)| format!("{:032x}", mirror.fingerprint()));
        parts.collect::<Vec<_>>().join("-")
    }
}
