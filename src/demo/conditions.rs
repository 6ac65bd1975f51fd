//! Papers for those who build: planning conditions and building passports.

use chrono::{Datelike, NaiveDate};

use super::Feature;
use super::block::{Emit, PLANNING, Place, Site, Values, before};
use super::codes::{Dice, edrpou};
use super::lots::{Use, Zone};
use super::names::{party, person};
use super::plan::Plan;
use super::shape::point;

const CONSTRUCTIONS: [&str; 5] =
    ["Нове будівництво", "Нове будівництво", "Реконструкція", "Реставрація", "Капітальний ремонт"];

/// Counts what is due: planning conditions for two hundred addresses, more where more is built; a building passport for
/// seventy private houses.
pub struct Papers {
    conditions: (f64, u64),
    passports: (f64, u64),
}

impl Default for Papers {
    fn default() -> Self {
        Papers { conditions: (0.7, 0), passports: (0.7, 0) }
    }
}

impl Papers {
    /// Emits what was issued for a place, if anything is due.
    pub fn beside<E>(&mut self, site: &Site<'_>, dice: &mut Dice, emit: Emit<'_, E>) -> Result<(), E> {
        let Some(place) = site.place else { return Ok(()) };
        let at = site.houses.first().map_or(place.lot.quad.middle(), |house| house.inside);
        let share = Plan::weight(site.zone) * site.plan.addresses as f64 / site.plan.weights;
        self.conditions.0 += share / 200.0;
        if self.conditions.0 >= 1.0 && matches!(place.lot.purpose, Use::Flats | Use::Shop | Use::Industry | Use::Public)
        {
            self.conditions = (self.conditions.0 - 1.0, self.conditions.1 + 1);
            let values = conditions(self.conditions.1, site, place, dice);
            emit(Feature { layer: "planning_conditions", geometry: Some(point(at)), values })?;
        }
        self.passports.0 += if place.lot.purpose == Use::House { 1.0 / 70.0 } else { 0.0 };
        if self.passports.0 >= 1.0 && place.lot.purpose == Use::House {
            self.passports = (self.passports.0 - 1.0, self.passports.1 + 1);
            let values = passport(self.passports.1, site.today, place, dice);
            emit(Feature { layer: "building_passports", geometry: Some(point(at)), values })?;
        }
        Ok(())
    }
}

/// What both papers say of who issued them, and where.
fn issued(place: &Place<'_>) -> Values {
    let mut values = place.values();
    values.extend([
        ("postcode", format!("99{:03}", place.street_id % 1_000).into()),
        ("cadastral_number", place.cadastral.as_str().into()),
        ("authority_name", PLANNING.0.into()),
        ("authority_code", edrpou(PLANNING.1).into()),
    ]);
    values
}

fn conditions(n: u64, site: &Site<'_>, place: &Place<'_>, dice: &mut Dice) -> Values {
    let day = before(site.today, 10 + dice.below(2_600));
    let status = match dice.part() {
        x if x < 0.06 => "Скасовані",
        x if x < 0.16 => "Чинні зі змінами",
        x if x < 0.30 => "Втратили чинність",
        x if x < 0.32 => "Чинність відновлено",
        _ => "Чинні",
    };
    let object = match site.zone {
        Zone::Panel | Zone::Mid => dice.pick(&["Багатоквартирний житловий будинок", "Торговельний центр", "Паркінг"]),
        Zone::Industry => dice.pick(&["Складський комплекс", "Виробничий корпус", "Сонячна електростанція"]),
        Zone::Public => dice.pick(&["Навчальний корпус", "Амбулаторія", "Укриття закладу освіти"]),
        _ => dice.pick(&["Готель", "Магазин", "Офісна будівля", "Житловий будинок із приміщеннями на першому поверсі"]),
    };
    let customer = party(site.plan.seed, site.firms, 0.1, dice);
    let order = format!("{}-{}", day.year(), 1 + dice.below(300));
    let mut values = issued(place);
    values.extend([
        ("uid", format!("МУО-{n:05}").into()),
        ("object_name", object.into()),
        ("status", status.into()),
        ("construction_type", dice.pick(&CONSTRUCTIONS).into()),
        ("order_number", order.into()),
        ("order_date", day.into()),
        ("applicant_company", customer.code.as_ref().map(|_| customer.name.clone()).into()),
        ("applicant_name", customer.name.into()),
        ("applicant_code", customer.code.into()),
        ("changes", (status == "Чинні зі змінами").then(|| format!("наказ № {} про зміни", 1 + dice.below(90))).into()),
        ("cancellation", (status == "Скасовані").then_some("постанова адміністративного суду").into()),
        ("url", format!("https://verbohrad.example.gov.ua/umovy/{n}").into()),
    ]);
    values
}

fn passport(n: u64, today: NaiveDate, place: &Place<'_>, dice: &mut Dice) -> Values {
    let day = before(today, 10 + dice.below(3_600));
    let (status, reason) = match dice.part() {
        x if x < 0.04 => ("Скасований", Some("заява замовника")),
        x if x < 0.12 => ("Чинний зі змінами", Some("зміна поверховості")),
        x if x < 0.25 => ("Втратив чинність", Some("будівництво завершено")),
        x if x < 0.27 => ("Чинність відновлено", Some("рішення суду")),
        _ => ("Чинний", None),
    };
    let mut values = issued(place);
    values.extend([
        ("uid", format!("{}-{n}/п", day.year()).into()),
        (
            "object_name",
            dice.pick(&["Житловий будинок", "Житловий будинок", "Прибудова", "Гараж", "Літня кухня"]).into(),
        ),
        ("status", status.into()),
        ("status_reason", reason.into()),
        ("construction_type", dice.pick(&["Нове будівництво", "Нове будівництво", "Реконструкція"]).into()),
        ("issued", day.into()),
        ("applicant_name", person(dice, true).into()),
        ("url", format!("https://verbohrad.example.gov.ua/budpasporty/{n}").into()),
        ("text_file", format!("budpasport-{n}.docx").into()),
    ]);
    values
}
