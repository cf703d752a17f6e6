//! The service as a gRPC client sees it.

mod calls;
mod changes;
mod channels;
mod managed;
mod publishing;
mod rules;
mod subscribing;
mod support;
