//! Update masks of service accounts.

use prost_types::FieldMask;
use provision_core::fault::{Fault, Result};

/// Most paths of a mask.
const PATHS_MAX: usize = 50;
const IMMUTABLE: [&str; 3] = ["name", "connector", "environment"];
/// Known, and ignored as AIP-203 has it: a client may send back all that it has read.
const IGNORED: [&str; 18] = [
    "uid",
    "state",
    "phase",
    "conditions",
    "authorized_identity",
    "next_action",
    "failure",
    "reconciling",
    "current_operation",
    "generation",
    "observed_generation",
    "event_channel",
    "create_time",
    "update_time",
    "etag",
    "acceptances",
    "grant",
    "api_budget",
];

/// What an update changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    pub display_name: bool,
    pub settings: bool,
    pub drift_policy: bool,
}

/// Reads a mask; without one, what is `set` is changed.
pub(crate) fn changes(mask: Option<FieldMask>, set: Changes) -> Result<Changes> {
    let paths = mask.unwrap_or_default().paths;
    if paths.is_empty() {
        return Ok(set);
    }
    let bad = |why: String| Err(Fault::invalid("update_mask", why));
    if paths.len() > PATHS_MAX {
        return bad(format!("must have at most {PATHS_MAX} paths"));
    }
    let mut changes = Changes::default();
    for path in paths {
        let root = path.split('.').next().unwrap_or_default();
        match path.as_str() {
            "*" => changes = Changes { display_name: true, settings: true, drift_policy: true },
            "display_name" => changes.display_name = true,
            "settings" => changes.settings = true,
            "drift_policy" => changes.drift_policy = true,
            path if IMMUTABLE.contains(&path) => return bad(format!("'{path}' cannot be changed")),
            _ if IGNORED.contains(&root) => {}
            _ if root == "settings" => {
                return bad("settings are replaced as a whole: use the path 'settings'".to_owned());
            }
            path => {
                let path = crate::status::cut(path, 64);
                return bad(format!("'{path}' is not a field of ServiceAccount"));
            }
        }
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use provision_api::v1::ServiceAccount;

    use super::*;

    fn mask(paths: &[&str]) -> Option<FieldMask> {
        Some(FieldMask { paths: paths.iter().map(|p| (*p).to_owned()).collect() })
    }

    #[test]
    fn masks_are_read() {
        let name_only = Changes { display_name: true, ..Changes::default() };
        assert_eq!(changes(None, name_only), Ok(name_only));
        assert_eq!(
            changes(mask(&["settings", "uid", "failure.reason"]), name_only),
            Ok(Changes { settings: true, ..Changes::default() })
        );
        let all = Changes { display_name: true, settings: true, drift_policy: true };
        assert_eq!(changes(mask(&["*"]), Changes::default()), Ok(all));
        for path in ["environment", "settings.my_domain", "color", "", "displayName"] {
            let fault = changes(mask(&[path]), all).expect_err(path);
            assert_eq!(fault.violations()[0].subject, "update_mask");
        }
    }

    #[test]
    fn every_field_of_the_message_is_known_here() {
        use prost_reflect::DescriptorPool;
        let pool = DescriptorPool::decode(provision_api::FILE_DESCRIPTOR_SET).expect("valid");
        let message = pool.get_message_by_name("provisioning.v1.ServiceAccount").expect("there");
        for field in message.fields() {
            let name = field.name().to_owned();
            let known = IMMUTABLE.contains(&name.as_str())
                || IGNORED.contains(&name.as_str())
                || ["display_name", "settings", "drift_policy"].contains(&name.as_str());
            assert!(known, "{name} is neither changeable, immutable nor output only");
        }
        let _: Option<ServiceAccount> = None;
    }

    proptest! {
        #[test]
        fn masks_never_panic_and_change_nothing_unasked(
            paths in prop::collection::vec(
                prop_oneof![
                    Just("settings".to_owned()),
                    Just("display_name".to_owned()),
                    Just("drift_policy".to_owned()),
                    Just("*".to_owned()),
                    Just("etag".to_owned()),
                    "[a-z_.]{0,20}",
                    any::<String>(),
                ],
                0..60,
            ),
            set in any::<(bool, bool, bool)>(),
        ) {
            let asked = |path: &str| paths.iter().any(|p| p == path || p == "*");
            let mask = Some(FieldMask { paths: paths.clone() });
            let set = Changes { display_name: set.0, settings: set.1, drift_policy: set.2 };
            match changes(mask, set) {
                Ok(found) if paths.is_empty() => prop_assert_eq!(found, set),
                Ok(found) => {
                    prop_assert_eq!(found.display_name, asked("display_name"));
                    prop_assert_eq!(found.settings, asked("settings"));
                    prop_assert_eq!(found.drift_policy, asked("drift_policy"));
                }
                Err(fault) => prop_assert_eq!(fault.violations()[0].subject.as_str(), "update_mask"),
            }
        }
    }
}
