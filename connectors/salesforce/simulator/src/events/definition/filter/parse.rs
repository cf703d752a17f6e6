//! From text to a condition.

use chrono::{DateTime, NaiveDate, NaiveTime};

use super::{Condition, FilterError, Literal, Operator};

/// Parentheses inside each other.
const DEPTH_MAX: usize = 32;

pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The condition that the whole text is.
    pub(super) fn whole(mut self) -> Result<Condition, FilterError> {
        let condition = self.any(0)?;
        self.space();
        if self.at < self.text.len() {
            return Err(self.error());
        }
        Ok(condition)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error(&self) -> FilterError {
        FilterError { at: self.at }
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes a symbol, if it comes next.
    fn symbol(&mut self, symbol: &str) -> bool {
        self.space();
        let there = self.rest().starts_with(symbol);
        if there {
            self.at += symbol.len();
        }
        there
    }

    /// Takes a word of letters, if it comes next, whatever its case.
    fn word(&mut self, word: &str) -> bool {
        self.space();
        let rest = self.rest();
        let there = rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            && !rest[word.len()..].starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
        if there {
            self.at += word.len();
        }
        there
    }

    fn any(&mut self, depth: usize) -> Result<Condition, FilterError> {
        let mut parts = vec![self.all(depth)?];
        while self.word("OR") {
            parts.push(self.all(depth)?);
        }
        Ok(single(parts, Condition::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Condition, FilterError> {
        let mut parts = vec![self.one(depth)?];
        while self.word("AND") {
            parts.push(self.one(depth)?);
        }
        Ok(single(parts, Condition::All))
    }

    fn one(&mut self, depth: usize) -> Result<Condition, FilterError> {
        if depth >= DEPTH_MAX {
            return Err(self.error());
        }
        if self.symbol("(") {
            let inner = self.any(depth + 1)?;
            return if self.symbol(")") { Ok(inner) } else { Err(self.error()) };
        }
        let field = self.name()?;
        let operator = self.operator()?;
        let literals = if matches!(operator, Operator::In | Operator::NotIn) {
            self.list()?
        } else {
            vec![self.literal()?]
        };
        if operator == Operator::Like && !matches!(literals.as_slice(), [Literal::Text(_)]) {
            return Err(self.error());
        }
        Ok(Condition::Compare { field, operator, literals })
    }

    fn name(&mut self) -> Result<String, FilterError> {
        self.space();
        let rest = self.rest();
        let part = |one: char| one.is_ascii_alphanumeric() || one == '_' || one == '.';
        let end = rest.find(|one| !part(one)).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) || name.ends_with('.') {
            return Err(self.error());
        }
        self.at += end;
        Ok(name)
    }

    fn operator(&mut self) -> Result<Operator, FilterError> {
        // The longer ones first.
        const SYMBOLS: [(&str, Operator); 7] = [
            ("!=", Operator::NotEqual),
            ("<>", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        if let Some((_, operator)) = SYMBOLS.iter().find(|(symbol, _)| self.symbol(symbol)) {
            return Ok(*operator);
        }
        if self.word("LIKE") {
            return Ok(Operator::Like);
        }
        if self.word("IN") {
            return Ok(Operator::In);
        }
        if self.word("NOT") && self.word("IN") {
            return Ok(Operator::NotIn);
        }
        Err(self.error())
    }

    fn list(&mut self) -> Result<Vec<Literal>, FilterError> {
        if !self.symbol("(") {
            return Err(self.error());
        }
        let mut literals = vec![self.literal()?];
        while self.symbol(",") {
            literals.push(self.literal()?);
        }
        if self.symbol(")") { Ok(literals) } else { Err(self.error()) }
    }

    fn literal(&mut self) -> Result<Literal, FilterError> {
        self.space();
        if self.rest().starts_with('\'') {
            return self.quoted();
        }
        for (word, literal) in
            [("null", Literal::Null), ("true", Literal::Bool(true)), ("false", Literal::Bool(false))]
        {
            if self.word(word) {
                return Ok(literal);
            }
        }
        let rest = self.rest();
        let end =
            rest.find(|one: char| one.is_whitespace() || matches!(one, ')' | ',')).unwrap_or(rest.len());
        let number = number(&rest[..end]).ok_or_else(|| self.error())?;
        self.at += end;
        Ok(Literal::Number(number))
    }

    fn quoted(&mut self) -> Result<Literal, FilterError> {
        let mut text = String::new();
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\'' => {
                    self.at += at + 1;
                    return Ok(Literal::Text(text));
                }
                '\\' => match letters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 'r')) => text.push('\r'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, other)) => text.push(other),
                    None => break,
                },
                letter => text.push(letter),
            }
        }
        Err(self.error())
    }
}

fn single(mut parts: Vec<Condition>, join: impl FnOnce(Vec<Condition>) -> Condition) -> Condition {
    if parts.len() == 1 { parts.remove(0) } else { join(parts) }
}

/// A number, a day or a moment.
fn number(text: &str) -> Option<f64> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis() as f64);
    }
    DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.timestamp_millis() as f64)
}
