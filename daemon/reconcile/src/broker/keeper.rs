//! Looking after grants: doubts are settled, access tokens that are in use are exchanged before they end, idle grants
//! are kept alive, and people are told of those that end soon.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use provision_connector_sdk::oauth::{self, Introspection, TokenKind};
use provision_core::account::ServiceAccount;
use provision_core::machine::Event;
use provision_core::{AccountName, Reason, Result, Timestamp};
use provision_store::record::{Credential, CredentialState, Doubt, DoubtCause, RecordKey, RestoreMarker};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::outlook::{after, expire_time};
use super::standing::{Told, is_usable};
use super::{Broker, TokenPair, doubt};
use crate::commit::{Built, Draft};
use crate::context::account_context;

/// Grants that are looked at in one round.
pub(super) const GRANTS_MAX: usize = 200_000;
/// Grants that are looked at at the same time.
const AT_ONCE: usize = 16;
/// People are told of a grant's end at most this often.
const TOLD_EVERY: TimeDelta = TimeDelta::days(1);
/// Grants in one commit.
const MARKED_A_COMMIT: usize = 100;

impl Broker {
    /// Looks after all grants until the daemon stops.
    pub async fn look_after_grants(self: Arc<Self>) {
        loop {
            if let Err(fault) = self.look_at_all().await {
                tracing::warn!(?fault, "grants could not be looked at");
            }
            let pause = self.jittered(self.context.settings.grants.look_interval);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.context.shutdown.cancelled() => return,
            }
        }
    }

    /// One round over all grants.
    pub async fn look_at_all(self: &Arc<Self>) -> Result<()> {
        let prefix = RecordKey::all_accounts();
        let (accounts, _) = self.context.repository().all::<ServiceAccount>(&prefix, GRANTS_MAX).await?;
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        let mut looks = JoinSet::new();
        let mut counts = [0u32; 3];
        for account in accounts {
            let (account, key) = (account.value.clone(), RecordKey::credential(&account.value.name));
            let Some(found) = self.context.repository().find::<Credential>(&key).await? else { continue };
            if found.value.account_uid != account.uid {
                continue;
            }
            counts[match found.value.state {
                CredentialState::Valid | CredentialState::Exchanging { .. } => 0,
                CredentialState::InDoubt(_) => 1,
                CredentialState::ClientRefused { .. } | CredentialState::Lost { .. } => 2,
            }] += 1;
            let Ok(permit) = permits.clone().acquire_owned().await else { break };
            let broker = self.clone();
            looks.spawn(async move {
                let _permit = permit;
                if let Err(fault) = broker.look(&account, found.value).await {
                    tracing::info!(account = %account.name, ?fault, "the grant could not be looked after");
                }
            });
        }
        while looks.join_next().await.is_some() {}
        for (state, count) in ["valid", "in_doubt", "lost"].into_iter().zip(counts) {
            metrics::gauge!("provisiond_grants", "state" => state).set(count);
        }
        Ok(())
    }

    async fn look(self: &Arc<Self>, account: &ServiceAccount, found: Credential) -> Result<()> {
        if !found.retired.is_empty() {
            self.revoke_retired(account).await?;
        }
        self.announce(account, &found).await?;
        let settings = self.context.settings.grants;
        let (now, generation) = (self.context.now(), found.generation);
        match &found.state {
            CredentialState::Lost { .. } => Ok(()),
            CredentialState::ClientRefused { since, .. } => {
                if passed(now, *since, settings.client_retry) {
                    self.exchanged(account, generation).await;
                }
                Ok(())
            }
            // The exchange of a daemon that has died; one that is under way holds the flight, and is waited for.
            CredentialState::Exchanging { .. } => {
                self.confirmed(account).await;
                Ok(())
            }
            CredentialState::InDoubt(doubt) => {
                self.look_in_doubt(account, &found, doubt, now).await;
                Ok(())
            }
            CredentialState::Valid => self.look_valid(account, &found, now).await,
        }
    }

    async fn look_in_doubt(
        self: &Arc<Self>,
        account: &ServiceAccount,
        found: &Credential,
        doubt: &Doubt,
        now: Timestamp,
    ) {
        let asked = self.asked(&account.name);
        if !doubt::is_due(doubt.since, asked, now, &self.context.settings.grants) {
            return;
        }
        self.note_asked(&account.name, now);
        let settled = self.confirmed(account).await;
        // The access token should have ended; whether it has, only a call can tell.
        let over = found.access_expire_time.is_none_or(|end| now >= end);
        if !settled && is_usable(doubt) && over {
            self.look_after(account).await;
        }
    }

    async fn look_valid(
        self: &Arc<Self>,
        account: &ServiceAccount,
        found: &Credential,
        now: Timestamp,
    ) -> Result<()> {
        let settings = self.context.settings.grants;
        // Not all idle grants on the same day.
        let spread =
            settings.keep_alive / 20 * u32::from(account.uid.bytes().fold(0u8, u8::wrapping_add) % 4);
        if passed(now, found.obtain_time, settings.keep_alive.saturating_sub(spread)) {
            self.exchanged(account, found.generation).await;
            return Ok(());
        }
        // Who does not use a token needs no fresh one: each exchange is a risk of its own.
        if self.used(&account.name).is_none_or(|used| used <= found.obtain_time) {
            return Ok(());
        }
        let ahead = TimeDelta::from_std(settings.refresh_ahead).unwrap_or(TimeDelta::MAX);
        let soon = |end: Option<Timestamp>| end.is_some_and(|end| end - now <= ahead);
        let unknown = found.introspect_time.is_none_or(|asked| asked < found.obtain_time);
        if !unknown && !soon(found.access_expire_time) {
            return Ok(());
        }
        // Use may have prolonged it.
        let pair = TokenPair::open(&self.context.envelope, &account.name, &account.uid, &found.tokens)?;
        let spec = self.spec(account)?;
        let answer = oauth::introspect(&self.http, &spec, &pair.access, TokenKind::Access).await;
        let end = match answer {
            Introspection::Active { expire_time } => {
                let end = expire_time.or(found.access_expire_time);
                let known = |c: &mut Credential| (c.access_expire_time, c.introspect_time) = (end, Some(now));
                self.change(account, found.generation, known, Told::default()).await?;
                end
            }
            Introspection::Inactive => Some(now),
            Introspection::NoAnswer => found.access_expire_time,
        };
        if soon(end) {
            self.exchanged(account, found.generation).await;
        }
        Ok(())
    }

    /// Tells people of a grant that ends soon.
    async fn announce(&self, account: &ServiceAccount, found: &Credential) -> Result<()> {
        let connector = self.context.connectors.get(&account.connector)?;
        let policy = connector.grant_policy(&account_context(account));
        let Some(expire_time) = expire_time(found, policy) else { return Ok(()) };
        let now = self.context.now();
        let ahead = self.context.settings.grants.announce_ahead;
        let soon = after(now, ahead).is_some_and(|soon| expire_time <= soon);
        let told = found.expiry_told_time.is_some_and(|told| now - told < TOLD_EVERY);
        if !soon || told {
            return Ok(());
        }
        let news = Told {
            event: Some(Event::GrantExpiring { expire_time }),
            audit: Some(("GrantExpiring", Reason::ReauthorizationRequired)),
        };
        let noted = |c: &mut Credential| c.expiry_told_time = Some(now);
        self.change(account, found.generation, noted, news).await.map(drop)
    }

    async fn exchanged(self: &Arc<Self>, account: &ServiceAccount, generation: u64) {
        if let Err(fault) = self.detached_renewal(&account.name, &account.uid, generation, false).await {
            tracing::info!(account = %account.name, ?fault, "the grant could not be exchanged ahead of need");
        }
    }

    /// The first daemon on restored data: every grant is in doubt until the application has said that it lives.
    pub async fn take_up_restored(&self) -> Result<()> {
        let key = RecordKey::restore_marker();
        let Some(marker) = self.context.repository().find::<RestoreMarker>(&key).await? else {
            return Ok(());
        };
        let (accounts, _) =
            self.context.repository().all::<ServiceAccount>(&RecordKey::all_accounts(), GRANTS_MAX).await?;
        let since = self.context.now();
        for chunk in accounts.chunks(MARKED_A_COMMIT) {
            self.context
                .commit(|| async {
                    let mut draft = Draft::default();
                    for account in chunk {
                        let key = RecordKey::credential(&account.value.name);
                        let Some(found) = self.context.repository().find::<Credential>(&key).await? else {
                            continue;
                        };
                        if let Some(state) = doubted(&found.value.state, since) {
                            draft.replace(key, found.revision, &Credential { state, ..found.value })?;
                        }
                    }
                    Ok(Built::Commit(draft, ()))
                })
                .await?;
        }
        tracing::warn!(restored = %marker.value.restore_time, accounts = accounts.len(), "the data was restored; all grants are in doubt");
        self.context
            .commit(|| async {
                let mut draft = Draft::default();
                draft.delete(key.clone());
                Ok(Built::Commit(draft, ()))
            })
            .await
    }

    /// True where the doubt is over, and the grant lives.
    async fn confirmed(self: &Arc<Self>, account: &ServiceAccount) -> bool {
        self.detached_confirmation(&account.name, &account.uid).await.is_ok()
    }

    fn asked(&self, name: &AccountName) -> Option<Timestamp> {
        self.seen(name, |seen| seen.asked)
    }

    fn note_asked(&self, name: &AccountName, now: Timestamp) {
        self.seen(name, |seen| seen.asked = Some(now));
    }

    fn used(&self, name: &AccountName) -> Option<Timestamp> {
        self.seen(name, |seen| seen.used)
    }
}

/// What a restore makes of a grant; one that was lost stays lost.
fn doubted(state: &CredentialState, since: Timestamp) -> Option<CredentialState> {
    let doubt = |last_try_time| {
        let cause = DoubtCause::Restored;
        CredentialState::InDoubt(Doubt { since, cause, access_refused_time: None, last_try_time })
    };
    match state {
        CredentialState::Valid | CredentialState::ClientRefused { .. } => Some(doubt(None)),
        CredentialState::Exchanging { last_try, .. } => Some(doubt(last_try.then_some(since))),
        CredentialState::InDoubt(before) => Some(doubt(before.last_try_time)),
        CredentialState::Lost { .. } => None,
    }
}

fn passed(now: Timestamp, since: Timestamp, patience: Duration) -> bool {
    after(since, patience).is_some_and(|end| now >= end)
}
