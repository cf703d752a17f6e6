//! Rules and fields on the customer's objects.

use std::collections::BTreeMap;

use super::{Customer, CustomerError, Package, chosen};
use crate::metadata::NAMESPACE;
use crate::org::{Metadata, ObjectKind, ObjectType};

/// Name of the rule that refuses everything.
pub(super) const RULE: &str = "Customer_Rejects";
/// Name of the field that every record must have.
pub(super) const FIELD: &str = "Customer_Code__c";

/// Adds the object files.
pub(super) fn add(
    package: &mut Package,
    metadata: &Metadata,
    customer: &Customer,
) -> Result<(), CustomerError> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for object in chosen(metadata, &customer.required_fields, takes_parts)? {
        files.entry(object.name.clone()).or_default().push_str(&format!(
            "<fields><fullName>{FIELD}</fullName><label>Customer Code</label><length>40</length>\
             <required>true</required><type>Text</type></fields>"
        ));
        package.members.push(("CustomField", format!("{}.{FIELD}", object.name)));
    }
    for object in chosen(metadata, &customer.rejecting_rules, takes_parts)? {
        files.entry(object.name.clone()).or_default().push_str(&format!(
            "<validationRules><fullName>{RULE}</fullName><active>true</active>\
             <errorConditionFormula>TRUE</errorConditionFormula>\
             <errorMessage>The customer does not want this record.</errorMessage></validationRules>"
        ));
        package.members.push(("ValidationRule", format!("{}.{RULE}", object.name)));
    }
    for (object, parts) in files {
        let file = format!("<CustomObject xmlns=\"{NAMESPACE}\">{parts}</CustomObject>");
        package.files.insert(format!("objects/{object}.object"), file);
    }
    Ok(())
}

/// Whether administrators can add fields and rules to an object: those that people see on pages.
fn takes_parts(object: &ObjectType) -> bool {
    matches!(object.kind, ObjectKind::Standard | ObjectKind::Custom) && object.layoutable && object.createable
}
