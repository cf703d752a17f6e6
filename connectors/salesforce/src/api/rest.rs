//! The REST API: queries, describes, records.

use std::marker::PhantomData;

use http::{StatusCode, header};
use provision_connector_sdk::ConnectorFault;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Call, Org, Validators};
use crate::faults::{self, ApiError, Effect};

/// Pages of one query that are read at most: a million rows and more.
const PAGES_MAX: usize = 1000;
const DESCRIBE_GLOBAL_BYTES_MAX: usize = 64 << 20;

/// Which API a query goes to: they share the form, not the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Catalogue {
    Data,
    Tooling,
}

/// One page of a query.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    #[serde(default)]
    pub total_size: u64,
    pub done: bool,
    pub next_records_url: Option<String>,
    pub records: Vec<T>,
}

/// A query that is read page by page.
pub(crate) struct Pages<'a, T> {
    org: &'a Org<'a>,
    next: Option<Call>,
    read: usize,
    /// Rows in all, once a page is there.
    pub total: u64,
    rows: PhantomData<T>,
}

impl<T: DeserializeOwned> Pages<'_, T> {
    /// The next rows; `None` after the last page.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<T>>, ConnectorFault> {
        let Some(call) = self.next.take() else { return Ok(None) };
        if self.read == PAGES_MAX {
            return Err(ConnectorFault::protocol(format!("a query with more than {PAGES_MAX} pages")));
        }
        self.read += 1;
        let answer = self.org.call(call).await?;
        let page: Page<T> = answer.json()?;
        self.total = page.total_size;
        // Only `done` counts: a page can be short because its rows are wide.
        if !page.done {
            let link = page
                .next_records_url
                .ok_or_else(|| ConnectorFault::protocol("a page that is not the last names no next"))?;
            let instance = self.org.session.credentials.current().await?.instance_url;
            let path = self.org.inner.hosts.link(&instance, &link).map_err(|refused| {
                ConnectorFault::protocol(format!("the link to the next page: {refused}"))
            })?;
            self.next = Some(Call::get(path));
        }
        Ok(Some(page.records))
    }
}

/// What describe global answers.
pub(crate) enum GlobalAnswer {
    /// As it was when the validators were given.
    Unchanged,
    Listed {
        objects: Vec<SObject>,
        validators: Validators,
    },
}

/// One object of describe global.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SObject {
    pub name: String,
    #[serde(default)]
    pub label: String,
    #[serde(default)]
    pub custom: bool,
    #[serde(default)]
    pub triggerable: bool,
    #[serde(default)]
    pub feed_enabled: bool,
    #[serde(default)]
    pub queryable: bool,
    #[serde(default)]
    pub createable: bool,
    #[serde(default)]
    pub updateable: bool,
    #[serde(default)]
    pub deletable: bool,
    #[serde(default)]
    pub deprecated_and_hidden: bool,
}

/// A full describe, as far as it is used.
#[derive(Debug, Deserialize)]
pub(crate) struct Described {
    pub fields: Vec<DescribedField>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribedField {
    pub name: String,
    #[serde(default)]
    pub label: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub length: u32,
    #[serde(default)]
    pub nillable: bool,
    #[serde(default)]
    pub defaulted_on_create: bool,
    #[serde(default)]
    pub createable: bool,
    #[serde(default)]
    pub custom: bool,
    #[serde(default)]
    pub reference_to: Vec<String>,
}

/// What a create answers.
#[derive(Debug, Deserialize)]
struct Created {
    id: Option<String>,
    success: bool,
    #[serde(default)]
    errors: Vec<ApiError>,
}

impl Org<'_> {
    /// Starts a query that can have many pages.
    pub(crate) fn pages<T: DeserializeOwned>(&self, catalogue: Catalogue, soql: &str) -> Pages<'_, T> {
        let path = match catalogue {
            Catalogue::Data => "/query",
            Catalogue::Tooling => "/tooling/query",
        };
        let call = Call::get(self.data(path)).query("q", soql);
        Pages { org: self, next: Some(call), read: 0, total: 0, rows: PhantomData }
    }

    /// All rows of a query.
    pub(crate) async fn query<T: DeserializeOwned>(
        &self,
        catalogue: Catalogue,
        soql: &str,
    ) -> Result<Vec<T>, ConnectorFault> {
        let mut pages = self.pages(catalogue, soql);
        let mut rows = Vec::new();
        while let Some(page) = pages.next().await? {
            rows.extend(page);
        }
        Ok(rows)
    }

    /// All objects that the user may see; unchanged where the validators of an earlier answer still hold.
    pub(crate) async fn describe_global(
        &self,
        earlier: Option<&Validators>,
    ) -> Result<GlobalAnswer, ConnectorFault> {
        #[derive(Deserialize)]
        struct Global {
            sobjects: Vec<SObject>,
        }
        let mut call = Call::get(self.data("/sobjects")).bytes_max(DESCRIBE_GLOBAL_BYTES_MAX);
        if let Some(Validators { etag, modified }) = earlier {
            for (name, value) in [(header::IF_NONE_MATCH, etag), (header::IF_MODIFIED_SINCE, modified)] {
                if let Some(value) = value {
                    call = call.header(name, value);
                }
            }
        }
        let answer = self.call(call).await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            return Ok(GlobalAnswer::Unchanged);
        }
        let objects = answer.json::<Global>()?.sobjects;
        Ok(GlobalAnswer::Listed { objects, validators: answer.validators })
    }

    /// Creates a record and answers its id.
    pub(crate) async fn create(
        &self,
        object: &str,
        fields: Map<String, Value>,
    ) -> Result<String, ConnectorFault> {
        let call = Call::post(self.data(&format!("/sobjects/{object}")), &Value::Object(fields));
        let answer = self.call(call).await?;
        let created: Created = answer.json()?;
        match (created.success, created.id) {
            (true, Some(id)) => Ok(id),
            (true, None) => Ok(String::new()),
            (false, _) => {
                let error = created.errors.into_iter().next().unwrap_or_default();
                Err(faults::of_error(answer.status, &error, Effect::None))
            }
        }
    }
}

/// A text within single quotes in SOQL.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn quotes_cannot_be_left() {
        assert_eq!(super::quoted(r"a'b\' OR Name != 'x"), r"'a\'b\\\' OR Name != \'x'");
    }
}
