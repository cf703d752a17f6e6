//! The Salesforce connector of provisiond.
