//! Drives the account state machine: the use cases behind the ports, operations and their recovery, the credential
//! broker, and the intake of events. It knows the store by its contract and connectors by theirs, and neither by name.

pub mod broker;
mod budget;
mod clearing;
mod commit;
pub mod context;
mod drift;
mod drive;
mod events;
mod export;
mod inventory;
mod reaper;
mod repository;
mod runtime;
pub mod seal;
mod service;
mod wait;

pub use broker::{Broker, SealedThings};
pub use budget::BudgetSettings;
pub use context::{Context, GrantSettings, Registry, Settings};
pub use drift::DriftSettings;
pub use reaper::Reaper;
pub use runtime::Runtime;
pub use seal::{Envelope, KeyProvider};
pub use service::ControlPlane;
