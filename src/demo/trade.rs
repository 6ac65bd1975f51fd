//! Shops and places to eat, fairs, and the distributors of outdoor advertising.

use chrono::{Datelike, NaiveDate};

use super::Feature;
use super::block::{PLANNING, Values, after, before, settlement};
use super::codes::{Dice, edrpou};
use super::life::{Due, ECONOMY, Spot, body, contacts, page, parks, placeless, postcode, stands};
use super::names::{company, distributors, party};
use super::permits::phone;
use super::plan::Plan;

/// Kind, what the sign says, activity, opening hours.
type Shop = (&'static str, &'static str, &'static str, &'static str);

const RETAIL: &str = "Роздрібна торгівля";
const CATERING: &str = "Ресторанне господарство";

#[rustfmt::skip]
const SHOPS: [Shop; 16] = [
    ("Супермаркет", "Кошик", RETAIL, "Пн-Нд 07:00-23:00"), ("Магазин", "Продукти", RETAIL, "Пн-Нд 08:00-21:00"), ("Магазин", "Хліб і сіль", RETAIL, "Пн-Нд 07:30-20:00"),
    ("Аптека", "Подорожник", RETAIL, "Пн-Нд 08:00-21:00"), ("Магазин", "Усе для дому", RETAIL, "Пн-Сб 09:00-19:00"), ("Магазин", "Книгарня «Є що читати»", RETAIL, "Пн-Нд 10:00-20:00"),
    ("Магазин", "Взуття", RETAIL, "Пн-Нд 10:00-19:00"), ("Магазин", "Зоосвіт", RETAIL, "Пн-Сб 09:00-19:00"), ("Магазин", "Будматеріали", "Оптова та роздрібна торгівля", "Пн-Сб 08:00-18:00"),
    ("База", "Овочева база", "Оптова торгівля", "Пн-Пт 06:00-15:00"), ("Кафе", "Філіжанка", CATERING, "Пн-Нд 08:00-21:00"), ("Кафе", "Вареничня", CATERING, "Пн-Нд 10:00-22:00"),
    ("Ресторан", "Стара вежа", CATERING, "Пн-Чт 11:00-22:00, Пт-Нд 11:00-23:00"), ("Їдальня", "Домашня кухня", CATERING, "Пн-Пт 08:00-18:00"), ("Бар", "Під липою", CATERING, "Вт-Нд 16:00-23:00"),
    ("Ринок", "Торговий ряд", RETAIL, "Вт-Нд 07:00-16:00"),
];

/// Name, what it is, stalls.
#[rustfmt::skip]
const FAIRS: [(&str, &str, i64); 6] = [
    ("Весняний продовольчий ярмарок", "Продукція господарств області: овочі, сири, розсада", 120), ("Медовий ярмарок", "Пасічники області привозять мед нового врожаю", 40),
    ("Осінній ярмарок", "Овочі та фрукти з городів і садів навколишніх громад", 160), ("Ярмарок майстрів", "Гончарство, вишивка, різьблення, майстерні для дітей", 60),
    ("Різдвяний ярмарок", "Подарунки, гарячі напої, вертеп", 45), ("Сільськогосподарський ярмарок вихідного дня", "Щотижневий продаж від виробника", 80),
];

/// Counts the shops that are due: one for thirty addresses.
pub struct Trade {
    shops: Due,
}

impl Trade {
    pub fn new(plan: &Plan) -> Trade {
        Trade { shops: Due::new(plan, 30.0, 8_000.0, 0.5) }
    }

    pub fn beside(&mut self, spot: &Spot<'_>, dice: &mut Dice, out: &mut Vec<Feature>) {
        let fits = spot.is(&["commercial", "apartments"]) || spot.is(&["residential_house"]) && dice.chance(0.1);
        if let Some(n) = self.shops.next(spot.share, fits) {
            out.push(stands("trade_objects", spot.indoors(0), shop(n, spot, dice)));
        }
    }
}

fn shop(n: u64, spot: &Spot<'_>, dice: &mut Dice) -> Values {
    let (kind, sign, activity, hours) = dice.pick(&SHOPS);
    let owner = party(spot.plan.seed, spot.firms, 0.4, dice);
    let mut values = spot.values();
    values.extend([
        ("uid", format!("ТО-{n:05}").into()),
        ("title", format!("{kind} «{}»", sign.replace(['«', '»'], "")).into()),
        ("kind", kind.into()),
        ("activity", activity.into()),
        ("hours", hours.into()),
        ("hours_note", (kind == "Їдальня").then_some("Санітарний день — останній четвер місяця").into()),
        // One in forty does not say whose it is; `misto verify` finds it.
        ("entity_name", (n % 40 != 17).then_some(owner.name).into()),
        ("entity_code", owner.code.into()),
    ]);
    // Only those that work at night or stand on public land need the council's permit.
    if dice.chance(0.45) {
        let issued = before(spot.today, 30 + dice.below(1_300));
        let until = after(issued, dice.pick(&[365, 730, 1_095, 1_825]));
        let status = match dice.part() {
            x if x < 0.05 => "Скасований",
            x if x < 0.09 => "Не набув чинності",
            x if until < spot.today && x < 0.7 => "Втратив чинність",
            _ => "Чинний",
        };
        values.extend(body(["authority_name", "authority_code"], ECONOMY));
        values.extend([
            ("permit_number", (100 + n).to_string().into()),
            ("permit_issued", issued.into()),
            ("permit_from", after(issued, 5).into()),
            ("permit_until", until.into()),
            ("permit_status", status.into()),
        ]);
    }
    values
}

/// Fairs and distributors.
pub fn citywide(plan: &Plan, today: NaiveDate, firms: u64, out: &mut Vec<Feature>) {
    fairs(plan, today, out);
    for number in 0..distributors(firms) {
        // One of twenty has structures but is missing from the register.
        if number % 20 != 9 {
            out.push(placeless("advertisers", distributor(plan, number)));
        }
    }
}

fn distributor(plan: &Plan, number: u64) -> Values {
    let dice = &mut Dice::new(plan.seed, 41, number);
    let firm = company(plan.seed, number);
    let mut values = seat(plan, dice);
    values.extend([("name", firm.name.into()), ("code", firm.code.into())]);
    values.extend(contacts("Відділ реклами", phone(dice), &format!("reklama{number}")));
    values
}

/// Where a company has its seat: some street and number.
pub fn seat(plan: &Plan, dice: &mut Dice) -> Values {
    let mut values = settlement();
    let named = |id: &usize| plan.streets[*id].name.is_some();
    let id = (0..8).map(|_| dice.below(plan.streets.len() as u64) as usize).find(named);
    if let Some((id, name)) = id.and_then(|id| Some((id, plan.streets[id].name.clone()?))) {
        values.extend([("street", name.into()), ("postcode", postcode(id))]);
    }
    values.push(("house", (1 + dice.below(60)).to_string().into()));
    values
}

/// Fairs in parks, some past, some to come: half a dozen, and one more for five thousand addresses.
fn fairs(plan: &Plan, today: NaiveDate, out: &mut Vec<Feature>) {
    let parks: Vec<_> = parks(plan).collect();
    for n in 0..6 + plan.addresses / 5_000 {
        let dice = &mut Dice::new(plan.seed, 42, n);
        let (title, description, stalls) = FAIRS[(n % FAIRS.len() as u64) as usize];
        let starts = after(before(today, 240), dice.below(400));
        let free = dice.chance(0.2);
        let park = parks.get(dice.below(parks.len() as u64) as usize);
        let mut values = park.map_or_else(settlement, |park| park.values());
        values.extend([
            ("uid", format!("{}-{:02}", starts.year(), n + 1).into()),
            ("title", title.into()),
            ("description", description.into()),
            ("starts", starts.into()),
            ("ends", after(starts, dice.below(9)).into()),
            ("hours", "Сб-Нд 08:00-16:00".into()),
            ("stalls", (stalls + dice.below(30) as i64).into()),
            ("price", if free { 0.0 } else { dice.pick(&[120.0, 150.0, 250.0, 400.0]) }.into()),
            ("price_period", (!free).then_some("день").into()),
            ("url", page(format!("yarmarky/{}", n + 1))),
        ]);
        values.extend(body(["organizer_name", "organizer_code"], ECONOMY));
        values.extend(contacts("Відділ організації торгівлі", phone(dice), "torhivlia"));
        if n % 9 != 5 {
            let number = 100 + dice.below(800);
            values.extend(body(["publisher_name", "publisher_code"], PLANNING));
            values.extend([
                ("act_type", "Рішення".into()),
                ("act_title", "Про проведення ярмарку".into()),
                ("act_number", number.to_string().into()),
                ("act_date", before(starts, 30).into()),
                ("act_url", page(format!("rishennia/{number}"))),
            ]);
        }
        // The first stands on the city's square whatever parks there are.
        let at = park.filter(|_| n > 0).map_or(plan.mesh.square()[0].0[0], |park| park.block.quad.at(0.3, 0.4));
        out.push(stands("fairs", at, values));
    }
}

/// The code of a company that is in no register.
pub fn stranger() -> String {
    edrpou(2_999_999)
}
