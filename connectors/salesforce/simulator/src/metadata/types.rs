//! The metadata types that a deploy may hold: their XML schemas, folders and file endings.

use super::schema::Shape::{Boolean, Double, Enum, Integer, Record, Text};
use super::schema::{Type, many, must, one};

/// How a type's components lie in the zip.
#[derive(Debug)]
pub struct Kind {
    /// Type name in `package.xml`.
    pub name: &'static str,
    /// Folder of its files.
    pub folder: &'static str,
    /// File ending, without the dot.
    pub ending: &'static str,
    /// The content stands beside a `-meta.xml` file that carries the metadata.
    pub has_meta: bool,
    /// Schema of the metadata file.
    pub schema: &'static Type,
}

/// Types with files of their own. `CustomField` has none: fields lie in their object's file.
pub static KINDS: &[Kind] = &[
    Kind {
        name: "CustomObject",
        folder: "objects",
        ending: "object",
        has_meta: false,
        schema: &CUSTOM_OBJECT,
    },
    Kind {
        name: "CustomPermission",
        folder: "customPermissions",
        ending: "customPermission",
        has_meta: false,
        schema: &CUSTOM_PERMISSION,
    },
    Kind { name: "ApexClass", folder: "classes", ending: "cls", has_meta: true, schema: &APEX_CLASS },
    Kind {
        name: "ApexTrigger",
        folder: "triggers",
        ending: "trigger",
        has_meta: true,
        schema: &APEX_TRIGGER,
    },
    Kind {
        name: "PermissionSet",
        folder: "permissionsets",
        ending: "permissionset",
        has_meta: false,
        schema: &PERMISSION_SET,
    },
];

/// Name of the type whose components are single fields.
pub const CUSTOM_FIELD_TYPE: &str = "CustomField";

/// Name of the type whose components are single validation rules of an object.
pub const VALIDATION_RULE_TYPE: &str = "ValidationRule";

/// Types that exist on Salesforce and that this org does not offer; any other name is unknown.
pub static UNAVAILABLE: &[&str] = &[
    "ApexComponent",
    "ApexPage",
    "ApexTestSuite",
    "AppMenu",
    "ApprovalProcess",
    "AssignmentRules",
    "AuraDefinitionBundle",
    "AuthProvider",
    "AutoResponseRules",
    "BusinessProcess",
    "Certificate",
    "CompactLayout",
    "ConnectedApp",
    "CorsWhitelistOrigin",
    "CspTrustedSite",
    "CustomApplication",
    "CustomLabel",
    "CustomLabels",
    "CustomMetadata",
    "CustomNotificationType",
    "CustomSite",
    "CustomTab",
    "Dashboard",
    "DuplicateRule",
    "EmailTemplate",
    "EscalationRules",
    "ExternalClientApplication",
    "ExternalCredential",
    "FieldSet",
    "FlexiPage",
    "Flow",
    "GlobalValueSet",
    "Group",
    "InstalledPackage",
    "Layout",
    "LightningComponentBundle",
    "ListView",
    "ManagedEventSubscription",
    "MatchingRules",
    "MutingPermissionSet",
    "NamedCredential",
    "PermissionSetGroup",
    "PlatformEventChannel",
    "PlatformEventChannelMember",
    "PlatformEventSubscriberConfig",
    "Profile",
    "Queue",
    "QuickAction",
    "RecordType",
    "RemoteSiteSetting",
    "Report",
    "Role",
    "Settings",
    "SharingRules",
    "StandardValueSet",
    "StaticResource",
    "WebLink",
    "Workflow",
];

/// `package.xml` and the destructive manifests.
pub static PACKAGE: Type = Type {
    name: "Package",
    members: &[
        one("fullName", Text),
        one("description", Text),
        many("types", Record(&PACKAGE_TYPE_MEMBERS)),
        one("version", Text),
    ],
};
static PACKAGE_TYPE_MEMBERS: Type =
    Type { name: "PackageTypeMembers", members: &[many("members", Text), one("name", Text)] };

/// Objects and platform events.
pub static CUSTOM_OBJECT: Type = Type {
    name: "CustomObject",
    members: &[
        one("fullName", Text),
        one("allowInChatterGroups", Boolean),
        one("customSettingsType", Enum("CustomSettingsType", &["List", "Hierarchy"])),
        one("deploymentStatus", Enum("DeploymentStatus", &["Deployed", "InDevelopment"])),
        one("description", Text),
        one("enableActivities", Boolean),
        one("enableBulkApi", Boolean),
        one("enableFeeds", Boolean),
        one("enableHistory", Boolean),
        one("enableLicensing", Boolean),
        one("enableReports", Boolean),
        one("enableSearch", Boolean),
        one("enableSharing", Boolean),
        one("enableStreamingApi", Boolean),
        one("eventType", Enum("PlatformEventType", &["HighVolume", "StandardVolume"])),
        one("externalSharingModel", Enum("SharingModel", SHARING_MODELS)),
        many("fields", Record(&CUSTOM_FIELD)),
        one("gender", Enum("Gender", &["Neuter", "Masculine", "Feminine", "AnimateMasculine"])),
        one("label", Text),
        one("nameField", Record(&NAME_FIELD)),
        one("pluralLabel", Text),
        one(
            "publishBehavior",
            Enum("PlatformEventPublishBehavior", &["PublishAfterCommit", "PublishImmediately"]),
        ),
        one("sharingModel", Enum("SharingModel", SHARING_MODELS)),
        one("startsWith", Enum("StartsWith", &["Consonant", "Vowel", "Special"])),
        many("validationRules", Record(&VALIDATION_RULE)),
        one("visibility", Enum("SetupObjectVisibility", &["Public", "Protected", "PackageProtected"])),
    ],
};

/// One validation rule inside its object's file.
static VALIDATION_RULE: Type = Type {
    name: "ValidationRule",
    members: &[
        must("fullName", Text),
        must("active", Boolean),
        one("description", Text),
        must("errorConditionFormula", Text),
        one("errorDisplayField", Text),
        must("errorMessage", Text),
    ],
};

static SHARING_MODELS: &[&str] =
    &["Private", "Read", "ReadSelect", "ReadWrite", "ReadWriteTransfer", "FullAccess", "ControlledByParent"];

static NAME_FIELD: Type = Type {
    name: "CustomField",
    members: &[
        one("displayFormat", Text),
        one("label", Text),
        one("startingNumber", Integer),
        one("trackHistory", Boolean),
        one("type", Enum("FieldType", &["Text", "AutoNumber"])),
    ],
};

/// One field inside its object's file.
pub static CUSTOM_FIELD: Type = Type {
    name: "CustomField",
    members: &[
        must("fullName", Text),
        one("defaultValue", Text),
        one("deleteConstraint", Enum("DeleteConstraint", &["SetNull", "Restrict", "Cascade"])),
        one("description", Text),
        one("displayFormat", Text),
        one("externalId", Boolean),
        one("caseSensitive", Boolean),
        one("inlineHelpText", Text),
        one("isFilteringDisabled", Boolean),
        one("isNameField", Boolean),
        one("isSortingDisabled", Boolean),
        one("label", Text),
        one("length", Integer),
        one("precision", Integer),
        one("referenceTo", Text),
        one("relationshipLabel", Text),
        one("relationshipName", Text),
        one("relationshipOrder", Integer),
        one("reparentableMasterDetail", Boolean),
        one("required", Boolean),
        one("scale", Integer),
        one("startingNumber", Integer),
        one("trackHistory", Boolean),
        one("trackTrending", Boolean),
        one("type", Enum("FieldType", FIELD_TYPES)),
        one("unique", Boolean),
        one("valueSet", Record(&VALUE_SET)),
        one("visibleLines", Integer),
        one("writeRequiresMasterRead", Boolean),
    ],
};

/// Field types of the Metadata API that can be deployed here.
pub static FIELD_TYPES: &[&str] = &[
    "AutoNumber",
    "Checkbox",
    "Currency",
    "Date",
    "DateTime",
    "Email",
    "Html",
    "LongTextArea",
    "Lookup",
    "MasterDetail",
    "MultiselectPicklist",
    "Number",
    "Percent",
    "Phone",
    "Picklist",
    "Text",
    "TextArea",
    "Time",
    "Url",
];

static VALUE_SET: Type = Type {
    name: "ValueSet",
    members: &[
        one("controllingField", Text),
        one("restricted", Boolean),
        one("valueSetDefinition", Record(&VALUE_SET_DEFINITION)),
    ],
};
static VALUE_SET_DEFINITION: Type = Type {
    name: "ValueSetValuesDefinition",
    members: &[one("sorted", Boolean), many("value", Record(&CUSTOM_VALUE))],
};
static CUSTOM_VALUE: Type = Type {
    name: "CustomValue",
    members: &[
        must("fullName", Text),
        one("color", Text),
        one("default", Boolean),
        one("description", Text),
        one("isActive", Boolean),
        one("label", Text),
    ],
};

/// `-meta.xml` of a class.
pub static APEX_CLASS: Type = Type {
    name: "ApexClass",
    members: &[
        one("fullName", Text),
        must("apiVersion", Double),
        one("status", Enum("ApexCodeUnitStatus", &["Active", "Inactive", "Deleted"])),
    ],
};

/// `-meta.xml` of a trigger.
pub static APEX_TRIGGER: Type = Type {
    name: "ApexTrigger",
    members: &[
        one("fullName", Text),
        must("apiVersion", Double),
        one("status", Enum("ApexCodeUnitStatus", &["Active", "Inactive", "Deleted"])),
    ],
};

/// A permission set.
pub static PERMISSION_SET: Type = Type {
    name: "PermissionSet",
    members: &[
        one("fullName", Text),
        many("classAccesses", Record(&CLASS_ACCESS)),
        many("customPermissions", Record(&CUSTOM_PERMISSION_ACCESS)),
        one("description", Text),
        many("fieldPermissions", Record(&FIELD_PERMISSION)),
        one("hasActivationRequired", Boolean),
        must("label", Text),
        one("license", Text),
        many("objectPermissions", Record(&OBJECT_PERMISSION)),
        many("userPermissions", Record(&USER_PERMISSION)),
    ],
};

static CLASS_ACCESS: Type = Type {
    name: "PermissionSetApexClassAccess",
    members: &[must("apexClass", Text), must("enabled", Boolean)],
};
static CUSTOM_PERMISSION_ACCESS: Type =
    Type { name: "PermissionSetCustomPermissions", members: &[must("enabled", Boolean), must("name", Text)] };
static FIELD_PERMISSION: Type = Type {
    name: "PermissionSetFieldPermissions",
    members: &[must("editable", Boolean), must("field", Text), one("readable", Boolean)],
};
static OBJECT_PERMISSION: Type = Type {
    name: "PermissionSetObjectPermissions",
    members: &[
        must("allowCreate", Boolean),
        must("allowDelete", Boolean),
        must("allowEdit", Boolean),
        must("allowRead", Boolean),
        must("modifyAllRecords", Boolean),
        must("object", Text),
        must("viewAllRecords", Boolean),
    ],
};
static USER_PERMISSION: Type =
    Type { name: "PermissionSetUserPermission", members: &[must("enabled", Boolean), must("name", Text)] };

/// A permission that code asks for.
pub static CUSTOM_PERMISSION: Type = Type {
    name: "CustomPermission",
    members: &[
        one("fullName", Text),
        one("description", Text),
        one("isLicensed", Boolean),
        must("label", Text),
    ],
};

impl Kind {
    /// The kind called `name` in `package.xml`.
    pub fn named(name: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// The kind whose folder `folder` is.
    pub fn in_folder(folder: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.folder == folder)
    }

    /// Path of a component's content, below the package's folder.
    pub fn path(&self, full_name: &str) -> String {
        format!("{}/{full_name}.{}", self.folder, self.ending)
    }
}

/// The kind that a folder of a package's sources holds.
pub(crate) fn packaged_kind(folder: &str) -> Option<&'static Kind> {
    Kind::in_folder(folder)
}
