//! The records of a block: its parcels, buildings and addresses, and what stands or happens there.

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta};

use super::codes::{Dice, cadastral, edrpou};
use super::houses::{House, build};
use super::life::{Life, Spot};
use super::lots::{Front, Lot, Use, Zone};
use super::names::{party, person};
use super::plan::{Block, Plan};
use super::shape::{P, area, chance, mix, point, polygon};
use super::town::street_uid;
use super::{CITY, Feature, addressing, conditions, notices, permits, property, works};
use crate::catalogue::record::Value;

/// Emits a feature.
pub type Emit<'a, E> = &'a mut dyn FnMut(Feature) -> Result<(), E>;

/// A record's fields.
pub type Values = Vec<(&'static str, Value)>;

/// The city's bodies: name, first seven digits of the code.
pub const COUNCIL: (&str, u64) = ("Вербоградська міська рада", 4_099_011);
pub const PLANNING: (&str, u64) = ("Департамент містобудування та архітектури Вербоградської міської ради", 4_099_022);

/// The day so many days before another.
pub fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

/// The day so many days after another.
pub fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

/// So many hours after midnight of a day, UTC.
pub fn moment(day: NaiveDate, hours: i64) -> Value {
    Value::DateTime((day.and_time(NaiveTime::MIN) + TimeDelta::hours(hours)).and_utc())
}

/// A lot that has an address, and all that other records need to know of it.
pub struct Place<'a> {
    pub lot: &'a Lot,
    pub zone: Zone,
    pub cadastral: String,
    pub street: String,
    pub street_id: usize,
    pub former: Option<String>,
    pub house: String,
    pub corps: Option<String>,
    pub uid: String,
}

impl Place<'_> {
    /// A point `inward` metres into the lot from its street side (outward if negative), `aside` of the half width along it.
    pub fn front(&self, aside: f64, inward: f64) -> P {
        let (a, b) = self.lot.quad.edge(0);
        a.to(b, 0.5 + aside / 2.0) + (b - a).unit().left() * inward
    }

    /// The address fields that several registers share.
    pub fn values(&self) -> Values {
        let mut values = settlement();
        values.push(("street", self.street.as_str().into()));
        values.push(("house", self.house.as_str().into()));
        values.push(("block", self.corps.clone().into()));
        values
    }

    /// The address in one line.
    pub fn line(&self) -> String {
        let corps = self.corps.as_ref().map_or(String::new(), |c| format!(", корп. {c}"));
        format!("{}, {}{corps}", self.street, self.house)
    }
}

/// A lot with everything that has been written about it: what other registers go by.
pub struct Site<'a> {
    pub plan: &'a Plan,
    pub today: NaiveDate,
    /// How many companies there are.
    pub firms: u64,
    pub lot: &'a Lot,
    pub zone: Zone,
    pub cadastral: &'a str,
    /// The parcel's fields.
    pub parcel: &'a Values,
    /// None where there is no address.
    pub place: Option<&'a Place<'a>>,
    pub houses: &'a [House],
}

impl Site<'_> {
    /// A text of the parcel's record.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.parcel.iter().find_map(|(name, value)| match value {
            Value::Text(text) if *name == field => Some(text.as_str()),
            _ => None,
        })
    }

    /// A number of the parcel's record; 0 where there is none.
    pub fn number(&self, field: &str) -> f64 {
        let found = self.parcel.iter().find_map(|(name, value)| match value {
            Value::Number(number) if *name == field => Some(*number),
            _ => None,
        });
        found.unwrap_or_default()
    }
}

/// Where the whole city is.
pub fn settlement() -> Values {
    vec![
        ("settlement", CITY.name.into()),
        ("community", CITY.community.into()),
        ("district", CITY.district.into()),
        ("region", CITY.region.into()),
        ("katottg", CITY.katottg.into()),
    ]
}

/// Writes the records of blocks, in the blocks' order.
pub struct Writer<'a> {
    pub plan: &'a Plan,
    pub today: NaiveDate,
    /// Addresses written so far.
    pub addresses: u64,
    permits: permits::Permits,
    works: works::Works,
    papers: conditions::Papers,
    property: property::Property,
    notices: notices::Notices,
    /// Parcels whose outline is due to be wrong: one in two thousand.
    wrong: f64,
    life: Life,
    /// How many companies there are.
    pub firms: u64,
}

impl<'a> Writer<'a> {
    /// A writer at the city's first block.
    pub fn new(plan: &'a Plan, today: NaiveDate) -> Self {
        let firms = 60 + plan.addresses / 150;
        Writer {
            plan,
            today,
            addresses: 0,
            permits: permits::Permits::default(),
            works: works::Works::new(plan),
            papers: conditions::Papers::default(),
            property: property::Property::default(),
            notices: notices::Notices::default(),
            wrong: 0.65,
            life: Life::new(plan),
            firms,
        }
    }

    /// Emits what belongs to no block; to be called before the blocks.
    pub fn citywide<E>(&mut self, emit: &mut dyn FnMut(Feature) -> Result<(), E>) -> Result<(), E> {
        let mut out = Vec::new();
        self.life.citywide(self.plan, self.today, self.firms, &mut out);
        out.into_iter().try_for_each(emit)
    }

    /// Emits everything of block `id`.
    pub fn block<E>(&mut self, id: usize, emit: Emit<'_, E>) -> Result<(), E> {
        let plan = self.plan;
        let block = &plan.blocks[id];
        let mut dice = Dice::new(plan.seed, 4, id as u64);
        // what came later has dice of its own, so that the rest of the city stays as it was
        let mut later = Dice::new(plan.seed, 20, id as u64);
        let mut touched = Vec::new();
        let area = self.life.area(block);
        let mut out = Vec::new();
        for (n, lot) in block.lots(plan.seed, id).iter().enumerate() {
            let cadastral = cadastral(block.quarter, block.first_parcel + n as u32 + 1);
            let houses = build(lot, block.zone == Zone::Centre, &mut dice);
            let place = lot.front.and_then(|front| self.place(block, lot, front, &cadastral));
            let mut parcel = self.parcel(lot, block.zone, &cadastral, &mut dice);
            if let Some(place) = &place {
                parcel.push(("address", place.line().into()));
            }
            let outline = self.outline(lot);
            emit(Feature { layer: "parcels", geometry: Some(polygon(&outline)), values: parcel.clone() })?;
            for (h, house) in houses.iter().enumerate() {
                let line = place.as_ref().filter(|_| h == 0).map(Place::line);
                let values = building(&cadastral, h, house, line, self.today, &mut dice);
                emit(Feature { layer: "buildings", geometry: Some(polygon(&house.ring)), values })?;
            }
            let site = Site {
                plan,
                today: self.today,
                firms: self.firms,
                lot,
                zone: block.zone,
                cadastral: &cadastral,
                parcel: &parcel,
                place: place.as_ref(),
                houses: &houses,
            };
            self.property.lot(&site, &mut later, emit)?;
            let (Some(place), Some(house)) = (&place, houses.first()) else {
                continue;
            };
            self.addresses += 1;
            emit(self.address(place, house, &mut dice))?;
            self.permits.beside(self.plan, self.today, self.firms, place, &mut dice, emit)?;
            self.works.beside(self.plan, self.today, self.firms, place, &mut dice, emit)?;
            addressing::entrances(&site, &mut later, emit)?;
            self.papers.beside(&site, &mut later, emit)?;
            self.notices.beside(&site, &mut later, emit)?;
            touched.push((place.street.clone(), place.house.clone()));
            let share = Plan::weight(block.zone) * plan.addresses as f64 / plan.weights;
            let spot = Spot { plan, today: self.today, firms: self.firms, place, house, share, area };
            self.life.beside(&spot, self.addresses, &mut out);
            out.drain(..).try_for_each(&mut *emit)?;
        }
        self.notices.block(block, self.today, &touched, &mut later, emit)
    }

    /// A parcel's outline. One in two thousand was measured wrongly: it reaches over its neighbours and is larger than the area
    /// that its record gives.
    fn outline(&mut self, lot: &Lot) -> Vec<P> {
        let ring = lot.ring();
        self.wrong += 1.0 / 2_000.0;
        if self.wrong < 1.0 || !matches!(lot.purpose, Use::House | Use::Garden) {
            return ring;
        }
        self.wrong -= 1.0;
        let middle = lot.quad.middle();
        ring.into_iter().map(|q| middle.to(q, 1.09)).collect()
    }

    /// The address of a lot.
    fn place<'l>(&self, block: &Block, lot: &'l Lot, front: Front, cadastral: &str) -> Option<Place<'l>> {
        let id = block.streets[front.edge]?;
        let street = &self.plan.streets[id as usize];
        Some(Place {
            lot,
            zone: block.zone,
            cadastral: cadastral.to_owned(),
            street: street.name.clone()?,
            street_id: id as usize,
            former: street.former.clone(),
            house: number(self.plan.seed, id, front.edge / 2, block.start[front.edge] + front.rank),
            corps: (front.depth > 0).then(|| (front.depth + 1).to_string()),
            uid: format!("ВГ-{:07}", self.addresses + 1),
        })
    }

    fn address(&self, place: &Place<'_>, house: &House, dice: &mut Dice) -> Feature {
        let decided = before(self.today, 60 + dice.below(9_000));
        let (status, reason) = match dice.part() {
            x if x < 0.955 => ("Чинна", None),
            x if x < 0.98 => ("Чинна зі змінами", Some("Перейменування вулиці")),
            x if x < 0.99 => ("Скасована", Some("Об’єкт знесено")),
            _ => ("Чинність відновлено", Some("Рішення суду")),
        };
        let flats = house.purpose == "apartments";
        let applicant = if flats { None } else { Some(person(dice, true)) };
        let mut values = place.values();
        values.extend([
            ("uid", place.uid.as_str().into()),
            ("status", status.into()),
            ("status_reason", reason.into()),
            ("former_street", place.former.clone().into()),
            ("postcode", format!("99{:03}", place.street_id % 1_000).into()),
            ("cadastral_number", place.cadastral.as_str().into()),
            ("decision_title", "Про присвоєння адреси об’єкту нерухомого майна".into()),
            ("decision_number", (1 + dice.below(900)).to_string().into()),
            ("decision_date", decided.into()),
            (
                "decision_url",
                format!("https://verbohrad.example.gov.ua/rishennia/{}", place.uid.trim_start_matches("ВГ-")).into(),
            ),
            ("authority_name", PLANNING.0.into()),
            ("authority_code", edrpou(PLANNING.1).into()),
            ("applicant_name", applicant.into()),
            ("position", "building".into()),
            ("apartment_building", Value::Boolean(flats)),
            ("shared_house", Value::Boolean(!flats && dice.chance(0.03))),
            ("building_uid", building_uid(&place.cadastral, 0).into()),
            ("street_uid", street_uid(place.street_id, false).into()),
        ]);
        Feature { layer: "addresses", geometry: Some(point(house.inside)), values }
    }

    /// A parcel's fields but for its address.
    fn parcel(&self, lot: &Lot, zone: Zone, cadastral: &str, dice: &mut Dice) -> Values {
        let (code, purpose, category) = purpose(lot, zone);
        let ring = lot.ring();
        let area = area(&ring).round().max(1.0);
        let owner = match lot.purpose {
            Use::House => {
                if dice.chance(0.93) {
                    "приватна"
                } else {
                    "комунальна"
                }
            }
            Use::Garden => {
                if dice.chance(0.8) {
                    "приватна"
                } else {
                    "комунальна"
                }
            }
            Use::Shop => {
                if dice.chance(0.4) {
                    "приватна"
                } else {
                    "комунальна"
                }
            }
            Use::Industry => dice.pick(&["приватна", "комунальна", "комунальна", "державна"]),
            Use::Flats | Use::Public | Use::Park => "комунальна",
        };
        let rate = match zone {
            Zone::Centre => 1_450.0,
            Zone::Garden => 160.0,
            Zone::Industry => 520.0,
            _ => 640.0,
        };
        let value = (area * rate * dice.range(0.9, 1.1) * 100.0).round() / 100.0;
        let mut values: Values = vec![
            ("cadastral_number", cadastral.into()),
            ("purpose_code", code.into()),
            ("purpose", purpose.into()),
            ("land_category", category.into()),
            ("area_ha", (area / 10_000.0).into()),
            ("ownership", owner.into()),
            ("normative_value", value.into()),
            ("normative_date", NaiveDate::from_ymd_opt(self.today.year() - 1, 1, 1).into()),
        ];
        match owner {
            "комунальна" => {
                values.push(("owner_name", COUNCIL.0.into()));
                values.push(("owner_code", edrpou(COUNCIL.1).into()));
                let leased = match lot.purpose {
                    Use::Shop | Use::Industry => 0.85,
                    Use::Flats => 0.1,
                    Use::Garden => 0.25,
                    _ => 0.0,
                };
                if dice.chance(leased) {
                    self.lease(lot.purpose, value, &mut values, dice);
                }
            }
            "державна" => values.push(("owner_name", "Вигадана обласна державна адміністрація".into())),
            _ if matches!(lot.purpose, Use::House | Use::Garden) => {
                values.push(("person_name", person(dice, true).into()))
            }
            _ => {
                let firm = party(self.plan.seed, self.firms, 0.0, dice);
                values.push(("owner_name", firm.name.into()));
                values.push(("owner_code", firm.code.into()));
            }
        }
        values
    }

    /// A lease of municipal land.
    fn lease(&self, purpose: Use, value: f64, values: &mut Values, dice: &mut Dice) {
        let signed = before(self.today, 200 + dice.below(3_400));
        let term = dice.pick(&[1_825, 2_555, 3_650, 3_650, 17_885]);
        let until = after(signed, term);
        let status = match dice.part() {
            x if x < 0.07 => "Розірваний",
            x if x < 0.09 => "Скасований",
            x if until < self.today && x < 0.72 => "Виконаний",
            _ => "Чинний",
        };
        let percent = dice.pick(&[3.0, 4.0, 5.0, 6.0, 8.0, 12.0]);
        match purpose {
            Use::Garden => values.push(("person_name", person(dice, true).into())),
            _ => {
                let firm = party(self.plan.seed, self.firms, 0.2, dice);
                let field = if firm.code.is_some() { "user_name" } else { "person_name" };
                values.push((field, firm.name.into()));
                values.push(("user_code", firm.code.into()));
            }
        }
        values.extend([
            ("contract_type", if dice.chance(0.94) { "Оренда" } else { "Суперфіцій" }.into()),
            ("contract_status", status.into()),
            ("contract_number", format!("{}-{}", 1 + dice.below(900), signed.year()).into()),
            ("contract_signed", signed.into()),
            ("contract_from", signed.into()),
            ("contract_until", until.into()),
            ("contract_annual_rent", ((value * percent).round() / 100.0).into()),
            ("contract_rent_percent", percent.into()),
            ("decision_number", (1 + dice.below(900)).to_string().into()),
            ("decision_date", before(signed, 30).into()),
            ("publisher_name", Value::from(COUNCIL.0)),
            ("publisher_code", edrpou(COUNCIL.1).into()),
        ]);
    }
}

/// Identifier of the building number `n` of a parcel.
pub fn building_uid(cadastral: &str, n: usize) -> String {
    format!("demo:building/{cadastral}/{}", n + 1)
}

/// A building's fields.
fn building(
    cadastral: &str,
    n: usize,
    house: &House,
    line: Option<String>,
    today: NaiveDate,
    dice: &mut Dice,
) -> Values {
    let year = match house.purpose {
        "apartments" if house.levels <= 5 => 1956 + dice.below(20),
        "apartments" => 1972 + dice.below(50),
        _ => 1930 + dice.below(90),
    };
    vec![
        ("uid", building_uid(cadastral, n).into()),
        ("use", house.purpose.into()),
        ("levels", house.levels.into()),
        ("height", (house.levels as f64 * 2.9 + if house.purpose == "industrial" { 5.1 } else { 1.5 }).into()),
        ("built_year", (year as i64).min(i64::from(today.year())).into()),
        ("class_code", house.class.into()),
        ("cadastral_number", cadastral.into()),
        ("address", line.into()),
    ]
}

/// The number of the lot `at` of a street's side: odd on one, even on the other; now and then the one before with a letter.
fn number(seed: u64, street: u32, side: usize, at: u32) -> String {
    let later = |n: u32| chance(mix(seed, u64::from(street), side as u64), 5, u64::from(n)) < 0.05;
    let plain = |n: u32| 2 * n + 1 + side as u32;
    if at > 0 && later(at) && !later(at - 1) { format!("{}-А", plain(at - 1)) } else { plain(at).to_string() }
}

/// КВЦПЗ code, its title and the category of land.
fn purpose(lot: &Lot, zone: Zone) -> (&'static str, &'static str, &'static str) {
    const BUILT: &str = "Землі житлової та громадської забудови";
    const FARM: &str = "Землі сільськогосподарського призначення";
    match lot.purpose {
        Use::House => (
            "02.01",
            "Для будівництва і обслуговування житлового будинку, господарських будівель і споруд (присадибна ділянка)",
            BUILT,
        ),
        Use::Flats => ("02.03", "Для будівництва і обслуговування багатоквартирного житлового будинку", BUILT),
        Use::Shop => ("03.07", "Для будівництва та обслуговування будівель торгівлі", BUILT),
        Use::Public => ("03.02", "Для будівництва та обслуговування будівель закладів освіти", BUILT),
        Use::Industry => (
            "11.02",
            "Для розміщення та експлуатації основних, підсобних і допоміжних будівель та споруд підприємств переробної, машинобудівної та іншої промисловості",
            "Землі промисловості, транспорту, електронних комунікацій, енергетики, оборони та іншого призначення",
        ),
        Use::Park => ("18.00", "Землі загального користування", BUILT),
        Use::Garden if zone == Zone::Garden => ("01.05", "Для індивідуального садівництва", FARM),
        Use::Garden => ("01.03", "Для ведення особистого селянського господарства", FARM),
    }
}
