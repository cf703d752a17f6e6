//! One sample of every kind of record, all fields filled.

mod account;
mod run;
mod side;

use std::path::PathBuf;

use chrono::DateTime;
use provision_core::Timestamp;
use provision_core::access::Role;
use provision_core::account::Failure;
use provision_core::ids::{AccountName, ConnectorId, OperationName, Principal, TenantId};
use provision_core::license::License;
use provision_core::reason::Reason;
use provision_core::tenant::{RoleBinding, Tenant};

use super::{compare, read_old, read_old_variant};
pub use run::operation;

/// Compares every sample with its golden file.
pub fn all() -> Vec<Result<(String, PathBuf), String>> {
    let credentials = account::credentials().map(|(variant, sample)| compare(variant, &sample));
    let old = account::credentials_v1().map(|(variant, sample)| read_old_variant(variant, 1, &sample));
    let mut all = single();
    all.extend(credentials.into_iter().chain(old));
    all
}

/// The kinds that one sample shows whole.
fn single() -> Vec<Result<(String, PathBuf), String>> {
    vec![
        compare("", &tenant()),
        compare("", &license()),
        compare("", &binding()),
        compare("", &account::account()),
        compare("", &account::channel()),
        compare("", &run::operation()),
        compare("", &run::plan()),
        compare("", &run::inventory()),
        compare("", &run::component()),
        compare("", &side::notification()),
        compare("", &side::audit()),
        compare("", &side::pending()),
        compare("", &side::pointer()),
        compare("", &side::claim()),
        compare("", &account::budget()),
        compare("", &side::idempotency()),
        compare("", &side::acknowledgement()),
        compare("", &side::counter()),
        compare("", &side::floor()),
        compare("", &side::preconditions()),
        compare("", &side::checkpoint()),
        compare("", &side::restored()),
        read_old(1, &side::pending_v1()),
        read_old(1, &License { grace_seconds: 0, ..license() }),
        read_old(1, &account::account_v1()),
        read_old(2, &account::account_v2()),
        read_old(1, &run::operation_v1()),
        read_old(2, &run::operation_v2()),
        read_old(1, &run::inventory_v1()),
        read_old(1, &run::component_v1()),
    ]
}

/// A moment with milliseconds, which is how exactly records keep time.
fn at(minute: i64) -> Timestamp {
    DateTime::from_timestamp_millis(1_767_225_600_123 + minute * 60_000).expect("in range")
}

fn tenant_id() -> TenantId {
    TenantId::new("acme-corp").expect("valid")
}

fn connector() -> ConnectorId {
    ConnectorId::new("crm").expect("valid")
}

fn account_name() -> AccountName {
    "tenants/acme-corp/serviceAccounts/main-sandbox".parse().expect("valid")
}

fn operation_name() -> OperationName {
    "tenants/acme-corp/operations/op-0001".parse().expect("valid")
}

fn administrator() -> Principal {
    Principal::new("admin@acme.example").expect("valid")
}

fn failure(reason: Reason) -> Failure {
    Failure { reason, message: "what happened, in words".to_owned() }
}

pub fn tenant() -> Tenant {
    Tenant { id: tenant_id(), display_name: "Acme Corporation".to_owned(), create_time: at(0) }
}

fn license() -> License {
    License {
        tenant: tenant_id(),
        connector: connector(),
        start_time: at(0),
        expire_time: Some(at(525_600)),
        grace_seconds: 1_209_600,
    }
}

fn binding() -> RoleBinding {
    RoleBinding {
        tenant: tenant_id(),
        id: "rb-0001".parse().expect("valid"),
        principal: administrator(),
        role: Role::GlobalAdministrator,
        create_time: at(1),
        creator: Principal::new("platform@vendor.example").expect("valid"),
    }
}
