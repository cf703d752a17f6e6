//! The daemon: its configuration, and the wiring that joins the gRPC services, the web pages, the reconciler, a storage
//! engine and the connectors. Nothing else names a concrete engine or connector.

pub mod args;
pub mod backup;
pub mod config;
mod connectors;
mod daemon;
mod environment;
pub mod keys;
mod reload;
pub mod telemetry;

pub use daemon::{Daemon, StartError};
