//! The contract suite: what the daemon relies on, as cases that every connector passes.
//!
//! A connector's tests implement [`World`] over a simulated application and call [`contract::run`]; see
//! `examples/minimal.rs`.

mod checkpoints;
pub mod contract;
mod events;
mod expect;
mod looking;
mod pacing;
mod provisioning;
mod quarantine;
mod removal;
mod report;
mod world;

pub use checkpoints::MemoryCheckpoints;
pub use report::{Case, Report};
pub use world::{StaticCredentials, World};
