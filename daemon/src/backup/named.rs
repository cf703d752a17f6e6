//! What records name: artifacts, and keys.

use std::collections::BTreeSet;

use provision_store::Entry;
use provision_store::artifact::ArtifactRef;
use provision_store::record::Sealed;

/// References of artifacts in a record.
pub(super) fn references(value: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(value);
    let found = text.match_indices("sha256:").filter_map(|(at, _)| {
        let end = text[at..].find(|letter: char| !(letter.is_ascii_alphanumeric() || ":/".contains(letter)));
        text[at..end.map_or(text.len(), |end| at + end)].parse::<ArtifactRef>().ok()
    });
    found.map(|reference| reference.to_string()).collect()
}

/// Ids of the keys of everything sealed in records.
pub(super) fn key_ids(entries: &[Entry]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in entries {
        if let Ok(value) = serde_json::from_slice(&entry.value) {
            sealed(&value, &mut found);
        }
    }
    found
}

/// Id of the key that seals an artifact; `None` for one that lies open.
pub(super) fn artifact_key(content: &[u8]) -> Option<String> {
    // Most are large and lie open: those are told apart by their beginning.
    if !content.starts_with(b"{\"key_id\"") {
        return None;
    }
    serde_json::from_slice::<Sealed>(content).ok().map(|sealed| sealed.key_id)
}

fn sealed(value: &serde_json::Value, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            if fields.contains_key("wrapped_key")
                && let Some(id) = fields.get("key_id").and_then(|id| id.as_str())
            {
                found.insert(id.to_owned());
            }
            fields.values().for_each(|value| sealed(value, found));
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| sealed(value, found)),
        // Some records hold a sealed value as text.
        serde_json::Value::String(text) if text.starts_with('{') && text.contains("wrapped_key") => {
            if let Ok(value) = serde_json::from_str(text) {
                sealed(&value, found);
            }
        }
        _ => {}
    }
}
