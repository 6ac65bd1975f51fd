//! All names that streets have and had, from the layers with `[street]`: by a former one what is called otherwise today
//! is found.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::RandomState;

use super::book::key;
use super::names::{Cache, Match, Names};
use crate::text::address::Street;
use crate::text::renamed::{self, Saying};
use crate::text::typed::Reading;

/// Who says it: the number of the layer, and the record's id.
pub type Source = (usize, i64);

#[derive(Debug, Default)]
pub struct Gazetteer {
    sayings: HashMap<Source, Saying, RandomState>,
    by_street: HashMap<String, Vec<Source>, RandomState>,
    /// Numbers of the former names of a street.
    aliases: HashMap<String, Vec<u32>, RandomState>,
    names: Names,
    /// Keys of streets of today; a name leads to one.
    keys: Vec<String>,
    numbers: HashMap<String, u32, RandomState>,
}

impl Gazetteer {
    /// Sets what a record says, or that it says nothing any more.
    pub fn set(&mut self, source: Source, saying: Option<Saying>) {
        if let Some(old) = self.sayings.remove(&source) {
            if let Some(sources) = self.by_street.get_mut(&old.street) {
                sources.retain(|other| *other != source);
            }
            self.renew(&old.street);
        }
        if let Some(saying) = saying {
            let street = saying.street.clone();
            self.by_street.entry(street.clone()).or_default().push(source);
            self.sayings.insert(source, saying);
            self.renew(&street);
        }
    }

    /// Forgets all that a layer said.
    pub fn forget(&mut self, layer: usize) {
        let own: Vec<_> = self.sayings.keys().filter(|source| source.0 == layer).copied().collect();
        own.into_iter().for_each(|source| self.set(source, None));
    }

    /// Finds anew which former names lead to which of today.
    fn renew(&mut self, street: &str) {
        for name in self.aliases.remove(street).unwrap_or_default() {
            self.names.remove(name);
        }
        let Some(sources) = self.by_street.get(street) else { return };
        if sources.is_empty() {
            self.by_street.remove(street);
            return;
        }
        let said = renamed::Names::of(sources.iter().filter_map(|source| self.sayings.get(source)));
        let current = said.current.iter().flat_map(|name| Street::all(name));
        let current: BTreeSet<String> = current.map(|street| key(&street)).collect();
        let mut aliases = Vec::new();
        for current in &current {
            let number = match self.numbers.get(current) {
                Some(&number) => number,
                None => {
                    self.keys.push(current.clone());
                    let number = (self.keys.len() - 1) as u32;
                    self.numbers.insert(current.clone(), number);
                    number
                }
            };
            for text in &said.former {
                for one in Street::all(text).iter().filter(|one| key(one) != *current) {
                    aliases.push(self.names.add(text, one, number));
                }
            }
        }
        if !aliases.is_empty() {
            self.aliases.insert(street.to_owned(), aliases);
        }
    }

    /// What a street is called today: by one name, where the registers agree.
    pub fn today(&self, street: &str) -> Vec<&str> {
        let sources = self.by_street.get(street).into_iter().flatten();
        let current = sources.filter_map(|source| self.sayings.get(source)).filter(|saying| saying.is_current);
        let names: BTreeSet<&str> = current.map(|saying| saying.name.as_str()).collect();
        names.into_iter().collect()
    }

    /// Former names that a reading may mean, each with the key of what the street is called today.
    pub fn meant(
        &self,
        reading: &Reading,
        is_local: &dyn Fn(&str) -> bool,
        cache: &mut Cache,
    ) -> Vec<(Match<'_>, &str)> {
        let found = self.names.meant(reading, is_local, cache).into_iter();
        found
            .filter_map(|found| Some((self.keys.get(found.target as usize)?.as_str(), found)))
            .map(|(key, found)| (found, key))
            .collect()
    }

    pub fn size(&self) -> usize {
        let sayings =
            self.sayings.values().map(|saying| saying.name.len() + saying.former.len() + saying.street.len() * 3 + 300);
        sayings.sum::<usize>() + self.names.size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::typed::readings;

    fn saying(street: &str, name: &str, former: &str, is_current: bool) -> Option<Saying> {
        let [street, name, former] = [street, name, former].map(str::to_owned);
        Some(Saying { street, name, former, is_current })
    }

    #[test]
    fn a_former_name_leads_to_that_of_today_whoever_says_it() {
        let mut known = Gazetteer::default();
        known.set((0, 1), saying("s1", "вулиця Соборна", "вулиця Леніна", true));
        known.set((1, 1), saying("s1", "вулиця Дворянська", "", false));
        known.set((1, 2), saying("s1", "вулиця Соборна", "", true));
        let today = |known: &Gazetteer, text: &str| {
            let reading = &readings(text)[0];
            let found = known.meant(reading, &|_| false, &mut Cache::default());
            found.first().map(|(_, key)| (*key).to_owned())
        };
        let is = Some("вулиця соборна".to_owned());
        assert_eq!(today(&known, "ленина"), is);
        assert_eq!(today(&known, "Дворянська 5"), is);
        assert_eq!(today(&known, "соборна"), None, "that is no former name");
        assert_eq!(known.today("s1"), ["вулиця Соборна"], "said twice");
        known.set((1, 1), None);
        assert_eq!(today(&known, "дворянська"), None);
        known.set((0, 1), saying("s1", "вулиця Соборна", "", true));
        assert_eq!(today(&known, "леніна"), None);
        known.set((0, 1), saying("s1", "вулиця Соборна", "вулиця Леніна", true));
        known.forget(0);
        assert_eq!(today(&known, "леніна"), None);
    }
}
