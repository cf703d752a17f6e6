//! What a tenant's people are told.

use provision_api::v1;
use provision_api::v1::notification_service_client::NotificationServiceClient;

use crate::client::{Client, request_id, rpc};
use crate::error::Error;
use crate::groups::follow::{Ask, Follow};
use crate::groups::notifications_follow::NotificationFeed;
use crate::page::{ListOptions, collect};

/// The RPCs of NotificationService.
#[derive(Debug, Clone)]
pub struct Notifications {
    pub(crate) client: Client,
}

impl Notifications {
    /// Lists notifications, newest first. Filter fields: `code`, `service_account`, `severity`.
    pub async fn list(
        &self,
        parent: &str,
        options: ListOptions,
    ) -> Result<v1::ListNotificationsResponse, Error> {
        collect(options.limit, |page_size, page_token| {
            let request = v1::ListNotificationsRequest {
                parent: parent.to_owned(),
                page_size,
                page_token,
                filter: options.filter.clone(),
            };
            async move { rpc!(self.client, NotificationServiceClient.list_notifications(request)) }
        })
        .await
    }

    /// Marks a notification as seen by the caller.
    pub async fn acknowledge(&self, name: &str) -> Result<v1::Notification, Error> {
        let request = v1::AcknowledgeNotificationRequest { name: name.to_owned(), request_id: request_id() };
        rpc!(self.client, NotificationServiceClient.acknowledge_notification(request))
    }

    /// Opens the stream of a tenant's notifications; when this returns, nothing that comes is missed.
    pub async fn follow(&self, parent: &str, filter: &str, start: v1::StreamStart) -> Result<Follow, Error> {
        Follow::open(self.client.clone(), Ask::from(parent, filter, start), NotificationFeed::default()).await
    }

    /// Goes on with a stream from a token that [`Follow::resume_token`] answered, with the same parent and filter.
    pub async fn resume(&self, parent: &str, filter: &str, resume_token: &str) -> Result<Follow, Error> {
        let ask = Ask::after(parent, filter, resume_token);
        Follow::open(self.client.clone(), ask, NotificationFeed::default()).await
    }
}
