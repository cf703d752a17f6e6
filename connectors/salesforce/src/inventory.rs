//! Reading a whole organisation in few calls.
//!
//! A reading begins with a look ([`look`]) of three calls: the global describe, asked by its validators, and the marks
//! by which a change is told ([`marks`]). Where nothing has changed that is all. Otherwise the objects are described a
//! hundred a call ([`describes`]), while the tables of profiles and rights are read five pages a call ([`tables`]).
//! Every part that was read is kept at once, so that a reading that was interrupted asks only for what is missing.

mod assemble;
mod catalogue;
mod describes;
mod kept;
mod look;
mod marks;
mod series;
mod tables;

use provision_connector_sdk::core::inventory::Inventory;
use provision_connector_sdk::{ConnectorFault, InventoryProgress, InventoryReading, InventoryRequest};

use crate::api::Org;
use kept::Kept;
use look::{Look, Verdict};
use tables::Tables;

/// Reads what has changed since the previous reading, or everything.
pub(crate) async fn read(
    org: &Org<'_>,
    request: InventoryRequest<'_>,
    progress: &dyn InventoryProgress,
) -> Result<InventoryReading, ConnectorFault> {
    let kept = Kept::new(request.checkpoints);
    let look = Look::take(org, request.previous, &kept).await?;
    match (look.verdict, request.previous) {
        (Verdict::Unchanged, Some(_)) => Ok(InventoryReading::Unchanged),
        (Verdict::Rights, Some(previous)) => match rights(org, &look, previous, &kept, progress).await? {
            Some(inventory) => Ok(InventoryReading::Read(inventory)),
            None => everything(org, look, &kept, progress).await.map(InventoryReading::Read),
        },
        _ => everything(org, look, &kept, progress).await.map(InventoryReading::Read),
    }
}

async fn everything(
    org: &Org<'_>,
    look: Look,
    kept: &Kept<'_>,
    progress: &dyn InventoryProgress,
) -> Result<Inventory, ConnectorFault> {
    let listed = look.objects(org, kept).await?;
    let described = describes::read(org, &listed.objects, kept, progress);
    let (described, tables) = tokio::try_join!(described, Tables::read(org, kept, progress, true))?;
    let object_types = assemble::object_types(listed.objects, described, &tables.without_triggers);
    let marks = look.marks.with_validators(&listed.validators).into_map();
    Ok(Inventory { object_types, profiles: assemble::profiles(tables.sets, tables.rights), marks })
}

/// Reads profiles and rights alone. `None` where the rights of the service account itself have changed: it may see
/// other objects now.
async fn rights(
    org: &Org<'_>,
    look: &Look,
    previous: &Inventory,
    kept: &Kept<'_>,
    progress: &dyn InventoryProgress,
) -> Result<Option<Inventory>, ConnectorFault> {
    let tables = Tables::read(org, kept, progress, false).await?;
    let own: Vec<String> = tables
        .sets
        .iter()
        .filter(|set| look.marks.is_own(&set.id))
        .map(|set| set.remote_id().to_owned())
        .collect();
    let profiles = assemble::profiles(tables.sets, tables.rights);
    let find = |profiles: &[_], id: &String| {
        let mut found = profiles
            .iter()
            .filter(|profile: &&provision_connector_sdk::core::inventory::Profile| profile.remote_id == *id);
        found.next().map(|profile| profile.object_permissions.clone())
    };
    let same = |id: &String| {
        let now = find(&profiles, id);
        now.is_some() && now == find(&previous.profiles, id)
    };
    if own.is_empty() || !own.iter().all(same) {
        return Ok(None);
    }
    let total = previous.object_types.len() as u64;
    progress.report("object_types", total, total);
    let object_types = previous.object_types.clone();
    Ok(Some(Inventory { object_types, profiles, marks: look.marks.clone().into_map() }))
}
