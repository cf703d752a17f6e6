//! What REST tells too: searches, what changed in a span, tabs, layouts.

use serde_json::{Value, json};

use super::record::record;
use crate::metadata::xml::Element;
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::json::json as written;
use crate::soap::write::Xml;
use crate::surface::ApiError;
use crate::surface::rest::Asker;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lookup {
    Search {
        text: String,
    },
    /// `getUpdated` or, with `deleted`, `getDeleted`.
    Changed {
        object: String,
        start: String,
        end: String,
        deleted: bool,
    },
    Tabs,
    Layout {
        object: String,
    },
}

impl Lookup {
    /// The look-up in an element, if it is one.
    pub(super) fn of(element: &Element) -> Option<Self> {
        let text = |name: &str| element.text_of(name).unwrap_or_default().to_owned();
        let changed = |deleted| Self::Changed {
            object: text("sObjectType"),
            start: text("startDate"),
            end: text("endDate"),
            deleted,
        };
        Some(match element.name.as_str() {
            "search" => Self::Search { text: text("searchString") },
            "getUpdated" => changed(false),
            "getDeleted" => changed(true),
            "describeTabs" => Self::Tabs,
            "describeLayout" => Self::Layout { object: text("sObjectType") },
            _ => return None,
        })
    }
}

/// Finds it and writes the result.
pub(super) fn answer(caller: &Caller<'_>, lookup: &Lookup, out: &mut Xml) -> Result<(), SoapFault> {
    let asker = Asker { site: caller.site, rights: &caller.rights, version: caller.version.max(37) };
    match lookup {
        Lookup::Search { text } => {
            let found = asker.get(&["search"], &[("q", text)])?;
            let metadata = caller.site.org.metadata();
            out.open("result");
            for one in found["searchRecords"].as_array().into_iter().flatten() {
                out.open("searchRecords");
                record(out, &metadata, caller.dialect, "record", one);
                out.close("searchRecords");
            }
            out.close("result");
        }
        Lookup::Changed { object, start, end, deleted } => {
            let what = if *deleted { "deleted" } else { "updated" };
            let (start, end) = (moment(start), moment(end));
            let query = [("start", start.as_str()), ("end", end.as_str())];
            let found = asker.get(&["sobjects", object, what], &query);
            written(out, "result", &zulu(found.map_err(|error| no_object(error, object))?));
        }
        Lookup::Tabs => {
            let tabs = asker.get(&["tabs"], &[])?;
            let base = &caller.base_url;
            // One app with everything in it, which is the one that the user has chosen.
            written(
                out,
                "result",
                &json!({
                    "description": "All tabs", "label": "All Tabs", "logoUrl": format!("{base}/img/seasonLogos/2025_winter_aloha.png"),
                    "selected": true, "tabs": tabs,
                }),
            );
        }
        Lookup::Layout { object } => {
            let layouts = asker.get(&["sobjects", object, "describe", "layouts"], &[]);
            written(out, "result", &layouts.map_err(|error| no_object(error, object))?);
        }
    }
    Ok(())
}

/// `xsd:dateTime` may go without a zone, and is then one of UTC.
fn moment(text: &str) -> String {
    let zoned = text.get(10..).is_some_and(|time| time.contains(['Z', 'z', '+', '-']));
    if zoned { text.to_owned() } else { format!("{text}Z") }
}

/// Where REST has no such path, SOAP has no such type.
fn no_object(error: ApiError, object: &str) -> ApiError {
    if error != ApiError::not_found() {
        return error;
    }
    ApiError::bad("INVALID_TYPE", format!("sObject type '{object}' is not supported."))
}

/// REST writes `+0000` where SOAP writes `Z`.
fn zulu(value: Value) -> Value {
    match value {
        Value::String(text) => {
            text.strip_suffix("+0000").map(|moment| format!("{moment}Z")).unwrap_or(text).into()
        }
        Value::Array(values) => values.into_iter().map(zulu).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, zulu(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}
