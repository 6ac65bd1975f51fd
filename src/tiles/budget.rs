//! How much of a layer a tile can carry: one threshold for a zoom, so that no seam shows between its tiles.

use std::collections::HashMap;

use super::compress;
use super::encode::{self, Dropped, Recipe};
use super::mirror::Mirror;
use crate::geom::grid::TileId;

/// The most that a tile may have, compressed.
pub const BUDGET: usize = 200_000;
/// Plans stay below the budget by this much, so that edits do not at once make them anew.
const RESERVE: f64 = 0.93;
/// So many of a zoom's fullest tiles are tried.
const TRIED: usize = 3;
/// Budgets are shares of [`BUDGET`] in steps of this, so that composites share plans.
const STEP: usize = 10_000;

/// What tiles of one zoom carry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Features of a lesser rank are given up.
    pub least: f32,
    /// Bytes of the fullest tile that was tried, compressed.
    pub fullest: usize,
    /// The share of the layer's features that is left, 0 to 1.
    pub kept: f64,
}

/// Plans of one zoom by budget.
#[derive(Debug, Default)]
pub struct Plans {
    plans: HashMap<usize, Plan>,
    /// Plans of before, to see whether anything changes.
    old: HashMap<usize, Plan>,
    changed: usize,
    overflowed: Vec<TileId>,
    weighed: Weighed,
}

/// What was found out about one mirror, so that it is not found out again for another budget, nor a tile drawn again that
/// was drawn to be weighed.
#[derive(Debug, Default)]
struct Weighed {
    /// The mirror's number.
    of: u64,
    fullest: Option<Vec<(usize, TileId)>>,
    /// Bytes, compressed, by tile and threshold (its bits).
    sizes: HashMap<(TileId, u32), usize>,
    /// Those that a plan has come to.
    tiles: HashMap<(TileId, u32), (Vec<u8>, Dropped)>,
}

impl Plans {
    /// The plan, and whether tiles made before must be made anew because of it.
    pub fn get(&mut self, recipe: &Recipe, mirror: &Mirror, zoom: u8, budget: usize) -> (Plan, bool) {
        if let Some(plan) = self.plans.get(&budget) {
            return (*plan, false);
        }
        if self.weighed.of != mirror.number() {
            self.weighed = Weighed { of: mirror.number(), ..Weighed::default() };
        }
        let fullest = self.weighed.fullest.get_or_insert_with(|| fullest(mirror, zoom, recipe.feature_size()));
        let overflowed = self.overflowed.iter().map(|tile| (usize::MAX, *tile));
        let tiles: Vec<_> = fullest.iter().copied().chain(overflowed).collect();
        let plan = Scales { recipe, mirror, weighed: &mut self.weighed }.plan(&tiles, budget);
        self.plans.insert(budget, plan);
        let needed: Vec<_> = self.plans.values().map(|plan| plan.least.to_bits()).collect();
        self.weighed.tiles.retain(|(_, least), _| needed.contains(least));
        let old = self.old.insert(budget, plan);
        (plan, old.is_some_and(|old| old.least != plan.least))
    }

    /// The tile of this mirror, if it was drawn to be weighed; once.
    pub fn take(&mut self, mirror: &Mirror, tile: TileId, least: f32) -> Option<(Vec<u8>, Dropped)> {
        if self.weighed.of == mirror.number() { self.weighed.tiles.remove(&(tile, least.to_bits())) } else { None }
    }

    /// So many of so many features have changed; plans hold as long as that is little.
    pub fn age(&mut self, changed: usize, features: usize) {
        self.weighed = Weighed::default();
        self.changed += changed;
        if self.changed * 20 > features {
            self.forget();
        }
    }

    pub fn forget(&mut self) {
        self.weighed = Weighed::default();
        self.changed = 0;
        self.plans.clear();
        self.overflowed.clear();
    }

    pub fn overflowed(&mut self, tile: TileId) {
        self.plans.clear();
        self.overflowed.push(tile);
    }
}

/// Tiles that may be the largest, with how many bytes they may have before they are generalised and compressed.
fn fullest(mirror: &Mirror, zoom: u8, feature: usize) -> Vec<(usize, TileId)> {
    let mut weights: HashMap<[u32; 2], usize> = HashMap::new();
    let shift = 32 - u32::from(zoom);
    for (place, shape) in mirror.weights() {
        *weights.entry(place.map(|part| (u64::from(part) >> shift) as u32)).or_default() += shape + feature;
    }
    let mut heaviest: Vec<_> = weights.into_iter().map(|(tile, weight)| (weight, tile)).collect();
    heaviest.sort_unstable_by(|a, b| b.cmp(a));
    let heaviest = heaviest.into_iter().take(TRIED);
    heaviest.filter_map(|(weight, [x, y])| Some((weight, TileId::new(zoom, x, y).ok()?))).collect()
}

/// Weighs tiles of one mirror.
struct Scales<'w> {
    recipe: &'w Recipe,
    mirror: &'w Mirror,
    weighed: &'w mut Weighed,
}

impl Scales<'_> {
    fn plan(mut self, tiles: &[(usize, TileId)], budget: usize) -> Plan {
        let allowed = (budget as f64 * RESERVE) as usize;
        let mut plan = Plan { least: 0.0, fullest: 0, kept: 1.0 };
        for &(weight, tile) in tiles {
            let mut found = self.size(tile, plan.least);
            if found > allowed {
                (plan.least, found) = self.thinned(tile, plan.least, allowed);
            }
            plan.fullest = plan.fullest.max(found);
            if plan.fullest * 2 < allowed && weight < usize::MAX {
                // the next ones, which weigh less, will not be twice as large
                break;
            }
        }
        if plan.least > 0.0 {
            plan.kept = self.mirror.share_above(plan.least);
        }
        plan
    }

    fn size(&mut self, tile: TileId, least: f32) -> usize {
        let key = (tile, least.to_bits());
        if let Some(size) = self.weighed.sizes.get(&key) {
            return *size;
        }
        let mut bytes = Vec::new();
        let dropped = encode::layer(self.recipe, self.mirror, tile, least, &mut bytes);
        let size = compress::gzip(&bytes).len();
        self.weighed.sizes.insert(key, size);
        self.weighed.tiles.insert(key, (bytes, dropped));
        size
    }

    /// The smallest threshold above `least`, nearly, that makes a tile fit, and the size that it then has.
    fn thinned(&mut self, tile: TileId, least: f32, allowed: usize) -> (f32, usize) {
        // polygons given up stay as area, and that alone may be too much
        let mut best = (f32::INFINITY, self.size(tile, f32::INFINITY));
        if best.1 > allowed {
            return best;
        }
        let ranks = self.mirror.ranks(tile);
        let (mut low, mut high) = (ranks.partition_point(|rank| *rank < least), ranks.len());
        while low < high && (best.0.is_infinite() || high - low >= ranks.len() / 64) {
            let middle = low + (high - low) / 2;
            let least = rounded(ranks[middle]);
            let found = self.size(tile, least);
            if found > allowed {
                low = middle + 1;
            } else {
                best = (least, found);
                high = middle;
            }
        }
        best
    }
}

/// The next number with few digits: an edit here or there then seldom changes the threshold.
fn rounded(rank: f32) -> f32 {
    const COARSE: u32 = (1 << 20) - 1;
    f32::from_bits((rank.to_bits() + COARSE) & !COARSE)
}

/// Each layer's share of the budget, where `sizes` are the fullest tiles of the layers alone. Small layers keep what
/// they need, the others share the rest evenly.
pub fn shares(sizes: &[usize]) -> Vec<usize> {
    if sizes.iter().sum::<usize>() <= BUDGET {
        return vec![BUDGET; sizes.len()];
    }
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&index| sizes[index]);
    let (mut shares, mut left) = (vec![0; sizes.len()], BUDGET);
    for (done, &index) in order.iter().enumerate() {
        let even = left / (sizes.len() - done);
        let share = if sizes[index] <= even { sizes[index].next_multiple_of(STEP).min(even) } else { even };
        shares[index] = if share > STEP { share / STEP * STEP } else { share };
        left -= shares[index];
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_that_fit_together_have_the_whole_budget_each() {
        assert_eq!(shares(&[50_000, 60_000]), [BUDGET, BUDGET]);
    }

    #[test]
    fn small_layers_keep_what_they_need_and_large_ones_share_the_rest() {
        let found = shares(&[180_000, 4_000, 190_000]);
        assert!(found[1] >= 4_000 && found.iter().sum::<usize>() <= BUDGET, "{found:?}");
        assert!(found[0] >= 80_000 && found[2] >= 80_000, "{found:?}");
        let many = shares(&[100_000; 32]);
        assert!(many.iter().all(|share| *share > 0) && many.iter().sum::<usize>() <= BUDGET, "{many:?}");
    }

    #[test]
    fn thresholds_are_coarse_and_never_lower() {
        for rank in [1.0, 1.01, 3.7, 1e-30, 1e30] {
            let coarse = rounded(rank);
            assert!(coarse >= rank && coarse <= rank * 1.13, "{rank} {coarse}");
        }
    }
}
