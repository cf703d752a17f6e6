//! The door of every call: may this caller do this there? Asked before anything else of the request is looked at.

use std::future::Future;

use prost::Message;
use provision_core::access::Role;
use provision_core::fault::{Fault, Result};
use provision_core::filter::Filter;
use provision_core::ports::{Idempotency, ListQuery, Mutation};
use provision_core::{Reason, TenantId};
use sha2::{Digest, Sha256};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tracing::Instrument;

use crate::gate::Caller;
use crate::name::tenant_of;
use crate::permissions::Need;
use crate::settings::{Ports, Settings};
use crate::status;
use crate::tokens::{PageScope, Tokens};

/// What a request is about, as far as rights go.
pub(crate) enum Scope<'a> {
    /// A resource of a tenant, by its name or its parent's.
    Tenant(&'a str),
    /// Something beside all tenants.
    Platform(String),
    /// Nothing of anybody's: the permission is enough in any role.
    Everyone(&'a str),
}

/// A request message that says what it is about.
pub(crate) trait Addressed: Message + Default + 'static {
    fn scope(&self) -> Scope<'_>;
}

/// A request message that changes something.
pub(crate) trait Mutating: Addressed + Clone {
    /// Takes the request id out; `None` where the message has no such field.
    fn take_request_id(&mut self) -> Option<String>;
}

/// Everything that the services share.
pub(crate) struct Door {
    pub ports: Ports,
    pub settings: Settings,
    pub tokens: Tokens,
    pub shutdown: CancellationToken,
}

const PAGE_SIZE_DEFAULT: usize = 50;
const PAGE_SIZE_MAX: usize = 1_000;
/// Longest name that is repeated in a refusal, in bytes.
const NAME_ECHO_MAX: usize = 256;

impl Door {
    pub(crate) fn new(ports: Ports, settings: Settings, shutdown: CancellationToken) -> Self {
        let tokens = Tokens::new(settings.token_keys.clone());
        Door { ports, settings, tokens, shutdown }
    }

    /// A call that only looks. It ends with its caller, and after the request timeout.
    pub(crate) async fn read<Q, A, F, Fut>(&self, request: Request<Q>, act: F) -> Result<Response<A>, Status>
    where
        Q: Addressed,
        F: FnOnce(Caller, Q) -> Fut,
        Fut: Future<Output = Result<A>>,
    {
        let (caller, body) = open(request)?;
        let outcome = async {
            self.authorise(&caller, &body.scope()).await?;
            let acting = act(caller.clone(), body);
            tokio::time::timeout(self.settings.request_timeout, acting)
                .await
                .unwrap_or_else(|_| Err(timed_out()))
        };
        answer(&caller, outcome.await)
    }

    /// A call that changes something. Once begun it goes on without its caller, so that nobody's lost connection
    /// leaves it half done; the caller waits no longer than the request timeout.
    pub(crate) async fn change<Q, A, F, Fut>(
        &self,
        request: Request<Q>,
        act: F,
    ) -> Result<Response<A>, Status>
    where
        Q: Mutating,
        A: Send + 'static,
        F: FnOnce(Mutation, Q) -> Fut,
        Fut: Future<Output = Result<A>> + Send + 'static,
    {
        let (caller, body) = open(request)?;
        let outcome = async {
            self.authorise(&caller, &body.scope()).await?;
            let acting = act(mutation(&caller, &body)?, body);
            let task = tokio::spawn(acting.in_current_span());
            match tokio::time::timeout(self.settings.request_timeout, task).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(panicked)) => Err(Fault::internal_error(panicked)),
                Err(_) => Err(timed_out()),
            }
        };
        answer(&caller, outcome.await)
    }

    /// A call that waits for as long as it was asked to; such calls count as streams.
    pub(crate) async fn wait<Q, A, F, Fut>(&self, request: Request<Q>, act: F) -> Result<Response<A>, Status>
    where
        Q: Addressed,
        F: FnOnce(Q) -> Fut,
        Fut: Future<Output = Result<A>>,
    {
        let (caller, body) = open(request)?;
        let outcome = async {
            self.authorise(&caller, &body.scope()).await?;
            let _permit = permit(&caller)?;
            act(body).await
        };
        answer(&caller, outcome.await)
    }

    /// Lets the caller in, or answers the one refusal that "not allowed" and "not there" share.
    pub(crate) async fn authorise(&self, caller: &Caller, scope: &Scope<'_>) -> Result<()> {
        let Need::Permission(permission) = &caller.entry.need else { return Ok(()) };
        let platform = caller.known.platform_administrator;
        let by_platform = platform && Role::PlatformAdministrator.allows(permission);
        let (allowed, resource) = match scope {
            Scope::Platform(resource) => (by_platform, resource.as_str()),
            Scope::Everyone(resource) => {
                let any = by_platform || Role::BINDABLE.into_iter().any(|r| r.allows(permission));
                (any, *resource)
            }
            Scope::Tenant(name) => match tenant_of(name) {
                None => (false, *name),
                Some(tenant) => {
                    tracing::Span::current().record("tenant", tenant.as_str());
                    (self.in_tenant(caller, &tenant, permission).await?, *name)
                }
            },
        };
        if allowed {
            Ok(())
        } else {
            Err(Fault::permission(permission, &status::cut(resource, NAME_ECHO_MAX)))
        }
    }

    /// True when the caller holds the permission in the tenant. A platform administrator may list all tenants, so it
    /// is told when one does not exist; what is bound to it within a tenant gives it nothing.
    async fn in_tenant(&self, caller: &Caller, tenant: &TenantId, permission: &str) -> Result<bool> {
        let roles = self.ports.access.roles(&caller.known.principal, tenant).await?;
        if caller.known.platform_administrator {
            let allowed = Role::PlatformAdministrator.allows(permission);
            if allowed && roles.is_none() {
                return Err(Fault::not_found(format!("tenants/{tenant}")));
            }
            return Ok(allowed);
        }
        Ok(roles.is_some_and(|roles| roles.into_iter().any(|r| r.allows(permission))))
    }

    /// The part of a list that is asked for.
    pub(crate) fn query(
        &self,
        caller: &Caller,
        list: List<'_>,
        allowed_fields: &[&str],
    ) -> Result<ListQuery> {
        let page_size = match list.page_size {
            size if size < 0 => return Err(Fault::invalid("page_size", "must not be negative")),
            0 => PAGE_SIZE_DEFAULT,
            size => (size as usize).min(PAGE_SIZE_MAX),
        };
        let filter = match allowed_fields {
            [] if !list.filter.is_empty() => {
                return Err(Fault::invalid("filter", "must be empty: this list has no filter"));
            }
            allowed => Filter::parse(list.filter, allowed)?,
        };
        let after = self.tokens.read_page(list.scope(caller), list.page_token)?;
        Ok(ListQuery { page_size, after, filter })
    }

    /// The token of the page after this one; empty at the end.
    pub(crate) fn next(&self, caller: &Caller, list: List<'_>, next: Option<String>) -> String {
        next.map(|cursor| self.tokens.page(list.scope(caller), &cursor)).unwrap_or_default()
    }
}

/// The arguments of a list call.
#[derive(Clone, Copy)]
pub(crate) struct List<'a> {
    pub parent: &'a str,
    pub page_size: i32,
    pub page_token: &'a str,
    pub filter: &'a str,
}

impl<'a> List<'a> {
    fn scope(&self, caller: &'a Caller) -> PageScope<'a> {
        PageScope {
            method: &caller.entry.full_name,
            principal: &caller.known.principal,
            parent: self.parent,
            filter: self.filter,
        }
    }
}

/// A permit for one more stream of the caller.
pub(crate) fn permit(caller: &Caller) -> Result<OwnedSemaphorePermit> {
    caller.known.streams.clone().try_acquire_owned().map_err(|_| {
        Fault::new(Reason::RateLimited, "too many streams and waits are open; close some")
            .meta("principal", caller.known.principal.as_str())
            .retry_after(std::time::Duration::from_secs(5))
    })
}

/// Splits a request into caller and body.
pub(crate) fn open<Q>(request: Request<Q>) -> Result<(Caller, Q), Status> {
    let (_, extensions, body) = request.into_parts();
    match extensions.get::<Caller>() {
        Some(caller) => Ok((caller.clone(), body)),
        None => {
            let fault = Fault::internal_error("a service was reached without passing the gate");
            status::log(&fault, "", "");
            Err(status::to_status(&fault))
        }
    }
}

/// The answer to the caller; a fault's operator half goes to the log here, once.
pub(crate) fn answer<A>(caller: &Caller, outcome: Result<A>) -> Result<Response<A>, Status> {
    outcome.map(Response::new).map_err(|fault| {
        status::log(&fault, &caller.entry.full_name, caller.known.principal.as_str());
        status::to_status(&fault)
    })
}

fn timed_out() -> Fault {
    Fault::new(Reason::RequestTimedOut, "the call took too long; what it began may still take effect")
}

/// Who changes something, with the fingerprint that makes a repetition recognisable.
fn mutation<Q: Mutating>(caller: &Caller, body: &Q) -> Result<Mutation> {
    let principal = caller.known.principal.clone();
    let mut anonymous = body.clone();
    let idempotency = match anonymous.take_request_id() {
        None => None,
        Some(id) if id.is_empty() => None,
        Some(id) => {
            let uuid = uuid::Uuid::try_parse(&id).ok().filter(|u| u.get_version_num() == 4 && id.len() == 36);
            let uuid = uuid.ok_or_else(|| {
                Fault::invalid("request_id", "must be a UUID of version 4, for example from uuidgen")
            })?;
            let mut digest = Sha256::new();
            for part in [caller.entry.full_name.as_bytes(), principal.as_str().as_bytes()] {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part);
            }
            // The only map in any request is Struct's, which is ordered: the same request encodes to the same bytes.
            digest.update(anonymous.encode_to_vec());
            Some(Idempotency {
                request_id: uuid.hyphenated().to_string(),
                fingerprint: hex::encode(digest.finalize()),
            })
        }
    };
    Ok(Mutation { principal, method: caller.entry.method.as_str(), idempotency })
}
