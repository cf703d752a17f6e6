//! A local Salesforce org that speaks Salesforce's public wire contracts.
