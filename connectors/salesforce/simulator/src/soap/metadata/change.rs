//! `createMetadata` and its sisters.

use crate::metadata::change::{Action, Changed};
use crate::metadata::xml::Element;
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::write::Xml;

/// Components of one call, and of the types whose components are small.
const COMPONENTS_MAX: usize = 10;
const SMALL_COMPONENTS_MAX: usize = 200;

/// Changes what the element asks for, and writes a result for each component.
pub(super) fn change(
    caller: &Caller<'_>,
    asked: &Element,
    all_or_none: bool,
    out: &mut Xml,
) -> Result<(), SoapFault> {
    let (kind, actions) = actions(asked)?;
    let most = match kind.as_str() {
        "CustomMetadata" | "CustomApplication" => SMALL_COMPONENTS_MAX,
        _ => COMPONENTS_MAX,
    };
    if actions.len() > most {
        let message =
            format!("record limit reached. cannot submit more than {most} records in this operation");
        return Err(SoapFault::api("EXCEEDED_ID_LIMIT", message));
    }
    let who = (&caller.rights, caller.version);
    let results = caller.site.deployments.change(&kind, &actions, who, all_or_none)?;
    let upsert = asked.name == "upsertMetadata";
    results.iter().for_each(|result| show(result, upsert, out));
    Ok(())
}

/// The type, and what is to be done.
fn actions(asked: &Element) -> Result<(String, Vec<Action>), SoapFault> {
    let text = |name: &str| asked.text_of(name).unwrap_or_default().to_owned();
    match asked.name.as_str() {
        "deleteMetadata" => {
            let names = asked.all("fullNames").map(|name| Action::Delete(name.text.clone())).collect();
            Ok((text("type"), names))
        }
        "renameMetadata" => {
            let rename = Action::Rename { from: text("oldFullName"), to: text("newFullName") };
            Ok((text("type"), vec![rename]))
        }
        verb => {
            let mut kinds = asked.all("metadata").filter_map(|one| one.kind.as_deref());
            let kind = kinds.next().ok_or_else(|| {
                SoapFault::api("INVALID_TYPE", "Specify the type of each component with xsi:type")
            })?;
            if kinds.any(|other| other != kind) {
                return Err(SoapFault::api("INVALID_TYPE", "All components of one call must be of one type"));
            }
            let action = match verb {
                "createMetadata" => Action::Create,
                "updateMetadata" => Action::Update,
                _ => Action::Upsert,
            };
            Ok((kind.to_owned(), asked.all("metadata").cloned().map(action).collect()))
        }
    }
}

fn show(result: &Changed, upsert: bool, out: &mut Xml) {
    out.open("result");
    if upsert {
        out.flag("created", result.created);
    }
    if let Some(refusal) = &result.refusal {
        out.open("errors");
        for field in &refusal.fields {
            out.text("fields", field);
        }
        out.text("message", &refusal.message).text("statusCode", &refusal.code).close("errors");
    }
    out.text("fullName", &result.full_name).flag("success", result.refusal.is_none()).close("result");
}
