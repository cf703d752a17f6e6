//! The connector against a simulated organisation, over the wire.

mod checks;
mod contract;
mod delivery;
mod faults;
mod inventory;
mod identity;
mod triggers;
mod world;
