//! The fields of all objects: a hundred objects a call where SOAP is open, else 25.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::{StreamExt as _, TryStreamExt as _};
use provision_connector_sdk::core::inventory::Field;
use provision_connector_sdk::{ConnectorFault, InventoryProgress};
use sha2::{Digest as _, Sha256};

use super::assemble;
use super::kept::Kept;
use crate::api::Org;
use crate::api::composite::COMPOSITE_MAX;
use crate::api::rest::SObject;
use crate::api::soap::{DESCRIBE_MAX, SoapAnswer};

/// Calls under way at a time; the tables are read beside them.
const CONCURRENT: usize = 3;
/// Objects that may prove absent one by one before the rest of a batch is asked of REST, which tells them apart.
const ABSENT_MAX: usize = 3;

/// An object's fields; `None` where Salesforce lists it and yet does not describe it.
pub(super) type Fields = Option<Vec<Field>>;

/// A batch as it is kept. The names are in the key.
type Batch = Vec<Option<Vec<FieldLine>>>;

/// Name, label, type, length, required, custom, what it refers to.
type FieldLine = (String, String, String, u32, bool, bool, Vec<String>);

/// Describes the objects; the answer stands in their order.
pub(super) async fn read(
    org: &Org<'_>,
    objects: &[SObject],
    kept: &Kept<'_>,
    progress: &dyn InventoryProgress,
) -> Result<Vec<Fields>, ConnectorFault> {
    let total = objects.len() as u64;
    progress.report("object_types", 0, total);
    let describing = Describing { org, kept: *kept, soap_closed: AtomicBool::new(false) };
    let names: Vec<&str> = objects.iter().map(|object| object.name.as_str()).collect();
    let mut read = Vec::with_capacity(objects.len());
    let describing = &describing;
    let batches: Vec<_> = names.chunks(DESCRIBE_MAX).map(|batch| describing.batch(batch)).collect();
    let mut batches = futures::stream::iter(batches).buffered(CONCURRENT);
    while let Some(batch) = batches.try_next().await? {
        read.extend(batch);
        progress.report("object_types", read.len() as u64, total);
    }
    Ok(read)
}

struct Describing<'a> {
    org: &'a Org<'a>,
    kept: Kept<'a>,
    soap_closed: AtomicBool,
}

impl Describing<'_> {
    async fn batch(&self, names: &[&str]) -> Result<Vec<Fields>, ConnectorFault> {
        let key = key(names);
        if let Some(batch) = self.kept.load::<Batch>(&key).await?
            && batch.len() == names.len()
        {
            return Ok(batch.into_iter().map(|fields| fields.map(opened)).collect());
        }
        if !self.soap_closed.load(Ordering::Relaxed)
            && let Some(described) = self.by_soap(names).await?
        {
            self.kept.store(&key, &folded(&described)).await?;
            return Ok(described);
        }
        let mut described = Vec::with_capacity(names.len());
        for names in names.chunks(COMPOSITE_MAX) {
            described.extend(self.by_rest(names).await?);
        }
        Ok(described)
    }

    /// `None` where REST must be asked. One object that is not there fails the whole call, so the rest is asked again.
    async fn by_soap(&self, names: &[&str]) -> Result<Option<Vec<Fields>>, ConnectorFault> {
        let mut left: Vec<&str> = names.to_vec();
        for _ in 0..=ABSENT_MAX {
            match self.org.soap_describe(&left).await? {
                SoapAnswer::Described(objects) => {
                    let mut found: HashMap<String, Vec<Field>> = objects
                        .into_iter()
                        .map(|object| (object.name.to_ascii_lowercase(), assemble::fields(object.fields)))
                        .collect();
                    let described = names.iter().map(|name| found.remove(&name.to_ascii_lowercase()));
                    return Ok(Some(described.collect()));
                }
                SoapAnswer::UnknownType(Some(absent)) => {
                    let before = left.len();
                    left.retain(|name| !name.eq_ignore_ascii_case(&absent));
                    if left.len() == before {
                        return Ok(None);
                    }
                    if left.is_empty() {
                        return Ok(Some(vec![None; names.len()]));
                    }
                }
                SoapAnswer::UnknownType(None) => return Ok(None),
                SoapAnswer::Closed => {
                    self.soap_closed.store(true, Ordering::Relaxed);
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    async fn by_rest(&self, names: &[&str]) -> Result<Vec<Fields>, ConnectorFault> {
        let key = key(names);
        if let Some(batch) = self.kept.load::<Batch>(&key).await?
            && batch.len() == names.len()
        {
            return Ok(batch.into_iter().map(|fields| fields.map(opened)).collect());
        }
        let described = self.org.describe_some(names).await?;
        let described: Vec<Fields> = described
            .into_iter()
            .map(|object| object.map(|object| assemble::fields(object.fields)))
            .collect();
        self.kept.store(&key, &folded(&described)).await?;
        Ok(described)
    }
}

/// The same names, the same key.
fn key(names: &[&str]) -> String {
    let digest = Sha256::digest(names.join(" ").as_bytes());
    format!("describe-{}", hex::encode(&digest[..20]))
}

fn folded(described: &[Fields]) -> Batch {
    let line = |field: &Field| {
        (
            field.api_name.clone(),
            field.label.clone(),
            field.kind.clone(),
            field.length,
            field.required,
            field.custom,
            field.reference_to.clone(),
        )
    };
    described.iter().map(|fields| fields.as_ref().map(|fields| fields.iter().map(line).collect())).collect()
}

fn opened(lines: Vec<FieldLine>) -> Vec<Field> {
    let field = |(api_name, label, kind, length, required, custom, reference_to)| Field {
        api_name,
        label,
        kind,
        length,
        required,
        custom,
        reference_to,
    };
    lines.into_iter().map(field).collect()
}
