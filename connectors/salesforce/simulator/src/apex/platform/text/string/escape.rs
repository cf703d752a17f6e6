//! Escaping texts for other languages.

use std::fmt::Write;

use super::args::{Answer, own, string, text};
use super::entities::{name_of, named};
use crate::apex::platform::define::Definition;
use crate::apex::value::Value;
use crate::transaction::Transaction;

pub(super) fn methods(definition: Definition) -> Definition {
    definition
        .method("static String escapeSingleQuotes(String)", single_quotes)
        .method("String escapeCsv()", csv)
        .method("String unescapeCsv()", from_csv)
        .method("String escapeEcmaScript()", ecma_script)
        .method("String unescapeEcmaScript()", from_java)
        .method("String escapeHtml3()", html3)
        .method("String unescapeHtml3()", from_html3)
        .method("String escapeHtml4()", html4)
        .method("String unescapeHtml4()", from_html4)
        .method("String escapeJava()", java)
        .method("String unescapeJava()", from_java)
        .method("String escapeUnicode()", unicode)
        .method("String unescapeUnicode()", from_unicode)
        .method("String escapeXml()", xml)
        .method("String unescapeXml()", from_xml)
}

fn single_quotes(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    string(text(tx, arguments, 0)?.replace('\'', "\\'"))
}

fn csv(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let own = own(this);
    if own.contains([',', '"', '\n', '\r']) {
        return string(format!("\"{}\"", own.replace('"', "\"\"")));
    }
    string(&own)
}

fn from_csv(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let own = own(this);
    let inside = own.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inside.filter(|inside| inside.contains([',', '"', '\n', '\r'])) {
        Some(inside) => string(inside.replace("\"\"", "\"")),
        None => string(&own),
    }
}

/// `\uXXXX` for each UTF-16 unit.
fn push_units(made: &mut String, char: char) {
    for unit in char.encode_utf16(&mut [0; 2]) {
        // Writing into a string does not fail.
        let _ = write!(made, "\\u{unit:04X}");
    }
}

fn escaped(text: &str, signs: &[char]) -> String {
    let mut made = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        match char {
            '\u{8}' => made.push_str("\\b"),
            '\n' => made.push_str("\\n"),
            '\t' => made.push_str("\\t"),
            '\u{c}' => made.push_str("\\f"),
            '\r' => made.push_str("\\r"),
            char if signs.contains(&char) => made.extend(['\\', char]),
            ' '..='\u{7f}' => made.push(char),
            char => push_units(&mut made, char),
        }
    }
    made
}

fn java(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    string(escaped(&own(this), &['"', '\\']))
}

fn ecma_script(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    string(escaped(&own(this), &['"', '\'', '\\', '/']))
}

fn unicode(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let own = own(this);
    let mut made = String::with_capacity(own.len());
    for char in own.chars() {
        if char.is_ascii() { made.push(char) } else { push_units(&mut made, char) }
    }
    string(made)
}

/// Reads `\uXXXX`, and with `all` every escape of Java.
fn unescaped(text: &str, all: bool) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut push = |units: &mut Vec<u16>, char: char| units.extend_from_slice(char.encode_utf16(&mut [0; 2]));
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        rest = rest.get(char.len_utf8()..).unwrap_or_default();
        if char != '\\' {
            push(&mut units, char);
            continue;
        }
        let Some(next) = rest.chars().next() else {
            if !all {
                push(&mut units, '\\');
            }
            break;
        };
        if next == 'u' {
            let digits = rest.trim_start_matches('u').get(..4).filter(|digits| !digits.starts_with('+'));
            if let Some(unit) = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
                units.push(unit);
                rest = rest.trim_start_matches('u').get(4..).unwrap_or_default();
                continue;
            }
        }
        if !all {
            push(&mut units, '\\');
            continue;
        }
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
        let plain = match next {
            'b' => '\u{8}',
            'n' => '\n',
            't' => '\t',
            'f' => '\u{c}',
            'r' => '\r',
            other => other,
        };
        push(&mut units, plain);
    }
    String::from_utf16_lossy(&units)
}

fn from_java(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    string(unescaped(&own(this), true))
}

fn from_unicode(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    string(unescaped(&own(this), false))
}

fn with_names<'a>(text: &str, name: impl Fn(char) -> Option<&'a str>) -> Answer {
    let mut made = String::with_capacity(text.len());
    for char in text.chars() {
        match name(char) {
            Some(name) => made.extend(["&", name, ";"]),
            None => made.push(char),
        }
    }
    string(made)
}

/// Reads `&name;`, `&#65;` and `&#x41;`; what is none of these stays.
fn without_names(text: &str, named: impl Fn(&str) -> Option<char>) -> Answer {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        made.push_str(before);
        // No name is longer.
        let end = after.bytes().take(12).position(|byte| byte == b';');
        let read = end.and_then(|end| {
            let name = after.get(..end)?;
            let char = match name.strip_prefix('#') {
                Some(code) => match code.strip_prefix(['x', 'X']) {
                    Some(hex) => char::from_u32(u32::from_str_radix(hex, 16).ok()?)?,
                    None => char::from_u32(code.parse().ok()?)?,
                },
                None => named(name)?,
            };
            Some((char, after.get(end + 1..)?))
        });
        match read {
            Some((char, behind)) => {
                made.push(char);
                rest = behind;
            }
            None => {
                made.push('&');
                rest = after;
            }
        }
    }
    made.push_str(rest);
    string(made)
}

fn html3(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with_names(&own(this), |char| name_of(char, false))
}

fn html4(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with_names(&own(this), |char| name_of(char, true))
}

fn from_html3(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    without_names(&own(this), |name| named(name, false))
}

fn from_html4(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    without_names(&own(this), |name| named(name, true))
}

fn xml(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    with_names(&own(this), |char| match char {
        '\'' => Some("apos"),
        char if char.is_ascii() => name_of(char, false),
        _ => None,
    })
}

fn from_xml(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    without_names(&own(this), |name| match name {
        "apos" => Some('\''),
        "amp" | "lt" | "gt" | "quot" => named(name, false),
        _ => None,
    })
}
