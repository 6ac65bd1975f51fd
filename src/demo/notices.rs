//! What hinders today: digging, closed streets, outages.

use chrono::{Datelike, NaiveDate};

use super::Feature;
use super::block::{Emit, Place, Site, Values, after, before, moment};
use super::codes::{Dice, edrpou};
use super::lines::Class;
use super::names::person;
use super::plan::{Block, Plan};
use super::shape::{lines, point, polygon};
use super::town::street_uid;
use crate::catalogue::record::Value;

const ROADS: (&str, u64) = ("Управління благоустрою Вербоградської міської ради", 4_099_077);
/// Utilities: name, code, what they dig for.
#[rustfmt::skip]
const DIGGERS: [(&str, u64, &str); 5] = [
    ("КП «Вербоградводоканал»", 3_377_463, "Ремонт водопровідної мережі"), ("КП «Вербоградтеплоенерго»", 3_377_474, "Ремонт теплової мережі"),
    ("АТ «Вербоградобленерго»", 3_377_507, "Прокладання кабельної лінії"), ("АТ «Вербоградгаз»", 3_377_518, "Заміна газопроводу"),
    ("КП «Вербоградводоканал»", 3_377_463, "Приєднання до каналізаційної мережі"),
];
const DUG: [&str; 4] = [
    "Проїзна частина з асфальтобетонним покриттям",
    "Тротуар з асфальтним покриттям",
    "Газон",
    "Прибудинкова територія",
];
/// Service, reasons by plan and by accident, utility, code, dispatcher.
type Service = (&'static str, &'static str, &'static str, &'static str, u64, &'static str);
#[rustfmt::skip]
const SERVICES: [Service; 5] = [
    ("електроенергія", "Планова заміна опор", "Пошкодження кабелю", "АТ «Вербоградобленерго»", 3_377_507, "+380000000201"),
    ("холодна вода", "Промивання мережі", "Порив водопроводу", "КП «Вербоградводоканал»", 3_377_463, "+380000000202"),
    ("гаряча вода", "Гідравлічні випробування", "Порив мережі", "КП «Вербоградтеплоенерго»", 3_377_474, "+380000000203"),
    ("опалення", "Ремонт теплової камери", "Порив теплової мережі", "КП «Вербоградтеплоенерго»", 3_377_474, "+380000000203"),
    ("газ", "Технічне обслуговування", "Витік газу", "АТ «Вербоградгаз»", 3_377_518, "+380000000204"),
];

/// Counts what is due: a dig permit for ninety addresses, an outage for thirty blocks.
pub struct Notices {
    digs: (f64, u64),
    outages: (f64, u64),
}

impl Default for Notices {
    fn default() -> Self {
        Notices { digs: (0.6, 0), outages: (0.9, 0) }
    }
}

impl Notices {
    /// Emits the permit to dig in front of a place, if one is due.
    pub fn beside<E>(&mut self, site: &Site<'_>, dice: &mut Dice, emit: Emit<'_, E>) -> Result<(), E> {
        let Some(place) = site.place.filter(|place| place.corps.is_none()) else { return Ok(()) };
        self.digs.0 += Plan::weight(site.zone) * site.plan.addresses as f64 / site.plan.weights / 90.0;
        if self.digs.0 < 1.0 {
            return Ok(());
        }
        self.digs = (self.digs.0 - 1.0, self.digs.1 + 1);
        let values = dig(self.digs.1, site.today, place, dice);
        emit(Feature { layer: "dig_permits", geometry: Some(point(place.front(dice.range(-0.5, 0.5), -3.0))), values })
    }

    /// Emits the outage of a block, if one is due; `touched` are its addresses, street and number.
    pub fn block<E>(
        &mut self,
        block: &Block,
        today: NaiveDate,
        touched: &[(String, String)],
        dice: &mut Dice,
        emit: Emit<'_, E>,
    ) -> Result<(), E> {
        self.outages.0 += if touched.is_empty() { 0.0 } else { 1.0 / 30.0 };
        if self.outages.0 < 1.0 {
            return Ok(());
        }
        self.outages = (self.outages.0 - 1.0, self.outages.1 + 1);
        let values = outage(self.outages.1, today, touched, dice);
        let shape = block.quad.inset([-2.0; 4]).unwrap_or(block.quad);
        emit(Feature { layer: "outages", geometry: Some(polygon(&shape.0)), values })
    }
}

fn dig(n: u64, today: NaiveDate, place: &Place<'_>, dice: &mut Dice) -> Values {
    let from = after(before(today, 160), dice.below(180));
    let until = after(from, 5 + dice.below(40));
    let status = match dice.part() {
        x if x < 0.05 => "Скасований",
        x if x < 0.15 => "Чинний зі змінами",
        x if until < today && x < 0.88 => "Втратив чинність",
        _ => "Чинний",
    };
    let (name, number, work) = dice.pick(&DIGGERS);
    let private = dice.chance(0.1);
    let mut values = place.values();
    values.extend([
        ("uid", format!("{n}-{}", from.year()).into()),
        ("number", n.to_string().into()),
        ("work_type", if private { "Приєднання житлового будинку до мереж" } else { work }.into()),
        ("status", status.into()),
        ("issued", before(from, 7).into()),
        ("valid_from", from.into()),
        ("valid_through", until.into()),
        ("object_name", dice.pick(&DUG).into()),
        ("applicant_company", (!private).then_some(name).into()),
        ("applicant_name", if private { person(dice, true) } else { name.to_owned() }.into()),
        ("applicant_code", (!private).then(|| edrpou(number)).into()),
        ("authority_name", ROADS.0.into()),
        ("authority_code", edrpou(ROADS.1).into()),
        ("postcode", format!("99{:03}", place.street_id % 1_000).into()),
        ("url", format!("https://verbohrad.example.gov.ua/rozkopky/{n}").into()),
        ("text_file", format!("dozvil-{n}.pdf").into()),
    ]);
    values
}

/// The state of something with a first and a last day; now and then nobody says that it is over.
fn state(from: NaiveDate, until: NaiveDate, today: NaiveDate, dice: &mut Dice) -> &'static str {
    match dice.part() {
        x if x < 0.05 => "cancelled",
        _ if from > today => "scheduled",
        x if until < today && x < 0.92 => "ended",
        x if x > 0.85 => "extended",
        _ => "active",
    }
}

/// Addresses as people write them: each street once, with its numbers.
fn listed(touched: &[(String, String)]) -> String {
    let mut streets: Vec<(&str, Vec<&str>)> = Vec::new();
    for (street, house) in touched {
        match streets.iter_mut().find(|(name, _)| name == street) {
            Some((_, houses)) => houses.push(house),
            None => streets.push((street, vec![house])),
        }
    }
    let parts = streets.iter().map(|(street, houses)| format!("{street}, {}", houses.join(", ")));
    parts.collect::<Vec<_>>().join("; ")
}

fn outage(n: u64, today: NaiveDate, touched: &[(String, String)], dice: &mut Dice) -> Values {
    let (service, by_plan, by_accident, provider, code, phone) = dice.pick(&SERVICES);
    let planned = dice.chance(0.75);
    let from = after(before(today, 12), dice.below(22));
    let from = if planned { from } else { from.min(today) };
    let until = after(from, dice.below(3));
    let status = state(from, until, today, dice);
    let (begins, ends) = (8 + dice.below(3) as i64, 15 + dice.below(5) as i64);
    let begun = matches!(status, "active" | "extended" | "ended");
    vec![
        ("uid", format!("В-{}-{n:05}", from.year()).into()),
        ("service", service.into()),
        ("status", status.into()),
        ("planned", Value::Boolean(planned)),
        ("reason", if planned { by_plan } else { by_accident }.into()),
        ("planned_from", moment(from, begins)),
        ("planned_until", moment(until, ends)),
        ("actual_from", begun.then(|| moment(from, begins)).into()),
        ("actual_until", (status == "ended").then(|| moment(until, ends + dice.below(4) as i64)).into()),
        ("ends_on", until.into()),
        ("addresses", listed(touched).into()),
        ("addresses_count", (touched.len() as i64).into()),
        ("provider_name", provider.into()),
        ("provider_code", edrpou(code).into()),
        ("provider_phone", phone.into()),
    ]
}

/// Closed streets: one of forty, of those that have a name.
pub fn closures<E>(plan: &Plan, today: NaiveDate, emit: Emit<'_, E>) -> Result<(), E> {
    let (mut due, mut n) = (0.9, 0);
    for (id, street) in plan.streets.iter().enumerate() {
        let (Some(name), Some(part)) = (&street.name, street.parts.first()) else { continue };
        due += if street.class == Class::Track { 0.0 } else { 1.0 / 40.0 };
        if due < 1.0 {
            continue;
        }
        (due, n) = (due - 1.0, n + 1);
        let mut dice = Dice::new(plan.seed, 25, id as u64);
        let from = after(before(today, 30), dice.below(50));
        let until = after(from, 1 + dice.below(25));
        let status = state(from, until, today, &mut dice);
        let (subtype, why) = dice.pick(&[
            ("ROAD_CLOSED_CONSTRUCTION", "Капітальний ремонт дорожнього покриття"),
            ("ROAD_CLOSED_CONSTRUCTION", "Заміна водопроводу під проїзною частиною"),
            ("ROAD_CLOSED_EVENT", "Святковий ярмарок"),
            ("ROAD_CLOSED_HAZARD", "Провалля на проїзній частині"),
        ]);
        let values = vec![
            ("uid", format!("ПР-{}-{n:04}", from.year()).into()),
            ("street", name.as_str().into()),
            ("street_uid", street_uid(id, false).into()),
            ("status", status.into()),
            ("type", "ROAD_CLOSED".into()),
            ("subtype", subtype.into()),
            ("direction", dice.pick(&["BOTH_DIRECTIONS", "BOTH_DIRECTIONS", "ONE_DIRECTION"]).into()),
            ("starts_at", moment(from, 7)),
            ("ends_at", moment(until, 20)),
            ("ends_on", until.into()),
            ("description", why.into()),
            ("detour", "Об’їзд — сусідніми вулицями за знаками".into()),
            ("affects_transit", Value::Boolean(street.class <= Class::Secondary)),
            ("organiser_name", ROADS.0.into()),
            ("organiser_code", edrpou(ROADS.1).into()),
            ("decision_number", format!("{}-р", 1 + dice.below(300)).into()),
            ("decision_date", before(from, 10).into()),
            ("decision_url", format!("https://verbohrad.example.gov.ua/perekryttia/{n}").into()),
        ];
        let stretch = part[..part.len().min(4)].to_vec();
        emit(Feature { layer: "road_closures", geometry: Some(lines(&[stretch])), values })?;
    }
    Ok(())
}
