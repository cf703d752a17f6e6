//! One error for the whole domain, with a public and an internal half.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::reason::{Code, Reason};

/// Result of everything in the domain that can fail.
pub type Result<T, E = Fault> = std::result::Result<T, E>;

/// Something that went wrong, for three readers: programs (reason, metadata, violations), callers (message), and the
/// operator (the internal text, which goes to the log and never to a caller).
///
/// The internal half is reached through [`Fault::internal`] alone: `Display` shows the public half, so that no text of
/// a backend can slip into an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault(Box<Body>);

#[derive(Clone, PartialEq, Eq)]
struct Body {
    reason: Reason,
    message: String,
    internal: Option<String>,
    metadata: BTreeMap<String, String>,
    violations: Vec<Violation>,
    retry_after: Option<Duration>,
    link: Option<String>,
}

/// One thing that is wrong with a request, or one precondition that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The field of the request, or the subject of the precondition.
    pub subject: String,
    /// For people: what is wrong and what to do.
    pub description: String,
}

impl Fault {
    /// A fault with its reason and the text for the caller, which says what to do and carries no secret.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Fault(Box::new(Body {
            reason,
            message: message.into(),
            internal: None,
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            retry_after: None,
            link: None,
        }))
    }

    /// A request whose field `field` is wrong.
    pub fn invalid(field: impl Into<String>, description: impl Into<String>) -> Self {
        let (field, description) = (field.into(), description.into());
        Fault::new(Reason::InvalidRequest, format!("{field}: {description}")).violation(field, description)
    }

    /// A defect of ours: the caller learns nothing but that it happened.
    pub fn internal_error(internal: impl fmt::Display) -> Self {
        Fault::new(Reason::Internal, "an internal error occurred; the daemon's log has the details")
            .with_internal(internal)
    }

    /// The one answer for "not allowed" and "not there", so that neither can be told from the other.
    pub fn permission(permission: &str, resource: &str) -> Self {
        Fault::new(
            Reason::PermissionMissing,
            format!("Permission '{permission}' denied on resource '{resource}' (or it might not exist)"),
        )
        .meta("permission", permission)
        .meta("resource", resource)
    }

    /// A resource that is not there, told to callers who may know.
    pub fn not_found(name: impl fmt::Display) -> Self {
        Fault::new(Reason::ResourceNotFound, format!("'{name}' does not exist"))
            .meta("resource", name.to_string())
    }

    /// Adds the operator's text.
    #[must_use]
    pub fn with_internal(mut self, internal: impl fmt::Display) -> Self {
        self.0.internal = Some(internal.to_string());
        self
    }

    /// Adds a fact for programs.
    #[must_use]
    pub fn meta(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.metadata.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a violation.
    #[must_use]
    pub fn violation(mut self, subject: impl Into<String>, description: impl Into<String>) -> Self {
        self.0.violations.push(Violation { subject: subject.into(), description: description.into() });
        self
    }

    /// Says when a retry makes sense.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// Says where to mend it.
    #[must_use]
    pub fn link(mut self, url: impl Into<String>) -> Self {
        self.0.link = Some(url.into());
        self
    }

    /// The stable reason.
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The status code that goes with the reason.
    pub fn code(&self) -> Code {
        self.0.reason.code()
    }

    /// The text for the caller.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The text for the operator's log.
    pub fn internal(&self) -> Option<&str> {
        self.0.internal.as_deref()
    }

    /// Facts for programs.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.0.metadata
    }

    /// What exactly is wrong.
    pub fn violations(&self) -> &[Violation] {
        &self.0.violations
    }

    /// When a retry makes sense.
    pub fn retry_delay(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Where to mend it.
    pub fn help_link(&self) -> Option<&str> {
        self.0.link.as_deref()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.reason.as_str(), self.0.message)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({self}")?;
        if let Some(internal) = &self.0.internal {
            write!(f, "; internal: {internal}")?;
        }
        write!(f, ")")
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_keeps_the_internal_text_to_itself() {
        let fault =
            Fault::new(Reason::StoreUnavailable, "try again later").with_internal("disk /dev/x on fire");
        assert_eq!(fault.to_string(), "STORE_UNAVAILABLE: try again later");
        assert_eq!(fault.internal(), Some("disk /dev/x on fire"));
    }

    #[test]
    fn reasons_are_unique_upper_snake_words() {
        let mut seen = std::collections::BTreeSet::new();
        for reason in Reason::ALL {
            let word = reason.as_str();
            assert!(word.chars().all(|c| c.is_ascii_uppercase() || c == '_'), "{word}");
            assert!(seen.insert(word), "{word} twice");
        }
    }
}
