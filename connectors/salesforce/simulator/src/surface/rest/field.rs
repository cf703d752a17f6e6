//! Fields in a describe.

use serde_json::{Value, json};

use crate::org::{Field, FieldType};
use crate::tables;

/// A field of a describe. `editable`: the caller's field-level security allows changes.
pub(super) fn describe(field: &Field, editable: bool) -> Value {
    let filterable = tables::filterable(field);
    let text = matches!(
        field.kind,
        FieldType::Id
            | FieldType::Reference
            | FieldType::String
            | FieldType::TextArea
            | FieldType::Picklist
            | FieldType::Email
            | FieldType::Phone
            | FieldType::Url
    );
    let soap = match field.kind {
        FieldType::Id | FieldType::Reference => "tns:ID",
        FieldType::Boolean => "xsd:boolean",
        FieldType::Int | FieldType::Long => "xsd:int",
        kind if kind.is_number() => "xsd:double",
        FieldType::Date => "xsd:date",
        FieldType::DateTime => "xsd:dateTime",
        FieldType::Time => "xsd:time",
        FieldType::Base64 => "xsd:base64Binary",
        FieldType::Address => "urn:address",
        FieldType::Location => "urn:location",
        FieldType::AnyType => "xsd:anyType",
        _ => "xsd:string",
    };
    let picklist: Vec<Value> = field
        .picklist
        .iter()
        .map(|value| json!({"active": true, "defaultValue": false, "label": value, "validFor": null, "value": value}))
        .collect();
    let extra = (field.kind == FieldType::TextArea).then_some("plaintextarea");
    let mut described = json!({
        "aggregatable": filterable,
        "aiPredictionField": false,
        "autoNumber": field.auto_number,
        "byteLength": if text { field.length * 3 } else { 0 },
        "calculated": false,
        "calculatedFormula": null,
        "cascadeDelete": field.master_detail,
        "caseSensitive": false,
        "compoundFieldName": null,
        "controllerName": null,
        "createable": field.createable && editable,
        "custom": field.custom,
        "defaultValue": if field.kind == FieldType::Boolean { json!(false) } else { Value::Null },
        "defaultValueFormula": null,
        "defaultedOnCreate": field.defaulted,
        "dependentPicklist": false,
        "deprecatedAndHidden": false,
        "digits": if matches!(field.kind, FieldType::Int) { 8 } else { 0 },
        "displayLocationInDecimal": false,
        "encrypted": field.kind == FieldType::EncryptedString,
        "externalId": field.external_id,
        "extraTypeInfo": extra,
        "filterable": filterable,
        "filteredLookupInfo": null,
        "formulaTreatNullNumberAsZero": false,
    });
    let second = json!({
        "groupable": filterable && !matches!(field.kind, FieldType::DateTime | FieldType::Double | FieldType::Currency | FieldType::Percent),
        "highScaleNumber": false,
        "htmlFormatted": false,
        "idLookup": field.external_id || field.kind == FieldType::Id,
        "inlineHelpText": field.help,
        "label": field.label,
        "length": if text || field.kind == FieldType::EncryptedString { field.length } else { 0 },
        "mask": null,
        "maskType": null,
        "name": field.name,
        "nameField": field.name_field,
        "namePointing": field.reference_to.len() > 1,
        "nillable": field.nillable,
        "permissionable": field.permissionable,
        "picklistValues": picklist,
        "polymorphicForeignKey": field.reference_to.len() > 1,
        "precision": field.precision,
        "queryByDistance": false,
        "referenceTargetField": null,
        "referenceTo": field.reference_to,
        "relationshipName": field.relationship,
        "relationshipOrder": if field.master_detail { json!(0) } else { Value::Null },
        "restrictedDelete": false,
        "restrictedPicklist": false,
        "scale": field.scale,
        "searchPrefilterable": false,
        "soapType": soap,
        "sortable": filterable,
        "type": field.kind.as_str(),
        "unique": field.unique,
        "updateable": field.updateable && editable,
        "writeRequiresMasterRead": false,
    });
    // In two parts: one literal of this length is more than the macro takes.
    if let (Value::Object(described), Value::Object(second)) = (&mut described, second) {
        described.extend(second);
    }
    described
}
