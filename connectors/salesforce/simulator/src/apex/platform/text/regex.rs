//! Java's regular expressions, by a library whose own differ a little.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;
use std::rc::Rc;

use fancy_regex::{Captures, Regex, RegexBuilder};

use super::units;
use crate::apex::run::{Limit, Thrown, fatal, limit, throw};
use crate::transaction::Transaction;

/// Patterns that are kept compiled.
const KEPT_MAX: usize = 64;
/// Steps back before an expression is too complicated.
const STEPS_BACK_MAX: usize = 1_000_000;
/// Bytes of a compiled pattern.
const SIZE_MAX: usize = 1 << 20;

/// A pattern: to find anywhere, at the beginning alone, and to match all.
#[derive(Debug)]
pub(super) struct Compiled {
    pub source: String,
    pub anywhere: Regex,
    pub beginning: Regex,
    pub whole: Regex,
}

thread_local! {
    static KEPT: RefCell<HashMap<String, Rc<Compiled>>> = RefCell::default();
}

/// Compiles a pattern; `System.StringException` when it is none.
pub(super) fn compiled(tx: &mut Transaction, source: &str) -> Result<Rc<Compiled>, Thrown> {
    limit(tx, Limit::Steps, 20 + source.len() as u64 / 4)?;
    if let Some(known) = KEPT.with_borrow(|kept| kept.get(source).cloned()) {
        return Ok(known);
    }
    let Some(made) = compile(source) else {
        return Err(throw(tx, "System.StringException", format!("Invalid regex: {source}")));
    };
    let made = Rc::new(made);
    KEPT.with_borrow_mut(|kept| {
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(source.to_owned(), made.clone());
    });
    Ok(made)
}

fn compile(source: &str) -> Option<Compiled> {
    let translated = translate(source);
    let build = |pattern: &str| {
        let mut builder = RegexBuilder::new(pattern);
        builder.backtrack_limit(STEPS_BACK_MAX).delegate_size_limit(SIZE_MAX);
        builder.build().ok()
    };
    Some(Compiled {
        anywhere: build(&translated)?,
        beginning: build(&format!(r"\A(?:{translated})"))?,
        whole: build(&format!(r"\A(?:{translated})\z"))?,
        source: source.to_owned(),
    })
}

/// What means something else in Java, or is not known here, in other words.
fn translate(source: &str) -> String {
    let mut made = String::with_capacity(source.len() + 16);
    let mut rest = source.chars().peekable();
    let mut depth = 0usize;
    while let Some(character) = rest.next() {
        match character {
            '\\' => escape(&mut rest, &mut made, depth > 0),
            '[' => {
                depth += 1;
                made.push('[');
                if rest.next_if_eq(&'^').is_some() {
                    made.push('^');
                }
                if rest.peek() == Some(&']') {
                    rest.next();
                    made.push_str(r"\]");
                }
            }
            ']' if depth > 0 => {
                depth -= 1;
                made.push(']');
            }
            ']' => made.push_str(r"\]"),
            '-' | '~' if depth > 0 && rest.peek() == Some(&character) => {
                made.push('\\');
                made.push(character);
            }
            other => made.push(other),
        }
    }
    made
}

const SPACE: &str = r" \t\n\x0B\f\r";
const ACROSS: &str = r" \t\xA0\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}";
const DOWN: &str = r"\n\x0B\f\r\x{85}\x{2028}\x{2029}";

fn escape(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, made: &mut String, in_class: bool) {
    let Some(escaped) = rest.next() else {
        made.push('\\');
        return;
    };
    let mut hex = |digits: usize, rest: &mut std::iter::Peekable<std::str::Chars<'_>>| {
        let code: String = (0..digits).filter_map(|_| rest.next_if(char::is_ascii_hexdigit)).collect();
        let _ = write!(made, r"\x{{{code}}}");
    };
    match escaped {
        'u' => hex(4, rest),
        'x' if rest.peek() != Some(&'{') => hex(2, rest),
        'd' => made.push_str("[0-9]"),
        'D' => made.push_str("[^0-9]"),
        'w' => made.push_str("[a-zA-Z0-9_]"),
        'W' => made.push_str("[^a-zA-Z0-9_]"),
        's' => drop(write!(made, "[{SPACE}]")),
        'S' => drop(write!(made, "[^{SPACE}]")),
        'h' => drop(write!(made, "[{ACROSS}]")),
        'H' => drop(write!(made, "[^{ACROSS}]")),
        'v' => drop(write!(made, "[{DOWN}]")),
        'V' => drop(write!(made, "[^{DOWN}]")),
        'R' => drop(write!(made, r"(?:\r\n|[{DOWN}])")),
        'Z' => made.push_str(r"(?=\n?\z)"),
        'e' => made.push_str(r"\x1B"),
        'c' => {
            let code = rest.next().map_or(0, |letter| (letter as u32) ^ 64);
            let _ = write!(made, r"\x{{{code:x}}}");
        }
        '0' => {
            let digits: String = (0..3).filter_map(|_| rest.next_if(|c| ('0'..='7').contains(c))).collect();
            let _ = write!(made, r"\x{{{:x}}}", u32::from_str_radix(&digits, 8).unwrap_or(0));
        }
        'Q' => {
            let mut quoted = String::new();
            for one in rest.by_ref() {
                quoted.push(one);
                if quoted.ends_with("\\E") {
                    quoted.truncate(quoted.len() - 2);
                    break;
                }
            }
            made.push_str(&fancy_regex::escape(&quoted));
        }
        'p' | 'P' => property(escaped, rest, made, in_class),
        letter if letter.is_ascii_alphanumeric() => {
            made.push('\\');
            made.push(letter);
        }
        // `\<` is a plain sign here, and elsewhere the start of a word.
        '<' | '>' => made.push(escaped),
        sign if sign.is_ascii() => {
            made.push('\\');
            made.push(sign);
        }
        other => made.push(other),
    }
}

fn property(
    letter: char,
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    made: &mut String,
    in_class: bool,
) {
    let mut name = String::new();
    if rest.next_if_eq(&'{').is_some() {
        name.extend(rest.by_ref().take_while(|one| *one != '}'));
    } else {
        name.extend(rest.next());
    }
    let posix = match name.as_str() {
        "Lower" | "Upper" | "ASCII" | "Alpha" | "Digit" | "Alnum" | "Punct" | "Graph" | "Print" | "Blank"
        | "Cntrl" | "XDigit" | "Space" => Some(name.to_ascii_lowercase()),
        _ => None,
    };
    let not = if letter == 'P' { "^" } else { "" };
    let _ = match posix {
        Some(name) if in_class => write!(made, "[:{not}{name}:]"),
        Some(name) => write!(made, "[[:{not}{name}:]]"),
        None => {
            let name = match name.as_str() {
                "javaLowerCase" => "Lowercase",
                "javaUpperCase" => "Uppercase",
                "javaWhitespace" => "White_Space",
                name => name.strip_prefix("Is").unwrap_or(name),
            };
            write!(made, r"\{letter}{{{name}}}")
        }
    };
}

/// The first match from a byte on; `Regex too complicated` cannot be caught.
pub(super) fn find<'t>(
    tx: &mut Transaction,
    regex: &Regex,
    text: &'t str,
    from: usize,
) -> Result<Option<Captures<'t, str>>, Thrown> {
    limit(tx, Limit::Steps, 4)?;
    let found = regex.captures_from_pos(text, from);
    let Ok(found) = found else {
        return Err(fatal(tx, "System.LimitException", "Regex too complicated"));
    };
    let walked = found.as_ref().and_then(|found| found.get(0)).map_or(text.len(), |whole| whole.end());
    limit(tx, Limit::Steps, (walked.saturating_sub(from) / 64) as u64)?;
    Ok(found)
}

/// Where to look on behind a match: one character further when it was empty.
pub(super) fn behind(text: &str, start: usize, end: usize) -> usize {
    if end > start {
        return end;
    }
    let next = text.get(end..).and_then(|rest| rest.chars().next());
    end + next.map_or(1, char::len_utf8)
}

/// Replaces the first `most` matches; `$1` in the replacement is a group.
pub(super) fn replace(
    tx: &mut Transaction,
    pattern: &Compiled,
    text: &str,
    by: &str,
    most: usize,
) -> Result<String, Thrown> {
    let mut made = String::new();
    let (mut copied, mut from, mut times) = (0, 0, 0);
    while times < most && from <= text.len() {
        let Some(found) = find(tx, &pattern.anywhere, text, from)? else { break };
        let Some(whole) = found.get(0) else { break };
        made.push_str(text.get(copied..whole.start()).unwrap_or_default());
        expand(tx, by, &found, &mut made)?;
        units::room(tx, made.len())?;
        copied = whole.end();
        from = behind(text, whole.start(), whole.end());
        times += 1;
    }
    made.push_str(text.get(copied..).unwrap_or_default());
    Ok(made)
}

fn expand(
    tx: &mut Transaction,
    by: &str,
    found: &Captures<'_, str>,
    made: &mut String,
) -> Result<(), Thrown> {
    let mut rest = by.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => match rest.next() {
                Some(escaped) => made.push(escaped),
                None => {
                    return Err(throw(tx, "System.StringException", "character to be escaped is missing"));
                }
            },
            '$' if rest.next_if_eq(&'{').is_some() => {
                let name: String = rest.by_ref().take_while(|one| *one != '}').collect();
                made.push_str(found.name(&name).map_or("", |group| group.as_str()));
            }
            '$' => {
                let Some(mut number) = rest.next_if(char::is_ascii_digit).and_then(|one| one.to_digit(10))
                else {
                    return Err(throw(tx, "System.StringException", "Illegal group reference"));
                };
                if number as usize >= found.len() {
                    return Err(throw(tx, "System.StringException", format!("No group {number}")));
                }
                // More digits belong to the number as long as there is such a group.
                while let Some(digit) = rest.peek().and_then(|one| one.to_digit(10)) {
                    if (number * 10 + digit) as usize >= found.len() {
                        break;
                    }
                    number = number * 10 + digit;
                    rest.next();
                }
                made.push_str(found.get(number as usize).map_or("", |group| group.as_str()));
            }
            other => made.push(other),
        }
    }
    Ok(())
}

/// Java's `split`: at most `most` parts; all of them below zero, without empty ones at the end for zero.
pub(super) fn split(
    tx: &mut Transaction,
    pattern: &Compiled,
    text: &str,
    most: i32,
) -> Result<Vec<String>, Thrown> {
    let mut parts: Vec<String> = Vec::new();
    let (mut copied, mut from) = (0, 0);
    while from <= text.len() && (most <= 0 || parts.len() + 1 < units::floor(most)) {
        let Some(found) = find(tx, &pattern.anywhere, text, from)? else { break };
        let Some(whole) = found.get(0) else { break };
        let (start, end) = (whole.start(), whole.end());
        from = behind(text, start, end);
        // An empty match at the beginning makes no part, nor does one at the end.
        if end == 0 || start == end && end == text.len() {
            continue;
        }
        parts.push(text.get(copied..start).unwrap_or_default().to_owned());
        units::room(tx, parts.len().saturating_mul(8))?;
        copied = end;
    }
    parts.push(text.get(copied..).unwrap_or_default().to_owned());
    if most == 0 && parts.len() > 1 {
        while parts.len() > 1 && parts.last().is_some_and(String::is_empty) {
            parts.pop();
        }
        if parts.len() == 1 && parts.first().is_some_and(String::is_empty) && !text.is_empty() {
            parts.pop();
        }
    }
    Ok(parts)
}
