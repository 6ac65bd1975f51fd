//! What planning documents draw: plans, red and other lines, protection zones; and the hearings about plans.

use chrono::{Datelike, NaiveDate};
use geo::Validation;

use super::block::{COUNCIL, Emit, PLANNING, Values, after, before, moment};
use super::codes::{Dice, edrpou};
use super::lines::Class;
use super::lots::Zone;
use super::names::party;
use super::plan::{Block, Plan};
use super::shape::{P, Quad, area, lines, polygon, ribbon, turn};
use super::town::{river, street_uid};
use super::{CITY, Feature};
use crate::catalogue::record::Value;

/// Everything that planning documents draw.
pub fn emit<E>(plan: &Plan, today: NaiveDate, emit: Emit<'_, E>) -> Result<(), E> {
    plans(plan, today, emit)?;
    let drawn = Drawn::new(today);
    streets(plan, &drawn, emit)?;
    waters(plan, &drawn, emit)?;
    blocks(plan, &drawn, emit)?;
    old_town(plan, &drawn, emit)?;
    intakes(plan, &drawn, emit)
}

fn general_plan(today: NaiveDate) -> String {
    format!("ГП-{}", today.year() - 6)
}

/// Identifier of the zoning plan.
pub fn zoning_plan(today: NaiveDate) -> String {
    format!("ПЗ-{}", today.year() - 4)
}

/// The document that a line or a zone is drawn in, and the act that adopted it.
struct Drawn {
    general: String,
    adopted: NaiveDate,
}

impl Drawn {
    fn new(today: NaiveDate) -> Self {
        Drawn { general: general_plan(today), adopted: before(today, 6 * 365) }
    }

    /// The fields that lines and zones share.
    fn values(&self, uid: String, code: Option<&str>) -> Values {
        vec![
            ("uid", uid.into()),
            ("plan_uid", self.general.as_str().into()),
            ("act_number", "54-8".into()),
            ("act_date", self.adopted.into()),
            ("res_code", code.into()),
            ("source", "Генеральний план міста".into()),
            ("katottg", CITY.katottg.into()),
        ]
    }
}

fn ring(plan: &Plan, k: usize) -> Vec<P> {
    (0..plan.mesh.sectors[k]).map(|i| plan.mesh.node(k, i)).collect()
}

/// A plan of the whole city: number, title, kind, stage, the year of its decision and its outline where it is known.
type WholeCity<'a> = (String, &'a str, &'a str, &'a str, i32, Option<Vec<P>>);

/// The city's own plans, and detailed plans of some blocks with their hearings.
fn plans<E>(plan: &Plan, today: NaiveDate, emit: Emit<'_, E>) -> Result<(), E> {
    let (whole, year) = (ring(plan, plan.rows), today.year());
    let (general, zoning) = (general_plan(today), zoning_plan(today));
    let city: [WholeCity<'_>; 4] = [
        (general.clone(), "Генеральний план", "general_plan", "adopted", year - 6, Some(whole.clone())),
        (zoning, "План зонування території", "zoning_plan", "adopted", year - 4, Some(whole)),
        ("ГП-1987".into(), "Генеральний план 1987 року", "general_plan", "superseded", 1987, None),
        (
            "ІАОП-1".into(),
            "Історико-архітектурний опорний план",
            "heritage_plan",
            "adopted",
            year - 5,
            Some(ring(plan, 1)),
        ),
    ];
    for (uid, title, kind, stage, year, shape) in city {
        let decided = NaiveDate::from_ymd_opt(year, 12, 20);
        let mut values = document(&uid, format!("{title} міста {}", CITY.name), kind, stage, shape.as_deref());
        values.extend([
            ("term", "P20Y".into()),
            ("developer_name", "Інститут «Вигадміськпроєкт»".into()),
            ("developer_code", edrpou(2_498_001).into()),
            ("start_number", "12-4".into()),
            ("start_date", decided.map(|day| before(day, 900)).into()),
            ("expertise_number", format!("{}-Е", year % 100).into()),
            ("expertise_date", decided.map(|day| before(day, 80)).into()),
            ("replaced_by", (stage == "superseded").then(|| general.clone()).into()),
        ]);
        values.extend(adopted(&uid, decided));
        emit(Feature { layer: "plans", geometry: shape.as_deref().map(polygon), values })?;
    }
    let mut due = 0.9;
    for (id, block) in plan.blocks.iter().enumerate() {
        due += match block.zone {
            Zone::Centre | Zone::Mid | Zone::Panel | Zone::Industry => 0.05,
            Zone::Private => 0.012,
            _ => 0.0,
        };
        if due >= 1.0 {
            due -= 1.0;
            detailed(plan, today, id, block, emit)?;
        }
    }
    Ok(())
}

/// The fields of a planning document that each has.
fn document(uid: &str, title: String, kind: &'static str, stage: &'static str, shape: Option<&[P]>) -> Values {
    vec![
        ("uid", uid.into()),
        ("title", title.into()),
        ("kind", kind.into()),
        ("stage", stage.into()),
        ("area_ha", shape.map(|shape| (area(shape) / 10.0).round() / 1_000.0).into()),
        ("customer_name", PLANNING.0.into()),
        ("customer_code", edrpou(PLANNING.1).into()),
        ("documents_url", format!("https://verbohrad.example.gov.ua/plany/{}", super::names::latin(uid)).into()),
        ("katottg", CITY.katottg.into()),
    ]
}

fn adopted(uid: &str, decided: Option<NaiveDate>) -> Values {
    let url = format!("https://verbohrad.example.gov.ua/rishennia/{}", super::names::latin(uid));
    vec![
        ("authority_name", decided.map(|_| COUNCIL.0).into()),
        ("authority_code", decided.map(|_| edrpou(COUNCIL.1)).into()),
        ("decision_number", decided.map(|day| format!("{}-8", day.ordinal())).into()),
        ("decision_date", decided.into()),
        ("decision_url", decided.map(|_| url).into()),
    ]
}

/// A detailed plan of a block: how far it has got, and its hearing.
fn detailed<E>(plan: &Plan, today: NaiveDate, id: usize, block: &Block, emit: Emit<'_, E>) -> Result<(), E> {
    let mut dice = Dice::new(plan.seed, 23, id as u64);
    let uid = format!("ДПТ-{}", id + 1);
    let street = block.streets.iter().flatten().find_map(|&street| plan.streets[street as usize].name.clone());
    let title = format!("Детальний план території: {}", street.unwrap_or_else(|| format!("квартал {}", id + 1)));
    let age = dice.below(1_500);
    let stage = match age {
        0..150 => "drafting",
        150..330 => "consultation",
        330..480 => "commission",
        _ if dice.chance(0.06) => "superseded",
        _ => "adopted",
    };
    let started = before(today, age);
    let shape = block.quad.inset([-4.0; 4]).unwrap_or(block.quad);
    let developer = party(plan.seed, 40, 0.0, &mut dice);
    let mut values = document(&uid, title.clone(), "detailed_plan", stage, Some(&shape.0));
    values.extend([
        ("term", dice.pick(&["P5Y", "P7Y", "P10Y"]).into()),
        ("developer_name", developer.name.into()),
        ("developer_code", developer.code.into()),
        ("start_number", format!("{}-5", 1 + dice.below(60)).into()),
        ("start_date", started.into()),
    ]);
    let decided = matches!(stage, "adopted" | "superseded").then(|| after(started, 480).min(today));
    values.extend(adopted(&uid, decided));
    emit(Feature { layer: "plans", geometry: Some(polygon(&shape.0)), values })?;
    if stage == "drafting" {
        return Ok(());
    }
    let opens = after(started, 150);
    let values = hearing(&uid, title, opens, today, &mut dice);
    emit(Feature { layer: "hearings", geometry: Some(super::shape::point(block.quad.middle())), values })
}

fn hearing(plan_uid: &str, title: String, opens: NaiveDate, today: NaiveDate, dice: &mut Dice) -> Values {
    let closes = after(opens, 30);
    let status = match () {
        () if opens > today => "announced",
        // now and then nobody closes a hearing whose days are over
        () if closes >= today || dice.chance(0.04) => "open",
        () if after(closes, 25) > today => "closed",
        () => "reported",
    };
    let over = matches!(status, "closed" | "reported");
    let comments = dice.below(40) as i64;
    let url =
        |what: &str| format!("https://verbohrad.example.gov.ua/obhovorennia/{}/{what}", super::names::latin(plan_uid));
    vec![
        ("uid", plan_uid.replace("ДПТ", "ГО").into()),
        ("title", title.into()),
        ("plan_uid", plan_uid.into()),
        ("status", status.into()),
        ("opens", opens.into()),
        ("closes", closes.into()),
        ("held_at", moment(after(opens, 14), 16)),
        ("venue", "Мала зала міської ради, площа Ринкова, 1".into()),
        ("materials_url", url("materialy").into()),
        ("comment_url", (status == "open").then(|| url("propozytsii")).into()),
        ("comments_count", over.then_some(comments).into()),
        ("comments_accepted", (status == "reported").then_some(comments / 3).into()),
        ("minutes_url", over.then(|| url("protokol")).into()),
        ("report_url", (status == "reported").then(|| url("zvit")).into()),
        ("organiser_name", PLANNING.0.into()),
        ("organiser_code", edrpou(PLANNING.1).into()),
        ("organiser_email", "dma@verbohrad.example.gov.ua".into()),
        ("organiser_phone", "+380000000101".into()),
    ]
}

/// How far a street's red lines lie from its centre line, metres: a little nearer than the parcels.
fn half(plan: &Plan, class: Class) -> f64 {
    let scale = (plan.mesh.spacing / 380.0).clamp(0.72, 1.0);
    let half = match class {
        Class::Primary => 16.0,
        Class::Secondary => 12.0,
        Class::Tertiary => 8.0,
        Class::Residential | Class::Track => 6.0,
    };
    half * scale - 0.3
}

/// The land within `half` metres of a straight piece of street.
fn strip(a: P, b: P, half: f64) -> Quad {
    let aside = (b - a).unit().left() * half;
    Quad([a - aside, b - aside, b + aside, a + aside])
}

/// Red lines of every street, the land within them piece by piece, and yellow areas along the avenues.
fn streets<E>(plan: &Plan, drawn: &Drawn, emit: Emit<'_, E>) -> Result<(), E> {
    for (id, street) in plan.streets.iter().enumerate().filter(|(_, street)| street.class != Class::Track) {
        let half = half(plan, street.class);
        let mut sides = Vec::new();
        let pieces = street.parts.iter().flat_map(|part| part.windows(2)).filter(|w| (w[1] - w[0]).len() > 2.0);
        for (n, piece) in pieces.enumerate() {
            let land = strip(piece[0], piece[1], half);
            sides.extend([vec![land.0[0], land.0[1]], vec![land.0[3], land.0[2]]]);
            let mut values = drawn.values(format!("ЧЛ-{id}-{n}"), Some("06.01"));
            values.extend([
                ("street", street.name.clone().into()),
                ("street_uid", street_uid(id, false).into()),
                ("width", ((half * 20.0).round() / 10.0).into()),
            ]);
            emit(Feature { layer: "red_line_areas", geometry: Some(polygon(&land.0)), values })?;
            if street.class == Class::Primary {
                let mut values = drawn.values(format!("ЖЛ-{id}-{n}"), Some("06.04"));
                values.extend([("kind", "yellow".into()), ("title", street.name.clone().into())]);
                let free = strip(piece[0], piece[1], half * 0.75);
                emit(Feature { layer: "regulation_areas", geometry: Some(polygon(&free.0)), values })?;
            }
        }
        if !sides.is_empty() {
            let mut values = drawn.values(format!("Л-Ч-{id}"), None);
            values.extend([
                ("kind", "red_line".into()),
                ("state", "existing".into()),
                ("street", street.name.clone().into()),
                ("street_uid", street_uid(id, false).into()),
            ]);
            emit(Feature { layer: "regulation_lines", geometry: Some(lines(&sides)), values })?;
        }
    }
    Ok(())
}

/// The river within blue lines, and the strip beside it that is kept free.
fn waters<E>(plan: &Plan, drawn: &Drawn, emit: Emit<'_, E>) -> Result<(), E> {
    let course = &plan.mesh.river;
    let mut values = drawn.values("БЛ-1".into(), Some("06.02"));
    values.extend([("kind", "blue".into()), ("title", "річка Вербівка".into())]);
    let outline = river(plan);
    emit(Feature { layer: "regulation_areas", geometry: Some(polygon(&outline)), values })?;
    let mut values = drawn.values("Л-Б-1".into(), None);
    values.extend([("kind", "blue_line".into()), ("state", "existing".into())]);
    let sides: Vec<Vec<P>> = outline.chunks(course.curve.len()).map(<[P]>::to_vec).collect();
    emit(Feature { layer: "regulation_lines", geometry: Some(lines(&sides)), values })?;
    // As wide as the river's bends allow, lest the outline cross itself.
    let strip = |beside: f64| (beside, polygon(&ribbon(&course.curve, |_| course.half + beside)));
    let strips = [50.0, 25.0, 10.0, 5.0].map(strip);
    let Some((beside, shape)) = strips.into_iter().find(|(_, shape)| shape.is_valid()) else { return Ok(()) };
    let mut values = drawn.values("ПЗС-1".into(), Some("05.02"));
    values.extend([
        ("kind", "coastal".into()),
        ("title", "Прибережна захисна смуга річки Вербівка".into()),
        ("object_name", "річка Вербівка".into()),
        ("regime", "Заборонено будувати, мити транспорт, тримати худобу, застосовувати пестициди".into()),
        ("distance", beside.into()),
    ]);
    emit(Feature { layer: "protection_zones", geometry: Some(shape), values })
}

/// Building lines of blocks, green lines of parks, and the zones round factories and monuments.
fn blocks<E>(plan: &Plan, drawn: &Drawn, emit: Emit<'_, E>) -> Result<(), E> {
    let (mut factories, mut monuments) = (0.9, 0.9);
    for (id, block) in plan.blocks.iter().enumerate() {
        let closed = |quad: Quad| lines(&[vec![quad.0[0], quad.0[1], quad.0[2], quad.0[3], quad.0[0]]]);
        let back = if block.zone == Zone::Centre { 3.0 } else { 5.0 };
        let built = matches!(block.zone, Zone::Centre | Zone::Mid | Zone::Panel | Zone::Private);
        if let (true, Some(line)) = (built, block.quad.inset([back; 4])) {
            let mut values = drawn.values(format!("Л-З-{id}"), None);
            values.extend([("kind", "building_line".into()), ("state", "existing".into()), ("setback", back.into())]);
            emit(Feature { layer: "regulation_lines", geometry: Some(closed(line)), values })?;
        }
        if block.zone == Zone::Park {
            let mut values = drawn.values(format!("ЗЛ-{id}"), Some("06.03"));
            values.extend([("kind", "green".into()), ("title", "Озеленена територія загального користування".into())]);
            emit(Feature { layer: "regulation_areas", geometry: Some(polygon(&block.quad.0)), values })?;
            let mut values = drawn.values(format!("Л-ЗЛ-{id}"), None);
            values.extend([("kind", "green_line".into()), ("state", "existing".into())]);
            emit(Feature { layer: "regulation_lines", geometry: Some(closed(block.quad)), values })?;
        }
        factories += if block.zone == Zone::Industry { 0.34 } else { 0.0 };
        monuments += if matches!(block.zone, Zone::Centre | Zone::Public) { 0.12 } else { 0.0 };
        let mut dice = Dice::new(plan.seed, 24, id as u64);
        if block.zone == Zone::Industry && factories >= 1.0 {
            factories -= 1.0;
            let (class, distance) = dice.pick(&[(4, 100.0), (5, 50.0), (5, 50.0)]);
            let firm = party(plan.seed, 60, 0.0, &mut dice).name;
            let mut values = drawn.values(format!("СЗЗ-{id}"), Some("03.02"));
            values.extend([
                ("kind", "sanitary".into()),
                ("title", format!("Санітарно-захисна зона {firm}").into()),
                ("object_name", firm.into()),
                ("regime", "Заборонено житло, дитячі та лікувальні заклади".into()),
                ("hazard_class", class.into()),
                ("distance", distance.into()),
            ]);
            around(block, distance, values, emit)?;
        } else if monuments >= 1.0 && matches!(block.zone, Zone::Centre | Zone::Public) {
            monuments -= 1.0;
            let object =
                dice.pick(&["Будинок земства", "Гімназія", "Торгові ряди", "Садиба", "Лікарня", "Водонапірна вежа"]);
            let mut values = drawn.values(format!("ОЗ-{id}"), Some("04.01"));
            values.extend([
                ("kind", "heritage_monument".into()),
                ("title", format!("Охоронна зона пам’ятки: {object}").into()),
                ("object_name", object.into()),
                ("object_number", format!("{}-Вб", 1_000 + id).into()),
                ("regime", "Будь-які роботи — за погодженням з органом охорони культурної спадщини".into()),
                ("distance", Value::from(25.0)),
            ]);
            around(block, 25.0, values, emit)?;
        }
    }
    Ok(())
}

/// A zone that reaches so many metres beyond a block.
fn around<E>(block: &Block, distance: f64, values: Values, emit: Emit<'_, E>) -> Result<(), E> {
    let shape = block.quad.inset([-distance; 4]).unwrap_or(block.quad);
    emit(Feature { layer: "protection_zones", geometry: Some(polygon(&shape.0)), values })
}

/// The historic area and its archaeological layer.
fn old_town<E>(plan: &Plan, drawn: &Drawn, emit: Emit<'_, E>) -> Result<(), E> {
    let zones: [(&str, usize, &str, &str, &str); 2] = [
        (
            "ІА-1",
            1,
            "heritage_area",
            "Історичний ареал міста",
            "Висота й вигляд будинків — за історико-архітектурним опорним планом",
        ),
        (
            "АР-1",
            0,
            "archaeology",
            "Зона охорони культурного шару посаду",
            "Земляні роботи — після археологічних досліджень",
        ),
    ];
    for (uid, k, kind, title, regime) in zones {
        let mut values = drawn.values(uid.into(), Some("04.02"));
        values.extend([("kind", kind.into()), ("title", title.into()), ("regime", regime.into())]);
        emit(Feature { layer: "protection_zones", geometry: Some(polygon(&ring(plan, k))), values })?;
    }
    Ok(())
}

/// Wells beyond the town with the zone of strict regime round each.
fn intakes<E>(plan: &Plan, drawn: &Drawn, emit: Emit<'_, E>) -> Result<(), E> {
    let wild = plan.cells.iter().filter(|cell| cell.zone == Zone::Wild).filter_map(|cell| cell.kept);
    for (n, cell) in wild.step_by(23).take(12).enumerate() {
        let circle: Vec<P> = (0..24).map(|i| cell.at(0.3, 0.3) + turn(f64::from(i) / 24.0) * 30.0).collect();
        let mut values = drawn.values(format!("ЗСО-{}", n + 1), Some("05.05"));
        values.extend([
            ("kind", "sanitary_water".into()),
            ("title", format!("Зона суворого режиму свердловини № {}", n + 1).into()),
            ("object_name", "КП «Вербоградводоканал»".into()),
            ("regime", "Стороннім заходити заборонено".into()),
            ("distance", Value::from(30.0)),
        ]);
        emit(Feature { layer: "protection_zones", geometry: Some(polygon(&circle)), values })?;
    }
    Ok(())
}
