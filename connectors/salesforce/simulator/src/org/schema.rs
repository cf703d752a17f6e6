//! What an org knows about its objects and their fields.

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::id::Id;

/// A field's type in the words of a describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    Id,
    Reference,
    String,
    TextArea,
    Boolean,
    Int,
    Long,
    Double,
    Currency,
    Percent,
    Date,
    DateTime,
    Time,
    Picklist,
    MultiPicklist,
    Combobox,
    Email,
    Phone,
    Url,
    Address,
    Location,
    Base64,
    EncryptedString,
    #[serde(rename = "anyType")]
    AnyType,
    ComplexValue,
    Json,
}

impl FieldType {
    /// The word a describe uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Reference => "reference",
            Self::String => "string",
            Self::TextArea => "textarea",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Long => "long",
            Self::Double => "double",
            Self::Currency => "currency",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Time => "time",
            Self::Picklist => "picklist",
            Self::MultiPicklist => "multipicklist",
            Self::Combobox => "combobox",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "url",
            Self::Address => "address",
            Self::Location => "location",
            Self::Base64 => "base64",
            Self::EncryptedString => "encryptedstring",
            Self::AnyType => "anyType",
            Self::ComplexValue => "complexvalue",
            Self::Json => "json",
        }
    }

    /// Whether values are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Long | Self::Double | Self::Currency | Self::Percent)
    }
}

/// One field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// `00N…` for custom fields.
    pub id: Option<Id>,
    /// API name; `…__c` for custom fields.
    pub name: String,
    pub label: String,
    pub kind: FieldType,
    /// Characters for text, 0 where it means nothing.
    pub length: u32,
    pub precision: u8,
    pub scale: u8,
    pub nillable: bool,
    pub unique: bool,
    pub external_id: bool,
    pub createable: bool,
    pub updateable: bool,
    /// Whether a create without a value gets one (booleans always do).
    pub defaulted: bool,
    pub custom: bool,
    /// The object's own name field.
    pub name_field: bool,
    pub auto_number: bool,
    /// Field-level security applies: false for system, name, required and master-detail fields.
    pub permissionable: bool,
    /// There before any deployment, so that profiles may already hold rights on it.
    pub built_in: bool,
    pub master_detail: bool,
    pub reference_to: Vec<String>,
    /// The word that steps to the parent in a query (`Owner`, `Item__r`).
    pub relationship: Option<String>,
    /// The word that steps from the parent to its children.
    pub child_relationship: Option<String>,
    pub picklist: Vec<String>,
    pub help: Option<String>,
    pub description: Option<String>,
    /// Custom field's type in the words of the metadata (`LongTextArea`, `MasterDetail`), for the Tooling tables.
    pub metadata_type: Option<String>,
    pub modified_ms: i64,
}

impl Field {
    /// An ordinary, optional, writable field.
    pub fn new(name: &str, kind: FieldType) -> Self {
        let boolean = kind == FieldType::Boolean;
        Self {
            id: None,
            name: name.to_owned(),
            label: spaced(name),
            kind,
            length: match kind {
                FieldType::Id | FieldType::Reference => 18,
                FieldType::String | FieldType::Picklist | FieldType::Url | FieldType::Combobox => 255,
                FieldType::Email => 80,
                FieldType::Phone => 40,
                FieldType::TextArea => 32_000,
                FieldType::MultiPicklist => 4_099,
                _ => 0,
            },
            precision: if kind.is_number() { 18 } else { 0 },
            scale: 0,
            nillable: !boolean && kind != FieldType::Id,
            unique: false,
            external_id: false,
            createable: true,
            updateable: true,
            defaulted: boolean,
            custom: name.ends_with("__c"),
            name_field: false,
            auto_number: false,
            permissionable: true,
            built_in: false,
            master_detail: false,
            reference_to: Vec::new(),
            relationship: None,
            child_relationship: None,
            picklist: Vec::new(),
            help: None,
            description: None,
            metadata_type: None,
            modified_ms: 0,
        }
    }

    /// A field that the platform fills.
    pub fn system(name: &str, kind: FieldType) -> Self {
        Self {
            createable: false,
            updateable: false,
            defaulted: true,
            nillable: false,
            permissionable: false,
            built_in: true,
            ..Self::new(name, kind)
        }
    }

    /// A lookup; `relationship` is the word that steps to the parent.
    pub fn reference(name: &str, to: &[&str], relationship: &str) -> Self {
        Self {
            reference_to: to.iter().map(|name| (*name).to_owned()).collect(),
            relationship: Some(relationship.to_owned()),
            ..Self::new(name, FieldType::Reference)
        }
    }

    /// Whether a create must bring a value.
    pub fn required_on_create(&self) -> bool {
        !self.nillable && self.createable && !self.defaulted && !self.auto_number
    }
}

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

static SHARED: LazyLock<Shared> = LazyLock::new(|| Shared {
    id: Arc::new(Field::system("Id", FieldType::Id)),
    owner: Arc::new(owner_field()),
    is_deleted: Arc::new(Field::system("IsDeleted", FieldType::Boolean)),
    audit: audit_fields().into_iter().map(Arc::new).collect(),
});

/// `OwnerId`, as every object without a master has it.
pub fn owner_field() -> Field {
    Field {
        nillable: false,
        defaulted: true,
        permissionable: false,
        built_in: true,
        ..Field::reference("OwnerId", &["Group", "User"], "Owner")
    }
}

/// Who made and changed a record, and when.
pub fn audit_fields() -> Vec<Field> {
    let by = |name: &str, step: &str| Field {
        reference_to: vec!["User".to_owned()],
        relationship: Some(step.to_owned()),
        ..Field::system(name, FieldType::Reference)
    };
    vec![
        Field::system("CreatedDate", FieldType::DateTime),
        by("CreatedById", "CreatedBy"),
        Field::system("LastModifiedDate", FieldType::DateTime),
        by("LastModifiedById", "LastModifiedBy"),
        Field::system("SystemModstamp", FieldType::DateTime),
    ]
}

/// `LastModifiedById` → `Last Modified By Id`, `Quarantine_Item__c` → `Quarantine Item`.
pub fn spaced(name: &str) -> String {
    let stem = name.rsplit_once("__").map_or(name, |(stem, _)| stem);
    let mut label = String::with_capacity(stem.len() + 8);
    let mut last = ' ';
    for letter in stem.chars() {
        if letter == '_' {
            label.push(' ');
        } else {
            if letter.is_ascii_uppercase() && last.is_ascii_lowercase() {
                label.push(' ');
            }
            label.push(letter);
        }
        last = letter;
    }
    label
}
