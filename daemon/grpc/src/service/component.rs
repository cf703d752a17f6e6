//! ComponentService.

use provision_api::v1;
use provision_api::v1::component_service_server::ComponentService;
use provision_core::ComponentId;
use provision_core::fault::Result;
use tonic::{Request, Response, Status};

use super::{Service, list};
use crate::convert::component;
use crate::name;

const FILTER_FIELDS: &[&str] = &["kind", "state"];

#[tonic::async_trait]
impl ComponentService for Service {
    async fn list_components(
        &self,
        request: Request<v1::ListComponentsRequest>,
    ) -> Result<Response<v1::ListComponentsResponse>, Status> {
        let act = |caller, q: v1::ListComponentsRequest| async move {
            let account = name::account("parent", &q.parent)?;
            let query = self.door.query(&caller, list!(q, parent), FILTER_FIELDS)?;
            let page = self.door.ports.components.list(&account, query).await?;
            Ok(v1::ListComponentsResponse {
                components: page.items.into_iter().map(component::to_proto).collect(),
                next_page_token: self.door.next(&caller, list!(q, parent), page.next),
            })
        };
        self.door.read(request, act).await
    }

    async fn get_component(
        &self,
        request: Request<v1::GetComponentRequest>,
    ) -> Result<Response<v1::Component>, Status> {
        let act = |_, q: v1::GetComponentRequest| async move {
            let (account, id) = name::under_account::<ComponentId>("components", &q.name)?;
            Ok(component::to_proto(self.door.ports.components.get(&account, &id).await?))
        };
        self.door.read(request, act).await
    }
}
