//! What was read of an organisation.

use provision_api::google::longrunning::Operation;
use provision_api::v1;
use provision_api::v1::inventory_service_client::InventoryServiceClient;

use crate::client::{Client, request_id, rpc};
use crate::error::Error;
use crate::page::{ListOptions, collect};

/// The RPCs of InventoryService.
#[derive(Debug, Clone)]
pub struct Inventory {
    pub(crate) client: Client,
}

impl Inventory {
    /// Lists the object types of an account. Filter fields: `api_name`, `custom`, `accepts_triggers`, `holds_files`,
    /// `holds_feed`.
    pub async fn object_types(
        &self,
        parent: &str,
        options: ListOptions,
    ) -> Result<v1::ListObjectTypesResponse, Error> {
        collect(options.limit, |page_size, page_token| {
            let request = v1::ListObjectTypesRequest {
                parent: parent.to_owned(),
                page_size,
                page_token,
                filter: options.filter.clone(),
            };
            async move { rpc!(self.client, InventoryServiceClient.list_object_types(request)) }
        })
        .await
    }

    /// Gets one object type with its fields.
    pub async fn object_type(&self, name: &str) -> Result<v1::ObjectType, Error> {
        let request = v1::GetObjectTypeRequest { name: name.to_owned() };
        rpc!(self.client, InventoryServiceClient.get_object_type(request))
    }

    /// Lists profiles and permission sets of an account. Filter fields: `display_name`, `kind`, `custom`.
    pub async fn profiles(
        &self,
        parent: &str,
        options: ListOptions,
    ) -> Result<v1::ListProfilesResponse, Error> {
        collect(options.limit, |page_size, page_token| {
            let request = v1::ListProfilesRequest {
                parent: parent.to_owned(),
                page_size,
                page_token,
                filter: options.filter.clone(),
            };
            async move { rpc!(self.client, InventoryServiceClient.list_profiles(request)) }
        })
        .await
    }

    /// Gets one profile or permission set with its object permissions.
    pub async fn profile(&self, name: &str) -> Result<v1::Profile, Error> {
        let request = v1::GetProfileRequest { name: name.to_owned() };
        rpc!(self.client, InventoryServiceClient.get_profile(request))
    }

    /// Starts to read the organisation again. Where much less is found than before, the reading is held and not taken
    /// over: its response says `held`.
    pub async fn refresh(&self, parent: &str) -> Result<Operation, Error> {
        self.start(parent, false).await
    }

    /// As [`Inventory::refresh`], and takes the reading over however little was found.
    pub async fn refresh_accepting_fall(&self, parent: &str) -> Result<Operation, Error> {
        self.start(parent, true).await
    }

    async fn start(&self, parent: &str, accept_fall: bool) -> Result<Operation, Error> {
        let request =
            v1::RefreshInventoryRequest { parent: parent.to_owned(), request_id: request_id(), accept_fall };
        rpc!(self.client, InventoryServiceClient.refresh_inventory(request))
    }
}
