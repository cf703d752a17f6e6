//! A step's job in the application, as far as it is known.

use provision_connector_sdk::{Begin, ConnectorFault, FaultClass};
use provision_core::Timestamp;
use provision_core::operation::{Step, StepState};

/// What is known of a step's job, from this life or an earlier one.
pub(super) enum Job {
    /// No call for it has left.
    Fresh,
    /// It has a name.
    Named(String),
    /// A call for it left at that time, and what came of it is not known.
    Uncertain { since: Timestamp },
}

impl Job {
    /// As the step's record tells it.
    pub fn of(step: &Step, now: Timestamp) -> Job {
        match (&step.state, &step.handle) {
            (StepState::Pending, _) => Job::Fresh,
            (_, Some(handle)) => Job::Named(handle.clone()),
            (_, None) => Job::Uncertain { since: step.start_time.unwrap_or(now) },
        }
    }

    /// How the next call goes on with it.
    pub fn begin(&self) -> Begin<'_> {
        match self {
            Job::Fresh => Begin::Fresh,
            Job::Named(handle) => Begin::Resume { handle },
            Job::Uncertain { since } => Begin::Uncertain { since: *since },
        }
    }

    /// A call that left at `asked` has failed. Only one whose effect may have happened forces a look before the next; a
    /// job that has a name is simply asked again.
    pub fn failed(&mut self, fault: &ConnectorFault, asked: Timestamp) {
        if fault.class == FaultClass::Unknown && matches!(self, Job::Fresh) {
            *self = Job::Uncertain { since: asked };
        }
    }
}
