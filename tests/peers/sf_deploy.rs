//! The Salesforce CLI deploys, validates, cancels, deletes and retrieves.
