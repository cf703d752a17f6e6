//! A notification stream that outlives its connections.

use std::time::Duration;

use prost_types::Timestamp;
use provision_api::v1::notification_service_client::NotificationServiceClient;
use provision_api::v1::stream_notifications_response::Message;
use provision_api::v1::{
    Notification, StreamNotificationsRequest, StreamNotificationsResponse, StreamOpened, StreamStart,
};
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Streaming};

use crate::client::Client;
use crate::error::Error;

/// Heartbeats that may be missed before the connection counts as dead.
const HEARTBEATS_MISSED_MAX: u32 = 3;
/// Taken where the server names no heartbeat interval.
const HEARTBEAT_DEFAULT: Duration = Duration::from_secs(15);
/// Bounds of the pause between two attempts to come back.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// A stream of notifications: in order, without repeats, resumed by token whenever the connection breaks.
#[derive(Debug)]
pub struct Follow {
    client: Client,
    parent: String,
    filter: String,
    start: StreamStart,
    resume_token: Option<String>,
    /// Where a stream from NOW began: until the first token comes, it can only be resumed from the oldest one, and
    /// what is older than this is then left out.
    begun: Option<Timestamp>,
    last_sequence: i64,
    stream: Option<Streaming<StreamNotificationsResponse>>,
    heartbeat: Duration,
    /// Since when nothing was heard of the server.
    silent_since: Option<Instant>,
    pause: Duration,
}

/// One notification of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// What was told.
    pub notification: Notification,
    /// The server told of a notification before this one that the stream did not deliver.
    pub missed_before: bool,
}

impl Follow {
    pub(crate) async fn open(
        client: Client,
        parent: &str,
        filter: &str,
        start: StreamStart,
        resume_token: Option<String>,
    ) -> Result<Follow, Error> {
        let mut follow = Follow {
            client,
            parent: parent.to_owned(),
            filter: filter.to_owned(),
            start,
            resume_token,
            begun: None,
            last_sequence: 0,
            stream: None,
            heartbeat: HEARTBEAT_DEFAULT,
            silent_since: None,
            pause: PAUSE_MIN,
        };
        follow.connect().await?;
        Ok(follow)
    }

    /// The token to go on from after the notification that [`Follow::next`] answered last.
    pub fn resume_token(&self) -> Option<&str> {
        self.resume_token.as_deref()
    }

    /// Waits for the next notification. May be dropped and called again: nothing is lost.
    ///
    /// # Errors
    /// What the server refuses for good, as OUT_OF_RANGE `RESUME_TOKEN_EXPIRED`; UNAVAILABLE after an outage longer
    /// than the client's `outage` timeout.
    pub async fn next(&mut self) -> Result<Followed, Error> {
        loop {
            let Some(stream) = &mut self.stream else {
                self.reconnect().await?;
                continue;
            };
            match timeout(self.heartbeat * HEARTBEATS_MISSED_MAX, stream.message()).await {
                Ok(Ok(Some(message))) => {
                    if let Some(followed) = self.take(message)? {
                        return Ok(followed);
                    }
                }
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
        let request = StreamNotificationsRequest {
            parent: self.parent.clone(),
            filter: self.filter.clone(),
            resume_token: self.resume_token.clone().unwrap_or_default(),
            start: self.start.into(),
        };
        let deadline = self.client.timeouts().call;
        let opening = async {
            let mut stream = NotificationServiceClient::new(self.client.wire())
                .stream_notifications(request)
                .await?
                .into_inner();
            match stream.message().await?.and_then(|m| m.message) {
                Some(Message::Opened(opened)) => Ok((stream, opened)),
                _ => Err(Error::Protocol("a stream must begin with OPENED".to_owned())),
            }
        };
        let (stream, opened) =
            timeout(deadline, opening).await.unwrap_or_else(|_| Err(Error::deadline(deadline)))?;
        self.stream = Some(stream);
        self.opened(opened);
        Ok(())
    }

    fn opened(&mut self, opened: StreamOpened) {
        self.heartbeat = opened
            .heartbeat_interval
            .and_then(|d| Duration::try_from(d).ok())
            .filter(|d| !d.is_zero())
            .unwrap_or(HEARTBEAT_DEFAULT);
        let from_now = matches!(self.start, StreamStart::Now | StreamStart::Unspecified);
        if self.resume_token.is_none() && from_now && !opened.oldest_token.is_empty() {
            self.begun = opened.server_time;
            self.resume_token = Some(opened.oldest_token);
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

    /// Moves on by one message; answers what the caller must see.
    fn take(&mut self, message: StreamNotificationsResponse) -> Result<Option<Followed>, Error> {
        self.silent_since = None;
        match message.message {
            Some(Message::Event(event)) => {
                let notification = event
                    .notification
                    .ok_or_else(|| Error::Protocol("an EVENT without a notification".to_owned()))?;
                let missed = self.last_sequence > 0 && event.previous_sequence > self.last_sequence;
                let fresh = self.fresh(notification, missed);
                self.moved(event.resume_token);
                Ok(fresh)
            }
            Some(Message::SnapshotItem(notification)) => Ok(self.fresh(notification, false)),
            Some(Message::SnapshotEnd(position)) => {
                self.moved(position.resume_token);
                Ok(None)
            }
            Some(Message::Heartbeat(heartbeat)) => {
                self.moved(heartbeat.resume_token);
                Ok(None)
            }
            Some(Message::Closing(closing)) => {
                self.moved(closing.resume_token);
                let pause = closing.retry_after.and_then(|d| Duration::try_from(d).ok());
                self.pause = pause.unwrap_or(PAUSE_MIN).clamp(PAUSE_MIN, PAUSE_MAX);
                self.stream = None;
                Ok(None)
            }
            // OPENED comes once; what this version does not know is for later ones.
            Some(Message::Opened(_)) | None => Ok(None),
        }
    }

    fn moved(&mut self, token: String) {
        self.pause = PAUSE_MIN;
        if !token.is_empty() {
            self.resume_token = Some(token);
        }
    }

    fn fresh(&mut self, notification: Notification, missed_before: bool) -> Option<Followed> {
        let old = self.begun.as_ref().is_some_and(|begun| {
            notification
                .create_time
                .as_ref()
                .is_some_and(|t| (t.seconds, t.nanos) < (begun.seconds, begun.nanos))
        });
        if old || notification.sequence <= self.last_sequence {
            return None;
        }
        self.last_sequence = notification.sequence;
        Some(Followed { notification, missed_before })
    }
}

/// True for what passes by itself.
fn passes(error: &Error) -> bool {
    matches!(error.code(), Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted)
}
