//! All that stands in the org, so that two moments can be compared.

use std::collections::BTreeMap;

use super::Org;

/// What stands in an org at one moment, in words, by kind and name.
///
/// Left out is what happened: deployments, test results and coverage, the audit trail, logins, sessions, calls, events,
/// and the recycle bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portrait(pub BTreeMap<String, String>);

impl Portrait {
    /// One line for each thing that is new (`+`), gone (`-`) or different (`~`) in `later`.
    pub fn differences(&self, later: &Self) -> Vec<String> {
        let (before, after) = (&self.0, &later.0);
        let gone = before.keys().filter(|name| !after.contains_key(*name)).map(|name| format!("- {name}"));
        let other = after.iter().filter_map(|(name, now)| match before.get(name) {
            None => Some(format!("+ {name}")),
            Some(then) if then != now => Some(format!("~ {name}: {then} → {now}")),
            Some(_) => None,
        });
        gone.chain(other).collect()
    }
}

impl Org {
    /// What stands in the org now.
    pub fn portrait(&self) -> Portrait {
        let state = self.read();
        let metadata = &state.metadata;
        let mut parts = BTreeMap::new();
        let mut add = |kind: &str, name: &str, what: String| {
            parts.insert(format!("{kind} {name}"), what);
        };
        for object in metadata.objects() {
            add("object", &object.name, format!("{object:?}"));
            let rows = state.records.table(&object.name).filter(|record| !record.deleted);
            for record in rows {
                let size = state.records.blob(record.id).map_or(0, bytes::Bytes::len);
                add("record", record.id.as_str(), format!("{} {:?} {size}", object.name, record.values));
            }
        }
        for class in metadata.classes.values() {
            let unit = &class.unit;
            let name = format!("{} {}", unit.namespace.as_deref().unwrap_or_default(), unit.name);
            add("class", &name, format!("{} {}", unit.status, unit.body));
        }
        for trigger in metadata.triggers.values() {
            let unit = &trigger.unit;
            let name = format!("{} {}", unit.namespace.as_deref().unwrap_or_default(), unit.name);
            add("trigger", &name, format!("{} {}", unit.status, unit.body));
        }
        for set in metadata.permission_sets.values() {
            add("permission set", set.id.as_str(), format!("{set:?}"));
        }
        for (name, permission) in &metadata.custom_permissions {
            add("custom permission", name, format!("{permission:?}"));
        }
        for held in metadata.components.all() {
            add(held.kind, &held.full_name, format!("{held:?}"));
        }
        for (id, assignment) in state.assignments.iter() {
            add("assignment", id.as_str(), format!("{assignment:?}"));
        }
        for (id, user) in state.users.iter() {
            add("user", id.as_str(), format!("{} {}", user.username, user.active));
        }
        add("rules", "", format!("{:?}", metadata.rules));
        add("streams", "", format!("{:?}", metadata.streams));
        add("packages", "", format!("{:?}", state.packages));
        Portrait(parts)
    }
}
