//! The two forms of CQL2 say the same; what is wrong is said with its place.

use super::*;

/// What an expression says, without places.
fn said(expression: &Expression) -> String {
    match &expression.node {
        Node::Property(name) => name.clone(),
        Node::Text(text) => format!("'{text}'"),
        Node::Number(digits) => digits.clone(),
        Node::Boolean(flag) => flag.to_string(),
        Node::Date(day) => format!("d{day}"),
        Node::Timestamp(moment) => format!("t{}", moment.timestamp()),
        Node::Open => "..".to_owned(),
        Node::Interval(ends) => format!("[{} {}]", said(&ends[0]), said(&ends[1])),
        Node::Geometry(geometry) => format!("{geometry:?}"),
        Node::Bbox(corners) => format!("{corners:?}"),
        Node::List(parts) => format!("[{}]", all(parts)),
        Node::Call(operator, parts) => format!("({} {})", operator.name(), all(parts)),
    }
}

fn all(parts: &[Expression]) -> String {
    parts.iter().map(said).collect::<Vec<_>>().join(" ")
}

#[test]
fn text_and_json_say_the_same() {
    for (text, json, meaning) in [
        ("a = 'x'", r#"{"op":"=","args":[{"property":"a"},"x"]}"#, "(= a 'x')"),
        ("\"a\" <> -1.5e3", r#"{"op":"<>","args":[{"property":"a"},-1500.0]}"#, "(<> a -1.5e3)"),
        (
            "a<1 AND b >= 2 and c LIKE 'x%'",
            r#"{"op":"and","args":[{"op":"<","args":[{"property":"a"},1]},{"op":">=","args":[{"property":"b"},2]},
                {"op":"like","args":[{"property":"c"},"x%"]}]}"#,
            "(and (< a 1) (>= b 2) (like c 'x%'))",
        ),
        (
            "NOT (a = TRUE OR b IS NULL)",
            r#"{"op":"not","args":[{"op":"or","args":[{"op":"=","args":[{"property":"a"},true]},
                {"op":"isNull","args":[{"property":"b"}]}]}]}"#,
            "(not (or (= a true) (isNull b)))",
        ),
        (
            "a NOT BETWEEN 1 AND 2 AND b NOT IN ('x','y') AND c IS NOT NULL AND d NOT LIKE '_'",
            r#"{"op":"and","args":[{"op":"not","args":[{"op":"between","args":[{"property":"a"},1,2]}]},
                {"op":"not","args":[{"op":"in","args":[{"property":"b"},["x","y"]]}]},
                {"op":"not","args":[{"op":"isNull","args":[{"property":"c"}]}]},
                {"op":"not","args":[{"op":"like","args":[{"property":"d"},"_"]}]}]}"#,
            "(and (not (between a 1 2)) (not (in b ['x' 'y'])) (not (isNull c)) (not (like d '_')))",
        ),
        (
            "CASEI(a) = casei('Ї') and ACCENTI(b) LIKE accenti('é%')",
            r#"{"op":"and","args":[{"op":"=","args":[{"op":"casei","args":[{"property":"a"}]},{"op":"casei","args":["Ї"]}]},
                {"op":"like","args":[{"op":"accenti","args":[{"property":"b"}]},{"op":"accenti","args":["é%"]}]}]}"#,
            "(and (= (casei a) (casei 'Ї')) (like (accenti b) (accenti 'é%')))",
        ),
        (
            "a + 2 * b ^ 2 - c % 2 > d / 4 div 2",
            r#"{"op":">","args":[{"op":"-","args":[{"op":"+","args":[{"property":"a"},{"op":"*","args":[2,
                {"op":"^","args":[{"property":"b"},2]}]}]},{"op":"%","args":[{"property":"c"},2]}]},
                {"op":"div","args":[{"op":"/","args":[{"property":"d"},4]},2]}]}"#,
            "(> (- (+ a (* 2 (^ b 2))) (% c 2)) (div (/ d 4) 2))",
        ),
        (
            "(a + 1) * 2 = 4",
            r#"{"op":"=","args":[{"op":"*","args":[{"op":"+","args":[{"property":"a"},1]},2]},4]}"#,
            "(= (* (+ a 1) 2) 4)",
        ),
        (
            "S_INTERSECTS(geom, BBOX(30,50,31,51))",
            r#"{"op":"s_intersects","args":[{"property":"geom"},{"bbox":[30,50,31,51]}]}"#,
            "(s_intersects geom [30.0, 50.0, 31.0, 51.0])",
        ),
        (
            "T_DURING(a, INTERVAL('2026-01-01', '..')) OR T_AFTER(b, TIMESTAMP('2026-01-01T00:00:00Z')) or c < DATE('2026-02-03')",
            r#"{"op":"or","args":[{"op":"t_during","args":[{"property":"a"},{"interval":["2026-01-01",".."]}]},
                {"op":"t_after","args":[{"property":"b"},{"timestamp":"2026-01-01T00:00:00Z"}]},
                {"op":"<","args":[{"property":"c"},{"date":"2026-02-03"}]}]}"#,
            "(or (t_during a [d2026-01-01 ..]) (t_after b t1767225600) (< c d2026-02-03))",
        ),
        (
            "T_EQUALS(INTERVAL(a, DATE('2026-01-01')), b)",
            r#"{"op":"t_equals","args":[{"interval":[{"property":"a"},{"date":"2026-01-01"}]},{"property":"b"}]}"#,
            "(t_equals [a d2026-01-01] b)",
        ),
    ] {
        let from_text = read_text(text).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"));
        let from_json = read_json(json).unwrap_or_else(|mistake| panic!("{json}: {mistake:?}"));
        assert_eq!(said(&from_text), meaning, "{text}");
        assert_eq!(said(&from_json).replace("-1500.0", "-1.5e3"), meaning, "{json}");
    }
}

#[test]
fn geometries_are_the_same_in_wkt_and_geojson() {
    for (wkt, geojson) in [
        ("POINT(1 2)", r#"{"type":"Point","coordinates":[1,2]}"#),
        ("point Z (1 -2.5 3)", r#"{"type":"Point","coordinates":[1,-2.5,3]}"#),
        ("LINESTRING(0 0, 1 1)", r#"{"type":"LineString","coordinates":[[0,0],[1,1]]}"#),
        (
            "POLYGON((0 0,1 0,1 1,0 0),(0.1 0.1,0.2 0.1,0.2 0.2,0.1 0.1))",
            r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]],[[0.1,0.1],[0.2,0.1],[0.2,0.2],[0.1,0.1]]]}"#,
        ),
        ("MULTIPOINT(1 2, 3 4)", r#"{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}"#),
        ("MULTIPOINT((1 2), (3 4))", r#"{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}"#),
        (
            "MULTILINESTRING((0 0,1 1),(2 2,3 3))",
            r#"{"type":"MultiLineString","coordinates":[[[0,0],[1,1]],[[2,2],[3,3]]]}"#,
        ),
        ("MULTIPOLYGON(((0 0,1 0,1 1,0 0)))", r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}"#),
        (
            "GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0,1 1))",
            r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[0,0],[1,1]]}]}"#,
        ),
    ] {
        let text = read_text(&format!("S_WITHIN(geom, {wkt})")).unwrap_or_else(|mistake| panic!("{wkt}: {mistake:?}"));
        let json = read_json(&format!(r#"{{"op":"s_within","args":[{{"property":"geom"}},{geojson}]}}"#)).unwrap();
        assert_eq!(said(&text), said(&json), "{wkt}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, position) in [
        ("", 1),
        ("a =", 4),
        ("a = 'x", 5),
        ("вулиця = = 1", 10),
        ("a = 1 b", 7),
        ("a BETWEEN 1 OR 2", 13),
        ("a IN 1", 6),
        ("a IN ()", 7),
        ("foo(1)", 1),
        ("a = 1 AND", 10),
        ("a LIKE", 7),
        ("a IS 1", 6),
        ("S_INTERSECTS(geom)", 1),
        ("S_INTERSECTS(geom, POLYGON((0 0,1 1)))", 20),
        ("S_INTERSECTS(geom, POINT(1))", 27),
        ("S_INTERSECTS(geom, POINT(x y))", 26),
        ("a < DATE('2026-13-01')", 5),
        ("a < TIMESTAMP('2026-01-01')", 5),
        ("T_DURING(a, INTERVAL('2026-01-01'))", 13),
        ("A_CONTAINS(a, ('x'))", 1),
        ("a = 1e999", 5),
        ("a ; b", 3),
        ("NOT", 4),
        ("(a = 1", 7),
        ("and", 1),
    ] {
        let mistake = read_text(text).expect_err(text);
        assert_eq!(mistake.at, At::Position(position), "{text}: {}", mistake.en);
    }
    for (json, pointer) in [
        ("{", ""),
        ("null", ""),
        (r#"{"op":"nope","args":[]}"#, ""),
        (r#"{"op":"="}"#, ""),
        (r#"{"op":"and","args":[{"op":"=","args":[{"property":"a"}]}, true]}"#, "/args/0"),
        (r#"{"op":"=","args":[{"property":"a"},{"date":"x"}]}"#, "/args/1"),
        (r#"{"op":"=","args":[{"property":"a"},null]}"#, "/args/1"),
        (r#"{"op":"s_within","args":[{"property":"a"},{"type":"Point","coordinates":[[1,2]]}]}"#, "/args/1"),
        (r#"{"op":"s_within","args":[{"property":"a"},{"type":"Circle","coordinates":[1,2]}]}"#, "/args/1"),
        (r#"{"op":"t_during","args":[{"property":"a"},{"interval":["2026-01-01"]}]}"#, "/args/1"),
        (r#"{"op":"s_within","args":[{"property":"a"},{"bbox":[1,2,3]}]}"#, "/args/1"),
    ] {
        let mistake = read_json(json).expect_err(json);
        assert_eq!(mistake.at, At::Pointer(pointer.to_owned()), "{json}: {}", mistake.en);
    }
}

#[test]
fn no_filter_takes_the_machine() {
    assert!(read_text(&"(".repeat(10_000)).is_err());
    assert!(read_text(&"NOT ".repeat(8_000)).is_err());
    assert!(read_text(&"-".repeat(20_000)).is_err());
    assert!(read_text(&format!("a IN ({}1)", "1,".repeat(5_000))).is_err());
    assert!(read_text(&"a".repeat(LONGEST + 1)).is_err());
    let nested = format!("{}true{}", r#"{"op":"not","args":["#.repeat(100), "]}".repeat(100));
    assert!(read_json(&nested).is_err());
    let points = vec!["1 2"; 7_000].join(",");
    assert!(read_text(&format!("S_WITHIN(geom, LINESTRING({points}))")).is_ok());
    assert!(
        read_text(&format!(
            "S_WITHIN(geom, LINESTRING({points})) OR S_WITHIN(geom, LINESTRING(1 2,{}))",
            "1 2,".repeat(100)
        ))
        .is_err()
    );
}
