//! Undoing what provisioning brought in.

use std::time::Duration;

use provision_core::component::Component;
use provision_core::operation::Leftover;
use provision_core::plan::PlanStep;

use crate::connector::Begin;

/// What is known before a removal is planned.
#[derive(Debug, Clone, Copy)]
pub struct RemovalRequest<'a> {
    /// What the daemon knows to have brought in, or may have. The organisation decides: what is marked as ours there is
    /// ours as well, and what stands under one of these names and is not marked is foreign and stays.
    pub known: &'a [Component],
}

/// What is to be removed.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposedRemoval {
    /// Of kind `Remove`, in order: what depends on others first. Ids are unique; every component has action `Delete`.
    pub steps: Vec<PlanStep>,
    /// What will stay for certain, and why.
    pub leftovers: Vec<Leftover>,
    pub estimated_api_calls: u32,
}

/// Which step to carry out, and what is known of earlier tries.
#[derive(Debug, Clone, Copy)]
pub struct RemoveRequest<'a> {
    pub step: &'a PlanStep,
    /// The same for every try of the same step of the same operation.
    pub idempotency_key: &'a str,
    pub begin: Begin<'a>,
}

/// How a removal stands.
#[derive(Debug, Clone, PartialEq)]
pub enum RemoveProgress {
    /// A remote job works on it; ask again after `poll_after`.
    Running { handle: String, done: u64, total: u64, message: String, poll_after: Duration },
    /// Every component of the step is gone, but these.
    Done { leftovers: Vec<Leftover> },
}
