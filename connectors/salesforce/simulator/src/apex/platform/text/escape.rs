//! Methods of `String` that escape signs and the other way round.

use std::fmt::Write;

use super::super::arguments::argument;
use super::super::define::Definition;
use super::units::{room, text};
use crate::apex::run::Thrown;
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn add(definition: Definition) -> Definition {
    definition
        .method("static String escapeSingleQuotes(String)", |tx, _, a| {
            let own = text(tx, argument(a, 0))?;
            Ok(Value::string(&own.replace('\\', r"\\").replace('\'', r"\'")))
        })
        .method("String escapeCsv()", escape_csv)
        .method("String unescapeCsv()", unescape_csv)
        .method("String escapeHtml3()", |tx, this, _| escaped(tx, this, html3))
        .method("String unescapeHtml3()", |tx, this, _| entities(tx, this, Markup::Html))
        .method("String escapeHtml4()", |tx, this, _| escaped(tx, this, html4))
        .method("String unescapeHtml4()", |tx, this, _| entities(tx, this, Markup::Html))
        .method("String escapeXml()", |tx, this, _| escaped(tx, this, xml))
        .method("String unescapeXml()", |tx, this, _| entities(tx, this, Markup::Xml))
        .method("String escapeJava()", |tx, this, _| escaped(tx, this, java))
        .method("String unescapeJava()", |tx, this, _| unescape(tx, this, false))
        .method("String escapeEcmaScript()", |tx, this, _| escaped(tx, this, script))
        .method("String unescapeEcmaScript()", |tx, this, _| unescape(tx, this, false))
        .method("String escapeUnicode()", |tx, this, _| escaped(tx, this, unicode))
        .method("String unescapeUnicode()", |tx, this, _| unescape(tx, this, true))
}

/// Each character by a rule that writes it.
fn escaped(tx: &mut Transaction, this: &Value, rule: fn(char, &mut String)) -> Answer {
    let own = text(tx, this)?;
    room(tx, own.len())?;
    let mut made = String::with_capacity(own.len());
    own.chars().for_each(|character| rule(character, &mut made));
    Ok(Value::string(&made))
}

fn units(character: char, made: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        let _ = write!(made, "\\u{unit:04X}");
    }
}

fn java(character: char, made: &mut String) {
    match character {
        '"' => made.push_str("\\\""),
        '\\' => made.push_str("\\\\"),
        '\n' => made.push_str("\\n"),
        '\r' => made.push_str("\\r"),
        '\t' => made.push_str("\\t"),
        '\u{8}' => made.push_str("\\b"),
        '\u{C}' => made.push_str("\\f"),
        ' '..='\u{7F}' => made.push(character),
        other => units(other, made),
    }
}

fn script(character: char, made: &mut String) {
    match character {
        '\'' => made.push_str("\\'"),
        '/' => made.push_str("\\/"),
        other => java(other, made),
    }
}

fn unicode(character: char, made: &mut String) {
    if character.is_ascii() { made.push(character) } else { units(character, made) }
}

fn basic(character: char) -> Option<&'static str> {
    Some(match character {
        '<' => "&lt;",
        '>' => "&gt;",
        '&' => "&amp;",
        '"' => "&quot;",
        _ => return None,
    })
}

fn xml(character: char, made: &mut String) {
    match (basic(character), character) {
        (Some(entity), _) => made.push_str(entity),
        (None, '\'') => made.push_str("&apos;"),
        (None, other) => made.push(other),
    }
}

fn html3(character: char, made: &mut String) {
    match basic(character) {
        Some(entity) => made.push_str(entity),
        None => match latin(character) {
            Some(name) => drop(write!(made, "&{name};")),
            None => made.push(character),
        },
    }
}

fn html4(character: char, made: &mut String) {
    match SIGNS.iter().find(|(_, sign)| *sign == character) {
        Some((name, _)) => drop(write!(made, "&{name};")),
        None => html3(character, made),
    }
}

/// Names of the characters from the no-break space on, in order.
const LATIN: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo",
    "not", "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
    "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",
    "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute",
    "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash",
    "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute", "acirc", "atilde",
    "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc",
    "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave",
    "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

/// Signs and Greek letters with names of their own.
const SIGNS: [(&str, char); 82] = [
    ("euro", '€'),
    ("hellip", '…'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("sbquo", '‚'),
    ("bdquo", '„'),
    ("bull", '•'),
    ("trade", '™'),
    ("dagger", '†'),
    ("Dagger", '‡'),
    ("permil", '‰'),
    ("lsaquo", '‹'),
    ("rsaquo", '›'),
    ("OElig", 'Œ'),
    ("oelig", 'œ'),
    ("Scaron", 'Š'),
    ("scaron", 'š'),
    ("Yuml", 'Ÿ'),
    ("fnof", 'ƒ'),
    ("larr", '←'),
    ("uarr", '↑'),
    ("rarr", '→'),
    ("darr", '↓'),
    ("harr", '↔'),
    ("infin", '∞'),
    ("asymp", '≈'),
    ("ne", '≠'),
    ("le", '≤'),
    ("ge", '≥'),
    ("minus", '−'),
    ("sum", '∑'),
    ("prod", '∏'),
    ("radic", '√'),
    ("Alpha", 'Α'),
    ("Beta", 'Β'),
    ("Gamma", 'Γ'),
    ("Delta", 'Δ'),
    ("Epsilon", 'Ε'),
    ("Zeta", 'Ζ'),
    ("Eta", 'Η'),
    ("Theta", 'Θ'),
    ("Iota", 'Ι'),
    ("Kappa", 'Κ'),
    ("Lambda", 'Λ'),
    ("Mu", 'Μ'),
    ("Nu", 'Ν'),
    ("Xi", 'Ξ'),
    ("Omicron", 'Ο'),
    ("Pi", 'Π'),
    ("Rho", 'Ρ'),
    ("Sigma", 'Σ'),
    ("Tau", 'Τ'),
    ("Phi", 'Φ'),
    ("Psi", 'Ψ'),
    ("Omega", 'Ω'),
    ("alpha", 'α'),
    ("beta", 'β'),
    ("gamma", 'γ'),
    ("delta", 'δ'),
    ("epsilon", 'ε'),
    ("zeta", 'ζ'),
    ("eta", 'η'),
    ("theta", 'θ'),
    ("iota", 'ι'),
    ("kappa", 'κ'),
    ("lambda", 'λ'),
    ("mu", 'μ'),
    ("nu", 'ν'),
    ("xi", 'ξ'),
    ("omicron", 'ο'),
    ("pi", 'π'),
    ("rho", 'ρ'),
    ("sigma", 'σ'),
    ("tau", 'τ'),
    ("phi", 'φ'),
    ("chi", 'χ'),
    ("psi", 'ψ'),
    ("omega", 'ω'),
];

fn latin(character: char) -> Option<&'static str> {
    let at = u32::from(character).checked_sub(0xA0)?;
    LATIN.get(at as usize).copied()
}

#[derive(Clone, Copy, PartialEq)]
enum Markup {
    Xml,
    Html,
}

/// The character of an entity without its `&` and `;`.
fn entity(name: &str, markup: Markup) -> Option<char> {
    if let Some(code) = name.strip_prefix('#') {
        let code = match code.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => code.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match (name, markup) {
        ("lt", _) => '<',
        ("gt", _) => '>',
        ("amp", _) => '&',
        ("quot", _) => '"',
        ("apos", Markup::Xml) => '\'',
        (name, Markup::Html) => {
            let latin = LATIN.iter().position(|known| *known == name);
            match latin {
                Some(at) => char::from_u32(0xA0 + at as u32)?,
                None => SIGNS.iter().find(|(known, _)| *known == name)?.1,
            }
        }
        _ => return None,
    })
}

fn entities(tx: &mut Transaction, this: &Value, markup: Markup) -> Answer {
    let own = text(tx, this)?;
    let mut made = String::with_capacity(own.len());
    let mut rest = &*own;
    while let Some((before, after)) = rest.split_once('&') {
        made.push_str(before);
        // No entity is longer.
        let end = after.bytes().take(12).position(|byte| byte == b';');
        let found = end.and_then(|end| Some((entity(after.get(..end)?, markup)?, after.get(end + 1..)?)));
        match found {
            Some((character, behind)) => {
                made.push(character);
                rest = behind;
            }
            None => {
                made.push('&');
                rest = after;
            }
        }
    }
    made.push_str(rest);
    Ok(Value::string(&made))
}

/// What stands behind backslashes; of codes alone where `only_codes`.
fn unescape(tx: &mut Transaction, this: &Value, only_codes: bool) -> Answer {
    let own = text(tx, this)?;
    let mut units: Vec<u16> = Vec::with_capacity(own.len());
    let mut put = |character: char| units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
    let mut rest = own.chars().peekable();
    while let Some(character) = rest.next() {
        if character != '\\' {
            put(character);
            continue;
        }
        match rest.peek().copied() {
            Some('u') => {
                let mut ahead = rest.clone();
                while ahead.next_if_eq(&'u').is_some() {}
                let code: String = ahead.by_ref().take(4).collect();
                match u16::from_str_radix(&code, 16) {
                    Ok(unit) if code.len() == 4 => {
                        rest = ahead;
                        match char::from_u32(u32::from(unit)) {
                            Some(one) => put(one),
                            None => half(&mut put, unit, &mut rest),
                        }
                    }
                    _ => put('\\'),
                }
            }
            Some(escaped) if !only_codes => {
                rest.next();
                put(match escaped {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\u{8}',
                    'f' => '\u{C}',
                    other => other,
                });
            }
            _ => put('\\'),
        }
    }
    Ok(Value::string(&String::from_utf16_lossy(&units)))
}

/// The first half of a pair, with the second one when that follows.
fn half(put: &mut impl FnMut(char), unit: u16, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let mut ahead = rest.clone();
    let follows = ahead.next() == Some('\\') && ahead.next() == Some('u');
    let code: String = ahead.by_ref().take(4).collect();
    let pair = u16::from_str_radix(&code, 16).ok().filter(|_| follows);
    let whole = pair.and_then(|low| char::decode_utf16([unit, low]).next()?.ok());
    match whole {
        Some(one) => {
            *rest = ahead;
            put(one);
        }
        None => put(char::REPLACEMENT_CHARACTER),
    }
}

fn escape_csv(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let own = text(tx, this)?;
    if !own.contains([',', '"', '\n', '\r']) {
        return Ok(Value::String(own));
    }
    Ok(Value::string(&format!("\"{}\"", own.replace('"', "\"\""))))
}

fn unescape_csv(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let inner = own.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(inner) if inner.contains([',', '"', '\n', '\r']) => {
            Ok(Value::string(&inner.replace("\"\"", "\"")))
        }
        _ => Ok(Value::String(own)),
    }
}
