//! The event bus: what was published per topic, for 72 hours, and who may read on from where.

mod bus;
pub(crate) mod change;
pub mod definition;
mod log;
mod managed;
mod publish;
mod quota;
mod replay;
mod schema;
pub(crate) mod standard;
mod topic;

pub use bus::{EVENT_BYTES_MAX, EventBus, RawEvent, topic_of};
pub use definition::Definitions;
pub use log::{Delivery, RETENTION};
pub use managed::Managed;
pub use publish::{Published, Refusal};
pub use quota::{Allocations, Client, Clients};
pub use replay::{ReplayId, Start, StartError};
pub use schema::{EventSchema, SchemaError};
pub use topic::Topic;
