//! The connection, and the way every unary call takes.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use crate::connect::{ConnectOptions, Timeouts};
use crate::error::Error;
use crate::groups::{
    accounts::Accounts, admin::Admin, components::Components, connectors::Connectors, inventory::Inventory,
    notifications::Notifications, operations::Operations,
};
use crate::retry;

/// What the generated clients run on.
pub type Wire = InterceptedService<Channel, Bearer>;

/// A connection to a daemon. Clones share it.
#[derive(Clone)]
pub struct Client {
    wire: Wire,
    timeouts: Arc<Timeouts>,
}

impl Client {
    /// Connects. A connection that breaks later is made anew by the next call.
    ///
    /// # Errors
    /// [`Error::Options`] for options that cannot be used, UNAVAILABLE when nobody answers.
    pub async fn connect(options: ConnectOptions) -> Result<Client, Error> {
        let endpoint = options.to_endpoint().await?;
        let bearer = Bearer::new(options.token.as_ref())?;
        let channel = endpoint.connect().await.map_err(|e| Error::unreachable(&options.endpoint, &e))?;
        Ok(Client { wire: InterceptedService::new(channel, bearer), timeouts: Arc::new(options.timeouts) })
    }

    /// Service accounts, from creation to provisioning.
    pub fn accounts(&self) -> Accounts {
        Accounts { client: self.clone() }
    }

    /// What was read of an organisation.
    pub fn inventory(&self) -> Inventory {
        Inventory { client: self.clone() }
    }

    /// What was put into an organisation.
    pub fn components(&self) -> Components {
        Components { client: self.clone() }
    }

    /// Long-running operations.
    pub fn operations(&self) -> Operations {
        Operations::new(self.clone())
    }

    /// What a tenant's people are told.
    pub fn notifications(&self) -> Notifications {
        Notifications { client: self.clone() }
    }

    /// Tenants, licences, role bindings, audit.
    pub fn admin(&self) -> Admin {
        Admin { client: self.clone() }
    }

    /// What the daemon can provision.
    pub fn connectors(&self) -> Connectors {
        Connectors { client: self.clone() }
    }

    pub(crate) fn wire(&self) -> Wire {
        self.wire.clone()
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// One unary call with the usual deadline. See [`Client::call_within`].
    pub(crate) async fn call<Q, A, F>(
        &self,
        request: Q,
        send: impl Fn(Wire, Request<Q>) -> F,
    ) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        self.call_within(self.timeouts.call, request, send).await
    }

    /// One unary call; `deadline` holds for each attempt. Every call of this API may be repeated: it reads, or it
    /// carries a `request_id`, or doing it twice is doing it once.
    pub(crate) async fn call_within<Q, A, F>(
        &self,
        deadline: Duration,
        request: Q,
        send: impl Fn(Wire, Request<Q>) -> F,
    ) -> Result<A, Error>
    where
        Q: Clone,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        retry::unavailable(|| self.attempt(deadline, request.clone(), &send)).await
    }

    /// One unary call that is not repeated.
    pub(crate) async fn attempt<Q, A, F>(
        &self,
        deadline: Duration,
        request: Q,
        send: impl Fn(Wire, Request<Q>) -> F,
    ) -> Result<A, Error>
    where
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let mut request = Request::new(request);
        request.set_timeout(deadline);
        match tokio::time::timeout(deadline, send(self.wire(), request)).await {
            Ok(answer) => Ok(answer?.into_inner()),
            Err(_) => Err(Error::deadline(deadline)),
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("timeouts", &self.timeouts).finish_non_exhaustive()
    }
}

/// Adds the bearer token to each request.
#[derive(Clone)]
pub struct Bearer {
    header: Option<MetadataValue<Ascii>>,
}

impl Bearer {
    fn new(token: Option<&SecretString>) -> Result<Bearer, Error> {
        let Some(token) = token else { return Ok(Bearer { header: None }) };
        let mut header: MetadataValue<Ascii> = format!("Bearer {}", token.expose_secret())
            .parse()
            .map_err(|_| Error::Options("the token holds characters that no token has".to_owned()))?;
        header.set_sensitive(true);
        Ok(Bearer { header: Some(header) })
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(header) = &self.header {
            request.metadata_mut().insert("authorization", header.clone());
        }
        Ok(request)
    }
}

/// `rpc!(client, Service.method(request))`: the call through [`Client::call`]; with `remote`, through
/// [`Client::call_within`] with the deadline of calls that ask the application.
macro_rules! rpc {
    (remote $client:expr, $service:ident . $method:ident ( $request:expr )) => {
        $client
            .call_within($client.timeouts().remote, $request, |wire, request| async move {
                $service::new(wire).$method(request).await
            })
            .await
    };
    ($client:expr, $service:ident . $method:ident ( $request:expr )) => {
        $client
            .call($request, |wire, request| async move { $service::new(wire).$method(request).await })
            .await
    };
}
pub(crate) use rpc;

/// A fresh UUID4 for `request_id`.
pub(crate) fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
