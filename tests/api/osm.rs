//! OpenStreetMap extracts: the real ones, twice, and a truncated one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use misto::osm::{self, Summary};
use misto::registers::{Counts, Mode, bulk};
use sqlx::Connection;

use crate::harness::{City, data};

type Loaded = (Summary, BTreeMap<String, Counts>);

async fn load(city: &City, file: &Path) -> anyhow::Result<Loaded> {
    let file = file.to_owned();
    let mut connection = city.db.owner.acquire().await?;
    let mut transaction = connection.begin().await?;
    let mut refused = Vec::new();
    let loaded = bulk::load(
        &mut transaction,
        &city.catalogue,
        Mode::Upsert,
        move |sender| osm::read(&file, &mut |_| {}, &mut |feature| -> anyhow::Result<()> { Ok(sender.send(feature)?) }),
        |feature| refused.push(feature),
    )
    .await?;
    transaction.commit().await?;
    assert!(refused.is_empty(), "{refused:#?}");
    Ok(loaded)
}

async fn twice(name: &str) -> Option<(City, Loaded)> {
    let file = data(name)?;
    let city = City::new().await;
    let first = load(&city, &file).await.unwrap();
    println!("{name}: {:?}\n{}", first.1, first.0);
    let (_, again) = load(&city, &file).await.unwrap();
    for (layer, counts) in &again {
        assert_eq!((counts.new, counts.changed), (0, 0), "{layer}: a second import changes nothing");
        assert_eq!(counts.unchanged, first.1[layer].new, "{layer}");
    }
    let invalid: i64 = sqlx::query_scalar("select count(*) from registers.buildings where not st_isvalid(geom)")
        .fetch_one(&city.db.owner)
        .await
        .unwrap();
    assert_eq!(invalid, 0);
    Some((city, first))
}

#[tokio::test]
async fn liechtenstein_fills_the_base_map() {
    let Some((city, (_, counts))) = twice("osm/liechtenstein-valhalla.osm.pbf").await else { return };
    assert!((8_900..=9_001).contains(&counts["buildings"].new), "{counts:?}");
    assert!(counts["streets"].new > 4_000 && counts["boundary"].new > 5, "{counts:?}");
    let tile = misto::geom::grid::TileId::at(14, 9.5215, 47.1410);
    let answer = city.get(&format!("/tiles/buildings,streets,water,green/{tile}")).await;
    assert_eq!(answer.status, 200, "Vaduz is on the map");
}

#[tokio::test]
async fn helsinki_fills_the_address_register() {
    let Some((city, (_, counts))) = twice("osm/Helsinki.osm.pbf").await else { return };
    assert!((1_400..=1_470).contains(&counts["addresses"].new), "{counts:?}");
    let page = city.json("/api/collections/addresses/items?street=Aleksanterinkatu&limit=1000").await;
    assert!(page["numberReturned"].as_i64().unwrap() > 3, "{page}");
}

#[tokio::test]
async fn a_truncated_extract_leaves_the_registers_as_they_were() {
    let Some(file) = data("osm/Helsinki.osm.pbf") else { return };
    let bytes = std::fs::read(file).unwrap();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("truncated.osm.pbf");
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let city = City::new().await;
    let error = load(&city, &path).await.expect_err("half a file is no extract");
    println!("{error:#}");
    assert_eq!(city.json("/api/collections/streets/items").await["numberReturned"], 0);
}
