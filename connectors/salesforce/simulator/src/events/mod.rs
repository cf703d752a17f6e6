//! The event bus: what was published per topic, for 72 hours, and who may read on from where.

mod bus;
mod log;
mod quota;
mod replay;
mod schema;

pub use bus::{EVENT_BYTES_MAX, EventBus, Published, RawEvent, Refusal, topic_of};
pub use log::{Delivery, RETENTION};
pub use quota::Allocations;
pub use replay::{ReplayId, Start, StartError};
pub use schema::{EventSchema, SchemaError};
