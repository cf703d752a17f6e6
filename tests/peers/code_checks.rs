//! Judges of Apex and metadata: Salesforce's parsers, PMD, and the library that every Salesforce tool converts with.
