//! `authorize`.

use std::time::Duration;

use clap::Args;
use prost_types::Timestamp;
use provision_client::Client;
use provision_client::api::v1::{BeginAuthorizationResponse, Condition, ConditionStatus, ServiceAccount};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::text::{escape, time};
use crate::views;

/// How often to look whether the administrator is done.
const POLL: Duration = Duration::from_secs(1);
/// Nobody came back in time.
const EXPIRED: &str = "AUTHORIZATION_EXPIRED";

/// Have an administrator authorise an account, and wait until it is done.
///
/// Prints the page to open; where the app must be installed, the page that does it comes first. The page to open carries
/// a single-use secret: give it only to the administrator of the application. Then waits, and shows the user and the
/// organisation that were authorised: check them before you provision.
#[derive(Debug, Args)]
pub struct Authorize {
    /// Full name, or its last part together with --tenant.
    account: String,
    /// Where the browser is sent afterwards: one of the console URLs that the daemon knows, instead of its own page.
    #[arg(long, value_name = "URL", default_value = "", hide_default_value = true)]
    redirect_uri: String,
    /// Username to fill into the login page.
    #[arg(long, value_name = "USERNAME", default_value = "", hide_default_value = true)]
    login_hint: String,
    /// Print the page and do not wait.
    #[arg(long)]
    no_wait: bool,
}

impl Authorize {
    pub async fn run(self, context: &Context) -> Result<(), CommandError> {
        self.have(context, false).await
    }

    /// `again`: in the organisation that the account has had a grant of.
    pub(super) async fn have(self, context: &Context, again: bool) -> Result<(), CommandError> {
        let name = context.account(&self.account)?;
        let client = context.client().await?;
        let before = client.accounts().get(&name).await?;
        let accounts = client.accounts();
        let begun = match again {
            true => accounts.reauthorize(&name, &self.redirect_uri, &self.login_hint).await?,
            false => accounts.begin_authorization(&name, &self.redirect_uri, &self.login_hint).await?,
        };
        if self.no_wait {
            return context.ui.show(&begun, pages);
        }
        if !begun.installation_url.is_empty() {
            context.ui.note("First, have an administrator of the application install the app:");
            context.ui.early(&escape(&begun.installation_url))?;
        }
        context.ui.note(&format!(
            "Open this page, log in as an administrator and allow access (until {}):",
            time(begun.expire_time.as_ref())
        ));
        context.ui.early(&escape(&begun.authorization_url))?;
        let account = match wait(&client, &before, begun.expire_time).await {
            Ok(account) => account,
            Err(error) => {
                look_for(context, &client, &before, &error).await;
                return Err(error);
            }
        };
        context.ui.note(&who(&account));
        context.ui.show(&account, views::account)
    }
}

/// The pages to open, in order.
fn pages(begun: &BeginAuthorizationResponse) -> String {
    let pages = [&begun.installation_url, &begun.authorization_url];
    pages.into_iter().filter(|page| !page.is_empty()).map(|page| format!("{}\n", escape(page))).collect()
}

/// Who has authorised, where, and what to do when that is not right.
fn who(account: &ServiceAccount) -> String {
    let authorised = match &account.authorized_identity {
        Some(identity) => {
            format!("Authorised by {} in {}.", views::user(identity), views::organisation(identity))
        }
        None => "Authorised.".to_owned(),
    };
    format!(
        "{}\nThe wrong user or organisation? Log out there and run this again, with --login-hint: the new grant \
         replaces this one.",
        escape(&authorised)
    )
}

/// Says what to look for when nobody came back.
async fn look_for(context: &Context, client: &Client, account: &ServiceAccount, error: &CommandError) {
    let CommandError::Authorization { reason, .. } = error else { return };
    if reason != EXPIRED {
        return;
    }
    // Without the hints the error says enough.
    let Ok(connector) = client.connectors().get(&account.connector).await else { return };
    for hint in &connector.authorization_hints {
        context.ui.note(&format!("look: {}", escape(hint)));
    }
}

/// Waits until the account holds another grant than `before`, or the attempt has ended without one.
async fn wait(
    client: &Client,
    before: &ServiceAccount,
    expire_time: Option<Timestamp>,
) -> Result<ServiceAccount, CommandError> {
    loop {
        tokio::time::sleep(POLL).await;
        let account = client.accounts().get(&before.name).await?;
        let now = authorized_at(&account);
        if now.is_some() && now != authorized_at(before) {
            return Ok(account);
        }
        if let Some(refused) = refusal(before, &account) {
            return Err(refused);
        }
        let expired = expire_time.as_ref().is_some_and(|end| end.seconds < chrono::Utc::now().timestamp());
        if expired {
            return Err(CommandError::Authorization {
                reason: EXPIRED.to_owned(),
                message: "nobody finished the authorisation in time; begin a new one".to_owned(),
            });
        }
    }
}

fn authorized_at(account: &ServiceAccount) -> Option<Timestamp> {
    account.authorized_identity.as_ref().and_then(|identity| identity.authorize_time)
}

/// Why the attempt came to nothing, once the account says so. While it runs, `Authorized` is false with reason PENDING.
/// An account that is in use keeps its grant: there `Authorized` stays true, and its message tells of the attempt.
fn refusal(before: &ServiceAccount, now: &ServiceAccount) -> Option<CommandError> {
    let condition = authorized(now)?;
    let refused = condition.status == ConditionStatus::False as i32 && condition.reason != "PENDING";
    let told = condition.status == ConditionStatus::True as i32
        && !condition.message.is_empty()
        && authorized(before).is_none_or(|before| before.message != condition.message);
    if !refused && !told {
        return None;
    }
    let reason = if refused { condition.reason.as_str() } else { "AUTHORIZATION_REJECTED" };
    Some(CommandError::Authorization { reason: reason.to_owned(), message: condition.message.clone() })
}

fn authorized(account: &ServiceAccount) -> Option<&Condition> {
    account.conditions.iter().find(|condition| condition.r#type == "Authorized")
}
