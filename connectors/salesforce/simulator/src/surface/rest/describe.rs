//! Describes: only what the caller may see is in them.

use axum::http::StatusCode;
use axum::http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Call, field};
use crate::org::{ObjectAccess, ObjectKind, ObjectType, date_time};
use crate::surface::{Answer, ApiError, ApiResult, Site};
use crate::tables::View;

/// `GET …/sobjects`.
pub(super) fn global(site: &Site, call: &Call) -> ApiResult {
    let state = site.org.snapshot();
    let view = call.view(&site.org, &state);
    let metadata = &state.metadata;
    let all: Vec<_> = if call.tooling {
        let setup = metadata.objects().filter(|object| {
            object.kind == ObjectKind::Setup && metadata.tooling_objects().all(|own| own.name != object.name)
        });
        metadata.tooling_objects().chain(setup).collect()
    } else {
        metadata.objects().collect()
    };
    let visible = all.into_iter().filter_map(|object| {
        let access = view.rights.object(object);
        access.read.then(|| summary(call, object, access))
    });
    Ok(Answer::ok(json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": visible.collect::<Vec<_>>()})))
}

/// `GET …/sobjects/X`.
pub(super) fn basic(site: &Site, call: &Call, name: &str) -> ApiResult {
    let state = site.org.snapshot();
    let view = call.view(&site.org, &state);
    let object = view.object(name).ok_or_else(ApiError::not_found)?;
    let summary = summary(call, object, view.rights.object(object));
    Ok(Answer::ok(json!({"objectDescribe": summary, "recentItems": []})))
}

/// `GET …/sobjects/X/describe`, with conditions.
pub(super) fn object(site: &Site, call: &Call, name: &str) -> ApiResult {
    let state = site.org.snapshot();
    let view = call.view(&site.org, &state);
    let object = view.object(name).ok_or_else(ApiError::not_found)?;
    let header = |name| call.headers.get(name).and_then(|value| value.to_str().ok());
    let modified_ms = object.modified_ms / 1000 * 1000;
    let full = full(&view, call, object);
    let mut hash = Sha256::new();
    hash.update(full.to_string());
    let etag: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{etag}\"");
    let same = header(IF_NONE_MATCH)
        .map(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let unchanged = same.unwrap_or_else(|| {
        let since =
            header(IF_MODIFIED_SINCE).and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok());
        since.is_some_and(|since| modified_ms <= since.timestamp_millis())
    });
    let answer = if unchanged { Answer::empty(StatusCode::NOT_MODIFIED) } else { Answer::ok(full) };
    let modified = date_time(modified_ms).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    Ok(answer.with(ETAG, etag).with(LAST_MODIFIED, modified))
}

fn summary(call: &Call, object: &ObjectType, access: ObjectAccess) -> Value {
    let tail = if call.tooling { "/tooling" } else { "" };
    let base = format!("/services/data/v{}.0{tail}/sobjects/{}", call.version, object.name);
    let mut urls = Map::new();
    if object.layoutable {
        for name in ["compactLayouts", "layouts", "approvalLayouts", "listviews", "quickActions"] {
            urls.insert(
                name.to_owned(),
                format!(
                    "{base}/{}",
                    if name == "layouts" || name == "compactLayouts" {
                        format!("describe/{name}")
                    } else {
                        name.to_owned()
                    }
                )
                .into(),
            );
        }
    }
    urls.insert("rowTemplate".to_owned(), format!("{base}/{{ID}}").into());
    urls.insert("describe".to_owned(), format!("{base}/describe").into());
    urls.insert("sobject".to_owned(), base.into());
    let writable = object.kind != ObjectKind::Open || object.createable;
    json!({
        "activateable": false,
        "associateEntityType": null,
        "associateParentEntity": null,
        "createable": object.createable && (access.create || writable && object.kind == ObjectKind::Open),
        "custom": object.is_custom(),
        "customSetting": false,
        "deepCloneable": false,
        "deletable": object.deletable && (access.delete || object.kind == ObjectKind::Open),
        "deprecatedAndHidden": false,
        "feedEnabled": object.feed_enabled,
        "hasSubtypes": false,
        "isInterface": false,
        "isSubtype": false,
        "keyPrefix": object.key_prefix,
        "label": object.label,
        "labelPlural": object.label_plural,
        "layoutable": object.layoutable,
        "mergeable": matches!(object.name.as_str(), "Account" | "Contact" | "Lead" | "Case"),
        "mruEnabled": object.layoutable,
        "name": object.name,
        "queryable": object.queryable,
        "replicateable": object.queryable,
        "retrieveable": object.queryable,
        "searchable": object.searchable,
        "triggerable": object.triggerable(),
        "undeletable": object.undeletable && access.delete,
        "updateable": object.updateable && (access.edit || object.kind == ObjectKind::Open),
        "urls": urls,
    })
}

fn full(view: &View<'_>, call: &Call, object: &ObjectType) -> Value {
    let access = view.rights.object(object);
    let mut describe = summary(call, object, access);
    let fields: Vec<Value> = object
        .fields
        .iter()
        .filter_map(|one| {
            let rights = view.rights.field(object, one);
            rights.read.then(|| field::describe(one, rights.edit))
        })
        .collect();
    let further = json!({
        "actionOverrides": [],
        "childRelationships": children(view, object),
        "compactLayoutable": object.layoutable,
        "defaultImplementation": null,
        "extendedBy": null,
        "extendsInterfaces": null,
        "fields": fields,
        "implementedBy": null,
        "implementsInterfaces": null,
        "listviewable": null,
        "lookupLayoutable": null,
        "namedLayoutInfos": [],
        "networkScopeFieldName": null,
        "recordTypeInfos": record_types(call, object),
        "searchLayoutable": object.searchable,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": format!("All {}", object.label_plural), "name": "everything"}],
    });
    if let (Value::Object(describe), Value::Object(further)) = (&mut describe, further) {
        describe.extend(further);
    }
    describe
}

fn children(view: &View<'_>, object: &ObjectType) -> Vec<Value> {
    let mut children = Vec::new();
    for child in
        view.state.metadata.objects().filter(|child| child.queryable && view.rights.object(child).read)
    {
        for field in &child.fields {
            if field.reference_to.contains(&object.name) && view.rights.field(child, field).read {
                children.push(json!({
                    "cascadeDelete": field.master_detail,
                    "childSObject": child.name,
                    "deprecatedAndHidden": false,
                    "field": field.name,
                    "junctionIdListNames": [],
                    "junctionReferenceTo": [],
                    "relationshipName": crate::soql::child_relationship(child, field),
                    "restrictedDelete": false,
                }));
            }
        }
    }
    children
}

fn record_types(call: &Call, object: &ObjectType) -> Value {
    if !object.layoutable {
        return json!([]);
    }
    json!([{
        "active": true,
        "available": true,
        "defaultRecordTypeMapping": true,
        "developerName": "Master",
        "master": true,
        "name": "Master",
        "recordTypeId": "012000000000000AAA",
        "urls": {"layout": format!("/services/data/v{}.0/sobjects/{}/describe/layouts/012000000000000AAA", call.version, object.name)},
    }])
}
