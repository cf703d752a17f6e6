//! Stable reasons of faults. A reason is a promise to callers: once released, its word and its code stay.

use serde::{Deserialize, Serialize};

/// Status codes of the API, named as gRPC names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    Cancelled,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Internal,
    Unavailable,
    Unauthenticated,
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal => $code:ident,)+) => {
        /// Why something failed, in a word that programs can rely on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Reason {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $variant,)+
        }

        impl Reason {
            /// Every reason; each has a page in the documentation.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)+];

            /// The UPPER_SNAKE_CASE word that travels in `ErrorInfo.reason`.
            pub fn as_str(self) -> &'static str {
                match self { $(Reason::$variant => $word,)+ }
            }

            /// The status code that a fault with this reason has.
            pub fn code(self) -> Code {
                match self { $(Reason::$variant => Code::$code,)+ }
            }
        }
    };
}

reasons! {
    /// The request is malformed; the violations name the fields.
    InvalidRequest = "INVALID_REQUEST" => InvalidArgument,
    /// The page token is not one of ours, or belongs to other arguments.
    PageTokenInvalid = "PAGE_TOKEN_INVALID" => InvalidArgument,
    /// A request id was used before with another body.
    RequestIdReused = "REQUEST_ID_REUSED" => InvalidArgument,
    /// No credentials, or unknown ones.
    CredentialsInvalid = "CREDENTIALS_INVALID" => Unauthenticated,
    /// The caller lacks a permission, or the resource does not exist for them.
    PermissionMissing = "PERMISSION_MISSING" => PermissionDenied,
    /// The resource does not exist.
    ResourceNotFound = "RESOURCE_NOT_FOUND" => NotFound,
    /// A resource of that name exists.
    ResourceExists = "RESOURCE_EXISTS" => AlreadyExists,
    /// The etag is not the current one: read again and decide anew.
    EtagMismatch = "ETAG_MISMATCH" => Aborted,
    /// Somebody else changed the same thing at the same time: try again.
    ConcurrentChange = "CONCURRENT_CHANGE" => Aborted,
    /// The call does not fit the phase that the account is in.
    WrongPhase = "WRONG_PHASE" => FailedPrecondition,
    /// The tenant has no licence for the connector.
    LicenseMissing = "LICENSE_MISSING" => FailedPrecondition,
    /// The tenant's licence has ended, or has not begun.
    LicenseExpired = "LICENSE_EXPIRED" => FailedPrecondition,
    /// A tenant keeps at least one Global administrator.
    LastGlobalAdministrator = "LAST_GLOBAL_ADMINISTRATOR" => FailedPrecondition,
    /// Checks in the SaaS application failed; the violations name each with its fix.
    PreconditionChecksFailed = "PRECONDITION_CHECKS_FAILED" => FailedPrecondition,
    /// The app is not installed or not approved in the organisation.
    AppNotInstalled = "APP_NOT_INSTALLED" => FailedPrecondition,
    /// The organisation's edition has no API, or it is switched off.
    SaasApiNotEnabled = "SAAS_API_NOT_ENABLED" => FailedPrecondition,
    /// The authorising user lacks a permission in the SaaS application.
    SaasPermissionMissing = "SAAS_PERMISSION_MISSING" => FailedPrecondition,
    /// `state` is unknown, used, or belongs to something else.
    AuthorizationStateInvalid = "AUTHORIZATION_STATE_INVALID" => InvalidArgument,
    /// The authorisation took too long: begin again.
    AuthorizationExpired = "AUTHORIZATION_EXPIRED" => FailedPrecondition,
    /// The administrator refused.
    AuthorizationDenied = "AUTHORIZATION_DENIED" => Aborted,
    /// The SaaS application refused the exchange of the code.
    AuthorizationRejected = "AUTHORIZATION_REJECTED" => FailedPrecondition,
    /// Another organisation than the one the account belongs to was authorised.
    OrgMismatch = "ORG_MISMATCH" => FailedPrecondition,
    /// Another kind of environment than the one asked for was authorised.
    EnvironmentMismatch = "ENVIRONMENT_MISMATCH" => FailedPrecondition,
    /// Another user than the one the account names was authorised.
    UserMismatch = "USER_MISMATCH" => FailedPrecondition,
    /// The organisation belongs to an account already.
    OrgAlreadyProvisioned = "ORG_ALREADY_PROVISIONED" => AlreadyExists,
    /// The grant is gone: the administrator must authorise again.
    ReauthorizationRequired = "REAUTHORIZATION_REQUIRED" => FailedPrecondition,
    /// A token exchange got no answer, and whether the grant lives cannot be told yet.
    GrantInDoubt = "GRANT_IN_DOUBT" => FailedPrecondition,
    /// Another operation works on the account.
    OperationInProgress = "OPERATION_IN_PROGRESS" => Aborted,
    /// The operation is not done, so its record cannot be deleted.
    OperationNotDone = "OPERATION_NOT_DONE" => FailedPrecondition,
    /// The operation was cancelled.
    OperationCancelled = "OPERATION_CANCELLED" => Cancelled,
    /// The operation did not end in time.
    OperationDeadlineExceeded = "OPERATION_DEADLINE_EXCEEDED" => DeadlineExceeded,
    /// The plan is not the current one: plan again.
    PlanStale = "PLAN_STALE" => Aborted,
    /// No inventory has been read yet.
    InventoryMissing = "INVENTORY_MISSING" => FailedPrecondition,
    /// Nothing of what was asked for can be protected.
    NothingToProtect = "NOTHING_TO_PROTECT" => FailedPrecondition,
    /// The organisation refused a component; the message has its words.
    ComponentRejected = "COMPONENT_REJECTED" => FailedPrecondition,
    /// A component was deployed, and is not there as it should be.
    ComponentNotObserved = "COMPONENT_NOT_OBSERVED" => FailedPrecondition,
    /// Components of ours are in the organisation: they must be removed before the account can be deleted.
    ComponentsPresent = "COMPONENTS_PRESENT" => FailedPrecondition,
    /// Quarantined content is in the organisation, and the request does not say what becomes of it.
    QuarantineNotEmpty = "QUARANTINE_NOT_EMPTY" => FailedPrecondition,
    /// Quarantined content could not be restored, read or deleted; the violations name each item.
    QuarantineItemsRefused = "QUARANTINE_ITEMS_REFUSED" => FailedPrecondition,
    /// The canary event did not come back in time.
    CanaryLost = "CANARY_LOST" => FailedPrecondition,
    /// A marked record was changed, and no event told of it in time.
    ChangeNotReported = "CHANGE_NOT_REPORTED" => FailedPrecondition,
    /// The position in the event stream is lost.
    EventCursorExpired = "EVENT_CURSOR_EXPIRED" => FailedPrecondition,
    /// The SaaS application asked to slow down.
    SaasRateLimited = "SAAS_RATE_LIMITED" => ResourceExhausted,
    /// The organisation's API allowance is used up.
    ApiBudgetExhausted = "API_BUDGET_EXHAUSTED" => ResourceExhausted,
    /// The SaaS application does not answer, or answers that it cannot.
    SaasUnavailable = "SAAS_UNAVAILABLE" => Unavailable,
    /// Another deployment holds the organisation's lock.
    SaasDeployLocked = "SAAS_DEPLOY_LOCKED" => Unavailable,
    /// The SaaS application refused what we sent.
    SaasRejected = "SAAS_REJECTED" => FailedPrecondition,
    /// The SaaS application answered something that its contract does not allow.
    SaasProtocolError = "SAAS_PROTOCOL_ERROR" => Internal,
    /// The resume token is older than what is kept: take a snapshot.
    ResumeTokenExpired = "RESUME_TOKEN_EXPIRED" => OutOfRange,
    /// The resume token is not one of ours, or belongs to another request.
    ResumeTokenInvalid = "RESUME_TOKEN_INVALID" => InvalidArgument,
    /// The daemon could not answer in time; what was begun may still take effect.
    RequestTimedOut = "REQUEST_TIMED_OUT" => DeadlineExceeded,
    /// The caller sends more than the limits allow.
    RateLimited = "RATE_LIMITED" => ResourceExhausted,
    /// A message or field is larger than the limits allow.
    TooLarge = "TOO_LARGE" => InvalidArgument,
    /// The store cannot be written or read.
    StoreUnavailable = "STORE_UNAVAILABLE" => Unavailable,
    /// The daemon is stopping.
    ShuttingDown = "SHUTTING_DOWN" => Unavailable,
    /// A defect of the daemon; the log has the details under the same request.
    Internal = "INTERNAL" => Internal,
}
