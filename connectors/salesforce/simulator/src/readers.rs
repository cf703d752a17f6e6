//! Readers of what strangers send, each by itself, for those who compare or try to break them.

use crate::metadata::xml::Element;

/// Whether a text is a query as the API takes it, whatever the organisation holds: Salesforce's words if it is not.
pub fn soql(text: &str) -> Result<(), String> {
    crate::soql::check_syntax(text)
}

/// Whether bytes are a metadata file, whatever it says.
pub fn metadata_xml(bytes: &[u8]) -> Result<(), String> {
    Element::parse(bytes).map(drop).map_err(|error| error.message)
}
