//! What was put into an organisation.

use provision_api::v1;
use provision_api::v1::component_service_client::ComponentServiceClient;

use crate::client::{Client, rpc};
use crate::error::Error;
use crate::page::{ListOptions, collect};

/// The RPCs of ComponentService.
#[derive(Debug, Clone)]
pub struct Components {
    pub(crate) client: Client,
}

impl Components {
    /// Lists the components of an account, ordered by kind and name. Filter fields: `kind`, `state`.
    pub async fn list(
        &self,
        parent: &str,
        options: ListOptions,
    ) -> Result<v1::ListComponentsResponse, Error> {
        collect(options.limit, |page_size, page_token| {
            let request = v1::ListComponentsRequest {
                parent: parent.to_owned(),
                page_size,
                page_token,
                filter: options.filter.clone(),
            };
            async move { rpc!(self.client, ComponentServiceClient.list_components(request)) }
        })
        .await
    }

    /// Gets one component.
    pub async fn get(&self, name: &str) -> Result<v1::Component, Error> {
        let request = v1::GetComponentRequest { name: name.to_owned() };
        rpc!(self.client, ComponentServiceClient.get_component(request))
    }
}
