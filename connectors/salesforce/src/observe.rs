//! How the components of a plan stand.

use provision_connector_sdk::core::component::ComponentState;
use provision_connector_sdk::core::plan::{Plan, PlannedComponent};
use provision_connector_sdk::{ConnectorFault, Deviation, Observation};

use crate::api::Org;
use crate::snapshot::{Snapshot, Standing};
use crate::steps::Catalogue;

pub(crate) async fn observe(
    org: &Org<'_>,
    plan: &Plan,
    components: &[PlannedComponent],
) -> Result<Vec<Observation>, ConnectorFault> {
    let target = org.target()?;
    let catalogue = Catalogue::of(target, plan)?;
    let snapshot = Snapshot::take(org).await?;
    let observations = components.iter().map(|planned| {
        let (state, message, deviation, standing) = match catalogue.find(planned)? {
            Some(should) => {
                let standing = snapshot.standing(&target, &should);
                let (state, message, deviation) = told(&standing);
                (state, message, deviation, standing)
            }
            None => {
                let message = "it was planned for another version of the app".to_owned();
                (ComponentState::Modified, message, Some(Deviation::OtherVersion), Standing::Missing)
            }
        };
        Ok(Observation {
            kind: planned.kind.clone(),
            full_name: planned.full_name.clone(),
            state,
            remote_id: standing.id().to_owned(),
            message,
            deviation,
        })
    });
    observations.collect()
}

fn told(standing: &Standing) -> (ComponentState, String, Option<Deviation>) {
    match standing {
        Standing::Present { .. } => (ComponentState::Present, String::new(), None),
        Standing::Missing => (ComponentState::Missing, "it is not there".to_owned(), None),
        Standing::Modified { how, inactive, .. } => {
            (ComponentState::Modified, how.clone(), inactive.then_some(Deviation::Inactive))
        }
        Standing::Foreign { .. } => {
            let message = "a component of somebody else has its name".to_owned();
            (ComponentState::Modified, message, Some(Deviation::Foreign))
        }
    }
}
