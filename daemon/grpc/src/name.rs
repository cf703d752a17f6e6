//! Resource names at the door. Faults name the field of the request, whatever it is called there.

use provision_core::fault::{Fault, Result};
use provision_core::{AccountId, AccountName, OperationName, TenantId, match_name};

/// The tenant that a resource name begins with; `None` where there is none. Nothing else of the name is looked at:
/// this is what is asked before the caller is authorised.
pub(crate) fn tenant_of(name: &str) -> Option<TenantId> {
    TenantId::new(name.strip_prefix("tenants/")?.split('/').next()?).ok()
}

/// The same fault, about `field`.
pub(crate) fn about<T>(field: &str, result: Result<T>) -> Result<T> {
    result.map_err(|fault| match fault.violations() {
        [violation, ..] => Fault::invalid(field, violation.description.clone()),
        [] => fault,
    })
}

/// `tenants/{tenant}`.
pub(crate) fn tenant(field: &str, name: &str) -> Result<TenantId> {
    let [tenant] = ids(field, "tenants/*", "tenants/{tenant}", name)?;
    about(field, tenant.parse())
}

/// `tenants/{tenant}/serviceAccounts/{service_account}`.
pub(crate) fn account(field: &str, name: &str) -> Result<AccountName> {
    about(field, name.parse())
}

/// `tenants/{tenant}/operations/{operation}`.
pub(crate) fn operation(field: &str, name: &str) -> Result<OperationName> {
    about(field, name.parse())
}

/// `{account}/{collection}/{id}`, for example a component of an account.
pub(crate) fn under_account<Id: std::str::FromStr<Err = Fault>>(
    collection: &str,
    name: &str,
) -> Result<(AccountName, Id)> {
    let pattern = format!("tenants/*/serviceAccounts/*/{collection}/*");
    let shape = format!("tenants/{{tenant}}/serviceAccounts/{{service_account}}/{collection}/{{id}}");
    let [tenant, account, id] = ids("name", &pattern, &shape, name)?;
    let account = AccountName {
        tenant: about("name", tenant.parse())?,
        account: about("name", account.parse::<AccountId>())?,
    };
    Ok((account, about("name", id.parse())?))
}

/// `tenants/{tenant}/{collection}/{id}`, for example a role binding.
pub(crate) fn under_tenant<Id: std::str::FromStr<Err = Fault>>(
    field: &str,
    collection: &str,
    name: &str,
) -> Result<(TenantId, Id)> {
    let pattern = format!("tenants/*/{collection}/*");
    let shape = format!("tenants/{{tenant}}/{collection}/{{id}}");
    let [tenant, id] = ids(field, &pattern, &shape, name)?;
    Ok((about(field, tenant.parse())?, about(field, id.parse())?))
}

/// `connectors/{connector}`.
pub(crate) fn connector(field: &str, name: &str) -> Result<provision_core::ConnectorId> {
    let [id] = ids(field, "connectors/*", "connectors/{connector}", name)?;
    about(field, id.parse())
}

/// `tenants/{tenant}/notifications/{sequence}`.
pub(crate) fn notification(name: &str) -> Result<(TenantId, u64)> {
    let shape = "tenants/{tenant}/notifications/{notification}";
    let [tenant, sequence] = ids("name", "tenants/*/notifications/*", shape, name)?;
    let number: Option<u64> = sequence.parse().ok().filter(|n: &u64| n.to_string() == sequence);
    let number = number.ok_or_else(|| Fault::invalid("name", "the notification's id must be a number"))?;
    Ok((about("name", tenant.parse())?, number))
}

fn ids<'a, const N: usize>(field: &str, pattern: &str, shape: &str, name: &'a str) -> Result<[&'a str; N]> {
    match_name(pattern, name).ok_or_else(|| Fault::invalid(field, format!("must be {shape}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use provision_core::ComponentId;

    use super::*;

    #[test]
    fn the_tenant_is_read_from_the_front_alone() {
        for name in
            ["tenants/acme", "tenants/acme/", "tenants/acme/x/../y", "tenants/acme/serviceAccounts/NO"]
        {
            assert_eq!(tenant_of(name).expect(name).as_str(), "acme");
        }
        for name in
            ["", "tenants", "tenants/", "tenants//x", "tenants/ACME", "/tenants/acme", "x/tenants/acme"]
        {
            assert!(tenant_of(name).is_none(), "{name}");
        }
    }

    #[test]
    fn faults_name_the_field_of_the_request() {
        let fault = under_tenant::<provision_core::ConnectorId>("license.name", "licenses", "tenants/acme")
            .expect_err("short");
        assert_eq!(fault.violations()[0].subject, "license.name");
        let fault = account("parent", "tenants/acme/serviceAccounts/NO").expect_err("upper case");
        assert_eq!(fault.violations()[0].subject, "parent");
        assert!(notification("tenants/acme/notifications/007").is_err(), "not how we write it");
    }

    /// Names, nearly names, and anything.
    fn strange() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just("tenants".to_owned()),
            Just("serviceAccounts".to_owned()),
            Just("components".to_owned()),
            Just("connectors".to_owned()),
            Just("notifications".to_owned()),
            Just("operations".to_owned()),
            "[a-z][a-z0-9-]{3,8}",
            "[0-9]{1,25}",
            ".{0,12}",
        ];
        prop_oneof![
            prop::collection::vec(part, 0..8).prop_map(|parts| parts.join("/")),
            any::<String>(),
            "tenants/[a-z]{4}/serviceAccounts/[a-z]{4}/components/[A-Za-z.]{0,20}",
        ]
    }

    proptest! {
        #[test]
        fn parsers_never_panic_and_accept_only_what_they_print(name in strange()) {
            if let Ok(tenant) = tenant("name", &name) {
                prop_assert_eq!(format!("tenants/{tenant}"), name.clone());
            }
            if let Ok(account) = account("name", &name) {
                prop_assert_eq!(account.to_string(), name.clone());
            }
            if let Ok(operation) = operation("name", &name) {
                prop_assert_eq!(operation.to_string(), name.clone());
            }
            if let Ok(id) = connector("name", &name) {
                prop_assert_eq!(format!("connectors/{id}"), name.clone());
            }
            if let Ok((tenant, number)) = notification(&name) {
                prop_assert_eq!(format!("tenants/{tenant}/notifications/{number}"), name.clone());
            }
            if let Ok((tenant, id)) = under_tenant::<provision_core::ConnectorId>("name", "licenses", &name) {
                prop_assert_eq!(format!("tenants/{tenant}/licenses/{id}"), name.clone());
            }
            if let Ok((account, id)) = under_account::<ComponentId>("components", &name) {
                prop_assert_eq!(format!("{account}/components/{id}"), name.clone());
                prop_assert_eq!(tenant_of(&name), Some(account.tenant));
            }
        }

        #[test]
        fn what_authorises_and_what_is_read_are_the_same_tenant(name in strange()) {
            let authorised = tenant_of(&name);
            for read in [
                tenant("name", &name).ok(),
                account("name", &name).ok().map(|a| a.tenant),
                operation("name", &name).ok().map(|o| o.tenant),
                notification(&name).ok().map(|(tenant, _)| tenant),
            ].into_iter().flatten() {
                prop_assert_eq!(Some(read), authorised.clone());
            }
        }

        #[test]
        fn refusals_are_about_the_field(name in strange()) {
            for fault in [
                tenant("field", &name).err(),
                account("field", &name).err(),
                connector("field", &name).err(),
            ].into_iter().flatten() {
                prop_assert_eq!(fault.violations()[0].subject.as_str(), "field");
            }
        }
    }
}
