//! A stream of notifications.

use prost_types::Timestamp;
use provision_api::v1::notification_service_client::NotificationServiceClient;
use provision_api::v1::{
    Notification, NotificationEvent, StreamNotificationsRequest, StreamNotificationsResponse,
};
use tonic::{Response, Status, Streaming};

use crate::client::Wire;
use crate::error::Error;
use crate::groups::follow::{Ask, Feed, Framed, before, framed};

/// Notifications, each once, by their sequence.
#[derive(Debug, Default)]
pub struct NotificationFeed {
    last_sequence: i64,
}

/// One notification of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// What was told.
    pub notification: Notification,
    /// The server told of a notification before this one that the stream did not deliver.
    pub missed_before: bool,
}

impl Feed for NotificationFeed {
    type Answer = StreamNotificationsResponse;
    type Part = Notification;
    type Event = NotificationEvent;
    type Item = Followed;

    async fn open(wire: Wire, ask: Ask) -> Result<Response<Streaming<Self::Answer>>, Status> {
        let request = StreamNotificationsRequest {
            parent: ask.parent,
            filter: ask.filter,
            resume_token: ask.resume_token,
            start: ask.start.into(),
        };
        NotificationServiceClient::new(wire).stream_notifications(request).await
    }

    fn framed(answer: Self::Answer) -> Option<Framed<Notification, NotificationEvent>> {
        framed!(answer, provision_api::v1::stream_notifications_response::Message)
    }

    fn part(&mut self, part: Notification, begun: Option<&Timestamp>) -> Option<Followed> {
        self.fresh(part, false, begun)
    }

    fn event(
        &mut self,
        event: NotificationEvent,
        begun: Option<&Timestamp>,
    ) -> Result<(Option<Followed>, String), Error> {
        let notification = event
            .notification
            .ok_or_else(|| Error::Protocol("an EVENT without a notification".to_owned()))?;
        let missed = self.last_sequence > 0 && event.previous_sequence > self.last_sequence;
        Ok((self.fresh(notification, missed, begun), event.resume_token))
    }
}

impl NotificationFeed {
    fn fresh(
        &mut self,
        notification: Notification,
        missed_before: bool,
        begun: Option<&Timestamp>,
    ) -> Option<Followed> {
        let old = before(notification.create_time.as_ref(), begun);
        if old || notification.sequence <= self.last_sequence {
            return None;
        }
        self.last_sequence = notification.sequence;
        Some(Followed { notification, missed_before })
    }
}
