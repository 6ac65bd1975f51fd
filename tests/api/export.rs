//! Archives of tiles: what is in them, and that a stopped export goes on only where nothing has changed.

use std::ops::ControlFlow;
use std::path::PathBuf;

use axum::http::StatusCode;
use misto::db::feed::Hub;
use misto::geom::grid::{Envelope, TileId};
use misto::tiles::export::{Export, Outcome, Plan, Progress, Start};
use misto::tiles::{Frozen, Tiles};
use pmtiles::{AsyncPmTilesReader, MmapBackend, TileCoord};

use crate::harness::City;

const STREETS: &str = "insert into registers.streets (geom, uid, name, class) \
    select st_multi(st_makeline(st_point(30 + n * 0.002, 50, 4326), st_point(30 + n * 0.002, 50.02, 4326))), 's' || n, 'вулиця ' || n, 'primary' \
    from generate_series(1, 40) as n";

async fn frozen(city: &City, plan: &Plan) -> Frozen {
    let tiles = Tiles::new(city.catalogue.clone(), city.db.clone(), Hub::new(), 0);
    tiles.frozen(&plan.layers, plan.zooms.clone()).await.unwrap()
}

fn plan(city: &City, within: Option<Envelope>) -> Plan {
    let layers = ["streets", "districts"].map(|id| city.catalogue.layer(id).unwrap().clone());
    Plan { layers: layers.to_vec(), within, zooms: 10..=15 }
}

/// A file of one test; no draft of an earlier run is beside it.
fn archive(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("archive-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder.join("city.pmtiles")
}

fn to_the_end(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[tokio::test]
async fn an_archive_holds_the_tiles_that_the_server_gives() {
    let city = City::new().await;
    city.sql(STREETS).await;
    let plan = plan(&city, None);
    let frozen = frozen(&city, &plan).await;
    let path = archive("whole");
    let export = Export::open(&frozen, &plan, &path).unwrap();
    assert_eq!(export.start(), Start::Fresh);
    let Outcome::Written { tiles, bytes, .. } = export.run(&mut to_the_end).unwrap() else { panic!("nothing written") };
    assert_eq!(bytes, std::fs::metadata(&path).unwrap().len());

    let reader = AsyncPmTilesReader::try_from_source(MmapBackend::try_from(&path).await.unwrap()).await.unwrap();
    let mut found = 0;
    for zoom in 9..=16 {
        let (first, last) = (TileId::at(zoom, 29.95, 50.05), TileId::at(zoom, 30.15, 49.95));
        for (x, y) in (first.x()..=last.x()).flat_map(|x| (first.y()..=last.y()).map(move |y| (x, y))) {
            let stored = reader.get_tile_decompressed(TileCoord::new(zoom, x, y).unwrap()).await.unwrap();
            let served = city.get(&format!("/tiles/streets,districts/{zoom}/{x}/{y}")).await;
            let served = (served.status == StatusCode::OK && plan.zooms.contains(&zoom)).then_some(served.body);
            assert_eq!(stored.map(|body| body.to_vec()), served, "{zoom}/{x}/{y}");
            found += u64::from(served.is_some());
        }
    }
    assert!(found > 40 && found == tiles, "{found} of {tiles}");

    let header = reader.get_header();
    assert_eq!((header.min_zoom, header.max_zoom, header.clustered()), (10, 15, true));
    assert!((header.min_longitude - 30.002).abs() < 1e-6 && (header.max_latitude - 50.02).abs() < 1e-6);
    let metadata: serde_json::Value = serde_json::from_str(&reader.get_metadata().await.unwrap()).unwrap();
    let ids: Vec<_> = metadata["vector_layers"].as_array().unwrap().iter().map(|layer| &layer["id"]).collect();
    assert!(ids.contains(&&"streets".into()) && ids.contains(&&"districts".into()), "{metadata}");
    assert!(["name", "description", "attribution"].iter().all(|name| metadata[name].is_string()), "{metadata}");
}

#[tokio::test]
async fn a_stopped_export_goes_on_where_nothing_has_changed_and_begins_anew_after_an_edit() {
    let city = City::new().await;
    city.sql(STREETS).await;
    let plan = plan(&city, None);
    let (path, undisturbed) = (archive("stopped"), archive("undisturbed"));
    let before = frozen(&city, &plan).await;
    let mut stop =
        |progress: Progress| if progress.done < 50 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
    assert_eq!(Export::open(&before, &plan, &path).unwrap().run(&mut stop).unwrap(), Outcome::Stopped);
    assert!(!path.exists());

    let same = frozen(&city, &plan).await;
    let export = Export::open(&same, &plan, &path).unwrap();
    assert!(matches!(export.start(), Start::Continued(tiles) if (1..=50).contains(&tiles)));
    export.run(&mut to_the_end).unwrap();
    Export::open(&same, &plan, &undisturbed).unwrap().run(&mut to_the_end).unwrap();
    assert!(std::fs::read(&path).unwrap() == std::fs::read(&undisturbed).unwrap());

    Export::open(&same, &plan, &path).unwrap().run(&mut stop).unwrap();
    city.sql("update registers.streets set name = 'вулиця Нова' where uid = 's1'").await;
    let edited = frozen(&city, &plan).await;
    assert_eq!(Export::open(&edited, &plan, &path).unwrap().start(), Start::Replaced);
}

#[tokio::test]
async fn a_box_limits_the_tiles_and_an_empty_one_leaves_no_file() {
    let city = City::new().await;
    city.sql(STREETS).await;
    let within = |west, east| plan(&city, Some(Envelope { west, south: 50.001, east, north: 50.002 }));
    let path = archive("box");

    let inside = within(30.01, 30.02);
    let export =
        |plan: Plan, frozen: Frozen| Export::open(&frozen, &plan, &path).unwrap().run(&mut to_the_end).unwrap();
    let source = frozen(&city, &inside).await;
    let Outcome::Written { tiles, .. } = export(inside, source.clone()) else { panic!("nothing written") };
    assert!((6..30).contains(&tiles), "{tiles}");
    let reader = AsyncPmTilesReader::try_from_source(MmapBackend::try_from(&path).await.unwrap()).await.unwrap();
    assert!((reader.get_header().min_longitude - 30.01).abs() < 1e-6);
    let outside = TileId::at(15, 30.05, 50.0015);
    assert!(reader.get_tile(TileCoord::new(15, outside.x(), outside.y()).unwrap()).await.unwrap().is_none());

    std::fs::remove_file(&path).unwrap();
    assert_eq!(export(within(10.0, 10.1), source), Outcome::Nothing);
    assert_eq!(path.parent().unwrap().read_dir().unwrap().count(), 0);
}
