//! Objects that stand beside others: the change event of each object whose changes can be captured, and the table of
//! who shares its records. Nobody deploys them; they come and go with their object.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::field::{Field, FieldType};
use super::schema::{ObjectKind, ObjectType, SharingModel, TriggerEvent, system_field};
use crate::events::change::{HEADER, SUFFIX, event_of};

/// What the names of sharing tables end with.
const SHARE: &str = "Share";
/// Standard objects whose records are shared one by one.
const SHARED: [&str; 10] =
    ["Account", "Asset", "Campaign", "Case", "Contact", "Individual", "Lead", "Opportunity", "Order", "User"];
/// Fields of a record that its change events do not have.
const UNTOLD: [&str; 4] = ["IsDeleted", "SystemModstamp", "LastViewedDate", "LastReferencedDate"];

/// Objects by name in lower case.
pub(super) type Beside = BTreeMap<String, Arc<ObjectType>>;

/// Whether a name may be that of such an object.
pub(super) fn may_be(lower: &str) -> bool {
    lower.ends_with("changeevent") || lower.ends_with("share")
}

/// All that stand beside these objects.
pub(super) fn all<'a>(objects: impl Iterator<Item = &'a Arc<ObjectType>>) -> Beside {
    let made = objects.flat_map(|object| [change_event(object), share(object)]).flatten();
    made.map(|object| (object.name.to_ascii_lowercase(), Arc::new(object))).collect()
}

/// The name of the table of who shares the records of an object; absent where everybody may change all of them, or a
/// parent decides.
pub(crate) fn share_of(object: &ObjectType) -> Option<String> {
    match object.kind {
        ObjectKind::Custom if matches!(object.sharing, SharingModel::Private | SharingModel::Read) => {
            Some(format!("{}__{SHARE}", object.name.strip_suffix("__c")?))
        }
        ObjectKind::Standard if SHARED.contains(&object.name.as_str()) => {
            Some(format!("{}{SHARE}", object.name))
        }
        _ => None,
    }
}

fn change_event(object: &ObjectType) -> Option<ObjectType> {
    let name = event_of(object)?;
    let mut fields: Vec<Arc<Field>> = system_field("Id").into_iter().collect();
    let told = [(HEADER, FieldType::ComplexValue), ("ReplayId", FieldType::String)];
    fields.extend(told.map(|(name, kind)| Arc::new(Field { nillable: true, ..Field::system(name, kind) })));
    let own = object.fields.iter().filter(|field| field.name != "Id");
    let own = own.filter(|field| !UNTOLD.contains(&field.name.as_str()));
    fields.extend(own.map(|field| {
        Arc::new(Field { nillable: true, permissionable: false, name_field: false, ..(**field).clone() })
    }));
    Some(ObjectType {
        label: format!("{} Change Event", object.label),
        createable: false,
        updateable: false,
        deletable: false,
        queryable: false,
        searchable: false,
        layoutable: false,
        trigger_events: vec![TriggerEvent::AfterInsert],
        built_in: true,
        fields,
        ..ObjectType::bare(&name, ObjectKind::Standard)
    })
    .filter(|object| object.name.ends_with(SUFFIX))
}

fn share(object: &ObjectType) -> Option<ObjectType> {
    let name = share_of(object)?;
    let custom = object.is_custom();
    let (parent, access) = match custom {
        true => ("ParentId".to_owned(), "AccessLevel".to_owned()),
        false => (format!("{}Id", object.name), format!("{}AccessLevel", object.name)),
    };
    let step = parent.strip_suffix("Id").unwrap_or(&parent).to_owned();
    let required = |field: Field| Field { nillable: false, permissionable: false, built_in: true, ..field };
    let fixed = |field: Field| Field { updateable: false, ..required(field) };
    let levels = ["Read", "Edit", "All"].map(str::to_owned).to_vec();
    let own = [
        fixed(Field::reference(&parent, &[&object.name], &step)),
        fixed(Field::reference("UserOrGroupId", &["Group", "User"], "UserOrGroup")),
        required(Field { picklist: levels, ..Field::new(&access, FieldType::Picklist) }),
        Field {
            nillable: true,
            defaulted: true,
            ..fixed(Field { length: 40, ..Field::new("RowCause", FieldType::Picklist) })
        },
    ];
    let mut fields: Vec<Arc<Field>> = system_field("Id").into_iter().collect();
    fields.extend(own.map(Arc::new));
    fields.extend(
        ["LastModifiedDate", "LastModifiedById", "IsDeleted"].iter().filter_map(|name| system_field(name)),
    );
    Some(ObjectType {
        label: format!("Share: {}", object.label),
        key_prefix: Some(if custom { "02c" } else { share_prefix(&object.name) }.to_owned()),
        searchable: false,
        layoutable: false,
        built_in: true,
        fields,
        ..ObjectType::bare(&name, ObjectKind::Standard)
    })
}

/// Key prefixes of the sharing tables of standard objects.
fn share_prefix(object: &str) -> &'static str {
    match object {
        "Account" => "00r",
        "Asset" => "70a",
        "Campaign" => "08s",
        "Case" => "01n",
        "Contact" => "03s",
        "Lead" => "01o",
        "Opportunity" => "00t",
        "Order" => "0OO",
        "Individual" => "0T9",
        _ => "0Us",
    }
}
