//! The gRPC services of provisiond: parse at the door → port → convert.
//!
//! A request passes [`gate`] (who calls, how often, measured and traced), then `door` (may they, before anything else of
//! the request is looked at), then a service in `service/`, which parses it, asks a port of the domain and converts
//! the answer. [`status`] is the only place where a fault of the domain meets the wire.

mod convert;
mod door;
mod gate;
mod health;
mod incoming;
mod name;
mod permissions;
mod server;
mod service;
mod settings;
mod start;
mod status;
mod stream;
mod tokens;

pub use health::HealthHandle;
pub use permissions::{Entry, Need, Table};
pub use server::{ServeError, TlsIdentity, serve};
pub use settings::{Ports, PrincipalEntry, Settings};
pub use start::{Api, StartError, api};

/// Largest request, in bytes.
pub const REQUEST_SIZE_MAX: usize = 4 * 1024 * 1024;
