//! The intake of events: one supervised stream for each account whose channel is wanted. What was taken in is counted
//! and its position committed; a stream that ends is opened again behind the last position.

mod intake;

pub(crate) use intake::Intake;
