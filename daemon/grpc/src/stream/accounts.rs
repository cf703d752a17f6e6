//! WatchServiceAccounts.
//!
//! What is kept of an account is how it is now. So the oldest position is everything as it is: a stream that starts
//! there, or comes back to it, begins with a snapshot, and what does not stand in it is not there any more.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use provision_api::v1;
use provision_api::v1::service_account_event::Change;
use provision_api::v1::watch_service_accounts_response::Message;
use provision_core::account::ServiceAccount;
use provision_core::fault::Result;
use provision_core::filter::Filter;
use provision_core::ports::{AccountChange, AccountChanges, AccountFeed, AccountView, Position};
use provision_core::{AccountName, Reason};

use super::{Arguments, Asked, Batch, Beginning, Messages, Snapshot, Source, expired, frame};
use crate::convert::account::{FILTER_FIELDS, filter_field, to_proto};
use crate::convert::count;
use crate::door::Door;
use crate::gate::Caller;
use crate::tokens::{Place, Topic};

/// Most accounts of a snapshot; a tenant with more is refused one.
const SNAPSHOT_MAX: usize = 10_000;
/// Most accounts beyond the filter that a stream remembers having said so.
const BEYOND_MAX: usize = 10_000;
/// Before everything: whoever comes back to it gets a snapshot.
const OLDEST: Place = Place { position: Position(0), last_sequence: 0 };

/// Changes of a tenant's accounts.
pub(crate) struct AccountSource {
    feed: Box<dyn AccountFeed>,
    /// What came before the stream was opened.
    first: Option<AccountChanges>,
    sight: Sight,
}

/// What a subscriber sees.
struct Sight {
    filter: Filter,
    /// Accounts of which the subscriber knows that they do not pass the filter.
    beyond: BTreeSet<AccountName>,
}

/// A change that a subscriber may see, and its position.
pub(crate) struct AccountEvent {
    change: Seen,
    position: u64,
}

enum Seen {
    Upsert(Box<AccountView>),
    Removed(AccountName),
}

/// Opens a stream. All that can be refused is refused here, before the first message.
pub(crate) async fn open(
    door: Arc<Door>,
    caller: Caller,
    request: v1::WatchServiceAccountsRequest,
) -> Result<Messages<v1::WatchServiceAccountsResponse>> {
    let arguments = Arguments { parent: &request.parent, filter: &request.filter, start: request.start };
    let asked = Asked::check(door, caller, Topic::Accounts, arguments, FILTER_FIELDS).await?;
    let resumed = match request.resume_token.as_str() {
        "" => None,
        token => Some(asked.read_token(token)?),
    };
    let wants_snapshot = matches!(asked.begin, v1::StreamStart::Snapshot | v1::StreamStart::Oldest);
    let oldest_token = asked.token(OLDEST);
    let port = asked.door.ports.watch.clone();
    let mut sight = Sight { filter: asked.filter.clone(), beyond: BTreeSet::new() };
    let (after, mut place, snapshot) = match resumed {
        Some(place) if place.position != OLDEST.position => (Some(place.position.0), place, None),
        None if !wants_snapshot => (None, OLDEST, None),
        _ => {
            let (mut items, position) = port.snapshot(&asked.tenant, SNAPSHOT_MAX).await?;
            items.retain(|view| sight.passes(&view.value.0));
            let place = Place { position: Position(position), last_sequence: position };
            // Until the snapshot has ended, whoever comes back must get all of it.
            (Some(position), OLDEST, Some(Snapshot { items, place }))
        }
    };
    let mut feed = port.watch(&asked.tenant, after).await.map_err(|fault| match fault.reason() {
        Reason::ResumeTokenExpired => expired(oldest_token.clone()),
        _ => fault,
    })?;
    let mut first = None;
    if after.is_none() {
        // Finds out where "now" is, so that the first token is true from the start.
        let changes = feed.next(Duration::ZERO).await?;
        match changes.changes.is_empty() {
            true => place.position = Position(changes.position),
            false => first = Some(changes),
        }
    }
    let source = AccountSource { feed, first, sight };
    Ok(asked.begin(Beginning { source, place, snapshot, oldest_token }))
}

impl Sight {
    /// Whether the account passes the filter; what does not is remembered.
    fn passes(&mut self, account: &ServiceAccount) -> bool {
        if self.filter.matches(|field| filter_field(account, field)) {
            self.beyond.remove(&account.name);
            return true;
        }
        if self.beyond.len() >= BEYOND_MAX {
            self.beyond.clear();
        }
        self.beyond.insert(account.name.clone());
        false
    }

    /// What the subscriber sees of a change. An account that does not pass the filter is said to be removed, once:
    /// whether it passed before is not known.
    fn see(&mut self, change: AccountChange) -> Option<Seen> {
        match change {
            AccountChange::Put(view) => {
                let known = self.beyond.contains(&view.value.0.name);
                match self.passes(&view.value.0) {
                    true => Some(Seen::Upsert(view)),
                    false => (!known).then(|| Seen::Removed(view.value.0.name)),
                }
            }
            AccountChange::Deleted(name) => (!self.beyond.remove(&name)).then_some(Seen::Removed(name)),
        }
    }
}

#[async_trait]
impl Source for AccountSource {
    type Answer = v1::WatchServiceAccountsResponse;
    type Item = AccountView;
    type Event = AccountEvent;

    async fn next(&mut self, patience: Duration) -> Result<Batch<AccountEvent>> {
        let changes = match self.first.take() {
            Some(first) => first,
            None => self.feed.next(patience).await?,
        };
        let position = changes.position;
        let seen = changes.changes.into_iter().filter_map(|change| self.sight.see(change));
        let events = seen.map(|change| AccountEvent { change, position }).collect();
        Ok(Batch { events, position: Position(position) })
    }

    fn sequence(event: &AccountEvent) -> u64 {
        event.position
    }

    fn snapshot_item(view: AccountView) -> Self::Answer {
        v1::WatchServiceAccountsResponse { message: Some(Message::SnapshotItem(to_proto(view))) }
    }

    fn event(event: AccountEvent, previous: u64, resume_token: String) -> Self::Answer {
        let (name, change) = match event.change {
            Seen::Upsert(view) => (view.value.0.name.to_string(), Change::Upsert(to_proto(*view))),
            Seen::Removed(name) => (name.to_string(), Change::Removed(name.to_string())),
        };
        let event = v1::ServiceAccountEvent {
            event_id: format!("{name}@{}", event.position),
            sequence: count(event.position),
            previous_sequence: count(previous),
            resume_token,
            change: Some(change),
        };
        v1::WatchServiceAccountsResponse { message: Some(Message::Event(event)) }
    }

    frame!(WatchServiceAccountsResponse, v1::watch_service_accounts_response::Message);
}
