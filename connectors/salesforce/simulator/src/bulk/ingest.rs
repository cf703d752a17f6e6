//! Rows on their way into records.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::BulkError;
use crate::dml::{Operation, Options, Row, RowError, RowResult};
use crate::org::{FieldType, Id, ObjectType, Org, Rights};
use crate::surface::ApiError;
use crate::surface::rest::{apply, changed_row, doomed, is_key, new_row, target};
use crate::tables::View;
use crate::transaction::Transaction;

/// Rows of one transaction: what triggers see together.
const CHUNK: usize = 200;
/// Empties a field.
const NULL: &str = "#N/A";

/// What a job does with its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Insert,
    Update,
    Upsert,
    Delete,
    HardDelete,
}

/// What is done to which records.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub verb: Verb,
    /// API name as the schema spells it.
    pub object: String,
    /// Of an upsert.
    pub key: Option<String>,
}

impl Verb {
    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Insert, Self::Update, Self::Upsert, Self::Delete, Self::HardDelete]
            .into_iter()
            .find(|verb| verb.as_str().eq_ignore_ascii_case(word))
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Delete => "delete",
            Self::HardDelete => "hardDelete",
        }
    }
}

impl Order {
    /// Checks what a job asks for against what its user may see.
    pub(super) fn new(
        view: &View<'_>,
        verb: Verb,
        object: &str,
        key: Option<&str>,
    ) -> Result<Self, BulkError> {
        let found = view.object(object);
        let object = found.ok_or_else(|| BulkError::job(format!("Unable to find object: {object}")))?;
        if verb == Verb::HardDelete && !view.rights.has("BulkApiHardDelete") {
            let message = "hardDelete operation requires special user profile permission, please contact your system administrator";
            return Err(BulkError::new("FeatureNotEnabled", message));
        }
        let key = key.filter(|key| !key.is_empty() && verb == Verb::Upsert);
        if verb == Verb::Upsert && key.is_none() {
            let message = format!(
                "External ID was blank for {}. An External ID must be specified for upsert.",
                object.name
            );
            return Err(BulkError::job(message));
        }
        let key = key.map(|name| match object.field(name).filter(|field| is_key(view, object, field)) {
            Some(field) => Ok(field.name.clone()),
            None => {
                let message = format!(
                    "Field name provided, {name} does not match an External ID, Salesforce Id, or indexed field for {}",
                    object.name
                );
                Err(BulkError::job(message))
            }
        });
        Ok(Self { verb, object: object.name.clone(), key: key.transpose()? })
    }

    fn operation(&self) -> Operation {
        match self.verb {
            Verb::Insert => Operation::Insert,
            Verb::Update => Operation::Update,
            Verb::Upsert => Operation::Upsert(self.key.as_deref().map(Arc::from)),
            Verb::Delete | Verb::HardDelete => Operation::Delete,
        }
    }

    fn row(&self, tx: &Transaction, mut body: Map<String, Value>) -> Result<Row, ApiError> {
        let id = body.keys().find(|name| name.eq_ignore_ascii_case("Id")).cloned();
        let id = id.and_then(|name| body.remove(&name)).filter(|id| !id.is_null());
        let id = id.as_ref().and_then(Value::as_str);
        if matches!(self.verb, Verb::Delete | Verb::HardDelete) {
            let id =
                id.ok_or_else(|| ApiError::bad("MISSING_ARGUMENT", "Id not specified in a delete call"))?;
            let row = doomed(tx, id)?;
            if row.object.name == self.object {
                return Ok(row);
            }
            let message = format!("{id} is not an id of {}", self.object);
            return Err(ApiError::bad("INVALID_ID_FIELD", message));
        }
        let object = target(tx, &self.object)?;
        let by_id = self.verb == Verb::Update || self.key.as_deref() == Some("Id");
        match id.filter(|_| by_id) {
            Some(id) => {
                let malformed =
                    || ApiError::bad("MALFORMED_ID", format!("Id: id value of incorrect type: {id}"));
                changed_row(tx, &object, Id::parse(id).ok_or_else(malformed)?, &body)
            }
            None if self.verb == Verb::Update => {
                Err(ApiError::bad("MISSING_ARGUMENT", "Id not specified in an update call"))
            }
            None => new_row(tx, &object, &body, None),
        }
    }

    /// Takes rows through the door. `after` hears of each chunk's results and says whether to go on.
    pub(super) fn run(
        &self,
        org: &Arc<Org>,
        user: Id,
        rows: impl IntoIterator<Item = Map<String, Value>>,
        after: &mut dyn FnMut(Vec<RowResult>) -> bool,
    ) {
        let mut rows = rows.into_iter();
        loop {
            let chunk: Vec<Map<String, Value>> = rows.by_ref().take(CHUNK).collect();
            if chunk.is_empty() || !after(self.chunk(org, user, chunk)) {
                return;
            }
        }
    }

    fn chunk(&self, org: &Arc<Org>, user: Id, chunk: Vec<Map<String, Value>>) -> Vec<RowResult> {
        let count = chunk.len();
        if org.is_read_only() {
            let errors = Vec::<RowError>::from(ApiError::maintenance());
            return vec![RowResult { id: None, created: false, errors }; count];
        }
        let rights: Rights = org.read().rights(user);
        let mut tx = Transaction::begin(org, rights);
        let rows = chunk.into_iter().map(|body| self.row(&tx, body)).collect();
        let mut results = apply(&mut tx, self.operation(), rows, false);
        if self.verb == Verb::HardDelete {
            let gone: Vec<Id> =
                results.iter().filter(|row| row.errors.is_empty()).filter_map(|row| row.id).collect();
            tx.empty_recycle_bin(&gone, Options::API);
        }
        if self.verb == Verb::Insert {
            results.iter_mut().for_each(|result| result.created = result.errors.is_empty());
        }
        tx.commit();
        results
    }
}

/// Where the cells of a column go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    Field {
        name: String,
        boolean: bool,
    },
    /// `Account.Key__c`, or `Lead:Owner.Key__c` where the lookup leads to more than one object.
    Parent {
        relationship: String,
        of: Option<String>,
        key: String,
    },
}

impl Column {
    /// The columns of a header.
    pub(super) fn of(
        view: &View<'_>,
        object: &ObjectType,
        header: &[String],
    ) -> Result<Vec<Self>, BulkError> {
        let column = |name: &String| {
            Self::find(view, object, name.trim())
                .ok_or_else(|| BulkError::batch(format!("Field name not found : {name}")))
        };
        header.iter().map(column).collect()
    }

    fn find(view: &View<'_>, object: &ObjectType, name: &str) -> Option<Self> {
        let seen = |field: &crate::org::Field| view.rights.field(object, field).read;
        if let Some((step, key)) = name.split_once('.') {
            let (of, step) = match step.split_once(':') {
                Some((of, step)) => (Some(of.to_owned()), step),
                None => (None, step),
            };
            let same =
                |word: &Option<String>| word.as_ref().is_some_and(|word| word.eq_ignore_ascii_case(step));
            let field = object.fields.iter().find(|field| same(&field.relationship) && seen(field))?;
            let relationship = field.relationship.clone()?;
            return Some(Self::Parent { relationship, of, key: key.to_owned() });
        }
        let field = object.field(name).filter(|field| seen(field))?;
        Some(Self::Field { name: field.name.clone(), boolean: field.kind == FieldType::Boolean })
    }

    /// The record of a row: an empty cell says nothing, `#N/A` empties the field.
    pub(super) fn body(columns: &[Self], cells: &[String]) -> Map<String, Value> {
        let mut body = Map::new();
        for (column, cell) in columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            let null = cell == NULL;
            match column {
                Self::Field { name, boolean } => {
                    let value = match truth(cell).filter(|_| *boolean) {
                        _ if null => Value::Null,
                        Some(truth) => truth.into(),
                        None => cell.clone().into(),
                    };
                    body.insert(name.clone(), value);
                }
                Self::Parent { relationship, of, key } => {
                    let mut parent = Map::new();
                    if let Some(of) = of {
                        parent.insert("attributes".to_owned(), serde_json::json!({"type": of}));
                    }
                    parent.insert(key.clone(), cell.clone().into());
                    let parent = if null { Value::Null } else { parent.into() };
                    body.insert(relationship.clone(), parent);
                }
            }
        }
        body
    }
}

/// A row whose values are all texts, with the truth values of boolean fields.
pub(super) fn typed(object: &ObjectType, mut row: Map<String, Value>) -> Map<String, Value> {
    for (name, value) in &mut row {
        let boolean = object.field(name).is_some_and(|field| field.kind == FieldType::Boolean);
        if boolean && let Some(truth) = value.as_str().and_then(truth) {
            *value = truth.into();
        }
    }
    row
}

/// The words for true and false.
fn truth(cell: &str) -> Option<bool> {
    match cell.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "no" | "n" | "off" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_become_values_nulls_and_parents() {
        let field = |name: &str, boolean| Column::Field { name: name.to_owned(), boolean };
        let columns = [
            field("Name", false),
            field("Phone", false),
            field("Fax", false),
            field("Done", true),
            Column::Parent { relationship: "Owner".into(), of: Some("User".into()), key: "Username".into() },
        ];
        let cells = ["yes", "#N/A", "", "Yes", "a@b.example"].map(str::to_owned);
        let owner = json!({"attributes": {"type": "User"}, "Username": "a@b.example"});
        let expected = json!({"Name": "yes", "Phone": null, "Done": true, "Owner": owner});
        assert_eq!(Value::from(Column::body(&columns, &cells)), expected);
    }
}
