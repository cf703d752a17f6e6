//! Notifications.

use provision_api::v1;
use provision_core::Principal;
use provision_core::notification::{Notification, Severity};

use super::{count, time};

/// Fields that filters of notifications can ask for.
pub(crate) const FILTER_FIELDS: &[&str] = &["code", "service_account", "severity"];

/// A notification as callers see it.
pub(crate) fn to_proto(notification: Notification, acknowledged_by: Vec<Principal>) -> v1::Notification {
    let severity = match notification.severity {
        Severity::Info => v1::Severity::Info,
        Severity::Warning => v1::Severity::Warning,
        Severity::Error => v1::Severity::Error,
    };
    v1::Notification {
        name: format!("tenants/{}/notifications/{}", notification.tenant, notification.sequence),
        sequence: count(notification.sequence),
        code: notification.code.as_str().to_owned(),
        text: notification.text,
        parameters: notification.parameters.into_iter().collect(),
        severity: severity as i32,
        service_account: notification.account.map(|a| a.to_string()).unwrap_or_default(),
        create_time: Some(time::to_proto(notification.create_time)),
        acknowledged_by: acknowledged_by.iter().map(ToString::to_string).collect(),
    }
}

/// The value of a field that a filter asks for.
pub(crate) fn filter_field(notification: &Notification, field: &str) -> Option<String> {
    match field {
        "code" => Some(notification.code.as_str().to_owned()),
        "severity" => Some(notification.severity.as_str().to_owned()),
        "service_account" => notification.account.as_ref().map(ToString::to_string),
        _ => None,
    }
}
