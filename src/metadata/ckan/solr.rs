//! The part of Solr's query language in which harvesters narrow `package_search` by `fq`: fields with a word, a phrase, a
//! list or a range, `AND`, `OR`, `NOT`, `+`, `-` and brackets. What stands side by side must hold together.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// How deep brackets may lie in each other.
const DEEPEST: usize = 8;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Is { field: String, value: Value },
}

/// What a field must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    /// From and to, both included; none: open.
    Between(Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// What cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(pub String);

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    /// With the colon.
    Field(String),
    Text(String),
    /// What stands in square brackets.
    Range(String),
}

/// Reads a query; an empty one has no conditions.
pub fn read(text: &str) -> Result<Condition, Unreadable> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, place: 0 };
    let condition = reader.all(0, None)?;
    if reader.place < tokens.len() {
        return Err(Unreadable(")".to_owned()));
    }
    Ok(condition)
}

fn tokens(text: &str) -> Result<Vec<Token>, Unreadable> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '(' => (Token::Open, &rest[1..]),
            ')' => (Token::Close, &rest[1..]),
            '-' | '!' => (Token::Not, &rest[1..]),
            '+' => {
                rest = rest[1..].trim_start();
                continue;
            }
            '"' => enclosed(&rest[1..], '"').map(|(inside, after)| (Token::Text(inside), after))?,
            '[' => enclosed(&rest[1..], ']').map(|(inside, after)| (Token::Range(inside), after))?,
            _ => word(rest),
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn enclosed(text: &str, end: char) -> Result<(String, &str), Unreadable> {
    let (inside, after) = text.split_once(end).ok_or_else(|| Unreadable(text.to_owned()))?;
    Ok((inside.to_owned(), after))
}

fn word(text: &str) -> (Token, &str) {
    let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '[' | ':');
    let end = text.find(ends).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    if let Some(after) = after.strip_prefix(':') {
        return (Token::Field(word.to_owned()), after);
    }
    let token = match word {
        "AND" | "&&" => Token::And,
        "OR" | "||" => Token::Or,
        "NOT" => Token::Not,
        word => Token::Text(word.to_owned()),
    };
    (token, after)
}

struct Reader<'t> {
    tokens: &'t [Token],
    place: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.place)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.place += 1;
        token
    }

    /// Conditions side by side, up to a closing bracket; `OR` binds its neighbours more tightly. Within a field's brackets
    /// words are its values.
    fn all(&mut self, depth: usize, field: Option<&str>) -> Result<Condition, Unreadable> {
        let mut all: Vec<Condition> = Vec::new();
        while let Some(token) = self.peek() {
            match token {
                Token::Close => break,
                Token::And => self.place += 1,
                Token::Or => {
                    self.place += 1;
                    let right = self.one(depth, field)?;
                    match all.pop() {
                        Some(Condition::Any(mut any)) => {
                            any.push(right);
                            all.push(Condition::Any(any));
                        }
                        Some(left) => all.push(Condition::Any(vec![left, right])),
                        None => return Err(Unreadable("OR".to_owned())),
                    }
                }
                _ => all.push(self.one(depth, field)?),
            }
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
    }

    fn one(&mut self, depth: usize, field: Option<&str>) -> Result<Condition, Unreadable> {
        if depth > DEEPEST {
            return Err(Unreadable("(".to_owned()));
        }
        match self.next() {
            Some(Token::Not) => Ok(Condition::Not(Box::new(self.one(depth + 1, field)?))),
            Some(Token::Open) => {
                let inside = self.all(depth + 1, field)?;
                match self.next() {
                    Some(Token::Close) => Ok(inside),
                    _ => Err(Unreadable("(".to_owned())),
                }
            }
            Some(Token::Field(name)) => self.one(depth + 1, Some(&name)),
            Some(Token::Text(text)) => Ok(is(field, Value::Text(text))),
            Some(Token::Range(text)) => range(&text).map(|value| is(field, value)),
            other => Err(Unreadable(format!("{other:?}"))),
        }
    }
}

/// Words without a field are looked for everywhere.
fn is(field: Option<&str>, value: Value) -> Condition {
    Condition::Is { field: field.unwrap_or("text").to_owned(), value }
}

fn range(text: &str) -> Result<Value, Unreadable> {
    let unreadable = || Unreadable(format!("[{text}]"));
    let (from, to) = text.split_once(" TO ").ok_or_else(unreadable)?;
    let bound = |text: &str| match text.trim() {
        "*" => Ok(None),
        text => moment(text).map(Some).ok_or_else(unreadable),
    };
    Ok(Value::Between(bound(from)?, bound(to)?))
}

/// A moment in UTC, with or without its Z, or the beginning of a day.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let naive = text.trim_end_matches('Z');
    let naive: NaiveDateTime = naive.parse().ok().or_else(|| naive.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0))?;
    Some(naive.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_text(field: &str, text: &str) -> Condition {
        is(Some(field), Value::Text(text.to_owned()))
    }

    #[test]
    fn what_harvesters_ask_is_read() {
        let since = "metadata_modified:[2026-11-01T10:20:30.123456Z TO *]";
        let asked = format!("organization:a OR organization:b {since}");
        let Condition::All(all) = read(&asked).unwrap() else { panic!("{asked}") };
        assert_eq!(all[0], Condition::Any(vec![is_text("organization", "a"), is_text("organization", "b")]));
        let Condition::Is { value: Value::Between(Some(from), None), .. } = &all[1] else { panic!("{all:?}") };
        assert_eq!(from.to_rfc3339(), "2026-11-01T10:20:30.123456+00:00");
        let Condition::All(without) = read("-organization:x -groups:y").unwrap() else { panic!() };
        assert_eq!(without[1], Condition::Not(Box::new(is_text("groups", "y"))));
    }

    #[test]
    fn lists_phrases_and_brackets_are_read() {
        let list = Condition::Any(vec![is_text("res_format", "CSV"), is_text("res_format", "File Geodatabase")]);
        assert_eq!(read("res_format:(CSV OR \"File Geodatabase\")").unwrap(), list);
        assert_eq!(read("+(res_format:CSV OR res_format:\"File Geodatabase\")").unwrap(), list);
        assert_eq!(read("").unwrap(), Condition::All(Vec::new()));
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_never_panics() {
        let deep = "(".repeat(100_000);
        for wrong in ["(a", "a)", "OR a", "name:", "name:[1 TO", "name:[x TO y]", "\"a", "-", deep.as_str(), "NOT"] {
            assert!(read(wrong).is_err(), "{}", &wrong[..wrong.len().min(20)]);
        }
        let _ = read("a]b ї:ґ :x :");
        assert!(read(&"-".repeat(100_000)).is_err());
    }
}
