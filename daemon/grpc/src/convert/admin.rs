//! Tenants, licences, role bindings, audit events.

use std::time::Duration;

use provision_api::v1;
use provision_core::access::Role;
use provision_core::audit::AuditEvent;
use provision_core::fault::{Fault, Result};
use provision_core::license::{GRACE_SECONDS_MAX, License, LicenseState};
use provision_core::ports::{CreateBinding, CreateTenant, Tagged, UpdateLicense};
use provision_core::tenant::{RoleBinding, Tenant};
use provision_core::{Principal, Timestamp};

use super::checks::{Checks, about, display_name, present};
use super::{time, value};
use crate::name;

pub(crate) fn tenant(tagged: Tagged<Tenant>) -> v1::Tenant {
    v1::Tenant {
        name: format!("tenants/{}", tagged.value.id),
        display_name: tagged.value.display_name,
        create_time: Some(time::to_proto(tagged.value.create_time)),
        etag: tagged.etag,
    }
}

/// A licence, with what it is worth at `now`.
pub(crate) fn license(tagged: Tagged<License>, now: Timestamp) -> v1::License {
    let license = tagged.value;
    let state = match license.state(now) {
        LicenseState::Active => v1::LicenseState::Active,
        LicenseState::NotYetValid => v1::LicenseState::NotYetValid,
        LicenseState::Grace => v1::LicenseState::Grace,
        LicenseState::Expired => v1::LicenseState::Expired,
    };
    let grace = Duration::from_secs(license.grace_seconds);
    v1::License {
        name: format!("tenants/{}/licenses/{}", license.tenant, license.connector),
        state: state as i32,
        start_time: Some(time::to_proto(license.start_time)),
        expire_time: license.expire_time.map(time::to_proto),
        etag: tagged.etag,
        grace_period: (!grace.is_zero()).then(|| time::duration(grace)),
    }
}

pub(crate) fn role_binding(binding: RoleBinding) -> v1::RoleBinding {
    v1::RoleBinding {
        name: format!("tenants/{}/roleBindings/{}", binding.tenant, binding.id),
        principal: binding.principal.to_string(),
        role: binding.role.as_str().to_owned(),
        create_time: Some(time::to_proto(binding.create_time)),
        creator: binding.creator.to_string(),
    }
}

pub(crate) fn audit_event(event: AuditEvent) -> v1::AuditEvent {
    let details = event.details.into_iter().map(|(key, text)| (key, text.into())).collect();
    v1::AuditEvent {
        name: format!("tenants/{}/auditEvents/{}", event.tenant, event.id),
        create_time: Some(time::to_proto(event.create_time)),
        principal: event.principal.to_string(),
        action: event.action,
        resource: event.resource,
        details: Some(value::to_struct(&details)),
    }
}

/// What a CreateTenant asks for.
pub(crate) fn create_tenant(request: v1::CreateTenantRequest) -> Result<CreateTenant> {
    let mut checks = Checks::default();
    let id = checks.take(about("tenant_id", request.tenant_id.parse()));
    let tenant = request.tenant.unwrap_or_default();
    let display_name = checks.take(display_name("tenant.display_name", &tenant.display_name));
    checks.done()?;
    match (id, display_name) {
        (Some(id), Some(display_name)) => Ok(CreateTenant { id, display_name }),
        _ => Err(Fault::internal_error("a check lost its fault")),
    }
}

/// What an UpdateLicense asks for.
pub(crate) fn update_license(request: v1::UpdateLicenseRequest) -> Result<UpdateLicense> {
    let license = present("license", request.license)?;
    let (tenant, connector) = name::under_tenant("license.name", "licenses", &license.name)?;
    let mut checks = Checks::default();
    let start_time = license.start_time.and_then(|t| checks.take(time::from_proto("license.start_time", t)));
    let expire_time =
        license.expire_time.and_then(|t| checks.take(time::from_proto("license.expire_time", t)));
    let grace_period = checks.take(grace_period(license.grace_period)).unwrap_or_default();
    if let (Some(start), Some(end)) = (start_time, expire_time)
        && end <= start
    {
        checks.take::<()>(Err(Fault::invalid("license.expire_time", "must be later than start_time")));
    }
    checks.done()?;
    let etag = Some(license.etag).filter(|etag| !etag.is_empty());
    Ok(UpdateLicense { tenant, connector, start_time, expire_time, grace_period, etag })
}

/// A grace period: none where it is unset, else whole seconds up to a year.
fn grace_period(asked: Option<prost_types::Duration>) -> Result<Duration> {
    const FIELD: &str = "license.grace_period";
    let span = asked.map_or(Ok(Duration::ZERO), |span| time::from_duration(FIELD, span))?;
    if span.subsec_nanos() != 0 {
        Err(Fault::invalid(FIELD, "must be whole seconds"))
    } else if span.as_secs() > GRACE_SECONDS_MAX {
        Err(Fault::invalid(FIELD, format!("must be at most {GRACE_SECONDS_MAX} seconds")))
    } else {
        Ok(span)
    }
}

/// What a CreateRoleBinding asks for.
pub(crate) fn create_binding(request: v1::CreateRoleBindingRequest) -> Result<CreateBinding> {
    let mut checks = Checks::default();
    let tenant = checks.take(name::tenant("parent", &request.parent));
    let binding = checks.take(present("role_binding", request.role_binding)).unwrap_or_default();
    let principal = checks.take(about("role_binding.principal", Principal::new(binding.principal)));
    let role = checks.take(about("role_binding.role", Role::parse_bindable(&binding.role)));
    checks.done()?;
    match (tenant, principal, role) {
        (Some(tenant), Some(principal), Some(role)) => Ok(CreateBinding { tenant, principal, role }),
        _ => Err(Fault::internal_error("a check lost its fault")),
    }
}
