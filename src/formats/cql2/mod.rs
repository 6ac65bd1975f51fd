//! CQL2 (OGC 21-065r2): what a filter says, read from its text or JSON form. What names mean and what types go together is
//! for who knows the register; here is only the form.

mod json;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod words;

use chrono::{DateTime, NaiveDate, Utc};
use geo::Geometry;

pub use json::read as read_json;
pub use text::read as read_text;

/// Bytes of the longest filter.
pub const LONGEST: usize = 32 << 10;
/// How deep a filter may be nested, and how many parts it may have.
const DEEPEST: usize = 48;
const MOST_PARTS: usize = 2_000;

/// Where a part stands in a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// In text: characters from the beginning, the first being 1.
    Position(usize),
    /// In JSON: a JSON Pointer (RFC 6901).
    Pointer(String),
}

impl At {
    pub fn uk(&self) -> String {
        match self {
            Self::Position(position) => format!("позиція {position}"),
            Self::Pointer(pointer) => format!("місце «{pointer}»"),
        }
    }

    pub fn en(&self) -> String {
        match self {
            Self::Position(position) => format!("position {position}"),
            Self::Pointer(pointer) => format!("place “{pointer}”"),
        }
    }
}

/// What is wrong with a filter, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    pub at: At,
    pub uk: String,
    pub en: String,
}

impl Mistake {
    pub fn new(at: &At, uk: impl Into<String>, en: impl Into<String>) -> Self {
        Self { at: at.clone(), uk: uk.into(), en: en.into() }
    }
}

/// A part of a filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub at: At,
    pub node: Node,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Property(String),
    Text(String),
    /// As it is written: digits, a point, an exponent. Its value is finite.
    Number(String),
    Boolean(bool),
    Date(NaiveDate),
    Timestamp(DateTime<Utc>),
    /// The open end of an interval.
    Open,
    Interval(Box<[Expression; 2]>),
    /// In the axes of the filter's reference system.
    Geometry(Geometry<f64>),
    /// Two corners, in these axes as well; the first of the one may be above the first of the other.
    Bbox([f64; 4]),
    List(Vec<Expression>),
    Call(Operator, Vec<Expression>),
}

/// What is done with operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    And,
    Or,
    Not,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    Between,
    In,
    IsNull,
    Add,
    Subtract,
    Multiply,
    Divide,
    WholeDivide,
    Modulo,
    Power,
    CaseInsensitive,
    AccentInsensitive,
    Spatial(&'static str),
    Temporal(&'static str),
    Array(&'static str),
}

/// Names of operators in JSON. Functions have the same names in text, there in any case.
const NAMES: [(&str, Operator); 22] = [
    ("and", Operator::And),
    ("or", Operator::Or),
    ("not", Operator::Not),
    ("=", Operator::Equal),
    ("<>", Operator::Unequal),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
    ("like", Operator::Like),
    ("between", Operator::Between),
    ("in", Operator::In),
    ("isNull", Operator::IsNull),
    ("+", Operator::Add),
    ("-", Operator::Subtract),
    ("*", Operator::Multiply),
    ("/", Operator::Divide),
    ("div", Operator::WholeDivide),
    ("%", Operator::Modulo),
    ("^", Operator::Power),
    ("casei", Operator::CaseInsensitive),
    ("accenti", Operator::AccentInsensitive),
];
const SPATIAL: [&str; 8] =
    ["s_intersects", "s_equals", "s_disjoint", "s_touches", "s_within", "s_overlaps", "s_crosses", "s_contains"];
const TEMPORAL: [&str; 15] = [
    "t_after",
    "t_before",
    "t_contains",
    "t_disjoint",
    "t_during",
    "t_equals",
    "t_finishedby",
    "t_finishes",
    "t_intersects",
    "t_meets",
    "t_metby",
    "t_overlappedby",
    "t_overlaps",
    "t_startedby",
    "t_starts",
];
const ARRAY: [&str; 4] = ["a_equals", "a_contains", "a_containedby", "a_overlaps"];

impl Operator {
    /// By its name in JSON; functions in any case.
    fn named(name: &str) -> Option<Self> {
        let function = || {
            let lower = name.to_ascii_lowercase();
            let find = |names: &[&'static str]| names.iter().find(|known| **known == lower).copied();
            find(&SPATIAL)
                .map(Self::Spatial)
                .or_else(|| find(&TEMPORAL).map(Self::Temporal))
                .or_else(|| find(&ARRAY).map(Self::Array))
        };
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, operator)| *operator).or_else(function)
    }

    /// The function of that name, in text.
    fn function(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "casei" => Some(Self::CaseInsensitive),
            "accenti" => Some(Self::AccentInsensitive),
            lower if lower.contains('_') => Self::named(lower),
            _ => None,
        }
    }

    /// How many operands it takes, at least and at most.
    fn operands(self) -> (usize, usize) {
        match self {
            Self::And | Self::Or => (2, usize::MAX),
            Self::Not | Self::IsNull | Self::CaseInsensitive | Self::AccentInsensitive => (1, 1),
            Self::Between => (3, 3),
            _ => (2, 2),
        }
    }

    /// As a person is told.
    pub fn name(self) -> &'static str {
        match self {
            Self::Spatial(name) | Self::Temporal(name) | Self::Array(name) => name,
            other => NAMES.iter().find(|(_, operator)| *operator == other).map_or("", |(name, _)| name),
        }
    }

    /// A call, where the number of operands is right.
    fn call(self, at: At, operands: Vec<Expression>) -> Result<Expression, Mistake> {
        let (least, most) = self.operands();
        if operands.len() < least || operands.len() > most {
            let (name, found) = (self.name(), operands.len());
            return Err(Mistake::new(
                &at,
                format!("«{name}» має іншу кількість аргументів: потрібно {least}, є {found}"),
                format!("“{name}” takes another number of arguments: {least} are needed, {found} are given"),
            ));
        }
        Ok(Expression { at, node: Node::Call(self, operands) })
    }
}

/// Counts parts, so that no filter takes the machine's time.
#[derive(Debug, Default)]
struct Budget {
    parts: usize,
    depth: usize,
}

impl Budget {
    fn part(&mut self, at: &At) -> Result<(), Mistake> {
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return Err(Mistake::new(
                at,
                format!("у фільтрі понад {MOST_PARTS} частин"),
                format!("the filter has more than {MOST_PARTS} parts"),
            ));
        }
        Ok(())
    }

    fn deeper(&mut self, at: &At) -> Result<(), Mistake> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Mistake::new(
                at,
                format!("фільтр вкладено глибше ніж на {DEEPEST}"),
                format!("the filter is nested deeper than {DEEPEST}"),
            ));
        }
        Ok(())
    }
}

/// A filter that is too long to be read.
fn too_long(at: At) -> Mistake {
    Mistake::new(
        &at,
        format!("фільтр довший за {LONGEST} байтів"),
        format!("the filter is longer than {LONGEST} bytes"),
    )
}

/// The value of `DATE('…')`.
fn date(text: &str, at: &At) -> Result<Node, Mistake> {
    // PostgreSQL and calendars agree on these years
    let day = text.parse::<NaiveDate>().ok().filter(|_| text.len() == 10);
    day.map(Node::Date).ok_or_else(|| {
        Mistake::new(at, format!("«{text}» не є датою рррр-мм-дд"), format!("“{text}” is no date yyyy-mm-dd"))
    })
}

/// The value of `TIMESTAMP('…')` (RFC 3339).
fn timestamp(text: &str, at: &At) -> Result<Node, Mistake> {
    let moment = DateTime::parse_from_rfc3339(text).ok().filter(|_| !text.starts_with("0000"));
    moment.map(|moment| Node::Timestamp(moment.to_utc())).ok_or_else(|| {
        Mistake::new(
            at,
            format!("«{text}» не є моментом на зразок 2026-11-25T10:00:00Z"),
            format!("“{text}” is no moment such as 2026-11-25T10:00:00Z"),
        )
    })
}

/// An end of an interval that is written as text.
fn interval_end(text: &str, at: &At) -> Result<Node, Mistake> {
    match text {
        ".." => Ok(Node::Open),
        _ if text.len() == 10 => date(text, at),
        _ => timestamp(text, at),
    }
}

/// A number as it is written, where it is finite.
fn number(text: &str, at: &At) -> Result<Node, Mistake> {
    let is_finite = text.parse::<f64>().is_ok_and(f64::is_finite);
    if !is_finite || text.len() > 40 {
        return Err(Mistake::new(at, format!("число {text} завелике"), format!("the number {text} is too large")));
    }
    Ok(Node::Number(text.to_owned()))
}
