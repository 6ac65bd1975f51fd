//! The registers of city life: where they stand, and whom they name.

use std::collections::HashSet;

use geo::{Area, Contains, Geometry};

use super::{ADDRESSES, city, layer, make, shape, spot, text};
use crate::demo::Feature;

/// How many values of a layer's field are no value of another's, of how many.
fn dangling(id: &str, field: &str, to: &str, to_field: &str) -> (usize, usize) {
    let known: HashSet<&str> = layer(to).filter_map(|f| text(f, to_field)).collect();
    let values: Vec<&str> = layer(id).filter_map(|f| text(f, field)).collect();
    (values.iter().filter(|value| !known.contains(*value)).count(), values.len())
}

#[test]
fn registers_name_each_other_with_a_few_mistakes_to_be_found() {
    for (id, field, to, to_field) in [
        ("advertising", "owner_code", "advertisers", "code"),
        ("parking_lots", "operator_code", "parking_operators", "code"),
        ("school_addresses", "territory", "school_areas", "uid"),
        ("accessibility_norms", "building_uid", "accessible_buildings", "uid"),
        ("waste_transport", "landfill", "landfills", "uid"),
        ("green_orders", "act_number", "green_acts", "number"),
        ("stops", "station", "stops", "uid"),
    ] {
        let (wrong, all) = dangling(id, field, to, to_field);
        assert!(wrong >= 1 && (wrong <= all / 4 || id == "stops"), "{id}: {wrong} of {all}");
    }
    for (id, field, to, to_field) in
        [("air_analysis", "landfill", "landfills", "uid"), ("school_addresses", "uid", "addresses", "uid")]
    {
        assert_eq!(dangling(id, field, to, to_field).0, 0, "{id}");
    }
}

#[test]
fn school_areas_divide_the_city() {
    for (seed, n) in [(1, ADDRESSES), (2, 300)] {
        let city = make(seed, n);
        let of = |id: &'static str| city.iter().filter(move |f| f.layer == id);
        let areas: Vec<_> = of("school_areas").map(shape).collect();
        let whole = shape(of("boundary").next().expect("a boundary")).unsigned_area();
        let sum: f64 = areas.iter().map(|area| area.unsigned_area()).sum();
        assert!(areas.len() >= 9 && (sum / whole - 1.0).abs() < 1e-9, "{sum} of {whole}");
        for address in of("school_addresses").filter(|f| f.geometry.is_some()) {
            // The area number n is the one with that identifier; one entry names an area that is not there.
            let territory: usize = text(address, "territory").expect("a territory").parse().expect("a number");
            assert!(areas.get(territory - 1).is_none_or(|area| area.contains(&spot(address))), "{address:?}");
        }
    }
}

#[test]
fn what_stands_in_the_city_stands_where_it_should() {
    let boundary = shape(layer("boundary").next().expect("a boundary"));
    let buildings: Vec<_> = layer("buildings").map(shape).collect();
    let indoors = |f: &&Feature| buildings.iter().any(|building| building.contains(&spot(f)));
    for id in ["trade_objects", "shelters", "accessible_buildings", "heritage"] {
        assert!(layer(id).all(|f| indoors(&f)), "{id}: not in a building");
    }
    for id in ["stops", "playgrounds", "waste_containers", "parking_lots", "dog_areas", "plantings"] {
        assert!(layer(id).all(|f| !indoors(&f)), "{id}: in a building");
    }
    let placed = city().iter().filter(|f| matches!(f.geometry, Some(Geometry::Point(_))));
    let outside: Vec<_> = placed.filter(|f| !boundary.contains(&spot(f))).collect();
    assert!(outside.is_empty(), "{:?}", outside.first());
    let stops: HashSet<_> = layer("stops").filter_map(|f| text(f, "code")).collect();
    assert!(stops.len() >= 8 && stops.iter().all(|code| code.ends_with(['а', 'б'])));
}
