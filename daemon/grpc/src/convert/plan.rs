//! Plans.

use provision_api::v1;
use provision_core::plan::{Plan, PlannedAction, PlannedComponent};

use super::{small_count, time};

/// A plan as callers see it.
pub(crate) fn to_proto(plan: Plan) -> v1::ProvisioningPlan {
    let step = |step: provision_core::plan::PlanStep| v1::PlanStep {
        id: step.id,
        title: step.title,
        components: step.components.into_iter().map(component).collect(),
    };
    let unprotected = |u: provision_core::plan::Unprotected| v1::UnprotectedObjectType {
        object_type: u.object_type,
        reason: u.reason,
    };
    v1::ProvisioningPlan {
        service_account: plan.account.to_string(),
        etag: plan.etag,
        steps: plan.steps.into_iter().map(step).collect(),
        estimated_api_calls: small_count(plan.estimated_api_calls),
        tests: plan.tests,
        risks: plan.risks,
        unprotected_object_types: plan.unprotected.into_iter().map(unprotected).collect(),
        create_time: Some(time::to_proto(plan.create_time)),
        object_types: plan.object_types,
    }
}

fn component(component: PlannedComponent) -> v1::PlannedComponent {
    let action = match component.action {
        PlannedAction::Create => v1::PlannedAction::Create,
        PlannedAction::Update => v1::PlannedAction::Update,
        PlannedAction::Keep => v1::PlannedAction::Keep,
        PlannedAction::Delete => v1::PlannedAction::Delete,
    };
    v1::PlannedComponent {
        kind: component.kind,
        full_name: component.full_name,
        action: action as i32,
        reason: component.reason,
        checksum: component.checksum,
        version: component.version,
    }
}
