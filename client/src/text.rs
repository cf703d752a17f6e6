//! Text from elsewhere, made safe for a terminal.

use std::borrow::Cow;

use prost_types::Timestamp;

/// Control characters, and those that turn the direction of writing, as escapes: a name must not move the cursor,
/// change colours or hide what it is.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(unsafe_for_terminal) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if unsafe_for_terminal(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// The same inside JSON text, whose strings know only `\uXXXX`. Line feeds are JSON's own layout.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(|c| c != '\n' && unsafe_for_terminal(c)) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 8);
    for c in json.chars() {
        if c != '\n' && unsafe_for_terminal(c) {
            out.push_str(&format!("\\u{:04x}", c as u32));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// All of them lie in the basic plane, so that four digits are enough in JSON.
fn unsafe_for_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A time as `2026-11-24T08:15:00Z`; empty when there is none.
pub fn time(time: Option<&Timestamp>) -> String {
    time.and_then(|t| chrono::DateTime::from_timestamp(t.seconds, 0))
        .map(|t| t.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

/// An enum's word without its prefix, for example `PROTECTED`; the number where this version knows no word.
pub fn word<E: TryFrom<i32>>(value: i32, name: fn(&E) -> &'static str, prefix: &str) -> String {
    match E::try_from(value) {
        Ok(known) => name(&known).strip_prefix(prefix).unwrap_or(name(&known)).to_owned(),
        Err(_) => value.to_string(),
    }
}

/// `yes` or nothing: a column of marks reads better than one of words.
pub fn mark(holds: bool) -> String {
    if holds { "yes".to_owned() } else { String::new() }
}

/// `1 call`, `2 calls`.
pub fn count(number: impl Into<i64>, noun: &str) -> String {
    let number = number.into();
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `a, b, c and 7 more`: at most `max` of `names`, out of `all`.
pub fn some(names: &[String], all: usize, max: usize) -> String {
    let shown = names.len().min(max);
    let mut text = names[..shown].join(", ");
    if all > shown {
        text.push_str(&format!(" and {} more", all - shown));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_unsafe_is_escaped() {
        assert_eq!(escape("Müller & Söhne 株式会社"), "Müller & Söhne 株式会社");
        assert_eq!(escape("a\u{1b}[31m\tb\u{202e}c\u{7f}"), r"a\u{1b}[31m\tb\u{202e}c\u{7f}");
    }

    #[test]
    fn escaped_json_means_the_same() {
        let json =
            serde_json::to_string_pretty(&serde_json::json!({"a": "x\u{9b}2J\u{202e}\u{7f}\u{1}"})).unwrap();
        let safe = escape_json(&json);
        assert!(safe.chars().all(|c| c == '\n' || !unsafe_for_terminal(c)), "{safe}");
        let back: serde_json::Value = serde_json::from_str(&safe).unwrap();
        assert_eq!(back["a"], "x\u{9b}2J\u{202e}\u{7f}\u{1}");
    }

    #[test]
    fn a_few_of_many_are_counted_out() {
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(some(&names, 3, 10), "a, b, c");
        assert_eq!(some(&names, 3, 2), "a, b and 1 more");
        assert_eq!(some(&names, 200, 3), "a, b, c and 197 more");
    }

    #[test]
    fn times_are_utc_seconds() {
        assert_eq!(time(Some(&Timestamp { seconds: 1_795_507_200, nanos: 5 })), "2026-11-24T08:00:00Z");
        assert_eq!(time(None), "");
        assert_eq!(time(Some(&Timestamp { seconds: i64::MAX, nanos: 0 })), "");
    }
}
