//! The Pub/Sub client for Python.
