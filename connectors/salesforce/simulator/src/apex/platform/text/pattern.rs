//! `Pattern` and `Matcher`.

use std::rc::Rc;

use super::super::define::Definition;
use super::args::{Answer, integer, number, own, string, text};
use super::regex::{self, Compiled, Groups};
use super::string_list;
use super::units::{byte_of, length, unit_of};
use crate::apex::run::{Thrown, null_reference, throw};
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

const PATTERN: &str = "System.Pattern";
const MATCHER: &str = "System.Matcher";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class(PATTERN)
            .method("static Pattern compile(String)", compile)
            .method("static Boolean matches(String, String)", matches_text)
            .method("static String quote(String)", quote)
            .method("Matcher matcher(String)", matcher)
            .method("String pattern()", source)
            .method("String toString()", source)
            .method("List<String> split(String)", split)
            .method("List<String> split(String, Integer)", split),
        Definition::class(MATCHER)
            .method("static String quoteReplacement(String)", quote_replacement)
            .method("Boolean find()", find)
            .method("Boolean find(Integer)", find)
            .method("Boolean lookingAt()", looking_at)
            .method("Boolean matches()", matches)
            .method("String group()", group)
            .method("String group(Integer)", group)
            .method("Integer groupCount()", group_count)
            .method("Integer start()", start)
            .method("Integer start(Integer)", start)
            .method("Integer end()", end)
            .method("Integer end(Integer)", end)
            .method("Boolean hitEnd()", hit_end)
            .method("Pattern pattern()", pattern_of)
            .method("Matcher usePattern(Pattern)", use_pattern)
            .method("Matcher region(Integer, Integer)", region)
            .method("Integer regionStart()", region_start)
            .method("Integer regionEnd()", region_end)
            .method("String replaceAll(String)", replace_all)
            .method("String replaceFirst(String)", replace_first)
            .method("Matcher reset()", reset)
            .method("Matcher reset(String)", reset),
    ]
}

/// What a matcher keeps. Places are in bytes.
#[derive(Clone)]
struct State {
    compiled: Rc<Compiled>,
    input: Rc<str>,
    region: (usize, usize),
    next: usize,
    found: Option<Groups>,
    hit_end: bool,
}

fn pattern_value(compiled: Rc<Compiled>) -> Value {
    let mut state = PlatformState { inner: Some(Box::new(compiled.clone())), ..Default::default() };
    state.values.insert("pattern", Value::String(compiled.pattern.clone()));
    Value::Platform(PlatformValue::new(PATTERN, state))
}

fn compiled(tx: &mut Transaction, value: &Value) -> Result<Rc<Compiled>, Thrown> {
    let found = match value {
        Value::Platform(pattern) => {
            let state = pattern.state.borrow();
            state.inner.as_ref().and_then(|inner| inner.downcast_ref::<Rc<Compiled>>()).cloned()
        }
        _ => None,
    };
    found.ok_or_else(|| null_reference(tx))
}

fn compile(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let pattern = text(tx, arguments, 0)?;
    regex::compile(tx, &pattern).map(pattern_value)
}

fn matches_text(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let (pattern, input) = (text(tx, arguments, 0)?, text(tx, arguments, 1)?);
    let compiled = regex::compile(tx, &pattern)?;
    let found = regex::find(tx, &compiled.whole, &input, 0)?;
    Ok(Value::Boolean(found.is_some()))
}

fn quote(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, arguments, 0)?;
    string(format!("\\Q{}\\E", own.replace("\\E", "\\E\\\\E\\Q")))
}

fn source(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    compiled(tx, this).map(|compiled| Value::String(compiled.pattern.clone()))
}

fn split(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (compiled, input) = (compiled(tx, this)?, text(tx, arguments, 0)?);
    let limit = if arguments.len() > 1 { number(tx, arguments, 1)? } else { 0 };
    let pieces = regex::split(tx, &compiled.pattern, &input, limit)?;
    string_list(tx, pieces)
}

fn matcher(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (compiled, input) = (compiled(tx, this)?, text(tx, arguments, 0)?);
    let region = (0, input.len());
    let state = State { compiled, input, region, next: 0, found: None, hit_end: false };
    let inner: Box<dyn std::any::Any> = Box::new(state);
    Ok(Value::Platform(PlatformValue::new(MATCHER, PlatformState { inner: Some(inner), ..Default::default() })))
}

/// Works on what a matcher keeps.
fn with<T>(
    tx: &mut Transaction,
    this: &Value,
    work: impl FnOnce(&mut Transaction, &mut State) -> Result<T, Thrown>,
) -> Result<T, Thrown> {
    let Value::Platform(matcher) = this else { return Err(null_reference(tx)) };
    let mut state = matcher.state.borrow_mut();
    match state.inner.as_mut().and_then(|inner| inner.downcast_mut::<State>()) {
        Some(state) => work(tx, state),
        None => Err(null_reference(tx)),
    }
}

impl State {
    /// Anchors hold at the region's bounds: what lies behind it is not there.
    fn text(&self) -> &str {
        self.input.get(..self.region.1).unwrap_or(&self.input)
    }

    fn note(&mut self, found: Option<Groups>) -> bool {
        let whole = found.as_ref().and_then(|groups| groups.first().copied().flatten());
        self.hit_end = whole.is_none_or(|(_, end)| end >= self.region.1);
        if let Some((start, end)) = whole {
            self.next = regex::behind(&self.input, start, end);
        }
        self.found = found;
        whole.is_some()
    }

    fn restart(&mut self) {
        self.region = (0, self.input.len());
        (self.next, self.found, self.hit_end) = (0, None, false);
    }
}

fn find(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    with(tx, this, |tx, state| {
        if !arguments.is_empty() {
            let from = number(tx, arguments, 0)?;
            state.restart();
            let place = usize::try_from(from).ok().filter(|from| *from <= length(&state.input));
            let Some(place) = place else {
                return Err(throw(tx, "System.StringException", format!("Illegal start index: {from}")));
            };
            state.next = byte_of(&state.input, place);
        }
        let found = if state.next > state.region.1 {
            None
        } else {
            regex::find(tx, &state.compiled.anywhere, state.text(), state.next)?
        };
        Ok(Value::Boolean(state.note(found)))
    })
}

fn looking_at(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |tx, state| {
        let found = regex::find(tx, &state.compiled.beginning, state.text(), state.region.0)?;
        Ok(Value::Boolean(state.note(found)))
    })
}

fn matches(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |tx, state| {
        let start = state.region.0;
        let part = state.text().get(start..).unwrap_or_default();
        let found = regex::find(tx, &state.compiled.whole, part, 0)?;
        let shift = |(from, to): (usize, usize)| (from + start, to + start);
        let found = found.map(|groups| groups.into_iter().map(|group| group.map(shift)).collect());
        Ok(Value::Boolean(state.note(found)))
    })
}

/// The place of a group of the last match, which there must be.
fn place(
    tx: &mut Transaction,
    state: &State,
    arguments: &[Value],
) -> Result<Option<(usize, usize)>, Thrown> {
    let at = if arguments.is_empty() { 0 } else { number(tx, arguments, 0)? };
    let Some(found) = &state.found else {
        return Err(throw(tx, "System.StringException", "No match found"));
    };
    match usize::try_from(at).ok().and_then(|at| found.get(at)) {
        Some(group) => Ok(*group),
        None => Err(throw(tx, "System.StringException", format!("No group {at}"))),
    }
}

fn group(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    with(tx, this, |tx, state| {
        let found = place(tx, state, arguments)?;
        let part = found.and_then(|(start, end)| state.input.get(start..end));
        Ok(part.map_or(Value::Null, Value::string))
    })
}

fn group_count(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |_, state| integer(state.compiled.anywhere.captures_len().saturating_sub(1)))
}

fn start(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    with(tx, this, |tx, state| {
        let found = place(tx, state, arguments)?;
        super::args::place(found.map(|(start, _)| unit_of(&state.input, start)))
    })
}

fn end(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    with(tx, this, |tx, state| {
        let found = place(tx, state, arguments)?;
        super::args::place(found.map(|(_, end)| unit_of(&state.input, end)))
    })
}

fn hit_end(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |_, state| Ok(Value::Boolean(state.hit_end)))
}

fn pattern_of(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |_, state| Ok(pattern_value(state.compiled.clone())))
}

fn use_pattern(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let other = compiled(tx, arguments.first().unwrap_or(&Value::Null))?;
    with(tx, this, |_, state| {
        (state.compiled, state.found) = (other, None);
        Ok(this.clone())
    })
}

fn region(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (from, to) = (number(tx, arguments, 0)?, number(tx, arguments, 1)?);
    with(tx, this, |tx, state| {
        let size = length(&state.input) as i64;
        if !(0 <= from && from <= to && to <= size) {
            return Err(throw(tx, "System.StringException", "Region out of bounds"));
        }
        state.restart();
        let byte = |place: i64| byte_of(&state.input, usize::try_from(place).unwrap_or(0));
        state.region = (byte(from), byte(to));
        state.next = state.region.0;
        Ok(this.clone())
    })
}

fn region_start(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |_, state| integer(unit_of(&state.input, state.region.0)))
}

fn region_end(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with(tx, this, |_, state| integer(unit_of(&state.input, state.region.1)))
}

fn replaced(tx: &mut Transaction, this: &Value, arguments: &[Value], most: usize) -> Answer {
    let replacement = text(tx, arguments, 0)?;
    with(tx, this, |tx, state| {
        state.restart();
        string(regex::replace(tx, &state.compiled, &state.input, &replacement, most)?)
    })
}

fn replace_all(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    replaced(tx, this, arguments, usize::MAX)
}

fn replace_first(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    replaced(tx, this, arguments, 1)
}

fn reset(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let input = if arguments.is_empty() { None } else { Some(text(tx, arguments, 0)?) };
    with(tx, this, |_, state| {
        if let Some(input) = input {
            state.input = input;
        }
        state.restart();
        Ok(this.clone())
    })
}

fn quote_replacement(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let replacement = text(tx, arguments, 0)?;
    string(own(&Value::String(replacement)).replace('\\', "\\\\").replace('$', "\\$"))
}
