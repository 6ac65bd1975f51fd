//! The community's property: tenants of its land, its buildings and movables, what it leases and offers, investment.

use chrono::Datelike;

use super::Feature;
use super::block::{COUNCIL, Emit, Site, Values, after, before};
use super::codes::{Dice, edrpou};
use super::houses::House;
use super::lots::Use;
use super::names::party;
use super::shape::{P, area, point, polygon};
use crate::catalogue::record::Value;

const LAND: (&str, u64) = ("Департамент земельних ресурсів Вербоградської міської ради", 4_099_055);
const INVESTMENT: (&str, u64) = ("Департамент економіки та інвестицій Вербоградської міської ради", 4_099_066);
const KEEPER: (&str, u64) = ("КП «Вербоградкомунмайно»", 3_377_496);
const GREEN: (&str, u64) = ("КП «Вербоградблагоустрій»", 3_377_485);
const UTILITIES: [&str; 4] = [
    "постачання електроенергії, централізоване водопостачання, централізоване водовідведення, теплопостачання",
    "постачання електроенергії, централізоване водопостачання",
    "постачання електроенергії",
    "Невідомо",
];
/// What is leased of a building, its use, least and greatest area, square metres.
#[rustfmt::skip]
const PREMISES: [(&str, &str, f64, f64); 7] = [
    ("Підвальне приміщення", "Склад", 20.0, 240.0), ("Приміщення аптеки", "Аптека", 28.0, 90.0), ("Місце для кавового автомата", "Торгівля", 1.0, 4.0),
    ("Приміщення їдальні", "Заклад харчування", 60.0, 300.0), ("Спортивна зала", "Спорт", 120.0, 420.0), ("Кабінет", "Офіс", 12.0, 40.0),
    ("Гараж", "Стоянка", 18.0, 60.0),
];
/// Movables: name, model, producer, price, useful years.
#[rustfmt::skip]
const MOVABLES: [(&str, &str, &str, f64, f64); 8] = [
    ("Ноутбук", "Книжка 14", "Вигадтех", 24_000.0, 4.0), ("Інтерактивна панель", "ПІ-75", "Вигадтех", 68_000.0, 7.0), ("Генератор дизельний", "ГД-30", "Іскра", 410_000.0, 10.0),
    ("Шкільний автобус", "ША-32", "Степ", 2_950_000.0, 10.0), ("Пароконвектомат", "ПК-10", "Плита", 186_000.0, 8.0), ("УЗД апарат", "УС-5", "Промінь", 1_240_000.0, 10.0),
    ("Комплект меблів", "КМ-1", "Деревина", 38_000.0, 6.0), ("Котел твердопаливний", "КТ-200", "Іскра", 720_000.0, 15.0),
];
const INVESTED: [&str; 6] = [
    "Будівництво індустріального парку",
    "Реконструкція ринку",
    "Встановлення паркувальних автоматів",
    "Сонячна електростанція на дахах закладів",
    "Сортувальна лінія побутових відходів",
    "Реконструкція парку з атракціонами",
];

/// A count of what is due and of what there has been.
struct Due(f64, u64);

impl Due {
    /// Adds a share of one; the number of the next one when it is due.
    fn add(&mut self, share: f64) -> Option<u64> {
        self.0 += share;
        (self.0 >= 1.0).then(|| {
            *self = Due(self.0 - 1.0, self.1 + 1);
            self.1
        })
    }
}

/// Counts what is due of each register.
pub struct Property {
    public: u64,
    objects: u64,
    leases: Due,
    offers: Due,
    parcels_offered: Due,
    parcels_to_lease: Due,
    investments: Due,
}

impl Default for Property {
    fn default() -> Self {
        let due = |begin| Due(begin, 0);
        Property {
            public: 0,
            objects: 0,
            leases: due(0.8),
            offers: due(0.7),
            parcels_offered: due(0.8),
            parcels_to_lease: due(0.9),
            investments: due(0.9),
        }
    }
}

/// A body that keeps property: name and code.
struct Holder {
    name: String,
    code: String,
}

impl Holder {
    fn of((name, number): (&str, u64)) -> Self {
        Holder { name: name.to_owned(), code: edrpou(number) }
    }

    /// Who keeps a lot of that use.
    fn keeper(purpose: Use, public: u64) -> Self {
        match purpose {
            Use::Public => {
                let kinds = ["Ліцей", "Заклад дошкільної освіти", "Ліцей", "Амбулаторія"];
                let name = format!("{} № {}", kinds[(public % 4) as usize], 1 + public);
                Holder { name, code: edrpou(2_200_000 + public) }
            }
            Use::Park => Holder::of(GREEN),
            _ => Holder::of(KEEPER),
        }
    }

    fn values(&self) -> Values {
        vec![
            ("owner_name", COUNCIL.0.into()),
            ("owner_code", edrpou(COUNCIL.1).into()),
            ("balance_holder_name", self.name.as_str().into()),
            ("balance_holder_code", self.code.as_str().into()),
        ]
    }
}

impl Property {
    /// Emits what a parcel and its buildings are to the community's property.
    pub fn lot<E>(&mut self, site: &Site<'_>, dice: &mut Dice, emit: Emit<'_, E>) -> Result<(), E> {
        if site.text("ownership") != Some("комунальна") {
            return Ok(());
        }
        if site.text("contract_number").is_some() {
            return emit(Feature { layer: "parcel_tenants", geometry: None, values: tenant(site) });
        }
        let purpose = site.lot.purpose;
        let ring = site.lot.ring();
        let kept = matches!(purpose, Use::Public | Use::Park | Use::Industry | Use::Shop);
        let holder = Holder::keeper(purpose, self.public);
        if kept {
            self.public += u64::from(purpose == Use::Public);
            let values = land(site, &holder, dice);
            emit(Feature { layer: "communal_parcels", geometry: Some(polygon(&ring)), values })?;
            for house in site.houses {
                self.building(site, &holder, house, dice, emit)?;
            }
        }
        let offered = if matches!(purpose, Use::Garden | Use::House | Use::Shop | Use::Industry) { 0.012 } else { 0.0 };
        if let Some(n) = self.parcels_offered.add(offered) {
            let values = offered_parcel(n, site, dice);
            return emit(Feature { layer: "parcels_offered", geometry: Some(polygon(&ring)), values });
        }
        let share = if matches!(purpose, Use::Shop | Use::Industry) { 0.15 } else { 0.0 };
        if let Some(n) = self.parcels_to_lease.add(share) {
            let mut values = land(site, &holder, dice);
            let rent = (site.number("normative_value") * 0.06).round();
            values.extend(offer(n, 2, site, dice));
            values.push(("start_rent", rent.into()));
            emit(Feature { layer: "parcels_to_lease", geometry: Some(polygon(&ring)), values })?;
        }
        let share = if matches!(purpose, Use::Industry | Use::Park | Use::Shop) { 0.04 } else { 0.0 };
        match self.investments.add(share) {
            Some(n) => invest(n, site, &ring, dice, emit),
            None => Ok(()),
        }
    }

    /// A building of the community, with what is leased, to lease and inside of it.
    fn building<E>(
        &mut self,
        site: &Site<'_>,
        holder: &Holder,
        house: &House,
        dice: &mut Dice,
        emit: Emit<'_, E>,
    ) -> Result<(), E> {
        self.objects += 1;
        let uid = format!("{}-{}", holder.code, 10_000_000 + self.objects);
        let public = site.lot.purpose == Use::Public;
        let mut values = building(site, house, dice);
        values.extend(holder.values());
        values.extend([
            ("uid", uid.as_str().into()),
            ("title", if public { "Головний корпус" } else { "Нежитлова будівля" }.into()),
            ("cadastral_number", site.cadastral.into()),
            ("user_name", holder.name.as_str().into()),
            ("user_code", holder.code.as_str().into()),
        ]);
        emit(Feature { layer: "communal_buildings", geometry: Some(point(house.inside)), values })?;
        if let Some(n) = self.leases.add(0.45) {
            let values = leased(n, &uid, site, dice);
            emit(Feature { layer: "leased_property", geometry: Some(point(house.inside)), values })?;
        }
        if let Some(n) = self.offers.add(0.2) {
            let values = to_lease(n, &uid, holder, site, house, dice);
            emit(Feature { layer: "property_to_lease", geometry: Some(point(house.inside)), values })?;
        }
        for item in 0..if public { 2 + dice.below(4) } else { 0 } {
            let values = movable(self.objects * 10 + item, holder, site.today.year(), dice);
            emit(Feature { layer: "communal_movables", geometry: None, values })?;
        }
        Ok(())
    }
}

/// The contract that the parcel's record tells of, as the register of tenants has it.
fn tenant(site: &Site<'_>) -> Values {
    const SAME: [&str; 21] = [
        "cadastral_number",
        "user_name",
        "user_code",
        "person_name",
        "contract_status",
        "contract_type",
        "contract_number",
        "contract_signed",
        "contract_from",
        "contract_until",
        "contract_annual_rent",
        "contract_rent_percent",
        "area_ha",
        "purpose_code",
        "purpose",
        "normative_value",
        "normative_date",
        "decision_number",
        "decision_date",
        "publisher_name",
        "publisher_code",
    ];
    let mut values: Values = site.parcel.iter().filter(|(name, _)| SAME.contains(name)).cloned().collect();
    let url = |what: &str| format!("https://verbohrad.example.gov.ua/{what}/{}", site.cadastral.replace(':', "-"));
    values.extend([
        ("owner_name", LAND.0.into()),
        ("owner_code", edrpou(LAND.1).into()),
        ("contract_url", url("dohovory").into()),
        ("decision_url", url("rishennia-zemlia").into()),
    ]);
    values
}

/// What registers of land share.
fn land(site: &Site<'_>, holder: &Holder, dice: &mut Dice) -> Values {
    let mut values = purpose(site);
    values.extend(holder.values());
    values.push(("utilities", dice.pick(&UTILITIES).into()));
    values
}

/// What a parcel is for, how large and what it is worth.
fn purpose(site: &Site<'_>) -> Values {
    const SAME: [&str; 7] =
        ["cadastral_number", "area_ha", "purpose_code", "purpose", "normative_value", "normative_date", "address"];
    site.parcel.iter().filter(|(name, _)| SAME.contains(name)).cloned().collect()
}

/// An offer at an auction: its state, day and number. `kind` keeps numbers of different registers apart.
fn offer(n: u64, kind: u64, site: &Site<'_>, dice: &mut Dice) -> Values {
    let day = after(before(site.today, 60), dice.below(120));
    let over = day < site.today;
    let status = match dice.part() {
        x if x < 0.05 => "cancelled",
        // now and then nobody enters what came of an auction
        x if over && x < 0.10 => "auction",
        x if over && x < 0.35 => "failed",
        _ if over => "won",
        x if x < 0.40 => "announced",
        _ => "auction",
    };
    let announced = before(day, 30);
    let id = format!("UA-AR-P-{}-{:06}-{kind}", announced.format("%Y-%m-%d"), n % 1_000_000);
    let listed = status != "announced";
    vec![
        ("offer_status", status.into()),
        ("auction_date", listed.then_some(day).into()),
        ("auction_url", listed.then(|| format!("https://verbohrad.example.gov.ua/auktsiony/{id}")).into()),
        ("auction_id", listed.then_some(id).into()),
    ]
}

fn offered_parcel(n: u64, site: &Site<'_>, dice: &mut Dice) -> Values {
    let (right, contract) = dice.pick(&[
        ("lease", "Оренда"),
        ("lease", "Оренда"),
        ("sale", "Купівля-продаж"),
        ("superficies", "Суперфіцій"),
    ]);
    let value = site.number("normative_value");
    let sale = right == "sale";
    let price = (value * if sale { 1.4 } else { 0.06 }).round();
    let mut values = purpose(site);
    values.extend(offer(n, 1, site, dice));
    values.extend([
        ("auction_title", format!("Земельна ділянка {}", site.cadastral).into()),
        ("offered_right", right.into()),
        ("start_price", price.into()),
        ("owner_name", LAND.0.into()),
        ("owner_code", edrpou(LAND.1).into()),
        ("decision_number", format!("{}-з", 1 + dice.below(400)).into()),
        ("decision_date", before(site.today, 120).into()),
        ("publisher_name", COUNCIL.0.into()),
        ("publisher_code", edrpou(COUNCIL.1).into()),
    ]);
    let day = values.iter().find_map(|(name, value)| match (name, value) {
        (&"auction_date", Value::Date(day)) => Some(*day),
        _ => None,
    });
    let won = values.contains(&("offer_status", "won".into()));
    if let (true, Some(day)) = (won, day) {
        let buyer = party(site.plan.seed, site.firms, 0.1, dice);
        values.extend([
            ("user_name", buyer.name.into()),
            ("user_code", buyer.code.into()),
            ("contract_type", contract.into()),
            ("contract_status", if sale { "Виконаний" } else { "Чинний" }.into()),
            ("contract_number", format!("{n}-а").into()),
            ("contract_signed", after(day, 20).into()),
            ("contract_from", (!sale).then(|| after(day, 20)).into()),
            ("contract_until", (!sale).then(|| after(day, 20 + 3_650)).into()),
            ("contract_annual_rent", (price * dice.range(1.0, 2.2)).round().into()),
        ]);
    }
    values
}

/// What a municipal building is like, and where.
fn building(site: &Site<'_>, house: &House, dice: &mut Dice) -> Values {
    let mut values = site.place.map_or_else(super::block::settlement, |place| place.values());
    let registered =
        dice.pick(&["Зареєстровано", "Зареєстровано", "У процесі реєстрації", "Не зареєстровано", "Невідомо"]);
    let entered = registered == "Зареєстровано";
    let class = match house.class {
        "1263.3" => "Будівлі навчальних закладів",
        "1220.9" => "Будівлі офісні інші",
        "1230.1" => "Будівлі торговельні",
        "1251.9" => "Будівлі промислові інші",
        _ => "Будівлі інші",
    };
    values.extend([
        ("area", (area(&house.ring) * house.levels as f64 * 0.85).round().into()),
        ("unit_name", "кв. м.".into()),
        ("class_code", house.class.into()),
        ("class_name", class.into()),
        ("registration_status", registered.into()),
        ("registration_id", entered.then(|| (321_000_000_000 + dice.below(900_000_000)).to_string()).into()),
        ("registration_date", entered.then(|| before(site.today, 100 + dice.below(3_000))).into()),
        (
            "condition",
            dice.pick(&[
                "Не потребує ремонту",
                "Потребує поточного ремонту",
                "Потребує поточного ремонту",
                "Потребує капітального ремонту",
            ])
            .into(),
        ),
        ("utilities", dice.pick(&UTILITIES).into()),
    ]);
    values
}

fn leased(n: u64, building: &str, site: &Site<'_>, dice: &mut Dice) -> Values {
    let (title, purpose, least, greatest) = dice.pick(&PREMISES);
    let signed = before(site.today, 30 + dice.below(2_400));
    let until = after(signed, dice.pick(&[1_094, 1_824, 1_824, 2_555]));
    let status = match dice.part() {
        x if x < 0.06 => "Розірваний",
        x if until < site.today && x < 0.75 => "Виконаний",
        _ => "Чинний",
    };
    let size = (dice.range(least, greatest) * 10.0).round() / 10.0;
    let (value, percent) = ((size * 9_400.0).round(), dice.pick(&[3.0, 5.0, 8.0, 12.0]));
    let tenant = party(site.plan.seed, site.firms, 0.4, dice);
    let mut values = site.place.map_or_else(super::block::settlement, |place| place.values());
    values.extend([
        ("uid", format!("ОР-{n:05}").into()),
        ("title", title.into()),
        ("building_uid", building.into()),
        ("purpose", purpose.into()),
        ("quantity", size.into()),
        ("unit_name", "кв. м.".into()),
        ("value", value.into()),
        ("valuation_date", before(signed, 40).into()),
        ("contract_number", format!("{n}-{}", signed.year()).into()),
        ("contract_signed", signed.into()),
        ("contract_from", signed.into()),
        ("contract_until", until.into()),
        ("contract_status", status.into()),
        ("contract_url", format!("https://verbohrad.example.gov.ua/orenda/{n}").into()),
        ("rent", (value * percent / 12.0).round().min(value).into()),
        ("rent_period", "Місяць".into()),
        ("rent_percent", percent.into()),
        ("schedule", "Пн-Нд: 08:00-20:00".into()),
        ("owner_name", KEEPER.0.into()),
        ("owner_code", edrpou(KEEPER.1).into()),
        ("user_name", tenant.name.into()),
        ("user_code", tenant.code.into()),
    ]);
    values
}

fn to_lease(n: u64, building_uid: &str, holder: &Holder, site: &Site<'_>, house: &House, dice: &mut Dice) -> Values {
    let (title, _, least, greatest) = dice.pick(&PREMISES);
    let size = (dice.range(least, greatest) * 10.0).round() / 10.0;
    let mut values = building(site, house, dice);
    values.retain(|(name, _)| *name != "area");
    values.extend(holder.values());
    values.extend(offer(n, 3, site, dice));
    values.extend([
        ("uid", format!("{building_uid}/{n}").into()),
        ("building_uid", building_uid.into()),
        ("title", title.into()),
        ("auction_title", format!("{title}, {size} кв. м.").into()),
        ("area", size.into()),
        ("start_rent", (size * 62.0).round().into()),
    ]);
    values
}

fn movable(n: u64, holder: &Holder, year: i32, dice: &mut Dice) -> Values {
    let (title, model, producer, price, years) = dice.pick(&MOVABLES);
    let age = dice.below(9) as f64;
    let worn = (price * (age / years).min(1.0)).round();
    let inventory = (10_400_000 + n).to_string();
    vec![
        ("uid", format!("{}-{inventory}", holder.code).into()),
        ("inventory_number", inventory.into()),
        ("balance_holder_name", holder.name.as_str().into()),
        ("balance_holder_code", holder.code.as_str().into()),
        ("serial_number", format!("{}-{:06}", model.replace(' ', "-"), dice.below(1_000_000)).into()),
        ("title", title.into()),
        ("model", model.into()),
        ("producer_name", producer.into()),
        ("year_made", (i64::from(year) - age as i64).into()),
        ("quantity", Value::from(1.0 + dice.below(3) as f64)),
        ("unit_name", "шт.".into()),
        ("primary_value", price.into()),
        ("amortization", worn.into()),
        ("book_value", (price - worn).into()),
        ("useful_years", years.into()),
    ]
}

/// An investment contract with its site and documents.
fn invest<E>(n: u64, site: &Site<'_>, ring: &[P], dice: &mut Dice, emit: Emit<'_, E>) -> Result<(), E> {
    let signed = before(site.today, 60 + dice.below(2_400));
    let ends = after(signed, dice.pick(&[730, 1_460, 3_650]));
    let status = match dice.part() {
        x if x < 0.1 => "Розірваний",
        x if ends < site.today && x < 0.8 => "Виконаний",
        _ => "Чинний",
    };
    let investor = party(site.plan.seed, site.firms, 0.0, dice);
    let (uid, url) = (format!("{}-{n}/і", signed.year()), format!("https://verbohrad.example.gov.ua/investytsii/{n}"));
    let amount = (dice.range(2.0, 90.0) * 10.0).round() * 100_000.0;
    let values = vec![
        ("uid", uid.as_str().into()),
        ("number", format!("{n}/і").into()),
        ("description", dice.pick(&INVESTED).into()),
        ("status", status.into()),
        ("investor_name", investor.name.into()),
        ("investor_code", investor.code.into()),
        ("authority_name", COUNCIL.0.into()),
        ("authority_code", edrpou(COUNCIL.1).into()),
        ("parties_names", INVESTMENT.0.into()),
        ("parties_codes", edrpou(INVESTMENT.1).into()),
        ("amount", amount.into()),
        ("signed", signed.into()),
        ("starts", signed.into()),
        ("ends", ends.into()),
        ("url", url.as_str().into()),
        ("text_file", format!("investytsii-{n}.docx").into()),
        ("act_kind", "Рішення".into()),
        ("act_title", "Про затвердження умов інвестиційного договору".into()),
        ("act_date", before(signed, 20).into()),
        ("act_number", format!("{}-і", 1 + dice.below(90)).into()),
        ("publisher_name", COUNCIL.0.into()),
        ("publisher_code", edrpou(COUNCIL.1).into()),
        ("cadastral_number", site.cadastral.into()),
    ];
    emit(Feature { layer: "investment_sites", geometry: Some(polygon(ring)), values })?;
    for number in 1..=1 + dice.below(3) {
        let (kind, what) = dice.pick(&[
            ("Додаткова угода", "Строк дії договору продовжено"),
            ("Акт", "Сторони засвідчили виконаний етап робіт"),
            ("Протокол", "Сторони погодили графік робіт"),
        ]);
        let values = vec![
            ("uid", format!("{n}/і-{}-{number}", signed.year()).into()),
            ("contract_uid", uid.as_str().into()),
            ("number", number.to_string().into()),
            ("kind", kind.into()),
            ("title", format!("{kind} № {number} до договору № {n}/і").into()),
            ("description", what.into()),
            ("signed", after(signed, 90 * number).min(site.today).into()),
            ("amount", (kind == "Додаткова угода").then_some(amount * 0.1).into()),
            ("url", format!("{url}/{number}").into()),
        ];
        emit(Feature { layer: "investment_documents", geometry: None, values })?;
    }
    Ok(())
}
