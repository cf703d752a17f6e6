//! Roles and what they may do.

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Result};

/// What a principal is in a tenant, or (the platform administrator) beside all tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The vendor's own: tenants, licences, first role bindings. Named in the configuration alone; cannot provision.
    PlatformAdministrator,
    /// The customer's: everything in the tenant but licences.
    GlobalAdministrator,
    /// Looks after accounts; cannot create, authorise or provision.
    Operator,
    /// Reads everything, the audit trail included.
    Auditor,
    /// Reads accounts, inventory, components and notifications.
    Viewer,
}

impl Role {
    /// The roles that can be bound in a tenant.
    pub const BINDABLE: [Role; 4] = [Role::GlobalAdministrator, Role::Operator, Role::Auditor, Role::Viewer];

    /// Name in the API and the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::PlatformAdministrator => "platformAdministrator",
            Role::GlobalAdministrator => "globalAdministrator",
            Role::Operator => "operator",
            Role::Auditor => "auditor",
            Role::Viewer => "viewer",
        }
    }

    /// Parses the name of a role that can be bound in a tenant.
    pub fn parse_bindable(text: &str) -> Result<Role> {
        Role::BINDABLE.into_iter().find(|r| r.as_str() == text).ok_or_else(|| {
            Fault::invalid("role", "must be one of globalAdministrator, operator, auditor, viewer")
        })
    }

    /// True when the role carries the permission.
    pub fn allows(self, permission: &str) -> bool {
        PERMISSIONS.iter().any(|(name, roles)| *name == permission && roles.contains(&self))
    }
}

use Role::{Auditor, GlobalAdministrator, Operator, PlatformAdministrator, Viewer};

const EVERY_TENANT_ROLE: &[Role] = &[GlobalAdministrator, Operator, Auditor, Viewer];
const ALL: &[Role] = &[PlatformAdministrator, GlobalAdministrator, Operator, Auditor, Viewer];

/// Every permission and the roles that carry it. A permission that stands nowhere here is carried by nobody, and the
/// start check refuses a method that asks for it.
pub const PERMISSIONS: &[(&str, &[Role])] = &[
    ("provisioning.tenants.create", &[PlatformAdministrator]),
    ("provisioning.tenants.list", &[PlatformAdministrator]),
    ("provisioning.tenants.get", ALL),
    ("provisioning.licenses.update", &[PlatformAdministrator]),
    ("provisioning.licenses.get", ALL),
    ("provisioning.licenses.list", ALL),
    ("provisioning.roleBindings.create", &[PlatformAdministrator, GlobalAdministrator]),
    ("provisioning.roleBindings.delete", &[PlatformAdministrator, GlobalAdministrator]),
    ("provisioning.roleBindings.list", &[PlatformAdministrator, GlobalAdministrator, Auditor]),
    ("provisioning.auditEvents.list", &[GlobalAdministrator, Auditor]),
    ("provisioning.connectors.list", ALL),
    ("provisioning.connectors.get", ALL),
    ("provisioning.serviceAccounts.create", &[GlobalAdministrator]),
    ("provisioning.serviceAccounts.update", &[GlobalAdministrator, Operator]),
    ("provisioning.serviceAccounts.delete", &[GlobalAdministrator]),
    ("provisioning.serviceAccounts.check", &[GlobalAdministrator, Operator]),
    ("provisioning.serviceAccounts.accept", &[GlobalAdministrator]),
    ("provisioning.serviceAccounts.get", EVERY_TENANT_ROLE),
    ("provisioning.serviceAccounts.list", EVERY_TENANT_ROLE),
    ("provisioning.serviceAccounts.authorize", &[GlobalAdministrator]),
    ("provisioning.serviceAccounts.plan", &[GlobalAdministrator, Operator]),
    ("provisioning.serviceAccounts.provision", &[GlobalAdministrator]),
    ("provisioning.serviceAccounts.repair", &[GlobalAdministrator, Operator]),
    ("provisioning.serviceAccounts.deprovision", &[GlobalAdministrator]),
    ("provisioning.inventory.get", EVERY_TENANT_ROLE),
    ("provisioning.inventory.list", EVERY_TENANT_ROLE),
    ("provisioning.inventory.refresh", &[GlobalAdministrator, Operator]),
    ("provisioning.components.get", EVERY_TENANT_ROLE),
    ("provisioning.components.list", EVERY_TENANT_ROLE),
    ("provisioning.notifications.list", EVERY_TENANT_ROLE),
    ("provisioning.notifications.acknowledge", &[GlobalAdministrator, Operator]),
    ("provisioning.operations.get", EVERY_TENANT_ROLE),
    ("provisioning.operations.list", EVERY_TENANT_ROLE),
    ("provisioning.operations.cancel", &[GlobalAdministrator, Operator]),
    ("provisioning.operations.delete", &[GlobalAdministrator]),
];

/// True when some role carries the permission.
pub fn is_known(permission: &str) -> bool {
    PERMISSIONS.iter().any(|(name, _)| *name == permission)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_global_administrator_provisions() {
        let who: Vec<_> = [PlatformAdministrator, GlobalAdministrator, Operator, Auditor, Viewer]
            .into_iter()
            .filter(|r| r.allows("provisioning.serviceAccounts.provision"))
            .collect();
        assert_eq!(who, [GlobalAdministrator]);
    }

    #[test]
    fn nobody_but_the_platform_administrator_writes_licences() {
        assert!(PlatformAdministrator.allows("provisioning.licenses.update"));
        assert!(Role::BINDABLE.into_iter().all(|r| !r.allows("provisioning.licenses.update")));
    }
}
