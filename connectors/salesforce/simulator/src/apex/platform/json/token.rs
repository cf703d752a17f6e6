//! JSON as tokens, with the platform's words for what is wrong.

use std::rc::Rc;

use crate::apex::run::{Limit, Thrown, fatal, limit};
use crate::transaction::Transaction;

/// Objects and arrays within each other.
const DEPTH_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    StartObject,
    EndObject,
    StartArray,
    EndArray,
    Name(Rc<str>),
    Text(Rc<str>),
    /// A whole number as it is written.
    Whole(Rc<str>),
    /// A number with a point or an exponent as it is written.
    Fraction(Rc<str>),
    True,
    False,
    Null,
}

/// The tokens of the first value of a text, as far as it is well-formed.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub tokens: Vec<Token>,
    /// What is wrong behind the last of them.
    pub problem: Option<String>,
}

/// Reads a text. More tokens than the heap has room for throw what nobody can catch.
pub(super) fn read(tx: &mut Transaction, text: &str) -> Result<Tokens, Thrown> {
    limit(tx, Limit::Steps, (text.len() / 32) as u64)?;
    let most = usize::try_from(tx.machine.limits.most(Limit::Heap) / 8).unwrap_or(usize::MAX);
    let mut lexer = Lexer { text, at: 0, line: 1, line_start: 0, open: Vec::new(), tokens: Vec::new() };
    let problem = lexer.value(most).err();
    if lexer.tokens.len() > most {
        let message = format!("Apex heap size too large: {}", lexer.tokens.len().saturating_mul(8));
        return Err(fatal(tx, "System.LimitException", message));
    }
    Ok(Tokens { tokens: lexer.tokens, problem })
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Object,
    Array,
}

#[derive(Clone, Copy, PartialEq)]
enum Next {
    Value,
    /// Behind `[`.
    ValueOrEnd,
    /// Behind `{`.
    NameOrEnd,
    Name,
    CommaOrEnd,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    line_start: usize,
    open: Vec<Open>,
    tokens: Vec<Token>,
}

type Read<T> = Result<T, String>;

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..).and_then(|rest| rest.chars().next())
    }

    fn take(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        if character == '\n' {
            self.line += 1;
            self.line_start = self.at;
        }
        Some(character)
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.take();
        }
    }

    /// What is wrong, and where: behind the last character that was read.
    fn wrong<T>(&self, what: &str) -> Read<T> {
        let before = self.text.get(self.line_start..self.at).unwrap_or_default();
        let column = before.encode_utf16().count() + 1;
        Err(format!("{what} at input location [{},{column}]", self.line))
    }

    fn unexpected<T>(&mut self, character: char, wanted: &str) -> Read<T> {
        self.at += character.len_utf8();
        let code = u32::from(character);
        self.wrong(&format!("Unexpected character ('{character}' (code {code})){wanted}"))
    }

    fn container(&self) -> &'static str {
        match self.open.last() {
            Some(Open::Object) => "OBJECT",
            Some(Open::Array) => "ARRAY",
            None => "ROOT",
        }
    }

    fn ended<T>(&self) -> Read<T> {
        if self.tokens.is_empty() {
            return Err("No content to map to Object due to end of input".to_owned());
        }
        self.wrong(&format!("Unexpected end-of-input: expected close marker for {}", self.container()))
    }

    fn value(&mut self, most: usize) -> Read<()> {
        let mut next = Next::Value;
        loop {
            if self.tokens.len() > most {
                return Ok(());
            }
            self.blank();
            let Some(character) = self.peek() else { return self.ended() };
            let closes = match (self.open.last(), character) {
                (Some(Open::Object), '}') => matches!(next, Next::NameOrEnd | Next::CommaOrEnd),
                (Some(Open::Array), ']') => matches!(next, Next::ValueOrEnd | Next::CommaOrEnd),
                _ => false,
            };
            if closes {
                self.take();
                self.tokens.push(if character == '}' { Token::EndObject } else { Token::EndArray });
                self.open.pop();
                next = Next::CommaOrEnd;
            } else {
                next = self.step(next, character)?;
            }
            if next == Next::CommaOrEnd && self.open.is_empty() {
                return Ok(());
            }
        }
    }

    fn step(&mut self, next: Next, character: char) -> Read<Next> {
        match next {
            Next::CommaOrEnd if character == ',' => {
                self.take();
                Ok(if self.open.last() == Some(&Open::Object) { Next::Name } else { Next::Value })
            }
            Next::CommaOrEnd => {
                let wanted = format!(": was expecting comma to separate {} entries", self.container());
                self.unexpected(character, &wanted)
            }
            Next::Name | Next::NameOrEnd => {
                if character != '"' {
                    return self.unexpected(character, ": was expecting double-quote to start field name");
                }
                let name = self.string()?;
                self.tokens.push(Token::Name(name.into()));
                self.blank();
                match self.peek() {
                    Some(':') => {
                        self.take();
                        Ok(Next::Value)
                    }
                    Some(other) => {
                        self.unexpected(other, ": was expecting a colon to separate field name and value")
                    }
                    None => self.wrong("Unexpected end-of-input within/between OBJECT entries"),
                }
            }
            Next::Value | Next::ValueOrEnd => self.start(character),
        }
    }

    fn start(&mut self, character: char) -> Read<Next> {
        let token = match character {
            '{' | '[' => {
                self.take();
                if self.open.len() >= DEPTH_MAX {
                    return self.wrong("JSON is nested too deeply");
                }
                let object = character == '{';
                self.open.push(if object { Open::Object } else { Open::Array });
                self.tokens.push(if object { Token::StartObject } else { Token::StartArray });
                return Ok(if object { Next::NameOrEnd } else { Next::ValueOrEnd });
            }
            '"' => Token::Text(self.string()?.into()),
            '-' | '0'..='9' => self.number()?,
            't' => self.word("true", Token::True)?,
            'f' => self.word("false", Token::False)?,
            'n' => self.word("null", Token::Null)?,
            other => {
                let wanted =
                    ": expected a valid value (number, String, array, object, 'true', 'false' or 'null')";
                return self.unexpected(other, wanted);
            }
        };
        self.tokens.push(token);
        Ok(Next::CommaOrEnd)
    }

    fn word(&mut self, word: &str, token: Token) -> Read<Token> {
        let mut found = String::new();
        while let Some(letter) = self.peek().filter(|one| one.is_alphanumeric() || *one == '_') {
            found.push(letter);
            self.take();
        }
        if found == word {
            return Ok(token);
        }
        self.wrong(&format!("Unrecognized token '{found}': was expecting 'null', 'true', 'false' or NaN"))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some('0'..='9')) {
            self.take();
        }
        self.at - start
    }

    fn number(&mut self) -> Read<Token> {
        let start = self.at;
        let minus = self.peek() == Some('-');
        if minus {
            self.take();
        }
        let zero = self.peek() == Some('0');
        let count = self.digits();
        if count == 0 {
            let wanted =
                " in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value";
            return match self.peek() {
                Some(other) => self.unexpected(other, wanted),
                None => self.ended(),
            };
        }
        if zero && count > 1 {
            return self.wrong("Invalid numeric value: Leading zeroes not allowed");
        }
        let mut whole = true;
        if self.peek() == Some('.') {
            self.take();
            whole = false;
            if self.digits() == 0 {
                let Some(other) = self.peek() else { return self.ended() };
                return self.unexpected(other, " in numeric value: Decimal point not followed by a digit");
            }
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.take();
            whole = false;
            if matches!(self.peek(), Some('+' | '-')) {
                self.take();
            }
            if self.digits() == 0 {
                let Some(other) = self.peek() else { return self.ended() };
                return self
                    .unexpected(other, " in numeric value: Exponent indicator not followed by a digit");
            }
        }
        let text: Rc<str> = Rc::from(self.text.get(start..self.at).unwrap_or_default());
        Ok(if whole { Token::Whole(text) } else { Token::Fraction(text) })
    }

    /// A string from its opening quote on.
    fn string(&mut self) -> Read<String> {
        self.take();
        let mut made = String::new();
        loop {
            match self.take() {
                None => {
                    return self
                        .wrong("Unexpected end-of-input: was expecting closing quote for a string value");
                }
                Some('"') => return Ok(made),
                Some('\\') => self.escape(&mut made)?,
                Some(control) if control < ' ' => {
                    let code = u32::from(control);
                    return self.wrong(&format!(
                        "Illegal unquoted character ((CTRL-CHAR, code {code})): has to be escaped using backslash to be included in string value"
                    ));
                }
                Some(other) => made.push(other),
            }
        }
    }

    fn escape(&mut self, made: &mut String) -> Read<()> {
        match self.take() {
            Some(same @ ('"' | '\\' | '/')) => made.push(same),
            Some('b') => made.push('\u{8}'),
            Some('f') => made.push('\u{C}'),
            Some('n') => made.push('\n'),
            Some('r') => made.push('\r'),
            Some('t') => made.push('\t'),
            Some('u') => {
                let mut units = vec![self.unit()?];
                // The other half of a pair.
                while matches!(units.as_slice(), [0xD800..=0xDBFF])
                    && self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u"))
                {
                    self.at += 2;
                    units.push(self.unit()?);
                }
                made.push_str(&String::from_utf16_lossy(&units));
            }
            Some(other) => {
                let code = u32::from(other);
                return self.wrong(&format!("Unrecognized character escape '{other}' (code {code})"));
            }
            None => return self.ended(),
        }
        Ok(())
    }

    fn unit(&mut self) -> Read<u16> {
        let mut unit = 0u16;
        for _ in 0..4 {
            let Some(character) = self.take() else { return self.ended() };
            let Some(digit) = character.to_digit(16) else {
                let code = u32::from(character);
                return self.wrong(&format!(
                    "Unexpected character ('{character}' (code {code})): expected a hex-digit for character escape sequence"
                ));
            };
            unit = unit << 4 | digit as u16;
        }
        Ok(unit)
    }
}
