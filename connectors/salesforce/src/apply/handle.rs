//! What a step is waiting for, as text that outlives the daemon.

use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::Fault;

use crate::api::metadata::is_deploy_id;

/// Where a step of several deployments is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct At {
    /// Deployments of the step that are over.
    pub batch: u32,
    /// Failed tries of the one that is next.
    pub round: u32,
}

/// What kind of deployment is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// Surely started by this step, and meant to take effect.
    Own,
    /// Perhaps not started by this step: its success proves nothing.
    Adopted,
    /// Started by this step to see what Salesforce would refuse.
    Check,
}

/// What a step is waiting for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Handle {
    Deploy {
        job: Job,
        id: String,
        at: At,
    },
    /// Nothing: the next deployment is to be started, unless that has happened since (seconds of the epoch).
    Next {
        validate: bool,
        at: At,
        since: i64,
        /// A validation that the deployment need not repeat.
        validated: Option<String>,
    },
    /// A package installation.
    Install {
        id: String,
        tries: u32,
    },
    /// Nothing: the installation is to be tried again.
    InstallAgain {
        tries: u32,
    },
}

const VALIDATE: &str = "validate";
const DEPLOY: &str = "deploy";
const INSTALL: &str = "install";
const INSTALL_AGAIN: &str = "install-again";

impl Job {
    fn word(self) -> &'static str {
        match self {
            Job::Own => "own",
            Job::Adopted => "adopted",
            Job::Check => "check",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Job::Own, Job::Adopted, Job::Check].into_iter().find(|job| job.word() == word)
    }
}

impl Handle {
    pub(crate) fn parse(text: &str) -> Result<Self, ConnectorFault> {
        Self::read(text).ok_or_else(|| {
            ConnectorFault::rejected(Fault::internal_error("a handle that is none of this connector's"))
        })
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let word = parts.next()?;
        let rest: Vec<&str> = parts.collect();
        let at =
            |batch: &str, round: &str| Some(At { batch: batch.parse().ok()?, round: round.parse().ok()? });
        match (word, rest.as_slice()) {
            (VALIDATE | DEPLOY, [batch, round, since, validated @ ..]) => {
                let validated = match validated {
                    [] => None,
                    [id] if is_deploy_id(id) => Some((*id).to_owned()),
                    _ => return None,
                };
                let since = since.parse().ok()?;
                Some(Handle::Next { validate: word == VALIDATE, at: at(batch, round)?, since, validated })
            }
            (INSTALL, [id, tries]) if is_install_id(id) => {
                Some(Handle::Install { id: (*id).to_owned(), tries: tries.parse().ok()? })
            }
            (INSTALL_AGAIN, [tries]) => Some(Handle::InstallAgain { tries: tries.parse().ok()? }),
            // As it was written before there were batches.
            (word, [id]) if is_deploy_id(id) => {
                Some(Handle::Deploy { job: Job::of(word)?, id: (*id).to_owned(), at: At::default() })
            }
            (word, [id, batch, round]) if is_deploy_id(id) => {
                Some(Handle::Deploy { job: Job::of(word)?, id: (*id).to_owned(), at: at(batch, round)? })
            }
            _ => None,
        }
    }
}

/// `0Hf` and 12 or 15 more letters and digits: it becomes a part of a path.
pub(crate) fn is_install_id(id: &str) -> bool {
    id.starts_with("0Hf") && matches!(id.len(), 15 | 18) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

impl std::fmt::Display for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Handle::Deploy { job, id, at } => write!(f, "{}:{id}:{}:{}", job.word(), at.batch, at.round),
            Handle::Next { validate, at, since, validated } => {
                let word = if *validate { VALIDATE } else { DEPLOY };
                write!(f, "{word}:{}:{}:{since}", at.batch, at.round)?;
                validated.iter().try_for_each(|id| write!(f, ":{id}"))
            }
            Handle::Install { id, tries } => write!(f, "{INSTALL}:{id}:{tries}"),
            Handle::InstallAgain { tries } => write!(f, "{INSTALL_AGAIN}:{tries}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_come_back_as_they_were() {
        for text in [
            "own:0Af000000000001AAA:0:0",
            "adopted:0Af000000000001AAA:2:1",
            "check:0Af000000000001AAA:1:4",
            "validate:0:1:1700000000",
            "deploy:3:0:1700000000:0Af000000000001AAA",
            "install:0Hf000000000001AAA:2",
            "install-again:3",
        ] {
            assert_eq!(Handle::parse(text).expect("a handle").to_string(), text);
        }
        let old = Handle::parse("own:0Af000000000001AAA").expect("a handle of an older daemon");
        assert_eq!(old.to_string(), "own:0Af000000000001AAA:0:0");
        for text in [
            "",
            "0Af000000000001AAA",
            "own:../0Af0000001AAA",
            "other:0Af000000000001AAA",
            "own:0Af000000000001AAA:0",
            "deploy:0:0:x",
            "deploy:0:0:1:0Af/..",
            "install:0Af000000000001AAA:0",
        ] {
            assert!(Handle::parse(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_handle_or_refused(text in "[a-z-]{0,10}(:[0-9A-Za-z]{0,18}){0,5}") {
            if let Ok(handle) = Handle::parse(&text) {
                proptest::prop_assert_eq!(Handle::parse(&handle.to_string()), Ok(handle));
            }
        }
    }
}
