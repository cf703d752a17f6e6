//! Commits: what changes, the notifications that tell of it and the audit records that keep it go together.

use std::collections::BTreeMap;
use std::time::Duration;

use provision_core::account::{Actor, ConditionType, NextAction, ServiceAccount, Status};
use provision_core::audit::AuditEvent;
use provision_core::machine::{
    AUTHORIZE, Action, BEGIN_AUTHORIZATION, Event, REAUTHORIZE_OR_DEPROVISION_LOCALLY, transition,
};
use provision_core::notification::{Notification, NotificationCode};
use provision_core::ports::Mutation;
use provision_core::{AccountName, AuditId, Fault, Principal, Reason, Result, TenantId, Timestamp};
use provision_store::record::{IdempotencyRecord, NotificationCounter, Record, RecordKey, encode};
use provision_store::{CommitError, Key, Revision, Txn};

use crate::context::{Context, account_context};
use crate::repository::{Versioned, record_fault};

/// How often a commit is built anew after somebody else was faster.
const ATTEMPTS_MAX: u32 = 24;

/// How long a request id is kept.
pub const IDEMPOTENCY_LIFETIME: chrono::Duration = chrono::Duration::hours(24);

/// A commit in the making.
#[derive(Debug, Default)]
pub struct Draft {
    txn: Txn,
    notifications: Vec<(TenantId, Told)>,
}

#[derive(Debug)]
struct Told {
    code: NotificationCode,
    text: String,
    parameters: BTreeMap<String, String>,
    account: Option<AccountName>,
}

/// What building a commit leads to.
pub enum Built<R> {
    /// Commit this, then answer that.
    Commit(Draft, R),
    /// There is nothing to commit.
    Already(R),
}

impl Draft {
    /// Stores a record.
    pub fn put<T: Record>(&mut self, key: Key, value: &T) -> Result<()> {
        self.txn = std::mem::take(&mut self.txn).put(key, encode(value).map_err(record_fault)?);
        Ok(())
    }

    /// Removes a record.
    pub fn delete(&mut self, key: Key) {
        self.txn = std::mem::take(&mut self.txn).delete(key);
    }

    /// Demands that nothing stands under a key.
    pub fn absent(&mut self, key: Key) {
        self.txn = std::mem::take(&mut self.txn).absent(key);
    }

    /// Demands that a record has not changed since it was read.
    pub fn unchanged(&mut self, key: Key, revision: Revision) {
        self.txn = std::mem::take(&mut self.txn).at_revision(key, revision);
    }

    /// Demands what was found: the revision of a record that was there, or its absence.
    pub fn as_found<T>(&mut self, key: Key, found: &Option<Versioned<T>>) {
        match found {
            Some(found) => self.unchanged(key, found.revision),
            None => self.absent(key),
        }
    }

    /// Replaces a record that was read before, unless somebody else has changed it since.
    pub fn replace<T: Record>(&mut self, key: Key, found: Revision, value: &T) -> Result<()> {
        self.unchanged(key.clone(), found);
        self.put(key, value)
    }

    /// Writes the audit trail.
    pub fn audit(
        &mut self,
        context: &Context,
        tenant: &TenantId,
        principal: &Principal,
        action: &str,
        resource: String,
        details: &[(&str, &str)],
    ) -> Result<()> {
        let id = AuditId::new(context.newest_first_id())?;
        let event = AuditEvent {
            tenant: tenant.clone(),
            id: id.clone(),
            create_time: context.now(),
            principal: principal.clone(),
            action: action.to_owned(),
            resource,
            details: details.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        };
        self.put(RecordKey::audit(tenant, &id), &event)
    }

    /// Tells a tenant's people, in the words of the account's connector.
    fn notify(
        &mut self,
        context: &Context,
        account: &ServiceAccount,
        code: NotificationCode,
        mut parameters: BTreeMap<String, String>,
    ) -> Result<()> {
        let manifest = context.connectors.get(&account.connector)?.manifest();
        let environment = manifest.environment(&account.environment).map(|e| e.display_name.clone());
        parameters
            .insert("environment".to_owned(), environment.unwrap_or_else(|_| account.environment.clone()));
        parameters.insert("connector".to_owned(), manifest.display_name.clone());
        let text = manifest.notification_text(code, &parameters);
        let told = Told { code, text, parameters, account: Some(account.name.clone()) };
        self.notifications.push((account.name.tenant.clone(), told));
        Ok(())
    }

    /// Keeps what a request id has led to; a second commit with the same id cannot pass.
    pub fn remember(&mut self, by: &Mutation, scope: &str, resource: &str, now: Timestamp) -> Result<()> {
        if let Some(idempotency) = &by.idempotency {
            let key = RecordKey::idempotency(scope, &by.principal, &idempotency.request_id);
            let record = IdempotencyRecord {
                fingerprint: idempotency.fingerprint.clone(),
                resource: resource.to_owned(),
                expire_time: now + IDEMPOTENCY_LIFETIME,
            };
            self.absent(key.clone());
            self.put(key, &record)?;
        }
        Ok(())
    }

    /// Applies an event to an account as it was read: the new account, its notifications, and the audit record, if the
    /// event is one that people ask about. Answers the new account and what to do after the commit.
    pub fn transition(
        &mut self,
        context: &Context,
        account: &Versioned<ServiceAccount>,
        event: Event,
    ) -> Result<(ServiceAccount, Vec<Action>)> {
        let mut outcome = transition(&account.value, event, context.now())?;
        install_first(context, &mut outcome.account)?;
        lead_to_page(context, &mut outcome.account);
        self.replace(RecordKey::account(&outcome.account.name), account.revision, &outcome.account)?;
        let mut after = Vec::new();
        for action in outcome.actions {
            match action {
                Action::Notify { code, mut parameters } => {
                    let link = outcome.account.next_action.as_ref().and_then(|next| next.link.clone());
                    parameters.extend(link.map(|link| ("link".to_owned(), link)));
                    self.notify(context, &outcome.account, code, parameters)?
                }
                other => after.push(other),
            }
        }
        Ok((outcome.account, after))
    }
}

/// Where a person installs the application's part of the product first, that is what an account waits for that was never
/// authorised.
pub fn install_first(context: &Context, account: &mut ServiceAccount) -> Result<()> {
    let waits = account.next_action.as_ref().is_some_and(|next| next.action == BEGIN_AUTHORIZATION);
    if account.identity.is_some() || !waits {
        return Ok(());
    }
    let connector = context.connectors.get(&account.connector)?;
    if let Some(installation) = connector.installation(&account_context(account)) {
        account.next_action = Some(NextAction {
            actor: Actor::SaasAdmin,
            action: "INSTALL_APP".to_owned(),
            hint: format!(
                "an administrator of the organisation installs {} from the link; then call BeginAuthorization",
                installation.title
            ),
            link: Some(installation.url.to_string()),
            deadline: None,
        });
    }
    Ok(())
}

/// Whoever must authorise an account again finds the daemon's own page for it at the action's link. The uid, which only
/// readers of the account know, is the key to that page.
fn lead_to_page(context: &Context, account: &mut ServiceAccount) {
    let again = account.identity.is_some() && account.condition(ConditionType::Authorized) != Status::True;
    let base = &context.settings.reauthorize_url;
    if !again || base.is_empty() {
        return;
    }
    let AccountName { tenant, account: id } = &account.name;
    let link = format!("{base}/{tenant}/{id}/{}", account.uid);
    if let Some(next) = account.next_action.as_mut().filter(|next| asks_for_grant(&next.action)) {
        next.link = Some(link);
    }
}

fn asks_for_grant(action: &str) -> bool {
    [BEGIN_AUTHORIZATION, AUTHORIZE, REAUTHORIZE_OR_DEPROVISION_LOCALLY].contains(&action)
}

impl Context {
    /// Builds a commit and commits it; builds it anew when somebody else was faster. `build` reads what it needs each
    /// time, and has no effects of its own.
    pub async fn commit<R, F, Fut>(&self, build: F) -> Result<R>
    where
        F: Fn() -> Fut + Send + Sync,
        Fut: Future<Output = Result<Built<R>>> + Send,
        R: Send,
    {
        for attempt in 0..ATTEMPTS_MAX {
            let (mut draft, answer) = match build().await? {
                Built::Already(answer) => return Ok(answer),
                Built::Commit(draft, answer) => (draft, answer),
            };
            self.number_notifications(&mut draft).await?;
            match self.store.commit(draft.txn).await {
                Ok(_) => return Ok(answer),
                Err(CommitError::PreconditionFailed { .. }) => {
                    let pause = u64::from(attempt.min(6)) * 2;
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                Err(error) => return Err(commit_fault(error)),
            }
        }
        Err(Fault::new(Reason::ConcurrentChange, "others change the same thing at the same time; try again")
            .retry_after(Duration::from_millis(200)))
    }

    /// Gives the notifications of a commit their sequences: the tenant's counter goes into the same commit.
    async fn number_notifications(&self, draft: &mut Draft) -> Result<()> {
        let told = std::mem::take(&mut draft.notifications);
        let Some((tenant, _)) = told.first() else { return Ok(()) };
        let tenant = tenant.clone();
        let key = RecordKey::notification_counter(&tenant);
        let counter = self.repository().find::<NotificationCounter>(&key).await?;
        draft.as_found(key.clone(), &counter);
        let mut last = counter.map_or(0, |c| c.value.last);
        for (owner, told) in told {
            debug_assert_eq!(owner, tenant, "one commit tells one tenant");
            last += 1;
            let notification = Notification {
                tenant: tenant.clone(),
                sequence: last,
                code: told.code,
                text: told.text,
                parameters: told.parameters,
                severity: told.code.severity(),
                account: told.account,
                create_time: self.now(),
            };
            draft.put(RecordKey::notification(&tenant, last), &notification)?;
        }
        draft.put(key, &NotificationCounter { last })
    }

    /// The resource that an earlier call with the same request id has led to.
    pub async fn replayed(&self, by: &Mutation, scope: &str) -> Result<Option<String>> {
        let Some(idempotency) = &by.idempotency else { return Ok(None) };
        let key = RecordKey::idempotency(scope, &by.principal, &idempotency.request_id);
        let Some(record) = self.repository().find::<IdempotencyRecord>(&key).await? else { return Ok(None) };
        if record.value.fingerprint != idempotency.fingerprint {
            return Err(Fault::new(
                Reason::RequestIdReused,
                "request_id was used before with another request; use a new UUID for each request",
            )
            .violation("request_id", "belongs to another request"));
        }
        Ok(Some(record.value.resource))
    }

    /// The account of that name.
    pub async fn account(&self, name: &AccountName) -> Result<Versioned<ServiceAccount>> {
        self.repository()
            .find::<ServiceAccount>(&RecordKey::account(name))
            .await?
            .ok_or_else(|| Fault::not_found(name))
    }
}

/// A store that does not take a commit.
pub fn commit_fault(error: CommitError) -> Fault {
    match error {
        CommitError::Closed => {
            Fault::new(Reason::ShuttingDown, "the daemon is stopping").with_internal(error)
        }
        CommitError::Invalid(_) => Fault::internal_error(error),
        _ => Fault::new(Reason::StoreUnavailable, "the store cannot be written at the moment; try again")
            .with_internal(error)
            .retry_after(Duration::from_secs(1)),
    }
}
