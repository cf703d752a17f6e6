//! `sobjects/User/{id}/password`: whether it is over, a new one, one that the org makes up.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::Call;
use crate::org::{Id, PasswordError};
use crate::surface::{Answer, ApiError, ApiResult, Site};

/// Answers a call about the password of a user.
pub(super) fn answer(site: &Site, call: &Call, user: &str) -> ApiResult {
    let org = &site.org;
    let id = Id::parse(user).ok_or_else(ApiError::not_found)?;
    if !org.read().users.contains_key(&id) {
        return Err(ApiError::not_found());
    }
    match &call.method {
        &Method::GET | &Method::HEAD => Ok(Answer::ok(json!({"isExpired": false}))),
        &Method::POST => {
            let body = call.object()?;
            let password = body.get("NewPassword").and_then(|password| password.as_str());
            org.set_password(&call.rights, id, password.unwrap_or_default()).map_err(refused)?;
            Ok(Answer::empty(StatusCode::NO_CONTENT))
        }
        &Method::DELETE => {
            let password = org.reset_password(&call.rights, id).map_err(refused)?;
            Ok(Answer::ok(json!({"NewPassword": password})))
        }
        method => Err(ApiError::method(method, "DELETE,GET,HEAD,POST")),
    }
}

fn refused(error: PasswordError) -> ApiError {
    match error {
        PasswordError::Forbidden => ApiError::new(StatusCode::FORBIDDEN, error.code(), error.to_string()),
        PasswordError::Unknown => ApiError::not_found(),
        PasswordError::Weak => ApiError::bad(error.code(), error.to_string()),
    }
}
