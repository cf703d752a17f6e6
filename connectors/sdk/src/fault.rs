//! How connectors say that something went wrong.

use std::fmt;
use std::time::Duration;

use provision_core::{Fault, Reason};

/// What callers are told to wait before they try again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// What the daemon may do about a fault. The class decides; the fault inside is what people and programs are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultClass {
    /// It had no effect, and may work soon: tried again with a delay that grows.
    Transient,
    /// It had no effect; the application asked to wait so long.
    Throttled { wait: Duration },
    /// The application does not accept who we are: the grant is gone or lacks a right. Never retried.
    Denied,
    /// The application understood and refused. Never retried.
    Rejected,
    /// Somebody else holds what we need, or changed it: tried again with a delay that grows.
    Conflict,
    /// What the call was about is not there any more. Never retried.
    Gone,
    /// No answer, or one that cannot be read: the effect may have happened. Observed before it is tried again.
    Unknown,
}

/// A fault with its class.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectorFault {
    pub class: FaultClass,
    pub fault: Fault,
}

impl ConnectorFault {
    /// A fault of a class.
    pub fn new(class: FaultClass, fault: Fault) -> Self {
        ConnectorFault { class, fault }
    }

    /// Had no effect, may work soon.
    pub fn transient(internal: impl fmt::Display) -> Self {
        Self::new(
            FaultClass::Transient,
            Fault::new(Reason::SaasUnavailable, "the application does not answer at the moment; try again")
                .with_internal(internal)
                .retry_after(RETRY_AFTER),
        )
    }

    /// The effect may have happened.
    pub fn unknown(internal: impl fmt::Display) -> Self {
        Self::new(
            FaultClass::Unknown,
            Fault::new(
                Reason::SaasUnavailable,
                "the application gave no answer; it is asked what has happened",
            )
            .with_internal(internal),
        )
    }

    /// An answer that the application's contract does not allow.
    pub fn protocol(internal: impl fmt::Display) -> Self {
        Self::new(
            FaultClass::Rejected,
            Fault::new(Reason::SaasProtocolError, "the application answered something unexpected")
                .with_internal(internal),
        )
    }

    /// Refused for good.
    pub fn rejected(fault: Fault) -> Self {
        Self::new(FaultClass::Rejected, fault)
    }

    /// Not accepted as who we are.
    pub fn denied(fault: Fault) -> Self {
        Self::new(FaultClass::Denied, fault)
    }

    /// True where trying again makes sense.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.class,
            FaultClass::Transient | FaultClass::Throttled { .. } | FaultClass::Conflict | FaultClass::Unknown
        )
    }
}

impl fmt::Debug for ConnectorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {:?}", self.class, self.fault)
    }
}

impl fmt::Display for ConnectorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl std::error::Error for ConnectorFault {}

impl From<ConnectorFault> for Fault {
    fn from(fault: ConnectorFault) -> Fault {
        fault.fault
    }
}
