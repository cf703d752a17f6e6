//! Records of the app, whose columns have a package's prefix where the app comes in one.

use provision_connector_sdk::ConnectorFault;
use serde_json::{Map, Value};

use crate::api::Org;
use crate::render::Namespace;

/// One record as it was answered.
pub(super) type Row = Map<String, Value>;

/// Names of objects and columns as the organisation has them.
pub(super) struct Columns<'a>(Namespace<'a>);

impl<'a> Columns<'a> {
    pub(super) fn of(org: &'a Org<'_>) -> Result<Self, ConnectorFault> {
        Ok(Columns(org.delivery()?.namespace()))
    }

    pub(super) fn name(&self, name: &str) -> String {
        self.0.api(name)
    }

    /// For a query: the id, and these.
    pub(super) fn list(&self, names: &[&str]) -> String {
        let names = names.iter().map(|name| self.name(name));
        std::iter::once("Id".to_owned()).chain(names).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn id(&self, row: &Row) -> Result<String, ConnectorFault> {
        let id = row.get("Id").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| ConnectorFault::protocol("a record without its id"))
    }

    pub(super) fn text<'r>(&self, row: &'r Row, column: &str) -> Option<&'r str> {
        row.get(&self.name(column)).and_then(Value::as_str)
    }

    pub(super) fn number(&self, row: &Row, column: &str) -> Option<u64> {
        row.get(&self.name(column)).and_then(count)
    }
}

/// Salesforce writes whole numbers with a point: `3.0`.
pub(super) fn count(value: &Value) -> Option<u64> {
    let number = value.as_f64().filter(|number| (0.0..9e15).contains(number) && number.fract() == 0.0)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and in range")]
    Some(number as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_have_the_prefix_of_their_package() {
        let columns = Columns(Namespace(Some("casec")));
        assert_eq!(columns.list(&["Size__c", "State__c"]), "Id, casec__Size__c, casec__State__c");
        let row =
            json!({"Id": "a00000000000001AAA", "casec__Size__c": 3.0, "casec__State__c": "QUARANTINED"});
        let row: Row = serde_json::from_value(row).expect("a row");
        assert_eq!(columns.number(&row, "Size__c"), Some(3));
        assert_eq!(columns.text(&row, "State__c"), Some("QUARANTINED"));
        assert_eq!(columns.text(&row, "Reason__c"), None);
    }

    #[test]
    fn only_whole_numbers_count() {
        assert_eq!(count(&json!(12)), Some(12));
        for strange in [json!(-1), json!(0.5), json!("3"), json!(null), json!(1e300)] {
            assert_eq!(count(&strange), None, "{strange}");
        }
    }
}
