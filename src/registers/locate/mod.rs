//! The place of an address: what a record says, looked up in the city's own register of addresses, with a score.

mod query;

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use sqlx::PgConnection;

use crate::catalogue::Catalogue;
pub use crate::text::address::Address;
use crate::text::address::{House, Street, are_alike};
use crate::text::renamed::{Names, Saying};

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
    /// Whether it is found by a name that the street no longer has.
    pub is_former: bool,
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

/// The registers of addresses, by the names of streets without their kinds.
#[derive(Default)]
pub struct Index {
    streets: BTreeMap<String, Vec<Entry>>,
    /// By former names, from the registers that name streets.
    renamed: BTreeMap<String, Vec<Renamed>>,
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

/// A street that is called otherwise today.
struct Renamed {
    /// Of the former name.
    kind: Option<&'static str>,
    now: Street,
}

/// A street that a name may mean.
struct Meant {
    street: Street,
    likeness: f64,
    is_former: bool,
}

impl Index {
    /// Reads the registers whole, in one go: they are asked many times.
    pub async fn read(connection: &mut PgConnection, catalogue: &Catalogue) -> Result<Self> {
        let mut index = Self::default();
        let mut sayings: HashMap<String, Vec<Saying>> = HashMap::new();
        for layer in &catalogue.layers {
            if let Some(fields) = layer.address.as_ref().filter(|address| address.is_register) {
                query::addresses(connection, layer, fields, &mut |known| index.add(&known)).await?;
            }
            if let Some(fields) = &layer.street {
                let mut take = |saying: Saying| sayings.entry(saying.street.clone()).or_default().push(saying);
                query::sayings(connection, layer, fields, &mut take).await?;
            }
        }
        for said in sayings.values() {
            index.rename(&Names::of(said));
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

    pub fn rename(&mut self, names: &Names) {
        for now in names.current.iter().flat_map(|name| Street::all(name)) {
            for former in names.former.iter().flat_map(|name| Street::all(name)).filter(|former| *former != now) {
                let renamed = Renamed { kind: former.kind, now: now.clone() };
                self.renamed.entry(former.name).or_default().push(renamed);
            }
        }
    }

    pub fn locate(&mut self, address: &Address) -> Result<Located, Lost> {
        let mut found: Vec<(usize, Located)> = Vec::new();
        for (place, street) in address.streets.iter().enumerate() {
            // a name in brackets is another name of the street, mostly a former one
            let certainty = if place == 0 { 1.0 } else { 0.95 };
            for meant in self.meant(street) {
                for entry in self.streets.get(&meant.street.name).into_iter().flatten() {
                    let is_former = meant.is_former || entry.is_former;
                    let renamed = if is_former { 0.95 } else { 1.0 };
                    let kind = likeness_of_kinds(meant.street.kind, entry.kind);
                    let score = certainty * meant.likeness * renamed * kind * address.house.likeness(&entry.house);
                    if score > 0.0 {
                        let address = entry.label.to_string();
                        found.push((entry.known, Located { point: entry.point, score, address, is_former }));
                    }
                }
            }
        }
        best(found)
    }

    /// Streets that a name may mean: those called so today or once, else those of names that are like it.
    fn meant(&mut self, street: &Street) -> Vec<Meant> {
        let exact = self.called(street, &street.name, 1.0);
        if !exact.is_empty() {
            return exact;
        }
        if !self.alike.contains_key(&street.name) {
            let known = self.streets.keys().chain(self.renamed.keys());
            let alike = known.filter(|other| are_alike(&street.name, other)).cloned().collect();
            self.alike.insert(street.name.clone(), alike);
        }
        let alike = self.alike.get(&street.name).into_iter().flatten();
        alike.flat_map(|name| self.called(street, name, 0.85)).collect()
    }

    fn called(&self, street: &Street, name: &str, likeness: f64) -> Vec<Meant> {
        let today = self.streets.contains_key(name).then(|| Meant {
            street: Street { kind: street.kind, name: name.to_owned() },
            likeness,
            is_former: false,
        });
        let once = self.renamed.get(name).into_iter().flatten().map(|renamed| Meant {
            street: renamed.now.clone(),
            likeness: likeness * likeness_of_kinds(street.kind, renamed.kind),
            is_former: true,
        });
        today.into_iter().chain(once).collect()
    }
}

fn likeness_of_kinds(one: Option<&str>, other: Option<&str>) -> f64 {
    match (one, other) {
        (Some(one), Some(other)) if one != other => 0.6,
        (None, Some(_)) | (Some(_), None) => 0.97,
        _ => 1.0,
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
            ("проспект Миру", "4", "", "", 30.7),
            ("проспект Миру", "15", "", "", 30.8),
        ] {
            let [street, house, block, former] = [street, house, block, former].map(str::to_owned);
            index.add(&Known { street, house, block, former, point: (x, 50.0) });
        }
        let said = |name: &str, former: &str, is_current: bool| {
            let [street, name, former] = ["s", name, former].map(str::to_owned);
            Saying { street, name, former, is_current }
        };
        index.rename(&Names::of(&[said("вулиця Садова", "вулиця Чапаєва", true)]));
        let seen = [said("проспект Миру", "бульвар Дружби", true), said("провулок Соборний", "", false)];
        index.rename(&Names::of(&seen));
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
    fn a_former_name_leads_to_the_street_of_today_unless_another_is_called_so_now() {
        let found = |text: &str| index().locate(&Address::parse(text).unwrap()).unwrap();
        let by_list = found("бул. Дружби, 4");
        assert_eq!(
            (by_list.point.0, by_list.score, by_list.is_former),
            (30.7, 0.95, true),
            "a boulevard became an avenue"
        );
        assert_eq!(by_list.address, "проспект Миру, 4");
        assert!(found("пров. Соборний, 4").is_former);
        let today = found("пров. Соборний, 15");
        assert_eq!((today.point.0, today.is_former), (30.3, false), "there is a lane of that name today");
        assert!(found("вул. Леніна, 15-А").is_former, "the address itself says so");
        let slip = found("бул. Дружьби, 4");
        assert!(slip.is_former && slip.score < 0.95 && slip.score >= ENOUGH, "{slip:?}");
        let other = index().locate(&Address::parse("вул. Дружби, 4").unwrap());
        assert!(matches!(other, Err(Lost::Weak(_))), "no street, but a boulevard was called so: {other:?}");
    }

    #[test]
    fn what_is_not_certain_is_left_without_a_place() {
        assert!(matches!(at("вул. Чапаєва, 1"), Err(Lost::Ambiguous(_))), "two houses of that address");
        assert_eq!(at("вул. Соборна, 99"), Err(Lost::Unknown));
        assert!(matches!(at("проспект Садова, 1"), Err(Lost::Weak(_))));
        assert_eq!(Address::parse("біля ринку"), None);
    }
}
