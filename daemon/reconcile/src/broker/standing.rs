//! Storing where a grant stands, with what people are told of it in the same commit.

use provision_connector_sdk::ConnectorFault;
use provision_core::account::{Failure, ServiceAccount};
use provision_core::machine::Event;
use provision_core::{Fault, Principal, Reason, Result};
use provision_store::record::{Credential, CredentialState, Doubt, DoubtCause, RecordKey};

use super::outlook::after;
use super::{Broker, classify};
use crate::commit::{Built, Draft};

/// What people and the audit trail learn of a change.
#[derive(Default)]
pub(super) struct Told {
    pub event: Option<Event>,
    /// Action and reason.
    pub audit: Option<(&'static str, Reason)>,
}

/// Why a grant that lives cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Our client is refused.
    Client,
    /// The organisation or its user is switched off.
    Inactive,
}

/// Characters of the application's words that people are shown.
const WORDS_MAX: usize = 200;

/// The application's words, cut and freed of control characters.
fn short(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect()
}

impl Broker {
    /// Changes an account's credential, as long as it is of this generation: another one is another grant's, or another
    /// exchange's. `CONCURRENT_CHANGE` where it is not.
    pub(super) async fn change(
        &self,
        account: &ServiceAccount,
        generation: u64,
        change: impl Fn(&mut Credential) + Send + Sync,
        told: Told,
    ) -> Result<Credential> {
        let (name, uid) = (&account.name, &account.uid);
        self.context
            .commit(|| async {
                let found = self.credential(name, uid).await?;
                if found.value.generation != generation {
                    return Err(Fault::new(
                        Reason::ConcurrentChange,
                        "the account was authorised anew at the same time; try again",
                    ));
                }
                let mut record = found.value.clone();
                change(&mut record);
                if record == found.value && told.event.is_none() {
                    return Ok(Built::Already(record));
                }
                let mut draft = Draft::default();
                draft.replace(RecordKey::credential(name), found.revision, &record)?;
                if let Some(event) = &told.event {
                    let account = self.context.account(name).await?;
                    draft.transition(&self.context, &account, event.clone())?;
                }
                if let Some((action, reason)) = told.audit {
                    let details = [("reason", reason.as_str())];
                    let system = Principal::system();
                    draft.audit(&self.context, &name.tenant, &system, action, name.to_string(), &details)?;
                }
                Ok(Built::Commit(draft, record))
            })
            .await
    }

    /// The grant is gone: stored, told, and never tried again.
    pub(super) async fn lose(
        &self,
        account: &ServiceAccount,
        generation: u64,
        internal: &str,
    ) -> ConnectorFault {
        tracing::warn!(account = %account.name, internal, "the grant is gone");
        metrics::counter!("provisiond_grants_lost_total").increment(1);
        let fault = Fault::new(
            Reason::ReauthorizationRequired,
            format!(
                "the grant cannot be used any more ({}); an administrator of the organisation must authorise again",
                short(internal)
            ),
        )
        .with_internal(internal);
        let failure = Failure { reason: fault.reason(), message: fault.message().to_owned() };
        let told = Told {
            event: Some(Event::GrantLost { failure: failure.clone() }),
            audit: Some(("GrantLost", failure.reason)),
        };
        let lost = |c: &mut Credential| c.state = CredentialState::Lost { failure: failure.clone() };
        match self.change(account, generation, lost, told).await {
            Ok(_) => ConnectorFault::denied(fault),
            Err(fault) => classify(fault),
        }
    }

    /// Not the grant is refused, but who would use it. Told once, and tried again from time to time.
    pub(super) async fn held(
        &self,
        account: &ServiceAccount,
        generation: u64,
        held: Held,
        internal: &str,
    ) -> ConnectorFault {
        tracing::warn!(account = %account.name, ?held, internal, "the application does not let the grant be used");
        let words = short(internal);
        let message = match held {
            Held::Client => format!(
                "the application refuses the vendor's app there ({words}); look at the app's policies in the \
                 organisation and at client_id and secret in the configuration, then authorise again unless it goes on \
                 by itself"
            ),
            Held::Inactive => format!(
                "the organisation or the user who authorised is switched off ({words}); it goes on by itself within a \
                 quarter of an hour after they are switched on again, or at once when somebody authorises again"
            ),
        };
        let fault = Fault::new(Reason::ReauthorizationRequired, message).with_internal(internal);
        let failure = Failure { reason: fault.reason(), message: fault.message().to_owned() };
        let since = self.context.now();
        let told = Told {
            event: Some(Event::GrantLost { failure: failure.clone() }),
            audit: Some(("GrantRefused", failure.reason)),
        };
        let refused = |c: &mut Credential| {
            c.state = CredentialState::ClientRefused { since, failure: failure.clone() };
        };
        match self.change(account, generation, refused, told).await {
            Ok(_) => ConnectorFault::denied(fault),
            Err(fault) => classify(fault),
        }
    }

    /// Whether the grant lives is not known: stored, and told early, while the access token may still work.
    pub(super) async fn in_doubt(
        &self,
        account: &ServiceAccount,
        credential: &Credential,
        doubt: Doubt,
    ) -> ConnectorFault {
        let before = match &credential.state {
            CredentialState::InDoubt(before) => Some(*before),
            _ => None,
        };
        let fault = doubt_fault(&doubt);
        if before == Some(doubt) {
            return classify(fault);
        }
        let usable = is_usable(&doubt);
        let until = match (usable, doubt.last_try_time) {
            (true, _) => credential.access_expire_time,
            (false, Some(tried)) => after(tried, self.context.settings.grants.doubt_max),
            (false, None) => after(doubt.since, self.context.settings.grants.doubt_max),
        };
        let failure = Failure { reason: fault.reason(), message: fault.message().to_owned() };
        let told = Told {
            event: Some(Event::GrantInDoubt { failure, until, usable }),
            audit: before.is_none().then_some(("GrantInDoubt", Reason::GrantInDoubt)),
        };
        let state = |c: &mut Credential| c.state = CredentialState::InDoubt(doubt);
        match self.change(account, credential.generation, state, told).await {
            Ok(_) => classify(fault),
            Err(fault) => classify(fault),
        }
    }
}

/// Whether the access token of a grant in doubt may be used.
pub(super) fn is_usable(doubt: &Doubt) -> bool {
    doubt.cause == DoubtCause::AnswerLost && doubt.access_refused_time.is_none()
}

pub(super) fn doubt_fault(doubt: &Doubt) -> Fault {
    let cause = match doubt.cause {
        DoubtCause::AnswerLost => "the answer of a token exchange was lost",
        DoubtCause::Restored => "the data was restored from a backup",
    };
    Fault::new(
        Reason::GrantInDoubt,
        format!("{cause}; the application is asked whether the grant lives, and has not answered yet"),
    )
}
