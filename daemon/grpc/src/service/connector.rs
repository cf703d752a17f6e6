//! ConnectorService.

use provision_api::v1;
use provision_api::v1::connector_service_server::ConnectorService;
use provision_core::fault::Result;
use tonic::{Request, Response, Status};

use super::Service;
use crate::convert::connector;
use crate::door::List;
use crate::name;

#[tonic::async_trait]
impl ConnectorService for Service {
    async fn list_connectors(
        &self,
        request: Request<v1::ListConnectorsRequest>,
    ) -> Result<Response<v1::ListConnectorsResponse>, Status> {
        let act = |caller, q: v1::ListConnectorsRequest| async move {
            let list = List { parent: "", page_size: q.page_size, page_token: &q.page_token, filter: "" };
            let query = self.door.query(&caller, list, &[])?;
            let manifests = self.door.ports.connectors.manifests();
            let mut rest = manifests
                .into_iter()
                .filter(|m| query.after.as_ref().is_none_or(|after| m.id.as_str() > after.as_str()));
            let page: Vec<_> = rest.by_ref().take(query.page_size).collect();
            let last = page.last().map(|m| m.id.to_string());
            let next = rest.next().and(last);
            Ok(v1::ListConnectorsResponse {
                connectors: page.into_iter().map(connector::to_proto).collect(),
                next_page_token: self.door.next(&caller, list, next),
            })
        };
        self.door.read(request, act).await
    }

    async fn get_connector(
        &self,
        request: Request<v1::GetConnectorRequest>,
    ) -> Result<Response<v1::Connector>, Status> {
        let act = |_, q: v1::GetConnectorRequest| async move {
            let id = name::connector("name", &q.name)?;
            Ok(connector::to_proto(self.door.ports.connectors.manifest(&id)?))
        };
        self.door.read(request, act).await
    }
}
