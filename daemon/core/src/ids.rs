//! Identifiers and resource names. They are parsed once, at the door; inside nothing is a bare string.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Result};

/// Longest id that a caller can choose.
pub const ID_LENGTH_MAX: usize = 63;
/// Longest id of things that a SaaS application names, for example an object type.
pub const REMOTE_ID_LENGTH_MAX: usize = 160;

fn chosen(field: &str, text: &str) -> Result<()> {
    let bytes = text.as_bytes();
    let ok = (4..=ID_LENGTH_MAX).contains(&bytes.len())
        && bytes[0].is_ascii_lowercase()
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        && bytes[bytes.len() - 1] != b'-';
    if ok {
        Ok(())
    } else {
        Err(Fault::invalid(
            field,
            "must be 4 to 63 lower-case letters, digits and hyphens, start with a letter and not end with a hyphen",
        ))
    }
}

fn assigned(field: &str, text: &str) -> Result<()> {
    let ok = !text.is_empty()
        && text.len() <= REMOTE_ID_LENGTH_MAX
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if ok { Ok(()) } else { Err(Fault::invalid(field, "must be 1 to 160 letters, digits, '-', '_' and '.'")) }
}

macro_rules! id {
    ($(#[doc = $doc:literal])+ $name:ident, $field:literal, $check:ident) => {
        $(#[doc = $doc])+
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses it; the fault names the field.
            pub fn new(text: impl Into<String>) -> Result<Self> {
                let text = text.into();
                $check($field, &text)?;
                Ok($name(text))
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Fault;
            fn from_str(text: &str) -> Result<Self> {
                $name::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Fault;
            fn try_from(text: String) -> Result<Self> {
                $name::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
    };
}

id!(
    /// A customer.
    TenantId, "tenant_id", chosen
);
id!(
    /// A service account within its tenant.
    AccountId, "service_account_id", chosen
);
id!(
    /// A connector, for example the one for a SaaS application's name in lower case.
    ConnectorId, "connector", assigned
);
id!(
    /// A long-running operation within its tenant.
    OperationId, "operation", assigned
);
id!(
    /// A role binding within its tenant.
    BindingId, "role_binding", assigned
);
id!(
    /// An audit event within its tenant.
    AuditId, "audit_event", assigned
);
id!(
    /// A component of an account: `{kind}.{full name}`.
    ComponentId, "component", assigned
);
id!(
    /// An object type of an organisation, by its API name.
    ObjectTypeId, "object_type", assigned
);
id!(
    /// A profile or permission set of an organisation, by the application's own id.
    ProfileId, "profile", assigned
);

/// Who acts: the configured name of a caller, or the daemon itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Principal(String);

impl Principal {
    /// The daemon's own name in audit records.
    pub const SYSTEM: &'static str = "system";

    /// Parses the name of a principal: 1 to 128 characters out of letters, digits and `.-_@:/+`, and not `system`.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let ok = (1..=128).contains(&text.len())
            && text != Self::SYSTEM
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_@:/+".contains(&b));
        if ok {
            Ok(Principal(text))
        } else {
            Err(Fault::invalid(
                "principal",
                "must be 1 to 128 letters, digits and '.-_@:/+', and not the reserved word 'system'",
            ))
        }
    }

    /// The daemon itself.
    pub fn system() -> Self {
        Principal(Self::SYSTEM.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Full name of a service account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountName {
    pub tenant: TenantId,
    pub account: AccountId,
}

/// Full name of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OperationName {
    pub tenant: TenantId,
    pub operation: OperationId,
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tenants/{}/serviceAccounts/{}", self.tenant, self.account)
    }
}

impl fmt::Display for OperationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tenants/{}/operations/{}", self.tenant, self.operation)
    }
}

/// The ids in a resource name that follows `pattern`, for example `tenants/*/serviceAccounts/*`; `None` where the
/// name does not follow it.
pub fn match_name<'a, const N: usize>(pattern: &str, name: &'a str) -> Option<[&'a str; N]> {
    let mut found = [""; N];
    let mut next = 0;
    let mut parts = name.split('/');
    for expected in pattern.split('/') {
        let part = parts.next()?;
        if expected == "*" {
            if part.is_empty() || next == N {
                return None;
            }
            found[next] = part;
            next += 1;
        } else if expected != part {
            return None;
        }
    }
    (next == N && parts.next().is_none()).then_some(found)
}

impl FromStr for AccountName {
    type Err = Fault;
    fn from_str(name: &str) -> Result<Self> {
        let [tenant, account] = match_name("tenants/*/serviceAccounts/*", name).ok_or_else(|| {
            Fault::invalid("name", "must be tenants/{tenant}/serviceAccounts/{service_account}")
        })?;
        Ok(AccountName { tenant: tenant.parse()?, account: account.parse()? })
    }
}

impl FromStr for OperationName {
    type Err = Fault;
    fn from_str(name: &str) -> Result<Self> {
        let [tenant, operation] = match_name("tenants/*/operations/*", name)
            .ok_or_else(|| Fault::invalid("name", "must be tenants/{tenant}/operations/{operation}"))?;
        Ok(OperationName { tenant: tenant.parse()?, operation: operation.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        let name: AccountName = "tenants/acme-corp/serviceAccounts/main".parse().expect("valid");
        assert_eq!(name.to_string(), "tenants/acme-corp/serviceAccounts/main");
    }

    #[test]
    fn strange_names_are_refused() {
        for text in [
            "",
            "tenants",
            "tenants/",
            "tenants/acme/serviceAccounts/main/x",
            "tenants//serviceAccounts/main",
            "tenants/ACME/serviceAccounts/main",
            "tenants/acme/serviceAccounts/..",
            "/tenants/acme/serviceAccounts/main",
        ] {
            assert!(text.parse::<AccountName>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn parsing_never_panics_and_accepts_only_what_it_prints(
            text in "(?s).{0,80}|tenants/.{0,70}/(serviceAccounts|operations)/.{0,70}",
        ) {
            if let Ok(name) = text.parse::<AccountName>() {
                proptest::prop_assert_eq!(name.to_string(), text.clone());
            }
            if let Ok(name) = text.parse::<OperationName>() {
                proptest::prop_assert_eq!(name.to_string(), text.clone());
            }
            if let Ok(principal) = Principal::new(text.as_str()) {
                proptest::prop_assert_eq!(principal.as_str(), text);
            }
        }

        #[test]
        fn good_names_are_taken(
            tenant in "[a-z][a-z0-9-]{2,60}[a-z0-9]",
            account in "[a-z][a-z0-9-]{2,60}[a-z0-9]",
            operation in "[A-Za-z0-9._-]{1,160}",
        ) {
            let name = format!("tenants/{tenant}/serviceAccounts/{account}");
            proptest::prop_assert_eq!(name.parse::<AccountName>().expect("valid").to_string(), name);
            let name = format!("tenants/{tenant}/operations/{operation}");
            proptest::prop_assert_eq!(name.parse::<OperationName>().expect("valid").to_string(), name);
        }

        #[test]
        fn ids_have_no_place_for_separators(text in "(?s).{0,40}[/%\\s\u{0}*?#].{0,40}") {
            proptest::prop_assert!(TenantId::new(text.as_str()).is_err());
            proptest::prop_assert!(AccountId::new(text.as_str()).is_err());
            proptest::prop_assert!(ComponentId::new(text.as_str()).is_err());
        }

        #[test]
        fn a_pattern_matches_what_was_put_into_it(parts in proptest::collection::vec("[^/]{1,12}", 2)) {
            let name = format!("a/{}/b/{}", parts[0], parts[1]);
            let found = match_name::<2>("a/*/b/*", &name);
            proptest::prop_assert_eq!(found, Some([parts[0].as_str(), parts[1].as_str()]));
            proptest::prop_assert_eq!(match_name::<1>("a/*/b/*", &name), None);
            proptest::prop_assert_eq!(match_name::<3>("a/*/b/*", &name), None);
        }
    }
}
