//! What an org knows about its objects.

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::field::{Field, FieldType, audit_fields, owner_field, spaced};
use super::id::Id;

/// Where an object comes from and how access to it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ObjectKind {
    /// Object permissions decide.
    Standard,
    /// Part of the set-up or the catalogue: readable with "View Setup and Configuration", no object permissions.
    Setup,
    /// Readable by everybody, as far as the row itself is visible (Organization, User, Profile…).
    Open,
    /// `__c`.
    Custom,
    /// `__e`: never stored, only published.
    Event,
    /// `__mdt`.
    CustomMetadata,
}

/// The moments at which a trigger can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TriggerEvent {
    BeforeInsert,
    BeforeUpdate,
    BeforeDelete,
    AfterInsert,
    AfterUpdate,
    AfterDelete,
    AfterUndelete,
}

impl TriggerEvent {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::BeforeInsert,
        Self::BeforeUpdate,
        Self::BeforeDelete,
        Self::AfterInsert,
        Self::AfterUpdate,
        Self::AfterDelete,
        Self::AfterUndelete,
    ];

    /// The words of the Apex source.
    pub fn words(self) -> &'static str {
        match self {
            Self::BeforeInsert => "before insert",
            Self::BeforeUpdate => "before update",
            Self::BeforeDelete => "before delete",
            Self::AfterInsert => "after insert",
            Self::AfterUpdate => "after update",
            Self::AfterDelete => "after delete",
            Self::AfterUndelete => "after undelete",
        }
    }
}

/// Organisation-wide sharing of an object's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SharingModel {
    Private,
    Read,
    ReadWrite,
    ControlledByParent,
}

impl SharingModel {
    /// The word of the metadata and of `EntityDefinition.InternalSharingModel`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Private => "Private",
            Self::Read => "Read",
            Self::ReadWrite => "ReadWrite",
            Self::ControlledByParent => "ControlledByParent",
        }
    }
}

/// A record type of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordType {
    /// `012…`
    pub id: Id,
    /// API name, without the object's.
    pub name: String,
    pub label: String,
    pub description: Option<String>,
    pub active: bool,
    pub created_ms: i64,
    pub created_by: Id,
    pub modified_ms: i64,
    pub modified_by: Id,
}

/// One object of the org.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectType {
    /// `01I…` for custom objects and events.
    pub id: Option<Id>,
    pub name: String,
    pub label: String,
    pub label_plural: String,
    pub key_prefix: Option<String>,
    pub kind: ObjectKind,
    pub createable: bool,
    pub updateable: bool,
    pub deletable: bool,
    pub undeletable: bool,
    pub queryable: bool,
    pub searchable: bool,
    pub layoutable: bool,
    pub feed_enabled: bool,
    /// The events that an Apex trigger on it may name; empty = it takes no triggers.
    pub trigger_events: Vec<TriggerEvent>,
    pub sharing: SharingModel,
    pub external_sharing: SharingModel,
    /// There before any deployment, so that profiles may already hold rights on it.
    pub built_in: bool,
    /// Deployed text (custom objects and events).
    pub description: Option<String>,
    /// `Deployed` or `InDevelopment`.
    pub deployment_status: Option<String>,
    /// Events: `PublishAfterCommit` or `PublishImmediately`.
    pub publish_behavior: Option<String>,
    /// System fields are shared between objects; see [`ObjectType::custom`] and [`ObjectType::event`].
    pub fields: Vec<Arc<Field>>,
    /// Beside the master record type, which every object has.
    pub record_types: Vec<Arc<RecordType>>,
    pub created_ms: i64,
    pub created_by: Option<Id>,
    pub modified_ms: i64,
    pub modified_by: Option<Id>,
}

impl ObjectType {
    /// A custom object as a deployment makes it: system fields are there, and nobody holds a right on it.
    /// `name_field` is called `Name`; `fields` holds the custom fields alone.
    pub fn custom(
        name: &str,
        label: &str,
        id: Id,
        key_prefix: &str,
        name_field: Field,
        fields: Vec<Field>,
    ) -> Self {
        let detail = fields.iter().any(|field| field.master_detail);
        let shared = &*SHARED;
        let mut all = vec![shared.id.clone()];
        if !detail {
            all.push(shared.owner.clone());
        }
        all.push(shared.is_deleted.clone());
        all.push(Arc::new(Field {
            name: "Name".to_owned(),
            name_field: true,
            permissionable: false,
            ..name_field
        }));
        all.extend(shared.audit.iter().cloned());
        all.extend(fields.into_iter().map(Arc::new));
        Self {
            id: Some(id),
            key_prefix: Some(key_prefix.to_owned()),
            label: label.to_owned(),
            label_plural: format!("{label}s"),
            undeletable: true,
            sharing: if detail { SharingModel::ControlledByParent } else { SharingModel::ReadWrite },
            deployment_status: Some("Deployed".to_owned()),
            trigger_events: TriggerEvent::ALL.to_vec(),
            fields: all,
            ..Self::bare(name, ObjectKind::Custom)
        }
    }

    /// A high-volume platform event as a deployment makes it.
    pub fn event(name: &str, label: &str, id: Id, key_prefix: &str, fields: Vec<Field>) -> Self {
        let mut all = vec![
            Field { nillable: true, ..Field::system("ReplayId", FieldType::String) },
            Field::system("CreatedDate", FieldType::DateTime),
            Field {
                relationship: Some("CreatedBy".to_owned()),
                reference_to: vec!["User".to_owned()],
                ..Field::system("CreatedById", FieldType::Reference)
            },
            Field { length: 36, ..Field::system("EventUuid", FieldType::String) },
        ];
        all.extend(fields.into_iter().map(|field| Field { permissionable: false, ..field }));
        let all = all.into_iter().map(Arc::new).collect();
        Self {
            id: Some(id),
            key_prefix: Some(key_prefix.to_owned()),
            label: label.to_owned(),
            label_plural: format!("{label}s"),
            updateable: false,
            deletable: false,
            queryable: false,
            searchable: false,
            layoutable: false,
            deployment_status: Some("Deployed".to_owned()),
            publish_behavior: Some("PublishAfterCommit".to_owned()),
            trigger_events: vec![TriggerEvent::AfterInsert],
            fields: all,
            ..Self::bare(name, ObjectKind::Event)
        }
    }

    /// An object without fields that allows everything but triggers.
    pub fn bare(name: &str, kind: ObjectKind) -> Self {
        Self {
            id: None,
            name: name.to_owned(),
            label: spaced(name),
            label_plural: format!("{}s", spaced(name)),
            key_prefix: None,
            kind,
            createable: true,
            updateable: true,
            deletable: true,
            undeletable: false,
            queryable: true,
            searchable: true,
            layoutable: true,
            feed_enabled: false,
            trigger_events: Vec::new(),
            sharing: SharingModel::ReadWrite,
            external_sharing: SharingModel::Private,
            built_in: false,
            description: None,
            deployment_status: None,
            publish_behavior: None,
            record_types: Vec::new(),
            fields: Vec::new(),
            created_ms: 0,
            created_by: None,
            modified_ms: 0,
            modified_by: None,
        }
    }

    /// The field of this name, ignoring case.
    pub fn field(&self, name: &str) -> Option<&Arc<Field>> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Whether an Apex trigger may stand on it.
    pub fn triggerable(&self) -> bool {
        !self.trigger_events.is_empty()
    }

    /// Whether its name carries a custom suffix.
    pub fn is_custom(&self) -> bool {
        matches!(self.kind, ObjectKind::Custom | ObjectKind::Event | ObjectKind::CustomMetadata)
    }

    /// The name without its custom suffix.
    pub fn developer_name(&self) -> &str {
        if self.is_custom() {
            self.name.rsplit_once("__").map_or(&self.name, |(stem, _)| stem)
        } else {
            &self.name
        }
    }

    /// `EntityDefinition.DurableId` and `TableEnumOrId`: the name of a standard object, the 15-character `01I` id of a custom one.
    pub fn durable_id(&self) -> &str {
        self.id.as_ref().map_or(&self.name, Id::short)
    }

    /// Whether records belong to somebody.
    pub fn has_owner(&self) -> bool {
        self.field("OwnerId").is_some()
    }
}

/// The system fields of custom objects, made once: a large org has them tens of thousands of times.
struct Shared {
    id: Arc<Field>,
    owner: Arc<Field>,
    is_deleted: Arc<Field>,
    audit: Vec<Arc<Field>>,
}

/// The field that the platform keeps under this name in every object, ignoring case.
pub(super) fn system_field(name: &str) -> Option<Arc<Field>> {
    let shared = &*SHARED;
    let all = [&shared.id, &shared.owner, &shared.is_deleted].into_iter().chain(&shared.audit);
    all.into_iter().find(|field| field.name.eq_ignore_ascii_case(name)).cloned()
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| Shared {
    id: Arc::new(Field::system("Id", FieldType::Id)),
    owner: Arc::new(owner_field()),
    is_deleted: Arc::new(Field::system("IsDeleted", FieldType::Boolean)),
    audit: audit_fields().into_iter().map(Arc::new).collect(),
});
