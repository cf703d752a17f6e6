//! A stream that outlives its connections.

use std::collections::VecDeque;
use std::time::Duration;

use prost_types::Timestamp;
use provision_api::v1::{StreamClosing, StreamHeartbeat, StreamOpened, StreamPosition, StreamStart};
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Response, Status, Streaming};

use crate::client::{Client, Wire};
use crate::error::Error;
use crate::groups::notifications_follow::NotificationFeed;

/// Heartbeats that may be missed before the connection counts as dead.
const HEARTBEATS_MISSED_MAX: u32 = 3;
/// Taken where the server names no heartbeat interval.
const HEARTBEAT_DEFAULT: Duration = Duration::from_secs(15);
/// Bounds of the pause between two attempts to come back.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// What a stream is asked with.
#[derive(Debug, Clone)]
pub struct Ask {
    pub parent: String,
    pub filter: String,
    pub resume_token: String,
    pub start: StreamStart,
}

impl Ask {
    /// From `start` on.
    pub(crate) fn from(parent: &str, filter: &str, start: StreamStart) -> Ask {
        Ask { parent: parent.to_owned(), filter: filter.to_owned(), resume_token: String::new(), start }
    }

    /// On from a token.
    pub(crate) fn after(parent: &str, filter: &str, resume_token: &str) -> Ask {
        let start = StreamStart::Unspecified;
        Ask { resume_token: resume_token.to_owned(), ..Ask::from(parent, filter, start) }
    }
}

/// One message of a stream, whatever it is about.
#[derive(Debug)]
pub enum Framed<S, E> {
    Opened(StreamOpened),
    SnapshotItem(S),
    SnapshotEnd(StreamPosition),
    Event(E),
    Heartbeat(StreamHeartbeat),
    Closing(StreamClosing),
}

/// What one kind of stream is about.
pub trait Feed {
    /// The message of the stream.
    type Answer: Send + 'static;
    /// A part of its snapshot.
    type Part;
    /// Something that happened.
    type Event;
    /// What [`Follow::next`] answers.
    type Item;

    /// Opens the stream once.
    fn open(
        wire: Wire,
        ask: Ask,
    ) -> impl Future<Output = Result<Response<Streaming<Self::Answer>>, Status>> + Send;
    /// The message's kind; `None` for one that this version does not know.
    fn framed(answer: Self::Answer) -> Option<Framed<Self::Part, Self::Event>>;
    /// A connection begins; what an unfinished snapshot told will be told again.
    fn connected(&mut self) {}
    /// A part of a snapshot. Nothing when the caller has it already, or when it is older than `begun`.
    fn part(&mut self, part: Self::Part, begun: Option<&Timestamp>) -> Option<Self::Item>;
    /// The snapshot is complete: what follows from that.
    fn snapshot_end(&mut self) -> Vec<Self::Item> {
        Vec::new()
    }
    /// An event and its token, as for [`Feed::part`].
    ///
    /// # Errors
    /// [`Error::Protocol`] for an event that this API does not allow.
    fn event(
        &mut self,
        event: Self::Event,
        begun: Option<&Timestamp>,
    ) -> Result<(Option<Self::Item>, String), Error>;
}

/// A stream: in order, without repeats, resumed by token whenever the connection breaks.
#[derive(Debug)]
pub struct Follow<F: Feed = NotificationFeed> {
    client: Client,
    ask: Ask,
    feed: F,
    /// Read, and not asked for yet.
    ready: VecDeque<F::Item>,
    /// Where a stream from NOW began: until the first token comes, it can only be resumed from the oldest one, and
    /// what is older than this is then left out.
    begun: Option<Timestamp>,
    stream: Option<Streaming<F::Answer>>,
    heartbeat: Duration,
    /// Since when nothing was heard of the server.
    silent_since: Option<Instant>,
    pause: Duration,
}

impl<F: Feed> Follow<F> {
    pub(crate) async fn open(client: Client, ask: Ask, feed: F) -> Result<Follow<F>, Error> {
        let mut follow = Follow {
            client,
            ask,
            feed,
            ready: VecDeque::new(),
            begun: None,
            stream: None,
            heartbeat: HEARTBEAT_DEFAULT,
            silent_since: None,
            pause: PAUSE_MIN,
        };
        follow.connect().await?;
        Ok(follow)
    }

    /// The token to go on from after what [`Follow::next`] answered last; `None` before the first one, and while more
    /// of the same moment is still to be answered.
    pub fn resume_token(&self) -> Option<&str> {
        Some(self.ask.resume_token.as_str()).filter(|token| !token.is_empty() && self.ready.is_empty())
    }

    /// Waits for what comes next. May be dropped and called again: nothing is lost.
    ///
    /// # Errors
    /// What the server refuses for good, as OUT_OF_RANGE `RESUME_TOKEN_EXPIRED`; UNAVAILABLE after an outage longer
    /// than the client's `outage` timeout.
    pub async fn next(&mut self) -> Result<F::Item, Error> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(item);
            }
            let Some(stream) = &mut self.stream else {
                self.reconnect().await?;
                continue;
            };
            match timeout(self.heartbeat * HEARTBEATS_MISSED_MAX, stream.message()).await {
                Ok(Ok(Some(message))) => self.take(message)?,
                Ok(Ok(None)) | Err(_) => self.stream = None,
                Ok(Err(status)) => {
                    self.stream = None;
                    let error = Error::from(status);
                    if !error.is_unavailable() {
                        return Err(error);
                    }
                }
            }
        }
    }

    async fn connect(&mut self) -> Result<(), Error> {
        let deadline = self.client.timeouts().call;
        let opening = async {
            let mut stream = F::open(self.client.wire(), self.ask.clone()).await?.into_inner();
            match stream.message().await?.and_then(F::framed) {
                Some(Framed::Opened(opened)) => Ok((stream, opened)),
                _ => Err(Error::Protocol("a stream must begin with OPENED".to_owned())),
            }
        };
        let (stream, opened) =
            timeout(deadline, opening).await.unwrap_or_else(|_| Err(Error::deadline(deadline)))?;
        self.stream = Some(stream);
        self.feed.connected();
        self.opened(opened);
        Ok(())
    }

    fn opened(&mut self, opened: StreamOpened) {
        self.heartbeat = opened
            .heartbeat_interval
            .and_then(|d| Duration::try_from(d).ok())
            .filter(|d| !d.is_zero())
            .unwrap_or(HEARTBEAT_DEFAULT);
        let from_now = matches!(self.ask.start, StreamStart::Now | StreamStart::Unspecified);
        if self.ask.resume_token.is_empty() && from_now && !opened.oldest_token.is_empty() {
            self.begun = opened.server_time;
            self.ask.resume_token = opened.oldest_token;
        }
    }

    async fn reconnect(&mut self) -> Result<(), Error> {
        let since = *self.silent_since.get_or_insert_with(Instant::now);
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        match self.connect().await {
            Err(error) if passes(&error) && since.elapsed() < self.client.timeouts().outage => {
                if let Some(pause) = error.retry_after() {
                    self.pause = pause.clamp(PAUSE_MIN, PAUSE_MAX);
                }
                Ok(())
            }
            other => other,
        }
    }

    /// Moves on by one message.
    fn take(&mut self, message: F::Answer) -> Result<(), Error> {
        self.silent_since = None;
        match F::framed(message) {
            Some(Framed::Event(event)) => {
                let (item, token) = self.feed.event(event, self.begun.as_ref())?;
                self.ready.extend(item);
                self.moved(token);
            }
            Some(Framed::SnapshotItem(part)) => self.ready.extend(self.feed.part(part, self.begun.as_ref())),
            Some(Framed::SnapshotEnd(position)) => {
                self.ready.extend(self.feed.snapshot_end());
                self.moved(position.resume_token);
            }
            Some(Framed::Heartbeat(heartbeat)) => self.moved(heartbeat.resume_token),
            Some(Framed::Closing(closing)) => {
                self.moved(closing.resume_token);
                let pause = closing.retry_after.and_then(|d| Duration::try_from(d).ok());
                self.pause = pause.unwrap_or(PAUSE_MIN).clamp(PAUSE_MIN, PAUSE_MAX);
                self.stream = None;
            }
            // OPENED comes once; what this version does not know is for later ones.
            Some(Framed::Opened(_)) | None => {}
        }
        Ok(())
    }

    fn moved(&mut self, token: String) {
        self.pause = PAUSE_MIN;
        if !token.is_empty() {
            self.ask.resume_token = token;
        }
    }
}

/// True when `time` lies before the moment at which a stream began.
pub(crate) fn before(time: Option<&Timestamp>, begun: Option<&Timestamp>) -> bool {
    match (time, begun) {
        (Some(time), Some(begun)) => (time.seconds, time.nanos) < (begun.seconds, begun.nanos),
        (None, _) | (_, None) => false,
    }
}

/// The kinds of message have the same names in every stream.
macro_rules! framed {
    ($answer:expr, $message:path) => {{
        use $message as Message;
        $answer.message.map(|message| match message {
            Message::Opened(opened) => Framed::Opened(opened),
            Message::SnapshotItem(item) => Framed::SnapshotItem(item),
            Message::SnapshotEnd(position) => Framed::SnapshotEnd(position),
            Message::Event(event) => Framed::Event(event),
            Message::Heartbeat(heartbeat) => Framed::Heartbeat(heartbeat),
            Message::Closing(closing) => Framed::Closing(closing),
        })
    }};
}
pub(crate) use framed;

/// True for what passes by itself.
fn passes(error: &Error) -> bool {
    matches!(error.code(), Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted)
}
