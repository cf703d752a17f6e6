//! Filter expressions of channel members: a part of SOQL's WHERE over the values of one event.

mod parse;

use std::cmp::Ordering;

use serde_json::Value;

use parse::Parser;

/// Characters of an expression.
const LENGTH_MAX: usize = 131_072;

/// A parsed expression and its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    text: String,
    condition: Condition,
}

/// What does not fit, and where, counted in bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unexpected token at position {at}")]
pub struct FilterError {
    pub at: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Compare { field: String, operator: Operator, literals: Vec<Literal> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    In,
    NotIn,
}

#[derive(Debug, Clone, PartialEq)]
enum Literal {
    Null,
    Bool(bool),
    /// Numbers, and days and moments in milliseconds since 1970, as events carry them.
    Number(f64),
    Text(String),
}

impl Filter {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        if text.len() > LENGTH_MAX {
            return Err(FilterError { at: LENGTH_MAX });
        }
        let condition = Parser::new(text).whole()?;
        Ok(Self { text: text.to_owned(), condition })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The fields that it looks at; compound ones with a dot.
    pub fn fields(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let mut open = vec![&self.condition];
        while let Some(condition) = open.pop() {
            match condition {
                Condition::All(inner) | Condition::Any(inner) => open.extend(inner),
                Condition::Compare { field, .. } => names.push(field.as_str()),
            }
        }
        names
    }

    /// Whether an event with these values meets it. Text compares without case, as in SOQL.
    pub fn holds(&self, values: &Value) -> bool {
        self.condition.holds(values)
    }
}

impl Condition {
    fn holds(&self, values: &Value) -> bool {
        match self {
            Self::All(inner) => inner.iter().all(|one| one.holds(values)),
            Self::Any(inner) => inner.iter().any(|one| one.holds(values)),
            Self::Compare { field, operator, literals } => {
                let value = field.split('.').fold(values, |value, name| member(value, name));
                operator.holds(value, literals)
            }
        }
    }
}

fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    let Value::Object(object) = value else { return &Value::Null };
    let found = object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map_or(&Value::Null, |(_, value)| value)
}

impl Operator {
    fn holds(self, value: &Value, literals: &[Literal]) -> bool {
        let equal = |literal: &Literal| match (value, literal) {
            (Value::Null, Literal::Null) => true,
            (Value::Array(items), literal) => {
                items.iter().any(|item| order(item, literal) == Some(Ordering::Equal))
            }
            _ => order(value, literal) == Some(Ordering::Equal),
        };
        let Some(first) = literals.first() else { return false };
        let order = order(value, first);
        match self {
            Self::Equal | Self::In => literals.iter().any(equal),
            Self::NotEqual | Self::NotIn => !literals.iter().any(equal),
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Self::Like => match (value, first) {
                (Value::String(text), Literal::Text(pattern)) => {
                    let (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
                    like(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
                }
                _ => false,
            },
        }
    }
}

fn order(value: &Value, literal: &Literal) -> Option<Ordering> {
    match (value, literal) {
        (Value::Number(value), Literal::Number(other)) => value.as_f64()?.partial_cmp(other),
        (Value::String(value), Literal::Text(other)) => Some(value.to_lowercase().cmp(&other.to_lowercase())),
        (Value::Bool(value), Literal::Bool(other)) => Some(value.cmp(other)),
        _ => None,
    }
}

/// `%` is any run, `_` any one character. Goes back to the last run alone, so that it takes no more than the product of
/// both lengths.
fn like(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('%') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(one) if *one == '_' || *one == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((after, from)) = retry else { return false };
                retry = Some((after, from + 1));
                p = after;
                t = from + 1;
            }
        }
    }
    pattern[p..].iter().all(|one| *one == '%')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn holds(text: &str) -> bool {
        let values = json!({
            "City__c": "San Francisco", "Amount__c": 120.5, "Day__c": 1_735_689_600_000_i64, "Done__c": true,
            "Empty__c": null, "ChangeEventHeader": {"changeType": "UPDATE", "recordIds": ["001"]},
        });
        Filter::parse(text).unwrap().holds(&values)
    }

    #[test]
    fn the_forms_of_the_guide() {
        for good in [
            "City__c = 'San Francisco'",
            "City__c='san francisco'",
            "City__c LIKE 'San %'",
            "City__c LIKE '_an%sco'",
            "(City__c = 'Paris' OR City__c = 'San Francisco') AND Amount__c > 100",
            "(City__c='Paris')OR(Amount__c>=120.5)",
            "City__c IN ('Paris', 'San Francisco')",
            "City__c NOT IN ('Paris','Rome')",
            "Day__c = 2025-01-01",
            "Day__c < 2025-01-01T00:00:01Z",
            "Done__c = true AND Empty__c = null",
            "Empty__c != 'x'",
            "ChangeEventHeader.changeType = 'UPDATE'",
        ] {
            assert!(holds(good), "{good}");
        }
        for bad in
            ["City__c = 'Paris'", "Amount__c < 100", "Empty__c > 1", "City__c LIKE 'Fran%'", "Nope__c = 1"]
        {
            assert!(!holds(bad), "{bad}");
        }
    }

    #[test]
    fn what_does_not_parse() {
        for text in [
            "",
            "City__c",
            "City__c =",
            "= 'x'",
            "City__c = 'x",
            "(City__c = 'x'",
            "City__c = x",
            "City__c LIKE 1",
            "City__c = 'x' City__c = 'y'",
            "NOT City__c = 'x'",
            "1 = 1",
            "City__c IN ()",
        ] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
        assert!(Filter::parse(&"(".repeat(10_000)).is_err());
    }

    #[test]
    fn names_its_fields() {
        let filter = Filter::parse("A__c = 1 AND (B__c = 2 OR C__c = 3)").unwrap();
        let mut fields = filter.fields();
        fields.sort_unstable();
        assert_eq!(fields, ["A__c", "B__c", "C__c"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,60}") {
            let _ = Filter::parse(&text);
        }

        #[test]
        fn any_tokens_are_read_or_refused(tokens in proptest::collection::vec(
            prop_oneof![Just("("), Just(")"), Just("A__c"), Just("="), Just("'x'"), Just("AND"), Just("OR"),
                Just("NOT"), Just("IN"), Just("LIKE"), Just("1"), Just(","), Just("é")], 0..30)) {
            if let Ok(filter) = Filter::parse(&tokens.join(" ")) {
                filter.holds(&json!({"A__c": "x"}));
            }
        }
    }
}
