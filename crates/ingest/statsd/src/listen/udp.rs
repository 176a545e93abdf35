//! Lines in UDP datagrams.

use std::io;
use std::net::SocketAddr;

use tokio::net::UdpSocket;

/// Opens the socket; the kernel shall hold so many bytes of what is not yet read.
pub(super) async fn open(address: SocketAddr, buffer: Option<usize>) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address).await?;
    if let Some(bytes) = buffer {
        rustix::net::sockopt::set_socket_recv_buffer_size(&socket, bytes)?;
    }
    Ok(socket)
}
