//! Setup objects and others do not mix in one transaction of Apex.

use std::sync::Arc;

use super::RowError;
use crate::org::{ObjectKind, ObjectType};

/// Objects of the setup that Apex may change, in their own right.
const SETUP: [&str; 14] = [
    "FieldPermissions",
    "Group",
    "GroupMember",
    "ObjectPermissions",
    "ObjectTerritory2Association",
    "PermissionSet",
    "PermissionSetAssignment",
    "QueueSobject",
    "SetupEntityAccess",
    "Territory2",
    "User",
    "UserRole",
    "UserTerritory2Association",
    "UserPackageLicense",
];

/// The first objects of each kind that were changed.
#[derive(Debug, Clone, Default)]
pub struct Mix {
    setup: Option<Arc<str>>,
    plain: Option<Arc<str>>,
}

impl Mix {
    /// Refuses an object of one kind after one of the other.
    pub(super) fn add(&mut self, object: &ObjectType) -> Result<(), RowError> {
        if object.kind == ObjectKind::Event {
            return Ok(());
        }
        let setup = SETUP.contains(&object.name.as_str());
        let (own, other) =
            if setup { (&mut self.setup, &self.plain) } else { (&mut self.plain, &self.setup) };
        if let Some(other) = other {
            let message = format!(
                "DML operation on setup object is not permitted after you have updated a non-setup object (or vice versa): {}, original object: {other}",
                object.name
            );
            return Err(RowError::new("MIXED_DML_OPERATION", message));
        }
        own.get_or_insert_with(|| object.name.as_str().into());
        Ok(())
    }
}
