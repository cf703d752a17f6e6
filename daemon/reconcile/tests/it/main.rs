//! The reconciler over the memory engine and a small SaaS application made for it.

mod application;
mod authorization;
mod broker;
mod budget;
mod connector;
mod crash;
mod deletion;
mod deprovisioning;
mod drift;
mod explanation;
mod grants;
mod inventory;
mod lifecycle;
mod notifications;
mod preconditions;
mod reaching;
mod reaper;
mod refresh_storm;
mod refusals;
mod store;
mod watching;
mod world;
