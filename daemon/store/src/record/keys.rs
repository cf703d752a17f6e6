//! Where records stand. The order of keys is the order of lists; what is listed newest first has inverted numbers.

use provision_core::ids::{AccountName, AuditId, BindingId, ConnectorId, OperationName, Principal, TenantId};

use super::{key, prefix};
use crate::key::{Key, Prefix};

/// Builds keys and prefixes.
#[derive(Debug, Clone, Copy)]
pub struct RecordKey;

fn inverted(number: u64) -> String {
    format!("{:020}", u64::MAX - number)
}

impl RecordKey {
    pub fn tenant(tenant: &TenantId) -> Key {
        key(&["tenant", tenant.as_str()])
    }

    pub fn tenants() -> Prefix {
        prefix(&["tenant"])
    }

    pub fn license(tenant: &TenantId, connector: &ConnectorId) -> Key {
        key(&["license", tenant.as_str(), connector.as_str()])
    }

    pub fn licenses(tenant: &TenantId) -> Prefix {
        prefix(&["license", tenant.as_str()])
    }

    pub fn binding(tenant: &TenantId, binding: &BindingId) -> Key {
        key(&["binding", tenant.as_str(), binding.as_str()])
    }

    pub fn bindings(tenant: &TenantId) -> Prefix {
        prefix(&["binding", tenant.as_str()])
    }

    /// Put by every change of a tenant's bindings, so that two changes cannot pass each other.
    pub fn bindings_fence(tenant: &TenantId) -> Key {
        key(&["binding-fence", tenant.as_str()])
    }

    pub fn account(name: &AccountName) -> Key {
        key(&["account", name.tenant.as_str(), name.account.as_str()])
    }

    pub fn accounts(tenant: &TenantId) -> Prefix {
        prefix(&["account", tenant.as_str()])
    }

    pub fn all_accounts() -> Prefix {
        prefix(&["account"])
    }

    pub fn channel(name: &AccountName) -> Key {
        key(&["channel", name.tenant.as_str(), name.account.as_str()])
    }

    pub fn all_channels() -> Prefix {
        prefix(&["channel"])
    }

    pub fn budget(name: &AccountName) -> Key {
        key(&["budget", name.tenant.as_str(), name.account.as_str()])
    }

    pub fn credential(name: &AccountName) -> Key {
        key(&["credential", name.tenant.as_str(), name.account.as_str()])
    }

    pub fn credentials() -> Prefix {
        prefix(&["credential"])
    }

    /// Put by a restore, and removed by the first daemon that runs on what was restored.
    pub fn restore_marker() -> Key {
        key(&["restored"])
    }

    pub fn plan(name: &AccountName) -> Key {
        key(&["plan", name.tenant.as_str(), name.account.as_str()])
    }

    /// The plan that was carried out last, unlike the one that was made last.
    pub fn carried_out(name: &AccountName) -> Key {
        key(&["carried-out", name.tenant.as_str(), name.account.as_str()])
    }

    pub fn inventory(name: &AccountName) -> Key {
        key(&["inventory", name.tenant.as_str(), name.account.as_str()])
    }

    /// `part` is a connector's key: lower-case letters, digits and hyphens.
    pub fn inventory_checkpoint(name: &AccountName, part: &str) -> Key {
        key(&["inventory-checkpoint", name.tenant.as_str(), name.account.as_str(), &escape(part)])
    }

    pub fn inventory_checkpoints(name: &AccountName) -> Prefix {
        prefix(&["inventory-checkpoint", name.tenant.as_str(), name.account.as_str()])
    }

    pub fn preconditions(name: &AccountName) -> Key {
        key(&["preconditions", name.tenant.as_str(), name.account.as_str()])
    }

    pub fn component(name: &AccountName, id: &str) -> Key {
        key(&["component", name.tenant.as_str(), name.account.as_str(), id])
    }

    pub fn components(name: &AccountName) -> Prefix {
        prefix(&["component", name.tenant.as_str(), name.account.as_str()])
    }

    pub fn operation(name: &OperationName) -> Key {
        key(&["operation", name.tenant.as_str(), name.operation.as_str()])
    }

    pub fn operations(tenant: &TenantId) -> Prefix {
        prefix(&["operation", tenant.as_str()])
    }

    pub fn all_operations() -> Prefix {
        prefix(&["operation"])
    }

    pub fn notification(tenant: &TenantId, sequence: u64) -> Key {
        key(&["notification", tenant.as_str(), &inverted(sequence)])
    }

    pub fn notifications(tenant: &TenantId) -> Prefix {
        prefix(&["notification", tenant.as_str()])
    }

    pub fn notification_counter(tenant: &TenantId) -> Key {
        key(&["notification-counter", tenant.as_str()])
    }

    pub fn notification_floor(tenant: &TenantId) -> Key {
        key(&["notification-floor", tenant.as_str()])
    }

    pub fn acknowledgement(tenant: &TenantId, sequence: u64, principal: &Principal) -> Key {
        key(&["acknowledgement", tenant.as_str(), &inverted(sequence), &escape(principal.as_str())])
    }

    pub fn acknowledgements(tenant: &TenantId, sequence: u64) -> Prefix {
        prefix(&["acknowledgement", tenant.as_str(), &inverted(sequence)])
    }

    pub fn audit(tenant: &TenantId, id: &AuditId) -> Key {
        key(&["audit", tenant.as_str(), id.as_str()])
    }

    pub fn audits(tenant: &TenantId) -> Prefix {
        prefix(&["audit", tenant.as_str()])
    }

    /// By the SHA-256 of `state`, hexadecimal.
    pub fn authorization(state_hash: &str) -> Key {
        key(&["authorization", state_hash])
    }

    pub fn authorizations() -> Prefix {
        prefix(&["authorization"])
    }

    pub fn authorization_pointer(name: &AccountName) -> Key {
        key(&["authorization-pointer", name.tenant.as_str(), name.account.as_str()])
    }

    pub fn authorization_pointers() -> Prefix {
        prefix(&["authorization-pointer"])
    }

    pub fn organization(connector: &ConnectorId, organization_id: &str) -> Key {
        key(&["organization", connector.as_str(), &escape(organization_id)])
    }

    /// `scope` is a tenant's id, or a word that is none for what stands beside all tenants.
    pub fn idempotency(scope: &str, principal: &Principal, request_id: &str) -> Key {
        key(&["idempotency", scope, &escape(principal.as_str()), request_id])
    }

    pub fn idempotencies() -> Prefix {
        prefix(&["idempotency"])
    }
}

/// A text from outside as one part of a key: all but letters, digits and `-_.` as `%` and two hexadecimal digits.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_notifications_come_first() {
        let tenant = TenantId::new("acme").expect("valid");
        assert!(RecordKey::notification(&tenant, 11) < RecordKey::notification(&tenant, 2));
    }

    #[test]
    fn one_tenants_prefix_never_matches_anothers_keys() {
        let (short, long) =
            (TenantId::new("acme").expect("valid"), TenantId::new("acme-two").expect("valid"));
        let key = RecordKey::notification(&long, 1);
        assert!(!RecordKey::notifications(&short).matches(&key));
    }

    #[test]
    fn separators_in_outside_texts_are_escaped() {
        assert_eq!(escape("a/b%c"), "a%2fb%25c");
    }
}
