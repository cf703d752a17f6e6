//! Objects in a describe: only what the caller may see is in them.

use std::sync::Arc;

use serde::Serialize;

use super::field::{FieldFacts, Whole};
use super::links::{Style, Urls};
use crate::org::{Metadata, ObjectAccess, ObjectKind, ObjectType, Rights};

/// An object in the global describe.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary<'a> {
    pub activateable: bool,
    pub associate_entity_type: Option<&'a str>,
    pub associate_parent_entity: Option<&'a str>,
    pub createable: bool,
    pub custom: bool,
    pub custom_setting: bool,
    pub deep_cloneable: bool,
    pub deletable: bool,
    pub deprecated_and_hidden: bool,
    pub feed_enabled: bool,
    pub has_subtypes: bool,
    pub is_interface: bool,
    pub is_subtype: bool,
    pub key_prefix: Option<&'a str>,
    pub label: &'a str,
    pub label_plural: &'a str,
    pub layoutable: bool,
    pub mergeable: bool,
    pub mru_enabled: bool,
    pub name: &'a str,
    pub queryable: bool,
    pub replicateable: bool,
    pub retrieveable: bool,
    pub searchable: bool,
    pub triggerable: bool,
    pub undeletable: bool,
    pub updateable: bool,
    /// SOAP has no links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urls: Option<Urls>,
}

/// The global describe.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Global<'a> {
    pub encoding: &'static str,
    pub max_batch_size: u32,
    pub sobjects: Vec<Summary<'a>>,
}

/// A whole object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectFacts<'a> {
    #[serde(flatten)]
    pub summary: Summary<'a>,
    pub action_overrides: [(); 0],
    pub child_relationships: Vec<ChildFacts<'a>>,
    pub compact_layoutable: bool,
    pub default_implementation: Option<&'a str>,
    pub extended_by: Option<&'a str>,
    pub extends_interfaces: Option<&'a str>,
    pub fields: Vec<FieldFacts<'a>>,
    pub implemented_by: Option<&'a str>,
    pub implements_interfaces: Option<&'a str>,
    pub listviewable: Option<bool>,
    pub lookup_layoutable: Option<bool>,
    pub named_layout_infos: [(); 0],
    pub network_scope_field_name: Option<&'a str>,
    pub record_type_infos: Vec<RecordTypeFacts<'a>>,
    pub search_layoutable: bool,
    pub sobject_describe_option: &'static str,
    pub supported_scopes: Vec<ScopeFacts>,
}

/// A reference from another object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChildFacts<'a> {
    pub cascade_delete: bool,
    #[serde(rename = "childSObject")]
    pub child: &'a str,
    pub deprecated_and_hidden: bool,
    pub field: &'a str,
    pub junction_id_list_names: [(); 0],
    pub junction_reference_to: [(); 0],
    pub relationship_name: Option<String>,
    pub restricted_delete: bool,
}

/// A record type: the master, or one of the object's own.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordTypeFacts<'a> {
    pub active: bool,
    pub available: bool,
    pub default_record_type_mapping: bool,
    pub developer_name: &'a str,
    pub master: bool,
    pub name: &'a str,
    pub record_type_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    urls: Option<RecordTypeUrls>,
}

#[derive(Debug, Serialize)]
struct RecordTypeUrls {
    layout: String,
}

/// What a list view may be narrowed to.
#[derive(Debug, Serialize)]
pub(crate) struct ScopeFacts {
    pub label: String,
    pub name: &'static str,
}

const MASTER_RECORD_TYPE: &str = "012000000000000AAA";

impl<'a> Global<'a> {
    /// All objects that the caller may see. Without a style there are no links.
    pub(crate) fn of(
        metadata: &'a Metadata,
        rights: &Rights,
        tooling: bool,
        style: Option<Style<'_>>,
    ) -> Self {
        let sobjects = visible(metadata, rights, tooling)
            .map(|(object, access)| Summary::of(metadata, object, access, style))
            .collect();
        Self { encoding: "UTF-8", max_batch_size: 200, sobjects }
    }
}

/// The objects that one API shows to a caller, with the rights on them.
fn visible<'a>(
    metadata: &'a Metadata,
    rights: &Rights,
    tooling: bool,
) -> impl Iterator<Item = (&'a Arc<ObjectType>, ObjectAccess)> {
    let own = metadata.tooling_objects().filter(move |_| tooling);
    let shared = metadata.objects().filter(move |object| {
        !tooling
            || object.kind == ObjectKind::Setup
                && metadata.tooling_objects().all(|own| own.name != object.name)
    });
    own.chain(shared).filter_map(|object| {
        let access = rights.object(object);
        access.read.then_some((object, access))
    })
}

impl<'a> Summary<'a> {
    /// What the global describe says of an object.
    pub(crate) fn of(
        metadata: &'a Metadata,
        object: &'a ObjectType,
        access: ObjectAccess,
        style: Option<Style<'_>>,
    ) -> Self {
        let open = object.kind == ObjectKind::Open;
        let name = object.name.as_str();
        let (associate, parent) = association(metadata, name).unzip();
        let event = object.kind == ObjectKind::Event || associate == Some("ChangeEvent");
        Self {
            activateable: false,
            associate_entity_type: associate,
            associate_parent_entity: parent,
            createable: object.createable && (access.create || open),
            custom: object.is_custom(),
            custom_setting: false,
            deep_cloneable: matches!(name, "Campaign" | "Opportunity"),
            deletable: object.deletable && (access.delete || open),
            deprecated_and_hidden: false,
            feed_enabled: object.feed_enabled,
            has_subtypes: false,
            is_interface: false,
            is_subtype: false,
            key_prefix: object.key_prefix.as_deref(),
            label: &object.label,
            label_plural: &object.label_plural,
            layoutable: object.layoutable,
            mergeable: matches!(name, "Account" | "Contact" | "Lead"),
            mru_enabled: object.layoutable,
            name: &object.name,
            queryable: object.queryable,
            replicateable: object.queryable && associate != Some("Share") && !is_derived(name),
            retrieveable: object.queryable && !event && !is_derived(name),
            searchable: object.searchable,
            triggerable: object.triggerable(),
            undeletable: object.undeletable && access.delete,
            updateable: object.updateable && (access.edit || open),
            urls: style.map(|style| Urls::of(object, style)),
        }
    }

    fn with_pages(self, object: &ObjectType, style: Option<Style<'_>>) -> Self {
        let urls = self.urls.zip(style).map(|(urls, style)| urls.with_pages(object, style));
        Self { urls, ..self }
    }
}

/// What a table that stands beside another one is to it: `("Share", "Account")` for `AccountShare`.
fn association<'a>(metadata: &'a Metadata, name: &str) -> Option<(&'static str, &'a str)> {
    let (stem, kind) =
        ["ChangeEvent", "FieldHistory", "History", "Share", "Feed"].into_iter().find_map(|kind| {
            Some((name.strip_suffix(kind)?, if kind == "FieldHistory" { "History" } else { kind }))
        })?;
    let parent = match stem.strip_suffix("__") {
        Some(custom) => metadata.object(&format!("{custom}__c")),
        None => metadata.object(stem),
    };
    parent.map(|parent| (kind, parent.name.as_str()))
}

/// Tables that are worked out when somebody asks, and cannot be copied.
fn is_derived(name: &str) -> bool {
    matches!(
        name,
        "UserRecordAccess"
            | "UserPermissionAccess"
            | "UserEntityAccess"
            | "UserFieldAccess"
            | "UserSetupEntityAccess"
    )
}

impl<'a> ObjectFacts<'a> {
    /// Everything that the caller may see of an object.
    pub(crate) fn of(
        metadata: &'a Metadata,
        rights: &Rights,
        object: &'a ObjectType,
        style: Option<Style<'_>>,
    ) -> Self {
        let summary = Summary::of(metadata, object, rights.object(object), style);
        let whole = Whole::of(object);
        let fields = object.fields.iter().filter_map(|field| {
            let access = rights.field(object, field);
            access.read.then(|| FieldFacts::of(&whole, field, access.edit))
        });
        Self {
            summary: summary.with_pages(object, style),
            action_overrides: [],
            child_relationships: children(metadata, rights, object),
            compact_layoutable: object.layoutable,
            default_implementation: None,
            extended_by: None,
            extends_interfaces: None,
            fields: fields.collect(),
            implemented_by: None,
            implements_interfaces: None,
            listviewable: None,
            lookup_layoutable: None,
            named_layout_infos: [],
            network_scope_field_name: None,
            record_type_infos: record_types(rights, object, style),
            search_layoutable: object.searchable,
            sobject_describe_option: "FULL",
            supported_scopes: scopes(object),
        }
    }
}

/// Everybody's rows are in reach of each object; those of one's own where rows have an owner.
fn scopes(object: &ObjectType) -> Vec<ScopeFacts> {
    let plural = object.label_plural.to_lowercase();
    let mut scopes = vec![ScopeFacts { label: format!("All {plural}"), name: "everything" }];
    if object.layoutable && object.has_owner() {
        scopes.push(ScopeFacts { label: format!("My {plural}"), name: "mine" });
    }
    scopes
}

fn children<'a>(metadata: &'a Metadata, rights: &Rights, object: &ObjectType) -> Vec<ChildFacts<'a>> {
    let mut readable: Option<(&str, bool)> = None;
    let mut may_read = |child: &'a ObjectType| match readable {
        Some((name, known)) if name == child.name => known,
        _ => {
            let known = child.queryable && rights.object(child).read;
            readable = Some((&child.name, known));
            known
        }
    };
    let visible = metadata
        .references_to(&object.name)
        .iter()
        .filter(|(child, field)| may_read(child) && rights.field(child, field).read);
    visible
        .map(|(child, field)| ChildFacts {
            cascade_delete: field.master_detail,
            child: &child.name,
            deprecated_and_hidden: false,
            field: &field.name,
            junction_id_list_names: [],
            junction_reference_to: [],
            relationship_name: crate::soql::child_relationship(child, field),
            restricted_delete: false,
        })
        .collect()
}

/// The object's own record types, by name, and the master behind them.
pub(crate) fn record_types<'a>(
    rights: &Rights,
    object: &'a ObjectType,
    style: Option<Style<'_>>,
) -> Vec<RecordTypeFacts<'a>> {
    if !object.layoutable {
        return Vec::new();
    }
    let urls = |id: &str| {
        style.map(|style| RecordTypeUrls {
            layout: format!(
                "/services/data/v{}.0/sobjects/{}/describe/layouts/{id}",
                style.version, object.name
            ),
        })
    };
    let mut all: Vec<RecordTypeFacts<'a>> = Vec::with_capacity(object.record_types.len() + 1);
    for one in &object.record_types {
        let access = rights.record_type(object, one);
        all.push(RecordTypeFacts {
            active: one.active,
            available: one.active && access.visible,
            default_record_type_mapping: access.default,
            developer_name: &one.name,
            master: false,
            name: &one.label,
            record_type_id: one.id.as_str(),
            urls: urls(one.id.as_str()),
        });
    }
    all.push(RecordTypeFacts {
        active: true,
        available: true,
        default_record_type_mapping: !all.iter().any(|one| one.default_record_type_mapping),
        developer_name: "Master",
        master: true,
        name: "Master",
        record_type_id: MASTER_RECORD_TYPE,
        urls: urls(MASTER_RECORD_TYPE),
    });
    all
}
