//! The connector against a simulated organisation, over the wire.

mod contract;
mod faults;
mod world;
