//! Records of a file, some at a time: placed, brought into form, checked, and handed to the loader.

use std::sync::Arc;

use anyhow::Result;
use geo::{CoordsIter, Geometry};
use serde_json::{Map, Value as Json};
use sqlx::PgConnection;

use super::super::codifier::Codes;
use super::super::crs::{self, City, Way};
use super::super::locate::{Index, Located, Lost};
use super::super::mapping::Mapping;
use super::super::query::{Finding, What};
use super::super::read::{Place, Record, Source};
use super::super::report::Report;
use super::super::tidy::{Tidy, shape};
use super::super::{Counts, Loader, Origin};
use super::place::{AddressColumns, plain, raw};
use super::{How, Order};
use crate::catalogue::Catalogue;
use crate::catalogue::layer::{Bilingual, FieldType, Layer};
use crate::catalogue::rules::{self, KEY_SEPARATOR, Rejection};

/// Records that are placed together, in one round trip, and their vertices.
const BATCH: usize = 1000;
const BATCH_VERTICES: usize = 200_000;
/// Records by which the reference system is judged.
const SAMPLE: usize = 500;
/// Batches in which it is looked up what system would put stray records into the city.
const HINTS: usize = 2;

/// An import under way.
pub struct Run<'a> {
    catalogue: &'a Catalogue,
    layer: &'a Arc<Layer>,
    mapping: &'a Mapping,
    /// The fields that the file speaks of.
    known: Vec<usize>,
    codes: Option<Codes>,
    city: City,
    order: &'a Order,
    report: &'a mut Report,
    tidy: Tidy,
    way: Option<Way>,
    addresses: Option<AddressColumns>,
    index: Option<Index>,
    hints: usize,
    /// Keys of refused records, where what is not in the file is deleted.
    kept: Vec<Vec<String>>,
    pub remarks: Vec<String>,
    pub read: usize,
    pub accepted: usize,
    pub located: u64,
    pub without_place: u64,
    pub outside: u64,
}

/// A record and what is known of its place so far.
struct Item {
    place: Place,
    values: Map<String, Json>,
    /// First as in the file, then in longitude and latitude.
    geometry: Option<Geometry<f64>>,
    /// Its middle as in the file.
    middle: Option<(f64, f64)>,
    located: Option<Result<Located, Lost>>,
    rejections: Vec<Rejection>,
    /// A system that would put it into the city.
    hint: Option<String>,
}

impl<'a> Run<'a> {
    #[expect(clippy::too_many_arguments, reason = "one place calls it")]
    pub fn new(
        catalogue: &'a Catalogue,
        layer: &'a Arc<Layer>,
        mapping: &'a Mapping,
        codes: Option<Codes>,
        city: City,
        order: &'a Order,
        report: &'a mut Report,
        remarks: Vec<String>,
    ) -> Result<Self> {
        Ok(Self {
            catalogue,
            layer,
            mapping,
            known: mapping.columns.iter().map(|(index, _)| *index).collect(),
            codes,
            city,
            order,
            report,
            tidy: Tidy::new()?,
            way: None,
            addresses: AddressColumns::of(layer, mapping),
            index: None,
            hints: HINTS,
            kept: Vec::new(),
            remarks,
            read: 0,
            accepted: 0,
            located: 0,
            without_place: 0,
            outside: 0,
        })
    }

    /// Takes the next records; false once there are none.
    pub async fn take_batch(&mut self, source: &mut Source, loader: &mut Loader<'_>) -> Result<bool> {
        let mut items = Vec::new();
        let (mut vertices, mut more) = (0, true);
        while items.len() < BATCH && vertices < BATCH_VERTICES {
            let Some(record) = source.next().await? else {
                more = false;
                break;
            };
            let item = self.item(record);
            vertices += item.geometry.as_ref().map_or(0, CoordsIter::coords_count);
            items.push(item);
        }
        self.read += items.len();
        self.place(source, &mut items).await?;
        self.locate(loader.connection(), &mut items).await?;
        self.hint(&mut items).await?;
        for item in items {
            self.store(loader, item).await?;
        }
        Ok(more)
    }

    fn item(&self, record: Record) -> Item {
        let mut rejections = Vec::new();
        let geometry = raw(&record, &self.mapping.place).unwrap_or_else(|reason| {
            rejections.push(Rejection { field: "geometry".to_owned(), reason });
            None
        });
        if let Some(reason) = record.fault {
            rejections.push(Rejection { field: "record".to_owned(), reason });
        }
        let middle = geometry.as_ref().and_then(crs::middle);
        let (place, values) = (record.place, record.values);
        Item { place, values, geometry, middle, located: None, rejections, hint: None }
    }

    /// Brings geometries into longitude and latitude.
    async fn place(&mut self, source: &Source, items: &mut [Item]) -> Result<()> {
        let sample: Vec<_> = items.iter().filter_map(|item| item.middle).take(SAMPLE).collect();
        if sample.is_empty() {
            return Ok(());
        }
        let way = match &mut self.way {
            Some(way) => way,
            none => {
                let asked = self.order.crs.as_deref();
                let choice = crs::choose(&self.city, asked, &source.declared, &sample).await?;
                self.remarks.extend(choice.remark);
                none.insert(choice.way)
            }
        };
        let (with, geometries): (Vec<_>, Vec<_>) =
            items.iter_mut().filter_map(|item| item.geometry.take().map(|geometry| (item, geometry))).unzip();
        let moved = way.apply(geometries).await?;
        let crs = &way.crs;
        for (item, geometry) in with.into_iter().zip(moved) {
            if geometry.is_none() {
                item.rejections.push(Rejection::new(
                    "geometry",
                    format!("координати не мають місця на Землі у системі {crs}"),
                    format!("the coordinates have no place on Earth in {crs}"),
                ));
            }
            item.geometry = geometry;
        }
        Ok(())
    }

    /// Looks up the addresses of records that say no other place.
    async fn locate(&mut self, connection: &mut PgConnection, items: &mut [Item]) -> Result<()> {
        let Some(columns) = &self.addresses else { return Ok(()) };
        for item in items.iter_mut().filter(|item| item.geometry.is_none() && item.rejections.is_empty()) {
            let Some(address) = columns.address(&item.values) else { continue };
            let index = match &mut self.index {
                Some(index) => index,
                none => {
                    let index = Index::read(connection, self.catalogue).await?;
                    if index.size == 0 {
                        self.remarks
                            .push("the register of addresses is empty, so no places are looked up in it".to_owned());
                    }
                    none.insert(index)
                }
            };
            let found = index.locate(&address);
            if let Ok(located) = &found {
                item.geometry = Some(geo::Point::from(located.point).into());
            }
            item.located = Some(found);
        }
        Ok(())
    }

    /// What reference system would put records that lie outside into the city.
    async fn hint(&mut self, items: &mut [Item]) -> Result<()> {
        let city = self.city;
        let is_stray = |item: &Item| {
            item.located.is_none()
                && item.geometry.as_ref().and_then(crs::middle).is_some_and(|point| !city.holds(point))
        };
        let mut strays: Vec<_> = items.iter_mut().filter(|item| is_stray(item)).collect();
        if strays.is_empty() || self.hints == 0 {
            return Ok(());
        }
        self.hints -= 1;
        let points: Vec<_> = strays.iter().map(|item| item.middle.unwrap_or_default()).collect();
        // a hint is not worth failing for, as where there is no GDAL
        for candidate in crs::candidates(&city, &points).await.unwrap_or_default() {
            for &index in &candidate.inside {
                let Some(item) = strays.get_mut(index).filter(|item| item.hint.is_none()) else { continue };
                item.hint = Some(format!("{} ({})", candidate.crs, candidate.name));
            }
        }
        Ok(())
    }

    async fn store(&mut self, loader: &mut Loader<'_>, mut item: Item) -> Result<()> {
        let mut notes = Vec::new();
        let named = self.named(&item.values, &mut notes);
        let geometry = item.geometry.take().map(|geometry| {
            let (geometry, note) = shape(self.layer.geometry, geometry);
            notes.extend(note.map(|note| ("geometry".to_owned(), String::new(), note)));
            geometry
        });
        let key: Vec<_> = self.layer.key_names().map(|name| named.get(name).map(plain).unwrap_or_default()).collect();
        match self.check(&named, geometry, &mut item) {
            Ok(record) => {
                let is_located = matches!(item.located, Some(Ok(_)));
                let origin = Origin { place: item.place, is_located };
                loader.add_from(self.layer, &record, &self.known, origin).await?;
                self.accepted += 1;
                self.tell(&item, &key.join(KEY_SEPARATOR), record.geometry(), notes)
            }
            Err(rejections) => {
                let value = |field: &str| named.get(field).map(plain).unwrap_or_default();
                self.report.reject(item.place, &key.join(KEY_SEPARATOR), value, &rejections)?;
                if self.order.how == How::Replace {
                    self.kept.push(key);
                }
                Ok(())
            }
        }
    }

    /// The record by field names, in form, with what was done to it: field, old value, note.
    fn named(&self, values: &Map<String, Json>, notes: &mut Vec<(String, String, Bilingual)>) -> Map<String, Json> {
        let named = self.mapping.columns.iter().map(|(index, column)| {
            let field = &self.layer.fields[*index];
            let (value, note) = match values.get(column) {
                Some(value) => self.tidy.value(field, value),
                None => (Json::Null, None),
            };
            notes
                .extend(note.map(|note| (field.name.clone(), values.get(column).map(plain).unwrap_or_default(), note)));
            (field.name.clone(), value)
        });
        named.collect()
    }

    fn check(
        &self,
        named: &Map<String, Json>,
        geometry: Option<Geometry<f64>>,
        item: &mut Item,
    ) -> Result<rules::Record, Vec<Rejection>> {
        let mut rejections = std::mem::take(&mut item.rejections);
        let is_faulty = rejections.iter().any(|rejection| rejection.field == "geometry");
        rejections.extend(self.unknown_codes(named));
        // what is wrong with the geometry is told once
        let record = if is_faulty {
            Err(self.layer.check(named).err().unwrap_or_default())
        } else {
            self.layer.record(named, geometry)
        };
        match record {
            Ok(record) if rejections.is_empty() => Ok(record),
            record => {
                rejections.extend(record.err().unwrap_or_default());
                if let (Some(Err(lost)), Some(missing)) =
                    (&item.located, rejections.iter_mut().find(|rejection| rejection.field == "geometry"))
                {
                    let why = lost_reason(lost);
                    missing.reason = Bilingual::new(
                        format!("{}; {}", missing.reason.uk, why.uk),
                        format!("{}; {}", missing.reason.en, why.en),
                    );
                }
                Err(rejections)
            }
        }
    }

    /// Codes of the right form that the codifier does not have.
    fn unknown_codes(&self, named: &Map<String, Json>) -> Vec<Rejection> {
        let Some(codes) = &self.codes else { return Vec::new() };
        let fields = self.known.iter().map(|index| &self.layer.fields[*index]);
        let codes_of = fields.filter(|field| field.kind == FieldType::Katottg).filter_map(|field| {
            let code = plain(named.get(&field.name)?);
            (FieldType::Katottg.is_code(&code) && !codes.has(&code)).then(|| {
                Rejection::new(
                    &field.name,
                    format!("у кодифікаторі КАТОТТГ коду {code} немає"),
                    format!("the codifier КАТОТТГ has no code {code}"),
                )
            })
        });
        codes_of.collect()
    }

    /// Notes on a record that is stored.
    fn tell(
        &mut self,
        item: &Item,
        key: &str,
        geometry: Option<&Geometry<f64>>,
        notes: Vec<(String, String, Bilingual)>,
    ) -> Result<()> {
        for (field, value, note) in notes {
            self.report.note("stored", item.place, key, &field, &value, &note)?;
        }
        match (&item.located, geometry) {
            (Some(Ok(located)), _) => {
                self.located += 1;
                let score = located.score;
                let by = match located.is_former {
                    true => [" за колишньою назвою вулиці", " by a former name of the street"],
                    false => ["", ""],
                };
                let note = Bilingual::new(
                    format!("місце взято з реєстру адрес{}, оцінка {score:.2}", by[0]),
                    format!("its place is taken from the register of addresses{}, score {score:.2}", by[1]),
                );
                self.report.note("located", item.place, key, "geometry", &located.address, &note)
            }
            (located, None) => {
                self.without_place += 1;
                let why = located.as_ref().and_then(|located| located.as_ref().err()).map(lost_reason);
                let why = why
                    .map_or((String::new(), String::new()), |why| (format!("; {}", why.uk), format!("; {}", why.en)));
                let note = Bilingual::new(
                    format!("місця на карті немає{}", why.0),
                    format!("it has no place on the map{}", why.1),
                );
                self.report.note("stored", item.place, key, "geometry", "", &note)
            }
            (_, Some(geometry)) => self.tell_outside(item, key, geometry),
        }
    }

    fn tell_outside(&mut self, item: &Item, key: &str, geometry: &Geometry<f64>) -> Result<()> {
        let Some(point) = crs::middle(geometry).filter(|point| !self.city.holds(*point)) else { return Ok(()) };
        self.outside += 1;
        let (uk, en) = match &item.hint {
            Some(hint) => (format!("; ймовірно, це система {hint}"), format!("; perhaps it is in {hint}")),
            None => (String::new(), String::new()),
        };
        let note = Bilingual::new(format!("лежить поза містом{uk}"), format!("it lies outside the city{en}"));
        self.report.note("stored", item.place, key, "geometry", &format!("{} {}", point.0, point.1), &note)
    }

    /// Brings everything into the register, and writes into the report what became of it there.
    pub async fn settle(&mut self, loader: Loader<'_>) -> Result<Counts> {
        let key_field = self.layer.key_names().next().unwrap_or_default();
        let report = &mut *self.report;
        let mut tell = |finding: Finding| {
            let Finding { place, key, what } = finding;
            let mut reject = |field: &str, uk: String, en: String| {
                report.reject(
                    place,
                    &key,
                    |_| if field == "geometry" { String::new() } else { key.clone() },
                    &[Rejection::new(field, uk, en)],
                )
            };
            match what {
                What::Repeated(first) => reject(
                    key_field,
                    format!("такий самий ключ має запис {first} цього файла"),
                    format!("record {first} of this file has the same key"),
                ),
                What::Exists => reject(
                    key_field,
                    "запис із таким ключем у реєстрі вже є".to_owned(),
                    "the register has a record with this key".to_owned(),
                ),
                What::Empty => reject(
                    "geometry",
                    "після виправлення від полігона нічого не лишається".to_owned(),
                    "nothing is left of the polygon when it is mended".to_owned(),
                ),
                What::Ambiguous(one, other) => reject(
                    "geometry",
                    format!("полігон накладається сам на себе: {one:.1} чи {other:.1} м² — невідомо"),
                    format!("the polygon overlaps itself: {one:.1} or {other:.1} m², which cannot be known"),
                ),
                What::Repaired(reason) => {
                    let note = Bilingual::new("полігон виправлено", "the polygon is mended");
                    report.note("repaired", place, &key, "geometry", &reason, &note)
                }
                What::PlaceKept => {
                    let note = Bilingual::new(
                        "у реєстрі вже є місце; місце адреси не взято",
                        "the register knows a place already; that of the address is not taken",
                    );
                    report.note("stored", place, &key, "geometry", "", &note)
                }
                What::Changed(changes) => {
                    let note = Bilingual::new("змінено", "changed");
                    report.note("changed", place, &key, "", &changes, &note)
                }
                What::Vanished => {
                    let note = Bilingual::new(
                        "у файлі немає; з реєстру вилучено",
                        "not in the file; taken out of the register",
                    );
                    report.note("vanished", place, &key, "", "", &note)
                }
            }
        };
        loader.settle(self.layer, &self.kept, &mut tell).await
    }
}

fn lost_reason(lost: &Lost) -> Bilingual {
    match lost {
        Lost::Unknown => {
            Bilingual::new("такої адреси в реєстрі адрес немає", "the register of addresses has no such address")
        }
        Lost::Weak(best) => Bilingual::new(
            format!("найближче в реєстрі адрес: {} (оцінка {:.2}, замало)", best.address, best.score),
            format!("nearest in the register of addresses: {} (score {:.2}, too low)", best.address, best.score),
        ),
        Lost::Ambiguous(best) => Bilingual::new(
            format!("у реєстрі адрес кілька місць для «{}»", best.address),
            format!("the register of addresses has several places for “{}”", best.address),
        ),
    }
}
