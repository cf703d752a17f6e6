//! Resource names.

/// `tenants/{tenant}`; a full name stays as it is.
pub fn tenant(id: &str) -> String {
    under("tenants", id)
}

/// `connectors/{connector}`; a full name stays as it is.
pub fn connector(id: &str) -> String {
    under("connectors", id)
}

/// `tenants/{tenant}/serviceAccounts/{id}`.
pub fn service_account(tenant_name: &str, id: &str) -> String {
    format!("{tenant_name}/serviceAccounts/{id}")
}

/// `tenants/{tenant}/licenses/{connector}`.
pub fn license(tenant_name: &str, connector: &str) -> String {
    format!("{tenant_name}/licenses/{}", last(connector))
}

/// The last part of a name.
pub fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The tenant's name at the front of a resource name.
pub fn tenant_of(name: &str) -> Option<String> {
    let id = name.strip_prefix("tenants/")?.split('/').next().filter(|id| !id.is_empty())?;
    Some(tenant(id))
}

fn under(collection: &str, id: &str) -> String {
    if id.contains('/') { id.to_owned() } else { format!("{collection}/{id}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_grow_and_full_names_stay() {
        assert_eq!(tenant("acme"), "tenants/acme");
        assert_eq!(tenant("tenants/acme"), "tenants/acme");
        assert_eq!(service_account("tenants/acme", "sales"), "tenants/acme/serviceAccounts/sales");
        assert_eq!(license("tenants/acme", "connectors/salesforce"), "tenants/acme/licenses/salesforce");
        assert_eq!(tenant_of("tenants/acme/operations/1").as_deref(), Some("tenants/acme"));
        assert_eq!(tenant_of("connectors/salesforce"), None);
        assert_eq!(tenant_of("tenants/"), None);
    }
}
