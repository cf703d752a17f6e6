//! From a `<fields>` element to a field of the org.

use std::sync::Arc;

use super::row::Complaint;
use super::xml::Element;
use crate::org::{Computed, Field, FieldType, Metadata, Summary};

/// What the field's object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Object,
    Event,
    Setting,
}

/// Types that a platform event's fields may have.
const EVENT_TYPES: &[&str] = &["Checkbox", "Date", "DateTime", "LongTextArea", "Number", "Text"];
/// Types whose values may be required by the field itself.
const REQUIRABLE: &[&str] = &[
    "Text",
    "Number",
    "Currency",
    "Percent",
    "Date",
    "DateTime",
    "Email",
    "Phone",
    "Picklist",
    "TextArea",
    "Time",
    "Url",
    "Lookup",
    "MetadataRelationship",
];

/// Reads a field; `org` is the org as the deploy has made it so far, `existing` the field it replaces.
pub(super) fn read(
    element: &Element,
    owner: Owner,
    org: &Metadata,
    existing: Option<&Field>,
) -> Result<Field, Complaint> {
    let name = element.text_of("fullName").unwrap_or_default();
    let at =
        |text: String| Complaint { text, warning: false, at: Some((element.at.line, element.at.column)) };
    let stem = name
        .strip_suffix("__c")
        .ok_or_else(|| at(format!("Invalid fullName, must end in a custom suffix (e.g. __c): {name}")))?;
    if !is_api_name(stem) {
        return Err(at(format!(
            "The field name '{name}' can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores."
        )));
    }
    let label = element
        .text_of("label")
        .ok_or_else(|| at("Must specify a non-empty label for the CustomField".to_owned()))?;
    let kind = element
        .text_of("type")
        .ok_or_else(|| at("Must specify a non-empty type for the CustomField".to_owned()))?;
    if owner == Owner::Event && !EVENT_TYPES.contains(&kind) {
        return Err(at(format!("Field type {kind} isn't supported for platform events")));
    }
    let required = element.is_true("required");
    if required && !REQUIRABLE.contains(&kind) {
        return Err(at(format!("Can not specify 'required' for a CustomField of type {kind}")));
    }
    let mut field = Field {
        id: existing.and_then(|field| field.id),
        label: label.to_owned(),
        nillable: !required,
        unique: element.is_true("unique"),
        external_id: element.is_true("externalId"),
        custom: true,
        description: element.text_of("description").map(str::to_owned),
        help: element.text_of("inlineHelpText").map(str::to_owned),
        metadata_type: Some(kind.to_owned()),
        ..Field::new(name, describe_type(kind))
    };
    field.defaulted |= element.text_of("defaultValue").is_some();
    field.default = element.text_of("defaultValue").and_then(|text| constant(text, field.kind));
    if element.get("formula").is_some() || kind == "Summary" {
        computed(element, kind, &mut field, org).map_err(at)?;
    } else {
        shape(element, kind, &mut field, org).map_err(at)?;
    }
    if matches!(kind, "Lookup" | "MasterDetail" | "MetadataRelationship") {
        relate(element, kind, &mut field, org).map_err(at)?;
    }
    if field.unique && !matches!(kind, "Text" | "Number" | "Email" | "AutoNumber" | "MetadataRelationship") {
        return Err(at(format!("Can not specify 'unique' for a CustomField of type {kind}")));
    }
    if field.external_id && !matches!(kind, "Text" | "Number" | "Email" | "AutoNumber") {
        return Err(at(format!("Can not specify 'externalId' for a CustomField of type {kind}")));
    }
    field.permissionable = owner == Owner::Object && !required && !field.master_detail;
    Ok(field)
}

fn describe_type(kind: &str) -> FieldType {
    match kind {
        "Checkbox" => FieldType::Boolean,
        "Currency" => FieldType::Currency,
        "Date" => FieldType::Date,
        "DateTime" => FieldType::DateTime,
        "Email" => FieldType::Email,
        "Html" | "LongTextArea" | "TextArea" => FieldType::TextArea,
        "Lookup" | "MasterDetail" | "MetadataRelationship" => FieldType::Reference,
        "EncryptedText" => FieldType::EncryptedString,
        "Location" => FieldType::Location,
        "Summary" => FieldType::Double,
        "MultiselectPicklist" => FieldType::MultiPicklist,
        "Number" => FieldType::Double,
        "Percent" => FieldType::Percent,
        "Phone" => FieldType::Phone,
        "Picklist" => FieldType::Picklist,
        "Time" => FieldType::Time,
        "Url" => FieldType::Url,
        _ => FieldType::String,
    }
}

/// Fields whose values the platform works out. Their values are null here: formulas of fields are not computed.
fn computed(element: &Element, kind: &str, field: &mut Field, org: &Metadata) -> Result<(), String> {
    (field.createable, field.updateable, field.nillable) = (false, false, true);
    if kind == "Summary" {
        for part in ["summaryForeignKey", "summaryOperation"] {
            element
                .text_of(part)
                .ok_or_else(|| format!("Must specify '{part}' for a CustomField of type {kind}"))?;
        }
        (field.precision, field.scale) = (18, 2);
        let (summary, kind, scale) = summary(element, org)?;
        (field.kind, field.scale) = (kind, scale);
        field.computed = Some(Arc::new(Computed::Summary(summary)));
        return Ok(());
    }
    if let Some(source) = element.text_of("formula") {
        let blank_as_zero = element.text_of("formulaTreatBlanksAs") != Some("BlankAsBlank");
        field.computed = Some(Arc::new(Computed::Formula { source: source.to_owned(), blank_as_zero }));
    }
    let digits = |name: &str| element.number_of(name).and_then(|digits| u8::try_from(digits).ok());
    if let (Some(precision), Some(scale)) = (digits("precision"), digits("scale")) {
        (field.precision, field.scale) = (precision, scale);
    }
    if kind == "Text" {
        field.length = 1_300;
    }
    Ok(())
}

/// What a default value that is a plain number or a text in quotes stands for.
fn constant(text: &str, kind: FieldType) -> Option<serde_json::Value> {
    let text = text.trim();
    if kind.is_number() {
        let whole = text.parse::<i64>().ok().map(serde_json::Value::from);
        let number = || text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
        return whole.or_else(|| number().map(serde_json::Value::Number));
    }
    let texts = matches!(
        kind,
        FieldType::String | FieldType::TextArea | FieldType::Email | FieldType::Phone | FieldType::Url
    );
    let quoted = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    quoted.filter(|inner| texts && !inner.contains(['"', '\''])).map(Into::into)
}

/// A roll-up, with the type and the places of its values.
fn summary(element: &Element, org: &Metadata) -> Result<(Summary, FieldType, u8), String> {
    let split = |name: &str| {
        let text = element.text_of(name)?;
        text.split_once('.').map(|(object, field)| (object.to_owned(), field.to_owned()))
    };
    let Some((child, key)) = split("summaryForeignKey") else {
        return Err("In field: summaryForeignKey - must name an object and its field".to_owned());
    };
    let operation = element.text_of("summaryOperation").unwrap_or_default().to_owned();
    let of = split("summarizedField").map(|(_, field)| field);
    if of.is_none() && operation != "count" {
        return Err("Must specify 'summarizedField' for a CustomField of type Summary".to_owned());
    }
    let own = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let filters = element.all("summaryFilterItems").map(|item| {
        let text = |name: &str| item.text_of(name).unwrap_or_default();
        (own(text("field")), text("operation").to_owned(), text("value").to_owned())
    });
    let field = of.as_ref().and_then(|of| org.object(&child)?.field(of).cloned());
    let (kind, scale) = match &field {
        Some(field) => (field.kind, field.scale),
        None if of.is_none() => (FieldType::Double, 0),
        None => (FieldType::Double, 2),
    };
    let summary = Summary { child, key, of, operation, filters: filters.collect() };
    Ok((summary, kind, scale))
}

/// The values of a global set.
fn global_values(org: &Metadata, name: &str) -> Result<Vec<String>, String> {
    let set = org.components.get("GlobalValueSet", name).and_then(|set| set.element.as_ref());
    let set = set.ok_or_else(|| format!("In field: valueSet - no GlobalValueSet named {name} found"))?;
    Ok(set.all("customValue").filter_map(|value| value.text_of("fullName").map(str::to_owned)).collect())
}

/// Lengths, digits, values: what each type needs and allows.
fn shape(element: &Element, kind: &str, field: &mut Field, org: &Metadata) -> Result<(), String> {
    let needs = |name: &str| format!("Must specify '{name}' for a CustomField of type {kind}");
    let number = |name: &str| element.number_of(name).ok_or_else(|| needs(name));
    if !matches!(kind, "Text" | "LongTextArea" | "Html" | "EncryptedText") && element.get("length").is_some()
    {
        return Err(format!("Can not specify 'length' for a CustomField of type {kind}"));
    }
    match kind {
        "EncryptedText" => {
            field.length = number("length")?;
            if !(1..=175).contains(&field.length) {
                return Err(format!("Invalid length for {}: it must be between 1 and 175", field.name));
            }
        }
        "Location" => field.scale = u8::try_from(number("scale")?).unwrap_or(15).min(15),
        "Text" => {
            field.length = number("length")?;
            if !(1..=255).contains(&field.length) {
                return Err(format!("Invalid length for {}: it must be between 1 and 255", field.name));
            }
        }
        "LongTextArea" | "Html" => {
            field.length = number("length")?;
            number("visibleLines")?;
            if !(256..=131_072).contains(&field.length) {
                return Err(format!("Invalid length for {}: it must be between 256 and 131072", field.name));
            }
        }
        "TextArea" => field.length = 255,
        "Number" | "Currency" | "Percent" => {
            let (precision, scale) = (number("precision")?, number("scale")?);
            if !(1..=18).contains(&precision) || scale > precision {
                return Err(format!("Invalid precision or scale for {}", field.name));
            }
            (field.precision, field.scale) = (precision as u8, scale as u8);
        }
        "Checkbox" => {
            let value = element.text_of("defaultValue").ok_or_else(|| needs("defaultValue"))?;
            if !matches!(value, "true" | "false") {
                return Err(format!("Invalid defaultValue for {}: {value}", field.name));
            }
            field.nillable = false;
            field.default = Some((value == "true").into());
        }
        "AutoNumber" => {
            element.text_of("displayFormat").ok_or_else(|| needs("displayFormat"))?;
            field.auto_number = true;
            (field.createable, field.updateable, field.length) = (false, false, 30);
        }
        "Picklist" | "MultiselectPicklist"
            if element.get("valueSet").and_then(|set| set.text_of("valueSetName")).is_some() =>
        {
            let name = element.get("valueSet").and_then(|set| set.text_of("valueSetName"));
            field.picklist = global_values(org, name.unwrap_or_default())?;
            field.restricted = true;
        }
        "Picklist" | "MultiselectPicklist" => {
            let values = element
                .get("valueSet")
                .and_then(|set| set.get("valueSetDefinition"))
                .ok_or_else(|| needs("valueSet"))?;
            field.picklist = values
                .all("value")
                .filter_map(|value| value.text_of("fullName").map(str::to_owned))
                .collect();
            field.restricted = element.get("valueSet").is_some_and(|set| set.is_true("restricted"));
            let default = values.all("value").find(|value| value.is_true("default"));
            field.default = default.and_then(|value| value.text_of("fullName")).map(Into::into);
            if kind == "MultiselectPicklist" {
                number("visibleLines")?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn relate(element: &Element, kind: &str, field: &mut Field, org: &Metadata) -> Result<(), String> {
    let parent = element
        .text_of("referenceTo")
        .ok_or_else(|| format!("Must specify 'referenceTo' for a CustomField of type {kind}"))?;
    let parent = org
        .object(parent)
        .ok_or_else(|| format!("In field: referenceTo - no CustomObject named {parent} found"))?;
    let stem = field.name.trim_end_matches("__c").to_owned();
    field.reference_to = vec![parent.name.clone()];
    field.relationship = Some(format!("{stem}__r"));
    match element.text_of("relationshipName") {
        Some(name) if is_api_name(name) => field.child_relationship = Some(format!("{name}__r")),
        Some(name) => return Err(format!("Invalid relationshipName: {name}")),
        None if kind == "MasterDetail" => {
            return Err(format!("Must specify 'relationshipName' for a CustomField of type {kind}"));
        }
        None => {}
    }
    if kind == "MasterDetail" {
        field.master_detail = true;
        field.nillable = false;
        field.updateable = element.is_true("reparentableMasterDetail");
    } else if field.nillable && element.text_of("deleteConstraint") == Some("Cascade") {
        return Err("Cascade is not available as a deleteConstraint in this organization".to_owned());
    }
    Ok(())
}

/// The part of an API name before its suffix.
pub(super) fn is_api_name(stem: &str) -> bool {
    stem.len() <= 40
        && stem.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && stem.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !stem.ends_with('_')
        && !stem.contains("__")
}
