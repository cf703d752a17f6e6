//! The services over ports in memory, called through a real socket.

mod bad;
mod calls;
mod fakes;
mod limits;
mod operations;
mod preconditions;
mod raw;
mod reflection;
mod rights;
mod stream;
mod tls;
mod watch;
mod wire;
