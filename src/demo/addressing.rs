//! Names that streets have had, and entrances of buildings.

use chrono::{Datelike, NaiveDate};

use super::block::{Emit, Site, after};
use super::codes::Dice;
use super::houses::House;
use super::lines::Class;
use super::names::older;
use super::plan::Plan;
use super::shape::{P, lines, point};
use super::streets::Street;
use super::town::street_uid;
use super::{CITY, Feature};
use crate::catalogue::record::Value;

/// A name that a street had, and the days between which it did.
struct Named {
    name: String,
    from: NaiveDate,
    to: Option<NaiveDate>,
    reason: &'static str,
    /// Not known of names of the distant past.
    decision: Option<u64>,
}

fn day(year: i32, of_year: u64) -> NaiveDate {
    after(NaiveDate::from_yo_opt(year, 1).unwrap_or_default(), of_year)
}

/// The names of street `id`, the first one first; none for tracks.
fn history(plan: &Plan, id: usize, street: &Street, today: NaiveDate) -> Vec<Named> {
    let Some(name) = street.name.clone() else { return vec![] };
    let mut dice = Dice::new(plan.seed, 21, id as u64);
    let Some(former) = street.former.clone() else {
        let from = day(1948 + dice.below(70) as i32, dice.below(360)).min(today);
        let decision = (from.year() > 1991).then(|| 1 + dice.below(900));
        return vec![Named {
            name, from, to: None, reason: "Найменування нової вулиці", decision
        }];
    };
    let (renamed, reason) = match dice.chance(0.6) {
        true => (day(2016, 40 + dice.below(90)), "Закон України № 317-VIII: символіка тоталітарного режиму"),
        false => {
            (day(2022 + dice.below(2) as i32, 90 + dice.below(260)), "Закон України № 3005-IX: деколонізація топонімії")
        }
    };
    let (renamed, soviet) = (renamed.min(today), day(1920 + dice.below(45) as i32, dice.below(360)));
    let mut names = Vec::new();
    if let Some(name) = oldest(plan, id, street) {
        let from = day(1861 + dice.below(45) as i32, dice.below(360));
        names
            .push(Named { name, from, to: Some(soviet), reason: "Перша відома назва", decision: None });
    }
    let reason_then = if names.is_empty() {
        "Найменування нової вулиці"
    } else {
        "Перейменування радянською владою"
    };
    names.push(Named { name: former, from: soviet, to: Some(renamed), reason: reason_then, decision: None });
    names.push(Named { name, from: renamed, to: None, reason, decision: Some(1 + dice.below(900)) });
    names
}

/// What some of the renamed streets were called before they were first renamed.
fn oldest(plan: &Plan, id: usize, street: &Street) -> Option<String> {
    let mut dice = Dice::new(plan.seed, 22, id as u64);
    (street.former.is_some() && street.class <= Class::Tertiary && dice.chance(0.5))
        .then(|| older(street.kind, &mut dice))
}

/// All former names of a street in one text, the last one first.
pub fn former_names(plan: &Plan, id: usize, street: &Street) -> Option<String> {
    let former = street.former.clone()?;
    Some(oldest(plan, id, street).map_or(former.clone(), |first| format!("{former}; {first}")))
}

/// The register of street names. A former name stands on the street's line, where people look for it.
pub fn street_names<E>(plan: &Plan, today: NaiveDate, emit: Emit<'_, E>) -> Result<(), E> {
    for (id, street) in plan.streets.iter().enumerate() {
        for (n, named) in history(plan, id, street, today).into_iter().enumerate() {
            let present = named.to.is_none();
            let decided = named.decision.map(|_| named.from);
            let url = format!("https://verbohrad.example.gov.ua/nazvy/{id}-{n}");
            let values = vec![
                ("street_uid", street_uid(id, false).into()),
                ("name", named.name.into()),
                ("kind", street.kind.into()),
                ("is_current", Value::Boolean(present)),
                ("valid_from", named.from.into()),
                ("valid_to", named.to.into()),
                ("reason", named.reason.into()),
                ("decision_title", decided.map(|_| "Про найменування вулиць").into()),
                ("decision_number", named.decision.map(|number| number.to_string()).into()),
                ("decision_date", decided.into()),
                ("decision_url", decided.map(|_| url).into()),
                ("decision_authority", decided.map(|_| super::block::COUNCIL.0).into()),
                ("name_en", street.name_en.clone().filter(|_| present).into()),
                ("katottg", CITY.katottg.into()),
            ];
            let geometry = (!present && !street.parts.is_empty()).then(|| lines(&street.parts));
            emit(Feature { layer: "street_names", geometry, values })?;
        }
    }
    Ok(())
}

/// The longest side of a building.
fn front(house: &House) -> (P, P) {
    let n = house.ring.len();
    let sides = (0..n).map(|i| (house.ring[i], house.ring[(i + 1) % n]));
    sides.max_by(|x, y| (x.1 - x.0).len().total_cmp(&(y.1 - y.0).len())).unwrap_or((house.inside, house.inside))
}

/// The entrances of the building at an address: staircases of flats, doors of public buildings and shops.
pub fn entrances<E>(site: &Site<'_>, dice: &mut Dice, emit: Emit<'_, E>) -> Result<(), E> {
    let (Some(place), Some(house)) = (site.place, site.houses.first()) else { return Ok(()) };
    let (a, b) = front(house);
    let flats = house.purpose == "apartments";
    let kinds: Vec<&str> = match house.purpose {
        "apartments" => vec!["під’їзд"; (((b - a).len() / 21.0) as usize).clamp(1, 8)],
        "public" => vec!["головний", "службовий", "евакуаційний"],
        "commercial" => vec!["головний"],
        _ => return Ok(()),
    };
    let each = house.levels * 4;
    for (n, kind) in kinds.iter().enumerate() {
        let at = a.to(b, (n as f64 + 0.5) / kinds.len() as f64);
        let first = n as i64 * each + 1;
        let step_free = dice.chance(if flats { 0.15 } else { 0.55 });
        let values = vec![
            ("uid", format!("ВХ-{}-{}", place.uid.trim_start_matches("ВГ-"), n + 1).into()),
            ("kind", (*kind).into()),
            ("number", (n + 1).to_string().into()),
            ("flat_from", flats.then_some(first).into()),
            ("flat_to", flats.then_some(first + each - 1).into()),
            ("levels", house.levels.into()),
            ("step_free", Value::Boolean(step_free)),
            ("ramp", Value::Boolean(step_free && dice.chance(0.5))),
            ("address_uid", place.uid.as_str().into()),
            ("building_uid", super::block::building_uid(&place.cadastral, 0).into()),
        ];
        emit(Feature { layer: "entrances", geometry: Some(point(at)), values })?;
    }
    Ok(())
}
