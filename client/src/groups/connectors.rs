//! What the daemon can provision.

use provision_api::v1;
use provision_api::v1::connector_service_client::ConnectorServiceClient;

use crate::client::{Client, rpc};
use crate::error::Error;
use crate::page::{ListOptions, collect};

/// The RPCs of ConnectorService.
#[derive(Debug, Clone)]
pub struct Connectors {
    pub(crate) client: Client,
}

impl Connectors {
    /// Lists the connectors; there is nothing to filter by.
    pub async fn list(&self) -> Result<v1::ListConnectorsResponse, Error> {
        collect(ListOptions::default().limit, |page_size, page_token| {
            let request = v1::ListConnectorsRequest { page_size, page_token };
            async move { rpc!(self.client, ConnectorServiceClient.list_connectors(request)) }
        })
        .await
    }

    /// Gets one connector.
    pub async fn get(&self, name: &str) -> Result<v1::Connector, Error> {
        let request = v1::GetConnectorRequest { name: name.to_owned() };
        rpc!(self.client, ConnectorServiceClient.get_connector(request))
    }
}
