//! A CQL2 filter as an SQL condition over what the read door shows its caller. Names come from the layer file; every value of
//! the filter is a parameter.

use geo::{Geometry, MapCoords, MultiPolygon, Rect, coord};

use super::Values;
use crate::catalogue::layer::FieldType;
use crate::catalogue::select::Selection;
use crate::db::sql::identifier;
use crate::formats::cql2::{At, Expression, Mistake, Node, Operator, read_json, read_text};
use crate::formats::ewkb;
use crate::http::problem::Problem;

/// By what names filters know the geometry.
const GEOMETRY: [&str; 2] = ["geom", "geometry"];

/// A filter, and the reference system that its geometries are in.
#[derive(Debug, Clone, PartialEq)]
pub struct Cql2 {
    pub expression: Expression,
    /// EPSG code.
    pub system: u32,
    /// Whether the first coordinate is the one to the north.
    pub is_north_first: bool,
}

impl Cql2 {
    /// Reads a filter whose geometries are in longitude and latitude. Whether it is JSON is seen from its first brace,
    /// unless that is said.
    pub fn read(text: &str, is_json: Option<bool>) -> Result<Self, Problem> {
        let is_json = is_json.unwrap_or(text.trim_start().starts_with('{'));
        let read = if is_json { read_json(text) } else { read_text(text) };
        let expression = read.map_err(|mistake| problem(&mistake))?;
        Ok(Self { expression, system: 4326, is_north_first: false })
    }

    pub fn condition(&self, selection: &Selection, values: &mut Values) -> Result<String, Problem> {
        Compiler { filter: self, selection, values }.boolean(&self.expression).map_err(|mistake| problem(&mistake))
    }
}

/// What a request's `filter` is told.
fn problem(mistake: &Mistake) -> Problem {
    let Mistake { at, uk, en } = mistake;
    Problem::bad_request("filter", format!("filter, {}: {uk}", at.uk()), format!("filter, {}: {en}", at.en()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Boolean,
    Date,
    Moment,
    Geometry,
}

impl Kind {
    fn of(kind: FieldType) -> Self {
        match kind {
            FieldType::Integer | FieldType::Number | FieldType::Money => Self::Number,
            FieldType::Boolean => Self::Boolean,
            FieldType::Date => Self::Date,
            FieldType::Datetime => Self::Moment,
            _ => Self::Text,
        }
    }

    fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Moment)
    }

    fn uk(self) -> &'static str {
        match self {
            Self::Text => "текст",
            Self::Number => "число",
            Self::Boolean => "так чи ні",
            Self::Date => "дата",
            Self::Moment => "момент",
            Self::Geometry => "геометрія",
        }
    }

    fn en(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Date => "a date",
            Self::Moment => "a moment",
            Self::Geometry => "a geometry",
        }
    }
}

/// SQL and what its value is.
struct Typed {
    sql: String,
    kind: Kind,
}

struct Compiler<'c> {
    filter: &'c Cql2,
    selection: &'c Selection,
    values: &'c mut Values,
}

impl Compiler<'_> {
    /// SQL of something true or false.
    fn boolean(&mut self, expression: &Expression) -> Result<String, Mistake> {
        let Node::Call(operator, operands) = &expression.node else {
            return self.of_kind(expression, Kind::Boolean);
        };
        Ok(match (operator, &operands[..]) {
            (Operator::And | Operator::Or, _) => {
                let parts: Vec<_> = operands.iter().map(|part| self.boolean(part)).collect::<Result<_, _>>()?;
                let joint = if *operator == Operator::And { " and " } else { " or " };
                format!("({})", parts.join(joint))
            }
            (Operator::Not, [inner]) => format!("(not {})", self.boolean(inner)?),
            (Operator::IsNull, [inner]) => format!("({} is null)", self.scalar(inner)?.sql),
            (Operator::Like, [text, pattern]) => {
                format!("({} like {})", self.of_kind(text, Kind::Text)?, self.of_kind(pattern, Kind::Text)?)
            }
            (Operator::Between, [value, low, high]) => {
                let low = self.compare(Operator::GreaterOrEqual, value, low)?;
                format!("({low} and {})", self.compare(Operator::LessOrEqual, value, high)?)
            }
            (Operator::In, [value, list]) => self.among(value, list)?,
            (Operator::Spatial(name), [left, right]) => {
                let function = format!("st_{}", &name[2..]);
                format!("{function}({}, {})", self.of_kind(left, Kind::Geometry)?, self.of_kind(right, Kind::Geometry)?)
            }
            (Operator::Temporal(name), [left, right]) => {
                let (left, right) = (self.period(left)?, self.period(right)?);
                temporal(name, &left, &right)
            }
            (Operator::Array(name), _) => {
                return Err(Mistake::new(
                    &expression.at,
                    format!("«{name}» — для списків, а властивостей-списків у реєстрі немає"),
                    format!("“{name}” is for arrays, and no property of the register is one"),
                ));
            }
            (_, [left, right]) if sign(*operator).is_some() => self.compare(*operator, left, right)?,
            _ => return self.of_kind(expression, Kind::Boolean),
        })
    }

    fn of_kind(&mut self, expression: &Expression, wanted: Kind) -> Result<String, Mistake> {
        let Typed { sql, kind } = self.scalar(expression)?;
        if kind == wanted { Ok(sql) } else { Err(mismatch(&expression.at, wanted, kind)) }
    }

    fn among(&mut self, value: &Expression, list: &Expression) -> Result<String, Mistake> {
        let Node::List(members) = &list.node else {
            return Err(Mistake::new(&list.at, "тут має бути список", "here must be a list"));
        };
        let equal: Vec<_> =
            members.iter().map(|member| self.compare(Operator::Equal, value, member)).collect::<Result<_, _>>()?;
        if equal.is_empty() { Ok("false".to_owned()) } else { Ok(format!("({})", equal.join(" or "))) }
    }

    fn compare(&mut self, operator: Operator, left: &Expression, right: &Expression) -> Result<String, Mistake> {
        let (mut left_value, mut right_value) = (self.scalar(left)?, self.scalar(right)?);
        // a date may be written as a text, as many clients do
        if left_value.kind.is_time() && matches!(right.node, Node::Text(_)) {
            right_value = self.time(right)?;
        } else if right_value.kind.is_time() && matches!(left.node, Node::Text(_)) {
            left_value = self.time(left)?;
        }
        let (one, other) = (left_value.kind, right_value.kind);
        let is_ordered = !matches!(operator, Operator::Equal | Operator::Unequal);
        if one == Kind::Geometry || one == Kind::Boolean && is_ordered {
            let name = operator.name();
            return Err(Mistake::new(
                &left.at,
                format!("{} не порівнюють через «{name}»", one.uk()),
                format!("{} cannot be compared by “{name}”", one.en()),
            ));
        }
        let sign = sign(operator).unwrap_or("=");
        match (one, other) {
            _ if one == other => Ok(format!("({} {sign} {})", left_value.sql, right_value.sql)),
            // a day begins at midnight in Kyiv, the session's time zone
            _ if one.is_time() && other.is_time() => {
                Ok(format!("({}::timestamptz {sign} {}::timestamptz)", left_value.sql, right_value.sql))
            }
            _ => Err(mismatch(&right.at, one, other)),
        }
    }

    fn scalar(&mut self, expression: &Expression) -> Result<Typed, Mistake> {
        let at = &expression.at;
        let (sql, kind) = match &expression.node {
            Node::Property(name) => return self.property(name, at),
            Node::Text(text) if text.contains('\0') => {
                return Err(Mistake::new(at, "у тексті є нульовий знак", "the text has a null character"));
            }
            Node::Text(text) => (self.values.add(text, "text"), Kind::Text),
            Node::Number(digits) => {
                let kind = if digits.parse::<i64>().is_ok() { "bigint" } else { "numeric" };
                (self.values.add(digits, kind), Kind::Number)
            }
            Node::Boolean(flag) => (flag.to_string(), Kind::Boolean),
            Node::Date(day) => (self.values.add(day.to_string(), "date"), Kind::Date),
            Node::Timestamp(moment) => (self.values.add(moment.to_rfc3339(), "timestamptz"), Kind::Moment),
            Node::Geometry(geometry) => (self.literal(geometry.clone(), at)?, Kind::Geometry),
            Node::Bbox(corners) => (self.literal(self.boxed(*corners), at)?, Kind::Geometry),
            Node::Call(operator, operands) => return self.computed(*operator, operands, expression),
            Node::Interval(_) | Node::Open | Node::List(_) => {
                return Err(Mistake::new(at, "тут має бути одне значення", "here must be a single value"));
            }
        };
        Ok(Typed { sql, kind })
    }

    fn property(&self, name: &str, at: &At) -> Result<Typed, Mistake> {
        let selection = self.selection;
        if let Some(field) = selection.visible(name) {
            return Ok(Typed { sql: identifier(&field.name), kind: Kind::of(field.kind) });
        }
        match name {
            "id" => Ok(Typed { sql: selection.id(), kind: Kind::Number }),
            "standing" if selection.layer.status.is_some() => {
                Ok(Typed { sql: format!("({})", selection.standing()), kind: Kind::Text })
            }
            _ if GEOMETRY.contains(&name) => Ok(Typed { sql: selection.geometry(), kind: Kind::Geometry }),
            _ => {
                let fields = selection.fields.iter().map(|&index| selection.field(index).name.as_str());
                let standing = selection.layer.status.as_ref().map(|_| "standing");
                let known: Vec<_> = ["id", GEOMETRY[0]].into_iter().chain(standing).chain(fields).collect();
                let known = known.join(", ");
                Err(Mistake::new(
                    at,
                    format!("властивості «{name}» немає; є: {known}"),
                    format!("there is no property “{name}”; there are: {known}"),
                ))
            }
        }
    }

    /// What an operator makes of its operands, where that is neither true nor false.
    fn computed(&mut self, operator: Operator, operands: &[Expression], whole: &Expression) -> Result<Typed, Mistake> {
        match (operator, operands) {
            (Operator::CaseInsensitive, [text]) => {
                let sql = format!("lower({})", self.of_kind(text, Kind::Text)?);
                Ok(Typed { sql, kind: Kind::Text })
            }
            // marks that Unicode combines with letters: й is и, ї is і, é is e
            (Operator::AccentInsensitive, [text]) => {
                let text = self.of_kind(text, Kind::Text)?;
                let sql = format!("regexp_replace(normalize({text}, nfd), '[\u{300}-\u{36f}]', '', 'g')");
                Ok(Typed { sql, kind: Kind::Text })
            }
            (_, [left, right]) if is_arithmetic(operator) => {
                let left = self.of_kind(left, Kind::Number)?;
                let right = self.of_kind(right, Kind::Number)?;
                Ok(Typed { sql: arithmetic(operator, &left, &right), kind: Kind::Number })
            }
            _ => Ok(Typed { sql: self.boolean(whole)?, kind: Kind::Boolean }),
        }
    }

    /// A text that stands for a date or a moment.
    fn time(&mut self, expression: &Expression) -> Result<Typed, Mistake> {
        let Node::Text(text) = &expression.node else { return self.scalar(expression) };
        if let Ok(day) = text.parse::<chrono::NaiveDate>() {
            return Ok(Typed { sql: self.values.add(day.to_string(), "date"), kind: Kind::Date });
        }
        match chrono::DateTime::parse_from_rfc3339(text) {
            Ok(moment) => Ok(Typed { sql: self.values.add(moment.to_rfc3339(), "timestamptz"), kind: Kind::Moment }),
            Err(_) => Err(Mistake::new(
                &expression.at,
                format!("«{text}» не є датою; пишіть DATE('2026-11-25') або TIMESTAMP('2026-11-25T10:00:00Z')"),
                format!("“{text}” is no date; write DATE('2026-11-25') or TIMESTAMP('2026-11-25T10:00:00Z')"),
            )),
        }
    }

    /// Beginning and end of a period; of an instant, both are it.
    fn period(&mut self, expression: &Expression) -> Result<[String; 2], Mistake> {
        let Node::Interval(ends) = &expression.node else {
            let instant = self.instant(expression, "infinity")?;
            return Ok([instant.clone(), instant]);
        };
        Ok([self.instant(&ends[0], "-infinity")?, self.instant(&ends[1], "infinity")?])
    }

    fn instant(&mut self, expression: &Expression, open: &str) -> Result<String, Mistake> {
        if expression.node == Node::Open {
            return Ok(format!("timestamptz '{open}'"));
        }
        let Typed { sql, kind } = self.time(expression)?;
        if kind.is_time() {
            Ok(format!("{sql}::timestamptz"))
        } else {
            Err(mismatch(&expression.at, Kind::Moment, kind))
        }
    }

    /// A geometry of the filter, as registers keep theirs.
    fn literal(&mut self, geometry: Geometry<f64>, at: &At) -> Result<String, Mistake> {
        let turned = if self.filter.is_north_first {
            geometry.map_coords(|point| coord! { x: point.y, y: point.x })
        } else {
            geometry
        };
        let hex = ewkb::to_hex_in(&turned, self.filter.system)
            .map_err(|_| Mistake::new(at, "геометрію не прочитано", "the geometry cannot be read"))?;
        let literal = self.values.add(hex, "geometry");
        Ok(if self.filter.system == 4326 { literal } else { format!("st_transform({literal}, 4326)") })
    }

    /// A box, in the filter's axes; one whose west is east of its east is two.
    fn boxed(&self, [a, b, c, d]: [f64; 4]) -> Geometry<f64> {
        let rectangle = |a, b, c, d| Rect::new(coord! { x: a, y: b }, coord! { x: c, y: d }).to_polygon();
        let is_degrees = self.filter.system == 4326;
        match self.filter.is_north_first {
            false if is_degrees && a > c => {
                Geometry::MultiPolygon(MultiPolygon(vec![rectangle(a, b, 180.0, d), rectangle(-180.0, b, c, d)]))
            }
            true if is_degrees && b > d => {
                Geometry::MultiPolygon(MultiPolygon(vec![rectangle(a, b, c, 180.0), rectangle(a, -180.0, c, d)]))
            }
            _ => Geometry::Polygon(rectangle(a, b, c, d)),
        }
    }
}

fn sign(operator: Operator) -> Option<&'static str> {
    Some(match operator {
        Operator::Equal => "=",
        Operator::Unequal => "<>",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        _ => return None,
    })
}

fn is_arithmetic(operator: Operator) -> bool {
    use Operator::{Add, Divide, Modulo, Multiply, Power, Subtract, WholeDivide};
    matches!(operator, Add | Subtract | Multiply | Divide | WholeDivide | Modulo | Power)
}

/// Division by zero gives nothing; whole numbers divide as others do.
fn arithmetic(operator: Operator, left: &str, right: &str) -> String {
    let (left, right) = (format!("{left}::double precision"), format!("{right}::double precision"));
    match operator {
        Operator::Add => format!("({left} + {right})"),
        Operator::Subtract => format!("({left} - {right})"),
        Operator::Multiply => format!("({left} * {right})"),
        Operator::Divide => format!("({left} / nullif({right}, 0))"),
        Operator::WholeDivide => format!("trunc({left} / nullif({right}, 0))"),
        Operator::Modulo => format!("mod(({left})::numeric, nullif(({right})::numeric, 0))"),
        _ => format!("power({left}, {right})"),
    }
}

/// §7.7 of the standard: relations of two periods by their beginnings and ends.
fn temporal(name: &str, [s1, e1]: &[String; 2], [s2, e2]: &[String; 2]) -> String {
    match name {
        "t_after" => format!("({s1} > {e2})"),
        "t_before" => format!("({e1} < {s2})"),
        "t_contains" => format!("({s1} < {s2} and {e1} > {e2})"),
        "t_disjoint" => format!("({e1} < {s2} or {s1} > {e2})"),
        "t_during" => format!("({s1} > {s2} and {e1} < {e2})"),
        "t_equals" => format!("({s1} = {s2} and {e1} = {e2})"),
        "t_finishedby" => format!("({s1} < {s2} and {e1} = {e2})"),
        "t_finishes" => format!("({s1} > {s2} and {e1} = {e2})"),
        "t_meets" => format!("({e1} = {s2})"),
        "t_metby" => format!("({s1} = {e2})"),
        "t_overlappedby" => format!("({s1} > {s2} and {s1} < {e2} and {e1} > {e2})"),
        "t_overlaps" => format!("({s1} < {s2} and {e1} > {s2} and {e1} < {e2})"),
        "t_startedby" => format!("({s1} = {s2} and {e1} > {e2})"),
        "t_starts" => format!("({s1} = {s2} and {e1} < {e2})"),
        // t_intersects
        _ => format!("(not ({e1} < {s2} or {s1} > {e2}))"),
    }
}

fn mismatch(at: &At, wanted: Kind, found: Kind) -> Mistake {
    Mistake::new(
        at,
        format!("тут потрібно: {}, а є: {}", wanted.uk(), found.uk()),
        format!("{} is needed here, and this is {}", wanted.en(), found.en()),
    )
}
