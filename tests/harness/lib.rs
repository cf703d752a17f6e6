//! Harness and end-to-end tests of provisiond.
