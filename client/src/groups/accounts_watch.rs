//! A stream of changes of accounts.

use std::collections::BTreeSet;

use prost_types::Timestamp;
use provision_api::v1::provisioning_service_client::ProvisioningServiceClient;
use provision_api::v1::service_account_event::Change;
use provision_api::v1::{
    ServiceAccount, ServiceAccountEvent, WatchServiceAccountsRequest, WatchServiceAccountsResponse,
};
use tonic::{Response, Status, Streaming};

use crate::client::Wire;
use crate::error::Error;
use crate::groups::follow::{Ask, Feed, Framed, before, framed};

/// A change of an account.
#[derive(Debug, Clone, PartialEq)]
pub enum AccountChange {
    /// Created or changed; or it was there when the watch began. The account as it is now.
    Upsert(Box<ServiceAccount>),
    /// Name of an account that is gone, or that does not pass the filter (any more).
    Removed(String),
}

/// Changes of accounts. A snapshot can come whenever the server has to begin anew: what was known and does not stand in
/// it is told as removed.
#[derive(Debug, Default)]
pub struct AccountFeed {
    last_sequence: i64,
    /// Events at `last_sequence`, which several can share.
    told: BTreeSet<String>,
    /// Names that were told of and are there.
    known: BTreeSet<String>,
    /// Names of the snapshot that is being read.
    snapshot: BTreeSet<String>,
}

impl Feed for AccountFeed {
    type Answer = WatchServiceAccountsResponse;
    type Part = ServiceAccount;
    type Event = ServiceAccountEvent;
    type Item = AccountChange;

    async fn open(wire: Wire, ask: Ask) -> Result<Response<Streaming<Self::Answer>>, Status> {
        let request = WatchServiceAccountsRequest {
            parent: ask.parent,
            filter: ask.filter,
            resume_token: ask.resume_token,
            start: ask.start.into(),
        };
        ProvisioningServiceClient::new(wire).watch_service_accounts(request).await
    }

    fn framed(answer: Self::Answer) -> Option<Framed<ServiceAccount, ServiceAccountEvent>> {
        framed!(answer, provision_api::v1::watch_service_accounts_response::Message)
    }

    fn connected(&mut self) {
        self.snapshot.clear();
    }

    fn part(&mut self, part: ServiceAccount, begun: Option<&Timestamp>) -> Option<AccountChange> {
        self.snapshot.insert(part.name.clone());
        self.known.insert(part.name.clone());
        let old = before(part.update_time.as_ref(), begun);
        (!old).then(|| AccountChange::Upsert(Box::new(part)))
    }

    fn snapshot_end(&mut self) -> Vec<AccountChange> {
        let there = std::mem::take(&mut self.snapshot);
        let gone = self.known.difference(&there).cloned().map(AccountChange::Removed).collect();
        self.known = there;
        gone
    }

    fn event(
        &mut self,
        event: ServiceAccountEvent,
        _: Option<&Timestamp>,
    ) -> Result<(Option<AccountChange>, String), Error> {
        let change = event.change.ok_or_else(|| Error::Protocol("an EVENT without a change".to_owned()))?;
        if event.sequence > self.last_sequence {
            self.last_sequence = event.sequence;
            self.told.clear();
        }
        let repeated = event.sequence < self.last_sequence || !self.told.insert(event.event_id);
        if repeated {
            return Ok((None, event.resume_token));
        }
        let change = match change {
            Change::Upsert(account) => {
                self.known.insert(account.name.clone());
                AccountChange::Upsert(Box::new(account))
            }
            Change::Removed(name) => {
                self.known.remove(&name);
                AccountChange::Removed(name)
            }
        };
        Ok((Some(change), event.resume_token))
    }
}
