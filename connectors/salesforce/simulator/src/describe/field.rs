//! Fields in a describe.

use serde::Serialize;

use crate::org::{Field, FieldType, ObjectType};
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
    pub(super) fn of(whole: &Whole<'a>, field: &'a Field, editable: bool) -> Self {
        let place = matches!(field.kind, FieldType::Address | FieldType::Location);
        let filterable = tables::filterable(field) || place;
        let text = is_text(field.kind);
        let compound = whole.compound(field);
        let coordinate = compound.is_some() && field.kind == FieldType::Double;
        let continuous = matches!(
            field.kind,
            FieldType::DateTime | FieldType::Double | FieldType::Currency | FieldType::Percent
        );
        let polymorphic = field.reference_to.len() > 1;
        Self {
            aggregatable: filterable && !place && field.kind != FieldType::Boolean,
            ai_prediction_field: false,
            auto_number: field.auto_number,
            byte_length: byte_length(field),
            calculated: false,
            calculated_formula: None,
            cascade_delete: field.master_detail,
            case_sensitive: false,
            compound_field_name: compound,
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
            extra_type_info: whole.extra_type_info(field),
            filterable,
            filtered_lookup_info: None,
            formula_treat_null_number_as_zero: false,
            groupable: filterable && !continuous && !place,
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
            precision: if field.kind == FieldType::Int { 0 } else { field.precision },
            query_by_distance: place,
            reference_target_field: None,
            reference_to: &field.reference_to,
            relationship_name: field.relationship.as_deref(),
            relationship_order: field.master_detail.then_some(0),
            restricted_delete: false,
            restricted_picklist: field.restricted,
            scale: if coordinate { 15 } else { field.scale },
            search_prefilterable: whole.searchable && narrows_searches(field),
            soap_type: soap_type(field.kind),
            sortable: filterable && !place,
            kind: field.kind.as_str(),
            unique: field.unique,
            updateable: field.updateable && editable,
            write_requires_master_read: false,
        }
    }
}

/// What a field's describe takes from its object.
pub(super) struct Whole<'a> {
    searchable: bool,
    /// Names are made of parts.
    person: bool,
    addresses: Vec<&'a str>,
    locations: Vec<&'a str>,
}

impl<'a> Whole<'a> {
    pub(super) fn of(object: &'a ObjectType) -> Self {
        let of_kind = |kind: FieldType| {
            let fields = object.fields.iter().filter(move |field| field.kind == kind);
            fields.map(|field| field.name.as_str()).collect()
        };
        Self {
            searchable: object.searchable,
            person: object.field("LastName").is_some() && object.field("Name").is_some(),
            addresses: of_kind(FieldType::Address),
            locations: of_kind(FieldType::Location),
        }
    }

    /// The compound field that a field is a part of.
    fn compound(&self, field: &Field) -> Option<&'a str> {
        let name = field.name.as_str();
        if self.person && matches!(name, "LastName" | "FirstName" | "MiddleName" | "Salutation" | "Suffix") {
            return Some("Name");
        }
        let address = self.addresses.iter().find(|address| {
            let part = address.strip_suffix("Address").and_then(|start| name.strip_prefix(start));
            part.is_some_and(|part| ADDRESS_PARTS.contains(&part))
        });
        let location = || {
            let mut all = self.locations.iter();
            all.find(|place| {
                let part = place.strip_suffix("__c").and_then(|start| name.strip_prefix(start));
                matches!(part, Some("__Latitude__s" | "__Longitude__s"))
            })
        };
        address.or_else(location).copied()
    }

    fn extra_type_info(&self, field: &Field) -> Option<&'static str> {
        match (field.kind, field.name.as_str()) {
            (FieldType::TextArea, _) => Some("plaintextarea"),
            (FieldType::Url, "PhotoUrl") => Some("imageurl"),
            (_, name) if self.person && (name == "Name" || self.compound(field) == Some("Name")) => {
                Some("personname")
            }
            _ => None,
        }
    }
}

const ADDRESS_PARTS: [&str; 8] =
    ["Street", "City", "State", "PostalCode", "Country", "Latitude", "Longitude", "GeocodeAccuracy"];

/// Whether searches can be narrowed by it: lookups to other records, but not to those that keep watch over this one.
fn narrows_searches(field: &Field) -> bool {
    const WATCH: [&str; 5] = ["OwnerId", "CreatedById", "LastModifiedById", "MasterRecordId", "RecordTypeId"];
    field.kind == FieldType::Reference && !WATCH.contains(&field.name.as_str())
}

/// Ids and multiple choices are ASCII, other text has up to three bytes a character.
fn byte_length(field: &Field) -> u32 {
    match field.kind {
        FieldType::Id | FieldType::Reference | FieldType::MultiPicklist => field.length,
        kind if is_text(kind) => field.length * 3,
        _ => 0,
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
            | FieldType::MultiPicklist
            | FieldType::Combobox
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
