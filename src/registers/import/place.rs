//! Where a record of a file is: its geometry, its coordinates in columns, or its address.

use geo::{Geometry, Point};
use geozero::ToGeo;
use geozero::wkt::Wkt;
use serde_json::{Map, Value as Json};

use super::super::locate::Address;
use super::super::mapping::{Mapping, Places};
use super::super::read::Record;
use crate::catalogue::layer::{Bilingual, GeometryKind, Layer};

/// The geometry that a record has, in the file's own reference system; or what is wrong with it.
pub fn raw(record: &Record, places: &Places) -> Result<Option<Geometry<f64>>, Bilingual> {
    let unreadable = |error: &str| {
        Bilingual::new(format!("геометрію не прочитано: {error}"), format!("the geometry cannot be read: {error}"))
    };
    let own = record.geometry.as_ref().map_err(|error| unreadable(error))?;
    if let Some(geometry) = own {
        return Ok(Some(geometry.clone()));
    }
    let text = |column: &Option<String>| {
        column.as_ref().and_then(|column| record.values.get(column)).map(plain).filter(|text| !is_nothing(text))
    };
    if let Some(wkt) = text(&places.wkt) {
        let body =
            wkt.rsplit_once(';').filter(|(srid, _)| srid.starts_with("SRID=")).map_or(wkt.as_str(), |(_, body)| body);
        let geometry = Wkt(body).to_geo();
        return geometry.map(Some).map_err(|error| unreadable(&error.to_string()));
    }
    let Some((latitude, longitude)) = &places.coordinates else { return Ok(None) };
    let (latitude, longitude) = (text(&Some(latitude.clone())), text(&Some(longitude.clone())));
    let (Some(latitude), Some(longitude)) = (latitude, longitude) else { return Ok(None) };
    let point = Point::new(number(&longitude)?, number(&latitude)?);
    // what programs write for "not known"; no city is there
    Ok((point.x() != 0.0 || point.y() != 0.0).then(|| point.into()))
}

fn number(text: &str) -> Result<f64, Bilingual> {
    let number = text.replace(['\u{a0}', ' '], "").replace(',', ".").parse().ok();
    number.filter(|number: &f64| number.is_finite()).ok_or_else(|| {
        let short: String = text.chars().take(40).collect();
        Bilingual::new(format!("«{short}» не є координатою"), format!("“{short}” is no coordinate"))
    })
}

fn is_nothing(text: &str) -> bool {
    text.is_empty() || text.eq_ignore_ascii_case("null") || text == "-"
}

/// Columns of an address.
pub struct AddressColumns {
    street: Option<String>,
    house: Option<String>,
    block: Option<String>,
    text: Option<String>,
}

impl AddressColumns {
    /// Columns by which a record of the layer may be located; none for layers whose records are no points, or that
    /// are the addresses themselves.
    pub fn of(layer: &Layer, mapping: &Mapping) -> Option<Self> {
        let own = layer.address.as_ref();
        if layer.geometry != GeometryKind::Point || own.is_some_and(|own| own.is_register) {
            return None;
        }
        let mapped = |wanted: &dyn Fn(usize) -> bool| {
            let found = mapping.columns.iter().find(|(index, _)| wanted(*index));
            found.map(|(_, column)| column.clone())
        };
        let column = |field: Option<usize>| field.and_then(|field| mapped(&|index| index == field));
        let (street, house) = (column(own.map(|own| own.street)), column(own.map(|own| own.house)));
        let is_address = |index: usize| {
            let field = &layer.fields[index];
            field.legal.as_deref() == Some("address") || field.name == "address"
        };
        let text = mapping.place.address.clone().or_else(|| mapped(&is_address));
        let is_there = (street.is_some() && house.is_some()) || text.is_some();
        is_there.then(|| Self { street, house, block: column(own.and_then(|own| own.block)), text })
    }

    pub fn address(&self, values: &Map<String, Json>) -> Option<Address> {
        let text = |column: &Option<String>| {
            column.as_ref().and_then(|column| values.get(column)).map(plain).unwrap_or_default()
        };
        Address::of(&text(&self.street), &text(&self.house), &text(&self.block))
            .or_else(|| Address::parse(&text(&self.text)))
    }
}

/// A value as a person would write it.
pub fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.trim().to_owned(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}
