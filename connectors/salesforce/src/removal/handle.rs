//! What a step of a removal is waiting for, as text that outlives the daemon.

use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::Fault;

use crate::api::metadata::is_deploy_id;
use crate::apply;

/// Failed deployments that a handle names at most, which bounds the tries of a step.
pub(super) const REFUSALS_MAX: usize = 16;

/// A deployment, or the next one, and what was refused on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handle {
    pub waits_for: apply::Handle,
    /// Deployments of the step that have failed: what they refused is read from Salesforce, which keeps it for 30 days.
    pub refused_by: Vec<String>,
}

impl Handle {
    pub(super) fn parse(text: &str) -> Result<Self, ConnectorFault> {
        let mut parts = text.split('|');
        let waits_for = apply::Handle::parse(parts.next().unwrap_or_default())?;
        let refused_by: Vec<String> = parts.map(str::to_owned).collect();
        if refused_by.len() <= REFUSALS_MAX && refused_by.iter().all(|id| is_deploy_id(id)) {
            Ok(Handle { waits_for, refused_by })
        } else {
            let cause = "a handle that is none of this connector's";
            Err(ConnectorFault::rejected(Fault::internal_error(cause)))
        }
    }
}

impl std::fmt::Display for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.waits_for)?;
        self.refused_by.iter().try_for_each(|id| write!(f, "|{id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_come_back_as_they_were() {
        for text in [
            "own:0Af000000000001AAA:0:0",
            "deploy:1:2:1700000000|0Af000000000001AAA|0Af000000000002AAA",
            "adopted:0Af000000000003AAA:0:0|0Af000000000001AAA",
        ] {
            assert_eq!(Handle::parse(text).expect("a handle").to_string(), text);
        }
        let many = format!("own:0Af000000000001AAA:0:0{}", "|0Af000000000001AAA".repeat(REFUSALS_MAX + 1));
        for text in ["", "|0Af000000000001AAA", "own:0Af000000000001AAA:0:0|", "deploy:0:0:1|../x", &many] {
            assert!(Handle::parse(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_handle_or_refused(text in "[a-z-]{0,10}(:[0-9A-Za-z]{0,18}){0,4}([|][0-9A-Za-z]{0,18}){0,3}") {
            if let Ok(handle) = Handle::parse(&text) {
                proptest::prop_assert_eq!(Handle::parse(&handle.to_string()), Ok(handle));
            }
        }
    }
}
