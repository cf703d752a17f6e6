//! StreamNotifications.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use provision_api::v1;
use provision_api::v1::stream_notifications_response::Message;
use provision_core::Reason;
use provision_core::fault::Result;
use provision_core::filter::Filter;
use provision_core::notification::Notification;
use provision_core::ports::{Acknowledged, Feed, FeedItem, Start};

use super::{Arguments, Asked, Batch, Beginning, Messages, Snapshot, Source, expired, frame};
use crate::convert::count;
use crate::convert::notification::{FILTER_FIELDS, filter_field, to_proto};
use crate::door::Door;
use crate::gate::Caller;
use crate::tokens::{Place, Topic};

/// Most items of a snapshot: the newest ones.
const SNAPSHOT_MAX: usize = 1_000;

/// A tenant's notifications.
pub(crate) struct NotificationSource {
    feed: Box<dyn Feed>,
    filter: Filter,
}

/// Opens a stream. All that can be refused is refused here, before the first message.
pub(crate) async fn open(
    door: Arc<Door>,
    caller: Caller,
    request: v1::StreamNotificationsRequest,
) -> Result<Messages<v1::StreamNotificationsResponse>> {
    let arguments = Arguments { parent: &request.parent, filter: &request.filter, start: request.start };
    let asked = Asked::check(door, caller, Topic::Notifications, arguments, FILTER_FIELDS).await?;
    let port = asked.door.ports.notifications.clone();
    let (oldest, newest) = port.window().await?;
    let oldest_token = asked.token(Place { position: oldest, last_sequence: 0 });
    let mut snapshot = None;
    let (start, place) = if !request.resume_token.is_empty() {
        let place = asked.read_token(&request.resume_token)?;
        if place.position > newest {
            // The store was put back to an earlier state: what came after cannot be told from what is to come.
            return Err(expired(oldest_token));
        }
        (Start::After(place.position), place)
    } else {
        match asked.begin {
            v1::StreamStart::Unspecified | v1::StreamStart::Now => {
                // Bound to the newest position, not to the moment, so that the first token is true from the start.
                (Start::After(newest), Place { position: newest, last_sequence: 0 })
            }
            v1::StreamStart::Oldest => (Start::Oldest, Place { position: oldest, last_sequence: 0 }),
            v1::StreamStart::Snapshot => {
                let (items, position) = port.snapshot(&asked.tenant, SNAPSHOT_MAX).await?;
                let passes = |item: &Acknowledged| asked.filter.matches(|f| filter_field(&item.0, f));
                let items: Vec<_> = items.into_iter().filter(passes).collect();
                let last_sequence = items.last().map_or(0, |(last, _)| last.sequence);
                snapshot = Some(Snapshot { items, place: Place { position, last_sequence } });
                // Until the snapshot has ended, whoever comes back must get all of it.
                (Start::After(position), Place { position: oldest, last_sequence: 0 })
            }
        }
    };
    let feed = port.feed(&asked.tenant, start).await.map_err(|fault| match fault.reason() {
        Reason::ResumeTokenExpired => expired(oldest_token.clone()),
        _ => fault,
    })?;
    let source = NotificationSource { feed, filter: asked.filter.clone() };
    Ok(asked.begin(Beginning { source, place, snapshot, oldest_token }))
}

#[async_trait]
impl Source for NotificationSource {
    type Answer = v1::StreamNotificationsResponse;
    type Item = Acknowledged;
    type Event = Notification;

    async fn next(&mut self, patience: Duration) -> Result<Batch<Notification>> {
        Ok(match self.feed.next(patience).await? {
            FeedItem::Idle(position) => Batch { events: Vec::new(), position },
            FeedItem::Batch(mut events, position) => {
                events.retain(|n| self.filter.matches(|field| filter_field(n, field)));
                Batch { events, position }
            }
        })
    }

    fn sequence(event: &Notification) -> u64 {
        event.sequence
    }

    fn snapshot_item((notification, acknowledged_by): Acknowledged) -> Self::Answer {
        let item = to_proto(notification, acknowledged_by);
        v1::StreamNotificationsResponse { message: Some(Message::SnapshotItem(item)) }
    }

    fn event(notification: Notification, previous: u64, resume_token: String) -> Self::Answer {
        let event = v1::NotificationEvent {
            event_id: format!("{}.{}", notification.tenant, notification.sequence),
            previous_sequence: count(previous),
            resume_token,
            notification: Some(to_proto(notification, Vec::new())),
        };
        v1::StreamNotificationsResponse { message: Some(Message::Event(event)) }
    }

    frame!(StreamNotificationsResponse, v1::stream_notifications_response::Message);
}
