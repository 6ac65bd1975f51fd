//! The order of a page, and the places in it where the next page begins and the previous one ends.
//!
//! A page begins after the sort values and the id of the last feature before it, or ends before those of the first feature
//! after it, so nothing is skipped or given twice however many rows come and go meanwhile.

use serde_json::Value as Json;

use crate::catalogue::filter::Values;
use crate::catalogue::layer::Field;
use crate::catalogue::select::Selection;
use crate::db::sql::identifier;
use crate::http::problem::Problem;

/// More would be slow and of no use.
const MOST_KEYS: usize = 8;

/// What features are sorted by, the id being the last.
#[derive(Debug, Clone, Default)]
pub struct Sort {
    keys: Vec<Key>,
}

#[derive(Debug, Clone)]
struct Key {
    /// SQL of the value.
    value: String,
    kind: &'static str,
    descending: bool,
}

/// The place of a feature in the order: its sort values and its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    pub values: Vec<Option<String>>,
    pub id: i64,
}

/// Where a page lies.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Start {
    #[default]
    First,
    /// It begins after a feature.
    After(Cursor),
    /// It ends before a feature.
    Before(Cursor),
}

impl Start {
    pub fn is_first(&self) -> bool {
        *self == Self::First
    }

    pub fn is_back(&self) -> bool {
        matches!(self, Self::Before(_))
    }
}

impl Sort {
    /// Reads `sortby`: names joined by commas, each with `-` before it for the other way round.
    pub fn read(text: &str, selection: &Selection, collation: Option<&str>) -> Result<Self, Problem> {
        let mut keys = Vec::new();
        for part in text.split(',') {
            // a plus that was not encoded arrives as a space
            let part = part.trim();
            let descending = part.starts_with('-');
            let name = part.trim_start_matches(['+', '-']).trim();
            let (value, kind) = sortable(name, selection, collation).ok_or_else(|| unsortable(name, selection))?;
            keys.push(Key { value, kind, descending });
        }
        if keys.len() > MOST_KEYS {
            return Err(Problem::bad_request(
                "sortby",
                format!("sortby — щонайбільше {MOST_KEYS} полів"),
                format!("sortby takes {MOST_KEYS} fields at most"),
            ));
        }
        Ok(Self { keys })
    }

    /// Reads `after` or `before` of a page in this order, as they came.
    pub fn start(&self, after: Option<&str>, before: Option<&str>) -> Result<Start, Problem> {
        match (after, before) {
            (None, None) => Ok(Start::First),
            (Some(text), None) => Ok(Start::After(self.cursor("after", text)?)),
            (None, Some(text)) => Ok(Start::Before(self.cursor("before", text)?)),
            (Some(_), Some(_)) => Err(Problem::bad_request(
                "before",
                "Сторінка лежить або після об’єкта (after), або перед ним (before)",
                "A page lies either after a feature (after) or before one (before)",
            )),
        }
    }

    fn cursor(&self, name: &str, text: &str) -> Result<Cursor, Problem> {
        let cursor = match self.keys.len() {
            0 => text.parse().ok().map(|id| Cursor { values: Vec::new(), id }),
            keys => listed(text, keys),
        };
        cursor.ok_or_else(|| {
            Problem::bad_request(
                name,
                format!("{name} береться з посилання next чи prev іншої сторінки"),
                format!("{name} is taken from the link next or prev of another page"),
            )
        })
    }

    /// SQL that the rows of a page meet; values may be null, which come last in either direction.
    pub fn condition(&self, id: &str, start: &Start, values: &mut Values) -> Option<String> {
        let (cursor, is_back) = match start {
            Start::First => return None,
            Start::After(cursor) => (cursor, false),
            Start::Before(cursor) => (cursor, true),
        };
        let way = |is_less: bool| if is_less { '<' } else { '>' };
        let by_id = format!("{id} {} {}", way(is_back), values.add(cursor.id.to_string(), "bigint"));
        let (mut alternatives, mut equal) = (Vec::new(), Vec::new());
        for (key, value) in self.keys.iter().zip(&cursor.values) {
            let Key { value: own, kind, descending } = key;
            match value {
                Some(text) => {
                    let bound = values.add(text, kind);
                    let beyond = format!("{own} {} {bound}", way(*descending != is_back));
                    let beyond = if is_back { beyond } else { format!("({beyond} or {own} is null)") };
                    alternatives.push(all(&equal, &beyond));
                    equal.push(format!("{own} = {bound}"));
                }
                None => {
                    if is_back {
                        alternatives.push(all(&equal, &format!("{own} is not null")));
                    }
                    equal.push(format!("{own} is null"));
                }
            }
        }
        alternatives.push(all(&equal, &by_id));
        Some(format!("({})", alternatives.join(" or ")))
    }

    /// What rows are sorted by; back: the other way round.
    pub fn order(&self, id: &str, is_back: bool) -> String {
        let key = |key: &Key| {
            let direction = if key.descending == is_back { "asc" } else { "desc" };
            format!("{} {direction} nulls {}", key.value, if is_back { "first" } else { "last" })
        };
        let id = format!("{id}{}", if is_back { " desc" } else { "" });
        self.keys.iter().map(key).chain([id]).collect::<Vec<_>>().join(", ")
    }

    /// SQL for the sort values as texts, each after a comma, which [`Self::condition`] takes again.
    pub fn columns(&self) -> String {
        self.keys.iter().map(|key| format!(", ({})::text", key.value)).collect()
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

impl Cursor {
    /// As the parameter's value.
    pub fn text(&self) -> String {
        if self.values.is_empty() {
            return self.id.to_string();
        }
        let values = self.values.iter().map(|value| value.clone().map_or(Json::Null, Json::from));
        Json::from_iter(values.chain([Json::from(self.id)])).to_string()
    }
}

fn listed(text: &str, keys: usize) -> Option<Cursor> {
    let mut list: Vec<Json> = serde_json::from_str(text).ok()?;
    let id = list.pop()?.as_i64()?;
    let value = |json: Json| match json {
        Json::Null => Some(None),
        // what the database takes for the end of a text is in none
        Json::String(text) if !text.contains('\0') => Some(Some(text)),
        _ => None,
    };
    let values: Vec<_> = list.into_iter().map(value).collect::<Option<_>>()?;
    (values.len() == keys).then_some(Cursor { values, id })
}

fn all(equal: &[String], last: &str) -> String {
    let parts: Vec<_> = equal.iter().map(String::as_str).chain([last]).collect();
    format!("({})", parts.join(" and "))
}

/// SQL of a value that can be sorted by, and its type.
fn sortable(name: &str, selection: &Selection, collation: Option<&str>) -> Option<(String, &'static str)> {
    match name {
        "id" => return Some((selection.qualified(&selection.id()), "bigint")),
        "standing" if selection.layer.status.is_some() => return Some((format!("({})", selection.standing()), "text")),
        _ => {}
    }
    let field = selection.visible(name)?;
    let column = selection.qualified(&identifier(&field.name));
    let kind = field.kind.column_type();
    Some(match collation.filter(|_| kind == "text") {
        Some(collation) => (format!("({column} collate {})", identifier(collation)), kind),
        None => (column, kind),
    })
}

/// What can be sorted by.
pub fn names(selection: &Selection) -> Vec<&str> {
    let standing = selection.layer.status.as_ref().map(|_| "standing");
    let fields = fields(selection).map(|field| field.name.as_str());
    std::iter::once("id").chain(fields).chain(standing).collect()
}

fn fields(selection: &Selection) -> impl Iterator<Item = &Field> {
    selection.fields.iter().map(|&index| selection.field(index))
}

fn unsortable(name: &str, selection: &Selection) -> Problem {
    let known = names(selection).join(", ");
    Problem::bad_request(
        "sortby",
        format!("За «{name}» не сортують. Дозволено: {known}; із «-» — навпаки"),
        format!("“{name}” cannot be sorted by. Allowed: {known}; with “-” the other way round"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let key = Key { value: "a".to_owned(), kind: "text", descending: false };
        let sort = Sort { keys: vec![key.clone(), key] };
        let cursor = Cursor { values: vec![Some("вул. \"А\", 5".to_owned()), None], id: 17 };
        let read = |sort: &Sort, text: &str| sort.start(Some(text), None);
        assert_eq!(read(&sort, &cursor.text()).unwrap(), Start::After(cursor.clone()));
        assert_eq!(sort.start(None, Some(&cursor.text())).unwrap(), Start::Before(cursor));
        assert_eq!(read(&Sort::default(), "17").unwrap(), Start::After(Cursor { values: Vec::new(), id: 17 }));
        assert_eq!(sort.start(None, None).unwrap(), Start::First);
        for wrong in ["17", "[1,2,3]", "[\"a\",null]", "[\"a\",\"b\",\"c\"]", "[\"\\u0000\",null,1]", "", "["] {
            assert!(read(&sort, wrong).is_err(), "{wrong}");
        }
        assert!(read(&Sort::default(), "[17]").is_err());
        assert!(Sort::default().start(Some("1"), Some("9")).is_err(), "one of the two");
    }

    #[test]
    fn rows_beyond_a_cursor_are_those_with_values_beyond_or_the_same_and_an_id_beyond() {
        let key = |value: &str, descending| Key { value: value.to_owned(), kind: "text", descending };
        let sort = Sort { keys: vec![key("a", false), key("b", true)] };
        let mut values = Values::new(1);
        let cursor = Cursor { values: vec![Some("x".to_owned()), Some("y".to_owned())], id: 7 };
        assert_eq!(
            sort.condition("id", &Start::After(cursor.clone()), &mut values).unwrap(),
            "(((a > $2::text or a is null)) or (a = $2::text and (b < $3::text or b is null)) \
             or (a = $2::text and b = $3::text and id > $1::bigint))"
        );
        assert_eq!(values.texts(), ["7", "x", "y"]);
        let last = Cursor { values: vec![None, Some("y".to_owned())], id: 7 };
        let condition = |start| sort.condition("id", &start, &mut Values::new(1)).unwrap();
        assert_eq!(
            condition(Start::After(last.clone())),
            "((a is null and (b < $2::text or b is null)) or (a is null and b = $2::text and id > $1::bigint))"
        );
        assert_eq!(
            condition(Start::Before(cursor)),
            "((a < $2::text) or (a = $2::text and b > $3::text) or (a = $2::text and b = $3::text and id < $1::bigint))"
        );
        assert_eq!(
            condition(Start::Before(last)),
            "((a is not null) or (a is null and b > $2::text) or (a is null and b = $2::text and id < $1::bigint))"
        );
        assert_eq!(sort.order("id", false), "a asc nulls last, b desc nulls last, id");
        assert_eq!(sort.order("id", true), "a desc nulls first, b asc nulls first, id desc");
    }
}
