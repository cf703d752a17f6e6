//! Messages of streams.

use prost_types::Duration;
use provision_client::api::v1::service_account_event::Change;
use provision_client::api::v1::*;

use super::{EIGHT, notification, time};

fn message(message: stream_notifications_response::Message) -> StreamNotificationsResponse {
    StreamNotificationsResponse { message: Some(message) }
}

/// OPENED, with the server's clock at `EIGHT` and a heartbeat a minute.
pub fn opened() -> StreamNotificationsResponse {
    message(stream_notifications_response::Message::Opened(stream_opened()))
}

fn stream_opened() -> StreamOpened {
    StreamOpened {
        server_time: time(EIGHT),
        heartbeat_interval: Some(Duration { seconds: 60, nanos: 0 }),
        oldest_token: "oldest".to_owned(),
    }
}

pub fn event(sequence: i64, previous_sequence: i64) -> StreamNotificationsResponse {
    message(stream_notifications_response::Message::Event(NotificationEvent {
        notification: Some(notification(sequence)),
        event_id: format!("event-{sequence}"),
        previous_sequence,
        resume_token: format!("after-{sequence}"),
    }))
}

pub fn snapshot_item(sequence: i64) -> StreamNotificationsResponse {
    message(stream_notifications_response::Message::SnapshotItem(notification(sequence)))
}

pub fn snapshot_end(token: &str) -> StreamNotificationsResponse {
    message(stream_notifications_response::Message::SnapshotEnd(StreamPosition {
        resume_token: token.to_owned(),
    }))
}

pub fn heartbeat(token: &str) -> StreamNotificationsResponse {
    message(stream_notifications_response::Message::Heartbeat(StreamHeartbeat {
        resume_token: token.to_owned(),
        server_time: time(EIGHT),
    }))
}

pub fn closing(token: &str) -> StreamNotificationsResponse {
    message(stream_notifications_response::Message::Closing(StreamClosing {
        resume_token: token.to_owned(),
        reason: ClosingReason::Shutdown.into(),
        retry_after: Some(Duration { seconds: 0, nanos: 1_000_000 }),
    }))
}

fn watched(message: watch_service_accounts_response::Message) -> WatchServiceAccountsResponse {
    WatchServiceAccountsResponse { message: Some(message) }
}

pub fn watch_opened() -> WatchServiceAccountsResponse {
    watched(watch_service_accounts_response::Message::Opened(stream_opened()))
}

pub fn watch_item(account: ServiceAccount) -> WatchServiceAccountsResponse {
    watched(watch_service_accounts_response::Message::SnapshotItem(account))
}

pub fn watch_end(token: &str) -> WatchServiceAccountsResponse {
    watched(watch_service_accounts_response::Message::SnapshotEnd(StreamPosition {
        resume_token: token.to_owned(),
    }))
}

/// An account that has changed, at a position.
pub fn watch_upsert(account: ServiceAccount, sequence: i64) -> WatchServiceAccountsResponse {
    let id = format!("{}@{sequence}", account.name);
    watch_event(Change::Upsert(account), id, sequence)
}

/// An account that is gone, at a position.
pub fn watch_removed(name: &str, sequence: i64) -> WatchServiceAccountsResponse {
    watch_event(Change::Removed(name.to_owned()), format!("{name}@{sequence}"), sequence)
}

fn watch_event(change: Change, event_id: String, sequence: i64) -> WatchServiceAccountsResponse {
    watched(watch_service_accounts_response::Message::Event(ServiceAccountEvent {
        change: Some(change),
        event_id,
        sequence,
        previous_sequence: 0,
        resume_token: format!("after-{sequence}"),
    }))
}
