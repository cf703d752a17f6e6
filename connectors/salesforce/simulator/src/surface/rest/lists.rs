//! Lists of what an org can hold beside records, for those who ask whether there is any: actions, approvals, the menu of
//! apps.

use serde_json::{Value, json};

use super::Call;
use crate::surface::{Answer, ApiError, ApiResult, Site};
use crate::tables::{self, Row};

/// Actions that every org has: name and label.
const STANDARD: [(&str, &str); 3] =
    [("chatterPost", "Post to Chatter"), ("emailSimple", "Send Email"), ("submit", "Submit for Approval")];

/// `GET …/actions`, `…/process`, `…/appMenu`; absent: there is no such list.
pub(super) fn serve(site: &Site, call: &Call, path: &[&str]) -> Option<ApiResult> {
    let root = &call.root;
    Some(Ok(Answer::ok(match path {
        ["actions"] => {
            json!({"standard": format!("{root}/actions/standard"), "custom": format!("{root}/actions/custom")})
        }
        ["actions", "standard"] => {
            let all = STANDARD.iter().map(|(name, label)| {
                json!({"label": label, "name": name, "type": name.to_ascii_uppercase(), "url": format!("{root}/actions/standard/{name}")})
            });
            json!({"actions": all.collect::<Value>()})
        }
        ["actions", "custom"] => json!({
            "apex": format!("{root}/actions/custom/apex"),
            "flow": format!("{root}/actions/custom/flow"),
            "quickAction": format!("{root}/actions/custom/quickAction"),
        }),
        ["actions", "custom", "apex" | "flow" | "quickAction"] => json!({"actions": []}),
        ["process"] => {
            json!({"approvals": format!("{root}/process/approvals"), "rules": format!("{root}/process/rules")})
        }
        ["process", "approvals"] => json!({"approvals": {}}),
        ["process", "rules"] => json!({"rules": {}}),
        ["appMenu"] => json!({
            "appSwitcher": format!("{root}/appMenu/AppSwitcher"), "salesforce1": format!("{root}/appMenu/Salesforce1"),
        }),
        ["appMenu", "AppSwitcher"] => apps(site, call),
        ["appMenu", "Salesforce1"] => json!({"appMenuItems": []}),
        ["actions" | "process" | "appMenu", ..] => return Some(Err(ApiError::not_found())),
        _ => return None,
    })))
}

/// The apps of the menu, as AppMenuItem has them.
fn apps(site: &Site, call: &Call) -> Value {
    let state = site.org.snapshot();
    let view = call.view(&site.org, &state);
    let base = site.base_url(&call.headers);
    let mut items = Vec::new();
    if let Some(object) = view.object("AppMenuItem") {
        tables::scan(&view, object, false, &mut |row: Row| {
            let value = |name: &str| row.value(&view, name);
            let url = value("StartUrl").as_str().map(|url| format!("{base}{url}"));
            items.push(json!({
                "type": value("Type"), "content": null, "icons": null, "colors": null, "label": value("Label"), "url": url,
            }));
        });
    }
    json!({"appMenuItems": items})
}
