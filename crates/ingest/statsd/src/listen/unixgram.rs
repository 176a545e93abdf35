//! Lines in datagrams of a Unix socket.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use tokio::net::UnixDatagram;

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
