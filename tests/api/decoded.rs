//! Tiles taken apart by another implementation, for comparing.

use std::collections::BTreeMap;

use fast_mvt::MvtReaderRef;

type Point = (i64, i64);

/// One feature of a tile.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    pub id: Option<u64>,
    /// Points, lines, or rings without their closing point.
    pub paths: Vec<Vec<Point>>,
    pub properties: BTreeMap<String, String>,
}

impl Decoded {
    /// Signed areas of the rings: exteriors positive, holes negative.
    pub fn ring_areas(&self) -> Vec<f64> {
        let area = |ring: &Vec<Point>| {
            let next = ring.iter().cycle().skip(1);
            ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<i64>() as f64 / 2.0
        };
        self.paths.iter().map(area).collect()
    }

    pub fn area(&self) -> f64 {
        self.ring_areas().iter().sum()
    }

    /// Length of all paths, rings closed where `closed`.
    pub fn length(&self, closed: bool) -> f64 {
        let step = |a: &Point, b: &Point| ((a.0 - b.0) as f64).hypot((a.1 - b.1) as f64);
        let open = |path: &Vec<Point>| path.windows(2).map(|pair| step(&pair[0], &pair[1])).sum::<f64>();
        let close = |path: &Vec<Point>| if closed { step(&path[0], &path[path.len() - 1]) } else { 0.0 };
        self.paths.iter().map(|path| open(path) + close(path)).sum()
    }
}

/// The features of a tile by layer.
pub fn decode(tile: &[u8]) -> BTreeMap<String, Vec<Decoded>> {
    let reader = MvtReaderRef::new(tile).unwrap();
    let layers = reader.layers().map(|layer| {
        let features = layer.features().map(|feature| Decoded {
            id: feature.id(),
            paths: paths(feature.geometry_commands()),
            properties: feature
                .properties()
                .map(|property| property.map(|(key, value)| (key.to_owned(), format!("{value:?}"))).unwrap())
                .collect(),
        });
        (layer.name().to_owned(), features.collect())
    });
    layers.collect()
}

/// The command integers as paths (MVT 2.1 §4.3).
fn paths(commands: &[u32]) -> Vec<Vec<Point>> {
    let (mut paths, mut cursor, mut index): (Vec<Vec<Point>>, _, _) = (Vec::new(), (0i64, 0i64), 0);
    let unzigzag = |n: u32| i64::from((n >> 1) as i32 ^ -((n & 1) as i32));
    while index < commands.len() {
        let (id, count) = (commands[index] & 7, commands[index] >> 3);
        index += 1;
        if id == 7 {
            continue;
        }
        for _ in 0..count {
            cursor = (cursor.0 + unzigzag(commands[index]), cursor.1 + unzigzag(commands[index + 1]));
            index += 2;
            match paths.last_mut() {
                Some(path) if id == 2 => path.push(cursor),
                _ => paths.push(vec![cursor]),
            }
        }
    }
    paths
}
