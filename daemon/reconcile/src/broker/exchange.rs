//! Renewing an access token: one exchange at a time, and none that could use up a token twice.

use std::time::{Duration, Instant};

use provision_connector_sdk::oauth::{self, Introspection, TokenAnswer, TokenFault, TokenKind};
use provision_connector_sdk::{Access, AuthorizationSpec, ConnectorFault, TokenErrorClass};
use provision_core::account::ServiceAccount;
use provision_core::machine::Event;
use provision_core::{AccountName, Fault, Reason, Result};
use provision_store::record::{Credential, CredentialState, Doubt, DoubtCause};

use super::doubt::{Verdict, judge};
use super::standing::{Held, Told};
use super::{Broker, TokenPair, classify};

/// Exchanges of one renewal: after races, and after answers that were lost and turned out to have had no effect.
const EXCHANGES_MAX: u32 = 6;
/// First and longest pause between two of them.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// What a renewal needs at hand.
pub(super) struct Turn {
    pub account: ServiceAccount,
    pub credential: Credential,
    pub pair: TokenPair,
    pub spec: AuthorizationSpec,
    /// An exchange of ours may still be under way at the application: a race may be with ourselves.
    pub doubtful: bool,
    /// The exchange is made without knowing whether the refresh token lives.
    pub last_try: bool,
}

impl Broker {
    /// A token newer than generation `stale`. `refused`: the application has refused that one.
    pub(super) async fn renew(
        &self,
        name: &AccountName,
        uid: &str,
        stale: u64,
        refused: bool,
    ) -> Result<Access, ConnectorFault> {
        let asked = Instant::now();
        let flight = self.flight(name);
        let _only_one = flight.lock().await;
        let found = self.credential(name, uid).await.map_err(classify)?.value;
        if found.generation > stale {
            return self.access(name, &found).map_err(classify);
        }
        // Who has waited for another's try shares how it ended, and does not make one more.
        if let Some(fault) = self.seen(name, |seen| seen.failure_since(asked)) {
            return Err(fault);
        }
        let renewed = self.renew_found(name, found, refused).await;
        if let Err(fault) = &renewed {
            self.seen(name, |seen| seen.failed = Some((Instant::now(), fault.clone())));
        }
        renewed
    }

    async fn renew_found(
        &self,
        name: &AccountName,
        found: Credential,
        refused: bool,
    ) -> Result<Access, ConnectorFault> {
        let mut turn = self.turn(name, found).await?;
        match turn.credential.state.clone() {
            CredentialState::Lost { failure } => {
                return Err(ConnectorFault::denied(Fault::new(failure.reason, failure.message)));
            }
            CredentialState::ClientRefused { failure, .. } if refused => {
                return Err(ConnectorFault::denied(Fault::new(failure.reason, failure.message)));
            }
            CredentialState::Valid | CredentialState::ClientRefused { .. } => {}
            CredentialState::Exchanging { .. } | CredentialState::InDoubt(_) => {
                self.settle(&mut turn, refused).await?;
            }
        }
        self.exchange(turn, refused).await
    }

    /// Finds out whether a grant lives that is in doubt, before it is used. A token that lives is not exchanged.
    pub(super) async fn confirm(&self, name: &AccountName, uid: &str) -> Result<Access, ConnectorFault> {
        let flight = self.flight(name);
        let _only_one = flight.lock().await;
        let found = self.credential(name, uid).await.map_err(classify)?.value;
        let doubtful =
            matches!(found.state, CredentialState::InDoubt(_) | CredentialState::Exchanging { .. });
        if !doubtful {
            return self.access(name, &found).map_err(classify);
        }
        let mut turn = self.turn(name, found).await?;
        self.settle(&mut turn, false).await?;
        match turn.last_try {
            true => self.exchange(turn, false).await,
            false => self.access(name, &turn.credential).map_err(classify),
        }
    }

    async fn turn(&self, name: &AccountName, credential: Credential) -> Result<Turn, ConnectorFault> {
        if self.context.shutdown.is_cancelled() {
            return Err(classify(Fault::new(Reason::ShuttingDown, "the daemon is stopping")));
        }
        let account = self.context.account(name).await.map_err(classify)?.value;
        let uid = &credential.account_uid;
        let pair =
            TokenPair::open(&self.context.envelope, name, uid, &credential.tokens).map_err(classify)?;
        let spec = self.spec(&account).map_err(classify)?;
        Ok(Turn { account, credential, pair, spec, doubtful: false, last_try: false })
    }

    /// After an exchange without an answer, or a restore: the old refresh token lives (then nothing has happened), or it
    /// does not (then its successor is lost), or that cannot be told yet.
    async fn settle(&self, turn: &mut Turn, refused: bool) -> Result<(), ConnectorFault> {
        let now = self.context.now();
        let mut doubt = match turn.credential.state {
            CredentialState::InDoubt(doubt) => doubt,
            CredentialState::Exchanging { since, last_try } => Doubt {
                since,
                cause: DoubtCause::AnswerLost,
                access_refused_time: None,
                last_try_time: last_try.then_some(since),
            },
            _ => Doubt {
                since: now,
                cause: DoubtCause::AnswerLost,
                access_refused_time: None,
                last_try_time: None,
            },
        };
        if refused || turn.last_try {
            doubt.access_refused_time = doubt.access_refused_time.or(Some(now));
        }
        let answer = self.ask(turn).await;
        turn.doubtful = true;
        let (account, generation) = (&turn.account, turn.credential.generation);
        match judge(&doubt, answer, now, &self.context.settings.grants) {
            Verdict::Alive => {
                let refresh_expire_time = match answer {
                    Introspection::Active { expire_time } => expire_time,
                    _ => None,
                };
                let told = match turn.credential.state {
                    CredentialState::InDoubt(_) => Told {
                        event: Some(Event::GrantConfirmed),
                        audit: Some(("GrantConfirmed", Reason::GrantInDoubt)),
                    },
                    _ => Told::default(),
                };
                let alive = |c: &mut Credential| {
                    c.state = CredentialState::Valid;
                    c.introspect_time = Some(now);
                    c.refresh_expire_time = refresh_expire_time;
                };
                turn.credential = self.change(account, generation, alive, told).await.map_err(classify)?;
                turn.last_try = false;
                Ok(())
            }
            Verdict::Dead => {
                let internal = "the answer of a token exchange was lost, and the token with it";
                Err(self.lose(account, generation, internal).await)
            }
            Verdict::GiveUp => {
                let internal = "whether the grant lives was not answered in time";
                Err(self.lose(account, generation, internal).await)
            }
            Verdict::Wait => Err(self.in_doubt(account, &turn.credential, doubt).await),
            Verdict::LastTry => {
                turn.last_try = true;
                Ok(())
            }
        }
    }

    /// Whether the stored refresh token lives.
    async fn ask(&self, turn: &Turn) -> Introspection {
        let answer = match &turn.pair.refresh {
            Some(refresh) => oauth::introspect(&self.http, &turn.spec, refresh, TokenKind::Refresh).await,
            None => Introspection::Inactive,
        };
        let told = match answer {
            Introspection::Active { .. } => "active",
            Introspection::Inactive => "inactive",
            Introspection::NoAnswer => "none",
        };
        metrics::counter!("provisiond_token_introspections_total", "answer" => told).increment(1);
        answer
    }

    async fn exchange(&self, mut turn: Turn, refused: bool) -> Result<Access, ConnectorFault> {
        let Some(refresh) = turn.pair.refresh.clone() else {
            let internal = "the application gave no refresh token";
            return Err(self.lose(&turn.account, turn.credential.generation, internal).await);
        };
        let mut pause = PAUSE_MIN;
        for _ in 0..EXCHANGES_MAX {
            // What an exchange that had no effect goes back to.
            let before = match (&turn.credential.state, turn.last_try) {
                (CredentialState::Exchanging { .. }, false) => CredentialState::Valid,
                (state, _) => state.clone(),
            };
            self.intend(&mut turn, refused).await?;
            metrics::counter!("provisiond_token_exchanges_total").increment(1);
            match oauth::refresh(&self.http, &turn.spec, &refresh).await {
                Ok(answer) => return self.keep_exchanged(turn, &before, &answer).await.map_err(classify),
                Err(TokenFault::Unsent(internal) | TokenFault::Unavailable(internal)) => {
                    self.back(&turn, before).await?;
                    return Err(ConnectorFault::transient(internal));
                }
                Err(TokenFault::AddressRefused(refused)) => {
                    self.back(&turn, before).await?;
                    return Err(ConnectorFault::from(&refused));
                }
                Err(TokenFault::Refused { error, description }) => {
                    let connector = self.context.connectors.get(&turn.account.connector).map_err(classify)?;
                    let told = format!("{error}: {description}");
                    let (account, generation) = (&turn.account, turn.credential.generation);
                    match connector.token_error(&error, &description) {
                        TokenErrorClass::Revoked => return Err(self.lose(account, generation, &told).await),
                        TokenErrorClass::ClientRefused => {
                            return Err(self.held(account, generation, Held::Client, &told).await);
                        }
                        TokenErrorClass::Inactive => {
                            return Err(self.held(account, generation, Held::Inactive, &told).await);
                        }
                        TokenErrorClass::Other => {
                            self.back(&turn, before).await?;
                            return Err(ConnectorFault::transient(format!("token exchange refused: {told}")));
                        }
                        TokenErrorClass::Race => {
                            tokio::time::sleep(self.jittered(pause)).await;
                            // With ourselves, perhaps: then our own exchange is not resolved yet.
                            if turn.doubtful || turn.last_try {
                                self.settle(&mut turn, refused).await?;
                            }
                        }
                    }
                }
                Err(TokenFault::Ambiguous(internal)) => {
                    tracing::warn!(account = %turn.account.name, internal, "the answer of a token exchange was lost");
                    metrics::counter!("provisiond_token_answers_lost_total").increment(1);
                    self.settle(&mut turn, refused).await?;
                    tokio::time::sleep(self.jittered(pause)).await;
                }
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
        self.back(&turn, CredentialState::Valid).await?;
        Err(ConnectorFault::transient("the token exchange was raced, or its answer lost, too often"))
    }

    /// Stores that an exchange leaves now.
    async fn intend(&self, turn: &mut Turn, refused: bool) -> Result<(), ConnectorFault> {
        let now = self.context.now();
        let (generation, last_try) = (turn.credential.generation, turn.last_try);
        let lived = u32::try_from((now - turn.credential.obtain_time).num_seconds()).ok();
        let learned = lived.filter(|_| refused && turn.credential.state == CredentialState::Valid);
        let intent = |c: &mut Credential| {
            c.state = CredentialState::Exchanging { since: now, last_try };
            c.access_lifetime_seconds = learned.or(c.access_lifetime_seconds);
        };
        turn.credential =
            self.change(&turn.account, generation, intent, Told::default()).await.map_err(classify)?;
        Ok(())
    }

    /// An exchange had no effect: the grant stands as it stood before.
    async fn back(&self, turn: &Turn, before: CredentialState) -> Result<(), ConnectorFault> {
        let state = |c: &mut Credential| c.state = before.clone();
        let generation = turn.credential.generation;
        self.change(&turn.account, generation, state, Told::default()).await.map_err(classify)?;
        Ok(())
    }

    /// Makes the new pair durable, whatever it takes: without it the grant would be lost.
    async fn keep_exchanged(
        &self,
        turn: Turn,
        before: &CredentialState,
        answer: &TokenAnswer,
    ) -> Result<Access> {
        let account = &turn.account;
        let pair = TokenPair::after(answer, turn.pair.refresh.clone());
        let instance_url = self.instance_url(account, &turn.credential, answer)?;
        let tokens = pair.seal(&self.context.envelope, &account.name, &account.uid)?;
        let now = self.context.now();
        let again = matches!(before, CredentialState::InDoubt(_) | CredentialState::ClientRefused { .. });
        let renewed = |c: &mut Credential| {
            c.generation += 1;
            c.tokens = tokens.clone();
            c.instance_url = instance_url.clone();
            c.state = CredentialState::Valid;
            c.obtain_time = now;
            c.refresh_expire_time = None;
            let lifetime = c.access_lifetime_seconds.map(|seconds| Duration::from_secs(seconds.into()));
            c.access_expire_time = lifetime.and_then(|lifetime| super::outlook::after(now, lifetime));
        };
        let mut pause = Duration::from_millis(50);
        loop {
            let told = Told {
                event: again.then_some(Event::GrantConfirmed),
                audit: again.then_some(("GrantConfirmed", Reason::GrantInDoubt)),
            };
            match self.change(account, turn.credential.generation, renewed, told).await {
                Ok(record) => return self.access(&account.name, &record),
                // A fresh grant has taken the place of this one, whose end it is.
                Err(fault) if fault.reason() == Reason::ConcurrentChange => {
                    self.retire_pair(account, &tokens).await?;
                    return Err(fault);
                }
                Err(fault) if fault.reason() == Reason::StoreUnavailable => {
                    tracing::error!(account = %account.name, ?fault, "exchanged tokens cannot be stored yet");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
                Err(fault) => return Err(fault),
            }
        }
    }
}
