//! The domain of provisiond: values, the account state machine, faults, roles, licences, and the ports through which
//! the rest of the daemon is reached. Nothing here knows a runtime, a wire format, a storage engine or a SaaS
//! application.

pub mod access;
pub mod account;
pub mod audit;
pub mod authorization;
pub mod component;
pub mod connector;
pub mod fault;
pub mod filter;
pub mod ids;
pub mod inventory;
pub mod license;
pub mod machine;
pub mod notification;
pub mod operation;
pub mod plan;
pub mod ports;
pub mod precondition;
pub mod reason;
pub mod tenant;

pub use fault::{Fault, Result};
pub use ids::*;
pub use reason::{Code, Reason};

/// A point in time; always UTC, kept to the millisecond in stored records.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
