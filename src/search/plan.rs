//! What of a layer is read and searched, as its file declares it: public columns through the read door, nothing else.

use std::sync::Arc;

use sqlx::PgPool;
use sqlx::postgres::PgRow;

use super::book::Entry;
use super::dictionary::owner;
use crate::auth::Caller;
use crate::catalogue::layer::{GeometryKind, Layer, Standing};
use crate::catalogue::query::Rows;
use crate::catalogue::select::{Selection, select};
use crate::geom::label;
use crate::geom::shape::{Role, Shapes};
use crate::geom::world::{Bounds, Place};
use crate::http::language::Language;
use crate::text::fold::{plain, sound};
use crate::text::renamed::Saying;
use crate::text::typed::name_words;

/// How near the middle of a polygon is found, as a share of its extent.
const PRECISION: f64 = 0.05;

/// How a layer is read for search.
pub struct Plan {
    pub layer: Arc<Layer>,
    /// Its bit among the owners of words.
    pub owner: u128,
    selection: Selection,
    rows: Rows,
    /// Fields that are read; everything else counts places among them.
    pub fields: Vec<usize>,
    /// Of the name's fields, in the order of the template.
    named: Vec<usize>,
    pub searched: Vec<Searched>,
    address: Option<Places>,
    street: Option<StreetPlaces>,
    pub is_register: bool,
    /// Sounds of the words of the layer's title in both languages: `кіоск` finds what is in the register of kiosks.
    topic: Vec<String>,
}

/// A field that is searched.
#[derive(Debug, Clone, Copy)]
pub struct Searched {
    pub place: usize,
    pub part: Part,
}

/// What a searched field is to its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A part of what the record is called.
    Name,
    /// What it was called.
    Former,
    Other,
    /// Of a register of addresses: in the book.
    Address,
}

struct Places {
    street: usize,
    house: usize,
    block: Option<usize>,
    former: Option<usize>,
    within: Vec<usize>,
}

struct StreetPlaces {
    id: usize,
    name: usize,
    former: Option<usize>,
    current: Option<usize>,
}

/// A record as it is searched.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub id: i64,
    pub point: Option<Place>,
    pub bounds: Bounds,
    pub standing: Option<Standing>,
    pub values: Values,
}

/// Values of the read fields in one text, with a character between them that no value has.
#[derive(Debug, Clone, PartialEq)]
pub struct Values(Box<str>);

const BETWEEN: char = '\u{1f}';

impl Values {
    fn new(values: &[String]) -> Self {
        Self(values.join("\u{1f}").into())
    }

    pub fn get(&self, place: usize) -> &str {
        self.0.split(BETWEEN).nth(place).unwrap_or_default()
    }

    pub fn size(&self) -> usize {
        self.0.len()
    }
}

impl Plan {
    /// None for a layer of which nothing is searched.
    pub fn new(layer: &Arc<Layer>, number: usize) -> Option<Self> {
        let selection = select(layer, Caller::Public);
        let mut fields: Vec<usize> = Vec::new();
        let mut place = |index: usize| match fields.iter().position(|known| *known == index) {
            Some(place) => place,
            None => {
                fields.push(index);
                fields.len() - 1
            }
        };
        let names = layer.name_fields().filter_map(|field| Some(layer.field(&field.name)?.0));
        let named: Vec<usize> = names.map(&mut place).collect();
        let search: Vec<usize> = layer.search.iter().map(|&index| place(index)).collect();
        let address = layer.address.as_ref().map(|address| Places {
            street: place(address.street),
            house: place(address.house),
            block: address.block.map(&mut place),
            former: address.former.map(&mut place),
            within: address.within.iter().map(|&index| place(index)).collect(),
        });
        let street = layer.street.as_ref().map(|street| StreetPlaces {
            id: place(street.id),
            name: place(street.name),
            former: street.former.map(&mut place),
            current: street.current.map(&mut place),
        });
        if search.is_empty() && address.is_none() {
            return None;
        }
        let is_register = layer.address.as_ref().is_some_and(|address| address.is_register);
        // staff fields cannot be named here, and the selection would not read them: the door decides
        fields.iter().all(|index| selection.fields.contains(index)).then_some(())?;
        let mut plan = Self {
            layer: layer.clone(),
            owner: owner(number),
            rows: Rows::new(&selection, &fields, "search", false),
            selection,
            fields,
            named,
            searched: Vec::new(),
            address,
            street,
            is_register,
            topic: topic(layer),
        };
        plan.searched = plan.roles(search);
        Some(plan)
    }

    fn roles(&self, search: Vec<usize>) -> Vec<Searched> {
        let former = self.street.as_ref().and_then(|street| street.former);
        let mut all: Vec<usize> = self.named.clone();
        all.extend(search.into_iter().filter(|place| !self.named.contains(place)));
        let part = |place: usize| {
            let in_book = self.address.as_ref().filter(|_| self.is_register).is_some_and(|address| {
                [Some(address.street), Some(address.house), address.block, address.former].contains(&Some(place))
            });
            match () {
                () if in_book => Part::Address,
                () if former == Some(place) => Part::Former,
                () if self.named.contains(&place) => Part::Name,
                () => Part::Other,
            }
        };
        all.into_iter().map(|place| Searched { place, part: part(place) }).collect()
    }

    pub async fn all(&self, public: &PgPool, mut take: impl FnMut(Record)) -> Result<(), sqlx::Error> {
        let mut shapes = Shapes::default();
        self.rows
            .all(public, |row| {
                take(self.record(row, &mut shapes)?);
                Ok(())
            })
            .await
    }

    pub async fn some(&self, public: &PgPool, ids: &[i64]) -> Result<Vec<Record>, sqlx::Error> {
        let (mut shapes, mut found) = (Shapes::default(), Vec::new());
        self.rows
            .some(public, ids, |row| {
                found.push(self.record(row, &mut shapes)?);
                Ok(())
            })
            .await?;
        Ok(found)
    }

    fn record(&self, row: &PgRow, shapes: &mut Shapes) -> Result<Record, sqlx::Error> {
        let row = self.selection.read(row, &self.fields)?;
        shapes.points.clear();
        shapes.parts.clear();
        if let Some(Err(error)) = row.ewkb.as_deref().map(|ewkb| shapes.read(ewkb)) {
            tracing::warn!(layer = self.layer.id, id = row.id, %error, "a geometry cannot be read: it is found without its place");
        }
        let values: Vec<String> = row.values.iter().map(|value| value.to_string().replace(BETWEEN, " ")).collect();
        let standing = row.standing.as_deref();
        Ok(Record {
            id: row.id,
            point: middle(shapes, self.layer.geometry),
            bounds: Bounds::of(&shapes.points),
            standing: Standing::ALL.into_iter().find(|(name, _)| Some(*name) == standing).map(|(_, standing)| standing),
            values: Values::new(&values),
        })
    }

    /// What the record is called.
    pub fn title(&self, values: &Values, language: Language) -> String {
        let named: Vec<String> = self.named.iter().map(|&place| values.get(place).to_owned()).collect();
        self.layer.filled_name(&named, language)
    }

    /// The value of a read field as a person reads it.
    pub fn label<'v>(&'v self, values: &'v Values, place: usize, language: Language) -> &'v str {
        self.fields.get(place).map_or("", |&index| self.layer.fields[index].label(values.get(place), language))
    }

    /// What a read field is called.
    pub fn field_title(&self, place: usize, language: Language) -> &str {
        self.fields.get(place).map_or("", |&index| self.layer.fields[index].title.get(language))
    }

    /// The record as an entry of the book of addresses, in a layer whose records have one.
    pub fn entry<'v>(&self, values: &'v Values) -> Option<Entry<'v>> {
        let address = self.address.as_ref()?;
        let get = |place: Option<usize>| place.map_or("", |place| values.get(place));
        Some(Entry {
            street: values.get(address.street),
            house: values.get(address.house),
            block: get(address.block),
            former: get(address.former),
            within: address.within.iter().map(|&place| values.get(place)).collect(),
        })
    }

    /// What the record says of the names of a street, in a layer with `[street]`.
    pub fn saying(&self, values: &Values) -> Option<Saying> {
        let street = self.street.as_ref()?;
        let get = |place: Option<usize>| place.map_or("", |place| values.get(place));
        let (id, name) = (values.get(street.id), values.get(street.name));
        (!id.is_empty() && !name.is_empty()).then(|| Saying {
            street: id.to_owned(),
            name: name.to_owned(),
            former: get(street.former).to_owned(),
            is_current: street.current.is_none_or(|place| values.get(place) == "true"),
        })
    }

    pub fn names_streets(&self) -> bool {
        self.street.is_some()
    }

    /// Whether a word is of the layer's title: in its singular, too.
    pub fn is_topic(&self, sound: &str) -> bool {
        sound.len() >= 4
            && self.topic.iter().any(|word| {
                let same = word.bytes().zip(sound.bytes()).take_while(|(one, other)| one == other).count();
                same >= 4 && same + 2 >= sound.len() && same + 3 >= word.len()
            })
    }
}

fn topic(layer: &Layer) -> Vec<String> {
    let titles = [&layer.title.uk, &layer.title.en].map(|title| plain(title));
    titles.iter().flat_map(|title| name_words(title)).map(|word| sound(&word)).filter(|word| word.len() >= 4).collect()
}

/// A point that stands for the geometry: within a polygon, in the middle of a line.
fn middle(shapes: &Shapes, kind: GeometryKind) -> Option<Place> {
    let first = shapes.points.first()?;
    Some(match kind {
        GeometryKind::Point => *first,
        GeometryKind::Line => {
            let longest =
                shapes.parts(0..shapes.parts.len()).map(|(_, points)| points).max_by_key(|points| points.len())?;
            longest[longest.len() / 2]
        }
        GeometryKind::Polygon => {
            let rings: Vec<Vec<[f64; 2]>> = shapes
                .parts(0..shapes.parts.len())
                .filter(|(role, _)| *role == Role::Exterior)
                .map(|(_, points)| points.iter().map(|place| place.map(f64::from)).collect())
                .collect();
            let bounds = Bounds::of(&shapes.points);
            let centre = bounds.centre().map(f64::from);
            if rings.iter().any(|ring| surrounds(ring, centre)) {
                return Some(bounds.centre());
            }
            let pole = label::pole(&rings, PRECISION * f64::from(bounds.extent()));
            pole.map_or(*first, |pole| pole.map(|part| part.round() as u32))
        }
    })
}

/// Whether a ring goes around a point (the even–odd rule).
fn surrounds(ring: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let edges = ring.iter().zip(ring.iter().cycle().skip(1));
    edges.fold(false, |inside, (a, b)| {
        let crosses = (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0];
        inside != crosses
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_that_stands_for_a_polygon_lies_in_it() {
        let horseshoe =
            [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [8.0, 10.0], [8.0, 2.0], [2.0, 2.0], [2.0, 10.0], [0.0, 10.0]];
        assert!(!surrounds(&horseshoe, [5.0, 5.0]) && surrounds(&horseshoe, [1.0, 5.0]));
    }

    #[test]
    fn values_are_told_apart() {
        let values = Values::new(&["a".to_owned(), String::new(), "c".to_owned()]);
        assert_eq!([0, 1, 2, 3].map(|place| values.get(place)), ["a", "", "c", ""]);
    }
}
