//! The way, step by step, through the public gRPC API.

use std::collections::BTreeMap;
use std::time::Duration;

use provision_client::api::v1::{
    CheckPreconditionsResponse, LicenseState, PlannedAction, PreconditionSeverity, PreconditionStatus,
    ProvisioningPlan, RefreshInventoryResponse, ServiceAccount, StreamStart,
};
use provision_client::{Client, Follow, NewAccount, names, response};

use crate::browser::{Browser, place};
use crate::failure::Failure;
use crate::story::Story;
use crate::world::{GLOBAL_ADMINISTRATOR, PLATFORM_ADMINISTRATOR, World};
use crate::{Args, html, progress};

/// The customer.
const TENANT: &str = "tenants/acme";
/// Last part of the account's name.
pub const ACCOUNT: &str = "acme-org";
/// How long the notification may take once the operation is done.
const NOTIFICATION_PATIENCE: Duration = Duration::from_secs(30);

/// From the empty daemon to the notification.
pub async fn whole_way(args: &Args, story: &Story, world: &World) -> Result<(), Failure> {
    let platform = world.client(&world.platform_token).await?;
    let admin = world.client(&world.admin_token).await?;
    prepare(story, &platform).await?;
    let account = create(args, story, &admin).await?;
    authorize(story, world, &admin, &account).await?;
    show_authorized(story, &admin, &account).await?;
    read_inventory(story, &admin, &account).await?;
    let plan = plan(story, &admin, &account).await?;
    // Open before anything happens that it could tell of.
    let notifications = admin.notifications().follow(TENANT, "", StreamStart::Now).await?;
    provision(story, &admin, &account, &plan).await?;
    hear(story, notifications).await
}

/// Tenant, licence and first role: the vendor's part. The platform administrator cannot provision.
async fn prepare(story: &Story, platform: &Client) -> Result<(), Failure> {
    story.step("Prepare the customer", PLATFORM_ADMINISTRATOR);
    let tenant = platform.admin().create_tenant("acme", "Acme Corporation").await?;
    story.fact("tenant", &format!("{} ({})", tenant.name, tenant.display_name));
    let license = platform.admin().set_license(TENANT, "salesforce", None, None).await?;
    let state = LicenseState::try_from(license.state).unwrap_or_default();
    story.fact("licence", &format!("{} ({})", license.name, word(state.as_str_name(), "LICENSE_STATE_")));
    let role = platform.admin().grant_role(TENANT, GLOBAL_ADMINISTRATOR, "globalAdministrator").await?;
    story.fact("role", &format!("{} is {}", role.principal, role.role));
    Ok(())
}

async fn create(args: &Args, story: &Story, admin: &Client) -> Result<String, Failure> {
    story.step("Create the service account", &format!("{GLOBAL_ADMINISTRATOR}, Global administrator"));
    let account = admin
        .accounts()
        .create(NewAccount {
            parent: TENANT.to_owned(),
            id: ACCOUNT.to_owned(),
            display_name: format!("Acme's {}", args.environment.display_name()),
            connector: names::connector("salesforce"),
            environment: args.environment.id().to_owned(),
            ..NewAccount::default()
        })
        .await?;
    story.fact("account", &account.name);
    show_state(story, &account);
    Ok(account.name)
}

/// The Global administrator begins; the org's administrator logs in and allows, in a browser.
async fn authorize(story: &Story, world: &World, admin: &Client, account: &str) -> Result<(), Failure> {
    let org_admin = &world.org.ready().admin;
    story.step("Authorise", &format!("{}, the org's administrator, in a browser", org_admin.username));
    let begun = admin.accounts().begin_authorization(account, "", &org_admin.username).await?;
    let mut browser = Browser::new()?;
    let login = browser.open(&begun.authorization_url).await?;
    story.fact("opens", &place(&login.url));
    let fields = [("username", org_admin.username.as_str()), ("pw", org_admin.password.as_str())];
    let allow = browser.submit(&login, &fields, "Log In").await?;
    story.fact("logs in", &heading(&allow.body));
    let arrived = browser.submit(&allow, &[], "Allow").await?;
    story.fact("clicks Allow", &format!("and arrives at {}", place(&arrived.url)));
    story.say("The daemon's page says:");
    story.quote(&html::text(&arrived.body));
    if !arrived.status.is_success() {
        let why = format!("{} answered {}", place(&arrived.url), arrived.status);
        return Err(Failure::new("AUTHORIZATION_FAILED", why));
    }
    Ok(())
}

/// Before anybody provisions, they see what was authorised: is it the right org, the right user?
async fn show_authorized(story: &Story, admin: &Client, account: &str) -> Result<(), Failure> {
    story.step("See what was authorised", GLOBAL_ADMINISTRATOR);
    let account = admin.accounts().get(account).await?;
    let identity = account.authorized_identity.as_ref().ok_or_else(|| {
        Failure::new("AUTHORIZATION_FAILED", "the account shows no authorised organisation")
    })?;
    story.fact("organisation", &format!("{} ({})", identity.organization_name, identity.organization_id));
    story.fact("environment", &format!("{}, {}", identity.environment, identity.edition));
    story.fact("user", &format!("{} ({})", identity.user_display_name, identity.username));
    let checks = admin.accounts().check(&account.name).await?;
    story.fact("checks", &summary(&checks));
    if !checks.passed {
        return Err(blocked(&checks));
    }
    show_state(story, &account);
    Ok(())
}

/// How the preconditions came out, on one line.
fn summary(checks: &CheckPreconditionsResponse) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for check in &checks.checks {
        let came_out = match (check.status(), check.severity()) {
            (PreconditionStatus::Passed, _) => "passed",
            (PreconditionStatus::Failed, PreconditionSeverity::Advisory) => "to consider",
            (PreconditionStatus::Failed, _) => "failed",
            (PreconditionStatus::Unknown | PreconditionStatus::Unspecified, _) => "unknown",
        };
        *counts.entry(came_out).or_default() += 1;
    }
    let counted: Vec<_> = counts.into_iter().map(|(came_out, count)| format!("{count} {came_out}")).collect();
    counted.join(", ")
}

/// What stands in the way, each with its fix.
fn blocked(checks: &CheckPreconditionsResponse) -> Failure {
    let blocking = checks.checks.iter().filter(|check| {
        check.status() == PreconditionStatus::Failed && check.severity() == PreconditionSeverity::Blocking
    });
    Failure {
        details: blocking.map(|check| format!("{}: {}", check.title, check.fix)).collect(),
        ..Failure::new("PRECONDITION_CHECKS_FAILED", "the organisation is not ready to be provisioned")
    }
}

async fn read_inventory(story: &Story, admin: &Client, account: &str) -> Result<(), Failure> {
    story.step("Read the org's objects, profiles and permission sets", GLOBAL_ADMINISTRATOR);
    let operation = admin.inventory().refresh(account).await?;
    story.fact("operation", &operation.name);
    let (done, _) = progress::follow(story, admin, &operation).await?;
    let read: RefreshInventoryResponse = response(&done, "RefreshInventoryResponse")?;
    story.fact("object types", &format!("{} with {} fields", read.object_types, read.fields));
    story.fact("profiles", &format!("{} and {} permission sets", read.profiles, read.permission_sets));
    story.fact("API calls", &read.api_calls.to_string());
    Ok(())
}

async fn plan(story: &Story, admin: &Client, account: &str) -> Result<ProvisioningPlan, Failure> {
    story.step("Plan: what would change in the org, before anything does", GLOBAL_ADMINISTRATOR);
    let plan = admin.accounts().plan(account, Vec::new()).await?;
    for (at, step) in plan.steps.iter().enumerate() {
        story.say(&format!("{:>2}. {}", at + 1, step.title));
        let mut groups = BTreeMap::<(&str, i32), Vec<&str>>::new();
        for component in &step.components {
            groups.entry((&component.kind, component.action)).or_default().push(&component.full_name);
        }
        for ((kind, action), names) in groups {
            let action = PlannedAction::try_from(action).unwrap_or_default();
            let action = word(action.as_str_name(), "PLANNED_ACTION_");
            story.say(&format!("      {action} {} {kind}: {}", names.len(), some(&names)));
        }
    }
    let components = plan.steps.iter().map(|step| step.components.len()).sum::<usize>();
    story.fact(
        "in all",
        &format!(
            "{components} components, {} tests, {} object types protected",
            plan.tests.len(),
            plan.object_types.len()
        ),
    );
    story.fact("API calls", &format!("about {}", plan.estimated_api_calls));
    for risk in &plan.risks {
        story.fact("risk", risk);
    }
    if !plan.unprotected_object_types.is_empty() {
        let names: Vec<_> = plan.unprotected_object_types.iter().map(|o| o.object_type.as_str()).collect();
        story.fact("not protected", &format!("{} ({})", names.len(), some(&names)));
    }
    story.fact("etag", &plan.etag);
    Ok(plan)
}

/// "Done": the plan that was seen is carried out, and no other.
async fn provision(
    story: &Story,
    admin: &Client,
    account: &str,
    plan: &ProvisioningPlan,
) -> Result<(), Failure> {
    story.step("Done: provision exactly this plan", GLOBAL_ADMINISTRATOR);
    let operation = admin.accounts().provision(account, &plan.etag).await?;
    story.fact("operation", &operation.name);
    let (done, metadata) = progress::follow(story, admin, &operation).await?;
    let account: ServiceAccount = response(&done, "ServiceAccount")?;
    story.fact("API calls", &metadata.api_calls.to_string());
    show_state(story, &account);
    Ok(())
}

/// What the tenant's people are told.
async fn hear(story: &Story, mut notifications: Follow) -> Result<(), Failure> {
    story.step("The notification", "read from StreamNotifications, opened before provisioning");
    loop {
        let followed = tokio::time::timeout(NOTIFICATION_PATIENCE, notifications.next())
            .await
            .map_err(|_| Failure::new("NOTIFICATION_MISSING", "nothing came over the stream"))??;
        let notification = followed.notification;
        match notification.code.as_str() {
            "ACCOUNT_PROTECTED" => {
                story.triumph(&notification.text);
                return Ok(());
            }
            "PROVISIONING_FAILED" | "PROVISIONING_CANCELLED" => {
                return Err(Failure::new(&notification.code, notification.text));
            }
            code => story.fact(code, &notification.text),
        }
    }
}

fn show_state(story: &Story, account: &ServiceAccount) {
    story.fact("state", &word(account.state().as_str_name(), "SERVICE_ACCOUNT_STATE_"));
    if let Some(next) = &account.next_action {
        story.fact("next", &next.hint);
    }
}

/// `SERVICE_ACCOUNT_STATE_ACTION_REQUIRED` as `action required`.
fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase().replace('_', " ")
}

/// The first names of many.
fn some(names: &[&str]) -> String {
    match names {
        [first, second, third, _, ..] => format!("{first}, {second}, {third}, ..."),
        few => few.join(", "),
    }
}

/// The first line of a page.
fn heading(page: &str) -> String {
    html::text(page).into_iter().next().unwrap_or_default()
}
