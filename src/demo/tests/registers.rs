//! The registers of land, planning and property: true to each other.

use std::collections::HashMap;

use geo::{Area, BooleanOps, BoundingRect, Contains, Intersects};

use super::{by, layer, shape, spot, text};
use crate::catalogue::record::Value;
use crate::demo::Feature;

#[test]
fn streets_answer_to_every_name_they_had() {
    let mut names: HashMap<&str, Vec<(&str, &Feature)>> = HashMap::new();
    for f in layer("street_names") {
        names.entry(text(f, "street_uid").expect("a street")).or_default().push((text(f, "name").expect("a name"), f));
    }
    let mut renamed = 0;
    for street in layer("streets").filter(|f| text(f, "uid").is_some_and(|uid| !uid.ends_with("-bridge"))) {
        let Some(present) = text(street, "name") else { continue };
        let all = &names[text(street, "uid").expect("a uid")];
        let current: Vec<_> =
            all.iter().filter(|(_, f)| f.values.contains(&("is_current", Value::Boolean(true)))).collect();
        assert_eq!(current.iter().map(|(name, _)| *name).collect::<Vec<_>>(), [present]);
        for former in text(street, "former_names").into_iter().flat_map(|names| names.split("; ")) {
            assert!(all.iter().any(|(name, _)| *name == former), "{former} of {street:?}");
            renamed += 1;
        }
        let days =
            |f: &Feature, field: &str| f.values.iter().find(|(name, _)| *name == field).map(|(_, v)| v.to_string());
        for (_, before) in all.iter().filter(|(_, f)| days(f, "valid_to").is_some_and(|to| !to.is_empty())) {
            let to = days(before, "valid_to");
            assert!(all.iter().any(|(_, after)| days(after, "valid_from") == to), "nothing follows {before:?}");
        }
    }
    assert!(renamed > 10, "{renamed} former names");
}

#[test]
fn new_registers_refer_to_what_there_is() {
    let parcels = by("parcels", "cadastral_number");
    for id in [
        "parcel_tenants",
        "parcels_offered",
        "communal_parcels",
        "communal_buildings",
        "parcels_to_lease",
        "investment_sites",
        "planning_conditions",
        "building_passports",
    ] {
        assert!(layer(id).all(|f| parcels.contains_key(text(f, "cadastral_number").expect("a parcel"))), "{id}");
    }
    let refers = |id: &str, field: &str, to: &str| {
        let known = by(to, "uid");
        let dead: Vec<_> = layer(id).filter(|f| text(f, field).is_some_and(|uid| !known.contains_key(uid))).collect();
        assert!(dead.is_empty(), "{id}.{field}: {:?}", dead.first());
        assert!(layer(id).any(|f| text(f, field).is_some()), "{id}.{field} is always empty");
    };
    for (id, field, to) in [
        ("entrances", "address_uid", "addresses"),
        ("entrances", "building_uid", "buildings"),
        ("hearings", "plan_uid", "plans"),
        ("zoning", "plan_uid", "plans"),
        ("red_line_areas", "plan_uid", "plans"),
        ("red_line_areas", "street_uid", "streets"),
        ("regulation_areas", "plan_uid", "plans"),
        ("regulation_lines", "plan_uid", "plans"),
        ("protection_zones", "plan_uid", "plans"),
        ("road_closures", "street_uid", "streets"),
        ("leased_property", "building_uid", "communal_buildings"),
        ("property_to_lease", "building_uid", "communal_buildings"),
        ("investment_documents", "contract_uid", "investment_sites"),
    ] {
        refers(id, field, to);
    }
}

#[test]
fn red_lines_hold_streets_and_hardly_any_land() {
    let areas: Vec<_> = layer("red_line_areas").map(|f| (shape(f), shape(f).bounding_rect().expect("a box"))).collect();
    let (mut taken, mut all) = (0.0, 0.0);
    for parcel in layer("parcels") {
        let (land, extent) = (shape(parcel), shape(parcel).bounding_rect().expect("a box"));
        all += land.unsigned_area();
        for (area, _) in areas.iter().filter(|(_, other)| other.intersects(&extent)) {
            taken += land.intersection(*area).unsigned_area();
        }
    }
    assert!(taken < all * 0.01, "{} of the parcels' land is within red lines", taken / all);
}

#[test]
fn outages_list_the_addresses_within_them() {
    let addresses: Vec<_> = layer("addresses").map(|f| (text(f, "street").expect("a street"), spot(f))).collect();
    let mut touched = 0;
    for outage in layer("outages") {
        let within = addresses.iter().filter(|(_, at)| shape(outage).contains(at));
        let (list, count) = (text(outage, "addresses").expect("addresses"), within.clone().count() as i64);
        assert!(outage.values.contains(&("addresses_count", count.into())), "{count} addresses: {outage:?}");
        assert!(within.clone().all(|(street, _)| list.contains(street)), "{outage:?}");
        touched += count;
    }
    assert!(touched > 0);
}
