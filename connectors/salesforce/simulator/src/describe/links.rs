//! The REST links of an object.

use serde::Serialize;

use crate::org::{ObjectKind, ObjectType};

/// How the links of a describe are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style<'a> {
    /// API version of the call.
    pub version: u32,
    pub tooling: bool,
    /// Scheme and host as the caller knows them: links to pages are whole, those to REST are paths.
    pub base: &'a str,
}

impl Style<'_> {
    /// `/services/data/v67.0/sobjects/X`.
    fn path(self, object: &ObjectType) -> String {
        let tail = if self.tooling { "/tooling" } else { "" };
        format!("/services/data/v{}.0{tail}/sobjects/{}", self.version, object.name)
    }
}

/// What can be asked about an object, by name. Which links an object has follows recorded describes.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Urls {
    #[serde(skip_serializing_if = "Option::is_none")]
    compact_layouts: Option<String>,
    row_template: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_layouts: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ui_detail_template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ui_edit_template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_schema: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    named_layouts: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_utilities: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_values: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listviews: Option<String>,
    describe: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ui_new_record: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quick_actions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layouts: Option<String>,
    sobject: String,
}

/// Have layouts, but neither list views nor approvals.
const WITHOUT_LISTS: [&str; 4] = ["User", "Event", "OpportunityContactRole", "UserAppMenuItem"];

impl Urls {
    /// The links of the global describe.
    pub(super) fn of(object: &ObjectType, style: Style<'_>) -> Self {
        let base = style.path(object);
        let with = |holds: bool, tail: &str| holds.then(|| format!("{base}{tail}"));
        let layouts = object.layoutable;
        let lists = layouts && !WITHOUT_LISTS.contains(&object.name.as_str());
        let user = object.name == "User";
        let event = object.kind == ObjectKind::Event || object.name.ends_with("ChangeEvent");
        Self {
            compact_layouts: with(layouts, "/describe/compactLayouts"),
            row_template: format!("{base}/{{ID}}"),
            approval_layouts: with(lists, "/describe/approvalLayouts"),
            event_schema: with(event, "/eventSchema"),
            named_layouts: with(user, "/describe/namedLayouts/{LayoutName}"),
            password_utilities: with(user, "/{ID}/password"),
            listviews: with(lists, "/listviews"),
            describe: format!("{base}/describe"),
            quick_actions: with(layouts, "/quickActions"),
            layouts: with(layouts, "/describe/layouts"),
            sobject: base,
            ..Self::default()
        }
    }

    /// With the links that only an object's own describe has: to its pages.
    pub(super) fn with_pages(self, object: &ObjectType, style: Style<'_>) -> Self {
        let Some(prefix) = object.key_prefix.as_deref().filter(|_| object.layoutable && !style.tooling)
        else {
            return self;
        };
        let host = style.base;
        Self {
            ui_detail_template: Some(format!("{host}/{{ID}}")),
            ui_edit_template: Some(format!("{host}/{{ID}}/e")),
            default_values: Some(format!("{}/defaultValues?recordTypeId&fields", style.path(object))),
            ui_new_record: Some(format!("{host}/{prefix}/e")),
            ..self
        }
    }
}
