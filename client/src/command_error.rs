//! Why a command did not do its work, and what to do about it.

use std::io;
use std::path::PathBuf;

use provision_client::{Error, Rejection, Violation};

use crate::text::escape;

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The command line cannot be used.
    #[error("USAGE: {0}")]
    Usage(String),
    /// The daemon, or the way to it.
    #[error(transparent)]
    Client(#[from] Error),
    /// The authorisation came to nothing.
    #[error("{reason}: {message}")]
    Authorization { reason: String, message: String },
    /// Blocking checks have not passed; their ids.
    #[error("PRECONDITION_CHECKS_FAILED: what blocks: {}", .0.join(", "))]
    ChecksFailed(Vec<String>),
    /// A file that was named.
    #[error("FILE_UNREADABLE: {}: {why}", file.display())]
    File { file: PathBuf, why: String },
    /// A file that was to be written.
    #[error("FILE_UNWRITABLE: {}: {why}", file.display())]
    Unwritable { file: PathBuf, why: String },
    /// Input or output of this process.
    #[error("OUTPUT_FAILED: {0}")]
    Io(#[from] io::Error),
}

impl CommandError {
    /// True when whoever read our output has gone.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, CommandError::Io(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What to print: the error, its violations, what to do, where to read on. Safe for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let text = match self {
            CommandError::Client(Error::Options(message)) => format!("USAGE: {message}"),
            CommandError::Client(Error::Protocol(_)) => format!("PROTOCOL_BROKEN: {self}"),
            _ => self.to_string(),
        };
        let mut lines = vec![format!("error: {}", escape(&text))];
        let CommandError::Client(error) = self else { return lines };
        let Some(rejection) = error.rejection() else { return lines };
        let told = |v: &Violation| format!("{}: {}", v.subject, v.description);
        // One that is all of the message is not said twice.
        for violation in rejection.violations.iter().map(told).filter(|v| *v != rejection.message) {
            lines.push(format!("  {}", escape(&violation)));
        }
        if let Some(pause) = rejection.retry_after {
            lines.push(format!("hint: try again in {} s", pause.as_secs_f64().ceil()));
        }
        if let Some(hint) = hint(rejection) {
            lines.push(format!("hint: {}", escape(&hint)));
        }
        for link in &rejection.help {
            lines.push(format!("help: {} {}", escape(&link.description), escape(&link.url)));
        }
        lines
    }
}

/// What this tool can do about a reason.
fn hint(rejection: &Rejection) -> Option<String> {
    let fact = |name: &str| rejection.metadata.get(name).map(String::as_str);
    Some(match rejection.reason.as_str() {
        "SERVER_UNREACHABLE" => {
            "is provisiond running there? --server or PROVISIOND_SERVER says where".to_owned()
        }
        "CREDENTIALS_INVALID" | "UNAUTHENTICATED" => {
            "give a token that the daemon knows with --token-file or PROVISIOND_TOKEN".to_owned()
        }
        "OPERATION_IN_PROGRESS" => match fact("operation") {
            Some(operation) => format!("wait for it: provisionctl operations wait {operation}"),
            None => "see what runs: provisionctl operations list".to_owned(),
        },
        "PLAN_STALE" => {
            "the organisation or the request has changed; make the plan again: provisionctl plan".to_owned()
        }
        "INVENTORY_MISSING" => "read the organisation first: provisionctl inventory refresh".to_owned(),
        "REAUTHORIZATION_REQUIRED" | "GRANT_IN_DOUBT" | "AUTHORIZATION_EXPIRED" => {
            "begin a new authorisation: provisionctl authorize".to_owned()
        }
        "LICENSE_MISSING" | "LICENSE_EXPIRED" => {
            "a platform administrator grants licences: provisionctl admin licenses set".to_owned()
        }
        "PRECONDITION_CHECKS_FAILED" => "see all of them: provisionctl check".to_owned(),
        "COMPONENTS_PRESENT" => "see what is there: provisionctl components list".to_owned(),
        "ETAG_MISMATCH" => "it has changed since; look at it again, and give its new etag".to_owned(),
        "RESUME_TOKEN_EXPIRED" => {
            "what came since is no longer kept; begin again with --from oldest (accounts: --from snapshot)"
                .to_owned()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_sends_cannot_move_the_cursor() {
        let rejection = Rejection {
            code: tonic::Code::NotFound,
            reason: "X\u{1b}[2J".to_owned(),
            message: "gone\r\n\u{9b}1A".to_owned(),
            metadata: Default::default(),
            violations: vec![],
            retry_after: None,
            help: vec![],
        };
        let lines = CommandError::from(Error::from(rejection)).lines();
        assert_eq!(lines, [r"error: X\u{1b}[2J: gone\r\n\u{9b}1A"]);
    }
}
