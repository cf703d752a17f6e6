//! The Salesforce CLI in an organisation of full size.
