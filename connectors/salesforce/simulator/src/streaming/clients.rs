//! Who listens: one client from its handshake until it disconnects or is not heard of any more.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use crate::events::{Client as Seat, ReplayId};
use crate::org::{Id, Org};

/// A client that does not come back within this is forgotten.
const RECONNECT_WITHIN_MS: i64 = 40_000;
/// Channels of one client.
pub(super) const SUBSCRIPTIONS_MAX: usize = 200;

/// All clients.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    live: Mutex<HashMap<String, Arc<Client>>>,
}

/// One client.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) user: Id,
    /// Counts what ends a poll that waits: another poll, a farewell.
    turns: watch::Sender<u64>,
    /// Changes with the subscriptions: a poll that waits looks again.
    subscribed: watch::Sender<()>,
    inner: Mutex<Inner>,
    /// Its place among the org's concurrent clients.
    _seat: Seat,
}

#[derive(Debug)]
struct Inner {
    /// How far each channel has been read.
    positions: BTreeMap<String, ReplayId>,
    /// The first poll after the handshake is answered at once.
    polled: bool,
    /// Absent while a poll waits.
    heard_ms: Option<i64>,
    gone: bool,
}

impl Clients {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Client>>> {
        self.live.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Lets a client in, unless the org has as many as it may.
    pub(super) fn enter(&self, org: &Org, user: Id) -> Option<Arc<Client>> {
        let now_ms = org.now_ms();
        let mut live = self.lock();
        live.retain(|_, client| !client.is_forgotten(now_ms));
        let (_, _, allocations) = org.bus.usage();
        let seat = org.bus.clients.enter(allocations.concurrent_clients)?;
        let id = org.secrets.word(27).replace(['.', '_'], "0").to_lowercase();
        let client = Arc::new(Client {
            id: id.clone(),
            user,
            turns: watch::Sender::new(0),
            subscribed: watch::Sender::new(()),
            inner: Mutex::new(Inner {
                positions: BTreeMap::new(),
                polled: false,
                heard_ms: Some(now_ms),
                gone: false,
            }),
            _seat: seat,
        });
        live.insert(id, client.clone());
        Some(client)
    }

    /// The client of this id, if the org still knows it.
    pub(super) fn find(&self, org: &Org, id: &str) -> Option<Arc<Client>> {
        let mut live = self.lock();
        let client = live.get(id)?.clone();
        if client.is_forgotten(org.now_ms()) {
            live.remove(id);
            return None;
        }
        Some(client)
    }

    /// Ends a client; a poll of it that waits is answered.
    pub(super) fn leave(&self, client: &Client) {
        self.lock().remove(&client.id);
        client.lock().gone = true;
        client.turn();
    }
}

impl Client {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    fn is_forgotten(&self, now_ms: i64) -> bool {
        let inner = self.lock();
        inner.gone || inner.heard_ms.is_some_and(|heard| now_ms - heard > RECONNECT_WITHIN_MS)
    }

    fn turn(&self) -> u64 {
        self.turns.send_modify(|turn| *turn += 1);
        *self.turns.borrow()
    }

    /// Begins a poll: an earlier one that still waits ends. Answers its turn, and whether it is the first.
    pub(super) fn begin_poll(&self) -> (u64, bool) {
        let mut inner = self.lock();
        inner.heard_ms = None;
        let first = !std::mem::replace(&mut inner.polled, true);
        drop(inner);
        (self.turn(), first)
    }

    /// The poll is answered: from now on the client has to come back.
    pub(super) fn end_poll(&self, turn: u64, now_ms: i64) {
        if *self.turns.borrow() == turn {
            self.lock().heard_ms = Some(now_ms);
        }
    }

    /// Any other message restarts the time to come back.
    pub(super) fn hear(&self, now_ms: i64) {
        if let Some(heard) = &mut self.lock().heard_ms {
            *heard = now_ms;
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.lock().gone
    }

    /// Changes when a poll that waits has to end.
    pub(super) fn turns(&self) -> watch::Receiver<u64> {
        self.turns.subscribe()
    }

    /// Changes when a poll that waits has to look again.
    pub(super) fn subscribed(&self) -> watch::Receiver<()> {
        self.subscribed.subscribe()
    }

    /// Listens on a channel from a position on; false when it listens on too many.
    pub(super) fn subscribe(&self, channel: &str, from: ReplayId) -> bool {
        let mut inner = self.lock();
        if inner.positions.len() >= SUBSCRIPTIONS_MAX && !inner.positions.contains_key(channel) {
            return false;
        }
        inner.positions.insert(channel.to_owned(), from);
        drop(inner);
        self.subscribed.send_replace(());
        true
    }

    /// Whether it had listened there.
    pub(super) fn unsubscribe(&self, channel: &str) -> bool {
        self.lock().positions.remove(channel).is_some()
    }

    /// The channels and how far each has been read.
    pub(super) fn positions(&self) -> BTreeMap<String, ReplayId> {
        self.lock().positions.clone()
    }

    /// A channel has been read up to there; nothing if the client has left it meanwhile.
    pub(super) fn read_to(&self, channel: &str, position: ReplayId) {
        if let Some(known) = self.lock().positions.get_mut(channel) {
            *known = position.max(*known);
        }
    }
}
