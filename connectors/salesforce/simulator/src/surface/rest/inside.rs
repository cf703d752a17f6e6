//! REST's answers for the other APIs, which say the same in other words.

use axum::http::{HeaderMap, Method};
use serde_json::Value;

use super::{Call, Door, dispatch};
use crate::org::Rights;
use crate::surface::{ApiError, Content, Site};

/// Who asks, and in which version.
pub(crate) struct Asker<'a> {
    pub site: &'a Site,
    pub rights: &'a Rights,
    pub version: u32,
}

impl Asker<'_> {
    /// What a `GET` of a path below the version answers, as JSON.
    pub(crate) fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, ApiError> {
        let call = Call {
            rights: self.rights.clone(),
            method: Method::GET,
            root: format!("/services/data/v{}.0", self.version),
            version: self.version,
            tooling: false,
            segments: path.iter().map(|part| (*part).to_owned()).collect(),
            query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            headers: HeaderMap::new(),
            body: bytes::Bytes::new(),
            nested: true,
        };
        Ok(match dispatch(self.site, &call, &mut Door::Own)?.content {
            Content::Json(value) => value,
            Content::Text(text) => serde_json::from_str(&text).unwrap_or_default(),
            Content::Nothing | Content::Bytes(..) => Value::Null,
        })
    }
}
