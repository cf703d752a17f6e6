//! Deploys components that the org keeps as they are: everything but objects, code and permission sets.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::contents::held::{Held, canonical};
use super::kept_check::check_kept;
use super::kinds::{Form, Kind, Part};
use super::package::Component;
use super::record_type::{RECORD_TYPE, retype};
use super::row::{Complaint, Row};
use super::stage::Stage;
use super::xml::Element;
use crate::events::definition::{self, Author, CHANNEL, DefinitionError, MEMBER, SUBSCRIPTION, Values};
use crate::org::Id;

/// Key prefixes of components, by type. Where the reference does not name one, the id begins with [`OTHER`].
static PREFIXES: &[(&str, &str)] = &[
    ("ApexComponent", "099"),
    ("ApexPage", "066"),
    ("ApexTestSuite", "05F"),
    ("AuraDefinitionBundle", "0Ab"),
    ("CompactLayout", "0AH"),
    ("ConnectedApp", "0H4"),
    ("CustomApplication", "02u"),
    ("CustomLabel", "101"),
    ("CustomMetadata", "m00"),
    ("CustomTab", "01r"),
    ("Dashboard", "01Z"),
    ("Document", "015"),
    ("EmailTemplate", "00X"),
    ("ExternalCredential", "0pk"),
    ("FieldSet", "0IX"),
    ("FlexiPage", "0M0"),
    ("Flow", "301"),
    ("GlobalValueSet", "0Nt"),
    ("Group", "00G"),
    ("Layout", "00h"),
    ("LightningComponentBundle", "0Rb"),
    ("ListView", "00B"),
    ("NamedCredential", "0XA"),
    ("PermissionSetGroup", "0PG"),
    ("PlatformEventChannel", "0YL"),
    ("PlatformEventChannelMember", "0v8"),
    ("Profile", "00e"),
    ("Queue", "00G"),
    ("QuickAction", "09D"),
    ("RecordType", "012"),
    ("RemoteSiteSetting", "0rp"),
    ("Report", "00O"),
    ("Role", "00E"),
    ("StaticResource", "081"),
    ("ValidationRule", "03d"),
    ("WebLink", "00b"),
    ("WorkflowAlert", "01W"),
    ("WorkflowFieldUpdate", "04Y"),
    ("WorkflowRule", "01Q"),
];

/// Key prefix of components of all other types.
const OTHER: &str = "0zz";

/// What code may refer to, and so goes before it.
pub(super) const BEFORE_CODE: &[&str] = &[
    "ApexPage",
    "DataWeaveResource",
    "CustomLabels",
    "StaticResource",
    "CustomMetadata",
    "RemoteSiteSetting",
    "NamedCredential",
    "ExternalCredential",
    "Group",
    "Queue",
    "Role",
];

/// What fields may refer to.
pub(super) const BEFORE_FIELDS: &[&str] = &["GlobalValueSet", "StandardValueSet"];

/// What refers to much else, in the order in which it goes; everything not named goes before these.
pub(super) const LAST: &[&str] = &[
    "QuickAction",
    "FlexiPage",
    "Layout",
    "CustomTab",
    "CustomApplication",
    "PermissionSetGroup",
    CHANNEL,
    MEMBER,
    SUBSCRIPTION,
];

/// Deploys components of types that are kept.
pub(super) fn deploy_kept(stage: &mut Stage<'_>, components: Vec<Component>) {
    for component in components {
        let row = Row::of(component.kind.name, &component.full_name, &component.file);
        match read(stage, &component) {
            Ok(element) => place(stage, &component, element, row),
            Err(complaint) => stage.rows.push(row.failed(complaint)),
        }
    }
}

fn read(stage: &Stage<'_>, component: &Component) -> Result<Element, Complaint> {
    stage.needs("CustomizeApplication")?;
    let element = component.metadata()?;
    check_kept(stage, component, &element)?;
    Ok(element)
}

/// Puts what defines streams of events in force; answers its id.
fn define(
    stage: &mut Stage<'_>,
    kind: &str,
    full_name: &str,
    element: &Element,
) -> Result<Option<Id>, DefinitionError> {
    if !definition::defines(kind) {
        return Ok(None);
    }
    let author = Author { user: stage.by, at_ms: stage.now_ms };
    let values = Values::of_element(element);
    let made = definition::put(&mut stage.metadata, kind, full_name, &values, author)?;
    Ok(Some(made.header().id))
}

fn place(stage: &mut Stage<'_>, component: &Component, mut element: Element, row: Row) {
    let kind = component.kind;
    let mut parts = Vec::new();
    for part in &kind.parts {
        let own: Vec<Element> = element.all(part.element).cloned().collect();
        element.children.retain(|child| child.name != part.element);
        parts.extend(own.into_iter().map(|element| (part, element)));
    }
    // The whole goes with its parts when the manifest names it, or when there is none yet.
    if component.only.is_none() || stage.metadata.components.get(kind.name, &component.full_name).is_none() {
        let own = match define(stage, kind.name, &component.full_name, &element) {
            Ok(own) => own,
            Err(error) => return stage.rows.push(row.failed(error.message)),
        };
        let (id, created, changed) =
            stage.hold_as(kind.name, &component.full_name, Some(element), files(component), own);
        if component.only.is_none() {
            stage.rows.push(Row { id: Some(id), created, changed, ..row });
        }
    }
    for (part, element) in parts {
        place_part(stage, component, part, element);
    }
}

/// Keeps one part of a component's file and says so.
pub(super) fn place_part(stage: &mut Stage<'_>, component: &Component, part: &Part, element: Element) {
    let Some(own) = element.text_of("fullName").map(str::to_owned) else {
        let row = Row::of(part.name, &component.full_name, &component.file);
        stage.rows.push(row.failed(Complaint {
            text: "Required field is missing: fullName".to_owned(),
            warning: false,
            at: Some((element.at.line, element.at.column)),
        }));
        return;
    };
    if !component.takes(part.name, &own) {
        return;
    }
    let full_name = part.full_name(&component.full_name, &own);
    let (id, created, changed) = stage.hold(part.name, &full_name, Some(element), BTreeMap::new());
    if part.name == RECORD_TYPE {
        retype(stage, &component.full_name);
    }
    let row = Row::of(part.name, &full_name, &component.file);
    stage.rows.push(Row { id: Some(id), created, changed, ..row });
}

/// The content beside the metadata.
fn files(component: &Component) -> BTreeMap<String, Bytes> {
    match component.kind.form {
        Form::File => BTreeMap::new(),
        Form::Bundle => component.files.clone(),
        Form::Meta if component.is_folder() => BTreeMap::new(),
        Form::Meta => {
            let path = component.kind.path(&component.full_name);
            let name = path.strip_prefix(component.kind.folder).unwrap_or(&path);
            BTreeMap::from([(name.trim_start_matches('/').to_owned(), component.content.clone())])
        }
    }
}

impl Stage<'_> {
    /// Puts a component into the store: its id, and whether it was made or changed.
    pub(super) fn hold(
        &mut self,
        kind: &'static str,
        full_name: &str,
        element: Option<Element>,
        files: BTreeMap<String, Bytes>,
    ) -> (Id, bool, bool) {
        self.hold_as(kind, full_name, element, files, None)
    }

    /// As [`Stage::hold`], for a component that has an id already.
    pub(super) fn hold_as(
        &mut self,
        kind: &'static str,
        full_name: &str,
        element: Option<Element>,
        files: BTreeMap<String, Bytes>,
        id: Option<Id>,
    ) -> (Id, bool, bool) {
        let before = self.metadata.components.get(kind, full_name).cloned();
        let is_root = Kind::named(kind).is_some();
        let prefix = PREFIXES.iter().find(|(name, _)| *name == kind).map_or(OTHER, |(_, prefix)| prefix);
        // Records of a type have the prefix of its object.
        let record_type = full_name.split_once('.').filter(|_| kind == "CustomMetadata");
        let record_type = record_type.and_then(|(name, _)| {
            let name = name.trim_end_matches("__mdt");
            self.metadata.object(&format!("{name}__mdt"))?.key_prefix.clone()
        });
        let prefix = record_type.as_deref().unwrap_or(prefix);
        let id = id.or(before.as_ref().map(|held| held.id)).unwrap_or_else(|| self.org.ids.next(prefix));
        let mut held = Held {
            kind,
            full_name: full_name.to_owned(),
            id,
            element: element.map(|element| canonical(element, is_root).into()),
            files,
            created_ms: before.as_ref().map_or(self.now_ms, |held| held.created_ms),
            created_by: before.as_ref().map_or(self.by, |held| held.created_by),
            modified_ms: self.now_ms,
            modified_by: self.by,
        };
        let changed = before.as_ref().is_none_or(|before| !before.is_same(&held));
        if let Some(before) = before.as_ref().filter(|_| !changed) {
            (held.modified_ms, held.modified_by) = (before.modified_ms, before.modified_by);
        }
        self.metadata.components.put(held);
        (id, before.is_none(), changed)
    }
}
