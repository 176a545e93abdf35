//! Lines in UDP datagrams.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::UdpSocket;

use super::{AFTER_FAILURE, BURST, MOST_DATAGRAM_BYTES};
use crate::Statsd;

/// Opens the socket; the kernel shall hold so many bytes of what is not yet read.
pub(super) async fn open(address: SocketAddr, buffer: Option<usize>) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address).await?;
    if let Some(bytes) = buffer {
        rustix::net::sockopt::set_socket_recv_buffer_size(&socket, bytes)?;
    }
    Ok(socket)
}

/// Takes datagrams until the task is ended. What comes faster than it can be taken waits in the
/// kernel, which drops what it has no room for and counts that.
pub(super) async fn receive(statsd: Arc<Statsd>, socket: UdpSocket) {
    let mut buffer = vec![0; MOST_DATAGRAM_BYTES];
    loop {
        let outcome = match socket.readable().await {
            Ok(()) => burst(&statsd, &socket, &mut buffer),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => tokio::task::yield_now().await,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => {
                tracing::warn!(%error, "reading StatsD datagrams");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

fn burst(statsd: &Statsd, socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<()> {
    for _ in 0..BURST {
        let length = socket.try_recv(buffer)?;
        statsd.sockets.udp_packets.inc();
        statsd.receive(buffer.get(..length).unwrap_or_default());
    }
    Ok(())
}
