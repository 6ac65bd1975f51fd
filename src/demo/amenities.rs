//! Playgrounds, dog areas, public toilets, and what is left of older times.

use chrono::NaiveDate;

use super::Feature;
use super::block::{PLANNING, Values, after, before};
use super::codes::Dice;
use super::life::{Due, Park, Spot, UPKEEP, body, page, parks, stands};
use super::lots::Zone;
use super::plan::Plan;
use crate::catalogue::record::Value;

/// Kind of ground, equipment, least and greatest area, square metres.
#[rustfmt::skip]
const GROUNDS: [(&str, &str, f64, f64); 5] = [
    ("дитячий майданчик", "гірка, гойдалка дитяча, пісочниця", 60.0, 240.0), ("дитячий майданчик", "ігровий комплекс, карусель, гойдалка на пружині", 80.0, 360.0),
    ("спортивний майданчик", "турнік, бруси, шведська стінка", 80.0, 300.0), ("спортивний майданчик", "баскетбольні щити, ворота, огорожа", 250.0, 1_000.0),
    ("інклюзивний майданчик", "гойдалка для візка, тактильна панель, пандус", 150.0, 420.0),
];

/// Title, kind, when it was built.
#[rustfmt::skip]
const MONUMENTS: [(&str, &str, &str); 10] = [
    ("Прибутковий будинок", "архітектура", "1898–1901"), ("Особняк", "архітектура", "1905"), ("Будівля гімназії", "архітектура", "1887"), ("Земська лікарня", "історія", "1874"),
    ("Торгові ряди", "містобудування", "середина XIX ст."), ("Аптека", "історія", "кінець XIX ст."), ("Поштова станція", "історія", "1846"), ("Пожежна вежа", "наука і техніка", "1893"),
    ("Синагога", "архітектура", "1912"), ("Погруддя поета", "монументальне мистецтво", "1961"),
];

/// Counts playgrounds, dog areas and toilets of yards and streets, and monuments.
pub struct Amenities {
    grounds: Due,
    dogs: Due,
    toilets: Due,
    monuments: Due,
    /// How many there are in all, those of parks included: grounds, dog areas, toilets.
    counts: [u64; 3],
}

impl Amenities {
    pub fn new(plan: &Plan) -> Amenities {
        Amenities {
            grounds: Due::new(plan, 55.0, 3_000.0, 0.5),
            dogs: Due::new(plan, 1_200.0, 120.0, 0.9),
            toilets: Due::new(plan, 1_500.0, 120.0, 0.9),
            monuments: Due::new(plan, 90.0, 900.0, 0.5),
            counts: [0; 3],
        }
    }

    fn number(&mut self, of: usize) -> u64 {
        self.counts[of] += 1;
        self.counts[of]
    }

    /// Every park has a playground, every second a toilet, every third a dog area; a large one a sports ground too.
    pub fn parks(&mut self, plan: &Plan, today: NaiveDate, out: &mut Vec<Feature>) {
        for park in parks(plan) {
            let dice = &mut Dice::new(plan.seed, 45, park.number as u64);
            let quad = &park.block.quad;
            let grounds = if quad.area() > 12_000.0 { 2 } else { 1 };
            for n in 0..grounds {
                let at = quad.at(0.25 + 0.3 * f64::from(n), 0.6);
                let values = ground(self.number(0), park.values(), today, dice);
                out.push(stands("playgrounds", at, values));
            }
            if park.number.is_multiple_of(3) {
                out.push(stands("dog_areas", quad.at(0.75, 0.7), dog_area(self.number(1), park.values(), dice)));
            }
            if park.number.is_multiple_of(2) {
                out.push(stands("toilets", quad.at(0.6, 0.2), self.toilet(&park, dice)));
            }
        }
    }

    fn toilet(&mut self, park: &Park<'_>, dice: &mut Dice) -> Values {
        toilet(self.number(2), park.values(), dice)
    }

    pub fn beside(&mut self, spot: &Spot<'_>, dice: &mut Dice, out: &mut Vec<Feature>) {
        let yard = spot.yard(0).filter(|_| spot.is(&["apartments"]));
        if let (Some(at), true) = (yard, self.grounds.next(spot.share, yard.is_some()).is_some()) {
            out.push(stands("playgrounds", at, ground(self.number(0), spot.values(), spot.today, dice)));
        }
        let corner = spot.yard(3).filter(|_| spot.is(&["apartments"]));
        if let (Some(at), true) = (corner, self.dogs.next(spot.share, corner.is_some()).is_some()) {
            out.push(stands("dog_areas", at, dog_area(self.number(1), spot.values(), dice)));
        }
        let street = spot.at_street() && spot.is(&["commercial", "public"]);
        if self.toilets.next(spot.share, street).is_some() {
            let at = spot.place.front(0.7, 1.2);
            out.push(stands("toilets", at, toilet(self.number(2), spot.values(), dice)));
        }
        let old = spot.place.zone == Zone::Centre && spot.at_street();
        if let Some(n) = self.monuments.next(spot.share, old) {
            let front = spot.house.ring[0].to(spot.house.ring[1], 0.5);
            out.push(stands("heritage", spot.house.inside.to(front, 0.4), monument(n, spot, dice)));
        }
    }
}

fn ground(n: u64, mut values: Values, today: NaiveDate, dice: &mut Dice) -> Values {
    let (kind, elements, least, most) = dice.pick(&GROUNDS);
    let opened = before(today, 200 + dice.below(5_000));
    let inspected = after(opened, dice.below(900)).min(today);
    let papers = dice.chance(0.6);
    values.extend([
        ("uid", format!("М-{n:05}").into()),
        ("kind", kind.into()),
        ("elements", elements.into()),
        ("area", dice.range(least, most).round().into()),
        ("opened", opened.into()),
        ("inspected", (n % 11 != 4).then_some(inspected).into()),
        ("passport_url", if papers { page(format!("maidanchyky/{n}")) } else { Value::Null }),
        ("plan_url", if papers { page(format!("maidanchyky/{n}/plan")) } else { Value::Null }),
    ]);
    values.extend(body(["holder_name", "holder_code"], UPKEEP));
    values.extend(body(["inspector_name", "inspector_code"], UPKEEP));
    values
}

fn dog_area(n: u64, mut values: Values, dice: &mut Dice) -> Values {
    let training = dice.chance(0.4);
    let bins = dice.chance(0.8);
    let title = if training {
        format!("Тренувальний майданчик № {n}")
    } else {
        format!("Місце вигулу № {n}")
    };
    values.extend([
        ("uid", format!("В-{n:04}").into()),
        ("title", title.into()),
        ("area", dice.range(120.0, 900.0).round().into()),
        ("fenced", if n % 8 == 5 { Value::Null } else { Value::Boolean(dice.chance(0.7)) }),
        ("bins", Value::Boolean(bins)),
        ("bins_schedule", bins.then_some("Пн-Нд 07:00-09:00").into()),
        ("training", training.then_some("бар’єри, рампи, бум").into()),
        ("boards", Value::Boolean(dice.chance(0.85))),
        ("hours", "Пн-Нд 06:00-23:00".into()),
    ]);
    values.extend(body(["holder_name", "holder_code"], UPKEEP));
    values
}

fn toilet(n: u64, mut values: Values, dice: &mut Dice) -> Values {
    const EVERYBODY: &str = "Маломобільні групи населення";
    let price = dice.pick(&[0.0, 0.0, 10.0, 15.0]);
    values.extend([
        ("uid", format!("ВБ-{n:04}").into()),
        ("kind", dice.pick(&["Жіноча та чоловіча", "Жіноча та чоловіча, Дитяча", "Унісекс"]).into()),
        ("accessible", dice.pick(&[Some(EVERYBODY), Some(EVERYBODY), None]).into()),
        ("price", price.into()),
        ("payment", (price > 0.0).then_some("Готівковий та безготівковий").into()),
        ("hours", dice.pick(&["Пн-Нд 07:00-22:00", "Пн-Нд 00:00-24:00", "Пн-Нд 08:00-20:00"]).into()),
        ("facilities", dice.chance(0.4).then_some("Кімната для сповивання дитини").into()),
    ]);
    values.extend(body(["operator_name", "operator_code"], UPKEEP));
    values
}

fn monument(n: u64, spot: &Spot<'_>, dice: &mut Dice) -> Values {
    let (title, kind, dated) = dice.pick(&MONUMENTS);
    let (level, status) = match dice.part() {
        x if x < 0.08 => ("національного значення", "на обліку"),
        x if x < 0.70 => ("місцевого значення", "на обліку"),
        x if x < 0.90 => ("щойно виявлений", "на обліку"),
        x if x < 0.97 => ("щойно виявлений", "пропонується"),
        _ => ("місцевого значення", "вилучено з обліку"),
    };
    let kept = level != "щойно виявлений";
    let mut values = spot.values();
    values.extend([
        ("uid", format!("КС-{n:04}").into()),
        ("title", format!("{title}, {}", spot.place.line()).into()),
        ("kind", kind.into()),
        ("level", level.into()),
        ("status", status.into()),
        // One in thirty of those that must have a protection number has none.
        ("protection_number", (kept && n % 30 != 7).then(|| format!("{n}-Вб")).into()),
        ("dated", dated.into()),
        ("decision_number", kept.then(|| (1 + dice.below(900)).to_string()).into()),
        ("decision_date", kept.then(|| before(spot.today, 900 + dice.below(14_000))).into()),
        ("decision_url", if kept { page(format!("spadshchyna/{n}")) } else { Value::Null }),
        ("contract_number", dice.chance(0.5).then(|| format!("ОД-{n}")).into()),
    ]);
    values.extend(body(["owner_name", "owner_code"], PLANNING));
    values
}
