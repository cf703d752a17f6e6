//! Filters of list calls: the subset `field = value AND …` of AIP-160.

use crate::fault::{Fault, Result};

/// A parsed filter; every term must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

/// `field = value`; a value that ends in `*` matches any rest.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    field: String,
    value: String,
    prefix: bool,
}

/// Longest filter text.
pub const FILTER_LENGTH_MAX: usize = 1_000;
/// Most terms of a filter.
pub const FILTER_TERMS_MAX: usize = 10;

impl Filter {
    /// Parses `text`; only the fields in `allowed` can be asked for. The empty text matches everything.
    pub fn parse(text: &str, allowed: &[&str]) -> Result<Filter> {
        let bad = |why: String| Fault::invalid("filter", why);
        if text.len() > FILTER_LENGTH_MAX {
            return Err(bad(format!("must be at most {FILTER_LENGTH_MAX} characters")));
        }
        let mut rest = text.trim();
        let mut terms = Vec::new();
        while !rest.is_empty() {
            if terms.len() == FILTER_TERMS_MAX {
                return Err(bad(format!("must have at most {FILTER_TERMS_MAX} terms")));
            }
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let field = &rest[..end];
            if !allowed.contains(&field) {
                return Err(bad(format!("'{field}' is not one of {}", allowed.join(", "))));
            }
            rest = rest[end..].trim_start();
            rest = rest
                .strip_prefix('=')
                .ok_or_else(|| bad(format!("'=' expected after '{field}'")))?
                .trim_start();
            let (value, after) =
                value(rest).ok_or_else(|| bad(format!("a value expected after '{field} ='")))?;
            let (value, prefix) = match value.strip_suffix('*') {
                Some(start) => (start.to_owned(), true),
                None => (value, false),
            };
            terms.push(Term { field: field.to_owned(), value, prefix });
            rest = after.trim_start();
            if !rest.is_empty() {
                rest = rest
                    .strip_prefix("AND")
                    .filter(|r| r.starts_with(char::is_whitespace) && !r.trim().is_empty())
                    .ok_or_else(|| bad("'AND' and a further term expected between terms".to_owned()))?
                    .trim_start();
            }
        }
        Ok(Filter { terms })
    }

    /// True when every term holds for the value that `field` answers; fields that are not there match nothing.
    pub fn matches(&self, field: impl Fn(&str) -> Option<String>) -> bool {
        self.terms.iter().all(|term| {
            field(&term.field).is_some_and(|actual| {
                if term.prefix { actual.starts_with(&term.value) } else { actual == term.value }
            })
        })
    }

    /// True when it has no terms.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// A quoted string with `\"` and `\\`, or a bare word; and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut out = String::new();
        let mut chars = quoted.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => return Some((out, &quoted[at + 1..])),
                '\\' => out.push(chars.next()?.1),
                c => out.push(c),
            }
        }
        return None;
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let word = &text[..end];
    (!word.is_empty() && !word.contains(['"', '=', '(', ')'])).then(|| (word.to_owned(), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &str) -> Option<String> {
        match name {
            "kind" => Some("PaintBrush".to_owned()),
            "custom" => Some("true".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn terms_are_joined_by_and() {
        let allowed = ["kind", "custom"];
        let matches = |text| Filter::parse(text, &allowed).expect(text).matches(fields);
        assert!(matches(""));
        assert!(matches("kind = \"PaintBrush\""));
        assert!(matches("kind=Paint* AND custom = true"));
        assert!(!matches("kind = PaintBucket AND custom = true"));
    }

    #[test]
    fn wrong_filters_name_what_is_wrong() {
        for text in [
            "color = red",
            "kind",
            "kind =",
            "kind = \"x",
            "kind = a OR kind = b",
            "kind = a AND",
            "= a",
            "kind = (a)",
            "kind == a",
            &format!("kind = {}", "a".repeat(1_000)),
        ] {
            let fault = Filter::parse(text, &["kind"]).expect_err(text);
            assert_eq!(fault.violations()[0].subject, "filter");
        }
    }

    proptest::proptest! {
        #[test]
        fn parsing_never_panics(text in "(?s).{0,200}") {
            let _ = Filter::parse(&text, &["kind", "custom"]);
        }

        #[test]
        fn texts_that_look_like_filters_never_panic(text in r#"((kind|custom|AND|=|\*|"|\\| |é){0,30})"#) {
            if let Ok(filter) = Filter::parse(&text, &["kind", "custom"]) {
                let _ = filter.matches(fields);
                proptest::prop_assert_eq!(filter.is_empty(), text.trim().is_empty());
            }
        }

        #[test]
        fn what_is_quoted_is_matched_as_it_is(values in proptest::collection::vec("(?s).{0,40}[^*]", 1..=FILTER_TERMS_MAX)) {
            let quoted = |value: &String| value.replace('\\', "\\\\").replace('"', "\\\"");
            let terms: Vec<_> = values.iter().map(|value| format!("kind = \"{}\"", quoted(value))).collect();
            let text = terms.join(" AND ");
            if text.len() <= FILTER_LENGTH_MAX {
                let filter = Filter::parse(&text, &["kind"]).expect("valid");
                let same = values.iter().all(|value| value == &values[0]);
                proptest::prop_assert_eq!(filter.matches(|_| Some(values[0].clone())), same);
                proptest::prop_assert!(!filter.matches(|_| None));
            }
        }

        #[test]
        fn a_star_matches_every_rest(start in "[A-Za-z0-9_.-]{1,20}", rest in "(?s).{0,20}") {
            let filter = Filter::parse(&format!("kind = {start}*"), &["kind"]).expect("valid");
            let (longer, other) = (format!("{start}{rest}"), format!("!{start}{rest}"));
            proptest::prop_assert!(filter.matches(|_| Some(longer.clone())));
            proptest::prop_assert!(!filter.matches(|_| Some(other.clone())));
        }
    }
}
