//! The base map of the city: boundary, districts, streets, water, greenery, railway, zoning.

use chrono::NaiveDate;

use super::addressing::former_names;
use super::block::Emit;
use super::codes::Dice;
use super::lots::Zone;
use super::mesh::Along;
use super::plan::{Cell, Plan};
use super::shape::{P, Quad, area, lines, noise, polygon, ribbon, turn};
use super::urban::zoning_plan;
use super::{CITY, Feature};
use crate::catalogue::record::Value;

/// Everything that is not bound to a block.
pub fn emit<E>(plan: &Plan, today: NaiveDate, emit: Emit<'_, E>) -> Result<(), E> {
    boundary(plan, emit)?;
    districts(plan, emit)?;
    water(plan, emit)?;
    green(plan, emit)?;
    railways(plan, emit)?;
    streets(plan, emit)?;
    zoning(plan, today, emit)
}

/// Area of a ring, square kilometres.
fn square_km(ring: &[P]) -> f64 {
    (area(ring) / 1e4).round() / 100.0
}

fn boundary<E>(plan: &Plan, emit: Emit<'_, E>) -> Result<(), E> {
    let mut ring = plan.mesh.arc(plan.rows, 0.0, 1.0);
    ring.pop();
    let values: Vec<(&'static str, Value)> = vec![
        ("uid", "demo:city".into()),
        ("name", CITY.name.into()),
        ("name_en", CITY.name_en.into()),
        ("katottg", CITY.katottg.into()),
        ("area_km2", square_km(&ring).into()),
        ("note", CITY.note.into()),
        ("note_en", CITY.note_en.into()),
    ];
    emit(Feature { layer: "boundary", geometry: Some(polygon(&ring)), values })
}

/// Names of the outer districts, the first ones for small cities.
#[rustfmt::skip]
const DISTRICTS: [(&str, &str); 7] = [
    ("Надрічний район", "Nadrichnyi District"), ("Залізничний район", "Zaliznychnyi District"), ("Лісовий район", "Lisovyi District"),
    ("Козацький район", "Kozatskyi District"), ("Заводський район", "Zavodskyi District"), ("Садовий район", "Sadovyi District"),
    ("Степовий район", "Stepovyi District"),
];

/// The ring round the central district, and how many districts lie outside it.
fn division(plan: &Plan) -> (usize, u32) {
    let ring = plan.mesh.radii.iter().position(|&r| r > plan.mesh.reach * 0.30).unwrap_or(1).clamp(1, plan.rows - 1);
    (
        ring,
        match plan.addresses {
            0..20_000 => 4,
            20_000..300_000 => 5,
            _ => 7,
        },
    )
}

fn districts<E>(plan: &Plan, emit: Emit<'_, E>) -> Result<(), E> {
    let (ring, outer) = division(plan);
    // Districts meet on the eight rays that begin in the centre, so that they share every vertex.
    let ray = |d: u32| f64::from((d * 8).div_ceil(outer).min(8)) / 8.0;
    let mut centre = plan.mesh.arc(ring, 0.0, 1.0);
    centre.pop();
    let mut list = vec![("Центральний район", "Tsentralnyi District", centre)];
    for d in 0..outer {
        let (from, to) = (ray(d), ray(d + 1));
        let shape = plan.mesh.sector((ring, plan.rows), from, to);
        let (name, name_en) = DISTRICTS[d as usize % DISTRICTS.len()];
        list.push((name, name_en, shape));
    }
    let whole = square_km(&plan.mesh.arc(plan.rows, 0.0, 1.0)).max(0.01);
    for (n, (name, name_en, shape)) in list.into_iter().enumerate() {
        let area = square_km(&shape);
        let people = (plan.addresses as f64 * 3.1 * (area / whole) * if n == 0 { 2.4 } else { 0.9 }) as i64;
        let values: Vec<(&'static str, Value)> = vec![
            ("uid", format!("demo:district/{n}").into()),
            ("name", name.into()),
            ("name_en", name_en.into()),
            ("population", people.into()),
            ("area_km2", area.into()),
            ("katottg", format!("UA9902003001{n:02}12345").into()),
        ];
        emit(Feature { layer: "districts", geometry: Some(polygon(&shape)), values })?;
    }
    Ok(())
}

/// The river's outline.
pub fn river(plan: &Plan) -> Vec<P> {
    let river = &plan.mesh.river;
    let half = |i: usize| river.half * (0.88 + 0.10 * noise(plan.seed ^ 97, river.curve[i] * (1.0 / 260.0)));
    ribbon(&river.curve, half)
}

fn water<E>(plan: &Plan, emit: Emit<'_, E>) -> Result<(), E> {
    let values = vec![("uid", "demo:water/river".into()), ("name", "Вербівка".into()), ("kind", "river".into())];
    emit(Feature { layer: "water", geometry: Some(polygon(&river(plan))), values })?;
    for (n, cell) in ponds(plan).enumerate() {
        let Some(kept) = cell.kept else { continue };
        let values = vec![
            ("uid", format!("demo:water/{n}").into()),
            (
                "name",
                Value::from(if n == 0 {
                    "озеро Лебедине".to_owned()
                } else {
                    format!("ставок № {n}")
                }),
            ),
            ("kind", if n == 0 { "lake" } else { "pond" }.into()),
        ];
        emit(Feature { layer: "water", geometry: Some(polygon(&pond(plan.seed, &kept))), values })?;
    }
    Ok(())
}

/// Unbuilt cells that hold a pond.
fn ponds(plan: &Plan) -> impl Iterator<Item = &Cell> {
    let quiet = |c: &&Cell| plan.mesh.along(c.row, c.sector) == [Along::Street; 4];
    plan.cells.iter().filter(|c| c.zone == Zone::Wild && c.kept.is_some()).filter(quiet).step_by(17)
}

/// A rounded, uneven shape inside a quad.
fn pond(seed: u64, quad: &Quad) -> Vec<P> {
    (0..36)
        .map(|i| {
            let d = turn(f64::from(i) / 36.0);
            let size = 0.27 + 0.07 * noise(seed ^ 101, d * 1.7);
            quad.at(0.5 + d.x * size, 0.5 + d.y * size)
        })
        .collect()
}

fn green<E>(plan: &Plan, emit: Emit<'_, E>) -> Result<(), E> {
    for (n, cell) in plan.cells.iter().enumerate() {
        let river = plan.mesh.along(cell.row, cell.sector).contains(&Along::River);
        for (s, strip) in cell.strips.iter().enumerate().filter(|(_, s)| s.convex() && s.area() > 30.0) {
            let kind = match river {
                true => "meadow",
                false if strip.area() > 15_000.0 => "scrub",
                false => "grass",
            };
            let values = vec![("uid", format!("demo:strip/{n}-{s}").into()), ("kind", kind.into())];
            emit(Feature { layer: "green", geometry: Some(polygon(&strip.0)), values })?;
        }
        let (Some(kept), Zone::Wild) = (cell.kept, cell.zone) else {
            continue;
        };
        let kind = match noise(plan.seed ^ 103, kept.middle() * (1.0 / 900.0)) {
            x if x > 0.0 => "forest",
            x if x > -0.25 => "meadow",
            _ => "farmland",
        };
        let values = vec![("uid", format!("demo:green/{n}").into()), ("kind", kind.into())];
        emit(Feature { layer: "green", geometry: Some(polygon(&kept.0)), values })?;
    }
    for (id, block) in plan.blocks.iter().enumerate().filter(|(_, b)| b.zone == Zone::Park) {
        let large = block.quad.area() > 12_000.0;
        let (kind, word) = if large { ("park", "парк") } else { ("square", "сквер") };
        let names = [
            "Слави",
            "Молодіжний",
            "Незалежності",
            "Берегиня",
            "Закоханих",
            "Ювілейний",
            "Дружби",
            "Каштановий",
            "Липки",
            "Козацький",
        ];
        let name = Dice::new(plan.seed, 8, id as u64).pick(&names);
        let values = vec![
            ("uid", format!("demo:park/{id}").into()),
            ("name", format!("{word} «{name}»").into()),
            ("kind", kind.into()),
        ];
        emit(Feature { layer: "green", geometry: Some(polygon(&block.quad.0)), values })?;
    }
    Ok(())
}

fn railways<E>(plan: &Plan, emit: Emit<'_, E>) -> Result<(), E> {
    let curve = &plan.mesh.rail.curve;
    let track = |aside: f64, from: usize, to: usize| -> Vec<P> {
        (from..to)
            .map(|i| {
                let along = curve[(i + 1).min(curve.len() - 1)] - curve[i.saturating_sub(1)];
                curve[i] + along.unit().left() * aside
            })
            .collect()
    };
    let n = curve.len();
    let all = [
        ("main-1", track(-2.2, 0, n), None),
        ("main-2", track(2.2, 0, n), None),
        ("siding-1", track(-6.6, n * 2 / 5, n * 3 / 5), Some("siding")),
        ("siding-2", track(6.6, n * 2 / 5, n * 3 / 5), Some("siding")),
        ("yard-1", track(10.4, n * 9 / 20, n * 11 / 20), Some("yard")),
    ];
    for (uid, line, service) in all.into_iter().filter(|(_, l, _)| l.len() > 1) {
        let values = vec![
            ("uid", format!("demo:rail/{uid}").into()),
            ("name", Value::from(format!("лінія {} — Степова", CITY.name))),
            ("kind", "rail".into()),
            ("service", service.into()),
            ("electrified", Value::Boolean(service.is_none())),
        ];
        emit(Feature { layer: "railways", geometry: Some(lines(&[line])), values })?;
    }
    Ok(())
}

fn streets<E>(plan: &Plan, emit: Emit<'_, E>) -> Result<(), E> {
    for (id, street) in plan.streets.iter().enumerate() {
        for (bridge, parts) in [(false, &street.parts), (true, &street.bridges)] {
            if parts.is_empty() {
                continue;
            }
            let length: f64 = parts.iter().flat_map(|l| l.windows(2)).map(|w| (w[1] - w[0]).len()).sum();
            let class = street.class.value();
            let values = vec![
                ("uid", street_uid(id, bridge).into()),
                ("name", street.name.clone().into()),
                ("name_en", street.name_en.clone().into()),
                ("former_names", former_names(plan, id, street).into()),
                ("state", if street.former.is_some() { "renamed" } else { "active" }.into()),
                ("kind", if street.name.is_some() { street.kind } else { "дорога" }.into()),
                ("class", class.into()),
                ("length_m", length.round().into()),
                (
                    "lanes",
                    Value::Integer(match class {
                        "primary" => 4,
                        "track" => 1,
                        _ => 2,
                    }),
                ),
                ("oneway", Value::Boolean(false)),
                ("bridge", Value::Boolean(bridge)),
                ("surface", if class == "track" { "ґрунт" } else { "асфальтобетон" }.into()),
                ("katottg", CITY.katottg.into()),
            ];
            emit(Feature { layer: "streets", geometry: Some(lines(parts)), values })?;
        }
    }
    Ok(())
}

/// Identifier of a street in the registers.
pub fn street_uid(id: usize, bridge: bool) -> String {
    format!("demo:street/{id}{}", if bridge { "-bridge" } else { "" })
}

/// Code, name, main uses, height (m), coverage (%), density (people/ha), storeys of the zone laid over a cell.
type Rules = (&'static str, &'static str, &'static str, f64, f64, f64, i64);

#[rustfmt::skip]
fn rules(zone: Zone) -> Rules {
    match zone {
        Zone::Centre => ("Г-1", "Зона загальноміського центру", "Адміністративні, торговельні, культурні заклади, житло", 27.0, 60.0, 250.0, 9),
        Zone::Mid => ("Ж-3", "Зона середньоповерхової забудови", "Багатоквартирні будинки до п’яти поверхів", 18.0, 40.0, 300.0, 5),
        Zone::Panel => ("Ж-4", "Зона багатоповерхової забудови", "Багатоквартирні будинки вище п’яти поверхів", 54.0, 30.0, 450.0, 16),
        Zone::Private => ("Ж-1", "Зона садибної забудови", "Садибні житлові будинки", 12.0, 40.0, 50.0, 3),
        Zone::Public => ("Г-3", "Зона навчальних та лікувальних закладів", "Заклади освіти та охорони здоров’я", 18.0, 35.0, 0.0, 5),
        Zone::Industry => ("В-4", "Зона підприємств IV класу шкідливості", "Промислові підприємства, склади", 24.0, 60.0, 0.0, 5),
        Zone::Park => ("Р-2", "Рекреаційна зона активного відпочинку", "Парки, сквери, бульвари", 9.0, 5.0, 0.0, 2),
        Zone::Garden => ("Ж-6", "Зона колективних садів", "Ведення садівництва та городництва", 8.0, 20.0, 0.0, 2),
        Zone::Wild => ("Р-1", "Зона природних ландшафтів", "Ліси, луки, рілля", 0.0, 0.0, 0.0, 0),
    }
}

fn zoning<E>(plan: &Plan, today: NaiveDate, emit: Emit<'_, E>) -> Result<(), E> {
    let plan_uid = zoning_plan(today);
    let plan_name = format!("План зонування міста {} ({})", CITY.name, chrono::Datelike::year(&today) - 4);
    for (n, quad) in plan.mesh.square().into_iter().enumerate() {
        let values = zone_values(format!("demo:zone/square-{n}"), rules(Zone::Centre), false, (&plan_name, &plan_uid));
        emit(Feature { layer: "zoning", geometry: Some(polygon(&quad.0)), values })?;
    }
    for (n, cell) in plan.cells.iter().enumerate() {
        let planned = Dice::new(plan.seed, 9, n as u64).chance(0.06);
        let main = cell.kept.map(|q| (q, rules(cell.zone)));
        let transport = ("ТР-1", "Зона транспортної інфраструктури", "Залізниця, станції", 15.0, 40.0, 0.0, 3);
        let rail = plan.mesh.along(cell.row, cell.sector).contains(&Along::Rail);
        let strips = cell.strips.iter().filter(|s| s.convex() && s.area() > 30.0);
        let strips = strips.map(|&s| (s, if rail { transport } else { rules(Zone::Wild) }));
        for (part, (quad, rule)) in main.into_iter().chain(strips).enumerate() {
            let values = zone_values(format!("demo:zone/{n}-{part}"), rule, planned, (&plan_name, &plan_uid));
            emit(Feature { layer: "zoning", geometry: Some(polygon(&quad.0)), values })?;
        }
    }
    Ok(())
}

fn zone_values(uid: String, rule: Rules, planned: bool, plan: (&str, &str)) -> Vec<(&'static str, Value)> {
    let (code, name, main_use, height, coverage, density, storeys) = rule;
    let some = |x: f64| (x > 0.0).then_some(x);
    vec![
        ("uid", uid.into()),
        ("code", code.into()),
        ("name", name.into()),
        ("state", if planned { "planned" } else { "existing" }.into()),
        ("main_use", main_use.into()),
        ("acc_use", "Інженерні мережі, озеленення, паркування".into()),
        ("height", some(height).into()),
        ("bld_coef", some(coverage).into()),
        ("pop_dens", some(density).into()),
        ("stores", Value::Integer(storeys)),
        ("plan_name", plan.0.into()),
        ("plan_uid", plan.1.into()),
        ("katottg", CITY.katottg.into()),
    ]
}
