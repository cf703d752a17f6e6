//! The service as a gRPC client sees it.

mod calls;
mod publishing;
mod subscribing;
mod support;
