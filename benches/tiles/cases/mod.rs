//! The cases, one file each; each adds a section and its targets' verdicts to the report.

pub mod cached;
pub mod cold;
pub mod edits;
pub mod export;
pub mod latency;
pub mod memory;
pub mod tune;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::servers::Side;

/// The tiles' paths below `prefix`, in a random order that both sides get in the same round.
fn shuffled(prefix: &str, tiles: &[String], round: usize) -> Vec<String> {
    let mut paths: Vec<_> = tiles.iter().map(|tile| format!("{prefix}/{tile}")).collect();
    paths.shuffle(&mut ChaCha8Rng::seed_from_u64(round as u64));
    paths
}

/// Who goes first changes with the round.
fn in_turn<T: Copy>(sides: &[T], round: usize) -> impl Iterator<Item = T> {
    let first = round % sides.len().max(1);
    sides[first..].iter().chain(&sides[..first]).copied()
}

fn name(side: Side) -> &'static str {
    match side {
        Side::Misto => "Misto",
        Side::Martin(crate::peer::Srid::Mercator) => "Martin, 3857",
        Side::Martin(crate::peer::Srid::Degrees) => "Martin, 4326",
        Side::MartinFunction => "Martin, 3857, one function",
    }
}
