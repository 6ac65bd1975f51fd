//! CQL2 JSON (§8.3 of the standard).

use geo::Geometry;
use serde_json::Value as Json;

use super::shape::{self, Nest};
use super::{
    At, Budget, Expression, LONGEST, Mistake, Node, Operator, date, interval_end, number, timestamp, too_long,
};

/// Reads a filter in JSON.
pub fn read(text: &str) -> Result<Expression, Mistake> {
    if text.len() > LONGEST {
        return Err(too_long(At::Pointer(String::new())));
    }
    let json: Json = serde_json::from_str(text).map_err(|error| {
        let place = format!("{}:{}", error.line(), error.column());
        Mistake::new(
            &At::Pointer(String::new()),
            format!("це не JSON: помилка в {place} (рядок:стовпець)"),
            format!("this is no JSON: a mistake at {place} (line:column)"),
        )
    })?;
    Reader::default().expression(&json, String::new())
}

#[derive(Default)]
struct Reader {
    budget: Budget,
    points: usize,
}

impl Reader {
    fn expression(&mut self, json: &Json, pointer: String) -> Result<Expression, Mistake> {
        let at = At::Pointer(pointer.clone());
        self.budget.part(&at)?;
        self.budget.deeper(&at)?;
        let read = match json {
            Json::String(text) => Ok(Node::Text(text.clone())),
            Json::Number(value) => number(&value.to_string(), &at),
            Json::Bool(flag) => Ok(Node::Boolean(*flag)),
            Json::Array(list) => self.list(list, &pointer).map(Node::List),
            Json::Object(_) => return self.object(json, pointer, at).inspect(|_| self.budget.depth -= 1),
            Json::Null => Err(unknown(&at)),
        };
        self.budget.depth -= 1;
        read.map(|node| Expression { at, node })
    }

    fn list(&mut self, list: &[Json], pointer: &str) -> Result<Vec<Expression>, Mistake> {
        list.iter().enumerate().map(|(place, json)| self.expression(json, format!("{pointer}/{place}"))).collect()
    }

    fn object(&mut self, json: &Json, pointer: String, at: At) -> Result<Expression, Mistake> {
        let text = |name: &str| json[name].as_str();
        if let Some(name) = text("op") {
            let operator = Operator::named(name).ok_or_else(|| {
                Mistake::new(&at, format!("операції «{name}» немає"), format!("there is no operation “{name}”"))
            })?;
            let list = json["args"].as_array().ok_or_else(|| Mistake::new(&at, "немає args", "there are no args"))?;
            let operands = self.list(list, &format!("{pointer}/args"))?;
            return operator.call(at, operands);
        }
        let node = if let Some(name) = text("property") {
            Node::Property(name.to_owned())
        } else if let Some(day) = text("date") {
            date(day, &at)?
        } else if let Some(moment) = text("timestamp") {
            timestamp(moment, &at)?
        } else if let Some(ends) = json["interval"].as_array() {
            self.interval(ends, &pointer, &at)?
        } else if let Some(corners) = json["bbox"].as_array() {
            bbox(corners, &at)?
        } else if text("type").is_some() {
            Node::Geometry(self.geometry(json, &at, 0)?)
        } else {
            return Err(unknown(&at));
        };
        Ok(Expression { at, node })
    }

    fn interval(&mut self, ends: &[Json], pointer: &str, at: &At) -> Result<Node, Mistake> {
        let mut read = Vec::with_capacity(2);
        for (place, end) in ends.iter().enumerate().take(3) {
            let own = format!("{pointer}/interval/{place}");
            read.push(match end {
                Json::String(text) => {
                    let at = At::Pointer(own);
                    Expression { node: interval_end(text, &at)?, at }
                }
                other => self.expression(other, own)?,
            });
        }
        let ends: [Expression; 2] =
            read.try_into().map_err(|_| Mistake::new(at, "проміжок має два кінці", "an interval has two ends"))?;
        Ok(Node::Interval(Box::new(ends)))
    }

    fn geometry(&mut self, json: &Json, at: &At, depth: usize) -> Result<Geometry<f64>, Mistake> {
        let kind = json["type"].as_str().unwrap_or_default();
        let broken = || shape::broken(kind, at);
        if kind == "GeometryCollection" {
            // members are no collections themselves
            let members = json["geometries"].as_array().filter(|_| depth == 0).ok_or_else(broken)?;
            let parts: Result<Vec<_>, _> = members.iter().map(|part| self.geometry(part, at, 1)).collect();
            return shape::collection(parts?).ok_or_else(broken);
        }
        let nest = self.nest(&json["coordinates"], at, 0)?.ok_or_else(broken)?;
        shape::geometry(kind, nest).ok_or_else(broken)
    }

    fn nest(&mut self, json: &Json, at: &At, depth: usize) -> Result<Option<Nest>, Mistake> {
        let Some(list) = json.as_array().filter(|_| depth < 5) else { return Ok(None) };
        if let Some(first) = list.first().and_then(Json::as_f64) {
            let Some(second) = list.get(1).and_then(Json::as_f64).filter(|_| list.len() <= 4) else { return Ok(None) };
            return Ok(Some(Nest::Point(shape::coord(first, second, &mut self.points, at)?)));
        }
        let mut parts = Vec::with_capacity(list.len());
        for part in list {
            let Some(part) = self.nest(part, at, depth + 1)? else { return Ok(None) };
            parts.push(part);
        }
        Ok(Some(Nest::List(parts)))
    }
}

fn bbox(corners: &[Json], at: &At) -> Result<Node, Mistake> {
    let numbers: Option<Vec<f64>> = corners.iter().map(Json::as_f64).collect();
    match numbers.as_deref() {
        Some(&[a, b, c, d] | &[a, b, _, c, d, _]) => Ok(Node::Bbox([a, b, c, d])),
        _ => Err(Mistake::new(at, "bbox — це 4 або 6 чисел", "bbox is 4 or 6 numbers")),
    }
}

fn unknown(at: &At) -> Mistake {
    Mistake::new(
        at,
        "тут потрібні op з args, property, date, timestamp, interval, bbox, геометрія GeoJSON, текст, число, true або false",
        "here must be op with args, property, date, timestamp, interval, bbox, a GeoJSON geometry, a text, a number, true or false",
    )
}
