//! The connector against a simulated organisation, over the wire.

mod app;
mod checks;
mod client;
mod contract;
mod delivery;
mod faults;
mod identity;
mod inventory;
mod removal;
mod triggers;
mod world;
