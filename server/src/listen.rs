//! Listening on an address.

use std::io;
use tokio::net::{TcpListener, TcpSocket, lookup_host};

/// Connections that may wait to be accepted, as far as the system grants it. The usual 128 make
/// clients who come all at once wait for a second, until they try again.
const BACKLOG: u32 = 4096;

/// Listens on the first address of a name that is free.
///
/// # Errors
/// The name has no address, or the last one cannot be listened on.
pub async fn listen(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut failure = io::Error::new(io::ErrorKind::AddrNotAvailable, "the name has no address");
    for address in lookup_host((host, port)).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A server that starts again need not wait for connections of the last one; elsewhere than
        // on Unix the option would let two servers share a port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
