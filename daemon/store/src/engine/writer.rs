use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use crate::engine::index::{Commit, Index};
use crate::engine::shared::Shared;
use crate::engine::staging::Staging;
use crate::error::CommitError;
use crate::limits::TXN_BYTES_MAX;
use crate::store::{Committed, Revision};
use crate::txn::Txn;

/// Most transactions that share one trip to the disk.
pub(super) const GROUP_TXNS_MAX: usize = 512;

/// A group takes no further transaction once its keys and values reach this, in bytes.
const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most transactions waiting for the thread, and the most bytes of keys and values among them; who comes later waits
/// outside.
const QUEUE_TXNS_MAX: usize = 1024;
const QUEUE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Where a group of commits becomes durable.
pub(super) trait Journal {
    /// Makes `commits` durable, all or none of them, on top of what `before` holds; no revision before `compacted` is
    /// needed any more. After an error the next call may go well.
    fn append(&mut self, before: &Index, commits: &[Commit], compacted: Revision)
    -> Result<(), JournalError>;
}

/// Why commits did not become durable.
#[derive(Debug, thiserror::Error)]
pub(super) enum JournalError {
    /// They did not happen.
    #[error("{0}")]
    Refused(String),
    /// Some, all or none of them may turn up at the next start. If a later append goes well, none of them will.
    #[error("{0}")]
    Doubtful(String),
}

enum Message {
    Commit(Request),
    /// Take no more, answer what has come.
    Close,
}

struct Request {
    txn: Txn,
    reply: oneshot::Sender<Result<Committed, CommitError>>,
    _room: OwnedSemaphorePermit,
}

/// The way to the one thread that writes.
pub(super) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Message>>>,
    room: Arc<Semaphore>,
    ended: watch::Receiver<bool>,
}

/// The thread's end of the way.
pub(super) struct Inbox {
    queue: mpsc::Receiver<Message>,
    ended: watch::Sender<bool>,
}

impl Writer {
    pub(super) fn new() -> (Self, Inbox) {
        let (queue, requests) = mpsc::channel(QUEUE_TXNS_MAX);
        let (ended_sender, ended) = watch::channel(false);
        let room = Arc::new(Semaphore::new(QUEUE_BYTES_MAX));
        let writer = Self { queue: Mutex::new(Some(queue)), room, ended };
        (writer, Inbox { queue: requests, ended: ended_sender })
    }

    /// Hands a transaction to the thread and waits for its outcome.
    pub(super) async fn commit(&self, txn: Txn) -> Result<Committed, CommitError> {
        txn.validate()?;
        const { assert!(TXN_BYTES_MAX <= QUEUE_BYTES_MAX, "every valid transaction finds room") };
        let Some(queue) = self.queue.lock().clone() else { return Err(CommitError::Closed) };
        let bytes = u32::try_from(txn.bytes()).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(bytes).await.map_err(|_| CommitError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let request = Message::Commit(Request { txn, reply, _room: room });
        if queue.send(request).await.is_err() {
            return Err(self.gone());
        }
        answer.await.unwrap_or_else(|_| {
            Err(CommitError::Unknown { reason: "the thread that writes ended before it answered".to_owned() })
        })
    }

    /// Takes no more commits, and waits until the thread has answered those it has and is gone.
    pub(super) async fn close(&self) {
        let queue = self.queue.lock().take();
        if let Some(queue) = queue {
            // An error means that the thread is gone already.
            let _ = queue.send(Message::Close).await;
        }
        // An error means that the thread died without saying so; it is gone all the same.
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }

    fn gone(&self) -> CommitError {
        match *self.queue.lock() {
            None => CommitError::Closed,
            Some(_) => CommitError::Unavailable { reason: "the thread that writes has ended".to_owned() },
        }
    }
}

impl Inbox {
    /// Decides, stores, shows and answers, group by group, until [`Writer::close`] or the end of the writer.
    pub(super) fn serve(&mut self, shared: &Shared, journal: &mut dyn Journal) {
        while let Some(first) = self.queue.blocking_recv() {
            let group = self.group(first);
            if group.is_empty() {
                continue;
            }
            let (decided, commits, compacted) = decide(shared, group);
            let mut failure = None;
            if !commits.is_empty() {
                let appended = journal.append(&shared.index.read(), &commits, compacted);
                match appended {
                    Ok(()) => shared.publish(commits),
                    Err(error) => failure = Some(error),
                }
            }
            for Decided { reply, outcome, changes } in decided {
                let outcome = match &failure {
                    None => outcome,
                    Some(JournalError::Doubtful(reason)) if changes => {
                        Err(CommitError::Unknown { reason: reason.clone() })
                    }
                    // One that changes nothing was judged beside commits that did not happen.
                    Some(JournalError::Doubtful(reason) | JournalError::Refused(reason)) => {
                        Err(CommitError::Unavailable { reason: reason.clone() })
                    }
                };
                answer(reply, outcome);
            }
        }
    }

    /// Tells [`Writer::close`] that the thread holds nothing any more.
    pub(super) fn end(self) {
        self.ended.send_replace(true);
    }

    /// What has come by now, up to the bounds of a group.
    fn group(&mut self, first: Message) -> Vec<Request> {
        let mut group = Vec::new();
        let mut bytes = 0;
        let mut message = Some(first);
        while let Some(received) = message.take() {
            match received {
                Message::Commit(request) => {
                    bytes += request.txn.bytes();
                    group.push(request);
                }
                Message::Close => self.queue.close(),
            }
            if group.len() < GROUP_TXNS_MAX && bytes < GROUP_BYTES_MAX {
                message = self.queue.try_recv().ok();
            }
        }
        group
    }
}

struct Decided {
    reply: oneshot::Sender<Result<Committed, CommitError>>,
    outcome: Result<Committed, CommitError>,
    changes: bool,
}

fn decide(shared: &Shared, group: Vec<Request>) -> (Vec<Decided>, Vec<Commit>, Revision) {
    let index = shared.index.read();
    let mut staging = Staging::on(&index);
    let decided = group
        .into_iter()
        .map(|Request { txn, reply, _room }| {
            let before = staging.revision();
            let outcome = staging.stage(&index, txn).map(|revision| Committed { revision });
            Decided { reply, outcome, changes: staging.revision() > before }
        })
        .collect();
    (decided, staging.into_commits(), index.compacted())
}

fn answer(reply: oneshot::Sender<Result<Committed, CommitError>>, outcome: Result<Committed, CommitError>) {
    // A caller that has gone does not want the answer.
    let _ = reply.send(outcome);
}
