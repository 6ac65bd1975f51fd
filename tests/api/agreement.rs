//! Misto's tiles beside those that ST_AsMVT makes of the same rows: the same features, as large within a pixel.

use std::collections::BTreeMap;

use geo::{Coord, LineString, MultiPolygon, Polygon, Validation};
use misto::catalogue::layer::GeometryKind;
use misto::geom::grid::TileId;
use sqlx::AssertSqlSafe;

use crate::decoded::{Decoded, decode};
use crate::harness::City;

/// Tile units along a pixel's edge.
const PIXEL: f64 = 8.0;

async fn postgis(city: &City, layer: &str, tile: TileId) -> BTreeMap<u64, Decoded> {
    let sql = format!(
        "select st_asmvt(t, '{layer}', 4096, 'geom', 'id') from (select id, st_asmvtgeom(st_transform(geom, 3857), \
         st_tileenvelope($1, $2, $3), 4096, 64) as geom from registers.{layer} \
         where geom && st_transform(st_tileenvelope($1, $2, $3, margin => 64.0 / 4096), 4326)) as t"
    );
    let bytes: Vec<u8> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(i32::from(tile.z()))
        .bind(tile.x() as i32)
        .bind(tile.y() as i32)
        .fetch_one(&city.db.public)
        .await
        .unwrap();
    let features = decode(&bytes).remove(layer).unwrap_or_default();
    features.into_iter().map(|feature| (feature.id.unwrap(), feature)).collect()
}

/// What is so small that rounding decides whether it is there.
fn is_speck(kind: GeometryKind, feature: &Decoded) -> bool {
    match kind {
        GeometryKind::Point => false,
        GeometryKind::Line => feature.length(false) < 2.0 * PIXEL,
        GeometryKind::Polygon => feature.area() < 2.0 * PIXEL * PIXEL,
    }
}

fn assert_alike(kind: GeometryKind, ours: &Decoded, theirs: &Decoded, place: &str) {
    match kind {
        GeometryKind::Point => {
            let (a, b) = (ours.paths[0][0], theirs.paths[0][0]);
            assert!((a.0 - b.0).abs() <= 1 && (a.1 - b.1).abs() <= 1, "{place}: {a:?} {b:?}");
        }
        GeometryKind::Line => {
            let (a, b) = (ours.length(false), theirs.length(false));
            assert!((a - b).abs() <= PIXEL + b * 0.02, "{place}: {a} long, not {b}");
        }
        GeometryKind::Polygon => {
            // a border that moves by a unit all around
            let allowed = PIXEL * PIXEL + theirs.length(true);
            let (a, b) = (ours.area(), theirs.area());
            assert!((a - b).abs() <= allowed, "{place}: {a} large, not {b}");
        }
    }
}

fn assert_valid(feature: &Decoded, place: &str) {
    let mut polygons: Vec<Polygon<f64>> = Vec::new();
    for (ring, area) in feature.paths.iter().zip(feature.ring_areas()) {
        let mut line: LineString<f64> = ring.iter().map(|(x, y)| Coord { x: *x as f64, y: *y as f64 }).collect();
        line.close();
        assert!(area != 0.0, "{place}: a ring without area");
        match polygons.last_mut() {
            Some(polygon) if area < 0.0 => polygon.interiors_push(line),
            _ => polygons.push(Polygon::new(line, Vec::new())),
        }
    }
    let whole = MultiPolygon(polygons);
    assert!(whole.is_valid(), "{place}: {:?}", whole.validation_errors());
}

#[tokio::test]
async fn tiles_hold_the_features_that_st_asmvt_finds_as_large_within_a_pixel_and_valid() {
    let city = City::demo(1_500).await;
    let bounds = city.json("/tiles/parcels").await["bounds"].clone();
    let [west, south, east, north] = [0, 1, 2, 3].map(|index| bounds[index].as_f64().unwrap());
    let mut compared = 0;
    for (layer, zoom) in [
        ("parcels", 14),
        ("parcels", 16),
        ("buildings", 14),
        ("buildings", 15),
        ("addresses", 14),
        ("streets", 13),
        ("streets", 16),
        ("zoning", 13),
        ("green", 14),
        ("water", 15),
        ("kiosks", 12),
    ] {
        let kind = city.catalogue.layer(layer).unwrap().geometry;
        let (first, last) = (TileId::at(zoom, west, north), TileId::at(zoom, east, south));
        let across = (last.x() - first.x() + 1).min(6);
        for x in first.x()..first.x() + across {
            for y in first.y()..=last.y().min(first.y() + 5) {
                let tile = TileId::new(zoom, x, y).unwrap();
                let theirs = postgis(&city, layer, tile).await;
                let answer = city.get(&format!("/tiles/{layer}/{tile}")).await;
                let features = decode(&answer.body).remove(layer).unwrap_or_default();
                if kind == GeometryKind::Polygon {
                    features.iter().for_each(|feature| assert_valid(feature, &format!("{layer}/{tile}")));
                }
                let ours: BTreeMap<u64, Decoded> =
                    features.into_iter().filter_map(|feature| Some((feature.id?, feature))).collect();
                for (id, their) in theirs.iter().filter(|(_, feature)| !is_speck(kind, feature)) {
                    let place = format!("{layer}/{tile} feature {id}");
                    let our = ours.get(id).unwrap_or_else(|| panic!("{place} is missing"));
                    assert_alike(kind, our, their, &place);
                    compared += 1;
                }
                for (id, our) in ours.iter().filter(|(id, _)| !theirs.contains_key(id)) {
                    assert!(is_speck(kind, our) || on_the_edge(our), "{layer}/{tile} feature {id} is not there");
                }
            }
        }
    }
    assert!(compared > 3_000, "only {compared} features were compared");
}

/// Touches the buffered tile's edge and no more, so that rounding decides.
fn on_the_edge(feature: &Decoded) -> bool {
    let inside = |part: i64| (-63..=4159).contains(&part);
    feature.paths.iter().flatten().all(|(x, y)| !inside(*x) || !inside(*y))
}
