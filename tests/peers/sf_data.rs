//! The Salesforce CLI reads and writes data.
