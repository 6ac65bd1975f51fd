//! The city as a whole: the same each time, counted right, true to itself and to the layer files.

mod life;
mod registers;

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use geo::{Area, BooleanOps, BoundingRect, Contains, Geometry, Intersects, MultiPolygon, Point, Validation};

use super::{CITY, Feature, Options, generate};
use crate::catalogue::record::Value;

const ADDRESSES: u64 = 1_500;

fn options(seed: u64, addresses: u64) -> Options {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).expect("a date");
    Options { addresses, seed, today }
}

fn make(seed: u64, addresses: u64) -> Vec<Feature> {
    let mut out = Vec::new();
    let Ok(()) = generate::<Infallible>(&options(seed, addresses), &mut |f| {
        out.push(f);
        Ok(())
    });
    out
}

fn city() -> &'static [Feature] {
    static CITY: OnceLock<Vec<Feature>> = OnceLock::new();
    CITY.get_or_init(|| make(1, ADDRESSES))
}

fn layer(id: &str) -> impl Iterator<Item = &'static Feature> {
    city().iter().filter(move |f| f.layer == id)
}

fn text<'a>(feature: &'a Feature, field: &str) -> Option<&'a str> {
    feature.values.iter().find(|(name, _)| *name == field).and_then(|(_, value)| match value {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

fn shape(feature: &Feature) -> &MultiPolygon<f64> {
    match &feature.geometry {
        Some(Geometry::MultiPolygon(shape)) => shape,
        other => panic!("a polygon was expected: {other:?}"),
    }
}

fn spot(feature: &Feature) -> Point<f64> {
    match feature.geometry {
        Some(Geometry::Point(point)) => point,
        ref other => panic!("a point was expected: {other:?}"),
    }
}

fn by<'a>(id: &str, key: &str) -> HashMap<&'a str, &'static Feature> {
    layer(id).map(|f| (text(f, key).expect("a key"), f)).collect()
}

fn digest(features: &[Feature]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for feature in features {
        format!("{feature:?}").hash(&mut hasher);
    }
    hasher.finish()
}

#[test]
fn the_same_seed_gives_the_same_city_and_another_another() {
    assert_eq!(digest(&make(7, 400)), digest(&make(7, 400)));
    assert_ne!(digest(&make(7, 400)), digest(&make(8, 400)));
}

#[test]
fn there_are_as_many_of_each_as_asked() {
    for (seed, n) in [(1, 200), (2, 333), (3, 700), (1, ADDRESSES), (4, 2_500)] {
        let mut counts: HashMap<&str, u64> = HashMap::new();
        for feature in make(seed, n) {
            if ["water", "plans", "regulation_areas", "protection_zones", "red_line_areas"].contains(&feature.layer)
                && feature.geometry.is_some()
            {
                assert!(shape(&feature).is_valid(), "seed {seed}, {n} addresses: {feature:?}");
            }
            *counts.entry(feature.layer).or_default() += 1;
        }
        let near = |layer: &str, ratio: f64, off: f64| {
            let (found, wanted) = (counts.get(layer).copied().unwrap_or(0) as f64, n as f64 * ratio);
            assert!(
                (found - wanted).abs() <= wanted * off + 3.0,
                "{layer}: {found} for {wanted}, seed {seed}, {n} addresses"
            );
        };
        near("addresses", 1.0, 0.01);
        near("parcels", 2.212, if n < 1_000 { 0.5 } else { 0.12 });
        near("buildings", 1.06, 0.08);
        near("kiosks", 1.0 / 60.0, 0.2);
        near("advertising", 1.0 / 80.0, 0.2);
        near("capital_works", 1.0 / 60.0, 0.1);
        near("appeals", 1.0 / 12.0, 0.1);
        near("planning_conditions", 1.0 / 200.0, 0.5);
        near("dig_permits", 1.0 / 90.0, 0.3);
        near("trade_objects", 1.0 / 30.0, 0.3);
        near("shelters", 1.0 / 60.0, 0.3);
        near("waste_containers", 1.0 / 32.0, 0.4);
        near("plantings", 1.0 / 6.0, 0.3);
        near("green_orders", 0.85 / 150.0, 0.4);
    }
}

#[test]
fn everything_fits_the_layer_files() {
    let mut files: HashMap<&str, toml::Value> = HashMap::new();
    let mut patterns = HashMap::new();
    for feature in city() {
        let file = files.entry(feature.layer).or_insert_with(|| {
            let path = format!("{}/layers/{}.toml", env!("CARGO_MANIFEST_DIR"), feature.layer);
            toml::from_str(&std::fs::read_to_string(path).expect("a layer file")).expect("TOML")
        });
        let fields = file["fields"].as_array().expect("fields");
        let names: HashSet<&str> = feature.values.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), feature.values.len(), "a field given twice: {feature:?}");
        for (name, value) in &feature.values {
            let field = fields.iter().find(|f| f["name"].as_str() == Some(name));
            check(field.unwrap_or_else(|| panic!("{} has no field {name}", feature.layer)), value, &mut patterns);
        }
        for field in fields.iter().filter(|f| f.get("required").is_some()) {
            let value = feature.values.iter().find(|(name, _)| Some(*name) == field["name"].as_str());
            assert!(value.is_some_and(|(_, v)| *v != Value::Null), "{}: no {}", feature.layer, field["name"]);
        }
    }
    let known = file_names();
    assert_eq!(
        files.keys().map(|name| (*name).to_owned()).collect::<HashSet<_>>(),
        known,
        "a register without records"
    );
}

/// The ids of all layers.
fn file_names() -> HashSet<String> {
    let folder = std::fs::read_dir(format!("{}/layers", env!("CARGO_MANIFEST_DIR"))).expect("layers");
    let names = folder.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned());
    names.filter_map(|name| Some(name.strip_suffix(".toml")?.to_owned())).filter(|name| name != "groups").collect()
}

/// A value fits its field's type, list, pattern and bounds.
fn check(field: &toml::Value, value: &Value, patterns: &mut HashMap<String, regex::Regex>) {
    let mut fits = |pattern: &str, text: &str| {
        let new = || regex::Regex::new(&format!("^(?:{pattern})$")).expect("a pattern");
        patterns.entry(pattern.to_owned()).or_insert_with(new).is_match(text)
    };
    let kind = field["type"].as_str().expect("a type");
    let says = || format!("{value:?} in {}", field["name"]);
    match (kind, value) {
        (_, Value::Null)
        | ("boolean", Value::Boolean(_))
        | ("date", Value::Date(_))
        | ("datetime", Value::DateTime(_)) => {}
        ("term", Value::Text(t)) => assert!(fits(r"P\d+[YMD]", t), "{}", says()),
        ("land_use", Value::Text(t)) => assert!(crate::catalogue::codes::is_land_use(t), "{}", says()),
        ("building_class", Value::Text(t)) => assert!(crate::catalogue::codes::is_building_class(t), "{}", says()),
        ("tender_id", Value::Text(t)) => assert!(crate::catalogue::codes::is_tender_id(t), "{}", says()),
        ("edrpou", Value::Text(t)) => assert!(super::codes::tests::valid(t), "{}", says()),
        ("katottg", Value::Text(t)) => assert!(fits(r"UA\d{17}", t), "{}", says()),
        ("cadastral_number", Value::Text(t)) => {
            assert!(fits(r"\d{10}:\d{2}:\d{3}:\d{4}", t), "{}", says())
        }
        ("url", Value::Text(t)) => assert!(t.starts_with("https://verbohrad.example.gov.ua/"), "{}", says()),
        ("phone" | "personal_phone", Value::Text(t)) => assert!(fits(r"\+380\d{9}", t), "{}", says()),
        ("email" | "personal_email", Value::Text(t)) => {
            assert!(t.ends_with(".example.gov.ua") && fits(r"[a-z0-9]+@[a-z0-9.]+", t), "{}", says())
        }
        ("text" | "person", Value::Text(t)) => {
            if let Some(pattern) = field.get("pattern").and_then(|p| p.as_str()) {
                assert!(fits(pattern, t), "{}", says());
            }
            if let Some(list) = field.get("values").and_then(|v| v.as_array()) {
                assert!(list.iter().any(|v| v["value"].as_str() == Some(t)), "{}", says());
            }
            assert!(!t.is_empty() && t.trim() == t && !t.contains('\''), "{}", says());
        }
        ("integer", Value::Integer(n)) => {
            assert!(field.get("min").is_none_or(|m| m.as_integer() <= Some(*n)), "{}", says());
            assert!(field.get("max").is_none_or(|m| m.as_integer() >= Some(*n)), "{}", says());
        }
        ("number" | "money", Value::Number(n)) => assert!(n.is_finite() && *n >= 0.0, "{}", says()),
        _ => panic!("{} is no {kind}", says()),
    }
}

/// The natural key of a register, as its layer file has it.
fn keys(layer: &'static str) -> &'static [String] {
    static KEYS: OnceLock<HashMap<&str, Vec<String>>> = OnceLock::new();
    let read = |id: &'static str| {
        let text =
            std::fs::read_to_string(format!("{}/layers/{id}.toml", env!("CARGO_MANIFEST_DIR"))).expect("a layer file");
        let file: toml::Value = toml::from_str(&text).expect("TOML");
        let key = file["key"].as_array().expect("a key").iter().map(|name| name.as_str().expect("a name").to_owned());
        (id, key.collect())
    };
    let all = || city().iter().map(|f| f.layer).collect::<HashSet<_>>().into_iter().map(read).collect();
    &KEYS.get_or_init(all)[layer]
}

#[test]
fn keys_and_names_are_unique() {
    let mut seen = HashSet::new();
    for feature in city() {
        let value = |field: &String| {
            let found = feature.values.iter().find(|(name, _)| name == field);
            found
                .filter(|(_, value)| *value != Value::Null)
                .unwrap_or_else(|| panic!("no {field}: {feature:?}"))
                .1
                .to_string()
        };
        let key: Vec<_> = keys(feature.layer).iter().map(value).collect();
        assert!(seen.insert((feature.layer, key)), "{feature:?}");
    }
    let mut addresses = HashSet::new();
    for f in layer("addresses") {
        assert!(addresses.insert((text(f, "street"), text(f, "house"), text(f, "block"))), "{f:?}");
    }
    let mut streets = HashSet::new();
    for f in layer("streets").filter(|f| text(f, "uid").is_some_and(|u| !u.ends_with("-bridge"))) {
        assert!(text(f, "name").is_none_or(|name| streets.insert(name)), "{f:?}");
    }
    assert!(layer("streets").any(|f| text(f, "uid").is_some_and(|u| u.ends_with("-bridge"))), "no bridge");
}

#[test]
fn polygons_are_valid_and_wound_counter_clockwise() {
    for feature in city() {
        if let Some(Geometry::MultiPolygon(shape)) = &feature.geometry {
            assert!(shape.is_valid(), "{feature:?}");
            assert!(shape.signed_area() > 0.0, "{feature:?}");
        }
    }
}

#[test]
fn records_refer_to_each_other_truly() {
    let (parcels, buildings, streets) =
        (by("parcels", "cadastral_number"), by("buildings", "uid"), by("streets", "uid"));
    for building in buildings.values() {
        let parcel = parcels[text(building, "cadastral_number").expect("a parcel")];
        assert!(shape(parcel).contains(shape(building)), "{building:?} is not within {parcel:?}");
    }
    for address in layer("addresses") {
        let building = buildings[text(address, "building_uid").expect("a building")];
        assert!(shape(building).contains(&spot(address)), "{address:?} is not in {building:?}");
        assert_eq!(text(address, "cadastral_number"), text(building, "cadastral_number"));
        assert_eq!(text(address, "street"), text(streets[text(address, "street_uid").expect("a street")], "name"));
    }
    let addresses = by("addresses", "uid");
    let mut astray = 0;
    for place in layer("kiosks").chain(layer("advertising")) {
        match text(place, "cadastral_number") {
            Some(number) => assert!(shape(parcels[number]).contains(&spot(place)), "{place:?}"),
            None => {
                assert!(!parcels.values().any(|parcel| shape(parcel).contains(&spot(place))), "{place:?}");
                astray += 1;
            }
        }
        if let Some(address) = text(place, "address_id") {
            assert_eq!(text(addresses[address], "street"), text(place, "street"));
        }
    }
    assert!((1..=layer("kiosks").count() / 12).contains(&astray), "{astray} kiosks stand on the pavement");
}

/// Whether the documented area is not the one of the outline: such parcels are there for checks to find.
fn wrongly_measured(parcel: &Feature) -> bool {
    let (_, area) = parcel.values.iter().find(|(name, _)| *name == "area_ha").expect("an area");
    // square metres in a square degree at the city's centre
    let outline = shape(parcel).unsigned_area() * 72_438.0 * 111_232.0;
    let Value::Number(hectares) = area else { panic!("{area:?}") };
    (outline / (hectares * 10_000.0) - 1.0).abs() > 0.01
}

#[test]
fn land_lies_within_the_boundary_clear_of_water_and_of_other_land() {
    let boundary = shape(layer("boundary").next().expect("a boundary"));
    let waters: Vec<_> = layer("water").map(shape).collect();
    let parcels: Vec<_> = layer("parcels").map(shape).collect();
    let wrong: Vec<_> = layer("parcels").map(wrongly_measured).collect();
    assert!(wrong.iter().filter(|wrong| **wrong).count() >= 1, "no parcel for the checks to find");
    let boxes: Vec<_> = parcels.iter().map(|p| p.bounding_rect().expect("a box")).collect();
    for (i, parcel) in parcels.iter().enumerate() {
        assert!(boundary.contains(*parcel), "outside: {parcel:?}");
        assert!(!waters.iter().any(|w| w.intersects(*parcel)), "in water: {parcel:?}");
        for j in i + 1..parcels.len() {
            if boxes[i].intersects(&boxes[j]) && !wrong[i] && !wrong[j] {
                // Square degrees; about 0.01 m² here.
                assert!(
                    parcel.intersection(parcels[j]).unsigned_area() < 1.3e-12,
                    "{parcel:?} overlaps {:?}",
                    parcels[j]
                );
            }
        }
    }
}

#[test]
fn streets_cross_water_on_bridges_only() {
    for (seed, n) in [(1, 300), (2, 1_500), (3, 2_000), (4, 4_000)] {
        let city = make(seed, n);
        let waters: Vec<_> = city.iter().filter(|f| f.layer == "water").map(shape).collect();
        for street in city.iter().filter(|f| f.layer == "streets") {
            let bridge = street.values.contains(&("bridge", Value::Boolean(true)));
            let wet = waters.iter().any(|w| street.geometry.as_ref().is_some_and(|line| w.intersects(line)));
            assert_eq!(bridge, wet, "seed {seed}, {n} addresses: {street:?}");
        }
    }
}

#[test]
fn every_standing_occurs() {
    let values = |id: &str, field: &str| layer(id).filter_map(|f| text(f, field)).collect::<HashSet<_>>();
    assert!(values("kiosks", "passport_status").contains("дійсний"));
    assert!(values("advertising", "status").contains("Чинний"));
    assert!(values("capital_works", "state").len() >= 3);
    assert!(values("appeals", "status").len() >= 4);
    assert!(layer("boundary").all(|f| text(f, "note") == Some(CITY.note)));
}

#[test]
fn an_error_stops_it() {
    let mut seen = 0;
    let result = generate(&options(1, 200), &mut |_| {
        seen += 1;
        if seen < 5 { Ok(()) } else { Err("enough") }
    });
    assert_eq!((result, seen), (Err("enough"), 5));
}
