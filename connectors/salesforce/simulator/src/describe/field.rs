//! Fields in a describe.

use serde::Serialize;

use crate::org::{Field, FieldType};
use crate::tables;

/// A field as a describe shows it, keys in the order of the wire. What this org never has is constant.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldFacts<'a> {
    pub aggregatable: bool,
    pub ai_prediction_field: bool,
    pub auto_number: bool,
    pub byte_length: u32,
    pub calculated: bool,
    pub calculated_formula: Option<&'a str>,
    pub cascade_delete: bool,
    pub case_sensitive: bool,
    pub compound_field_name: Option<&'a str>,
    pub controller_name: Option<&'a str>,
    pub createable: bool,
    pub custom: bool,
    pub default_value: Option<bool>,
    pub default_value_formula: Option<&'a str>,
    pub defaulted_on_create: bool,
    pub dependent_picklist: bool,
    pub deprecated_and_hidden: bool,
    pub digits: u32,
    pub display_location_in_decimal: bool,
    pub encrypted: bool,
    pub external_id: bool,
    pub extra_type_info: Option<&'a str>,
    pub filterable: bool,
    pub filtered_lookup_info: Option<&'a str>,
    pub formula_treat_null_number_as_zero: bool,
    pub groupable: bool,
    pub high_scale_number: bool,
    pub html_formatted: bool,
    pub id_lookup: bool,
    pub inline_help_text: Option<&'a str>,
    pub label: &'a str,
    pub length: u32,
    pub mask: Option<&'a str>,
    pub mask_type: Option<&'a str>,
    pub name: &'a str,
    pub name_field: bool,
    pub name_pointing: bool,
    pub nillable: bool,
    pub permissionable: bool,
    pub picklist_values: Vec<PicklistFacts<'a>>,
    pub polymorphic_foreign_key: bool,
    pub precision: u8,
    pub query_by_distance: bool,
    pub reference_target_field: Option<&'a str>,
    pub reference_to: &'a [String],
    pub relationship_name: Option<&'a str>,
    pub relationship_order: Option<u8>,
    pub restricted_delete: bool,
    pub restricted_picklist: bool,
    pub scale: u8,
    pub search_prefilterable: bool,
    pub soap_type: &'static str,
    pub sortable: bool,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub unique: bool,
    pub updateable: bool,
    pub write_requires_master_read: bool,
}

/// One value of a picklist.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PicklistFacts<'a> {
    pub active: bool,
    pub default_value: bool,
    pub label: &'a str,
    pub valid_for: Option<&'a str>,
    pub value: &'a str,
}

impl<'a> FieldFacts<'a> {
    /// A field that the caller may read. `editable`: the caller's field-level security allows changes.
    pub(crate) fn of(field: &'a Field, editable: bool) -> Self {
        let filterable = tables::filterable(field);
        let text = is_text(field.kind);
        let continuous = matches!(
            field.kind,
            FieldType::DateTime | FieldType::Double | FieldType::Currency | FieldType::Percent
        );
        let polymorphic = field.reference_to.len() > 1;
        Self {
            aggregatable: filterable,
            ai_prediction_field: false,
            auto_number: field.auto_number,
            byte_length: if text { field.length * 3 } else { 0 },
            calculated: false,
            calculated_formula: None,
            cascade_delete: field.master_detail,
            case_sensitive: false,
            compound_field_name: None,
            controller_name: None,
            createable: field.createable && editable,
            custom: field.custom,
            default_value: (field.kind == FieldType::Boolean)
                .then(|| field.default == Some(serde_json::Value::Bool(true))),
            default_value_formula: None,
            defaulted_on_create: field.defaulted,
            dependent_picklist: false,
            deprecated_and_hidden: false,
            digits: if field.kind == FieldType::Int { 8 } else { 0 },
            display_location_in_decimal: false,
            encrypted: field.kind == FieldType::EncryptedString,
            external_id: field.external_id,
            extra_type_info: (field.kind == FieldType::TextArea).then_some("plaintextarea"),
            filterable,
            filtered_lookup_info: None,
            formula_treat_null_number_as_zero: false,
            groupable: filterable && !continuous,
            high_scale_number: false,
            html_formatted: false,
            id_lookup: field.external_id || field.kind == FieldType::Id,
            inline_help_text: field.help.as_deref(),
            label: &field.label,
            length: if text || field.kind == FieldType::EncryptedString { field.length } else { 0 },
            mask: None,
            mask_type: None,
            name: &field.name,
            name_field: field.name_field,
            name_pointing: polymorphic,
            nillable: field.nillable,
            permissionable: field.permissionable,
            picklist_values: field.picklist.iter().map(|value| PicklistFacts::of(value)).collect(),
            polymorphic_foreign_key: polymorphic,
            precision: field.precision,
            query_by_distance: false,
            reference_target_field: None,
            reference_to: &field.reference_to,
            relationship_name: field.relationship.as_deref(),
            relationship_order: field.master_detail.then_some(0),
            restricted_delete: false,
            restricted_picklist: field.restricted,
            scale: field.scale,
            search_prefilterable: false,
            soap_type: soap_type(field.kind),
            sortable: filterable,
            kind: field.kind.as_str(),
            unique: field.unique,
            updateable: field.updateable && editable,
            write_requires_master_read: false,
        }
    }
}

impl<'a> PicklistFacts<'a> {
    fn of(value: &'a str) -> Self {
        Self { active: true, default_value: false, label: value, valid_for: None, value }
    }
}

fn is_text(kind: FieldType) -> bool {
    matches!(
        kind,
        FieldType::Id
            | FieldType::Reference
            | FieldType::String
            | FieldType::TextArea
            | FieldType::Picklist
            | FieldType::Email
            | FieldType::Phone
            | FieldType::Url
    )
}

fn soap_type(kind: FieldType) -> &'static str {
    match kind {
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
    }
}
