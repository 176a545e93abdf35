//! Two nodes find out what each of them lacks, and send each other just that: both say the digests
//! of all their records, then the records whose digests the other did not say. Both sides do the
//! same at the same time.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use contract::Replica;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::frame::{self, Frame};
use crate::limits::{DIGESTS, EXCHANGE_BYTES, FRAME_BYTES};
use crate::shared::Shared;
use crate::transport::Stream;

/// A record's digest: the first eight bytes of its SHA-256.
fn digest(record: &[u8]) -> u64 {
    let hash = Sha256::digest(record);
    hash.first_chunk().copied().map_or(0, u64::from_le_bytes)
}

/// Exchanges, after both have said hello; answers whether there is more to exchange.
pub(crate) async fn exchange(shared: &Shared, stream: Stream) -> io::Result<bool> {
    let Some(replica) = shared.replica() else {
        return Err(io::Error::other("this node has not begun"));
    };
    let (mut reading, mut writing) = tokio::io::split(stream);
    let visited = Arc::clone(&replica);
    let own = blocking(move || digests(&*visited)).await?;
    let saying = say_digests(shared, &mut writing, &own);
    let (said, theirs) = tokio::join!(saying, hear_digests(shared, &mut reading));
    said?;
    let theirs = theirs?;
    let visited = Arc::clone(&replica);
    let (lacking, more) = blocking(move || lacking(&*visited, &theirs)).await?;
    let sending = send_records(shared, &mut writing, &lacking, more);
    let taking = take_records(shared, &mut reading, &*replica);
    let (sent, taken) = tokio::join!(sending, taking);
    sent?;
    Ok(taken? || more)
}

/// Reads a state on a thread that may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(io::Error::other)
}

fn digests(replica: &dyn Replica) -> Vec<u64> {
    let mut own = Vec::new();
    replica.visit(&mut |record| {
        if own.len() < DIGESTS {
            own.push(digest(record));
        }
    });
    own
}

/// The records that the other side has not said, and whether there are more than one exchange
/// carries.
fn lacking(replica: &dyn Replica, theirs: &HashSet<u64>) -> (Vec<Vec<u8>>, bool) {
    let mut found = Vec::new();
    let (mut bytes, mut more) = (0, false);
    replica.visit(&mut |record| {
        if !frame::fits(record) || theirs.contains(&digest(record)) {
            return;
        }
        if bytes >= EXCHANGE_BYTES {
            more = true;
            return;
        }
        bytes += record.len();
        found.push(record.to_vec());
    });
    (found, more)
}

async fn say_digests(
    shared: &Shared,
    writing: &mut (impl AsyncWrite + Unpin),
    own: &[u64],
) -> io::Result<()> {
    for frame in frame::digests(own) {
        shared.transport.write(writing, &frame).await?;
    }
    shared.transport.write(writing, &frame::end(false)).await
}

async fn hear_digests(
    shared: &Shared,
    reading: &mut (impl AsyncRead + Unpin),
) -> io::Result<HashSet<u64>> {
    let mut theirs = HashSet::new();
    let patience = shared.options.times.tcp_timeout;
    while let Some(inbox) = shared
        .transport
        .read(reading, FRAME_BYTES, patience)
        .await?
    {
        match Frame::decode(&inbox.bytes) {
            Some(Frame::Digests(some)) if theirs.len() + some.len() <= DIGESTS => {
                theirs.extend(some);
            }
            Some(Frame::End { .. }) => return Ok(theirs),
            _ => return Err(stranger()),
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

async fn send_records(
    shared: &Shared,
    writing: &mut (impl AsyncWrite + Unpin),
    records: &[Vec<u8>],
    more: bool,
) -> io::Result<()> {
    for frame in frame::records(records) {
        shared.transport.write(writing, &frame).await?;
        shared.counts.exchanged_out.count(frame.len());
    }
    shared.transport.write(writing, &frame::end(more)).await
}

async fn take_records(
    shared: &Shared,
    reading: &mut (impl AsyncRead + Unpin),
    replica: &dyn Replica,
) -> io::Result<bool> {
    let patience = shared.options.times.tcp_timeout;
    while let Some(inbox) = shared
        .transport
        .read(reading, FRAME_BYTES, patience)
        .await?
    {
        match Frame::decode(&inbox.bytes) {
            Some(Frame::Records(records)) => {
                shared.counts.exchanged_in.count(inbox.bytes.len());
                replica.merge(&records);
            }
            Some(Frame::End { more }) => return Ok(more),
            _ => return Err(stranger()),
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// The other side does not keep to the protocol.
pub(crate) fn stranger() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "what came is no frame of the cluster's protocol, or none that belongs here",
    )
}
