//! The schema that an org is born with: built in, and generated or read from a file.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::field::{Field, FieldType};
use super::metadata::Metadata;
use super::schema::ObjectType;
use super::standard::{other_objects, setup_objects, standard_objects, tooling_objects, user_permissions};
use super::whole::{SchemaError, load};
use super::{Id, foreign, generated};
use crate::config::Config;

/// Objects that stay however small the org: they belong to every org, or files and posts live in them.
const ALWAYS: usize = 15;

/// The objects as `config` asks for them, made by `admin`.
pub(super) fn schema(config: &Config, admin: Id, born_ms: i64) -> Result<Metadata, SchemaError> {
    let mut objects: Vec<ObjectType> = setup_objects().iter().map(with_permission_columns).collect();
    match &config.schema {
        Some(path) => {
            objects.extend_from_slice(standard_objects());
            objects.extend_from_slice(other_objects());
            let lines = load(path)?;
            for object in &mut objects {
                if let Some(line) = lines.get(&object.name.to_ascii_lowercase()) {
                    *object = foreign::enriched(object, line, born_ms);
                }
            }
            let known: BTreeSet<String> =
                objects.iter().map(|object| object.name.to_ascii_lowercase()).collect();
            let mut taken: BTreeSet<String> =
                objects.iter().filter_map(|object| object.key_prefix.clone()).collect();
            taken.extend(lines.values().filter_map(|line| line.key_prefix.clone()));
            let mut free = (0..).map(generated::key_prefix).filter(|prefix| !taken.contains(prefix));
            let foreign = lines.iter().filter(|(name, _)| !known.contains(*name));
            objects.extend(
                foreign.map(|(_, line)| foreign::object(line, born_ms, || free.next().unwrap_or_default())),
            );
        }
        None => {
            let room = config.objects.saturating_sub(objects.len()).max(ALWAYS);
            objects.extend(standard_objects().iter().take(room).cloned());
            let room = room.saturating_sub(standard_objects().len());
            objects.extend(other_objects().iter().take(room).cloned());
            let more = room.saturating_sub(other_objects().len());
            objects.extend((0..more).map(|index| generated::object(config.seed, index, born_ms, admin)));
        }
    }
    let mut metadata = Metadata::default();
    for object in objects {
        metadata.put_object(ObjectType {
            created_ms: born_ms,
            modified_ms: born_ms,
            created_by: Some(admin),
            modified_by: Some(admin),
            ..object
        });
    }
    for object in tooling_objects() {
        metadata.put_tooling_object(object.clone());
    }
    for object in crate::tables::streams::objects() {
        metadata.put_tooling_object(object);
    }
    metadata.born(born_ms);
    Ok(metadata)
}

/// Profiles, permission sets and UserPermissionAccess have a column for each user permission.
fn with_permission_columns(object: &ObjectType) -> ObjectType {
    let mut object = object.clone();
    if matches!(object.name.as_str(), "Profile" | "PermissionSet" | "UserPermissionAccess") {
        let columns = user_permissions().map(|name| {
            let field = Field::new(&format!("Permissions{name}"), FieldType::Boolean);
            Arc::new(Field {
                permissionable: false,
                built_in: true,
                createable: false,
                updateable: false,
                ..field
            })
        });
        object.fields.extend(columns);
    }
    object
}
