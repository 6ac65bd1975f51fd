//! Which layer an object belongs to, and its values there: from tags alone, without geometry.

use super::names;
use super::tags::{Tags, boolean, clean, decimal, katottg, metres, whole, year};
use super::{address, kinds};
use crate::catalogue::record::Value;

pub const STREETS: &str = "streets";
pub const RAILWAYS: &str = "railways";
pub const BUILDINGS: &str = "buildings";
pub const WATER: &str = "water";
pub const GREEN: &str = "green";
pub const BOUNDARY: &str = "boundary";
pub const DISTRICTS: &str = "districts";
pub const ADDRESSES: &str = "addresses";

/// An object's place in one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    pub layer: &'static str,
    /// Values by field name; what is unknown is left out. `uid` and measures of the geometry are not among them.
    pub values: Vec<(&'static str, Value)>,
    /// Tags whose value could not be read, as `key=value`.
    pub unread: Vec<String>,
}

impl Class {
    pub(super) fn new(layer: &'static str) -> Self {
        Self { layer, values: Vec::new(), unread: Vec::new() }
    }

    /// Sets a field if there is a value.
    pub(super) fn set(&mut self, field: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.values.push((field, value.into()));
        }
    }

    /// Sets a field from the tag `key` as `read` understands it; a value that it does not is noted.
    pub(super) fn read<T: Into<Value>>(
        &mut self,
        field: &'static str,
        tags: Tags<'_>,
        key: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) {
        if let Some(text) = tags.get(key) {
            match read(text) {
                Some(value) => self.values.push((field, value.into())),
                None => self.unread.push(format!("{key}={text}")),
            }
        }
    }

    /// The value of a field, if it is set.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.values.iter().find(|(name, _)| *name == field).map(|(_, value)| value)
    }
}

/// How a way's line is to be taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// A line of a layer.
    Taken {
        class: Class,
        /// The line runs against the direction of travel (`oneway=-1`) and has to be turned.
        reversed: bool,
        /// Drawn as the outline of an area: its length says nothing.
        outline: bool,
    },
    /// It has the layer's key, with a value that the layer does not keep (`highway=proposed`).
    OtherKind { layer: &'static str, tag: String },
}

/// A way's place among the streets.
pub fn street(tags: Tags<'_>) -> Option<Line> {
    let highway = tags.get("highway")?;
    let outline = tags.is("area", "yes");
    let name = tags.name();
    // An area that carries a name is a square people look for; without a name it is a patch of paving.
    let kept = kinds::street_class(highway).filter(|_| !outline || name.is_some());
    let Some(kind_of_road) = kept else {
        let area = if outline { ", area=yes" } else { "" };
        return Some(Line::OtherKind { layer: STREETS, tag: format!("highway={highway}{area}") });
    };
    let mut class = Class::new(STREETS);
    class.set("kind", name.as_deref().and_then(names::kind));
    class.set("name", name);
    class.set("class", Some(kind_of_road));
    class.set("former_names", names::former(tags));
    class.set("name_en", tags.text("name:en"));
    class.read("lanes", tags, "lanes", |text| whole(text, 1, 16));
    let reversed = tags.is("oneway", "-1");
    class.set("oneway", oneway(tags, highway).map(Value::Boolean));
    class.set("bridge", tags.get("bridge").map(|value| Value::Boolean(value != "no")));
    class.set("surface", tags.text("surface"));
    Some(Line::Taken { class, reversed, outline })
}

fn oneway(tags: Tags<'_>, highway: &str) -> Option<bool> {
    match tags.get("oneway") {
        Some("-1") => Some(true),
        Some(text) => boolean(text),
        None => (highway == "motorway" || tags.is("junction", "roundabout")).then_some(true),
    }
}

/// A way's place among the railways.
pub fn railway(tags: Tags<'_>) -> Option<Line> {
    let railway = tags.get("railway")?;
    let Some(kind) = kinds::railway(railway) else {
        return Some(Line::OtherKind { layer: RAILWAYS, tag: format!("railway={railway}") });
    };
    let mut class = Class::new(RAILWAYS);
    class.set("name", tags.name());
    class.set("kind", Some(kind));
    class.set("service", tags.text("service"));
    class.set("electrified", tags.get("electrified").map(|value| Value::Boolean(value != "no")));
    Some(Line::Taken { class, reversed: false, outline: false })
}

/// The layers of areas that an object belongs to: buildings, water, green. Most belong to none or one.
pub fn areas(tags: Tags<'_>) -> Vec<Class> {
    [building(tags), water(tags), green(tags)].into_iter().flatten().collect()
}

fn building(tags: Tags<'_>) -> Option<Class> {
    let building = tags.get("building").filter(|value| *value != "no")?;
    let mut class = Class::new(BUILDINGS);
    class.set("address", address::in_words(tags));
    class.read("levels", tags, "building:levels", |text| whole(text, 1, 200));
    class.read("height", tags, "height", |text| metres(text).filter(|height| (0.0..=1000.0).contains(height)));
    class.read("built_year", tags, "start_date", year);
    let levels = match class.get("levels") {
        Some(Value::Integer(levels)) => Some(*levels),
        _ => None,
    };
    class.set("use", kinds::building_use(building, levels, tags));
    Some(class)
}

fn water(tags: Tags<'_>) -> Option<Class> {
    let kind = kinds::water(tags)?;
    let mut class = Class::new(WATER);
    class.set("name", tags.name());
    class.set("kind", kind);
    Some(class)
}

fn green(tags: Tags<'_>) -> Option<Class> {
    let kind = kinds::green(tags)?;
    let mut class = Class::new(GREEN);
    class.set("name", tags.name());
    class.set("kind", Some(kind));
    Some(class)
}

/// What an administrative boundary is to a city.
#[derive(Debug, Clone, PartialEq)]
pub enum Boundary {
    Taken(Class),
    /// The layer requires a name.
    Nameless(&'static str),
}

/// A relation's place among the boundaries of settlements or the districts within them.
///
/// A settlement is known by `place`, whatever its `admin_level` (Kyiv's is 4), and so is a quarter. Otherwise levels 7 and 8
/// are municipalities and 9 and 10 districts, but a `… район` of those levels is a district of a city. A starosta’s district
/// (`… округ`) is neither.
pub fn boundary(tags: Tags<'_>) -> Option<Boundary> {
    let administrative = tags.is("boundary", "administrative");
    let level = tags.get("admin_level").and_then(|text| text.parse::<u8>().ok()).filter(|_| administrative);
    let name = tags.name();
    let last_word = name.as_deref().and_then(|name| name.split(' ').next_back()).map(str::to_lowercase);
    let layer = match (tags.get("place"), level) {
        (Some("city" | "town" | "village" | "hamlet"), _) => BOUNDARY,
        (Some("borough" | "suburb" | "quarter" | "neighbourhood"), _) => DISTRICTS,
        (_, Some(7..=10)) if last_word.as_deref() == Some("район") => DISTRICTS,
        (_, Some(7..=10)) if last_word.as_deref() == Some("округ") => return None,
        (_, Some(7 | 8)) => BOUNDARY,
        (_, Some(9 | 10)) => DISTRICTS,
        _ => return None,
    };
    if name.is_none() {
        return Some(Boundary::Nameless(layer));
    }
    let mut class = Class::new(layer);
    class.set("name", name);
    class.set("name_en", tags.text("name:en"));
    let code = tags.first(&["katotth", "katottg"]);
    class.set("katottg", code.and_then(katottg));
    if let Some(code) = code.filter(|code| katottg(code).is_none()) {
        class.unread.push(format!("katotth={code}"));
    }
    if layer == DISTRICTS {
        class.read("population", tags, "population", people);
    }
    Some(Boundary::Taken(class))
}

/// `24300` or `24 300`.
fn people(text: &str) -> Option<i64> {
    let digits: String = clean(text)?.split(' ').collect();
    decimal(&digits).and_then(|_| digits.parse().ok())
}
