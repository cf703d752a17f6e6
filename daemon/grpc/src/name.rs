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
pub(crate) fn operation(name: &str) -> Result<OperationName> {
    about("name", name.parse())
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

    proptest! {
        #[test]
        fn parsers_never_panic_and_agree_on_the_tenant(name in "(tenants/)?[a-z/*é.]{0,60}") {
            let _ = tenant("name", &name);
            let _ = operation(&name);
            let _ = connector("name", &name);
            let _ = notification(&name);
            if let Ok((account, _)) = under_account::<ComponentId>("components", &name) {
                prop_assert_eq!(tenant_of(&name), Some(account.tenant));
            }
        }
    }
}
