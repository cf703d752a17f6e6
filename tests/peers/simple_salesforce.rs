//! simple-salesforce, over TLS.
