//! Flags for what is special about the org.

use std::time::Duration;

use clap::Args;
use salesforce_simulator::org::{
    AppPolicy, Conditions, Customer, FlowFixture, OrgKind, RefreshPolicy, RefusedTrigger, user_permissions,
};

use super::duration;

const KIND: &str = "The org";
const API: &str = "Access to the API";
const LOGIN: &str = "Login and the app";
const DEPLOY: &str = "Deployments";
const CUSTOMER: &str = "What the customer has made";
/// Coverage of a hostile org's own code.
const HOSTILE_COVERAGE: u32 = 74;

/// The org's conditions.
#[derive(Debug, Args)]
pub struct ConditionArguments {
    /// The kind of org, more exactly than --environment says it.
    #[arg(long, value_enum, value_name = "KIND", conflicts_with = "environment", help_heading = KIND)]
    org_kind: Option<OrgKind>,
    /// Organization.OrganizationType, such as "Professional Edition". Apex and events cannot be deployed to Professional,
    /// Group, Essentials, Base, Contact Manager and Personal Edition.
    #[arg(long, value_name = "NAME", help_heading = KIND)]
    edition: Option<String>,
    /// A user permission that administrators lack, such as AuthorApex or ViewSetup; may be repeated.
    #[arg(long, value_name = "PERMISSION", value_parser = permission, help_heading = KIND)]
    without_permission: Vec<String>,
    /// Maintenance: everything can be read, every write is refused, Organization.IsReadOnly is true.
    #[arg(long, help_heading = KIND)]
    read_only: bool,
    /// Data and file storage in use; at 100 no record can be created.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..=100), default_value_t = 0, hide_default_value = true, help_heading = KIND)]
    storage_used: u32,

    /// The edition has no API: 403 API_DISABLED_FOR_ORG.
    #[arg(long, help_heading = API)]
    api_disabled: bool,
    /// A user name without API access: 403 API_CURRENTLY_DISABLED; may be repeated.
    #[arg(long, value_name = "USER", help_heading = API)]
    api_disabled_for_user: Vec<String>,
    /// API Access Control does not list the app: 401 "This session is not valid for use with the REST API".
    #[arg(long, help_heading = API)]
    api_access_control: bool,
    /// API calls that others have made in the last 24 hours.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, help_heading = API)]
    api_requests_used: u64,
    /// DailyApiRequests, instead of what the kind of org has.
    #[arg(long, value_name = "N", help_heading = API)]
    daily_api_requests: Option<u64>,
    /// A session works only from the address where it was used first.
    #[arg(long, help_heading = API)]
    lock_sessions_to_ip: bool,

    /// Who may log in where. With my-domain-only nobody can at a host that all orgs share, for which an IP address
    /// stands here: log in at http://localhost:PORT.
    #[arg(long, value_enum, default_value = "any-host", help_heading = LOGIN)]
    login_policy: LoginPolicy,
    /// Who may use the app. Refusals leave the browser on Salesforce's error page.
    #[arg(long, value_enum, default_value = "not-installed", help_heading = LOGIN)]
    app_policy: AppPolicy,
    /// Whether an authorize request needs a code challenge.
    #[arg(long, value_enum, default_value = "required", help_heading = LOGIN)]
    pkce: Pkce,
    /// infinite, zero, idle:DURATION or lifetime:DURATION, such as idle:30d.
    #[arg(long, value_name = "POLICY", default_value = "infinite", value_parser = refresh_policy, help_heading = LOGIN)]
    refresh_token_policy: RefreshPolicy,
    /// Refresh tokens are not rotated.
    #[arg(long, help_heading = LOGIN)]
    no_rotation: bool,

    /// Somebody else's deployment runs at the start for so long, such as 5m; others wait as Pending.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "0s", hide_default_value = true, help_heading = DEPLOY)]
    deploy_lock: Duration,
    /// The trigger on this object does not compile, for this reason; may be repeated.
    #[arg(long, value_name = "OBJECT[=REASON]", value_parser = refused_trigger, help_heading = DEPLOY)]
    refuse_trigger: Vec<RefusedTrigger>,
    /// A flow keeps new records of this object from its triggers, so that no test reaches them: production refuses
    /// them; may be repeated.
    #[arg(long, value_name = "OBJECT", help_heading = DEPLOY)]
    uncovered_trigger: Vec<String>,
    /// A test class of the org's own that fails where local tests are run; may be repeated.
    #[arg(long, value_name = "CLASS", help_heading = DEPLOY)]
    failing_customer_test: Vec<String>,
    /// The org has code of its own, of which its tests cover so much. It counts where local tests are run.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..=100), help_heading = DEPLOY)]
    org_coverage: Option<u32>,
    /// Characters of Apex that the org has already, of the 6,000,000 it may have.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, help_heading = DEPLOY)]
    apex_characters_used: usize,

    /// All of it on every object: a validation rule that refuses each record, a trigger that throws, a required custom
    /// field; and code of the org's own that is covered by 74 %.
    #[arg(long, help_heading = CUSTOMER)]
    hostile: bool,
    /// A validation rule on this object refuses each record, on all with *; may be repeated.
    #[arg(long, value_name = "OBJECT", help_heading = CUSTOMER)]
    rejecting_rule: Vec<String>,
    /// A trigger on this object throws after each save, on all with *; may be repeated.
    #[arg(long, value_name = "OBJECT", help_heading = CUSTOMER)]
    throwing_trigger: Vec<String>,
    /// A trigger on this object takes about a second of CPU time, on all with *; may be repeated.
    #[arg(long, value_name = "OBJECT", help_heading = CUSTOMER)]
    slow_trigger: Vec<String>,
    /// This object has a custom field that each record must have, all have with *; may be repeated.
    #[arg(long, value_name = "OBJECT", help_heading = CUSTOMER)]
    required_field: Vec<String>,
    /// A record-triggered flow: {"label", "object", "moment": "before-save" | "after-save" | "before-delete",
    /// "events": "create" | "update" | "create-or-update" | "delete", "condition"?: FORMULA, and either "error" or
    /// "field" and "value": FORMULA}; may be repeated.
    #[arg(long, value_name = "JSON", value_parser = flow, help_heading = CUSTOMER)]
    flow: Vec<FlowFixture>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LoginPolicy {
    AnyHost,
    MyDomainOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Pkce {
    Required,
    Optional,
}

impl ConditionArguments {
    /// `DailyApiRequests`, if it is not the usual.
    pub fn daily_api_requests(&self) -> Option<u64> {
        self.daily_api_requests
    }

    /// Whether each refresh hands out a new refresh token.
    pub fn rotates(&self) -> bool {
        !self.no_rotation
    }

    /// The conditions.
    pub fn conditions(self) -> Conditions {
        let mut customer = if self.hostile { Customer::hostile() } else { Customer::default() };
        customer.rejecting_rules.extend(self.rejecting_rule);
        customer.throwing_triggers.extend(self.throwing_trigger);
        customer.slow_triggers.extend(self.slow_trigger);
        customer.required_fields.extend(self.required_field);
        customer.flows = self.flow;
        Conditions {
            customer,
            kind: self.org_kind,
            edition: self.edition,
            api_disabled: self.api_disabled,
            api_disabled_for: self.api_disabled_for_user,
            api_access_control: self.api_access_control,
            without_permissions: self.without_permission,
            api_requests_used: self.api_requests_used,
            storage_used_percent: self.storage_used,
            deploy_lock: self.deploy_lock,
            lock_sessions_to_ip: self.lock_sessions_to_ip,
            read_only: self.read_only,
            locked: false,
            moved_to: None,
            my_domain_only: self.login_policy == LoginPolicy::MyDomainOnly,
            app_policy: self.app_policy,
            client_secret: None,
            pkce_optional: self.pkce == Pkce::Optional,
            refresh_policy: self.refresh_token_policy,
            refused_triggers: self.refuse_trigger,
            uncovered_triggers: self.uncovered_trigger,
            failing_tests: self.failing_customer_test,
            org_coverage_percent: self.org_coverage.or(self.hostile.then_some(HOSTILE_COVERAGE)),
            apex_characters_used: self.apex_characters_used,
        }
    }
}

/// A user permission, with or without the prefix of its column.
fn permission(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix("Permissions").unwrap_or(text);
    let known = user_permissions().find(|known| known.eq_ignore_ascii_case(bare));
    known.map(str::to_owned).ok_or_else(|| format!("{text:?} is no user permission, such as AuthorApex"))
}

fn refresh_policy(text: &str) -> Result<RefreshPolicy, String> {
    match text.split_once(':') {
        None if text == "infinite" => Ok(RefreshPolicy::Infinite),
        None if text == "zero" => Ok(RefreshPolicy::Zero),
        Some(("idle", limit)) => duration(limit).map(RefreshPolicy::Idle),
        Some(("lifetime", limit)) => duration(limit).map(RefreshPolicy::Lifetime),
        _ => Err("it is infinite, zero, idle:DURATION or lifetime:DURATION".to_owned()),
    }
}

fn flow(text: &str) -> Result<FlowFixture, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn refused_trigger(text: &str) -> Result<RefusedTrigger, String> {
    let (object, problem) = match text.split_once('=') {
        Some((object, problem)) => (object, problem.to_owned()),
        None => (text, format!("SObject type does not allow triggers: {text}")),
    };
    if object.is_empty() || problem.is_empty() {
        return Err("it is OBJECT or OBJECT=REASON".to_owned());
    }
    Ok(RefusedTrigger { object: object.to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_or_refused() {
        assert_eq!(permission("PermissionsViewSetup").as_deref(), Ok("ViewSetup"));
        assert!(permission("Fly").is_err());
        assert_eq!(refresh_policy("idle:30d"), Ok(RefreshPolicy::Idle(Duration::from_secs(2_592_000))));
        assert!(["never", "idle", "idle:soon", ""].iter().all(|text| refresh_policy(text).is_err()));
        let refused = refused_trigger("Case=No room = no trigger").map(|one| (one.object, one.problem));
        assert_eq!(refused, Ok(("Case".to_owned(), "No room = no trigger".to_owned())));
        let fits = r#"{"label":"F","object":"Case","moment":"before-save","events":"create","error":"No"}"#;
        assert_eq!(flow(fits).map(|flow| flow.error), Ok(Some("No".to_owned())));
        assert!(flow("{}").is_err());
        assert!(refused_trigger("=x").is_err() && refused_trigger("Case=").is_err());
    }
}
