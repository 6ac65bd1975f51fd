//! Shelters, cameras, and buildings inspected for accessibility.

use super::Feature;
use super::block::{PLANNING, Values, before};
use super::codes::Dice;
use super::life::{Due, SAFE_CITY, SOCIAL, Spot, UPKEEP, body, page, placeless, stands};
use super::names::{party, person};
use super::permits::phone;
use super::plan::Plan;
use crate::catalogue::record::Value;

/// Paragraph of ДБН В.2.2-40:2018, what it asks for, what is found where it is not met.
#[rustfmt::skip]
const NORMS: [(&str, &str, &str); 7] = [
    ("5.1.1", "До входу веде шлях без сходів і порогів", "Перед входом дві сходинки"), ("5.3.2", "Зовнішні пандуси мають двобічне огородження з поручнями", "Поручень лише з правого боку"),
    ("5.3.4", "Ухил пандуса не більше 8 %", "Ухил пандуса 14 %"), ("6.2.1", "Вхідні двері не вужчі за 0,9 м", "Ширина дверей 0,78 м"), ("6.4.3", "Сходи мають контрастне маркування", "Маркування немає"),
    ("6.6.1", "Є вбиральня для людей з інвалідністю", "Вбиральні немає"), ("7.1.5", "Є тактильні вказівники", "Вказівників немає"),
];

const MODELS: [&str; 4] = ["Hikvision DS-2CD2143", "Dahua IPC-HFW2431", "Axis P1448-LE", "Uniview IPC2124"];

/// Counts what is due.
pub struct Safety {
    shelters: Due,
    cameras: Due,
    inspections: Due,
}

impl Safety {
    pub fn new(plan: &Plan) -> Safety {
        Safety {
            shelters: Due::new(plan, 60.0, 3_000.0, 0.6),
            cameras: Due::new(plan, 90.0, 4_000.0, 0.4),
            inspections: Due::new(plan, 140.0, 1_500.0, 0.5),
        }
    }

    pub fn beside(&mut self, spot: &Spot<'_>, dice: &mut Dice, out: &mut Vec<Feature>) {
        let cellar = spot.is(&["public", "apartments", "commercial", "industrial"]);
        if let Some(n) = self.shelters.next(spot.share, cellar) {
            out.push(stands("shelters", spot.indoors(1), shelter(n, spot, dice)));
        }
        if let Some(n) = self.cameras.next(spot.share, spot.at_street()) {
            out.push(stands("cameras", spot.place.front(0.9, 0.4), camera(n, spot, dice)));
        }
        let open = spot.is(&["public", "commercial"]) && spot.at_street();
        if let Some(n) = self.inspections.next(spot.share, open) {
            inspection(n, spot, dice, out);
        }
    }
}

fn shelter(n: u64, spot: &Spot<'_>, dice: &mut Dice) -> Values {
    let public = spot.is(&["public"]);
    let kind = match dice.part() {
        x if public && x < 0.25 => "сховище",
        x if public && x < 0.45 => "протирадіаційне укриття",
        x if x < 0.55 => "споруди подвійного призначення",
        x if x < 0.58 => "швидкоспоруджувана захисна споруда",
        _ => "найпростіше укриття",
    };
    let readiness = match dice.part() {
        x if x < 0.62 => "готова",
        x if x < 0.88 => "обмежено готова",
        _ => "не готова",
    };
    let private = spot.is(&["commercial", "industrial"]);
    let owner = party(spot.plan.seed, spot.firms, 0.0, dice);
    let tenant = dice.chance(0.12).then(|| party(spot.plan.seed, spot.firms, 0.0, dice));
    let mut values = spot.values();
    values.extend([
        ("uid", (99_000 + n).to_string().into()),
        ("kind", kind.into()),
        ("readiness", readiness.into()),
        ("capacity", (n % 25 != 6).then_some(20 * (1 + dice.below(30) as i64)).into()),
        ("accessible", Value::Boolean(dice.chance(0.4))),
        ("ownership", if private { "приватна" } else { "комунальна" }.into()),
        ("purpose", dice.pick(&["Склад", "Підвал будинку", "Спортивний зал", "Не використовується"]).into()),
        ("tenant_name", tenant.as_ref().map(|tenant| tenant.name.clone()).into()),
        ("tenant_code", tenant.and_then(|tenant| tenant.code).into()),
        ("keeper", person(dice, true).into()),
        ("keeper_phone", phone(dice).into()),
    ]);
    if private {
        values.extend([("holder_name", owner.name.into()), ("holder_code", owner.code.into())]);
    } else {
        values.extend(body(["holder_name", "holder_code"], UPKEEP));
    }
    values
}

fn camera(n: u64, spot: &Spot<'_>, dice: &mut Dice) -> Values {
    let traffic = dice.chance(0.3);
    let yes = |probability: f64, dice: &mut Dice| Value::Boolean(traffic && dice.chance(probability));
    let mut values = spot.values();
    values.extend([
        ("uid", format!("{:09}", 8_000 + n).into()),
        ("model", dice.pick(&MODELS).into()),
        ("direction", format!("у бік: {}", spot.place.street).into()),
        ("faces", Value::Boolean(dice.chance(0.06))),
        ("numbers", Value::Boolean(traffic)),
        ("speed", yes(0.5, dice)),
        ("violations", yes(0.6, dice)),
        ("installed", before(spot.today, 30 + dice.below(2_500)).into()),
    ]);
    if n % 50 != 13 {
        values.extend(body(["holder_name", "holder_code"], SAFE_CITY));
    }
    values
}

/// An inspected building and the norms that were checked there.
fn inspection(n: u64, spot: &Spot<'_>, dice: &mut Dice, out: &mut Vec<Feature>) {
    let uid = format!("Д-{n:04}");
    let title = if spot.is(&["public"]) {
        "Громадська будівля"
    } else {
        "Торговельний заклад"
    };
    let title = format!("{title}, {}", spot.place.line());
    let mut values = spot.values();
    values.retain(|(field, _)| *field != "address_note");
    let day = before(spot.today, 20 + dice.below(1_200));
    values.extend([("uid", uid.as_str().into()), ("title", title.as_str().into()), ("inspected", day.into())]);
    if spot.is(&["public"]) {
        values.extend(body(["entity_name", "entity_code"], UPKEEP));
    } else {
        let owner = party(spot.plan.seed, spot.firms, 0.2, dice);
        values.extend([("entity_name", owner.name.into()), ("entity_code", owner.code.into())]);
    }
    values.extend(body(["authority_name", "authority_code"], if n.is_multiple_of(2) { SOCIAL } else { PLANNING }));
    let at = spot.indoors(1).to(spot.house.inside, 0.6);
    out.push(stands("accessible_buildings", at, values));
    // Of some inspections only the cover page has come; and the first building's list names a building that is not there.
    let norms = if n % 17 == 5 { 0 } else { 2 + dice.below(3) };
    let first = dice.below(NORMS.len() as u64);
    for i in 0..norms {
        let (paragraph, requirement, finding) = NORMS[((first + i) % NORMS.len() as u64) as usize];
        let met = dice.chance(0.55);
        let building = if n == 1 && i == 0 { "Д-9999" } else { uid.as_str() };
        let values: Values = vec![
            ("norms", "ДБН В.2.2-40:2018".into()),
            ("paragraph", paragraph.into()),
            ("requirement", requirement.into()),
            ("met", Value::Boolean(met)),
            ("findings", if met { "Вимоги дотримано" } else { finding }.into()),
            ("photo_url", page(format!("dostupnist/{n}/{}.jpg", i + 1))),
            ("building_uid", building.into()),
            ("building_name", title.as_str().into()),
        ];
        out.push(placeless("accessibility_norms", values));
    }
}
