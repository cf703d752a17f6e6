//! A port that stays with its test while its daemon is away.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// A bound socket that never listens. The daemon may listen at its address (both allow reuse), but nobody is given the
/// port by chance while a killed daemon is on its way back.
pub(crate) struct Held {
    socket: TcpSocket,
}

impl Held {
    pub(crate) fn new() -> Held {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("an option");
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        Held { socket }
    }

    pub(crate) fn address(&self) -> String {
        self.socket.local_addr().expect("bound").to_string()
    }
}
