//! Two years of capital works, and a year of appeals.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};

use super::Feature;
use super::block::{Place, Values, after, before};
use super::codes::{Dice, edrpou, tender};
use super::lots::Zone;
use super::names::{party, person};
use super::plan::Plan;
use super::shape::point;
use crate::catalogue::record::Value;

/// Kind, sector, what is done, why, least and greatest cost in thousands of hryvnias.
type Job = (&'static str, &'static str, &'static str, &'static str, f64, f64);

#[rustfmt::skip]
const PUBLIC: [Job; 6] = [
    ("school", "education", "Капітальний ремонт покрівлі", "Покрівля протікає, у класах верхнього поверху волога", 1_800.0, 9_500.0),
    ("school", "education", "Заміна вікон та утеплення фасаду", "Узимку в класах нижче 18 °C", 2_500.0, 16_000.0),
    ("kindergarten", "education", "Капітальний ремонт харчоблока", "Обладнання не відповідає вимогам безпечності харчування", 900.0, 4_200.0),
    ("hospital", "health", "Реконструкція приймального відділення", "Немає безбар’єрного входу та місця для сортування", 6_000.0, 42_000.0),
    ("shelter", "safety", "Облаштування укриття", "Діти не мають укриття в межах закладу", 1_500.0, 24_000.0),
    ("school", "education", "Встановлення сонячної електростанції", "Заклад зупиняє навчання під час вимкнень", 1_200.0, 6_000.0),
];
#[rustfmt::skip]
const FLATS: [Job; 5] = [
    ("yard", "housing", "Ремонт прибудинкової території", "Розбиті проїзди, немає місць для паркування", 400.0, 2_800.0),
    ("housing", "housing", "Капітальний ремонт покрівлі будинку", "Покрівля протікає понад п’ять років", 700.0, 3_600.0),
    ("housing", "housing", "Заміна ліфтів", "Ліфти відпрацювали граничний строк", 1_600.0, 7_000.0),
    ("heat", "energy", "Заміна теплової мережі", "Часті пориви, втрати тепла понад чверть", 2_000.0, 18_000.0),
    ("sport", "culture_and_sport", "Будівництво спортивного майданчика", "У мікрорайоні немає місця для занять спортом", 600.0, 3_200.0),
];
#[rustfmt::skip]
const STREETS: [Job; 6] = [
    ("road", "transport", "Капітальний ремонт дорожнього покриття", "Більше половини покриття зруйновано", 1_500.0, 28_000.0),
    ("road", "transport", "Ремонт тротуарів", "Тротуаром не може проїхати візок", 350.0, 2_600.0),
    ("water", "water_and_waste", "Заміна водопроводу", "За рік на мережі дев’ять поривів", 900.0, 12_000.0),
    ("sewer", "water_and_waste", "Будівництво каналізаційної мережі", "Вулиця не має каналізації", 2_200.0, 19_000.0),
    ("light", "energy", "Влаштування зовнішнього освітлення", "Вулиця не освітлена, двоє потерпілих за рік", 250.0, 1_900.0),
    ("park", "environment", "Озеленення та благоустрій", "Мешканці просять про тінь і місце для відпочинку", 200.0, 2_400.0),
];

/// Category, what is written, who answers.
#[rustfmt::skip]
const TOPICS: [(&str, &str, usize); 12] = [
    ("Дороги", "Яма на проїзній частині навпроти будинку", 0), ("Дороги", "Немає розмітки на переході", 0), ("Освітлення", "Не горить ліхтар", 1),
    ("Освітлення", "Світло не вимикається вдень", 1), ("Водопостачання", "Вода тече на дорогу", 2), ("Водопостачання", "Немає холодної води", 2),
    ("Опалення", "Холодні батареї", 3), ("Відходи", "Переповнені контейнери", 4), ("Відходи", "Стихійне сміттєзвалище", 4),
    ("Зелене господарство", "Суха гілка над тротуаром", 4), ("Торгівля", "Кіоск стоїть на тротуарі й заважає проходу", 5), ("Дворова територія", "Зламана гойдалка", 4),
];
#[rustfmt::skip]
const BODIES: [(&str, u64); 6] = [
    ("КП «Вербоградські дороги»", 3_377_441), ("КП «Вербоградміськсвітло»", 3_377_452), ("КП «Вербоградводоканал»", 3_377_463),
    ("КП «Вербоградтеплоенерго»", 3_377_474), ("КП «Вербоградблагоустрій»", 3_377_485), ("Департамент економіки та торгівлі", 4_099_044),
];
const CUSTOMER: (&str, u64) = ("Департамент капітального будівництва Вербоградської міської ради", 4_099_033);

/// Counts what is due: a work for sixty addresses but 2,000 at most; an appeal for twelve but 60,000 at most.
pub struct Works {
    works: (f64, u64),
    appeals: (f64, u64),
    rates: (f64, f64),
}

impl Works {
    /// Nothing counted yet.
    pub fn new(plan: &Plan) -> Works {
        let n = plan.addresses as f64;
        Works {
            works: (0.8, 0),
            appeals: (0.3, 0),
            rates: ((1.0 / 60.0f64).min(2_000.0 / n), (1.0 / 12.0f64).min(60_000.0 / n)),
        }
    }

    /// Emits what happens beside a place, if anything is due.
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
        self.works.0 += self.rates.0 * share;
        if self.works.0 >= 1.0 && place.corps.is_none() {
            self.works = (self.works.0 - 1.0, self.works.1 + 1);
            let values = work(plan, self.works.1, today, firms, place, dice);
            emit(Feature { layer: "capital_works", geometry: Some(point(place.front(0.0, -3.0))), values })?;
        }
        // Appeals come from everywhere alike, a little more from where there are more people.
        self.appeals.0 += self.rates.1 * (0.6 + 0.4 * share);
        if self.appeals.0 >= 1.0 && place.corps.is_none() {
            self.appeals = (self.appeals.0 - 1.0, self.appeals.1 + 1);
            let values = appeal(self.appeals.1, today, place, dice);
            emit(Feature {
                layer: "appeals",
                geometry: Some(point(place.front(dice.range(-0.8, 0.8), dice.range(-4.0, 1.0)))),
                values,
            })?;
        }
        Ok(())
    }
}

/// What a work is called: by the institution, the house or the street.
fn title(job: &Job, place: &Place<'_>, n: u64) -> String {
    match job.0 {
        "school" => format!("Ліцей № {}", 1 + n % 60),
        "kindergarten" => format!("Заклад дошкільної освіти № {}", 1 + n % 90),
        "hospital" => format!("Міська лікарня № {}", 1 + n % 7),
        "yard" | "housing" | "shelter" | "sport" => place.line(),
        _ => place.street.clone(),
    }
}

/// The state of a work on a day, given its days.
fn state(starts: NaiveDate, ends: NaiveDate, today: NaiveDate, dice: &mut Dice) -> &'static str {
    match dice.part() {
        x if x < 0.03 => "скасовано",
        x if starts > after(today, 60) => {
            if x < 0.8 {
                "заплановано"
            } else {
                "тендер"
            }
        }
        _ if starts > today => "тендер",
        x if ends < today && x < 0.82 => "завершено",
        _ if ends < today => "виконується",
        x if x < 0.10 => "призупинено",
        _ => "виконується",
    }
}

fn work(plan: &Plan, n: u64, today: NaiveDate, firms: u64, place: &Place<'_>, dice: &mut Dice) -> Values {
    let job = match place.zone {
        Zone::Public => dice.pick(&PUBLIC),
        Zone::Mid | Zone::Panel if dice.chance(0.6) => dice.pick(&FLATS),
        Zone::Centre if dice.chance(0.25) => dice.pick(&PUBLIC),
        _ => dice.pick(&STREETS),
    };
    let starts = after(before(today, 600), dice.below(800));
    let ends = after(starts, 45 + dice.below(260));
    let state = state(starts, ends, today, dice);
    let planned = (dice.range(job.4, job.5) * 1_000.0).round();
    let agreed = !matches!(state, "заплановано" | "тендер");
    let contractor = party(plan.seed, firms, 0.1, dice);
    let called = before(starts, 60);
    let mut values = place.values();
    values.extend([
        ("uid", format!("КБ-{}-{n:04}", starts.year()).into()),
        ("title", title(&job, place, n).into()),
        ("description", job.2.into()),
        ("need", job.3.into()),
        ("state", state.into()),
        ("starts", starts.into()),
        ("ends", ends.into()),
        ("year", i64::from(starts.year()).into()),
        ("sum_planned", planned.into()),
        ("sum_contracted", agreed.then(|| (planned * dice.range(0.82, 1.0) * 100.0).round() / 100.0).into()),
        (
            "source",
            dice.pick(&[
                "міський бюджет",
                "міський бюджет",
                "міський бюджет",
                "обласний бюджет",
                "державний бюджет",
                "ДФРР",
                "громадський бюджет",
                "міжнародна допомога",
            ])
            .into(),
        ),
        ("customer_name", CUSTOMER.0.into()),
        ("customer_code", edrpou(CUSTOMER.1).into()),
        ("contractor_name", agreed.then(|| contractor.name.clone()).into()),
        ("contractor_code", contractor.code.filter(|_| agreed).into()),
        ("tender_id", (state != "заплановано").then(|| tender(called, 1_000 + n * 37)).into()),
        ("warranty_years", agreed.then(|| dice.pick(&[2.0, 3.0, 5.0, 10.0])).into()),
        ("object_kind", job.0.into()),
        ("sector", job.1.into()),
        ("programme", format!("Програма розвитку міста на {}–{} роки", today.year() - 1, today.year() + 1).into()),
    ]);
    values
}

/// Status of an appeal so many days old; whether it is closed.
fn status(age: u64, dice: &mut Dice) -> (&'static str, bool) {
    match (dice.part(), age) {
        (x, 0..=1) if x < 0.8 => ("Зареєстровано", false),
        (x, 0..=14) => {
            if x < 0.25 {
                ("Закрито", true)
            } else {
                ("В роботі", false)
            }
        }
        (x, 15..=30) => match x {
            x if x < 0.55 => ("Закрито", true),
            x if x < 0.65 => ("На перевірці", false),
            _ => ("В роботі", false),
        },
        (x, _) => match x {
            x if x < 0.82 => ("Закрито", true),
            x if x < 0.89 => ("Роз’яснено", true),
            x if x < 0.92 => ("Відхилено", true),
            x if x < 0.955 => ("На доопрацюванні", false),
            _ => ("В роботі", false),
        },
    }
}

fn appeal(n: u64, today: NaiveDate, place: &Place<'_>, dice: &mut Dice) -> Values {
    let (category, content, body) = dice.pick(&TOPICS);
    // More of the appeals are recent than old.
    let age = 1 + (dice.part() * dice.part() * 365.0) as u64;
    let day = before(today, age);
    let (status, closed) = status(age, dice);
    let received = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(300 + dice.below(720) as i64);
    let name = person(dice, true);
    let mut values = place.values();
    values.extend([
        ("uid", format!("{}/{n}", day.year()).into()),
        ("category", category.into()),
        (
            "kind_of",
            if dice.chance(0.85) {
                "Повідомлення про несправність"
            } else {
                "Пропозиція"
            }
            .into(),
        ),
        ("content", content.into()),
        (
            "channel",
            dice.pick(&["Гаряча лінія", "Мапа міста", "Мапа міста", "Мобільний застосунок", "Особистий прийом"]).into(),
        ),
        ("status", status.into()),
        ("received", Value::DateTime(received.and_utc())),
        ("control_date", after(day, 30).into()),
        ("organization_name", BODIES[body].0.into()),
        ("organization_code", edrpou(BODIES[body].1).into()),
        ("closed_on", closed.then(|| after(day, dice.below(34).min(age))).into()),
        (
            "result",
            match status {
                "Закрито" => Some("Роботу виконано"),
                "Роз’яснено" => Some("Заявнику надано роз’яснення"),
                "Відхилено" => Some("Питання не належить до повноважень міста"),
                _ => None,
            }
            .into(),
        ),
        ("original_text", format!("{content}. {name}").into()),
        ("applicant_phone", format!("+38000{:07}", dice.below(10_000_000)).into()),
        ("applicant_name", name.into()),
    ]);
    values
}
