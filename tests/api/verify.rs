//! Verification: every rule finds what it is for, and only that; the public learns nothing of staff fields.

use misto::auth::Caller;
use misto::catalogue::layer::Severity;
use misto::verify::{Report, verify};

use crate::harness::City;
use crate::links::{city, point, square};

async fn report(city: &City, layer: &str, caller: Caller) -> Report {
    let pool = if caller == Caller::Public { &city.db.public } else { &city.db.owner };
    verify(pool, &city.catalogue, city.catalogue.layer(layer).unwrap(), caller, None).await.unwrap()
}

/// Each finding as `rule id`, in order.
fn found(report: &Report) -> Vec<String> {
    let of_rule = |rule: &misto::verify::RuleReport| {
        assert_eq!(rule.count, rule.findings.len() as i64);
        let name = rule.rule.clone();
        rule.findings.iter().map(move |finding| format!("{name} {}", finding.id.unwrap_or(0))).collect::<Vec<_>>()
    };
    let mut found: Vec<_> = report.rules.iter().flat_map(of_rule).collect();
    found.sort();
    found
}

fn detail(report: &Report, rule: &str) -> String {
    report.rules.iter().find(|one| one.rule == rule).unwrap().findings[0].detail.en.clone()
}

/// Two lots beside each other, 71.2 × 111.2 m, with nothing wrong.
async fn right_lots(city: &City) {
    city.sql(&format!(
        "insert into registers.boundary (id, uid, geom) values (1, 'м', {}); \
         insert into registers.lots (id, number, area_ha, purpose, geom) values \
           (1, '9910100000:01:002:0001', 0.79, '03.07', {}), (2, '9910100000:01:002:0002', 0.79, null, {})",
        square(30.0, 50.0, 1.0),
        square(30.5, 50.4, 0.001),
        square(30.501, 50.4, 0.001),
    ))
    .await;
}

#[tokio::test]
async fn a_right_register_has_no_findings() {
    let city = city().await;
    right_lots(&city).await;
    city.sql(&format!(
        "insert into registers.owners (id, code) values (1, '14360570'); \
         insert into registers.doors (id, number, street) values (1, '1', 'Кава'); \
         insert into registers.booths (id, number, secret, title, owner_code, state, valid_until, height, geom) values \
           (1, 'Б-1', '-', 'Кава', '14360570', 'чинна', current_date, 2, {})",
        point(30.5005, 50.4005)
    ))
    .await;
    for layer in ["lots", "booths", "owners", "boundary"] {
        for caller in [Caller::Public, Caller::Staff] {
            assert_eq!(found(&report(&city, layer, caller).await), [""; 0], "{layer}");
        }
    }
    let booths = report(&city, "booths", Caller::Public).await;
    assert_eq!(booths.skipped.len(), 1, "{:?}", booths.skipped);
    assert_eq!(booths.skipped[0].rule, "unknown_place_code");
    assert!(booths.checked.contains(&"dead_owner".to_owned()), "{:?}", booths.checked);
}

#[tokio::test]
async fn lots_that_overlap_leave_gaps_or_have_another_area_are_found() {
    let city = city().await;
    right_lots(&city).await;
    city.sql(&format!(
        "insert into registers.lots (id, number, area_ha, geom) values \
           (3, '9910100000:01:002:0003', 0.79, {}), (4, '9910100000:01:002:0004', 0.79, {}), \
           (5, '9910100000:01:002:0005', 0.95, {}), (6, '9910100000:01:002:0006', null, \
             st_multi(st_geomfromtext('POLYGON((30.7 50.4, 30.701 50.401, 30.701 50.4, 30.7 50.401, 30.7 50.4))', 4326))), \
           (7, '9910100000:01:002:0007', null, st_multi(st_difference({}, {}))); \
         insert into registers.lots (id, number, geom) values (8, '9910100000:01:002:0008', {})",
        // shares a strip of 7 m with lot 1
        square(30.4991, 50.4, 0.001),
        square(30.51, 50.4, 0.001),
        square(30.52, 50.4, 0.001),
        // a hole of 7.1 × 11.1 m
        square(30.6, 50.4, 0.001),
        square(30.6002, 50.4002, 0.0001),
        square(31.5, 50.4, 0.001),
    ))
    .await;
    let report = report(&city, "lots", Caller::Staff).await;
    assert_eq!(
        found(&report),
        ["area 5", "gaps 7", "geometry 6", "outside 8", "overlaps 1"],
        "neighbours, and a polygon that GEOS stops at, are no overlaps"
    );
    assert!(detail(&report, "overlaps").starts_with("in common with 9910100000:01:002:0003: 79"), "{report:?}");
    assert!(detail(&report, "overlaps").ends_with("m², 10.0 % of the smaller"), "{report:?}");
    assert!(detail(&report, "gaps").starts_with("a gap of 79."), "{report:?}");
    assert!(detail(&report, "area").starts_with("0.9500 ha by the document, 0.79"), "{report:?}");
    let gap = report.rules.iter().find(|rule| rule.rule == "gaps").unwrap();
    assert_eq!(gap.findings[0].map, "/?map=18/50.40025/30.60025&layers=lots&object=lots/7");
    assert_eq!(report.rules[0].severity, Severity::Error, "the gravest come first");
}

#[tokio::test]
async fn a_gap_is_found_wherever_the_cells_of_the_search_are_cut() {
    let city = city().await;
    // a ring of four lots around a gap of about 7 × 11 m, on the corner of four cells (0.01° × 0.008°)
    let (x, y) = (30.5, 50.4);
    let mut sql = String::new();
    for step in 0..8 {
        let (x, y) = (x + 0.00002 * f64::from(step) - 0.00008, y + 0.05 * f64::from(step) - 0.00002 * f64::from(step));
        let outer = square(x - 0.0003, y - 0.0003, 0.0007);
        let inner = square(x, y, 0.0001);
        let west = format!("st_makeenvelope(0, 0, {}, 60, 4326)", x + 0.00005);
        for (half, cut) in [("intersection", "з"), ("difference", "с")] {
            sql.push_str(&format!(
                "insert into registers.lots (number, geom) values ('{step}{cut}', \
                 st_multi(st_{half}(st_difference({outer}, {inner}), {west}))); "
            ));
        }
    }
    city.sql(&sql).await;
    let report = report(&city, "lots", Caller::Staff).await;
    let gaps = report.rules.iter().find(|rule| rule.rule == "gaps").unwrap();
    assert_eq!(gaps.count, 8, "{gaps:?}");
}

#[tokio::test]
async fn keys_statuses_values_and_links_are_looked_at() {
    let city = city().await;
    right_lots(&city).await;
    city.sql(&format!(
        "insert into registers.red_lines (uid, geom) values ('ЧЛ-7', {}); \
         insert into registers.booths (id, number, secret, title, owner_code, state, valid_until, height, geom) values \
           (1, 'ТС-5', '-', 'Кава', '14360570', 'чинна', '2020-01-01', 11, {on}), \
           (2, 'тc - 5', '-', null, '14360571', 'може', '2020-01-01', 1, {}), \
           (3, ' ', '-', 'Кава', null, 'скасована', '2020-01-01', null, {on}); \
         insert into registers.booths (id, title, secret, geom) values (4, 'Кава', null, {on}); \
         insert into registers.doors (number, street) values ('1', 'Кава')",
        square(30.4, 50.4, 0.001),
        point(30.4005, 50.4005),
        on = point(30.5005, 50.4005),
    ))
    .await;
    let staff = report(&city, "booths", Caller::Staff).await;
    assert_eq!(
        found(&staff),
        [
            "dead_owner 1",
            "dead_owner 2",
            "duplicate_key 2",
            "missing_key 3",
            "missing_key 4",
            "no_lot 2",
            "no_title 2",
            "red_line 2",
            "term_passed 1",
            "values 1",
            "values 2",
            "values 2",
            "values 4",
        ]
    );
    assert_eq!(detail(&staff, "duplicate_key"), "the same as ТС-5");
    assert_eq!(detail(&staff, "term_passed"), "ended on 2020-01-01");
    assert_eq!(detail(&staff, "red_line"), "Lines: ЧЛ-7");
    assert_eq!(detail(&staff, "values"), "Height: must be 10 or less");
    assert_eq!(detail(&staff, "dead_owner"), "14360570");
    let public = report(&city, "booths", Caller::Public).await;
    let public_text = serde_json::to_string(&public).unwrap();
    assert!(!public_text.contains("Secret") && !found(&public).contains(&"values 4".to_owned()), "{public_text}");
    assert_eq!(found(&public).len(), found(&staff).len() - 1);
}

#[tokio::test]
async fn codes_are_looked_up_once_the_codifier_is_there() {
    let city = city().await;
    city.sql(
        "truncate codifiers.katottg; insert into registers.booths (id, number, secret, place_code) values \
           (1, '1', '-', 'UA32140050010021659'), (2, '2', '-', 'UA32140050010021658')",
    )
    .await;
    let before = report(&city, "booths", Caller::Public).await;
    assert!(before.skipped.iter().any(|skipped| skipped.rule == "unknown_place_code"));
    city.sql(
        "insert into codifiers.katottg (code, level, category, name) values ('UA32140050010021659', 4, 'C', 'Нове')",
    )
    .await;
    let after = report(&city, "booths", Caller::Public).await;
    assert!(found(&after).contains(&"unknown_place_code 2".to_owned()), "{after:?}");
    assert!(!found(&after).contains(&"unknown_place_code 1".to_owned()), "{after:?}");
}

#[tokio::test]
async fn the_api_tells_the_public_and_follows_edits() {
    let city = city().await;
    assert_eq!(city.get("/api/collections/nothing/verification").await.status, 404);
    city.sql(
        "insert into registers.booths (number, secret, owner_code) select 'Б-' || n, '-', '14360570' \
         from generate_series(1, 130) n",
    )
    .await;
    let report = city.json("/api/collections/booths/verification").await;
    let rule = report["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == "dead_owner").unwrap();
    assert_eq!((rule["count"].as_i64(), rule["findings"].as_array().unwrap().len()), (Some(130), 100));
    assert_eq!(rule["severity"], "warning");
    // another server has no report yet, and makes one of the register as it is now
    city.sql("insert into registers.owners (code, phone) values ('14360570', '+380441234567')").await;
    let report = city.node().json("/api/collections/booths/verification").await;
    assert!(!report.to_string().contains("dead_owner\",\"severity"), "{report}");
    let owners = city.json("/api/collections/owners/verification").await;
    assert!(!owners.to_string().contains("441234567"));
}
