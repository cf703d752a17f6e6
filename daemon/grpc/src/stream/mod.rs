//! Streams to subscribers: at least once, in order, resumable. What is streamed is a [`Source`].
//!
//! A subscriber is a cursor into a log that all share and a channel of one message. A slow one is simply behind; one
//! that takes nothing for minutes is closed, with a token to come back with.

pub(crate) mod accounts;
mod asked;
pub(crate) mod export;
pub(crate) mod notifications;
mod subscriber;

use std::pin::Pin;
use std::time::Duration;

use asked::{Arguments, Asked, expired};
use async_trait::async_trait;
use futures::Stream;
use provision_api::v1;
use provision_core::fault::Result;
use provision_core::ports::Position;
use tonic::Status;

use crate::tokens::Place;

/// What the subscriber receives.
pub(crate) type Messages<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

/// What one kind of stream tells a subscriber, behind its filter.
#[async_trait]
pub(crate) trait Source: Send + 'static {
    /// The message of the stream.
    type Answer: Send + 'static;
    /// Something that is there, as a snapshot has it.
    type Item: Send;
    /// Something that happened.
    type Event: Send;

    /// What comes next; waits at most `patience` and then answers no events, with the position that was reached.
    /// `RESUME_TOKEN_EXPIRED` when the position fell out of what is kept.
    async fn next(&mut self, patience: Duration) -> Result<Batch<Self::Event>>;
    /// The event's place in the order of all.
    fn sequence(event: &Self::Event) -> u64;
    /// A part of a snapshot.
    fn snapshot_item(item: Self::Item) -> Self::Answer;
    /// The event, with the sequence of the one before and the token behind it.
    fn event(event: Self::Event, previous: u64, resume_token: String) -> Self::Answer;
    /// What every stream says.
    fn frame(frame: Frame) -> Self::Answer;
}

/// All events of one commit that the subscriber may see, in order, and the position behind them.
pub(crate) struct Batch<E> {
    pub events: Vec<E>,
    pub position: Position,
}

/// What every stream says, whatever it is about.
pub(crate) enum Frame {
    Opened(v1::StreamOpened),
    SnapshotEnd(v1::StreamPosition),
    Heartbeat(v1::StreamHeartbeat),
    Closing(v1::StreamClosing),
}

/// Wraps [`Frame`]s and the rest into the messages of a stream, whose names are the same in all.
macro_rules! frame {
    ($answer:ident, $message:path) => {
        fn frame(frame: crate::stream::Frame) -> v1::$answer {
            use $message as Message;

            use crate::stream::Frame;
            let message = match frame {
                Frame::Opened(opened) => Message::Opened(opened),
                Frame::SnapshotEnd(position) => Message::SnapshotEnd(position),
                Frame::Heartbeat(heartbeat) => Message::Heartbeat(heartbeat),
                Frame::Closing(closing) => Message::Closing(closing),
            };
            v1::$answer { message: Some(message) }
        }
    };
}
use frame;

/// Where a stream begins.
pub(crate) struct Beginning<S: Source> {
    pub source: S,
    /// Where whoever leaves before the first event comes back to.
    pub place: Place,
    pub snapshot: Option<Snapshot<S::Item>>,
    pub oldest_token: String,
}

/// What is sent first, and the place behind it.
pub(crate) struct Snapshot<I> {
    pub items: Vec<I>,
    pub place: Place,
}
