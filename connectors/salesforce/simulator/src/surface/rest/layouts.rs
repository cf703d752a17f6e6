//! Layouts of an object: all its fields in one section, as an org without layouts of its own might have them.

use serde_json::{Value, json};

use super::Call;
use crate::org::{Field, ObjectType, Rights};
use crate::surface::{Answer, ApiError, ApiResult, Site};

/// The record type that every object has.
const MASTER: &str = "012000000000000AAA";

/// `GET …/sobjects/X/describe/…` and the lists beside it.
pub(super) fn serve(site: &Site, call: &Call, name: &str, what: &str) -> ApiResult {
    let metadata = site.org.metadata();
    let object = metadata.object(name).filter(|object| call.rights.object(object).read);
    let object = object.ok_or_else(ApiError::not_found)?;
    if !object.layoutable {
        return Err(ApiError::not_found());
    }
    let root = format!("{}/sobjects/{}", call.root, object.name);
    Ok(Answer::ok(match what {
        "layouts" => layouts(object, &call.rights, &root),
        "compactLayouts" => compact(object, &root),
        "approvalLayouts" => json!({"approvalLayouts": []}),
        "quickActions" => json!([]),
        "listviews" => {
            json!({"done": true, "listviews": [], "nextRecordsUrl": null, "size": 0, "sobjectType": object.name})
        }
        _ => return Err(ApiError::not_found()),
    }))
}

fn layouts(object: &ObjectType, rights: &Rights, root: &str) -> Value {
    let seen: Vec<&Field> = object
        .fields
        .iter()
        .map(AsRef::as_ref)
        .filter(|field| rights.field(object, field).read && field.name != "Id")
        .collect();
    let section = |edit: bool| {
        let rows = seen.iter().filter(|field| !edit || field.updateable).enumerate().map(|(at, field)| {
            let item = json!({
                "editableForNew": field.createable,
                "editableForUpdate": field.updateable,
                "label": field.label,
                "layoutComponents": [{"displayLines": 1, "tabOrder": at + 1, "type": "Field", "value": field.name, "details": {"name": field.name, "label": field.label, "type": field.kind.as_str()}}],
                "placeholder": false,
                "required": field.required_on_create(),
            });
            json!({"layoutItems": [item], "numItems": 1})
        });
        let rows: Vec<Value> = rows.collect();
        json!([{
            "collapsed": false, "columns": 1, "heading": "Information", "layoutRows": rows,
            "layoutSectionId": null, "parentLayoutId": null, "rows": rows.len(), "tabOrder": "LeftToRight",
            "useCollapsibleSection": false, "useHeading": false,
        }])
    };
    json!({
        "layouts": [{
            "buttonLayoutSection": {"detailButtons": []},
            "detailLayoutSections": section(false),
            "editLayoutSections": section(true),
            "feedView": null,
            "highlightsPanelLayoutSection": null,
            "id": null,
            "multirowEditLayoutSections": [],
            "offlineLinks": [],
            "quickActionList": {"quickActionListItems": []},
            "relatedContent": null,
            "relatedLists": [],
            "saveOptions": [],
        }],
        "recordTypeMappings": [{
            "active": true, "available": true, "defaultRecordTypeMapping": true, "developerName": "Master",
            "layoutId": null, "master": true, "name": "Master", "picklistsForRecordType": [], "recordTypeId": MASTER,
            "urls": {"layout": format!("{root}/describe/layouts/{MASTER}")},
        }],
        "recordTypeSelectorRequired": [false],
    })
}

fn compact(object: &ObjectType, root: &str) -> Value {
    let name = object.fields.iter().find(|field| field.name_field);
    let items: Vec<Value> = name
        .map(|field| json!({"editableForNew": false, "editableForUpdate": false, "label": field.label, "layoutComponents": [{"displayLines": 1, "tabOrder": 1, "type": "Field", "value": field.name}], "placeholder": false, "required": false}))
        .into_iter()
        .collect();
    json!({
        "compactLayouts": [{
            "actions": [], "fieldItems": items, "id": null, "imageItems": [], "label": "System Default",
            "name": "SYSTEM", "objectType": object.name,
        }],
        "defaultCompactLayoutId": null,
        "recordTypeCompactLayoutMappings": [{
            "available": true, "compactLayoutId": null, "compactLayoutName": "SYSTEM", "recordTypeId": MASTER, "recordTypeName": "Master",
            "urls": {"compactLayout": format!("{root}/describe/compactLayouts/{MASTER}")},
        }],
        "urls": {"primary": format!("{root}/describe/compactLayouts/primary")},
    })
}
