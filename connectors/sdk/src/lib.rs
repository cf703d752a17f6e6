//! What a connector implements. A connector knows one SaaS application and nothing of the daemon: it gets an account's
//! context and a session, and answers in the domain's values.
//!
//! The daemon owns retries, pacing, deadlines and the refresh token. A connector makes one attempt per call, asks
//! before each whether it may leave ([`CallCounter::admit`]), and classifies what goes wrong ([`ConnectorFault`]).

pub mod changes;
pub mod connector;
pub mod fault;
pub mod file;
pub mod http;
pub mod oauth;
pub mod pacing;
pub mod quarantine;
pub mod removal;
pub mod session;
#[cfg(feature = "testkit")]
pub mod testkit;

pub use changes::{Change, ChangeBatch, ChangeStream, Changes, Cursor};
pub use connector::{
    Applied, ApplyProgress, ApplyRequest, AuthorizationSpec, Begin, Check, CheckStatus, Connector, Deviation,
    GrantPolicy, Installation, InventoryCheckpoints, InventoryProgress, InventoryReading, InventoryRequest,
    Observation, PlanRequest, ProposedPlan, Refused, TokenErrorClass,
};
pub use fault::{ConnectorFault, FaultClass};
pub use pacing::{CallClass, CallCounter, Pacer};
pub use quarantine::{Disposed, Quarantine, QuarantinePage, QuarantinedItem};
pub use removal::{ProposedRemoval, RemovalRequest, RemoveProgress, RemoveRequest};
pub use session::{Access, AccountContext, Credentials, Session};

/// The domain's values that connectors speak in.
pub use provision_core as core;
