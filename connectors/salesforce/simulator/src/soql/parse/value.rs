//! Values and binds.

use super::super::ast::Literal;
use super::super::binds::Binds;
use super::super::dates;
use super::super::lex::Kind;
use super::Reader;
use crate::surface::ApiError;

/// Characters of a text in a condition.
const TEXT_MAX: usize = 4_000;

impl Reader<'_> {
    /// `(value, value)`.
    pub(super) fn list(&mut self) -> Result<Vec<Literal>, ApiError> {
        self.need_mark("(")?;
        let mut values = self.values(false)?;
        while self.take_mark(",") {
            values.extend(self.values(false)?);
        }
        self.need_end_of_bracket()?;
        Ok(values)
    }

    /// One value, or those of the list that a bind stands for. In a pattern for LIKE the escapes of wildcards stay.
    pub(super) fn values(&mut self, pattern: bool) -> Result<Vec<Literal>, ApiError> {
        if self.is_mark(0, ":") {
            let name = self.bind()?;
            return self.binds.literals(&name);
        }
        Ok(vec![self.value(pattern)?])
    }

    /// The name behind a colon in lower case, with its dots.
    pub(super) fn bind(&mut self) -> Result<String, ApiError> {
        if matches!(self.binds, Binds::None) {
            return Err(self.refuse(self.start(), "Bind variables only allowed in Apex code"));
        }
        self.advance();
        if self.kind() != Kind::Word {
            return Err(self.unexpected());
        }
        let mut name = self.advance().to_ascii_lowercase();
        while self.is_mark(0, ".") && self.token(1).kind == Kind::Word {
            self.advance();
            name.push('.');
            name.push_str(&self.advance().to_ascii_lowercase());
        }
        Ok(name)
    }

    fn value(&mut self, pattern: bool) -> Result<Literal, ApiError> {
        let words = self.words(0);
        let value = match self.kind() {
            Kind::Number => words.parse().ok().map(Literal::Number),
            Kind::Date => dates::day(words).map(Literal::Date),
            Kind::DateTime => dates::moment(words).map(|at| Literal::Moment(at..at.saturating_add(1))),
            Kind::Clock => dates::clock(words).map(Literal::Clock),
            Kind::Text => Some(Literal::Text(self.text_value(words, pattern)?)),
            Kind::Word => return self.word_value(words),
            Kind::Mark | Kind::End => None,
        };
        let value = value.ok_or_else(|| self.unexpected())?;
        self.advance();
        Ok(value)
    }

    /// `null`, `TRUE`, `LAST_N_DAYS:5`, `USD100`.
    fn word_value(&mut self, words: &str) -> Result<Literal, ApiError> {
        let plain = match words.to_ascii_uppercase().as_str() {
            "NULL" => Some(Literal::Null),
            "TRUE" => Some(Literal::Bool(true)),
            "FALSE" => Some(Literal::Bool(false)),
            _ => dates::named(words, None, self.wall_ms).map(Literal::Days),
        };
        if let Some(value) = plain {
            self.advance();
            return Ok(value);
        }
        if dates::takes_number(words) {
            let unfit = self.unexpected();
            self.advance();
            if !self.take_mark(":") {
                let message = format!("expecting a colon, found '{}'", self.shown());
                return Err(self.refuse(self.start(), &message));
            }
            let digits = self.words(0);
            let number = digits.parse::<u32>().ok();
            let number = number.filter(|_| self.kind() == Kind::Number && !digits.starts_with('+'));
            let Some(number) = number else { return Err(self.unexpected()) };
            self.advance();
            return dates::named(words, Some(number), self.wall_ms).map(Literal::Days).ok_or(unfit);
        }
        if let Some(whole) = money(words) {
            let unfit = self.unexpected();
            let end = self.token(0).place.end;
            self.advance();
            let mut digits = whole.to_owned();
            if self.kind() == Kind::Number && self.start() == end && self.words(0).starts_with('.') {
                digits.push_str(self.advance());
            }
            return digits.parse().map(Literal::Number).map_err(|_| unfit);
        }
        Err(self.unexpected())
    }

    fn text_value(&self, quoted: &str, pattern: bool) -> Result<String, ApiError> {
        let inner = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(quoted);
        if inner.chars().count() > TEXT_MAX {
            // The words are a guess.
            let message = format!("string literals cannot be longer than {TEXT_MAX} characters");
            return Err(self.refuse(self.start(), &message));
        }
        unescaped(inner, pattern).map_err(|escape| {
            let message = format!("Illegal character sequence '{escape}' in string literal");
            self.refuse(self.start(), &message)
        })
    }
}

/// The digits behind the code of a currency.
fn money(words: &str) -> Option<&str> {
    let (code, digits) = (words.get(..3)?, words.get(3..)?);
    let fits = code.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(digits)
}

/// The text without its escapes, or the escape that is none. A pattern keeps those before `_`, `%` and a backslash.
fn unescaped(inner: &str, pattern: bool) -> Result<String, String> {
    let mut text = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n' | 'N') => text.push('\n'),
            Some('r' | 'R') => text.push('\r'),
            Some('t' | 'T') => text.push('\t'),
            Some('b' | 'B') => text.push('\u{8}'),
            Some('f' | 'F') => text.push('\u{c}'),
            Some(wild @ ('_' | '%' | '\\')) if pattern => text.extend(['\\', wild]),
            Some(plain @ ('\'' | '"' | '_' | '%' | '\\')) => text.push(plain),
            Some('u') => {
                let digits: String = letters.by_ref().take(4).collect();
                let hex = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| hex);
                text.push(code.and_then(char::from_u32).ok_or_else(|| format!("\\u{digits}"))?);
            }
            Some(other) => return Err(format!("\\{other}")),
            None => return Err("\\".to_owned()),
        }
    }
    Ok(text)
}
