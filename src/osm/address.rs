//! An object's address: from its `addr:*` tags to the values of the `addresses` layer.

use super::classify::{ADDRESSES, Class};
use super::tags::{Tags, clean};
use crate::catalogue::record::Value;

/// What an object's tags say about an address.
#[derive(Debug, Clone, PartialEq)]
pub enum Address {
    Taken(Class),
    /// A house number with neither street nor place to which it belongs.
    NoStreet {
        house: String,
    },
    /// A line along which house numbers are to be guessed.
    Interpolated,
}

/// Where an address's point stands, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    Entrance,
    Building,
    Parcel,
}

impl Position {
    /// The value in the `addresses` layer.
    pub fn value(self) -> &'static str {
        match self {
            Position::Entrance => "entrance",
            Position::Building => "building",
            Position::Parcel => "parcel",
        }
    }
}

/// Whether the object carries an address at all: a cheap test, for the millions that do not.
pub fn is_addressed(tags: Tags<'_>) -> bool {
    tags.get("addr:housenumber").is_some() || tags.get("addr:interpolation").is_some()
}

/// The address an object carries; nothing if it has no house number.
///
/// Where streets have no names, OpenStreetMap numbers houses within a place (`addr:place`): that place is the settlement if
/// none is named, and else the name of the object (a farmstead, a sanatorium).
pub fn read(tags: Tags<'_>) -> Option<Address> {
    let Some(house) = tags.text("addr:housenumber") else {
        return tags.get("addr:interpolation").map(|_| Address::Interpolated);
    };
    let street = street(tags);
    let place = tags.text("addr:place");
    if street.is_none() && place.is_none() {
        return Some(Address::NoStreet { house });
    }
    let city = tags.first(&["addr:city:uk", "addr:city"]).and_then(clean);
    let house_name = tags.text("addr:housename");
    let (settlement, object_name) = match (city, place) {
        (Some(city), place) => (Some(city), house_name.or(place)),
        (None, place) => (place, house_name),
    };
    let mut class = Class::new(ADDRESSES);
    class.set("street", street);
    class.set("house", Some(house));
    class.set("object_name", object_name);
    class.read("postcode", tags, "addr:postcode", postcode);
    class.set("settlement", settlement);
    class.set("district", tags.text("addr:district"));
    class.set("region", tags.first(&["addr:region", "addr:state", "addr:province"]).and_then(clean));
    class.set("apartment_building", tags.is("building", "apartments").then_some(Value::Boolean(true)));
    Some(Address::Taken(class))
}

/// The address in one line, for the card of a building: `вулиця Соборна, 12`. Nothing without a house number.
pub fn in_words(tags: Tags<'_>) -> Option<String> {
    let house = tags.text("addr:housenumber")?;
    match street(tags).or_else(|| tags.text("addr:place")) {
        Some(street) => Some(format!("{street}, {house}")),
        None => Some(house),
    }
}

fn street(tags: Tags<'_>) -> Option<String> {
    tags.first(&["addr:street:uk", "addr:street"]).and_then(clean)
}

fn postcode(text: &str) -> Option<String> {
    (text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
}
