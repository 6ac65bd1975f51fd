//! Any bytes instead of EWKB: an error or a shape that any tile can be made of, in memory of the order of the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use misto_fuzz::geom::grid::TileId;
use misto_fuzz::geom::mend::mend;
use misto_fuzz::geom::shape::{Role, Shapes};
use misto_fuzz::geom::snap;
use misto_fuzz::geom::world::Window;

fuzz_target!(|ewkb: &[u8]| {
    let mut shapes = Shapes::default();
    if shapes.read(ewkb).is_err() {
        assert_eq!(shapes, Shapes::default());
        return;
    }
    assert!(shapes.points.len() * 16 <= ewkb.len());
    assert!(shapes.parts.is_sorted_by(|one, next| one.end < next.end));
    assert_eq!(shapes.parts.last().map_or(0, |part| part.end as usize), shapes.points.len());
    let Some(first) = shapes.points.first() else { return };
    for zoom in [0, 12, 22] {
        let [x, y] = first.map(|part| (u64::from(part) << zoom >> 32) as u32);
        let Ok(tile) = TileId::new(zoom, x, y) else { panic!("{zoom}/{x}/{y} is outside of the world") };
        let window = Window::new(tile, 0);
        let parts = || shapes.parts(0..shapes.parts.len());
        for (_, points) in parts() {
            snap::line(points, window, false, 4.0, |piece| assert!(piece.len() > 1));
            assert!(
                points
                    .iter()
                    .filter_map(|point| snap::point(*point, window))
                    .flatten()
                    .all(|part| (-64..=4160).contains(&part))
            );
        }
        mend(misto_fuzz::rings(parts().filter(|(role, _)| matches!(role, Role::Exterior | Role::Interior)), window));
    }
});
