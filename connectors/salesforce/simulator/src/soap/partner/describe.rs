//! Describes as the partner WSDL orders them: names in the alphabet, optional booleans only where they are true.

use crate::describe::{ChildFacts, FieldFacts, Global, ObjectFacts, Summary};
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::write::Xml;

/// Types in one call.
const TYPES_MAX: usize = 100;

/// `describeGlobal`.
pub(super) fn global(caller: &Caller<'_>, out: &mut Xml) {
    let metadata = caller.site.org.metadata();
    let global = Global::of(&metadata, &caller.rights, false, None);
    out.open("result").text("encoding", global.encoding).number("maxBatchSize", global.max_batch_size);
    for object in &global.sobjects {
        out.open("sobjects");
        summary(out, object);
        out.close("sobjects");
    }
    out.close("result");
}

fn summary(out: &mut Xml, object: &Summary<'_>) {
    out.flag("activateable", object.activateable)
        .flag("createable", object.createable)
        .flag("custom", object.custom)
        .flag("customSetting", object.custom_setting)
        .flag("deepCloneable", object.deep_cloneable)
        .flag("deletable", object.deletable)
        .flag("deprecatedAndHidden", object.deprecated_and_hidden)
        .flag("feedEnabled", object.feed_enabled)
        .flag("hasSubtypes", object.has_subtypes)
        .flag("idEnabled", object.retrieveable)
        .flag("isInterface", object.is_interface)
        .flag("isSubtype", object.is_subtype);
    names(out, object);
    out.flag("queryable", object.queryable)
        .flag("replicateable", object.replicateable)
        .flag("retrieveable", object.retrieveable)
        .flag("searchable", object.searchable)
        .flag("triggerable", object.triggerable)
        .flag("undeletable", object.undeletable)
        .flag("updateable", object.updateable);
}

/// `keyPrefix` to `name`, which stand together in both results.
fn names(out: &mut Xml, object: &Summary<'_>) {
    match object.key_prefix {
        Some(prefix) => out.text("keyPrefix", prefix),
        None => out.nil("keyPrefix"),
    }
    .text("label", object.label)
    .text("labelPlural", object.label_plural)
    .flag("layoutable", object.layoutable)
    .flag("mergeable", object.mergeable)
    .flag("mruEnabled", object.mru_enabled)
    .text("name", object.name);
}

/// `describeSObjects` and `describeSObject`: one `result` a name, in their order. One unknown name fails the call.
pub(super) fn objects(caller: &Caller<'_>, names: &[String], out: &mut Xml) -> Result<(), SoapFault> {
    if names.len() > TYPES_MAX {
        let message = format!("maximum number of types in one call is {TYPES_MAX}, found {}", names.len());
        return Err(SoapFault::api("EXCEEDED_ID_LIMIT", message));
    }
    let metadata = caller.site.org.metadata();
    for name in names {
        let object = metadata.object(name).filter(|object| caller.rights.object(object).read);
        let object = object.ok_or_else(|| {
            let message = format!(
                "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
            );
            SoapFault::api("INVALID_TYPE", message)
        })?;
        let facts = ObjectFacts::of(&metadata, &caller.rights, object, None);
        out.open("result");
        whole(out, &facts, &caller.base_url);
        out.close("result");
    }
    Ok(())
}

fn whole(out: &mut Xml, facts: &ObjectFacts<'_>, base_url: &str) {
    let object = &facts.summary;
    out.flag("activateable", object.activateable);
    facts.child_relationships.iter().for_each(|one| child(out, one));
    out.flag("compactLayoutable", facts.compact_layoutable)
        .flag("createable", object.createable)
        .flag("custom", object.custom)
        .flag("customSetting", object.custom_setting)
        .flag("deepCloneable", object.deep_cloneable)
        .flag("deletable", object.deletable)
        .flag("deprecatedAndHidden", object.deprecated_and_hidden)
        .flag("feedEnabled", object.feed_enabled);
    facts.fields.iter().for_each(|one| field(out, one));
    out.flag("hasSubtypes", object.has_subtypes)
        .flag("idEnabled", object.retrieveable)
        .flag("isInterface", object.is_interface)
        .flag("isSubtype", object.is_subtype);
    names(out, object);
    out.nil("networkScopeFieldName").flag("queryable", object.queryable);
    for kind in &facts.record_type_infos {
        out.open("recordTypeInfos")
            .flag("active", kind.active)
            .flag("available", kind.available)
            .flag("defaultRecordTypeMapping", kind.default_record_type_mapping)
            .text("developerName", kind.developer_name)
            .flag("master", kind.master)
            .text("name", kind.name)
            .text("recordTypeId", kind.record_type_id)
            .close("recordTypeInfos");
    }
    out.flag("replicateable", object.replicateable)
        .flag("retrieveable", object.retrieveable)
        .flag("searchLayoutable", facts.search_layoutable)
        .flag("searchable", object.searchable);
    for scope in &facts.supported_scopes {
        out.open("supportedScopes")
            .text("label", &scope.label)
            .text("name", scope.name)
            .close("supportedScopes");
    }
    out.flag("triggerable", object.triggerable)
        .flag("undeletable", object.undeletable)
        .flag("updateable", object.updateable);
    match object.key_prefix.filter(|_| object.layoutable) {
        Some(prefix) => out
            .text("urlDetail", &format!("{base_url}/{{ID}}"))
            .text("urlEdit", &format!("{base_url}/{{ID}}/e"))
            .text("urlNew", &format!("{base_url}/{prefix}/e")),
        None => out.nil("urlDetail").nil("urlEdit").nil("urlNew"),
    };
}

fn child(out: &mut Xml, child: &ChildFacts<'_>) {
    out.open("childRelationships")
        .flag("cascadeDelete", child.cascade_delete)
        .text("childSObject", child.child)
        .flag("deprecatedAndHidden", child.deprecated_and_hidden)
        .text("field", child.field)
        .optional("relationshipName", child.relationship_name.as_deref())
        .only("restrictedDelete", child.restricted_delete)
        .close("childRelationships");
}

fn field(out: &mut Xml, field: &FieldFacts<'_>) {
    out.open("fields")
        .flag("aggregatable", field.aggregatable)
        .flag("aiPredictionField", field.ai_prediction_field)
        .flag("autoNumber", field.auto_number)
        .number("byteLength", field.byte_length)
        .flag("calculated", field.calculated)
        .optional("calculatedFormula", field.calculated_formula)
        .only("cascadeDelete", field.cascade_delete)
        .flag("caseSensitive", field.case_sensitive)
        .optional("compoundFieldName", field.compound_field_name)
        .optional("controllerName", field.controller_name)
        .flag("createable", field.createable)
        .flag("custom", field.custom);
    if let Some(value) = field.default_value {
        out.typed_flag("defaultValue", value);
    }
    out.optional("defaultValueFormula", field.default_value_formula)
        .flag("defaultedOnCreate", field.defaulted_on_create)
        .only("dependentPicklist", field.dependent_picklist)
        .flag("deprecatedAndHidden", field.deprecated_and_hidden)
        .number("digits", field.digits)
        .only("displayLocationInDecimal", field.display_location_in_decimal)
        .only("encrypted", field.encrypted)
        .only("externalId", field.external_id)
        .optional("extraTypeInfo", field.extra_type_info)
        .flag("filterable", field.filterable)
        .only("formulaTreatNullNumberAsZero", field.formula_treat_null_number_as_zero)
        .flag("groupable", field.groupable)
        .only("highScaleNumber", field.high_scale_number)
        .only("htmlFormatted", field.html_formatted)
        .flag("idLookup", field.id_lookup)
        .optional("inlineHelpText", field.inline_help_text)
        .text("label", field.label)
        .number("length", field.length)
        .optional("mask", field.mask)
        .optional("maskType", field.mask_type)
        .text("name", field.name)
        .flag("nameField", field.name_field)
        .only("namePointing", field.name_pointing)
        .flag("nillable", field.nillable)
        .flag("permissionable", field.permissionable);
    for value in &field.picklist_values {
        out.open("picklistValues")
            .flag("active", value.active)
            .flag("defaultValue", value.default_value)
            .text("label", value.label)
            .optional("validFor", value.valid_for)
            .text("value", value.value)
            .close("picklistValues");
    }
    out.flag("polymorphicForeignKey", field.polymorphic_foreign_key)
        .number("precision", field.precision)
        .flag("queryByDistance", field.query_by_distance)
        .optional("referenceTargetField", field.reference_target_field);
    field.reference_to.iter().for_each(|target| {
        out.text("referenceTo", target);
    });
    out.optional("relationshipName", field.relationship_name);
    if let Some(order) = field.relationship_order {
        out.number("relationshipOrder", order);
    }
    out.only("restrictedDelete", field.restricted_delete)
        .flag("restrictedPicklist", field.restricted_picklist)
        .number("scale", field.scale)
        .flag("searchPrefilterable", field.search_prefilterable)
        .text("soapType", field.soap_type)
        .flag("sortable", field.sortable)
        .text("type", field.kind)
        .flag("unique", field.unique)
        .flag("updateable", field.updateable)
        .only("writeRequiresMasterRead", field.write_requires_master_read)
        .close("fields");
}
