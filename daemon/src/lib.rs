//! The provisiond daemon: configuration, wiring, and the binary.
