//! Which objects can carry Apex triggers, as the catalogue says.
//!
//! Its table takes odd SOQL only and does not page, so it is read by ranges of names; where it refuses, describe alone
//! must do.

use std::collections::BTreeSet;

use provision_connector_sdk::ConnectorFault;
use serde::{Deserialize, Serialize};

use super::kept::Kept;
use crate::api::Org;
use crate::api::composite::Part;
use crate::api::rest::{Catalogue as Api, Page, quoted};

const KEY: &str = "catalogue";
/// Rows of `EntityDefinition` in one answer.
const PAGE: usize = 2000;
/// More than any organisation has objects.
const ENTITIES_MAX: usize = 100_000;

/// The catalogue as far as it was read.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Catalogue {
    /// Objects that it says can carry none. What it does not name is left to describe.
    pub without_triggers: BTreeSet<String>,
    /// The last name that was read.
    last: String,
    read: usize,
    done: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EntityRow {
    pub qualified_api_name: String,
    pub is_apex_triggerable: bool,
}

impl Catalogue {
    /// As an interrupted reading has kept it.
    pub(super) async fn resume(kept: &Kept<'_>) -> Result<Self, ConnectorFault> {
        Ok(kept.load(KEY).await?.unwrap_or_default())
    }

    /// The next range; `None` where all is read.
    pub(super) fn ask(&self, org: &Org<'_>) -> Option<String> {
        if self.done {
            return None;
        }
        let after = match self.last.as_str() {
            "" => String::new(),
            last => format!(" WHERE QualifiedApiName > {}", quoted(last)),
        };
        let soql = format!(
            "SELECT QualifiedApiName, IsApexTriggerable FROM EntityDefinition{after} \
             ORDER BY QualifiedApiName LIMIT {PAGE}"
        );
        Some(org.query_path(Api::Data, &soql))
    }

    /// Takes in the range that was asked for, and keeps it.
    pub(super) async fn take<A>(
        &mut self,
        part: Part<Page<A>>,
        row: impl Fn(A) -> Option<EntityRow>,
        kept: &Kept<'_>,
    ) -> Result<(), ConnectorFault> {
        if part.is_refused() {
            if let Err(fault) = part.answer() {
                tracing::debug!(%fault, "EntityDefinition refuses; describe alone is used");
            }
            *self = Catalogue { done: true, ..Catalogue::default() };
            return kept.store(KEY, self).await;
        }
        let rows: Option<Vec<EntityRow>> = part.answer()?.records.into_iter().map(row).collect();
        let rows = rows.ok_or_else(|| ConnectorFault::protocol("a row of another table"))?;
        self.read += rows.len();
        let last = rows.last().map(|row| row.qualified_api_name.clone()).unwrap_or_default();
        // A range that ends where the one before did would come again and again.
        self.done = rows.len() < PAGE || last == self.last || self.read >= ENTITIES_MAX;
        self.last = last;
        let without = rows.into_iter().filter(|row| !row.is_apex_triggerable);
        self.without_triggers.extend(without.map(|row| row.qualified_api_name));
        kept.store(KEY, self).await
    }
}
