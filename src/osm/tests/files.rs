//! Small files written here: what comes out of them, and what damaged ones give.

use super::write::{Block, Message, file, file_with, framed};
use super::{Scratch, read_all};
use crate::catalogue::record::Value;
use crate::osm::{Error, Feature, ObjectId, Phase, Reason, Summary};
use geo::{Area, Geometry};

const STREET: &str = "вулиця Соборна";

fn read(name: &str, blocks: &[&Block]) -> (Vec<Feature>, Summary) {
    read_all(&Scratch::new(name, &file(blocks)).0).unwrap()
}

fn find<'a>(features: &'a [Feature], layer: &str, uid: &str) -> &'a Feature {
    let uid = Value::from(uid);
    let found = features.iter().find(|f| f.layer == layer && f.values.iter().any(|(k, v)| *k == "uid" && *v == uid));
    found.unwrap_or_else(|| panic!("no {uid:?} in {layer}: {features:#?}"))
}

fn value<'a>(feature: &'a Feature, field: &str) -> Option<&'a Value> {
    feature.values.iter().find(|(name, _)| *name == field).map(|(_, value)| value)
}

/// A square of four nodes `first..first + 4` and the way that goes around it.
fn square(first: i64, x: i64, y: i64, side: i64) -> (Vec<(i64, i64, i64)>, Vec<i64>) {
    let nodes =
        vec![(first, x, y), (first + 1, x + side, y), (first + 2, x + side, y + side), (first + 3, x, y + side)];
    (nodes, vec![first, first + 1, first + 2, first + 3, first])
}

#[test]
fn a_small_town() {
    let (house, around) = square(1, 300_000_000, 500_000_000, 1_000);
    let (yard, hole) = square(11, 300_000_300, 500_000_300, 100);
    let mut nodes = Block::new();
    nodes.dense(&[house, yard].concat());
    nodes.node(21, 300_000_100, 500_000_100, &[("addr:street", STREET), ("addr:housenumber", "1Б")]);
    nodes.node(22, 300_000_000, 500_000_500, &[("addr:street", STREET), ("addr:housenumber", "1В")]);
    nodes.node(23, 300_009_000, 500_000_500, &[("addr:place", "Вербівка"), ("addr:housenumber", "7")]);
    nodes.node(24, 300_009_000, 500_000_500, &[("addr:housenumber", "8")]);
    let mut ways = Block::new();
    ways.way(100, &around, &[]).way(101, &hole, &[]);
    ways.way(102, &[1, 3], &[("highway", "primary_link"), ("name", STREET), ("oneway", "-1"), ("lanes", "двi")]);
    ways.way(103, &[1, 99, 2, 3], &[("railway", "tram")]);
    ways.way(104, &[1, 2], &[("highway", "proposed")]);
    ways.way(105, &[1, 2, 3], &[("natural", "water"), ("water", "pond")]);
    let mut relations = Block::new();
    let tags = [("type", "multipolygon"), ("building", "apartments"), ("building:levels", "9"), ("height", "90 ft")];
    let tags = [&tags[..], &[("addr:street", STREET), ("addr:housenumber", "1")]].concat();
    relations.relation(200, &[(1, 100, "outer"), (1, 101, "inner"), (0, 21, "label")], &tags);
    let city = [
        ("type", "boundary"),
        ("boundary", "administrative"),
        ("admin_level", "4"),
        ("place", "city"),
        ("name", "Вербоград"),
    ];
    relations.relation(201, &[(1, 100, "outer")], &city);
    relations.relation(202, &[(1, 100, "outer"), (1, 555, "outer")], &city);

    let (features, summary) = read("town", &[&nodes, &ways, &relations]);
    assert_eq!((summary.nodes, summary.ways, summary.relations), (12, 6, 3));
    buildings_and_addresses(&features);
    lines(&features, &summary);

    let city = find(&features, "boundary", "osm:relation/201");
    assert!(matches!(value(city, "area_km2"), Some(Value::Number(area)) if *area < 0.01));
    assert_eq!(summary.skipped.count("boundary", Reason::MissingMember), 1);
    assert_eq!(summary.skipped.count("addresses", Reason::NoStreet), 1);
    assert_eq!(summary.skipped.count("water", Reason::NotClosed), 1);
    assert_eq!(summary.incomplete.count("buildings", Reason::BadValue), 1);
    assert!(summary.to_string().contains("way/555"), "{summary}");
}

fn buildings_and_addresses(features: &[Feature]) {
    let house = find(features, "buildings", "osm:relation/200");
    assert_eq!(value(house, "use"), Some(&"apartments".into()));
    assert_eq!(value(house, "levels"), Some(&Value::Integer(9)));
    assert_eq!(value(house, "height"), None);
    assert_eq!(value(house, "address"), Some(&format!("{STREET}, 1").into()));
    let Some(Geometry::MultiPolygon(shape)) = &house.geometry else { panic!("{house:?}") };
    assert_eq!((shape.unsigned_area() * 1e14).round(), 1_000_000.0 - 10_000.0);

    let address = find(features, "addresses", "osm:relation/200");
    assert_eq!(value(address, "building_uid"), Some(&"osm:relation/200".into()));
    assert_eq!(value(address, "position"), Some(&"building".into()));
    let Some(Geometry::Point(point)) = address.geometry else { panic!("{address:?}") };
    assert!(geo::Contains::contains(shape, &point));

    for (uid, position, building) in [
        ("osm:node/21", Some("building"), Some("osm:relation/200")),
        ("osm:node/22", Some("entrance"), Some("osm:relation/200")),
        ("osm:node/23", None, None),
    ] {
        let address = find(features, "addresses", uid);
        assert_eq!(value(address, "position"), position.map(Value::from).as_ref(), "{uid}");
        assert_eq!(value(address, "building_uid"), building.map(Value::from).as_ref(), "{uid}");
    }
    assert_eq!(value(find(features, "addresses", "osm:node/23"), "settlement"), Some(&"Вербівка".into()));
}

fn lines(features: &[Feature], summary: &Summary) {
    let street = find(features, "streets", "osm:way/102");
    assert_eq!(value(street, "class"), Some(&"primary".into()));
    assert_eq!(value(street, "kind"), Some(&"вулиця".into()));
    assert_eq!(value(street, "oneway"), Some(&Value::Boolean(true)));
    assert!(matches!(value(street, "length_m"), Some(Value::Number(m)) if (10.0..20.0).contains(m)));
    let Some(Geometry::MultiLineString(line)) = &street.geometry else { panic!("{street:?}") };
    // Turned, because it runs against the traffic.
    assert_eq!(line.0[0].0[0], geo::coord! { x: 30.0001, y: 50.0001 });

    let tram = find(features, "railways", "osm:way/103");
    assert!(matches!(&tram.geometry, Some(Geometry::MultiLineString(line)) if line.0.len() == 1));
    assert_eq!(summary.incomplete.count("railways", Reason::MissingNode), 1);
    assert_eq!(summary.incomplete.count("streets", Reason::BadValue), 1);
    assert_eq!(summary.skipped.count("streets", Reason::OtherKind), 1);
}

#[test]
fn an_outline_tagged_on_way_and_relation_is_one_building() {
    let (nodes, around) = square(1, 0, 0, 1_000);
    let mut block = Block::new();
    block.dense(&nodes).way(1, &around, &[("building", "yes"), ("addr:street", STREET), ("addr:housenumber", "5")]);
    block.relation(2, &[(1, 1, "outer")], &[("type", "multipolygon"), ("building", "house")]);
    let (features, summary) = read("twice", &[&block]);
    assert_eq!(summary.features.get("buildings"), Some(&1));
    assert_eq!(summary.skipped.count("buildings", Reason::DrawnByRelation), 1);
    assert_eq!(value(find(&features, "addresses", "osm:way/1"), "position"), Some(&"building".into()));
}

#[test]
fn odd_shapes_are_counted_not_fatal() {
    let mut block = Block::new();
    block.dense(&[(1, 0, 0), (2, 100, 100), (3, 100, 0), (4, 0, 120), (5, 50, 0)]);
    let house = [("building", "yes")];
    block.way(1, &[1, 2, 3, 4, 1], &house);
    block.way(2, &[1, 5, 3, 1], &house).way(3, &[1, 2, 1], &house).way(4, &[1, 2, 3], &house);
    block.way(5, &[1, 2, 77, 1], &house).way(6, &[], &house).way(7, &[1], &[("highway", "path")]);
    block.relation(8, &[(1, 1, "inner")], &[("type", "multipolygon"), ("building", "yes")]);
    block.relation(9, &[(1, 4, "outer")], &[("type", "multipolygon"), ("building", "yes")]);
    block.relation(10, &[(1, 404, "outer")], &[("type", "multipolygon"), ("building", "yes")]);
    block.relation(11, &[], &[("type", "site"), ("building", "yes")]);
    block.node(90, 2_000_000_000, 0, &[("addr:street", STREET), ("addr:housenumber", "5")]);
    let (_, summary) = read("odd", &[&block]);
    assert_eq!(summary.features.get("buildings"), Some(&1));
    for (reason, count) in [
        (Reason::NoArea, 1),
        (Reason::TooFewPoints, 1),
        (Reason::NotClosed, 3),
        (Reason::MissingNode, 1),
        (Reason::MissingMember, 1),
        (Reason::NoOuterRing, 1),
        (Reason::NotAnArea, 1),
    ] {
        assert_eq!(summary.skipped.count("buildings", reason), count, "{reason:?}\n{summary}");
    }
    assert_eq!(summary.incomplete.count("buildings", Reason::CrossedItself), 1);
    assert_eq!(summary.skipped.count("streets", Reason::TooFewPoints), 1);
}

#[test]
fn progress_covers_the_file_in_each_phase() {
    let mut block = Block::new();
    block.node(1, 0, 0, &[("addr:street", STREET), ("addr:housenumber", "5")]);
    let bytes = file(&[&block, &Block::new()]);
    let scratch = Scratch::new("progress", &bytes);
    let mut seen = Vec::new();
    let mut progress = |p: crate::osm::Progress| seen.push((p.phase, p.done, p.total));
    crate::osm::read::<Error>(&scratch.0, &mut progress, &mut |_| Ok(())).unwrap();
    for phase in [Phase::Check, Phase::Ways, Phase::Nodes, Phase::Shapes, Phase::Addresses] {
        let last = seen.iter().rfind(|(at, _, _)| *at == phase);
        assert_eq!(last, Some(&(phase, bytes.len() as u64, bytes.len() as u64)));
    }
}

#[test]
fn an_error_of_the_receiver_comes_back() {
    #[derive(Debug)]
    enum Mine {
        Read(Error),
        Full(ObjectId),
    }
    impl From<Error> for Mine {
        fn from(e: Error) -> Self {
            Mine::Read(e)
        }
    }
    let mut block = Block::new();
    block.node(1, 0, 0, &[("addr:street", STREET), ("addr:housenumber", "5")]);
    let scratch = Scratch::new("full", &file(&[&block]));
    let full = crate::osm::read(&scratch.0, &mut |_| {}, &mut |_| Err(Mine::Full(ObjectId::node(1))));
    assert!(matches!(full, Err(Mine::Full(of)) if of == ObjectId::node(1)));
    let none =
        crate::osm::read(&scratch.0.with_extension("none"), &mut |_| {}, &mut |_| Err(Mine::Full(ObjectId::node(1))));
    assert!(matches!(none, Err(Mine::Read(Error::Open { .. }))));
}

/// The error that a file gives.
fn error(name: &str, bytes: &[u8]) -> String {
    match read_all(&Scratch::new(name, bytes).0) {
        Err(e) => e.to_string(),
        Ok((_, summary)) => panic!("{name}: no error, but {summary}"),
    }
}

#[test]
fn what_is_no_extract() {
    for (name, bytes) in [
        ("empty", &b""[..]),
        ("text", b"<?xml version=\"1.0\"?><osm version=\"0.6\"></osm>"),
        ("zeros", &[0; 4096]),
        ("ones", &[255; 4096]),
        ("three", &[0, 0, 0]),
        ("data-first", &framed("OSMData", &[], 0)),
    ] {
        assert!(error(name, bytes).starts_with("this is not an OpenStreetMap extract"), "{name}");
    }
    assert!(
        error("history", &file_with(&["OsmSchema-V0.6", "HistoricalInformation"], &[]))
            .contains("HistoricalInformation")
    );
}

#[test]
fn hostile_blocks() {
    let mut member = Block::new();
    member.relation(1, &[(7, 1, "outer")], &[("type", "multipolygon")]);
    assert!(error("member", &file(&[&member])).contains("damaged"));

    let mut text = Block::new();
    let (key, bad) = (text.raw_text(b"building"), text.raw_text(&[0xff, 0xfe]));
    text.raw(3, Message::default().number(1, 1).bytes(2, &[key as u8]).bytes(3, &[bad as u8]));
    assert!(error("utf8", &file(&[&text])).contains("UTF-8"));

    let mut index = Block::new();
    index.raw(3, Message::default().number(1, 1).bytes(2, &[1]).bytes(3, &[99]));
    assert!(error("index", &file(&[&index])).contains("damaged"));

    let mut sound = file(&[]);
    sound.extend(framed("OSMData", &[], (-5_i64) as u64));
    assert!(error("backwards", &sound).contains("damaged"));
    let mut sound = file(&[]);
    sound.extend(framed("OSMData", &[], 1 << 30));
    assert!(error("huge", &sound).contains("damaged"));
}

#[test]
fn sums_that_overflow_do_no_harm() {
    // An error where sums are checked, coordinates nowhere on Earth where they are not.
    let mut block = Block::new();
    block.dense(&[(i64::MAX, i64::MAX, i64::MIN), (i64::MIN, i64::MIN, i64::MAX), (1, i64::MAX, i64::MAX)]);
    block.way(i64::MIN, &[i64::MAX, i64::MIN, 1], &[("highway", "path")]);
    let _ = read_all(&Scratch::new("overflow", &file(&[&block])).0);
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let (nodes, around) = square(1, 0, 0, 1_000);
    let mut block = Block::new();
    block.dense(&nodes).way(1, &around, &[("building", "yes")]);
    let bytes = file(&[&block]);
    let header = file(&[]).len();
    for length in (1..bytes.len()).filter(|length| *length != header) {
        error(&format!("cut-{length}"), &bytes[..length]);
    }
}

#[test]
fn a_file_with_any_byte_changed_does_not_panic() {
    let (nodes, around) = square(1, 300_000_000, 500_000_000, 1_000);
    let mut block = Block::new();
    block.dense(&nodes).way(1, &around, &[("building", "yes"), ("addr:street", STREET), ("addr:housenumber", "5")]);
    block.relation(2, &[(1, 1, "outer")], &[("type", "multipolygon"), ("building", "house")]);
    let sound = file(&[&block]);
    for at in 0..sound.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = sound.clone();
            bytes[at] ^= change;
            let _ = read_all(&Scratch::new("changed", &bytes).0);
        }
    }
}
