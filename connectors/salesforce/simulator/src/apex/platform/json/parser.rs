//! `JSONParser`.

use std::rc::Rc;

use super::super::arguments::{argument, null_argument, text};
use super::super::define::Definition;
use super::deserialize::{Reader, plain, wrong};
use super::token::{self, Token, Tokens};
use crate::apex::run::{self, Thrown, null_reference};
use crate::apex::types::Type;
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const PARSER: &str = "System.JSONParser";
const TOKEN: &str = "System.JSONToken";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class(PARSER)
            .method("System.JSONToken nextToken()", next_token)
            .method("System.JSONToken nextValue()", next_value)
            .method("System.JSONToken getCurrentToken()", current_token)
            .method("System.JSONToken getLastClearedToken()", last_cleared)
            .method("Boolean hasCurrentToken()", has_current)
            .method("void clearCurrentToken()", clear)
            .method("String getCurrentName()", current_name)
            .method("String getText()", get_text)
            .method("Blob getBlobValue()", |tx, this, _| scalar(tx, this, &Type::Blob))
            .method("Boolean getBooleanValue()", |tx, this, _| scalar(tx, this, &Type::Boolean))
            .method("Date getDateValue()", |tx, this, _| scalar(tx, this, &Type::Date))
            .method("Datetime getDateTimeValue()", |tx, this, _| scalar(tx, this, &Type::Datetime))
            .method("Decimal getDecimalValue()", |tx, this, _| scalar(tx, this, &Type::Decimal))
            .method("Double getDoubleValue()", |tx, this, _| scalar(tx, this, &Type::Double))
            .method("Id getIdValue()", |tx, this, _| scalar(tx, this, &Type::Id))
            .method("Integer getIntegerValue()", |tx, this, _| scalar(tx, this, &Type::Integer))
            .method("Long getLongValue()", |tx, this, _| scalar(tx, this, &Type::Long))
            .method("Time getTimeValue()", |tx, this, _| scalar(tx, this, &Type::Time))
            .method("Object readValueAs(System.Type)", |tx, this, a| read_value(tx, this, a, false))
            .method("Object readValueAsStrict(System.Type)", |tx, this, a| read_value(tx, this, a, true))
            .method("void skipChildren()", skip_children),
        Definition::enumeration(
            TOKEN,
            &[
                "END_ARRAY",
                "END_OBJECT",
                "FIELD_NAME",
                "NOT_AVAILABLE",
                "START_ARRAY",
                "START_OBJECT",
                "VALUE_EMBEDDED_OBJECT",
                "VALUE_FALSE",
                "VALUE_NULL",
                "VALUE_NUMBER_FLOAT",
                "VALUE_NUMBER_INT",
                "VALUE_STRING",
                "VALUE_TRUE",
            ],
        ),
    ]
}

#[derive(Clone)]
struct State {
    tokens: Rc<Tokens>,
    /// Behind the current token.
    next: usize,
    cleared: bool,
    last_cleared: Option<usize>,
}

impl State {
    fn current(&self) -> Option<(usize, &Token)> {
        let at = self.next.checked_sub(1)?;
        if self.cleared { None } else { self.tokens.tokens.get(at).map(|token| (at, token)) }
    }
}

pub(super) fn create(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let text = text(tx, argument(arguments, 0))?;
    let tokens = Rc::new(token::read(tx, &text)?);
    let state = State { tokens, next: 0, cleared: false, last_cleared: None };
    let state = PlatformState { inner: Some(Box::new(state)), ..Default::default() };
    Ok(Value::Platform(PlatformValue::new(PARSER, state)))
}

fn with<T>(tx: &mut Transaction, this: &Value, work: impl FnOnce(&mut State) -> T) -> Result<T, Thrown> {
    if let Value::Platform(platform) = this {
        let mut kept = platform.state.borrow_mut();
        if let Some(state) = kept.inner.as_mut().and_then(|inner| inner.downcast_mut::<State>()) {
            return Ok(work(state));
        }
    }
    Err(null_reference(tx))
}

fn kind(token: Option<&Token>) -> Value {
    let name = match token {
        None => return Value::Null,
        Some(Token::StartObject) => "START_OBJECT",
        Some(Token::EndObject) => "END_OBJECT",
        Some(Token::StartArray) => "START_ARRAY",
        Some(Token::EndArray) => "END_ARRAY",
        Some(Token::Name(_)) => "FIELD_NAME",
        Some(Token::Text(_)) => "VALUE_STRING",
        Some(Token::Whole(_)) => "VALUE_NUMBER_INT",
        Some(Token::Fraction(_)) => "VALUE_NUMBER_FLOAT",
        Some(Token::True) => "VALUE_TRUE",
        Some(Token::False) => "VALUE_FALSE",
        Some(Token::Null) => "VALUE_NULL",
    };
    Value::PlatformEnum(TOKEN, name)
}

fn next_token(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    run::step(tx)?;
    let (found, problem) = with(tx, this, |state| {
        let end = state.tokens.tokens.len();
        let problem = if state.next >= end { state.tokens.problem.clone() } else { None };
        state.next = (state.next + 1).min(end + 1);
        state.cleared = false;
        (kind(state.current().map(|(_, token)| token)), problem)
    })?;
    match problem {
        Some(problem) => Err(wrong(tx, problem)),
        None => Ok(found),
    }
}

fn next_value(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    loop {
        let found = next_token(tx, this, &[])?;
        if !matches!(found, Value::PlatformEnum(_, "FIELD_NAME")) {
            return Ok(found);
        }
    }
}

fn current_token(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |state| kind(state.current().map(|(_, token)| token)))
}

fn last_cleared(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |state| kind(state.last_cleared.and_then(|at| state.tokens.tokens.get(at))))
}

fn has_current(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |state| Value::Boolean(state.current().is_some()))
}

fn clear(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |state| {
        if let Some((at, _)) = state.current() {
            state.last_cleared = Some(at);
        }
        state.cleared = true;
        Value::Null
    })
}

/// The name of the current value; of what ends, the name of what began.
fn current_name(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let state = with(tx, this, |state| state.clone())?;
    let Some((mut at, token)) = state.current() else { return Ok(Value::Null) };
    if let Token::Name(name) = token {
        return Ok(Value::String(name.clone()));
    }
    if matches!(token, Token::EndObject | Token::EndArray) {
        let mut depth = 0usize;
        loop {
            run::step(tx)?;
            match state.tokens.tokens.get(at) {
                Some(Token::EndObject | Token::EndArray) => depth += 1,
                Some(Token::StartObject | Token::StartArray) => depth = depth.saturating_sub(1),
                _ => {}
            }
            let Some(before) = at.checked_sub(1).filter(|_| depth > 0) else { break };
            at = before;
        }
    }
    let before = at.checked_sub(1).and_then(|at| state.tokens.tokens.get(at));
    Ok(match before {
        Some(Token::Name(name)) => Value::String(name.clone()),
        _ => Value::Null,
    })
}

fn get_text(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |state| match state.current() {
        None => Value::Null,
        Some((_, token)) => match token {
            Token::Name(text) | Token::Text(text) | Token::Whole(text) | Token::Fraction(text) => {
                Value::String(text.clone())
            }
            Token::StartObject => Value::string("{"),
            Token::EndObject => Value::string("}"),
            Token::StartArray => Value::string("["),
            Token::EndArray => Value::string("]"),
            Token::True => Value::string("true"),
            Token::False => Value::string("false"),
            Token::Null => Value::string("null"),
        },
    })
}

fn scalar(tx: &mut Transaction, this: &Value, ty: &Type) -> Answer {
    let token = with(tx, this, |state| state.current().map(|(_, token)| token.clone()))?;
    match (&token, ty) {
        (Some(Token::Whole(_) | Token::Fraction(_)), ty) if ty.is_number() => {}
        (Some(Token::True | Token::False), Type::Boolean) => {}
        (Some(Token::Text(_)), ty) if !ty.is_number() && *ty != Type::Boolean => {}
        _ => {
            let shown = run::to_text(tx, &kind(token.as_ref()))?;
            return Err(wrong(tx, format!("Current token ({shown}) is not of the wanted type")));
        }
    }
    match token {
        Some(token) => plain(tx, &token, ty),
        None => Ok(Value::Null),
    }
}

/// Reads from the current token on; the last one that it read is current afterwards.
fn read_value(tx: &mut Transaction, this: &Value, arguments: &[Value], strict: bool) -> Answer {
    let Value::Type(ty) = argument(arguments, 0) else { return Err(null_argument(tx)) };
    let state = with(tx, this, |state| state.clone())?;
    let at = state.next.saturating_sub(1);
    let mut reader = Reader { tokens: &state.tokens, at, strict };
    if matches!(reader.peek(), Some(Token::Name(_))) {
        reader.at += 1;
    }
    let value = reader.value(tx, ty)?;
    let at = reader.at;
    with(tx, this, |state| state.next = at)?;
    Ok(value)
}

fn skip_children(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let state = with(tx, this, |state| state.clone())?;
    if let Some((at, Token::StartObject | Token::StartArray)) = state.current() {
        let mut reader = Reader { tokens: &state.tokens, at, strict: false };
        reader.skip(tx)?;
        let at = reader.at;
        with(tx, this, |state| state.next = at)?;
    }
    Ok(Value::Null)
}
