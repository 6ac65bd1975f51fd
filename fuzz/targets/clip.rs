//! Any rings through clipping, rounding, mending and dissolving: what comes out obeys the specifications.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use misto_fuzz::geom::dissolve::Dissolver;
use misto_fuzz::geom::grid::TileId;
use misto_fuzz::geom::shape::Role;
use misto_fuzz::geom::world::{Place, Window};
use misto_fuzz::geom::{mend, proof, snap};

#[derive(Arbitrary, Debug)]
struct Feature {
    /// The grid that points are rounded to, by its binary logarithm.
    step: u8,
    rings: Vec<(bool, Vec<[i16; 2]>)>,
}

const TILE: [u32; 2] = [2000, 1300];

fuzz_target!(|feature: Feature| {
    let Ok(tile) = TileId::new(12, TILE[0], TILE[1]) else { return };
    let window = Window::new(tile, feature.step % 5);
    // quarters of a tile unit, from two tiles before this one to two behind it
    let place = |[x, y]: &[i16; 2]| -> Place {
        let far = |tile: u32, part: i16| (i64::from(tile) * 4096 * 256 + i64::from(part) * 64) as u32;
        [far(TILE[0], *x), far(TILE[1], *y)]
    };
    let rings: Vec<(Role, Vec<Place>)> = feature
        .rings
        .iter()
        .map(|(exterior, points)| {
            let role = if *exterior { Role::Exterior } else { Role::Interior };
            (role, points.iter().map(place).collect())
        })
        .collect();
    let rings = misto_fuzz::rings(rings.iter().map(|(role, points)| (*role, points.as_slice())), window);
    let inside = |rings: &[Vec<snap::Cell>]| rings.iter().flatten().flatten().all(|part| (-64..=4160).contains(part));
    assert!(inside(&rings));

    let mut dissolver = Dissolver::new();
    rings.iter().for_each(|ring| dissolver.add(ring));
    for made in [mend::mend(rings), dissolver.finish()] {
        proof::holds(&made);
        assert!(inside(&made));
    }
});
