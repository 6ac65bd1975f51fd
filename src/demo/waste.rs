//! Waste: container sites in yards, recycling points, landfills with their arrivals and the air around them.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::Feature;
use super::block::{Values, before, settlement};
use super::codes::{Dice, edrpou};
use super::life::{Due, LANDFILL, RECYCLING, Spot, UPKEEP, body, mail, page, placeless, stands};
use super::lots::Zone;
use super::names::{company, party};
use super::permits::phone;
use super::plan::Plan;
use super::shape::{P, Quad, p};
use crate::catalogue::record::Value;

/// Landfills, the second of them full long ago.
const SITES: [(&str, &str, i64); 2] = [
    ("99-1", "Полігон твердих побутових відходів № 1", 1994),
    ("99-2", "Полігон твердих побутових відходів № 2 (рекультивація)", 1968),
];

/// What is measured, its unit, and what is usual.
const AIR: [(&str, &str, f64); 3] = [
    ("Рівень сірководню в повітрі", "ppm", 0.003),
    ("Рівень метану в повітрі", "ppm", 2.4),
    ("Рівень аміаку в повітрі", "ppm", 0.02),
];

/// Counts what is due.
pub struct Waste {
    sites: Due,
    points: Due,
}

impl Waste {
    pub fn new(plan: &Plan) -> Waste {
        Waste { sites: Due::new(plan, 32.0, 8_000.0, 0.5), points: Due::new(plan, 900.0, 250.0, 0.9) }
    }

    pub fn beside(&mut self, spot: &Spot<'_>, dice: &mut Dice, out: &mut Vec<Feature>) {
        let yard = if spot.is(&["apartments"]) { spot.yard(1) } else { None };
        let private = spot.is(&["residential_house"]) && spot.at_street() && dice.chance(0.2);
        let at = yard.or_else(|| private.then(|| spot.place.front(0.85, -1.8)));
        if let (Some(n), Some(at)) = (self.sites.next(spot.share, at.is_some()), at) {
            out.push(stands("waste_containers", at, containers(n, spot, dice)));
        }
        let fits = spot.at_street() && spot.is(&["commercial", "industrial", "public"]);
        if let Some(n) = self.points.next(spot.share, fits) {
            out.push(stands("waste_services", spot.place.front(-0.6, 1.2), point(n, spot, dice)));
        }
    }
}

fn containers(n: u64, spot: &Spot<'_>, dice: &mut Dice) -> Values {
    let count = 1 + dice.below(5);
    let sorted = dice.chance(0.55);
    let volumes = (0..count).map(|_| dice.pick(&["120.0", "240.0", "770.0", "1100.0"])).collect::<Vec<_>>();
    let mut values = spot.values();
    values.extend([
        ("uid", format!("{n}-к").into()),
        ("kinds", dice.pick(&["пластиковий на коліщатках", "металевий", "заглиблений"]).into()),
        (
            "waste",
            if sorted {
                "тверді побутові відходи (не сортовані), скло, папір, пластик"
            } else {
                "тверді побутові відходи (не сортовані)"
            }
            .into(),
        ),
        ("containers", (count as i64).into()),
        ("volumes", volumes.join(", ").into()),
        ("recycling", Value::Boolean(sorted)),
        ("schedule", dice.pick(&["Пн-Нд 06:00-09:00", "Пн,Ср,Пт 07:00-11:00", "Вт,Сб 08:00-12:00"]).into()),
    ]);
    values.extend(body(["holder_name", "holder_code"], UPKEEP));
    values.extend(body(["service_name", "service_code"], RECYCLING));
    values
}

fn point(n: u64, spot: &Spot<'_>, dice: &mut Dice) -> Values {
    let hazardous = dice.chance(0.35);
    let owner = party(spot.plan.seed, spot.firms, 0.2, dice);
    let mut values = spot.values();
    values.extend([
        ("uid", format!("{n}-п").into()),
        ("organization_name", owner.name.into()),
        ("organization_code", owner.code.into()),
        (
            "waste",
            dice.pick(&["скло, папір, метал", "папір, пластик", "метал", "скло, папір, побутова техніка"]).into(),
        ),
        ("hazardous", Value::Boolean(hazardous)),
        ("hazardous_waste", hazardous.then_some("батарейки, люмінесцентні лампи, акумулятори").into()),
        ("hours", (n % 10 != 6).then_some("Пн-Чт 08:00-17:20, Пт 08:00-16:00").into()),
        ("phone", phone(dice).into()),
        ("email", mail(&format!("punkt{n}"))),
        ("website", page(format!("vtorsyrovyna/{n}"))),
    ]);
    values
}

/// Landfills lie in the open land furthest from the centre.
pub fn citywide(plan: &Plan, today: NaiveDate, firms: u64, out: &mut Vec<Feature>) {
    let open: Vec<Quad> =
        plan.cells.iter().filter(|cell| cell.zone == Zone::Wild).filter_map(|cell| cell.kept).collect();
    let furthest = |from: P| {
        let away = |quad: &Quad| (quad.middle() - from).len();
        open.iter().copied().max_by(|a, b| away(a).total_cmp(&away(b)))
    };
    let first = furthest(p(0.0, 0.0));
    let other = first.and_then(|quad| furthest(quad.middle()));
    for (n, (site, at)) in SITES.into_iter().zip([first, other]).enumerate() {
        let dice = &mut Dice::new(plan.seed, 46, n as u64);
        let Some(land) = at else { continue };
        out.push(stands("landfills", land.middle(), landfill(plan, site, n == 0, dice)));
        air(site.0, &land, today, dice, out);
        if n == 0 {
            arrivals(plan, site.0, today, firms, dice, out);
        }
    }
}

fn landfill(plan: &Plan, (uid, title, since): (&str, &str, i64), open: bool, dice: &mut Dice) -> Values {
    let area = (dice.range(60_000.0, 140_000.0) / 100.0).round() * 100.0;
    let (first, second) = (company(plan.seed, 5), company(plan.seed, 6));
    let mut values = settlement();
    values.extend([
        ("uid", uid.into()),
        ("title", title.into()),
        ("start_year", since.into()),
        ("area", area.into()),
        // Nobody has measured the full one.
        ("used_area", open.then(|| (area * 0.72).round()).into()),
        ("tariff", open.then_some(186.4).into()),
        ("hours", open.then_some("Пн-Сб 07:00-19:00").into()),
        ("waste", "тверді побутові відходи, будівельні відходи".into()),
        ("prohibited", "радіоактивні відходи, хімічні відходи, рідкі відходи".into()),
        ("contractors", format!("{}, {}, {}", RECYCLING.0, first.name, second.name).into()),
        (
            "contractor_codes",
            [Some(edrpou(RECYCLING.1)), first.code, second.code]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", ")
                .into(),
        ),
        ("vehicles", "кузов 16 м³, коефіцієнт ущільнення 4".into()),
        ("address_note", "за межами забудови".into()),
    ]);
    values.extend(body(["holder_name", "holder_code"], LANDFILL));
    let guard = company(plan.seed, 7);
    values.extend([("guard_name", guard.name.into()), ("guard_code", guard.code.into())]);
    values
}

/// So many minutes after the beginning of a day.
fn moment(day: NaiveDate, minutes: u64) -> DateTime<Utc> {
    (day.and_time(chrono::NaiveTime::MIN) + TimeDelta::minutes(minutes as i64)).and_utc()
}

/// A month of measurements, four posts taking turns.
fn air(landfill: &str, land: &Quad, today: NaiveDate, dice: &mut Dice, out: &mut Vec<Feature>) {
    const POSTS: [(f64, f64); 4] = [(0.5, 0.05), (0.95, 0.5), (0.5, 0.95), (0.05, 0.5)];
    for day in 1..=30 {
        for (indicator, unit, usual) in AIR {
            let value = (usual * dice.range(0.5, 1.9) * 1e4).round() / 1e4;
            let values: Values = vec![
                ("landfill", landfill.into()),
                ("indicator", indicator.into()),
                ("unit", unit.into()),
                ("measured", Value::DateTime(moment(before(today, day), 645))),
                // Once in a while the device gave nothing.
                ("value", dice.chance(0.97).then_some(value).into()),
            ];
            let (u, v) = POSTS[(day % 4) as usize];
            out.push(stands("air_analysis", land.at(u, v), values));
        }
    }
}

/// The last weeks' vehicles; one note names a landfill that does not exist.
fn arrivals(plan: &Plan, landfill: &str, today: NaiveDate, firms: u64, dice: &mut Dice, out: &mut Vec<Feature>) {
    const LETTERS: [&str; 6] = ["АВ", "ВС", "ЕН", "КА", "МО", "ТХ"];
    const VIN: &[u8] = b"ABCDEFGHJKLMNPRSTUVWXYZ0123456789";
    let count = (plan.addresses / 40).clamp(40, 6_000);
    let a_day = (count / 21).clamp(1, 600);
    for n in 0..count {
        let own = dice.chance(0.6);
        let carrier = company(plan.seed, 5 + dice.below(firms.min(4)));
        let vehicle = dice.below(40);
        let mut letters = Dice::new(plan.seed, 47, vehicle);
        let vin: String = (0..17).map(|_| char::from(letters.pick(VIN))).collect();
        let number = format!("99 {:04} {}", 1_000 + vehicle * 37, letters.pick(&LETTERS));
        // Within a day they come one after another, so that no vehicle comes twice in a minute.
        let entered = moment(before(today, 1 + n / a_day), 240 + n % a_day);
        let mut values: Values = vec![
            ("landfill", if n == 3 { "99-9" } else { landfill }.into()),
            ("car_number", number.into()),
            ("vin", vin.into()),
            ("entered", Value::DateTime(entered)),
            ("waste", dice.pick(&["тверді побутові відходи", "тверді побутові відходи", "будівельні відходи"]).into()),
            ("weight", (dice.range(1_500.0, 9_000.0) / 10.0).round().into()),
            ("admitted", Value::Boolean(dice.chance(0.97))),
            ("waybill_url", page(format!("polihon/{}", n + 1))),
        ];
        if own {
            values.extend(body(["carrier_name", "carrier_code"], RECYCLING));
        } else {
            values.extend([("carrier_name", carrier.name.into()), ("carrier_code", carrier.code.into())]);
        }
        out.push(placeless("waste_transport", values));
    }
}
