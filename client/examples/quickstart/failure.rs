//! Why the quickstart did not reach its end.

use provision_client::Error;

/// A reason for programs, a message for people, and what else was said.
#[derive(Debug)]
pub struct Failure {
    pub reason: String,
    pub message: String,
    pub details: Vec<String>,
}

impl Failure {
    pub fn new(reason: &str, message: impl Into<String>) -> Failure {
        Failure { reason: reason.to_owned(), message: message.into(), details: Vec::new() }
    }

    /// What a part of this process could not do.
    pub fn because(reason: &'static str) -> impl Fn(&dyn std::error::Error) -> Failure {
        move |error| {
            let mut message = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                message.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            Failure::new(reason, message)
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let Some(rejection) = error.rejection() else {
            return Failure::new(error.reason(), error.to_string());
        };
        let violations = rejection.violations.iter().map(|v| format!("{}: {}", v.subject, v.description));
        let help = rejection.help.iter().map(|h| format!("{} {}", h.description, h.url));
        Failure {
            reason: rejection.reason.clone(),
            message: rejection.message.clone(),
            details: violations.chain(help).collect(),
        }
    }
}
