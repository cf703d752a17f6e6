//! `Pattern` and `Matcher`.

use std::rc::Rc;

use super::super::arguments::{argument, count, integer};
use super::super::define::Definition;
use super::regex::{self, Compiled};
use super::units::{self, text};
use crate::apex::run::{Thrown, null_reference, throw};
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const PATTERN: &str = "System.Pattern";
const MATCHER: &str = "System.Matcher";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class(PATTERN)
            .method("static System.Pattern compile(String)", compile)
            .method("static Boolean matches(String, String)", matches_all)
            .method("static String quote(String)", quote)
            .method("System.Matcher matcher(String)", matcher)
            .method("String pattern()", source)
            .method("List<String> split(String)", split)
            .method("List<String> split(String, Integer)", split)
            .method("String toString()", source),
        Definition::class(MATCHER)
            .method("static String quoteReplacement(String)", quote_replacement)
            .method("Boolean find()", find)
            .method("Boolean find(Integer)", find_from)
            .method("Boolean matches()", |tx, this, _| at_beginning(tx, this, true))
            .method("Boolean lookingAt()", |tx, this, _| at_beginning(tx, this, false))
            .method("String group()", group)
            .method("String group(Integer)", group)
            .method("Integer groupCount()", group_count)
            .method("Integer start()", |tx, this, a| bound(tx, this, a, |span| span.0))
            .method("Integer start(Integer)", |tx, this, a| bound(tx, this, a, |span| span.0))
            .method("Integer end()", |tx, this, a| bound(tx, this, a, |span| span.1))
            .method("Integer end(Integer)", |tx, this, a| bound(tx, this, a, |span| span.1))
            .method("System.Pattern pattern()", |tx, this, _| {
                state(tx, this, |state| state.pattern.clone()).map(pattern_value)
            })
            .method("System.Matcher usePattern(System.Pattern)", use_pattern)
            .method("String replaceAll(String)", |tx, this, a| replace(tx, this, a, usize::MAX))
            .method("String replaceFirst(String)", |tx, this, a| replace(tx, this, a, 1))
            .method("System.Matcher reset()", reset)
            .method("System.Matcher reset(String)", reset)
            .method("System.Matcher region(Integer, Integer)", region)
            .method("Integer regionStart()", |tx, this, _| edge(tx, this, false))
            .method("Integer regionEnd()", |tx, this, _| edge(tx, this, true)),
    ]
}

type Span = (usize, usize);

/// Where a matcher stands. All places are bytes of the text.
struct State {
    pattern: Rc<Compiled>,
    text: Rc<str>,
    region: Span,
    /// Groups of the last match; the first is the whole.
    groups: Vec<Option<Span>>,
    next: usize,
}

fn pattern_value(pattern: Rc<Compiled>) -> Value {
    let state = PlatformState { inner: Some(Box::new(pattern)), ..Default::default() };
    Value::Platform(PlatformValue::new(PATTERN, state))
}

fn pattern_of(tx: &mut Transaction, value: &Value) -> Result<Rc<Compiled>, Thrown> {
    let found = match value {
        Value::Platform(platform) => {
            let state = platform.state.borrow();
            state.inner.as_ref().and_then(|inner| inner.downcast_ref::<Rc<Compiled>>()).cloned()
        }
        _ => None,
    };
    found.ok_or_else(|| null_reference(tx))
}

fn state<T>(tx: &mut Transaction, value: &Value, read: impl FnOnce(&mut State) -> T) -> Result<T, Thrown> {
    if let Value::Platform(platform) = value {
        let mut kept = platform.state.borrow_mut();
        if let Some(state) = kept.inner.as_mut().and_then(|inner| inner.downcast_mut::<State>()) {
            return Ok(read(state));
        }
    }
    Err(null_reference(tx))
}

fn compile(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let source = text(tx, argument(arguments, 0))?;
    regex::compiled(tx, &source).map(pattern_value)
}

fn matches_all(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let source = text(tx, argument(arguments, 0))?;
    let subject = text(tx, argument(arguments, 1))?;
    let pattern = regex::compiled(tx, &source)?;
    let found = regex::find(tx, &pattern.whole, &subject, 0)?;
    Ok(Value::Boolean(found.is_some()))
}

fn quote(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, argument(arguments, 0))?;
    Ok(Value::string(&format!("\\Q{}\\E", own.replace("\\E", "\\E\\\\E\\Q"))))
}

fn quote_replacement(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, argument(arguments, 0))?;
    Ok(Value::string(&own.replace('\\', "\\\\").replace('$', "\\$")))
}

fn matcher(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let pattern = pattern_of(tx, this)?;
    let text = text(tx, argument(arguments, 0))?;
    let region = (0, text.len());
    let state = State { pattern, text, region, groups: Vec::new(), next: 0 };
    let state = PlatformState { inner: Some(Box::new(state)), ..Default::default() };
    Ok(Value::Platform(PlatformValue::new(MATCHER, state)))
}

fn source(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(&pattern_of(tx, this)?.source))
}

fn split(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let pattern = pattern_of(tx, this)?;
    let subject = text(tx, argument(arguments, 0))?;
    let most = if arguments.len() > 1 { integer(tx, argument(arguments, 1))? } else { 0 };
    let parts = regex::split(tx, &pattern, &subject, most)?;
    let parts = parts.iter().map(|part| Value::string(part)).collect();
    Ok(Value::list(crate::apex::types::Type::String, parts))
}

/// Looks within the region and remembers the groups.
fn look(
    tx: &mut Transaction,
    this: &Value,
    from: usize,
    which: fn(&Compiled) -> &fancy_regex::Regex,
) -> Answer {
    let (pattern, subject, region) =
        state(tx, this, |state| (state.pattern.clone(), state.text.clone(), state.region))?;
    let within = subject.get(region.0..region.1).unwrap_or_default();
    let from = from.saturating_sub(region.0);
    let mut groups = Vec::new();
    if from <= within.len()
        && let Some(found) = regex::find(tx, which(&pattern), within, from)?
    {
        let span = |number| found.get(number).map(|group| (region.0 + group.start(), region.0 + group.end()));
        groups = (0..found.len()).map(span).collect();
    }
    let whole = groups.first().copied().flatten();
    state(tx, this, |state| {
        state.next = match whole {
            Some((start, end)) => regex::behind(&state.text, start, end),
            None => usize::MAX,
        };
        state.groups = groups;
    })?;
    Ok(Value::Boolean(whole.is_some()))
}

fn find(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let from = state(tx, this, |state| state.next.max(state.region.0))?;
    look(tx, this, from, |pattern| &pattern.anywhere)
}

fn find_from(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let from = integer(tx, argument(arguments, 0))?;
    let subject = state(tx, this, |state| state.text.clone())?;
    if from < 0 || units::floor(from) > units::length(&subject) {
        return Err(throw(tx, "System.StringException", "Illegal start index"));
    }
    reset(tx, this, &[])?;
    look(tx, this, units::byte_at(&subject, units::floor(from)), |pattern| &pattern.anywhere)
}

fn at_beginning(tx: &mut Transaction, this: &Value, whole: bool) -> Answer {
    let from = state(tx, this, |state| state.region.0)?;
    if whole {
        look(tx, this, from, |pattern| &pattern.whole)
    } else {
        look(tx, this, from, |pattern| &pattern.beginning)
    }
}

/// A group of the last match; none where it took no part in it.
fn span(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Result<(Rc<str>, Option<Span>), Thrown> {
    let number = if arguments.is_empty() { 0 } else { integer(tx, argument(arguments, 0))? };
    let (subject, group, any) = state(tx, this, |state| {
        let group = usize::try_from(number).ok().and_then(|number| state.groups.get(number).copied());
        (state.text.clone(), group, !state.groups.is_empty())
    })?;
    match group {
        Some(group) => Ok((subject, group)),
        None if any => Err(throw(tx, "System.StringException", format!("No group {number}"))),
        None => Err(throw(tx, "System.StringException", "No match found")),
    }
}

fn group(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (subject, span) = span(tx, this, arguments)?;
    Ok(span.and_then(|(from, to)| subject.get(from..to)).map_or(Value::Null, Value::string))
}

fn bound(tx: &mut Transaction, this: &Value, arguments: &[Value], which: fn(Span) -> usize) -> Answer {
    let (subject, span) = span(tx, this, arguments)?;
    Ok(units::place(span.map(|span| units::unit_at(&subject, which(span)))))
}

fn group_count(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let groups = state(tx, this, |state| state.pattern.anywhere.captures_len())?;
    Ok(count(groups.saturating_sub(1)))
}

fn use_pattern(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let pattern = pattern_of(tx, argument(arguments, 0))?;
    state(tx, this, |state| {
        state.pattern = pattern;
        state.groups.clear();
    })?;
    Ok(this.clone())
}

fn replace(tx: &mut Transaction, this: &Value, arguments: &[Value], most: usize) -> Answer {
    reset(tx, this, &[])?;
    let (pattern, subject) = state(tx, this, |state| (state.pattern.clone(), state.text.clone()))?;
    let by = text(tx, argument(arguments, 0))?;
    regex::replace(tx, &pattern, &subject, &by, most).map(|text| Value::string(&text))
}

fn reset(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let other = match arguments.first() {
        Some(other) => Some(text(tx, other)?),
        None => None,
    };
    state(tx, this, |state| {
        if let Some(other) = other {
            state.text = other;
        }
        state.region = (0, state.text.len());
        state.groups.clear();
        state.next = 0;
    })?;
    Ok(this.clone())
}

fn region(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let from = integer(tx, argument(arguments, 0))?;
    let to = integer(tx, argument(arguments, 1))?;
    let subject = state(tx, this, |state| state.text.clone())?;
    if from < 0 || to < from || units::floor(to) > units::length(&subject) {
        return Err(throw(tx, "System.StringException", "Illegal region"));
    }
    let span = (units::byte_at(&subject, units::floor(from)), units::byte_at(&subject, units::floor(to)));
    state(tx, this, |state| {
        state.region = span;
        state.groups.clear();
        state.next = span.0;
    })?;
    Ok(this.clone())
}

fn edge(tx: &mut Transaction, this: &Value, end: bool) -> Answer {
    let (subject, region) = state(tx, this, |state| (state.text.clone(), state.region))?;
    Ok(count(units::unit_at(&subject, if end { region.1 } else { region.0 })))
}
