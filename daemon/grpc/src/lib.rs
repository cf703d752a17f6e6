//! The gRPC services of provisiond.
