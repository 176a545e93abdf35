//! Lines in TCP connections.

use std::io;
use std::sync::Arc;

use memchr::memrchr;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::AFTER_FAILURE;
use crate::Statsd;

/// Connections at once; one more is closed. Each takes a buffer of a line.
const MOST_CONNECTIONS: usize = 1000;
/// Bytes of a line: the largest payload that DogStatsD's clients send.
const MOST_LINE_BYTES: usize = 8192;

/// Takes connections until the task is ended, which ends them all.
pub(super) async fn accept(statsd: Arc<Statsd>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok(_) if connections.len() >= MOST_CONNECTIONS => {
                statsd.sockets.tcp_errors.inc();
                tracing::warn!(
                    most = MOST_CONNECTIONS,
                    "too many StatsD connections; one was closed"
                );
            }
            Ok((stream, _)) => {
                statsd.sockets.tcp_connections.inc();
                connections.spawn(serve(Arc::clone(&statsd), stream));
            }
            Err(error) => {
                tracing::warn!(%error, "accepting StatsD connections");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

async fn serve(statsd: Arc<Statsd>, stream: TcpStream) {
    if let Err(error) = read(&statsd, stream).await {
        statsd.sockets.tcp_errors.inc();
        tracing::debug!(%error, "reading a StatsD connection");
    }
}

/// Takes lines as far as they are whole; the last one may lack its end.
async fn read(statsd: &Statsd, mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(MOST_LINE_BYTES);
    loop {
        let has_more = stream.read_buf(&mut buffer).await? > 0;
        let whole = match memrchr(b'\n', &buffer) {
            _ if !has_more => buffer.len(),
            Some(last) => last + 1,
            None => 0,
        };
        statsd.receive(buffer.get(..whole).unwrap_or_default());
        buffer.drain(..whole);
        if !has_more {
            return Ok(());
        }
        if buffer.len() >= MOST_LINE_BYTES {
            statsd.sockets.tcp_too_long.inc();
            return Ok(());
        }
    }
}
