//! Tags and what they become, as tables; and every class checked against its layer file.

use super::layers::fits_its_layer;
use crate::catalogue::record::Value;
use crate::osm::address::{self, Address};
use crate::osm::classify::{self, Boundary, Class, Line};
use crate::osm::tags::Tags;
use crate::osm::{Feature, kinds};
use geo::{Geometry, MultiLineString, MultiPolygon, Point};

/// `a=b c=d` as tags; values hold no spaces (`~` stands for one).
fn with<T>(text: &str, f: impl FnOnce(Tags<'_>) -> T) -> T {
    let text = text.to_owned();
    let pairs: Vec<(String, String)> = text
        .split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.replace('~', " ")))
        .collect();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    f(Tags(&pairs))
}

/// A class as `layer field=value …`, fields in order; checked against the layer file too.
fn shown(class: Class) -> String {
    let geometry = match class.layer {
        "streets" | "railways" => Geometry::MultiLineString(MultiLineString(vec![])),
        "addresses" => Geometry::Point(Point::new(0.0, 0.0)),
        _ => Geometry::MultiPolygon(MultiPolygon(vec![])),
    };
    let mut text = class.layer.to_owned();
    for (name, value) in &class.values {
        let value = match value {
            Value::Text(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Boolean(boolean) => boolean.to_string(),
            other => format!("{other:?}"),
        };
        text.push_str(&format!(" {name}={value}"));
    }
    for unread in &class.unread {
        text.push_str(&format!(" !{unread}"));
    }
    let mut values = class.values;
    values.push(("uid", "osm:way/1".into()));
    fits_its_layer(&Feature { layer: class.layer, geometry: Some(geometry), values });
    text
}

fn line(line: Option<Line>) -> String {
    match line {
        Some(Line::Taken { class, reversed, outline }) => {
            let marks = [(reversed, " reversed"), (outline, " outline")];
            shown(class) + &marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect::<String>()
        }
        Some(Line::OtherKind { layer, tag }) => format!("{layer} not {tag}"),
        None => String::new(),
    }
}

#[test]
fn streets() {
    for (tags, expected) in [
        ("highway=motorway", "streets class=motorway oneway=true"),
        ("highway=trunk_link", "streets class=trunk"),
        ("highway=unclassified", "streets class=residential"),
        ("highway=living_street", "streets class=residential"),
        ("highway=service", "streets class=service"),
        ("highway=footway", "streets class=path"),
        ("highway=track", "streets class=track"),
        ("highway=steps", "streets class=path"),
        ("highway=construction", "streets not highway=construction"),
        ("highway=platform", "streets not highway=platform"),
        ("highway=pedestrian area=yes", "streets not highway=pedestrian, area=yes"),
        (
            "highway=pedestrian area=yes name=Соборна~площа",
            "streets kind=площа name=Соборна площа class=pedestrian outline",
        ),
        ("highway=tertiary name=Street name:uk=вулиця~Садова", "streets kind=вулиця name=вулиця Садова class=tertiary"),
        (
            "highway=primary lanes=2 oneway=yes bridge=viaduct surface=asphalt",
            "streets class=primary lanes=2 oneway=true bridge=true surface=asphalt",
        ),
        ("highway=primary lanes=99 oneway=reversible bridge=no", "streets class=primary bridge=false !lanes=99"),
        ("highway=primary oneway=-1", "streets class=primary oneway=true reversed"),
        ("highway=residential junction=roundabout", "streets class=residential oneway=true"),
        (
            "highway=residential oneway=no name:en=Sadova~Street old_name=вулиця~Леніна",
            "streets class=residential former_names=вулиця Леніна name_en=Sadova Street oneway=false",
        ),
        ("name=Nothing", ""),
    ] {
        assert_eq!(line(with(tags, classify::street)), expected, "{tags}");
    }
}

#[test]
fn railways() {
    for (tags, expected) in [
        ("railway=rail electrified=contact_line service=yard", "railways kind=rail service=yard electrified=true"),
        ("railway=tram name=Трамвай electrified=no", "railways name=Трамвай kind=tram electrified=false"),
        ("railway=disused", "railways kind=disused"),
        ("railway=monorail", "railways kind=other"),
        ("railway=platform", "railways not railway=platform"),
        ("railway=abandoned", "railways not railway=abandoned"),
    ] {
        assert_eq!(line(with(tags, classify::railway)), expected, "{tags}");
    }
}

#[test]
fn areas() {
    for (tags, expected) in [
        ("building=yes", "buildings"),
        ("building=no", ""),
        ("building:part=yes", ""),
        ("building=house building:levels=2 height=7,5", "buildings levels=2 height=7.5 use=residential_house"),
        ("building=residential", "buildings use=residential_house"),
        ("building=residential building:levels=5", "buildings levels=5 use=apartments"),
        ("building=yes amenity=school start_date=1967", "buildings built_year=1967 use=public"),
        ("building=yes shop=bakery", "buildings use=commercial"),
        ("building=church", "buildings use=religious"),
        ("building=pyramid height=40~ft", "buildings use=other !height=40 ft"),
        ("building=garages building:levels=0", "buildings use=garage !building:levels=0"),
        ("building=yes addr:housenumber=5 addr:street=вулиця~Садова", "buildings address=вулиця Садова, 5"),
        ("natural=water", "water"),
        ("natural=water water=lake name=Озеро", "water name=Озеро kind=lake"),
        ("natural=water water=moat", "water kind=other"),
        ("waterway=riverbank", "water kind=river"),
        ("natural=water waterway=riverbank", "water kind=river"),
        ("landuse=reservoir", "water kind=reservoir"),
        ("landuse=basin", "water kind=basin"),
        ("natural=wetland", "water kind=wetland"),
        ("waterway=stream", ""),
        ("natural=coastline", ""),
        ("leisure=park name=сквер~Шевченка", "green name=сквер Шевченка kind=square"),
        ("leisure=park natural=wood", "green kind=park"),
        ("leisure=garden", "green kind=garden"),
        ("leisure=nature_reserve landuse=forest", "green kind=forest"),
        ("leisure=nature_reserve", "green kind=other"),
        ("landuse=forest", "green kind=forest"),
        ("natural=wood", "green kind=forest"),
        ("landuse=cemetery", "green kind=cemetery"),
        ("amenity=grave_yard", "green kind=cemetery"),
        ("landuse=farmland", "green kind=farmland"),
        ("landuse=village_green", "green kind=grass"),
        ("natural=grassland", "green kind=meadow"),
        ("natural=heath", "green kind=scrub"),
        ("natural=beach", "green kind=beach"),
        ("leisure=playground", "green kind=playground"),
        ("landuse=residential", ""),
        ("natural=wetland landuse=meadow", "water kind=wetland + green kind=meadow"),
    ] {
        let classes: Vec<String> = with(tags, classify::areas).into_iter().map(shown).collect();
        assert_eq!(classes.join(" + "), expected, "{tags}");
    }
}

#[test]
fn boundaries() {
    for (tags, expected) in [
        (
            "boundary=administrative admin_level=4 place=city name=Київ katotth=UA80000000000093317",
            "boundary name=Київ katottg=UA80000000000093317",
        ),
        ("boundary=administrative admin_level=8 name=Vaduz", "boundary name=Vaduz"),
        ("boundary=administrative admin_level=9 name=Вербівка place=village", "boundary name=Вербівка"),
        (
            "boundary=administrative admin_level=7 name=Дарницький~район population=24~300",
            "districts name=Дарницький район population=24300",
        ),
        ("boundary=administrative admin_level=10 name=Поділ name:en=Podil", "districts name=Поділ name_en=Podil"),
        (
            "place=suburb name=Поділ population=багато katotth=8000",
            "districts name=Поділ !katotth=8000 !population=багато",
        ),
        ("boundary=administrative admin_level=8 name=Вербівський~старостинський~округ", ""),
        ("boundary=administrative admin_level=6 name=Черкаський~район", ""),
        ("boundary=administrative admin_level=2 name=Україна", ""),
        ("boundary=protected_area admin_level=8 name=Заказник", ""),
        ("boundary=administrative admin_level=8", "boundary nameless"),
    ] {
        let shown = match with(tags, classify::boundary) {
            Some(Boundary::Taken(class)) => shown(class),
            Some(Boundary::Nameless(layer)) => format!("{layer} nameless"),
            None => String::new(),
        };
        assert_eq!(shown, expected, "{tags}");
    }
}

#[test]
fn addresses() {
    for (tags, expected) in [
        (
            "addr:street=вулиця~Садова addr:housenumber=5А addr:postcode=19901 addr:city=Вербоград",
            "addresses street=вулиця Садова house=5А postcode=19901 settlement=Вербоград",
        ),
        ("addr:street=Sadova addr:street:uk=Садова addr:housenumber=5", "addresses street=Садова house=5"),
        ("addr:place=Вербівка addr:housenumber=7", "addresses house=7 settlement=Вербівка"),
        (
            "addr:place=Санаторій addr:city=Вербоград addr:housenumber=7",
            "addresses house=7 object_name=Санаторій settlement=Вербоград",
        ),
        ("addr:street=С addr:housenumber=5 addr:postcode=9490", "addresses street=С house=5 !addr:postcode=9490"),
        ("addr:street=С addr:housenumber=5 building=apartments", "addresses street=С house=5 apartment_building=true"),
        (
            "addr:street=С addr:housenumber=5 addr:housename=Млин addr:district=Черкаський~район addr:region=Черкаська~область",
            "addresses street=С house=5 object_name=Млин district=Черкаський район region=Черкаська область",
        ),
        ("addr:housenumber=5", "no street for 5"),
        ("addr:interpolation=even", "interpolated"),
        ("addr:street=С", ""),
    ] {
        let shown = match with(tags, address::read) {
            Some(Address::Taken(class)) => shown(class),
            Some(Address::NoStreet { house }) => format!("no street for {house}"),
            Some(Address::Interpolated) => "interpolated".to_owned(),
            None => String::new(),
        };
        assert_eq!(shown, expected, "{tags}");
    }
    assert_eq!(with("addr:place=Вербівка addr:housenumber=7", address::in_words).as_deref(), Some("Вербівка, 7"));
    assert_eq!(with("addr:housenumber=7", address::in_words).as_deref(), Some("7"));
}

#[test]
fn every_word_of_the_vocabulary_is_in_the_layer_file() {
    for use_of in ["house", "apartments", "retail", "factory", "civic", "carport", "temple", "barn", "roof"] {
        shown(with(&format!("building={use_of}"), classify::areas).remove(0));
    }
    for water in ["river", "stream", "canal", "lake", "pond", "reservoir", "basin", "moat"] {
        shown(with(&format!("natural=water water={water}"), classify::areas).remove(0));
    }
    assert_eq!(kinds::street_class("raceway"), None);
}
