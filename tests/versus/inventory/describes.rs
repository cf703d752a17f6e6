//! The plain way: one describe after another over a connection that stays open, and queries page by page.

use std::time::Instant;

use salesforce_simulator::Simulator;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{API_VERSION, Failure, Seen};

#[derive(Deserialize)]
struct Global {
    sobjects: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    name: String,
    #[serde(default)]
    deprecated_and_hidden: bool,
}

#[derive(Deserialize)]
struct Described {
    fields: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    done: bool,
    next_records_url: Option<String>,
    records: Vec<IgnoredAny>,
}

struct Org<'a> {
    client: reqwest::Client,
    base: &'a str,
    token: &'a str,
}

/// One run.
pub async fn run(simulator: &Simulator) -> Result<Seen, Failure> {
    let ready = simulator.ready();
    let org = Org { client: reqwest::Client::new(), base: &ready.base_url, token: &ready.access_token };
    let begun = Instant::now();
    let data = format!("/services/data/v{API_VERSION}");
    let global: Global = org.get(&format!("{data}/sobjects"), &[]).await?;
    let objects: Vec<Listed> =
        global.sobjects.into_iter().filter(|object| !object.deprecated_and_hidden).collect();
    let mut fields = 0;
    for object in &objects {
        let described: Described = org.get(&format!("{data}/sobjects/{}/describe", object.name), &[]).await?;
        fields += described.fields.len();
    }
    org.rows(&data, "SELECT Id, Name, Label, ProfileId, Profile.Name FROM PermissionSet").await?;
    let rights = org
        .rows(
            &data,
            "SELECT ParentId, SobjectType, PermissionsRead, PermissionsCreate, PermissionsEdit, PermissionsDelete, \
             PermissionsViewAllRecords, PermissionsModifyAllRecords FROM ObjectPermissions",
        )
        .await?;
    Ok(Seen {
        seconds: begun.elapsed().as_secs_f64(),
        objects: objects.len() as u64,
        fields: fields as u64,
        rights,
    })
}

impl Org<'_> {
    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, Failure> {
        let request = self.client.get(format!("{}{path}", self.base)).query(query).bearer_auth(self.token);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    async fn rows(&self, data: &str, soql: &str) -> Result<u64, Failure> {
        let mut page: Page = self.get(&format!("{data}/query"), &[("q", soql)]).await?;
        let mut rows = page.records.len() as u64;
        while !page.done {
            let next = page.next_records_url.ok_or("a page names no next")?;
            page = self.get(&next, &[]).await?;
            rows += page.records.len() as u64;
        }
        Ok(rows)
    }
}
