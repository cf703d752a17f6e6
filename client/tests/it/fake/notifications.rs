//! Notifications: each connection of the stream delivers its share of the script.

use std::pin::Pin;

use provision_client::api::v1::notification_service_server::NotificationService;
use provision_client::api::v1::*;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};

use super::Fake;
use crate::samples;

#[tonic::async_trait]
impl NotificationService for Fake {
    async fn list_notifications(
        &self,
        request: Request<ListNotificationsRequest>,
    ) -> Result<Response<ListNotificationsResponse>, Status> {
        self.enter("ListNotifications", &request)?;
        Ok(Response::new(ListNotificationsResponse {
            notifications: vec![samples::notification(7), samples::notification(3)],
            next_page_token: String::new(),
        }))
    }

    type StreamNotificationsStream =
        Pin<Box<dyn Stream<Item = Result<StreamNotificationsResponse, Status>> + Send>>;

    async fn stream_notifications(
        &self,
        request: Request<StreamNotificationsRequest>,
    ) -> Result<Response<Self::StreamNotificationsStream>, Status> {
        self.enter("StreamNotifications", &request)?;
        let share = self.script().streams.pop_front();
        let stream: Self::StreamNotificationsStream = match share {
            Some(share) => Box::pin(tokio_stream::iter(share)),
            None => Box::pin(tokio_stream::once(Ok(samples::opened())).chain(tokio_stream::pending())),
        };
        Ok(Response::new(stream))
    }

    async fn acknowledge_notification(
        &self,
        request: Request<AcknowledgeNotificationRequest>,
    ) -> Result<Response<Notification>, Status> {
        self.enter("AcknowledgeNotification", &request)?;
        Ok(Response::new(samples::notification(7)))
    }
}
