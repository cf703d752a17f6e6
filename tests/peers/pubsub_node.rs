//! The Pub/Sub client for Node.
