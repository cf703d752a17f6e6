//! JSON as values of a type.

use std::rc::Rc;
use std::str::FromStr;
use std::sync::Arc;

use bigdecimal::{BigDecimal, ToPrimitive};
use chrono::{NaiveDate, NaiveTime};

use super::serialize::unsupported;
use super::token::{self, Token, Tokens};
use crate::apex::platform;
use crate::apex::program::{ClassId, ClassKind};
use crate::apex::run::{self, Thrown, heap, throw};
use crate::apex::types::Type;
use crate::apex::value::{ListValue, MapValue, PlatformState, PlatformValue, SetValue, Value};
use crate::org::Id;
use crate::transaction::Transaction;

/// What a text says, as a value of a type; `strict` refuses what the type does not have.
pub(super) fn deserialize(
    tx: &mut Transaction,
    text: &str,
    ty: &Type,
    strict: bool,
) -> Result<Value, Thrown> {
    let tokens = token::read(tx, text)?;
    Reader { tokens: &tokens, at: 0, strict }.value(tx, ty)
}

/// Goes through tokens.
pub(super) struct Reader<'a> {
    pub tokens: &'a Tokens,
    pub at: usize,
    pub strict: bool,
}

pub(super) fn wrong(tx: &mut Transaction, message: impl Into<String>) -> Thrown {
    throw(tx, "System.JSONException", message)
}

impl Reader<'_> {
    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.tokens.get(self.at)
    }

    pub(super) fn next(&mut self, tx: &mut Transaction) -> Result<Token, Thrown> {
        run::step(tx)?;
        match self.peek().cloned() {
            Some(token) => {
                self.at += 1;
                Ok(token)
            }
            None => {
                let problem = self.tokens.problem.clone();
                Err(wrong(tx, problem.unwrap_or_else(|| "Unexpected end-of-input".to_owned())))
            }
        }
    }

    /// Steps over a value.
    pub(super) fn skip(&mut self, tx: &mut Transaction) -> Result<(), Thrown> {
        let mut depth = 0usize;
        loop {
            match self.next(tx)? {
                Token::StartObject | Token::StartArray => depth += 1,
                Token::EndObject | Token::EndArray => depth = depth.saturating_sub(1),
                Token::Name(_) => continue,
                _ => {}
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    pub(super) fn value(&mut self, tx: &mut Transaction, ty: &Type) -> Result<Value, Thrown> {
        run::nested(tx, |tx| stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.one(tx, ty)))
    }

    fn one(&mut self, tx: &mut Transaction, ty: &Type) -> Result<Value, Thrown> {
        if self.peek() == Some(&Token::Null) {
            self.at += 1;
            return Ok(Value::Null);
        }
        heap(tx, 8)?;
        match ty {
            Type::Object => self.untyped(tx),
            Type::List(of) => {
                let items = self.items(tx, of)?;
                Ok(Value::List(ListValue::new((**of).clone(), items)))
            }
            Type::Set(of) => {
                let set = SetValue::new((**of).clone());
                for item in self.items(tx, of)? {
                    set.add(tx, item)?;
                }
                Ok(Value::Set(set))
            }
            Type::Map(key, of) => self.map(tx, key, of),
            Type::SObject | Type::Record(_) => self.record(tx, ty),
            Type::Class(class) => self.object(tx, *class),
            Type::Platform(owner, _) if self.peek() == Some(&Token::StartObject) => {
                self.platform_object(tx, owner, ty)
            }
            _ => {
                let token = self.next(tx)?;
                plain(tx, &token, ty)
            }
        }
    }

    fn untyped(&mut self, tx: &mut Transaction) -> Result<Value, Thrown> {
        match self.peek() {
            Some(Token::StartObject) => self.map(tx, &Type::String, &Type::Object),
            Some(Token::StartArray) => {
                let items = self.items(tx, &Type::Object)?;
                Ok(Value::list(Type::Object, items))
            }
            _ => {
                let token = self.next(tx)?;
                Ok(natural(&token))
            }
        }
    }

    fn items(&mut self, tx: &mut Transaction, of: &Type) -> Result<Vec<Value>, Thrown> {
        if self.next(tx)? != Token::StartArray {
            return Err(wrong(tx, "Malformed JSON: Expected '[' at the beginning of List/Set"));
        }
        let mut items = Vec::new();
        while self.peek() != Some(&Token::EndArray) {
            items.push(self.value(tx, of)?);
        }
        self.at += 1;
        Ok(items)
    }

    fn start_object(&mut self, tx: &mut Transaction) -> Result<(), Thrown> {
        if self.next(tx)? != Token::StartObject {
            return Err(wrong(tx, "Malformed JSON: Expected '{' at the beginning of object"));
        }
        Ok(())
    }

    /// The next name of an object; none behind its last.
    fn name(&mut self, tx: &mut Transaction) -> Result<Option<Rc<str>>, Thrown> {
        match self.next(tx)? {
            Token::Name(name) => Ok(Some(name)),
            _ => Ok(None),
        }
    }

    fn map(&mut self, tx: &mut Transaction, key: &Type, of: &Type) -> Result<Value, Thrown> {
        self.start_object(tx)?;
        let map = MapValue::new(key.clone(), of.clone());
        while let Some(name) = self.name(tx)? {
            let name = match key {
                Type::String | Type::Object => Value::String(name),
                key => plain(tx, &Token::Text(name), key)?,
            };
            let value = self.value(tx, of)?;
            map.put(tx, name, value)?;
        }
        Ok(Value::Map(map))
    }

    fn object(&mut self, tx: &mut Transaction, class: ClassId) -> Result<Value, Thrown> {
        let program = tx.program.clone();
        let known = program.class(class);
        if known.kind == ClassKind::Enum {
            let token = self.next(tx)?;
            let Token::Text(name) = &token else { return Err(illegal(tx, &token)) };
            let at = known.values.iter().position(|value| value.eq_ignore_ascii_case(name));
            return at.map(|at| Value::Enum(class, at)).ok_or_else(|| illegal(tx, &token));
        }
        let exception = Type::platform("System.Exception");
        let is_exception = program.is_subtype(&Type::Class(class), &exception);
        if known.kind != ClassKind::Class || known.is_abstract || is_exception {
            return Err(unsupported(tx, &Type::Class(class)));
        }
        self.start_object(tx)?;
        let made = run::blank_instance(tx, class)?;
        while let Some(name) = self.name(tx)? {
            let fields = known.fields.iter().enumerate();
            let exact = fields.clone().find(|(_, field)| *field.name == *name);
            let found =
                exact.or_else(|| fields.clone().find(|(_, field)| field.name.eq_ignore_ascii_case(&name)));
            let Some((at, field)) = found.filter(|(_, field)| !field.is_transient) else {
                if self.strict {
                    return Err(wrong(tx, format!("Unknown field: {}.{name}", known.name)));
                }
                self.skip(tx)?;
                continue;
            };
            let value = self.value(tx, &field.ty)?;
            match (field.setter, &made) {
                (Some(setter), _) => drop(run::call_on(tx, setter, &made, &[value])?),
                // A property that is only computed keeps nothing.
                (None, _) if field.getter.is_some() && !field.has_setter => {}
                (None, Value::Object(instance)) => {
                    let mut fields = instance.fields.borrow_mut();
                    let before = fields.get_mut(at).map(|place| std::mem::replace(place, value));
                    drop(fields);
                    drop(before);
                }
                _ => {}
            }
        }
        Ok(made)
    }

    /// An object of the platform, by what its variables and methods without arguments are called. One that nobody could
    /// ask for anything is refused.
    fn platform_object(&mut self, tx: &mut Transaction, owner: &str, ty: &Type) -> Result<Value, Thrown> {
        let known =
            platform::type_named(owner).filter(|known| !known.is_interface && known.values.is_empty());
        let Some(known) = known else { return Err(unsupported(tx, ty)) };
        self.start_object(tx)?;
        let mut state = PlatformState::default();
        while let Some(name) = self.name(tx)? {
            let Some((place, of)) = platform::place(known.name, &name) else {
                self.skip(tx)?;
                continue;
            };
            let value = self.value(tx, &of)?;
            state.values.insert(place, value);
        }
        Ok(Value::Platform(PlatformValue::new(known.name, state)))
    }

    /// The object's name under `attributes`, without going on.
    pub(super) fn declared(&self) -> Option<Arc<str>> {
        let mut depth = 0usize;
        let mut inside = false;
        let tokens = self.tokens.tokens.get(self.at..)?;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::StartObject | Token::StartArray => depth += 1,
                Token::EndObject | Token::EndArray => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return None;
                    }
                    inside &= depth > 1;
                }
                Token::Name(name) if depth == 1 => inside = &**name == "attributes",
                Token::Name(name) if depth == 2 && inside && &**name == "type" => {
                    return match tokens.get(at + 1) {
                        Some(Token::Text(name)) => Some(Arc::from(&**name)),
                        _ => None,
                    };
                }
                _ => {}
            }
        }
        None
    }
}

/// A scalar as a value of the type that fits it.
fn natural(token: &Token) -> Value {
    match token {
        Token::Text(text) | Token::Name(text) => Value::String(text.clone()),
        Token::True => Value::Boolean(true),
        Token::False => Value::Boolean(false),
        Token::Whole(text) => match text.parse::<i64>() {
            Ok(number) => i32::try_from(number).map_or(Value::Long(number), Value::Integer),
            Err(_) => decimal(text).map_or(Value::Null, Value::decimal),
        },
        Token::Fraction(text) => decimal(text).map_or(Value::Null, Value::decimal),
        _ => Value::Null,
    }
}

/// A number as it is written; none beyond what a decimal can be.
fn decimal(text: &str) -> Option<BigDecimal> {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let fits = digits.len() <= 400 && exponent.parse::<i32>().is_ok_and(|power| power.abs() <= 400);
    if fits { BigDecimal::from_str(text).ok() } else { None }
}

fn illegal(tx: &mut Transaction, token: &Token) -> Thrown {
    let shown = match token {
        Token::Text(text) | Token::Name(text) | Token::Whole(text) | Token::Fraction(text) => &**text,
        Token::True => "true",
        Token::False => "false",
        Token::Null => "null",
        Token::StartObject => "{",
        Token::EndObject => "}",
        Token::StartArray => "[",
        Token::EndArray => "]",
    };
    wrong(tx, format!("Illegal value for primitive: {shown}"))
}

/// A scalar as a value of a type that holds no others.
pub(super) fn plain(tx: &mut Transaction, token: &Token, ty: &Type) -> Result<Value, Thrown> {
    let text = match token {
        Token::Text(text) | Token::Name(text) | Token::Whole(text) | Token::Fraction(text) => text.clone(),
        Token::True => Rc::from("true"),
        Token::False => Rc::from("false"),
        Token::Null => return Ok(Value::Null),
        _ => return Err(illegal(tx, token)),
    };
    let found = match ty {
        Type::String => Some(Value::String(text.clone())),
        Type::Boolean => match &*text {
            "true" => Some(Value::Boolean(true)),
            "false" => Some(Value::Boolean(false)),
            _ => None,
        },
        Type::Integer => text.parse().ok().map(Value::Integer),
        Type::Long => text.parse().ok().map(Value::Long),
        Type::Double => decimal(&text).and_then(|number| number.to_f64()).map(Value::Double),
        Type::Decimal => decimal(&text).map(Value::decimal),
        Type::Id => Id::parse(&text).map(Value::Id),
        Type::Blob => super::super::crypto::decoded(&text).map(Value::Blob),
        Type::Date => text.get(..10).and_then(date).map(Value::Date),
        Type::Datetime => crate::soql::moment(&text)
            .or_else(|| date(&text).map(crate::apex::value::convert::midnight))
            .map(Value::Datetime),
        Type::Time => {
            let text = text.trim_end_matches('Z');
            NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok().map(Value::Time)
        }
        Type::Platform(name, _) => {
            let known = super::super::type_named(name).filter(|known| !known.values.is_empty());
            let Some(known) = known else { return Err(unsupported(tx, ty)) };
            let value = known.values.iter().find(|value| value.eq_ignore_ascii_case(&text));
            value.map(|value| Value::PlatformEnum(known.name, value))
        }
        other => return Err(unsupported(tx, other)),
    };
    match (found, ty) {
        (Some(value), _) => Ok(value),
        (None, Type::Date | Type::Datetime | Type::Time) => {
            Err(wrong(tx, format!("Invalid format: \"{text}\"")))
        }
        (None, _) => Err(illegal(tx, token)),
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}
