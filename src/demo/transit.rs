//! Stops in pairs along the main streets, parking lots with their operators, charging stations.

use std::collections::HashMap;

use super::Feature;
use super::block::{Values, settlement};
use super::codes::{Dice, edrpou};
use super::life::{Due, PARKING, Spot, TRANSPORT, body, contacts, mail, page, placeless, postcode, stands};
use super::lines::Class;
use super::names::company;
use super::permits::phone;
use super::plan::Plan;
use super::shape::P;
use super::trade::{seat, stranger};
use crate::catalogue::record::Value;

/// Metres from one pair of stops to the next.
const APART: f64 = 420.0;
/// Companies that run parking lots besides the city's own.
const OPERATORS: u64 = 3;

#[rustfmt::skip]
const CONNECTORS: [&str; 4] = [
    "Type 2 (380-400В, 32А, 22 кВт)", "Type 2 (380-400В, 63А, 44 кВт), CCS (400В, 125А, 50 кВт)", "CCS (400В, 150А, 60 кВт), CHAdeMO (400В, 125А, 50 кВт)",
    "Type 1 (220-240В, 32А, 7 кВт), Type 2 (220-240В, 32А, 7 кВт)",
];

/// Counts parking lots and charging stations.
pub struct Transit {
    lots: Due,
    charging: Due,
    stations: u64,
}

impl Transit {
    pub fn new(plan: &Plan) -> Transit {
        Transit { lots: Due::new(plan, 220.0, 1_500.0, 0.8), charging: Due::new(plan, 700.0, 600.0, 0.6), stations: 0 }
    }

    pub fn beside(&mut self, spot: &Spot<'_>, dice: &mut Dice, out: &mut Vec<Feature>) {
        let busy = spot.at_street() && spot.is(&["commercial", "apartments", "public", "industrial"]);
        if let Some(n) = self.lots.next(spot.share, busy) {
            let at = spot.place.front(dice.range(-0.3, 0.1), -2.6);
            out.push(stands("parking_lots", at, lot(n, spot, dice)));
            if n.is_multiple_of(2) {
                let beside = spot.place.front(0.35, -2.6);
                out.push(self.station(spot, beside, dice));
            }
        }
        let fits = busy && spot.is(&["commercial", "industrial"]);
        if self.charging.next(spot.share, fits).is_some() {
            let at = spot.place.front(-0.7, 1.4);
            out.push(self.station(spot, at, dice));
        }
    }

    fn station(&mut self, spot: &Spot<'_>, at: P, dice: &mut Dice) -> Feature {
        self.stations += 1;
        let n = self.stations;
        let owner = company(spot.plan.seed, dice.below(spot.firms.min(24)));
        let open = dice.chance(0.75);
        let mut values = spot.values();
        values.extend([
            ("uid", format!("ЗС-{n:04}").into()),
            ("connectors", (n % 15 != 8).then(|| dice.pick(&CONNECTORS)).into()),
            ("station_access", if open { "вільний" } else { "обмежений" }.into()),
            ("hours", if open { "Пн-Нд 00:00-24:00" } else { "Пн-Пт 08:00-20:00" }.into()),
            ("owner_name", owner.name.into()),
            ("owner_code", owner.code.into()),
            ("owner_phone", phone(dice).into()),
            ("owner_email", mail(&format!("zariadka{}", n % 24))),
        ]);
        stands("charging_stations", at, values)
    }
}

fn lot(n: u64, spot: &Spot<'_>, dice: &mut Dice) -> Values {
    let spaces = 6 + dice.below(60) as i64;
    let paid = dice.chance(0.6);
    let operator = match n % (OPERATORS + 1) {
        0 => (PARKING.0.to_owned(), Some(edrpou(PARKING.1))),
        number => {
            let firm = company(spot.plan.seed, number);
            (firm.name, firm.code)
        }
    };
    // One in twenty-three is run by somebody who is not in the register of operators.
    let operator = if n % 23 == 3 {
        ("ТОВ «Невідомий паркінг»".to_owned(), Some(stranger()))
    } else {
        operator
    };
    let mut values = spot.values();
    values.extend([
        ("uid", format!("ПМ-{n:05}").into()),
        ("kind", if dice.chance(0.7) { "Відведений" } else { "Спеціально обладнаний" }.into()),
        ("address_note", "вздовж проїзної частини".into()),
        ("spaces", spaces.into()),
        ("spaces_disabled", (n % 12 != 7).then_some(1 + spaces / 10).into()),
        ("price", if paid { dice.pick(&[10.0, 15.0, 20.0, 25.0]) } else { 0.0 }.into()),
        ("price_note", if paid { "Перші 15 хвилин безкоштовно" } else { "Безкоштовно" }.into()),
        ("payment", paid.then(|| dice.pick(&["Безготівковий", "Готівковий та безготівковий"])).into()),
        ("hours", "Пн-Нд 00:00-24:00".into()),
        ("meters", (if paid { 1 + spaces / 25 } else { 0 }).into()),
        ("mobile_url", if paid { page(format!("parking/{n}")) } else { Value::Null }),
        ("area", (spaces as f64 * 12.5).into()),
        ("operator_name", operator.0.into()),
        ("operator_code", operator.1.into()),
    ]);
    values.extend(body(["holder_name", "holder_code"], TRANSPORT));
    values
}

/// Stops and the operators of parking.
pub fn citywide(plan: &Plan, out: &mut Vec<Feature>) {
    stops(plan, out);
    for number in 0..=OPERATORS {
        let dice = &mut Dice::new(plan.seed, 43, number);
        let mut values = seat(plan, dice);
        if number == 0 {
            values.extend(body(["name", "code"], PARKING));
        } else {
            let firm = company(plan.seed, number);
            values.extend([("name", firm.name.into()), ("code", firm.code.into())]);
        }
        values.extend(contacts("Call-центр", phone(dice), &format!("parking{number}")));
        out.push(placeless("parking_operators", values));
    }
}

/// A stop's way: along the line or against it.
const WAYS: [(f64, &str); 2] = [(1.0, "а"), (-1.0, "б")];

fn stops(plan: &Plan, out: &mut Vec<Feature>) {
    let crossings = crossings(plan);
    let mut pair = 0;
    let main = |class| matches!(class, Class::Primary | Class::Secondary);
    for (id, street) in plan.streets.iter().enumerate().filter(|(_, street)| main(street.class)) {
        let Some(name) = &street.name else { continue };
        let aside = if street.class == Class::Primary { 8.0 } else { 6.5 };
        for (at, along) in street.parts.iter().flat_map(|line| every(line, APART)) {
            pair += 1;
            let dice = &mut Dice::new(plan.seed, 44, pair);
            let nearest = crossings.get(&id).and_then(|list| {
                list.iter().min_by(|a, b| (a.0 - at).len().total_cmp(&(b.0 - at).len())).map(|&(_, other)| other)
            });
            let title = nearest.and_then(|other| plan.streets[other].name.as_deref()).unwrap_or(name);
            for (way, letter) in WAYS {
                let mut values = settlement();
                values.extend([
                    ("uid", format!("З-{pair:04}{letter}").into()),
                    ("code", format!("{pair:04}{letter}").into()),
                    ("title", capital(title).into()),
                    // One stop of the city refers to a station that is not there.
                    ("kind", if pair == 7 && way < 0.0 { "2" } else { "0" }.into()),
                    ("station", (pair == 7 && way < 0.0).then_some("З-9999").into()),
                    ("wheelchair", dice.pick(&["0", "1", "1", "2"]).into()),
                    (
                        "description",
                        dice.pick(&[Some("Павільйон, лава, розклад руху"), Some("Навіс і лава"), None]).into(),
                    ),
                    ("street", name.as_str().into()),
                    ("postcode", postcode(id)),
                    ("tariff_zone", "0".into()),
                    ("url", page(format!("zupynky/{pair}{}", if way > 0.0 { "a" } else { "b" }))),
                ]);
                // Traffic keeps right, and the two stops of a pair lie a little past each other.
                let place = at - along.left() * (aside * way) + along * (14.0 * way);
                out.push(stands("stops", place, values));
            }
        }
    }
}

/// Points along a line so far apart, each with the line's direction there; a line much shorter than that has none.
fn every(line: &[P], apart: f64) -> Vec<(P, P)> {
    let length: f64 = line.windows(2).map(|w| (w[1] - w[0]).len()).sum();
    let count = (length / apart).round();
    let mut found = Vec::new();
    let (mut gone, mut next) = (0.0, length / count.max(1.0) / 2.0);
    for w in line.windows(2).filter(|_| count > 0.0) {
        let step = (w[1] - w[0]).len();
        while next < gone + step && step > 0.0 {
            found.push((w[0].to(w[1], (next - gone) / step), (w[1] - w[0]).unit()));
            next += length / count;
        }
        gone += step;
    }
    found
}

/// For each main street the corners where another begins or crosses.
fn crossings(plan: &Plan) -> HashMap<usize, Vec<(P, usize)>> {
    let mut found: HashMap<usize, Vec<(P, usize)>> = HashMap::new();
    for block in &plan.blocks {
        for e in 0..4 {
            let (Some(one), Some(other)) = (block.streets[e], block.streets[(e + 1) % 4]) else { continue };
            let corner = block.quad.0[(e + 1) % 4];
            for (a, b) in [(one as usize, other as usize), (other as usize, one as usize)] {
                if a != b && plan.streets[a].class <= Class::Secondary && plan.streets[b].name.is_some() {
                    found.entry(a).or_default().push((corner, b));
                }
            }
        }
    }
    found
}

/// The text with a capital letter first.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
