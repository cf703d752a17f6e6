//! `authorize`.

use std::time::Duration;

use clap::Args;
use prost_types::Timestamp;
use provision_client::Client;
use provision_client::api::v1::{Condition, ConditionStatus, ServiceAccount};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::text::{escape, time};
use crate::views;

/// How often to look whether the administrator is done.
const POLL: Duration = Duration::from_secs(1);

/// Have an administrator authorise an account, and wait until it is done.
///
/// Prints the page to open. It carries a single-use secret: give it only to the administrator of the application. Then
/// waits, and shows the organisation and the user that were authorised: check them before you provision.
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
        let name = context.account(&self.account)?;
        let client = context.client().await?;
        let before = authorized_at(&client.accounts().get(&name).await?);
        let begun =
            client.accounts().begin_authorization(&name, &self.redirect_uri, &self.login_hint).await?;
        if self.no_wait {
            return context.ui.show(&begun, |begun| format!("{}\n", escape(&begun.authorization_url)));
        }
        context.ui.note(&format!(
            "Open this page, log in as an administrator and allow access (until {}):",
            time(begun.expire_time.as_ref())
        ));
        context.ui.early(&escape(&begun.authorization_url))?;
        let account = wait(&client, &name, before, begun.expire_time).await?;
        context.ui.note("Authorised. Check that organisation and user are the right ones:");
        context.ui.show(&account, views::account)
    }
}

/// Waits until the account holds another grant than `before`, or the attempt has ended without one.
async fn wait(
    client: &Client,
    name: &str,
    before: Option<Timestamp>,
    expire_time: Option<Timestamp>,
) -> Result<ServiceAccount, CommandError> {
    loop {
        tokio::time::sleep(POLL).await;
        let account = client.accounts().get(name).await?;
        let now = authorized_at(&account);
        if now.is_some() && now != before {
            return Ok(account);
        }
        if let Some(refused) = account.conditions.iter().find(|c| is_refusal(c)) {
            return Err(CommandError::Authorization {
                reason: refused.reason.clone(),
                message: refused.message.clone(),
            });
        }
        let expired = expire_time.as_ref().is_some_and(|end| end.seconds < chrono::Utc::now().timestamp());
        if expired {
            return Err(CommandError::Authorization {
                reason: "AUTHORIZATION_EXPIRED".to_owned(),
                message: "nobody finished the authorisation in time; begin a new one".to_owned(),
            });
        }
    }
}

fn authorized_at(account: &ServiceAccount) -> Option<Timestamp> {
    account.authorized_identity.as_ref().and_then(|identity| identity.authorize_time)
}

/// While the attempt runs, `Authorized` is false with reason PENDING.
fn is_refusal(condition: &Condition) -> bool {
    condition.r#type == "Authorized"
        && condition.status == ConditionStatus::False as i32
        && condition.reason != "PENDING"
}
