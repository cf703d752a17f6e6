//! The tokens of a query.

use std::ops::Range;

use super::point::Problem;

/// What a token is. Words and numbers are read from the text again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A letter, then letters, digits and underscores.
    Word,
    /// With its sign, where one stands right before the digits.
    Number,
    Date,
    DateTime,
    Clock,
    /// With its quotes.
    Text,
    /// `(`, `,`, `<=` and the like.
    Mark,
    End,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub kind: Kind,
    /// Bytes of the text.
    pub place: Range<usize>,
}

/// The tokens of a text, the end among them. Comments are none.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens = Vec::with_capacity(text.len() / 5 + 1);
    let mut at = 0;
    while let Some(&byte) = text.as_bytes().get(at) {
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let (kind, length) = token(text, at)?;
        tokens.push(Token { kind, place: at..at + length });
        at += length;
    }
    tokens.push(Token { kind: Kind::End, place: text.len()..text.len() });
    Ok(tokens)
}

fn token(text: &str, at: usize) -> Result<(Kind, usize), Problem> {
    let rest = text.get(at..).unwrap_or_default();
    let bytes = rest.as_bytes();
    let digit = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_digit);
    match bytes.first() {
        Some(b'\'') => quoted(text, at).map(|length| (Kind::Text, length)),
        Some(first) if first.is_ascii_alphabetic() => {
            let length =
                rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            Ok((Kind::Word, length))
        }
        Some(first) if first.is_ascii_digit() => Ok(digits(rest)),
        Some(b'.') if digit(1) => Ok((Kind::Number, number(rest))),
        Some(b'+' | b'-') if digit(1) || bytes.get(1) == Some(&b'.') && digit(2) => {
            Ok((Kind::Number, 1 + number(&rest[1..])))
        }
        Some(b'<' | b'>' | b'!') if bytes.get(1) == Some(&b'=') => Ok((Kind::Mark, 2)),
        Some(b'<') if bytes.get(1) == Some(&b'>') => Ok((Kind::Mark, 2)),
        Some(b'=' | b'<' | b'>' | b'(' | b')' | b',' | b'.' | b':' | b'+' | b'-' | b'*' | b';' | b'/') => {
            Ok((Kind::Mark, 1))
        }
        _ => Err(Problem::character(text, at)),
    }
}

fn count(rest: &str) -> usize {
    rest.bytes().take_while(u8::is_ascii_digit).count()
}

/// `12`, `1.5`, `.5`; a dot without digits behind it is not part of the number.
fn number(rest: &str) -> usize {
    let whole = count(rest);
    match rest.get(whole..).and_then(|rest| rest.strip_prefix('.')).map(count) {
        Some(fraction) if fraction > 0 => whole + 1 + fraction,
        _ => whole,
    }
}

/// A number, a day, a moment or a time of day.
fn digits(rest: &str) -> (Kind, usize) {
    if shaped(rest, "9999-99-99") {
        let time = rest.get(10..).unwrap_or_default();
        if time.starts_with(['T', 't']) && shaped(&time[1..], "99:99:99") {
            let zone = fraction(&time[9..]);
            let length = zone_length(&time[9 + zone..]);
            return (Kind::DateTime, 10 + 9 + zone + length);
        }
        return (Kind::Date, 10);
    }
    if shaped(rest, "99:99:99") {
        let zone = fraction(&rest[8..]);
        return (Kind::Clock, 8 + zone + zone_length(&rest[8 + zone..]));
    }
    (Kind::Number, number(rest))
}

/// The length of `.123`.
fn fraction(rest: &str) -> usize {
    match rest.strip_prefix('.').map(count) {
        Some(digits) if digits > 0 => 1 + digits,
        _ => 0,
    }
}

/// The length of `Z`, `+0100` or `+01:00`.
fn zone_length(rest: &str) -> usize {
    if rest.starts_with(['Z', 'z']) {
        return 1;
    }
    let Some(digits) = rest.strip_prefix(['+', '-']) else { return 0 };
    if shaped(digits, "99:99") {
        6
    } else if shaped(digits, "9999") {
        5
    } else {
        0
    }
}

fn shaped(rest: &str, shape: &str) -> bool {
    rest.len() >= shape.len()
        && rest.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
            b'9' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

/// The length of a text with its quotes.
fn quoted(text: &str, at: usize) -> Result<usize, Problem> {
    let rest = text.get(at + 1..).unwrap_or_default();
    let mut letters = rest.char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\'' => return Ok(place + 2),
            '\\' => {
                letters.next();
            }
            _ => {}
        }
    }
    Err(Problem::unclosed(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        let tokens = tokens(text).unwrap();
        let ends = tokens.len() - 1;
        tokens[..ends].iter().map(|token| (token.kind, &text[token.place.clone()])).collect()
    }

    #[test]
    fn tokens_are_what_they_look_like() {
        use Kind::{Clock, Date, DateTime, Mark, Number, Text, Word};
        assert_eq!(
            kinds("A.b__c>=-1.5AND'x\\'y'"),
            [
                (Word, "A"),
                (Mark, "."),
                (Word, "b__c"),
                (Mark, ">="),
                (Number, "-1.5"),
                (Word, "AND"),
                (Text, "'x\\'y'")
            ]
        );
        assert_eq!(kinds("2026-01-31"), [(Date, "2026-01-31")]);
        for moment in ["2026-01-31T00:00:00Z", "2026-01-31T00:00:00.123+0100", "2026-01-31t00:00:00-01:00"] {
            assert_eq!(kinds(moment), [(DateTime, moment)]);
        }
        assert_eq!(kinds("10:30:00.000Z"), [(Clock, "10:30:00.000Z")]);
        assert_eq!(
            kinds("1. .5 2026-1"),
            [(Number, "1"), (Mark, "."), (Number, ".5"), (Number, "2026"), (Number, "-1")]
        );
    }

    #[test]
    fn odd_characters_are_named() {
        let words = |text: &str| tokens(text).unwrap_err().message;
        assert_eq!(words("SELECT \"x\""), "line 1:7 no viable alternative at character '\"'");
        assert_eq!(words("SELECT\n Id ü"), "line 2:4 no viable alternative at character 'ü'");
        assert_eq!(words("a = 'x"), "line 1:6 mismatched character '<EOF>' expecting '''");
    }

    proptest::proptest! {
        #[test]
        fn tokens_follow_each_other_inside_the_text(text in "[a-z0-9.:'\\\\ +é-]{0,60}") {
            if let Ok(tokens) = tokens(&text) {
                let mut end = 0;
                for token in tokens {
                    proptest::prop_assert!(token.place.start >= end && text.get(token.place.clone()).is_some());
                    end = token.place.end;
                }
                proptest::prop_assert_eq!(end, text.len());
            }
        }
    }
}
