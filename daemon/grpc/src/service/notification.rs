//! NotificationService; the stream itself is in [`crate::stream`].

use provision_api::v1;
use provision_api::v1::notification_service_server::NotificationService;
use provision_core::fault::Result;
use tonic::{Request, Response, Status};

use super::{Service, list};
use crate::convert::notification::{self, FILTER_FIELDS};
use crate::door::{answer, open};
use crate::{name, stream};

#[tonic::async_trait]
impl NotificationService for Service {
    async fn list_notifications(
        &self,
        request: Request<v1::ListNotificationsRequest>,
    ) -> Result<Response<v1::ListNotificationsResponse>, Status> {
        let act = |caller, q: v1::ListNotificationsRequest| async move {
            let tenant = name::tenant("parent", &q.parent)?;
            let query = self.door.query(&caller, list!(q, parent), FILTER_FIELDS)?;
            let page = self.door.ports.notifications.list(&tenant, query).await?;
            let notifications =
                page.items.into_iter().map(|(item, by)| notification::to_proto(item, by)).collect();
            let next_page_token = self.door.next(&caller, list!(q, parent), page.next);
            Ok(v1::ListNotificationsResponse { notifications, next_page_token })
        };
        self.door.read(request, act).await
    }

    type StreamNotificationsStream = stream::Messages<v1::StreamNotificationsResponse>;

    async fn stream_notifications(
        &self,
        request: Request<v1::StreamNotificationsRequest>,
    ) -> Result<Response<Self::StreamNotificationsStream>, Status> {
        let (caller, body) = open(request)?;
        let opened = stream::notifications::open(self.door.clone(), caller.clone(), body).await;
        answer(&caller, opened)
    }

    async fn acknowledge_notification(
        &self,
        request: Request<v1::AcknowledgeNotificationRequest>,
    ) -> Result<Response<v1::Notification>, Status> {
        let port = self.door.ports.notifications.clone();
        let act = |by, q: v1::AcknowledgeNotificationRequest| async move {
            let (tenant, sequence) = name::notification(&q.name)?;
            let (item, acknowledged_by) = port.acknowledge(by, &tenant, sequence).await?;
            Ok(notification::to_proto(item, acknowledged_by))
        };
        self.door.change(request, act).await
    }
}
