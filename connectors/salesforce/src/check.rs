//! Everything that must hold in an organisation before it is provisioned.
//!
//! The list is data (`SPECS` of each module): the manifest and `daemon/docs/preconditions.md` come from it. `ask` asks the
//! organisation in few calls, and beside each list stands what its answers mean.

mod ask;
mod deploy;
mod facts;
mod network;
mod organization;
#[cfg(test)]
mod page;
mod permission;
mod room;
mod spec;

use provision_connector_sdk::core::connector::RequiredPermission;
use provision_connector_sdk::core::precondition::PreconditionSpec;
use provision_connector_sdk::{Check, CheckStatus, ConnectorFault};

use self::facts::Facts;
use self::permission::PREFIX;
use self::spec::{Scope, Spec, Verdict, Weight, unknown};
use crate::api::Org;
use crate::config::SalesforceConfig;
use crate::manifest::{PRODUCTION, SANDBOX};

/// The whole list, in the order in which people read it.
fn list() -> impl Iterator<Item = &'static Spec> {
    organization::SPECS
        .iter()
        .chain(&permission::SPECS)
        .chain(&deploy::SPECS)
        .chain(&room::SPECS)
        .chain(&network::SPECS)
}

/// The environments whose app is the vendor's package.
fn packaged(config: &SalesforceConfig) -> Vec<&'static str> {
    let environments = [(SANDBOX, &config.sandbox), (PRODUCTION, &config.production)];
    let packaged = environments
        .into_iter()
        .filter(|(_, configured)| configured.as_ref().is_some_and(|one| one.delivery.package().is_some()));
    packaged.map(|(id, _)| id).collect()
}

/// The list, as it stands in the manifest.
pub(crate) fn specs(config: &SalesforceConfig) -> Vec<PreconditionSpec> {
    let packaged = packaged(config);
    let offered = list().filter(|spec| spec.scope != Scope::Package || !packaged.is_empty());
    offered.map(|spec| spec.describe(&packaged)).collect()
}

/// The permissions without which a grant is refused.
pub(crate) fn required_permissions() -> Vec<RequiredPermission> {
    let required = permission::SPECS.iter().filter(|spec| spec.weight == Weight::RefusesGrant);
    let named = required.filter_map(|spec| {
        Some(RequiredPermission {
            permission: spec.id.strip_prefix(PREFIX)?.to_owned(),
            display_name: spec.title.trim_start_matches("Permission ").trim_matches('"').to_owned(),
            needed_for: spec.description.trim_start_matches("Needed for ").trim_end_matches('.').to_owned(),
        })
    });
    named.collect()
}

/// Checks everything at once, in four calls at the most. What the organisation refuses to tell is unknown; a fault is a
/// call that got no answer, or a grant that is gone.
pub(crate) async fn check(org: &Org<'_>) -> Result<Vec<Check>, ConnectorFault> {
    let facts = ask::gather(org).await?;
    let packaged = packaged(&org.inner.config);
    let asked = list().filter(|spec| spec.applies(&facts.here.environment, &packaged));
    Ok(asked.map(|spec| answer(spec, verdict(spec.id, &facts), &facts)).collect())
}

fn verdict(id: &str, facts: &Facts) -> Verdict {
    match id {
        organization::API => organization::api(facts),
        organization::KIND => organization::kind(facts),
        organization::LASTING => organization::lasting(facts),
        organization::EDITION => organization::edition(facts),
        organization::WRITABLE => organization::writable(facts),
        organization::ADDRESS => organization::address(facts),
        organization::USER_ACTIVE => organization::user_active(facts),
        organization::USER_TYPE => organization::user_type(facts),
        organization::USER_LOGIN => permission::api_only(facts),
        deploy::APP => deploy::app(facts),
        deploy::DEPLOY => deploy::deploy(facts, &organization::edition(facts)),
        deploy::SIZE => deploy::size(facts),
        deploy::COVERAGE => deploy::coverage(facts),
        deploy::TESTS => deploy::tests(facts),
        deploy::LOCK => deploy::lock(facts),
        room::API_CALLS => room::api_calls(facts),
        room::API_ROOM => room::api_room(facts),
        room::DELIVERY => room::delivery(facts),
        room::EVENT_ROOM => room::event_room(facts),
        room::DEFINITIONS => room::definitions(facts),
        room::STORAGE => room::storage(facts),
        room::STORAGE_ROOM => room::storage_room(facts),
        network::BUS => network::bus(facts),
        network::TOPIC => network::topic(facts),
        network::CLOCK => network::clock(facts),
        network::REFRESH => network::refresh(facts),
        network::IP_LOCK => network::ip_lock(facts),
        network::EGRESS => network::egress(facts),
        other => match other.strip_prefix(PREFIX) {
            Some(name) => permission::verdict(name, facts),
            None => unknown("nothing looks at it"),
        },
    }
}

/// What has not passed says what to do or how to look, and where.
fn answer(spec: &Spec, verdict: Verdict, facts: &Facts) -> Check {
    let Verdict { status, evidence, fix } = verdict;
    let look = (status == CheckStatus::Unknown && !spec.look.is_empty())
        .then(|| format!("look by hand: {}", spec.look));
    let page = (status != CheckStatus::Passed && !spec.setup.is_empty())
        .then(|| format!("{}/lightning/setup/{}/home", facts.here.instance_url, spec.setup));
    Check { id: spec.id.to_owned(), status, evidence, fix: fix.or(look), link: page }
}
