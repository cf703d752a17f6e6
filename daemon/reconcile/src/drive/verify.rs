//! Seeing every component of a plan in the organisation.

use std::collections::HashMap;

use provision_core::component::ComponentState;
use provision_core::plan::{Plan, PlanStep, PlannedComponent};
use provision_core::{Fault, Reason};

use super::record::Seen;
use super::{Driver, Stop, Work};

/// Components that one look asks for: a connector may well read everything for each, so there are few looks.
const COMPONENTS_A_LOOK: usize = 10_000;
/// Components that a fault names at the most.
const NAMED_MAX: usize = 20;

impl Driver<'_> {
    pub(super) async fn verify(&self, work: &Work, plan: &Plan, planned: &PlanStep) -> Result<(), Stop> {
        let operation = self.load().await?;
        let refused = self.refused_components(&operation).await?;
        let mut all = as_in_the_end(plan);
        all.retain(|c| !refused.iter().any(|r| r.kind == c.kind && r.full_name == c.full_name));
        let total = all.len() as u64;
        let mut amiss = Vec::new();
        let mut seen = 0;
        for chunk in all.chunks(COMPONENTS_A_LOOK) {
            let observed =
                self.looking(&planned.id, || work.connector.observe(&work.session, plan, chunk)).await?;
            let states: Vec<_> = chunk
                .iter()
                .map(|component| {
                    let found = observed
                        .iter()
                        .find(|o| o.kind == component.kind && o.full_name == component.full_name);
                    match found {
                        Some(o) => Seen::new(component, o.state, o.remote_id.clone()),
                        None => Seen::new(component, ComponentState::Missing, String::new()),
                    }
                })
                .collect();
            self.keep_components(&operation, &states).await?;
            for Seen { component, state, .. } in &states {
                if *state != ComponentState::Present {
                    amiss.push(format!("{} {} is {}", component.kind, component.full_name, state.as_str()));
                }
            }
            seen += chunk.len() as u64;
            self.report(&planned.id, seen, total, "", None).await?;
        }
        if !amiss.is_empty() {
            let named = amiss.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join("; ");
            return Err(Stop::Failed(
                Fault::new(
                    Reason::ComponentNotObserved,
                    format!(
                        "{} of {total} components are not in the organisation as they should be: {named}",
                        amiss.len()
                    ),
                )
                .meta("components", amiss.len().to_string()),
            ));
        }
        self.looking(&planned.id, || work.connector.verify(&work.session, plan)).await?;
        self.end_step(plan, planned).await
    }
}

/// Each component once. A later step may bring a component of an earlier one in again, grown; it must stand as the last
/// one left it.
pub(crate) fn as_in_the_end(plan: &Plan) -> Vec<PlannedComponent> {
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut all: Vec<Option<&PlannedComponent>> = Vec::new();
    for component in plan.steps.iter().flat_map(|step| &step.components) {
        let key = (component.kind.as_str(), component.full_name.as_str());
        if let Some(earlier) = places.insert(key, all.len()) {
            all[earlier] = None;
        }
        all.push(Some(component));
    }
    all.into_iter().flatten().cloned().collect()
}

#[cfg(test)]
mod tests {
    use provision_core::plan::{PlannedAction, StepKind};

    use super::*;

    fn step(id: &str, components: &[(&str, &str)]) -> PlanStep {
        let component = |(name, checksum): &(&str, &str)| PlannedComponent {
            kind: "PermissionSet".to_owned(),
            full_name: (*name).to_owned(),
            action: PlannedAction::Create,
            reason: String::new(),
            checksum: (*checksum).to_owned(),
            version: String::new(),
        };
        PlanStep {
            id: id.to_owned(),
            title: String::new(),
            kind: StepKind::Apply,
            components: components.iter().map(component).collect(),
            establishes: Vec::new(),
        }
    }

    #[test]
    fn a_component_of_two_steps_counts_once_and_as_the_last_left_it() {
        let steps = vec![step("one", &[("a", "1"), ("b", "1")]), step("two", &[("a", "2")])];
        let plan = Plan {
            account: "tenants/acme/serviceAccounts/sales".parse().expect("a name"),
            account_uid: String::new(),
            etag: String::new(),
            steps,
            estimated_api_calls: 0,
            tests: Vec::new(),
            risks: Vec::new(),
            unprotected: Vec::new(),
            object_types: Vec::new(),
            selection: Default::default(),
            create_time: Default::default(),
        };
        let seen: Vec<_> = as_in_the_end(&plan).into_iter().map(|c| (c.full_name, c.checksum)).collect();
        assert_eq!(seen, [("b".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())]);
    }
}
