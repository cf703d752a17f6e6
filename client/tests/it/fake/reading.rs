//! Inventory, components, connectors.

use provision_client::api::google::longrunning::Operation;
use provision_client::api::v1::component_service_server::ComponentService;
use provision_client::api::v1::connector_service_server::ConnectorService;
use provision_client::api::v1::inventory_service_server::InventoryService;
use provision_client::api::v1::*;
use tonic::{Request, Response, Status};

use super::Fake;
use crate::samples;

#[tonic::async_trait]
impl InventoryService for Fake {
    async fn list_object_types(
        &self,
        request: Request<ListObjectTypesRequest>,
    ) -> Result<Response<ListObjectTypesResponse>, Status> {
        self.enter("ListObjectTypes", &request)?;
        Ok(Response::new(ListObjectTypesResponse {
            object_types: samples::object_types(),
            next_page_token: String::new(),
        }))
    }

    async fn get_object_type(
        &self,
        request: Request<GetObjectTypeRequest>,
    ) -> Result<Response<ObjectType>, Status> {
        self.enter("GetObjectType", &request)?;
        Ok(Response::new(samples::object_types().remove(0)))
    }

    async fn list_profiles(
        &self,
        request: Request<ListProfilesRequest>,
    ) -> Result<Response<ListProfilesResponse>, Status> {
        self.enter("ListProfiles", &request)?;
        Ok(Response::new(ListProfilesResponse {
            profiles: samples::profiles(),
            next_page_token: String::new(),
        }))
    }

    async fn get_profile(&self, request: Request<GetProfileRequest>) -> Result<Response<Profile>, Status> {
        self.enter("GetProfile", &request)?;
        Ok(Response::new(samples::profiles().remove(0)))
    }

    async fn refresh_inventory(
        &self,
        request: Request<RefreshInventoryRequest>,
    ) -> Result<Response<Operation>, Status> {
        self.enter("RefreshInventory", &request)?;
        Ok(Response::new(samples::operation_running(0, 0)))
    }
}

#[tonic::async_trait]
impl ComponentService for Fake {
    async fn list_components(
        &self,
        request: Request<ListComponentsRequest>,
    ) -> Result<Response<ListComponentsResponse>, Status> {
        self.enter("ListComponents", &request)?;
        Ok(Response::new(ListComponentsResponse {
            components: samples::components(),
            next_page_token: String::new(),
        }))
    }

    async fn get_component(
        &self,
        request: Request<GetComponentRequest>,
    ) -> Result<Response<Component>, Status> {
        self.enter("GetComponent", &request)?;
        Ok(Response::new(samples::components().remove(0)))
    }
}

#[tonic::async_trait]
impl ConnectorService for Fake {
    async fn list_connectors(
        &self,
        request: Request<ListConnectorsRequest>,
    ) -> Result<Response<ListConnectorsResponse>, Status> {
        self.enter("ListConnectors", &request)?;
        Ok(Response::new(ListConnectorsResponse {
            connectors: vec![samples::connector()],
            next_page_token: String::new(),
        }))
    }

    async fn get_connector(
        &self,
        request: Request<GetConnectorRequest>,
    ) -> Result<Response<Connector>, Status> {
        self.enter("GetConnector", &request)?;
        Ok(Response::new(samples::connector()))
    }
}
