//! Sockets: tokio's types, and the few options we set on them.
//!
//! The acceptor's runtime takes a connection off its reactor with [`release`]; the shard that is to
//! own it puts it on its own with [`adopt`].

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};

pub use tokio::net::{TcpListener, TcpStream};

#[cfg(test)]
mod tests;

/// Connections the kernel holds for us before they are accepted.
const BACKLOG: i32 = 1024;

/// A socket between two runtimes.
pub type Released = std::net::TcpStream;

/// Binds and listens. `SO_REUSEADDR` lets a restarted broker take its port back at once. Needs a
/// runtime.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Takes an accepted connection off the runtime it was accepted on.
pub fn release(stream: TcpStream) -> io::Result<Released> {
    stream.into_std()
}

/// Puts a connection on the runtime of the calling thread, with Nagle's delay off: a response is
/// written whole, waiting for more only adds latency.
pub fn adopt(stream: Released) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    TcpStream::from_std(stream)
}

/// Turns on keep-alive probes, so that a peer that vanished without a word is noticed.
pub fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream).set_keepalive(true)
}

/// Bounds what the kernel buffers for sending, in bytes (the kernel doubles it for its own use).
pub fn set_send_buffer(stream: &TcpStream, bytes: usize) -> io::Result<()> {
    socket2::SockRef::from(stream).set_send_buffer_size(bytes)
}

/// Makes closing send RST instead of FIN: for a peer that is refused, not served to the end.
pub fn reset_on_close(stream: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream).set_linger(Some(std::time::Duration::ZERO))
}

/// Connects, blocking, with a receive buffer of about `bytes`: a peer that takes little and then
/// nothing fills it soon. For tests of slow consumers.
pub fn connect_narrow(address: SocketAddr, bytes: usize) -> io::Result<Released> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Before the handshake, which tells the peer the window.
    socket.set_recv_buffer_size(bytes)?;
    socket.connect(&address.into())?;
    Ok(socket.into())
}
