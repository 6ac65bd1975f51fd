//! MapLibre Tiles: the columns of a vector tile instead of its rows.

pub use mlt_core::MltError;
use mlt_core::encoder::EncoderConfig;
use mlt_core::mvt::mvt_to_tile_layers;

/// The tile in MLT: the same layers, features, ids, properties and coordinates, in the same order.
pub fn from_mvt(tile: &[u8]) -> Result<Vec<u8>, MltError> {
    // sorting would save next to nothing and change what is drawn above what; FSST and FastPFOR make smaller tiles that
    // gzip, which every tile meets on its way, can do less with: measured, the sum is larger and takes longer
    let config = EncoderConfig::default()
        .with_spatial_morton_sort(false)
        .with_spatial_hilbert_sort(false)
        .with_id_sort(false)
        .with_fsst(false)
        .with_fastpfor(false);
    let mut out = Vec::new();
    for layer in mvt_to_tile_layers(tile)? {
        out.extend(layer.encode(config)?);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::mvt::{Commands, Kind, LayerWriter, Value};
    use crate::geom::snap::Cell;
    use mlt_core::mvt::tile_layers_to_mvt;
    use mlt_core::{Decoder, Parser, TileLayer};

    fn write(layer: &mut LayerWriter, id: Option<u64>, kind: Kind, paths: &[&[Cell]], values: &[(u32, Value<'_>)]) {
        let mut geometry = Commands::default();
        geometry.begin(kind);
        for path in paths {
            match kind {
                Kind::Point => geometry.points(path),
                Kind::Line => geometry.line(path),
                Kind::Polygon => geometry.ring(path),
            }
        }
        let tags: Vec<_> = values
            .iter()
            .map(|(key, value)| {
                let mut encoded = Vec::new();
                value.encode(&mut encoded);
                [*key, layer.value(&encoded)]
            })
            .collect();
        layer.feature(id, tags, &geometry);
    }

    fn read(tile: &[u8]) -> Vec<TileLayer> {
        let mut decoder = Decoder::default();
        let layers = Parser::default().parse_layers(tile).unwrap().into_iter().map(|layer| {
            let layer = layer.into_layer01().expect("a layer of features");
            layer.decode_all(&mut decoder).unwrap().into_tile(&mut decoder).unwrap()
        });
        layers.collect()
    }

    #[test]
    fn everything_that_a_tile_says_is_said_again() {
        let mut parcels =
            LayerWriter::new("parcels", ["purpose", "floors", "area", "leased"].map(str::to_owned).to_vec());
        let square = |x: i32| vec![[x, 0], [x + 40, 0], [x + 40, 40], [x, 40]];
        let hole = vec![[10, 10], [10, 20], [20, 20], [20, 10]];
        write(
            &mut parcels,
            Some(9),
            Kind::Polygon,
            &[&square(0), &hole],
            &[(0, Value::Text("Житлова")), (1, Value::Integer(-2))],
        );
        let numbers = [(1, Value::Integer(5)), (2, Value::Number(2.5))];
        write(&mut parcels, Some(3), Kind::Polygon, &[&square(0), &square(100)], &numbers);
        let flags = [(0, Value::Text("")), (3, Value::Boolean(true))];
        write(&mut parcels, None, Kind::Polygon, &[&square(-64)], &flags);
        let mut streets = LayerWriter::new("streets", Vec::new());
        write(&mut streets, Some(1 << 40), Kind::Line, &[&[[0, 0], [5, 5]], &[[9, 9], [4160, -64]]], &[]);
        let mut kiosks = LayerWriter::new("kiosks", vec!["title".to_owned()]);
        let coffee = [(0, Value::Text("Кава"))];
        write(&mut kiosks, Some(8), Kind::Point, &[&[[1, 2]]], &coffee);
        write(&mut kiosks, Some(7), Kind::Point, &[&[[1, 2], [3, 4]]], &coffee);
        let mut tile = Vec::new();
        [parcels, streets, kiosks].into_iter().for_each(|layer| layer.finish(&mut tile));

        let again = read(&from_mvt(&tile).unwrap());
        // compared as MVT, because MLT has integers of several sizes
        let as_mvt = tile_layers_to_mvt(again.clone()).unwrap();
        assert_eq!(mvt_to_tile_layers(as_mvt).unwrap(), mvt_to_tile_layers(&tile).unwrap());
        let ids = |layer: &TileLayer| layer.features().iter().map(|feature| feature.id()).collect::<Vec<_>>();
        assert_eq!(
            again.iter().map(ids).collect::<Vec<_>>(),
            [vec![Some(9), Some(3), None], vec![Some(1 << 40)], vec![Some(8), Some(7)]]
        );
    }

    #[test]
    fn what_is_no_tile_is_an_error_and_nothing_stays_nothing() {
        assert_eq!(from_mvt(&[]).unwrap(), Vec::<u8>::new());
        assert!(from_mvt(&[0x1a, 0x05, 0x0a]).is_err());
    }
}
