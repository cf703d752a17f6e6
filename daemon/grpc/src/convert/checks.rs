//! Several fields checked in one go, so that a caller learns of every wrong one at once.

use provision_core::Reason;
use provision_core::fault::{Fault, Result};

/// Longest name for people, in characters.
pub(crate) const DISPLAY_NAME_MAX: usize = 128;

/// Collects what is wrong with the fields of a request.
#[derive(Default)]
pub(crate) struct Checks {
    faults: Vec<Fault>,
}

impl Checks {
    /// The value, or nothing for now where it is wrong.
    pub(crate) fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|fault| self.faults.push(fault)).ok()
    }

    /// What is wrong, in one fault; a fault that is not about fields comes as it is.
    pub(crate) fn done(self) -> Result<()> {
        let mut faults = self.faults.into_iter();
        let Some(first) = faults.next() else { return Ok(()) };
        let rest: Vec<Fault> = faults.collect();
        if rest.is_empty() || first.reason() != Reason::InvalidRequest {
            return Err(first);
        }
        let all: Vec<_> = std::iter::once(&first).chain(&rest).flat_map(|f| f.violations()).collect();
        let message =
            all.iter().map(|v| format!("{}: {}", v.subject, v.description)).collect::<Vec<_>>().join("; ");
        Err(all.iter().fold(Fault::new(Reason::InvalidRequest, message), |fault, violation| {
            fault.violation(violation.subject.clone(), violation.description.clone())
        }))
    }
}

/// A name for people: at most 128 characters, none of them control characters; can be empty.
pub(crate) fn display_name(field: &str, text: &str) -> Result<String> {
    plain(field, text, DISPLAY_NAME_MAX)
}

/// A text of at most `max` characters without control characters.
pub(crate) fn plain(field: &str, text: &str, max: usize) -> Result<String> {
    if text.chars().count() > max {
        Err(Fault::invalid(field, format!("must be at most {max} characters")))
    } else if text.chars().any(char::is_control) {
        Err(Fault::invalid(field, "must not contain control characters"))
    } else {
        Ok(text.to_owned())
    }
}

/// A text that must be there.
pub(crate) fn required(field: &str, text: &str, max: usize) -> Result<String> {
    if text.is_empty() { Err(Fault::invalid(field, "is required")) } else { plain(field, text, max) }
}

/// A message that must be there.
pub(crate) fn present<T>(field: &str, message: Option<T>) -> Result<T> {
    message.ok_or_else(|| Fault::invalid(field, "is required"))
}

/// The same fault, about `field`: parsers of the domain do not know what a request calls it.
pub(crate) use crate::name::about;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_named() {
        let mut checks = Checks::default();
        assert_eq!(checks.take(display_name("good", "Ärger & Söhne")), Some("Ärger & Söhne".to_owned()));
        assert_eq!(checks.take(display_name("a", &"ä".repeat(129))), None);
        assert_eq!(checks.take(display_name("b", "x\u{7}")), None);
        assert_eq!(checks.take(required("c", "", 10)), None);
        let fault = checks.done().expect_err("three are wrong");
        let fields: Vec<_> = fault.violations().iter().map(|v| v.subject.as_str()).collect();
        assert_eq!(fields, ["a", "b", "c"]);
    }
}
