//! What another administrator of the org may do meanwhile: changes of the schema that come from nobody's deployment.

use std::sync::Arc;

use super::audit;
use super::field::{Field, FieldType};
use super::id::{Id, prefix};
use super::schema::ObjectType;
use super::{Org, generated};

impl Org {
    /// Makes a custom object without custom fields, on which nobody is given a right; `None` when the name is taken.
    pub fn add_object(&self, name: &str, label: &str) -> Option<Id> {
        let now_ms = self.now_ms();
        let made = self.change_metadata(|metadata| {
            if metadata.object(name).is_some() {
                return Err(());
            }
            let taken =
                |key: &str| metadata.objects().any(|object| object.key_prefix.as_deref() == Some(key));
            let key = (0..).map(generated::key_prefix).find(|key| !taken(key)).ok_or(())?;
            let id = self.ids.next(prefix::CUSTOM_OBJECT);
            let name_field = Field { length: 80, nillable: false, ..Field::new("Name", FieldType::String) };
            metadata.put_object(ObjectType {
                created_ms: now_ms,
                created_by: Some(self.admin),
                modified_ms: now_ms,
                modified_by: Some(self.admin),
                ..ObjectType::custom(name, label, id, &key, name_field, Vec::new())
            });
            Ok(id)
        });
        let id = made.ok()?;
        self.trail("created", "CustomObject", name);
        Some(id)
    }

    /// Takes objects away, with their records; answers how many of them were there.
    pub fn remove_objects(&self, names: &[&str]) -> usize {
        let removed = self.change_metadata(|metadata| {
            let there = names.iter().filter(|name| metadata.remove_object(name).is_some());
            Ok::<_, std::convert::Infallible>(there.copied().collect::<Vec<_>>())
        });
        let removed = removed.unwrap_or_else(|never| match never {});
        for name in &removed {
            self.write().records.drop_table(name);
            self.trail("deleted", "CustomObject", name);
        }
        removed.len()
    }

    /// Gives a field another label; false when there is no such field.
    pub fn relabel_field(&self, object: &str, field: &str, label: &str) -> bool {
        let now_ms = self.now_ms();
        let done = self.change_metadata(|metadata| {
            let mut changed = ObjectType::clone(metadata.object(object).ok_or(())?);
            let found =
                changed.fields.iter_mut().find(|one| one.name.eq_ignore_ascii_case(field)).ok_or(())?;
            let found = Arc::make_mut(found);
            found.label = label.to_owned();
            found.modified_ms = now_ms;
            (changed.modified_ms, changed.modified_by) = (now_ms, Some(self.admin));
            metadata.put_object(changed);
            Ok::<(), ()>(())
        });
        if done.is_ok() {
            self.trail("changed", "CustomField", &format!("{object}.{field}"));
        }
        done.is_ok()
    }

    fn trail(&self, effect: &str, what: &str, name: &str) {
        if let Some(change) = audit::component(effect, what, name) {
            self.audit(self.admin, change);
        }
    }
}
