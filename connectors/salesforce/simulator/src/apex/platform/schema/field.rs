//! Describes of fields.

use std::sync::Arc;

use super::super::arguments::null_argument;
use super::super::database::kept;
use super::super::define::Definition;
use crate::apex::run::Thrown;
use crate::apex::types::Type;
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::org::{Field, FieldAccess, FieldType, ObjectType};
use crate::tables;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const SOAP: &[&str] = &[
    "ADDRESS",
    "ANYTYPE",
    "BASE64BINARY",
    "BOOLEAN",
    "DATE",
    "DATETIME",
    "DOUBLE",
    "ID",
    "INTEGER",
    "LOCATION",
    "STRING",
    "TIME",
];

const DESCRIBE: &str = "Schema.DescribeFieldResult";

pub(super) fn definitions() -> Vec<Definition> {
    let describe = Definition::class(DESCRIBE)
        .method("Integer getByteLength()", byte_length)
        .method("Schema.SObjectField getController()", nothing)
        .method("Object getDefaultValue()", default_value)
        .method("String getDefaultValueFormula()", nothing)
        .method("Integer getDigits()", digits)
        .method("String getInlineHelpText()", help)
        .method("String getLabel()", label)
        .method("Integer getLength()", length)
        .method("String getLocalName()", name)
        .method("String getName()", name)
        .method("List<Schema.PicklistEntry> getPicklistValues()", picklist)
        .method("Integer getPrecision()", precision)
        .method("List<Schema.SObjectType> getReferenceTo()", reference_to)
        .method("String getRelationshipName()", relationship)
        .method("Integer getRelationshipOrder()", nothing)
        .method("Integer getScale()", scale)
        .method("Schema.SoapType getSOAPType()", soap_type)
        .method("Schema.SObjectField getSObjectField()", token_of)
        .method("Schema.SObjectType getSObjectType()", object_of)
        .method("Schema.DisplayType getType()", kind);
    let mut describe = describe;
    for (text, run) in FLAGS {
        describe = describe.method(text, run);
    }
    vec![
        Definition::class("Schema.SObjectField")
            .method("Schema.DescribeFieldResult getDescribe()", token_describe)
            .method("Boolean equals(Object)", super::equals)
            .method("Integer hashCode()", super::hash_code)
            .method("String toString()", super::super::system::object_text),
        describe,
        Definition::enumeration("Schema.SoapType", SOAP),
        Definition::class("Schema.PicklistEntry")
            .method("String getLabel()", entry_value)
            .method("String getValue()", entry_value)
            .method("Boolean isActive()", yes)
            .method("Boolean isDefaultValue()", no),
        Definition::enumeration(
            "Schema.DisplayType",
            &[
                "ADDRESS",
                "ANYTYPE",
                "BASE64",
                "BOOLEAN",
                "COMBOBOX",
                "COMPLEXVALUE",
                "CURRENCY",
                "DATACATEGORYGROUPREFERENCE",
                "DATE",
                "DATETIME",
                "DOUBLE",
                "EMAIL",
                "ENCRYPTEDSTRING",
                "ID",
                "INTEGER",
                "JSON",
                "LOCATION",
                "LONG",
                "MULTIPICKLIST",
                "PERCENT",
                "PHONE",
                "PICKLIST",
                "REFERENCE",
                "SOBJECT",
                "STRING",
                "TEXTAREA",
                "TIME",
                "URL",
            ],
        ),
    ]
}

/// A field as somebody may use it.
struct Known {
    object: Arc<ObjectType>,
    field: Arc<Field>,
}

fn known(tx: &mut Transaction, this: &Value) -> Result<Known, Thrown> {
    let token = match this {
        Value::RecordField(..) => this.clone(),
        other => kept(other, "field"),
    };
    let Value::RecordField(object, name) = token else { return Err(null_argument(tx)) };
    match object.field(&name).cloned() {
        Some(field) => Ok(Known { object, field }),
        None => Err(null_argument(tx)),
    }
}

fn access(tx: &Transaction, known: &Known) -> FieldAccess {
    tx.rights.reaching(crate::org::Reach::User).field(&known.object, &known.field)
}

fn token_describe(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    known(tx, this)?;
    let mut state = PlatformState::default();
    state.values.insert("field", this.clone());
    Ok(Value::Platform(PlatformValue::new(DESCRIBE, state)))
}

fn nothing(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Null)
}

fn yes(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(true))
}

fn no(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(false))
}

fn number(value: u32) -> Answer {
    Ok(Value::Integer(i32::try_from(value).unwrap_or(i32::MAX)))
}

fn texts(field: &Field) -> bool {
    field.length > 0 && !field.kind.is_number()
}

fn byte_length(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let field = known(tx, this)?.field;
    number(if texts(&field) { field.length.saturating_mul(3) } else { 0 })
}

fn default_value(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let field = known(tx, this)?.field;
    Ok(match &field.default {
        Some(value) => crate::apex::value::store::from_json(&field, value),
        None if field.kind == FieldType::Boolean => Value::Boolean(false),
        None => Value::Null,
    })
}

fn digits(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    number(if known(tx, this)?.field.kind == FieldType::Int { 8 } else { 0 })
}

fn help(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(known(tx, this)?.field.help.as_deref().map_or(Value::Null, Value::string))
}

fn label(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(&known(tx, this)?.field.label))
}

fn length(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let field = known(tx, this)?.field;
    number(if texts(&field) { field.length } else { 0 })
}

fn name(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(&known(tx, this)?.field.name))
}

fn picklist(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let field = known(tx, this)?.field;
    let entries = field.picklist.iter().map(|value| {
        let mut state = PlatformState::default();
        state.values.insert("value", Value::string(value));
        Value::Platform(PlatformValue::new("Schema.PicklistEntry", state))
    });
    Ok(Value::list(Type::platform("Schema.PicklistEntry"), entries.collect()))
}

fn entry_value(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "value"))
}

fn precision(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    number(u32::from(known(tx, this)?.field.precision))
}

fn scale(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    number(u32::from(known(tx, this)?.field.scale))
}

fn reference_to(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let field = known(tx, this)?.field;
    let objects = field.reference_to.iter().filter_map(|name| tx.state.metadata.object(name).cloned());
    let tokens = objects.map(Value::RecordType).collect();
    Ok(Value::list(Type::platform("Schema.SObjectType"), tokens))
}

fn relationship(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(known(tx, this)?.field.relationship.as_deref().map_or(Value::Null, Value::string))
}

fn token_of(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "field"))
}

fn object_of(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::RecordType(known(tx, this)?.object))
}

fn soap_type(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let name = match known(tx, this)?.field.kind {
        FieldType::Id | FieldType::Reference => "ID",
        FieldType::Boolean => "BOOLEAN",
        FieldType::Int | FieldType::Long => "INTEGER",
        FieldType::Double | FieldType::Currency | FieldType::Percent => "DOUBLE",
        FieldType::Date => "DATE",
        FieldType::DateTime => "DATETIME",
        FieldType::Time => "TIME",
        FieldType::Address => "ADDRESS",
        FieldType::Location => "LOCATION",
        FieldType::Base64 => "BASE64BINARY",
        FieldType::AnyType => "ANYTYPE",
        _ => "STRING",
    };
    Ok(Value::PlatformEnum("Schema.SoapType", name))
}

fn kind(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let name = match known(tx, this)?.field.kind {
        FieldType::Id => "ID",
        FieldType::Reference => "REFERENCE",
        FieldType::String => "STRING",
        FieldType::TextArea => "TEXTAREA",
        FieldType::Boolean => "BOOLEAN",
        FieldType::Int => "INTEGER",
        FieldType::Long => "LONG",
        FieldType::Double => "DOUBLE",
        FieldType::Currency => "CURRENCY",
        FieldType::Percent => "PERCENT",
        FieldType::Date => "DATE",
        FieldType::DateTime => "DATETIME",
        FieldType::Time => "TIME",
        FieldType::Picklist => "PICKLIST",
        FieldType::MultiPicklist => "MULTIPICKLIST",
        FieldType::Combobox => "COMBOBOX",
        FieldType::Email => "EMAIL",
        FieldType::Phone => "PHONE",
        FieldType::Url => "URL",
        FieldType::Address => "ADDRESS",
        FieldType::Location => "LOCATION",
        FieldType::Base64 => "BASE64",
        FieldType::EncryptedString => "ENCRYPTEDSTRING",
        FieldType::AnyType => "ANYTYPE",
        FieldType::ComplexValue => "COMPLEXVALUE",
        FieldType::Json => "JSON",
    };
    Ok(Value::PlatformEnum("Schema.DisplayType", name))
}

macro_rules! flags {
    ($($run:ident $text:literal $test:expr;)*) => {
        $(
            fn $run(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
                let known = known(tx, this)?;
                let access = access(tx, &known);
                let test: fn(&Known, FieldAccess) -> bool = $test;
                Ok(Value::Boolean(test(&known, access)))
            }
        )*
        const FLAGS: [(&str, super::super::NativeFn); 28] = [$(($text, $run)),*];
    };
}

flags! {
    accessible "Boolean isAccessible()" |_, access| access.read;
    aggregatable "Boolean isAggregatable()" |known, _| tables::filterable(&known.field);
    auto_number "Boolean isAutoNumber()" |known, _| known.field.auto_number;
    calculated "Boolean isCalculated()" |_, _| false;
    cascade "Boolean isCascadeDelete()" |known, _| known.field.master_detail;
    case_sensitive "Boolean isCaseSensitive()" |_, _| false;
    createable "Boolean isCreateable()" |known, access| known.field.createable && access.edit;
    custom "Boolean isCustom()" |known, _| known.field.custom;
    defaulted "Boolean isDefaultedOnCreate()" |known, _| known.field.defaulted;
    dependent "Boolean isDependentPicklist()" |_, _| false;
    deprecated "Boolean isDeprecatedAndHidden()" |_, _| false;
    encrypted "Boolean isEncrypted()" |known, _| known.field.kind == FieldType::EncryptedString;
    external "Boolean isExternalId()" |known, _| known.field.external_id;
    filterable "Boolean isFilterable()" |known, _| tables::filterable(&known.field);
    formula_zero "Boolean isFormulaTreatNullNumberAsZero()" |_, _| false;
    groupable "Boolean isGroupable()" |known, _| tables::filterable(&known.field);
    html "Boolean isHtmlFormatted()" |_, _| false;
    id_lookup "Boolean isIdLookup()" |known, _| known.field.external_id || known.field.kind == FieldType::Id;
    name_field "Boolean isNameField()" |known, _| known.field.name_field;
    name_pointing "Boolean isNamePointing()" |known, _| known.field.reference_to.len() > 1;
    nillable "Boolean isNillable()" |known, _| known.field.nillable;
    permissionable "Boolean isPermissionable()" |known, _| known.field.permissionable;
    restricted_delete "Boolean isRestrictedDelete()" |_, _| false;
    restricted "Boolean isRestrictedPicklist()" |known, _| known.field.restricted;
    sortable "Boolean isSortable()" |known, _| tables::filterable(&known.field);
    unique "Boolean isUnique()" |known, _| known.field.unique;
    updateable "Boolean isUpdateable()" |known, access| known.field.updateable && access.edit;
    write_master "Boolean isWriteRequiresMasterRead()" |_, _| false;
}
