//! Fields of objects.

use std::sync::Arc;

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
    /// No other values than those of the picklist.
    pub restricted: bool,
    /// What a create without a value gets; booleans without one get false.
    pub default: Option<serde_json::Value>,
    pub help: Option<String>,
    pub description: Option<String>,
    /// Custom field's type in the words of the metadata (`LongTextArea`, `MasterDetail`), for the Tooling tables.
    pub metadata_type: Option<String>,
    /// How its values come about, where nobody stores them.
    pub computed: Option<Arc<Computed>>,
    pub modified_ms: i64,
}

/// How the values of a field are worked out.
#[derive(Debug, Clone, PartialEq)]
pub enum Computed {
    /// By a formula; empty numbers count as zero, or make it empty.
    Formula { source: String, blank_as_zero: bool },
    /// From the details of the record.
    Summary(Summary),
}

/// A roll-up summary.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The object of the details.
    pub child: String,
    /// Their master-detail field.
    pub key: String,
    /// Their field that is summed up; absent where they are counted.
    pub of: Option<String>,
    /// `count`, `sum`, `min` or `max`.
    pub operation: String,
    /// What counts: field, operation, value.
    pub filters: Vec<(String, String, String)>,
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
            restricted: false,
            default: None,
            help: None,
            description: None,
            metadata_type: None,
            computed: None,
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
