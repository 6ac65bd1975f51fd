//! Trees and shrubs along the streets, and the acts and orders by which some of them go.

use chrono::Datelike;

use super::Feature;
use super::block::{Values, after, before};
use super::codes::{Dice, edrpou};
use super::life::{Due, Spot, UPKEEP, body, placeless, stands};
use super::names::{party, person};
use super::plan::Plan;

/// Species of trees, and how high and thick they grow in a year: metres, centimetres.
#[rustfmt::skip]
const TREES: [(&str, f64, f64); 9] = [
    ("липа серцелиста", 0.30, 0.7), ("клен гостролистий", 0.32, 0.7), ("каштан кінський", 0.28, 0.8), ("тополя чорна", 0.55, 1.3), ("береза повисла", 0.40, 0.6),
    ("ясен звичайний", 0.35, 0.7), ("горобина звичайна", 0.22, 0.4), ("дуб звичайний", 0.22, 0.8), ("ялина колюча", 0.25, 0.5),
];
const SHRUBS: [&str; 4] = ["бузок звичайний", "жасмин садовий", "спірея", "самшит вічнозелений"];

/// Counts plantings and acts.
pub struct Nature {
    plantings: Due,
    acts: Due,
    orders: u64,
}

impl Nature {
    pub fn new(plan: &Plan) -> Nature {
        Nature { plantings: Due::new(plan, 6.0, 20_000.0, 0.5), acts: Due::new(plan, 150.0, 1_200.0, 0.7), orders: 0 }
    }

    pub fn beside(&mut self, spot: &Spot<'_>, dice: &mut Dice, out: &mut Vec<Feature>) {
        if let Some(n) = self.plantings.next(1.0, spot.at_street()) {
            let at = spot.place.front(dice.range(-0.9, 0.9), dice.range(-2.2, -1.0));
            out.push(stands("plantings", at, planting(n, spot, dice)));
        }
        if let Some(n) = self.acts.next(spot.share, spot.at_street()) {
            self.act(n, spot, dice, out);
        }
    }

    /// An act with the plantings that it speaks of, and mostly the order that follows.
    fn act(&mut self, n: u64, spot: &Spot<'_>, dice: &mut Dice, out: &mut Vec<Feature>) {
        let issued = before(spot.today, 20 + dice.below(700));
        let number = format!("{n}/{:02}", issued.month());
        let company = dice.chance(0.5).then(|| party(spot.plan.seed, spot.firms, 0.0, dice));
        let (applicant, code) = match company {
            Some(firm) => (firm.name, firm.code),
            None => (person(dice, true), None),
        };
        let purpose =
            dice.pick(&["Аварійний стан", "Досягнення вікової межі", "Відведення земельної ділянки під забудову"]);
        for i in 0..1 + dice.below(4) {
            let mut values = spot.values();
            values.extend(tree(dice, true));
            values.extend(body(["authority_name", "authority_code"], UPKEEP));
            values.extend([
                ("uid", format!("{number}-{}", i + 1).into()),
                ("number", number.as_str().into()),
                ("issued", issued.into()),
                ("purpose", purpose.into()),
                ("applicant_name", applicant.as_str().into()),
                ("applicant_code", code.clone().into()),
                (
                    "service",
                    if dice.chance(0.9) {
                        "Підлягає зрізуванню"
                    } else {
                        "Підлягає пересаджуванню"
                    }
                    .into(),
                ),
                ("address_note", "перед будинком".into()),
            ]);
            let at = spot.place.front(-0.6 + 0.35 * i as f64, -1.6);
            out.push(stands("green_acts", at, values));
        }
        if !dice.chance(0.85) {
            return;
        }
        self.orders += 1;
        let opened = after(issued, 7 + dice.below(20));
        // One order of twelve names an act that is not in the register.
        let act = if self.orders % 12 == 3 { format!("{n}/99") } else { number };
        let mut values: Values = vec![
            ("uid", format!("{}-{}", self.orders, opened.year()).into()),
            ("number", self.orders.to_string().into()),
            ("issued", opened.into()),
            ("starts", opened.into()),
            ("ends", after(opened, 60).into()),
            ("removal_until", after(opened, 30).into()),
            ("improvement_until", after(opened, 60).into()),
            ("act_number", act.into()),
            ("act_issued", issued.into()),
            ("applicant_name", applicant.into()),
            ("applicant_code", code.into()),
        ];
        values.extend(body(["authority_name", "authority_code"], UPKEEP));
        out.push(placeless("green_orders", values));
    }
}

/// What grows: its kind, species, number, age and size; what is to go is old and in a poor state.
fn tree(dice: &mut Dice, doomed: bool) -> Values {
    let (species, high, thick) = dice.pick(&TREES);
    let age = if doomed { 40 + dice.below(50) } else { 3 + dice.below(60) };
    let size = |a_year: f64, most: f64| ((age as f64 * a_year).min(most) * 10.0).round() / 10.0;
    let condition = match dice.part() {
        x if doomed && x < 0.8 => "незадовільний",
        x if x < 0.25 => "задовільний",
        x if x > 0.96 => "незадовільний",
        _ => "добрий",
    };
    vec![
        ("kind", "Дерево".into()),
        ("species", species.into()),
        ("condition", condition.into()),
        ("amount", 1.0.into()),
        ("unit", "шт.".into()),
        ("age", (age as i64).into()),
        ("height", (1.5 + size(high, 24.0)).into()),
        ("diameter", (2.0 + size(thick, 90.0)).into()),
    ]
}

fn planting(n: u64, spot: &Spot<'_>, dice: &mut Dice) -> Values {
    let mut values = match dice.part() {
        x if x < 0.82 => tree(dice, false),
        x if x < 0.94 => vec![
            ("kind", "Кущ".into()),
            ("species", dice.pick(&SHRUBS).into()),
            ("condition", "добрий".into()),
            ("amount", (1.0 + dice.below(12) as f64).into()),
            ("unit", "шт.".into()),
        ],
        _ => vec![
            ("kind", "Квітник".into()),
            ("species", "чорнобривці".into()),
            ("amount", dice.range(3.0, 40.0).round().into()),
            ("unit", "кв. м.".into()),
        ],
    };
    values.extend([
        ("uid", format!("Н-{n:06}").into()),
        ("street", spot.place.street.as_str().into()),
        ("surveyed", before(spot.today, 100 + dice.below(900)).into()),
        ("holder_name", UPKEEP.0.into()),
        ("holder_code", edrpou(UPKEEP.1).into()),
    ]);
    values
}
