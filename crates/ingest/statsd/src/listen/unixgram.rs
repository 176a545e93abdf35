//! Lines in datagrams of a Unix socket.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use tokio::net::UnixDatagram;

use super::{AFTER_FAILURE, BURST, MOST_DATAGRAM_BYTES};
use crate::Statsd;

/// Opens the socket. A file that a process left behind which is no more makes room.
pub(super) fn open(path: &Path, mode: u32, buffer: Option<usize>) -> io::Result<UnixDatagram> {
    if is_left_behind(path)? {
        std::fs::remove_file(path)?;
    }
    let socket = UnixDatagram::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(mode))?;
    if let Some(bytes) = buffer {
        rustix::net::sockopt::set_socket_recv_buffer_size(&socket, bytes)?;
    }
    Ok(socket)
}

/// Whether the file is a socket that nobody reads.
fn is_left_behind(path: &Path) -> io::Result<bool> {
    let file = match std::fs::symlink_metadata(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if !file.file_type().is_socket() {
        return Ok(false);
    }
    let asked = std::os::unix::net::UnixDatagram::unbound()?.connect(path);
    Ok(asked.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused))
}

/// Takes datagrams until the task is ended. A sender waits where they are not taken fast enough.
pub(super) async fn receive(statsd: Arc<Statsd>, socket: UnixDatagram) {
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
                tracing::warn!(%error, "reading StatsD datagrams of the Unix socket");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

fn burst(statsd: &Statsd, socket: &UnixDatagram, buffer: &mut [u8]) -> io::Result<()> {
    for _ in 0..BURST {
        let length = socket.try_recv(buffer)?;
        statsd.sockets.unixgram_packets.inc();
        statsd.receive(buffer.get(..length).unwrap_or_default());
    }
    Ok(())
}
