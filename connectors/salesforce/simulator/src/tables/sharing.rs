//! Which records a caller may read and change.

use super::{View, held};
use crate::org::{Id, ObjectAccess, ObjectType, Reach, Record, SharingModel, prefix, share_of};

/// Parents of parents looked at for records that their parent controls.
const DEPTH_MAX: usize = 4;

/// Whether the caller may read a record, object permissions and sharing taken together.
pub(crate) fn may_read(view: &View<'_>, object: &ObjectType, access: ObjectAccess, record: &Record) -> bool {
    readable(view, object, access, record, 0)
}

fn readable(
    view: &View<'_>,
    object: &ObjectType,
    access: ObjectAccess,
    record: &Record,
    depth: usize,
) -> bool {
    if !access.read || depth > DEPTH_MAX {
        return false;
    }
    if matches!(object.name.as_str(), "ContentVersion" | "ContentDocument" | "ContentDocumentLink") {
        return file_readable(view, record, &object.name, depth);
    }
    if access.view_all || access.modify_all || owns(view, record) {
        return true;
    }
    match object.sharing {
        SharingModel::Read | SharingModel::ReadWrite => true,
        SharingModel::Private => shared(view, object, record, false),
        SharingModel::ControlledByParent => parent(view, object, record).is_none_or(|(object, record)| {
            readable(view, object, view.rights.object(object), record, depth + 1)
        }),
    }
}

/// Whether the caller may change (or delete) a record. The right on the object is checked by the caller.
pub(crate) fn may_change(
    view: &View<'_>,
    object: &ObjectType,
    access: ObjectAccess,
    record: &Record,
) -> bool {
    if access.modify_all || owns(view, record) {
        return true;
    }
    match object.sharing {
        SharingModel::ReadWrite => true,
        SharingModel::Read | SharingModel::Private => shared(view, object, record, true),
        SharingModel::ControlledByParent => parent(view, object, record)
            .is_none_or(|(object, record)| may_change(view, object, view.rights.object(object), record)),
    }
}

/// Whether a row of the object's sharing table opens the record to the caller, or to a group that has him.
fn shared(view: &View<'_>, object: &ObjectType, record: &Record, to_change: bool) -> bool {
    let Some(table) = share_of(object) else { return false };
    let standard = !object.is_custom();
    let name = |custom: &str| match (standard, custom) {
        (true, "ParentId") => format!("{}Id", object.name),
        (true, custom) => format!("{}{custom}", object.name),
        (false, custom) => custom.to_owned(),
    };
    let (parent, level) = (name("ParentId"), name("AccessLevel"));
    let user = view.rights.user;
    let opens = |row: &Record| {
        let grantee = row.reference("UserOrGroupId");
        let enough = !to_change || row.get(&level).as_str().is_some_and(|level| level != "Read");
        enough
            && row.reference(&parent) == Some(record.id)
            && grantee.is_some_and(|grantee| {
                grantee == user || grantee.prefix() == prefix::GROUP && held::is_member(view, grantee, user)
            })
    };
    view.state.records.table(&table).any(|row| !row.deleted && opens(row))
}

/// What a queue owns, each of its members owns.
fn owns(view: &View<'_>, record: &Record) -> bool {
    let Some(owner) = record.reference("OwnerId") else { return false };
    let user = view.rights.user;
    owner == user || owner.prefix() == prefix::GROUP && held::is_member(view, owner, user)
}

/// The record that controls this one: its master, or what it hangs on.
fn parent<'a>(view: &View<'a>, object: &ObjectType, record: &Record) -> Option<(&'a ObjectType, &'a Record)> {
    let master = object.fields.iter().find(|field| field.master_detail);
    let usual = || {
        object.fields.iter().find(|field| {
            matches!(field.name.as_str(), "ParentId" | "AccountId" | "OpportunityId" | "OrderId")
        })
    };
    let field = master.or_else(usual)?;
    let id = record.reference(&field.name)?;
    field.reference_to.iter().find_map(|name| {
        let object = view.any_object(name)?;
        view.state.records.get(name, id).map(|record| (object.as_ref(), record.as_ref()))
    })
}

/// Files: their owner, everybody who may read a record they are attached to, and holders of "Query All Files".
/// "View All Data" alone does not open other people's private files.
fn file_readable(view: &View<'_>, record: &Record, object: &str, depth: usize) -> bool {
    if view.rights.reach == Reach::System || view.rights.has("QueryAllFiles") || owns(view, record) {
        return true;
    }
    let document = match object {
        "ContentDocument" => Some(record.id),
        _ => record.reference("ContentDocumentId"),
    };
    let Some(document) = document else { return false };
    let owner =
        view.state.records.get("ContentDocument", document).is_some_and(|document| owns(view, document));
    owner
        || links(view, document)
            .any(|entity| entity == view.rights.user || entity_readable(view, entity, depth))
}

fn links<'a>(view: &View<'a>, document: Id) -> impl Iterator<Item = Id> + 'a {
    let records = &view.state.records;
    let links = records.with_value("ContentDocumentLink", "ContentDocumentId", &document.into());
    let links = links.into_iter().filter_map(|link| records.get("ContentDocumentLink", link));
    links.filter_map(|link| link.reference("LinkedEntityId"))
}

fn entity_readable(view: &View<'_>, entity: Id, depth: usize) -> bool {
    let Some(object) = view.state.metadata.object_of(entity) else { return false };
    let record = view.state.records.get(&object.name, entity);
    record.is_some_and(|record| readable(view, object, view.rights.object(object), record, depth + 1))
}
