//! SetupAuditTrail.

use serde_json::Value;

use crate::org::{AuditRow, rest_time};

pub(super) fn row(row: &AuditRow, column: &str) -> Value {
    match column {
        "Id" => row.id.into(),
        "Action" => row.action.clone().into(),
        "Section" => row.section.into(),
        "Display" => row.display.clone().into(),
        "CreatedDate" => rest_time(row.at_ms).into(),
        "CreatedById" => row.by.into(),
        _ => Value::Null,
    }
}
