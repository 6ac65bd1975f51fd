//! CQL2 text (§8.2 of the standard): words, then expressions by precedence.

use geo::Geometry;

use super::shape::{self, Nest, TYPES};
use super::words::{Word, words};
use super::{
    At, Budget, Expression, LONGEST, Mistake, Node, Operator, date, interval_end, number, timestamp, too_long,
};

/// Reads a filter in text.
pub fn read(text: &str) -> Result<Expression, Mistake> {
    if text.len() > LONGEST {
        return Err(too_long(At::Position(1)));
    }
    let mut reader = Reader { words: words(text)?, place: 0, budget: Budget::default(), points: 0 };
    let expression = reader.either()?;
    match &reader.word().0 {
        Word::End => Ok(expression),
        other => {
            Err(reader.wrong(&format!("and, or чи кінець, а є {other}"), &format!("and, or or the end, not {other}")))
        }
    }
}

struct Reader {
    words: Vec<(Word, usize)>,
    place: usize,
    budget: Budget,
    points: usize,
}

impl Reader {
    fn word(&self) -> &(Word, usize) {
        // the last one is the end, and nobody steps over it
        &self.words[self.place.min(self.words.len() - 1)]
    }

    fn at(&self) -> At {
        At::Position(self.word().1)
    }

    fn step(&mut self) -> Word {
        let word = self.word().0.clone();
        self.place += 1;
        word
    }

    fn wrong(&self, uk: &str, en: &str) -> Mistake {
        Mistake::new(&self.at(), format!("тут має бути {uk}"), format!("here must be {en}"))
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(&self.word().0, Word::Sign(found) if *found == sign);
        self.place += usize::from(found);
        found
    }

    fn need(&mut self, sign: &str) -> Result<(), Mistake> {
        if self.sign(sign) { Ok(()) } else { Err(self.wrong(&format!("«{sign}»"), &format!("“{sign}”"))) }
    }

    fn is_keyword(&self, ahead: usize, keyword: &str) -> bool {
        let word = self.words.get(self.place + ahead);
        matches!(word, Some((Word::Name(name), _)) if name.eq_ignore_ascii_case(keyword))
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.is_keyword(0, keyword);
        self.place += usize::from(found);
        found
    }

    fn node(&mut self, at: At, node: Node) -> Result<Expression, Mistake> {
        self.budget.part(&at)?;
        Ok(Expression { at, node })
    }

    fn call(&mut self, at: At, operator: Operator, operands: Vec<Expression>) -> Result<Expression, Mistake> {
        self.budget.part(&at)?;
        operator.call(at, operands)
    }

    fn either(&mut self) -> Result<Expression, Mistake> {
        self.joined("or", Operator::Or, Self::both)
    }

    fn both(&mut self) -> Result<Expression, Mistake> {
        self.joined("and", Operator::And, Self::negated)
    }

    fn joined(
        &mut self,
        keyword: &str,
        operator: Operator,
        part: fn(&mut Self) -> Result<Expression, Mistake>,
    ) -> Result<Expression, Mistake> {
        let at = self.at();
        let mut parts = vec![part(self)?];
        while self.keyword(keyword) {
            parts.push(part(self)?);
        }
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => self.call(at, operator, parts),
        }
    }

    fn negated(&mut self) -> Result<Expression, Mistake> {
        let at = self.at();
        if !self.keyword("not") {
            return self.predicate();
        }
        self.budget.deeper(&at)?;
        let inner = self.negated()?;
        self.budget.depth -= 1;
        self.call(at, Operator::Not, vec![inner])
    }

    fn predicate(&mut self) -> Result<Expression, Mistake> {
        let at = self.at();
        let left = self.sum()?;
        let comparison = match &self.word().0 {
            Word::Sign("=") => Some(Operator::Equal),
            Word::Sign("<>" | "!=") => Some(Operator::Unequal),
            Word::Sign("<") => Some(Operator::Less),
            Word::Sign("<=") => Some(Operator::LessOrEqual),
            Word::Sign(">") => Some(Operator::Greater),
            Word::Sign(">=") => Some(Operator::GreaterOrEqual),
            _ => None,
        };
        if let Some(operator) = comparison {
            self.step();
            let right = self.sum()?;
            return self.call(at, operator, vec![left, right]);
        }
        if self.keyword("is") {
            let negated = self.keyword("not");
            if !self.keyword("null") {
                return Err(self.wrong("null", "null"));
            }
            return self.negated_if(negated, at, Operator::IsNull, vec![left]);
        }
        let is_negated =
            self.is_keyword(0, "not") && ["like", "between", "in"].iter().any(|keyword| self.is_keyword(1, keyword));
        self.place += usize::from(is_negated);
        if self.keyword("like") {
            let pattern = self.sum()?;
            return self.negated_if(is_negated, at, Operator::Like, vec![left, pattern]);
        }
        if self.keyword("between") {
            let low = self.sum()?;
            if !self.keyword("and") {
                return Err(self.wrong("and і верхня межа", "and, and the upper bound"));
            }
            let high = self.sum()?;
            return self.negated_if(is_negated, at, Operator::Between, vec![left, low, high]);
        }
        if self.keyword("in") {
            let list_at = self.at();
            self.need("(")?;
            let list = self.list(Self::sum)?;
            let list = self.node(list_at, Node::List(list))?;
            return self.negated_if(is_negated, at, Operator::In, vec![left, list]);
        }
        Ok(left)
    }

    fn negated_if(
        &mut self,
        negated: bool,
        at: At,
        operator: Operator,
        operands: Vec<Expression>,
    ) -> Result<Expression, Mistake> {
        let call = self.call(at.clone(), operator, operands)?;
        if negated { self.call(at, Operator::Not, vec![call]) } else { Ok(call) }
    }

    /// What stands between commas, up to the closing parenthesis.
    fn list<T>(&mut self, part: fn(&mut Self) -> Result<T, Mistake>) -> Result<Vec<T>, Mistake> {
        let mut parts = vec![part(self)?];
        while self.sign(",") {
            parts.push(part(self)?);
        }
        self.need(")")?;
        Ok(parts)
    }

    fn sum(&mut self) -> Result<Expression, Mistake> {
        let mut left = self.product()?;
        loop {
            let at = self.at();
            let operator = match &self.word().0 {
                Word::Sign("+") => Operator::Add,
                Word::Sign("-") => Operator::Subtract,
                _ => return Ok(left),
            };
            self.step();
            let right = self.product()?;
            left = self.call(at, operator, vec![left, right])?;
        }
    }

    fn product(&mut self) -> Result<Expression, Mistake> {
        let mut left = self.power()?;
        loop {
            let at = self.at();
            let operator = match &self.word().0 {
                Word::Sign("*") => Operator::Multiply,
                Word::Sign("/") => Operator::Divide,
                Word::Sign("%") => Operator::Modulo,
                Word::Name(name) if name.eq_ignore_ascii_case("div") => Operator::WholeDivide,
                _ => return Ok(left),
            };
            self.step();
            let right = self.power()?;
            left = self.call(at, operator, vec![left, right])?;
        }
    }

    fn power(&mut self) -> Result<Expression, Mistake> {
        let base = self.operand()?;
        let at = self.at();
        if !self.sign("^") {
            return Ok(base);
        }
        let exponent = self.operand()?;
        self.call(at, Operator::Power, vec![base, exponent])
    }

    fn operand(&mut self) -> Result<Expression, Mistake> {
        let at = self.at();
        self.budget.deeper(&at)?;
        let operand = self.operand_within(at)?;
        self.budget.depth -= 1;
        Ok(operand)
    }

    fn operand_within(&mut self, at: At) -> Result<Expression, Mistake> {
        if self.sign("-") {
            if let Word::Number(digits) = self.word().0.clone() {
                self.step();
                let node = number(&format!("-{digits}"), &at)?;
                return self.node(at, node);
            }
            let zero = self.node(at.clone(), Node::Number("0".to_owned()))?;
            let inner = self.operand()?;
            return self.call(at, Operator::Subtract, vec![zero, inner]);
        }
        if self.sign("+") {
            return self.operand();
        }
        if self.sign("(") {
            let inner = self.either()?;
            self.need(")")?;
            return Ok(inner);
        }
        match self.word().0.clone() {
            Word::Text(text) => {
                self.step();
                self.node(at, Node::Text(text))
            }
            Word::Number(digits) => {
                self.step();
                let node = number(&digits, &at)?;
                self.node(at, node)
            }
            Word::Quoted(name) => {
                self.step();
                self.node(at, Node::Property(name))
            }
            Word::Name(name) => self.named(&name, at),
            Word::Sign(_) | Word::End => {
                Err(self.wrong("властивість, значення, функція або «(»", "a property, a value, a function or “(”"))
            }
        }
    }

    /// What begins with a name: a literal, a function or a property.
    fn named(&mut self, name: &str, at: At) -> Result<Expression, Mistake> {
        let lower = name.to_ascii_lowercase();
        if matches!(lower.as_str(), "and" | "or" | "not" | "like" | "between" | "in" | "is" | "null" | "div") {
            return Err(self.wrong("властивість або значення", "a property or a value"));
        }
        self.step();
        let opens = matches!(self.word().0, Word::Sign("("));
        let type_name = TYPES.iter().find(|kind| kind.eq_ignore_ascii_case(name));
        let is_shape = type_name.is_some() && (opens || self.is_keyword(0, "z") || self.is_keyword(0, "empty"));
        let node = match lower.as_str() {
            "true" | "false" => Node::Boolean(lower == "true"),
            "date" | "timestamp" if opens => {
                self.step();
                let text = self.text()?;
                self.need(")")?;
                if lower == "date" { date(&text, &at)? } else { timestamp(&text, &at)? }
            }
            "interval" if opens => self.interval(&at)?,
            "bbox" if opens => self.bbox(&at)?,
            _ if is_shape => Node::Geometry(self.shape(type_name.copied().unwrap_or_default(), &at, false)?),
            _ if opens => return self.function(name, at),
            _ => Node::Property(name.to_owned()),
        };
        self.node(at, node)
    }

    fn function(&mut self, name: &str, at: At) -> Result<Expression, Mistake> {
        let operator = Operator::function(name).ok_or_else(|| {
            Mistake::new(&at, format!("функції «{name}» немає"), format!("there is no function “{name}”"))
        })?;
        self.step();
        if let Operator::Array(name) = operator {
            return Err(no_arrays(name, &at));
        }
        let operands = self.list(Self::either)?;
        self.call(at, operator, operands)
    }

    fn text(&mut self) -> Result<String, Mistake> {
        match self.word().0.clone() {
            Word::Text(text) => {
                self.step();
                Ok(text)
            }
            _ => Err(self.wrong("текст в апострофах", "a text in apostrophes")),
        }
    }

    fn interval(&mut self, at: &At) -> Result<Node, Mistake> {
        self.step();
        let ends = self.list(|reader| {
            let at = reader.at();
            if matches!(reader.word().0, Word::Text(_)) {
                let text = reader.text()?;
                let node = interval_end(&text, &at)?;
                return reader.node(at, node);
            }
            reader.operand()
        })?;
        let ends: [Expression; 2] =
            ends.try_into().map_err(|_| Mistake::new(at, "проміжок має два кінці", "an interval has two ends"))?;
        Ok(Node::Interval(Box::new(ends)))
    }

    fn bbox(&mut self, at: &At) -> Result<Node, Mistake> {
        self.step();
        let numbers = self.list(Self::ordinate)?;
        match numbers[..] {
            [a, b, c, d] | [a, b, _, c, d, _] => Ok(Node::Bbox([a, b, c, d])),
            _ => Err(Mistake::new(at, "BBOX — це 4 або 6 чисел", "BBOX is 4 or 6 numbers")),
        }
    }

    fn ordinate(&mut self) -> Result<f64, Mistake> {
        let sign = if self.sign("-") { -1.0 } else { 1.0 };
        let read = match &self.word().0 {
            Word::Number(digits) => digits.parse::<f64>().ok().filter(|number| number.is_finite()),
            _ => None,
        };
        let Some(number) = read else { return Err(self.wrong("число", "a number")) };
        self.step();
        Ok(sign * number)
    }

    /// A geometry after the name of its type.
    fn shape(&mut self, kind: &str, at: &At, is_member: bool) -> Result<Geometry<f64>, Mistake> {
        self.keyword("z");
        let broken = || shape::broken(kind, at);
        if kind != "GeometryCollection" {
            let nest = self.nest(0, at)?;
            // a point stands in parentheses as well
            let nest = match nest {
                Nest::List(mut parts) if kind == "Point" && parts.len() == 1 => parts.remove(0),
                nest => nest,
            };
            return shape::geometry(kind, nest).ok_or_else(broken);
        }
        if is_member {
            return Err(broken());
        }
        self.need("(")?;
        let parts = self.list(|reader| {
            let (word, at) = (reader.step(), reader.at());
            let name = if let Word::Name(name) = &word { name.as_str() } else { "" };
            match TYPES.iter().find(|kind| kind.eq_ignore_ascii_case(name)) {
                Some(kind) => reader.shape(kind, &at, true),
                None => Err(Mistake::new(&at, "тут має бути геометрія", "here must be a geometry")),
            }
        })?;
        shape::collection(parts).ok_or_else(broken)
    }

    fn nest(&mut self, depth: usize, at: &At) -> Result<Nest, Mistake> {
        if depth > 4 {
            return Err(self.wrong("число", "a number"));
        }
        if !self.sign("(") {
            let point = [self.ordinate()?, self.ordinate()?];
            // heights do not matter
            if matches!(self.word().0, Word::Number(_) | Word::Sign("-")) {
                self.ordinate()?;
            }
            return Ok(Nest::Point(shape::coord(point[0], point[1], &mut self.points, at)?));
        }
        let mut parts = vec![self.nest(depth + 1, at)?];
        while self.sign(",") {
            parts.push(self.nest(depth + 1, at)?);
        }
        self.need(")")?;
        Ok(Nest::List(parts))
    }
}

/// No field of a register is an array.
fn no_arrays(name: &str, at: &At) -> Mistake {
    Mistake::new(
        at,
        format!("«{name}» — для списків, а властивостей-списків у реєстрах немає"),
        format!("“{name}” is for arrays, and no property of a register is one"),
    )
}
