//! The real files, with their real faults; and the codifier.

use misto::registers::codifier;
use misto::registers::import::Order;
use serde_json::json;

use crate::harness::{City, data, root};
use crate::imports::{collection, file, kiosk, load, mapped, order, real, report};

#[tokio::test]
async fn the_codifier_is_loaded_and_codes_are_checked_by_it() {
    let Some(path) = data("katottg/kodifikator.xlsx") else { return };
    let city = City::new().await;
    let known = "UA05040030010019957";
    let text = collection(&[
        kiosk("1", json!({ "CATUTTC": known })),
        kiosk("2", json!({ "CATUTTC": "UA99999999999999999" })),
        kiosk("3", json!({ "CATUTTC": "UA1" })),
    ]);
    let before =
        order(&city, "kiosks", &file("codes.geojson", &text), &Order { dry_run: true, ..mapped(&[]) }).await.unwrap();
    assert_eq!(before.rejected, 1, "without the codifier only the form is checked");
    assert!(before.remarks.iter().any(|remark| remark.contains("misto codifier")), "{:?}", before.remarks);
    let mut connection = city.db.owner.acquire().await.unwrap();
    for _ in 0..2 {
        assert_eq!(codifier::load(&mut connection, &path).await.unwrap(), 31_744);
    }
    let (name, level, region): (String, i16, String) =
        sqlx::query_as("select name, level, region from codifiers.katottg where category = 'M' and name = 'Ладижин'")
            .fetch_one(&city.db.public)
            .await
            .unwrap();
    assert_eq!((name.as_str(), level, region.get(..4)), ("Ладижин", 4, Some("UA05")));
    let exists: String =
        sqlx::query_scalar("select code from codifiers.katottg where name = 'Ладижин' and category = 'M'")
            .fetch_one(&city.db.public)
            .await
            .unwrap();
    let text = text.replace(known, &exists);
    let after = order(&city, "kiosks", &file("codes.geojson", &text), &mapped(&[])).await.unwrap();
    assert_eq!((after.counts.new, after.rejected), (1, 2));
    assert!(report(&after).contains("у кодифікаторі КАТОТТГ коду UA99999999999999999 немає"), "{}", report(&after));
    let wrong = codifier::load(&mut connection, &file("codes.geojson", &text)).await.unwrap_err();
    assert!(format!("{wrong:#}").contains("not the codifier"), "{wrong:#}");
}

#[tokio::test]
async fn the_old_csv_of_ladyzhyn_comes_in_as_its_geojson_does() {
    let (Some(csv), Some(geojson)) = (
        real("ladyzhyn/ladyzhyn_addresses_cp1251_semicolon_decimalcomma.csv"),
        real("ladyzhyn/derived_addresses.geojson"),
    ) else {
        return;
    };
    let city = City::new().await;
    let outcome = load(&city, "addresses", &csv, &[], false).await.unwrap();
    println!("Ladyzhyn addresses, CSV: {outcome:?}");
    assert_eq!(outcome.format, "CSV, windows-1251");
    assert_eq!(outcome.counts.new + outcome.rejected, 3921);
    assert_eq!(outcome.without_place, 478);
    let again = load(&city, "addresses", &geojson, &[], false).await.unwrap();
    assert_eq!(
        (again.counts.new, again.counts.stored()),
        (0, outcome.counts.stored()),
        "both files know the same addresses"
    );
    let moved: i64 =
        sqlx::query_scalar("select count(*) from registers.addresses where street is null or house is null")
            .fetch_one(&city.db.owner)
            .await
            .unwrap();
    assert_eq!(moved, 0);
}

#[tokio::test]
async fn lists_of_objects_come_in_with_their_outlines() {
    let (Some(parking), Some(parks)) = (real("ladyzhyn/parking_space.json"), real("ladyzhyn/recreation_areas.json"))
    else {
        return;
    };
    let city = City::new().await;
    let outcome = load(&city, "green", &parking, &[("uid", "id")], false).await.unwrap();
    println!("Ladyzhyn parking: {outcome:?}");
    assert_eq!((outcome.read, outcome.counts.new, outcome.counts.repaired, outcome.rejected), (235, 234, 1, 1));
    assert!(report(&outcome).contains("record 10 of this file has the same key"), "{}", report(&outcome));
    let outcome = load(&city, "green", &parks, &[("uid", "id")], true).await.unwrap();
    println!("Ladyzhyn parks: {outcome:?}");
    assert_eq!((outcome.read, outcome.rejected), (20, 1));
}

#[tokio::test]
async fn outlines_drawn_as_lines_and_mixed_geometries_are_told_apart() {
    let (Some(boundaries), Some(streets), Some(buildings)) = (
        real("ladyzhyn/derived_boundaries.geojson"),
        real("mykolaiv/streets.geojson"),
        real("kharkiv/buildings.geojson"),
    ) else {
        return;
    };
    let city = City::new().await;
    let outcome = load(&city, "boundary", &boundaries, &[("uid", "name")], true).await.unwrap();
    println!("Ladyzhyn boundaries: {outcome:?}");
    assert_eq!((outcome.read, outcome.counts.new, outcome.rejected), (7, 6, 1));
    let outcome = load(&city, "streets", &streets, &[("class", "highway")], true).await.unwrap();
    println!("Mykolaiv streets: {outcome:?}");
    assert_eq!(outcome.read, 2939);
    assert_eq!(outcome.counts.new + outcome.rejected, 2939);
    assert!(report(&outcome).contains("a MultiLineString is needed, not a MultiPolygon"));
    let outcome = load(&city, "buildings", &buildings, &[], true).await.unwrap();
    println!("Kharkiv buildings: {outcome:?}");
    assert_eq!((outcome.read, outcome.counts.new, outcome.rejected), (1295, 1290, 5));
}

#[tokio::test]
async fn every_tree_of_kropyvnytskyi_is_read_and_answered_for() {
    let city = City::new().await;
    for (name, count) in [("kropyvnytskyi/vydalennja.csv", 1873), ("kropyvnytskyi/vysadzennja.csv", 20)] {
        let Some(path) = real(name) else { return };
        // no register of these layers is for trees; addresses take any text
        let map = [("uid", "identifier"), ("house", "itemSpecies"), ("street", "streetAddress")];
        let outcome = load(&city, "addresses", &path, &map, true).await.unwrap();
        println!("{name}: {outcome:?}");
        assert_eq!(outcome.read, count);
        assert_eq!(outcome.counts.stored() + outcome.rejected, count as u64);
    }
}

#[tokio::test]
async fn the_examples_of_the_decree_are_recognised_by_their_columns() {
    let city = City::new().await;
    let mut known = 0;
    for layer in &city.catalogue.layers {
        let Some(legal) = &layer.legal else { continue };
        let (appendix, resource) = legal.structure.split_once('/').unwrap();
        let folder = root().join("../shared/reference/decree-835");
        let Ok(folders) = std::fs::read_dir(&folder) else {
            println!("SKIPPED: {} is not here", folder.display());
            return;
        };
        let mut names = folders.map(|entry| entry.unwrap().path());
        let is_it = |path: &std::path::PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{appendix}-")))
        };
        let example = names.find(is_it).unwrap().join(resource).join("example.xlsx");
        let path = file(&format!("{}.xlsx", layer.id), std::fs::read(example).unwrap());
        match order(&city, "auto", &path, &Order { dry_run: true, ..mapped(&[]) }).await {
            Ok(outcome) => {
                println!("{}: {outcome:?}", legal.structure);
                assert_eq!(outcome.layer, layer.id);
                known += 1;
            }
            // the example itself may lack what the layer requires, or lie elsewhere; but it is told for what it is, or
            // all structures with the same columns are named
            Err(error) => {
                let error = format!("{error:#}");
                println!("{}: {error}", legal.structure);
                let among_equals = error.contains("fit several") && error.contains(&format!("{} (", layer.id));
                assert!(!error.contains("instead of auto") || among_equals, "{}: {error}", legal.structure);
            }
        }
    }
    assert!(known > 0);
}
