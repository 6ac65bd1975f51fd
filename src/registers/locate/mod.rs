//! The place of an address: what a record says, looked up in the city's own register of addresses, with a score.

mod query;

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use sqlx::PgConnection;

use crate::catalogue::Catalogue;
pub use crate::text::address::Address;
use crate::text::address::{House, Street, are_alike};

/// Below this a match is none.
pub const ENOUGH: f64 = 0.7;
/// Places of equal score further apart than this, in degrees (about 100 m), are different answers.
const APART: f64 = 0.001;

/// An address of the register.
#[derive(Debug)]
pub struct Known {
    pub street: String,
    pub house: String,
    pub block: String,
    pub former: String,
    /// Longitude and latitude.
    pub point: (f64, f64),
}

/// Where a record's address is.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    pub point: (f64, f64),
    /// 1: the very address.
    pub score: f64,
    pub address: String,
}

/// Why an address has no place.
#[derive(Debug, Clone, PartialEq)]
pub enum Lost {
    /// The register has nothing that is like it.
    Unknown,
    /// The best match, which is not good enough.
    Weak(Located),
    /// Several addresses fit equally well.
    Ambiguous(Located),
}

/// The register of addresses, by the names of streets without their kinds.
#[derive(Default)]
pub struct Index {
    streets: BTreeMap<String, Vec<Entry>>,
    /// Names of today by former names, from the register of streets.
    renamed: HashMap<String, Vec<String>>,
    /// Names that were looked for and are not there: what is like them.
    alike: HashMap<String, Vec<String>>,
    pub size: usize,
}

struct Entry {
    kind: Option<&'static str>,
    is_former: bool,
    house: House,
    known: usize,
    point: (f64, f64),
    label: Box<str>,
}

impl Index {
    /// Reads the register whole, in one go: it is asked many times.
    pub async fn read(connection: &mut PgConnection, catalogue: &Catalogue) -> Result<Self> {
        let mut index = Self::default();
        if let Some(addresses) = catalogue.layer("addresses") {
            query::addresses(connection, addresses, &mut |known| index.add(&known)).await?;
        }
        if let Some(streets) = catalogue.layer("streets") {
            query::renamed(connection, streets, &mut |name, former| index.rename(&name, &former)).await?;
        }
        Ok(index)
    }

    pub fn add(&mut self, known: &Known) {
        let number = self.size;
        self.size += 1;
        let label = [&known.street, &known.house, &known.block].map(|part| part.trim());
        let label = label.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        let house = House::new(&known.house, &known.block);
        let streets = Street::all(&known.street).into_iter().map(|street| (street, false));
        let former = known.former.split(';').flat_map(Street::all).map(|street| (street, true));
        for (street, is_former) in streets.chain(former) {
            let entry = Entry {
                kind: street.kind,
                is_former,
                house: house.clone(),
                known: number,
                point: known.point,
                label: label.clone().into(),
            };
            self.streets.entry(street.name).or_default().push(entry);
        }
    }

    pub fn rename(&mut self, name: &str, former: &str) {
        for now in Street::all(name) {
            for street in former.split(';').flat_map(Street::all) {
                self.renamed.entry(street.name).or_default().push(now.name.clone());
            }
        }
    }

    pub fn locate(&mut self, address: &Address) -> Result<Located, Lost> {
        let mut found: Vec<(usize, Located)> = Vec::new();
        for (place, street) in address.streets.iter().enumerate() {
            // a name in brackets is another name of the street, mostly a former one
            let certainty = if place == 0 { 1.0 } else { 0.95 };
            for (name, likeness) in self.names(&street.name) {
                for entry in self.streets.get(&name).into_iter().flatten() {
                    let renamed = if entry.is_former { 0.95 } else { 1.0 };
                    let kind = match (street.kind, entry.kind) {
                        (Some(one), Some(other)) if one != other => 0.6,
                        (None, Some(_)) | (Some(_), None) => 0.97,
                        _ => 1.0,
                    };
                    let score = certainty * likeness * renamed * kind * address.house.likeness(&entry.house);
                    if score > 0.0 {
                        let located = Located { point: entry.point, score, address: entry.label.to_string() };
                        found.push((entry.known, located));
                    }
                }
            }
        }
        best(found)
    }

    /// Names under which a street may stand in the index, with how alike they are.
    fn names(&mut self, name: &str) -> Vec<(String, f64)> {
        if self.streets.contains_key(name) {
            return vec![(name.to_owned(), 1.0)];
        }
        let renamed: Vec<_> = self.renamed.get(name).into_iter().flatten().map(|now| (now.clone(), 0.95)).collect();
        if !renamed.is_empty() {
            return renamed;
        }
        let streets = &self.streets;
        let alike = self
            .alike
            .entry(name.to_owned())
            .or_insert_with(|| streets.keys().filter(|other| are_alike(name, other)).cloned().collect());
        alike.iter().map(|name| (name.clone(), 0.85)).collect()
    }
}

fn best(mut found: Vec<(usize, Located)>) -> Result<Located, Lost> {
    found.sort_by(|(_, one), (_, other)| other.score.total_cmp(&one.score));
    let mut found = found.into_iter();
    let Some((number, best)) = found.next() else { return Err(Lost::Unknown) };
    if best.score < ENOUGH {
        return Err(Lost::Weak(best));
    }
    let is_far =
        |other: &Located| (other.point.0 - best.point.0).abs() > APART || (other.point.1 - best.point.1).abs() > APART;
    let mut equal = found.take_while(|(_, other)| other.score >= best.score);
    if equal.any(|(other, located)| other != number && is_far(&located)) {
        return Err(Lost::Ambiguous(best));
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let mut index = Index::default();
        for (street, house, block, former, x) in [
            ("вулиця Соборна", "15-А", "", "вулиця Леніна; вулиця Дворянська", 30.1),
            ("вулиця Соборна", "15", "2", "", 30.2),
            ("провулок Соборний", "15", "", "", 30.3),
            ("вул.Братів Петрунів", "7", "", "вул.Б.Петрунів", 30.4),
            ("вулиця Садова", "1", "", "", 30.5),
            ("вулиця Садова", "1", "", "", 30.9),
            ("вулиця Січових Стрільців", "1а", "", "", 30.6),
        ] {
            let [street, house, block, former] = [street, house, block, former].map(str::to_owned);
            index.add(&Known { street, house, block, former, point: (x, 50.0) });
        }
        index.rename("вулиця Садова", "вулиця Чапаєва");
        index
    }

    fn at(text: &str) -> Result<(f64, bool), Lost> {
        let address = Address::parse(text).unwrap();
        index().locate(&address).map(|located| (located.point.0, located.score > 0.99))
    }

    #[test]
    fn addresses_are_found_as_people_write_them() {
        assert_eq!(at("вул. Соборна, 15-А"), Ok((30.1, true)));
        assert_eq!(at("м. Київ, вул.Соборна, буд. 15а"), Ok((30.1, true)));
        assert_eq!(at("Соборна вулиця 15 А"), Ok((30.1, true)));
        assert_eq!(at("вулиця Соборна, 15, корп. 2"), Ok((30.2, true)));
        assert_eq!(at("пров. Соборний, 15"), Ok((30.3, true)));
        assert_eq!(at("вул. Леніна, 15-А"), Ok((30.1, false)));
        assert_eq!(at("24321, Вінницька обл., вул.Петрунів Б., буд. 7").ok(), None);
        assert_eq!(at("вул. Б. Петрунів, 7"), Ok((30.4, false)));
        assert_eq!(at("вул. Сiчових стрільцiв (вул. 9-го Січня) 1-а"), Ok((30.6, true)), "a Latin i among Cyrillic");
        assert_eq!(at("вул. Собрна, 15-А"), Ok((30.1, false)));
    }

    #[test]
    fn what_is_not_certain_is_left_without_a_place() {
        assert!(matches!(at("вул. Чапаєва, 1"), Err(Lost::Ambiguous(_))), "two houses of that address");
        assert_eq!(at("вул. Соборна, 99"), Err(Lost::Unknown));
        assert!(matches!(at("проспект Садова, 1"), Err(Lost::Weak(_))));
        assert_eq!(Address::parse("біля ринку"), None);
    }
}
