//! Along relationships: `sobjects/X/{id}/Owner`, `sobjects/X/{id}/Contacts`.

use std::sync::Arc;

use axum::http::{Method, StatusCode};

use super::{Call, Door, query, records};
use crate::org::{Field, Id, ObjectType};
use crate::soql;
use crate::surface::{ApiError, ApiResult, Site};
use crate::tables::{self, View};

/// What a word behind a record leads to.
enum Leads {
    Up(Arc<ObjectType>, String),
    /// A child object, and its field that leads back.
    Down(Arc<ObjectType>, Arc<Field>),
}

/// Serves a call along the relationship `word` of a record; `None` where the object has no such relationship.
pub(super) fn serve(
    site: &Site,
    call: &Call,
    door: &mut Door<'_>,
    (name, key, word): (&str, &str, &str),
) -> Option<ApiResult> {
    let id = Id::parse(key)?;
    let leads = door.look(&site.org, |state| leads(&call.view(&site.org, state), name, id, word))?;
    let read = call.method == Method::GET || call.method == Method::HEAD;
    Some(match leads {
        Err(error) => Err(error),
        Ok(Leads::Up(parent, key)) => match &call.method {
            _ if read => records::get(site, call, door, &parent.name, &key),
            &Method::PATCH => records::update(site, call, door, &parent.name, &key),
            &Method::DELETE => records::delete(site, call, door, &parent.name, &key),
            method => Err(ApiError::method(method, "DELETE,GET,HEAD,PATCH")),
        },
        Ok(Leads::Down(child, link)) if read => children(site, call, door, id, &child, &link),
        Ok(Leads::Down(..)) => Err(ApiError::method(&call.method, "GET,HEAD")),
    })
}

fn leads(view: &View<'_>, name: &str, id: Id, word: &str) -> Option<Result<Leads, ApiError>> {
    let object = view.object(name)?;
    let named = |field: &&Arc<Field>| {
        field.relationship.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(word))
            && view.rights.field(object, field).read
    };
    if let Some(field) = object.fields.iter().find(named) {
        let Some(row) = tables::by_key(view, object, id.as_str()) else {
            return Some(Err(ApiError::no_record()));
        };
        let value = row.value(view, &field.name);
        let key = value.as_str().and_then(Id::parse);
        let parents = field.reference_to.iter().filter_map(|parent| view.object(parent));
        let found = key.and_then(|key| {
            let mut parents = parents.filter(|parent| tables::by_key(view, parent, key.as_str()).is_some());
            parents.next().map(|parent| Leads::Up(parent.clone(), key.to_string()))
        });
        return Some(found.ok_or_else(ApiError::not_found));
    }
    for (child, field) in view.state.metadata.references_to(&object.name) {
        let own = soql::child_relationship(child, field).is_some_and(|own| own.eq_ignore_ascii_case(word));
        if own && view.rights.object(child).read && view.rights.field(child, field).read {
            return Some(Ok(Leads::Down(child.clone(), field.clone())));
        }
    }
    None
}

fn children(
    site: &Site,
    call: &Call,
    door: &Door<'_>,
    parent: Id,
    child: &ObjectType,
    link: &Field,
) -> ApiResult {
    let fields = match call.parameter("fields") {
        Some(fields) => fields.to_owned(),
        None => {
            let readable = child.fields.iter().filter(|field| call.rights.field(child, field).read);
            readable.map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ")
        }
    };
    let text = format!("SELECT {fields} FROM {} WHERE {} = '{parent}'", child.name, link.name);
    query::answer(site, call, door, &text, false)
}

/// 404 where a record or a field of this name is not there.
pub(super) fn unknown(name: &str) -> ApiError {
    let message = format!("Provided external ID field does not exist or is not accessible: {name}");
    ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
}
