//! Taking datagrams, whatever socket they come in by.

use std::io;
use std::sync::Arc;

use tokio::net::{UdpSocket, UnixDatagram};

use super::{AFTER_FAILURE, BURST, MOST_DATAGRAM_BYTES};
use crate::Statsd;
use crate::counts::SocketCounts;

/// A socket that datagrams come in by.
pub(super) trait Datagrams: Send + Sync {
    /// What it is called where it fails.
    const NAME: &'static str;

    /// Waits until there is something to take.
    fn wait(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// Takes one datagram, if there is one.
    fn take(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Counts one.
    fn count(counts: &SocketCounts);
}

impl Datagrams for UdpSocket {
    const NAME: &'static str = "UDP";

    async fn wait(&self) -> io::Result<()> {
        self.readable().await
    }

    fn take(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_recv(buffer)
    }

    fn count(counts: &SocketCounts) {
        counts.udp_packets.inc();
    }
}

impl Datagrams for UnixDatagram {
    const NAME: &'static str = "Unix";

    async fn wait(&self) -> io::Result<()> {
        self.readable().await
    }

    fn take(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_recv(buffer)
    }

    fn count(counts: &SocketCounts) {
        counts.unixgram_packets.inc();
    }
}

/// Takes datagrams until the task is ended. What comes faster than it can be taken waits in the
/// kernel: of UDP it drops what it has no room for and counts that, a sender on a Unix socket waits.
pub(super) async fn receive<S: Datagrams>(statsd: Arc<Statsd>, socket: S) {
    let mut buffer = vec![0; MOST_DATAGRAM_BYTES];
    loop {
        let outcome = match socket.wait().await {
            Ok(()) => burst(&statsd, &socket, &mut buffer),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => tokio::task::yield_now().await,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => {
                tracing::warn!(socket = S::NAME, %error, "reading StatsD datagrams");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

fn burst<S: Datagrams>(statsd: &Statsd, socket: &S, buffer: &mut [u8]) -> io::Result<()> {
    for _ in 0..BURST {
        let length = socket.take(buffer)?;
        S::count(&statsd.sockets);
        statsd.receive(buffer.get(..length).unwrap_or_default());
    }
    Ok(())
}
