//! Several queries in one call, each with all of its rows.

use provision_connector_sdk::ConnectorFault;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::composite::COMPOSITE_QUERIES_MAX;
use super::rest::Catalogue;
use super::{Call, Org};

/// Further pages of one query that are read at most.
const PAGES_MAX: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    done: bool,
    next_records_url: Option<String>,
    records: Vec<Value>,
}

/// The rows of one query of several.
pub(crate) struct Rows(Vec<Value>);

impl Rows {
    /// The rows as what they are.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<Vec<T>, ConnectorFault> {
        let rows = self.0.into_iter().map(serde_json::from_value).collect::<Result<_, _>>();
        rows.map_err(|error| ConnectorFault::protocol(format!("a row does not parse: {error}")))
    }
}

impl Org<'_> {
    /// The rows of up to [`COMPOSITE_QUERIES_MAX`] queries of one catalogue, in the order asked. One call, and one more
    /// for each further page. A query that is refused fails the whole.
    pub(crate) async fn queries<const N: usize>(
        &self,
        catalogue: Catalogue,
        queries: [String; N],
    ) -> Result<[Rows; N], ConnectorFault> {
        const { assert!(N <= COMPOSITE_QUERIES_MAX) };
        let paths = queries.map(|soql| self.query_path(catalogue, &soql));
        let mut all = Vec::with_capacity(N);
        for part in self.look_together::<Page>(catalogue, &paths).await? {
            all.push(self.rows(part.answer()?).await?);
        }
        all.try_into()
            .map_err(|_| ConnectorFault::protocol("a composite answer of another length than its request"))
    }

    async fn rows(&self, mut page: Page) -> Result<Rows, ConnectorFault> {
        let mut rows = std::mem::take(&mut page.records);
        for _ in 0..PAGES_MAX {
            if page.done {
                return Ok(Rows(rows));
            }
            let link = page
                .next_records_url
                .ok_or_else(|| ConnectorFault::protocol("a page that is not the last names no next"))?;
            let instance = self.session.credentials.current().await?.instance_url;
            let path = self.inner.hosts.link(&instance, &link).map_err(|refused| {
                ConnectorFault::protocol(format!("the link to the next page: {refused}"))
            })?;
            page = self.call(Call::get(path)).await?.json()?;
            rows.append(&mut page.records);
        }
        Err(ConnectorFault::protocol(format!("a query with more than {PAGES_MAX} pages")))
    }
}
