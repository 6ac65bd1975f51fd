//! Kiosks and advertising structures: what stands on a lot's street side, and by what permit.

use chrono::{Datelike, NaiveDate};

use super::block::{PLANNING, Place, Values, after, before};
use super::codes::{Dice, edrpou};
use super::names::{Party, distributors, party};
use super::plan::Plan;
use super::shape::point;
use super::{CITY, Feature};

/// What a kiosk sells, and how large it is, square metres.
#[rustfmt::skip]
const TRADES: [(&str, f64); 14] = [
    ("Кава з собою", 6.0), ("Преса", 6.0), ("Овочі та фрукти", 18.0), ("Квіти", 12.0), ("Хліб", 9.0), ("Ремонт взуття", 6.0), ("Шаурма", 12.0),
    ("М’ясо та ковбаси", 20.0), ("Молочні продукти", 12.0), ("Продукти", 28.0), ("Побутова хімія", 18.0), ("Ремонт телефонів", 8.0),
    ("Лотерея", 5.0), ("Морозиво", 4.0),
];

/// Kind of structure, width, height (metres), faces.
#[rustfmt::skip]
const STRUCTURES: [(&str, f64, f64, i64); 7] = [
    ("Щит", 6.0, 3.0, 2), ("Щит", 6.0, 3.0, 1), ("Сітілайт", 1.25, 1.85, 2), ("Сітілайт", 1.25, 1.85, 1), ("Дошка оголошень", 2.0, 1.0, 1),
    ("Лайтбокс на опорі", 1.2, 1.8, 2), ("Вивіска на фасаді", 4.0, 0.8, 1),
];

/// Counts what is due: one kiosk for sixty addresses, one advertising structure for eighty.
pub struct Permits {
    kiosks: (f64, u64),
    advertising: (f64, u64),
}

/// A permit's days.
struct Term {
    from: NaiveDate,
    until: NaiveDate,
}

impl Default for Permits {
    /// The two counts do not begin together, lest a kiosk and a hoarding always share a lot.
    fn default() -> Self {
        Permits { kiosks: (0.2, 0), advertising: (0.55, 0) }
    }
}

impl Permits {
    /// Emits what stands beside a place, if anything is due.
    pub fn beside<E>(
        &mut self,
        plan: &Plan,
        today: NaiveDate,
        firms: u64,
        place: &Place<'_>,
        dice: &mut Dice,
        emit: &mut dyn FnMut(Feature) -> Result<(), E>,
    ) -> Result<(), E> {
        let share = Plan::weight(place.zone) * plan.addresses as f64 / plan.weights;
        let stands = |aside: f64, inward: f64| {
            let at = place.front(aside, inward);
            (place.corps.is_none() && place.lot.quad.holds(at, 0.4)).then_some(at)
        };
        self.kiosks.0 += share / 60.0;
        if let (true, Some(at)) = (self.kiosks.0 >= 1.0, stands(dice.range(-0.6, 0.1), 1.5)) {
            self.kiosks = (self.kiosks.0 - 1.0, self.kiosks.1 + 1);
            let owner = party(plan.seed, firms, 0.55, dice);
            let mut values = kiosk(self.kiosks.1, today, owner, place, dice);
            // One in twenty stands on the pavement, within the red lines and on nobody's parcel.
            let astray = self.kiosks.1 % 20 == 7;
            if astray {
                values.retain(|(field, _)| *field != "cadastral_number");
            }
            let at = if astray { place.front(-0.2, -2.8) } else { at };
            emit(Feature { layer: "kiosks", geometry: Some(point(at)), values })?;
        }
        self.advertising.0 += share / 80.0;
        if let (true, Some(at)) = (self.advertising.0 >= 1.0, stands(dice.range(0.3, 0.7), 0.9)) {
            self.advertising = (self.advertising.0 - 1.0, self.advertising.1 + 1);
            let owner = party(plan.seed, distributors(firms), 0.12, dice);
            let values = advertising(self.advertising.1, today, owner, place, dice);
            emit(Feature { layer: "advertising", geometry: Some(point(at)), values })?;
        }
        Ok(())
    }
}

/// A term that mostly reaches beyond today, but not always.
fn term(today: NaiveDate, dice: &mut Dice) -> Term {
    let from = before(today, 20 + dice.below(1_500));
    Term { from, until: after(from, dice.pick(&[730, 1_095, 1_095, 1_825, 1_825])) }
}

/// An invented number that no operator has.
pub fn phone(dice: &mut Dice) -> String {
    format!("+38000{:07}", dice.below(10_000_000))
}

fn kiosk(n: u64, today: NaiveDate, owner: Party, place: &Place<'_>, dice: &mut Dice) -> Values {
    let (title, area) = dice.pick(&TRADES);
    let term = term(today, dice);
    let status = match dice.part() {
        x if x < 0.06 => "призупинений",
        x if x < 0.14 => "анульований",
        _ => "дійсний",
    };
    let mut values = place.values();
    values.extend([
        ("title", title.into()),
        ("kind", if area < 7.0 && dice.chance(0.4) { "пересувна" } else { "стаціонарна" }.into()),
        ("passport_number", format!("ТС-{n:04}/{:02}", term.from.year() % 100).into()),
        ("passport_status", status.into()),
        ("passport_issued", term.from.into()),
        ("passport_until", term.until.into()),
        ("passport_authority", PLANNING.0.into()),
        ("passport_url", format!("https://verbohrad.example.gov.ua/pasporty/{n}").into()),
        ("owner_name", owner.name.into()),
        ("owner_code", owner.code.into()),
        ("owner_phone", phone(dice).into()),
        ("area", area.into()),
        ("address_id", place.uid.as_str().into()),
        ("cadastral_number", place.cadastral.as_str().into()),
    ]);
    values
}

fn advertising(n: u64, today: NaiveDate, owner: Party, place: &Place<'_>, dice: &mut Dice) -> Values {
    let (kind, width, height, planes) = dice.pick(&STRUCTURES);
    let term = term(today, dice);
    let past = term.until < today;
    let status = match dice.part() {
        x if x < 0.06 => "Анульований",
        x if x < 0.11 => "Перевиданий",
        // A third of the permits that ran out are still marked as in force: that is what such a map is for.
        x if past && x < 0.70 => "Втратив чинність за терміном дії",
        _ => "Чинний",
    };
    let mut values = place.values();
    values.extend([
        ("permit_number", format!("РЗ-{n:05}").into()),
        ("kind", kind.into()),
        ("status", status.into()),
        ("issued", before(term.from, 10).into()),
        ("valid_from", term.from.into()),
        ("valid_until", term.until.into()),
        ("authority_name", PLANNING.0.into()),
        ("authority_code", edrpou(PLANNING.1).into()),
        ("owner_name", owner.name.into()),
        ("owner_code", owner.code.into()),
        ("owner_phone", phone(dice).into()),
        ("owner_email", format!("reklama{}@{}.example.gov.ua", n % 97, CITY.name_en.to_lowercase()).into()),
        ("contract_number", format!("{}-р/{}", 1 + dice.below(400), term.from.year()).into()),
        ("contract_signed", before(term.from, 5).into()),
        ("planes", planes.into()),
        ("width", width.into()),
        ("height", height.into()),
        ("area", ((width * height * planes as f64 * 100.0).round() / 100.0).into()),
        ("cadastral_number", place.cadastral.as_str().into()),
        (
            "address_note",
            if kind.starts_with("Вивіска") {
                "фасад будівлі"
            } else {
                "біля проїзної частини"
            }
            .into(),
        ),
    ]);
    values
}
