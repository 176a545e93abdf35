//! Bodies that others push: read whole before anything is done with them, and bounded, each by
//! itself and all together.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use receive::Encoding;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of one body as it comes. What may come out of it is limited by the receiver.
pub(crate) const MOST_BYTES: usize = 32 << 20;
/// Bytes of all bodies that are held at once: what eight of the largest have, or the usual ones of
/// thousands of senders. Senders that would bring more are to come again.
const MOST_HELD: usize = 256 << 20;

/// Bytes of a body that is worked on where it was read: a few milliseconds, which is less trouble
/// than to hand it over. What is larger goes to a thread that may block.
const MOST_IN_PLACE: usize = 1 << 20;

/// The room for bodies.
pub(crate) struct Intake {
    room: Arc<Semaphore>,
}

/// A body; its room is free again when it goes.
pub(crate) struct Taken {
    pub(crate) bytes: Bytes,
    _room: Vec<OwnedSemaphorePermit>,
}

/// A body that is not taken, with the status and the reason.
#[derive(Debug)]
pub(crate) struct NotTaken(pub(crate) StatusCode, pub(crate) String);

impl IntoResponse for NotTaken {
    fn into_response(self) -> Response {
        (self.0, self.1 + "\n").into_response()
    }
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(MOST_HELD)),
        }
    }
}

impl Intake {
    /// Reads a body to its end. Room is taken as bytes come, so that a sender who only announces
    /// much keeps nobody out.
    pub(crate) async fn read(&self, mut body: Body) -> Result<Taken, NotTaken> {
        let mut room = Vec::new();
        let mut first = Bytes::new();
        let mut whole: Vec<u8> = Vec::new();
        let mut size = 0usize;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| {
                NotTaken(
                    StatusCode::BAD_REQUEST,
                    format!("reading the body: {error}"),
                )
            })?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            size += data.len();
            if size > MOST_BYTES {
                let reason = format!("request body exceeds the {MOST_BYTES} bytes limit");
                return Err(NotTaken(StatusCode::PAYLOAD_TOO_LARGE, reason));
            }
            room.push(self.room_for(data.len())?);
            if first.is_empty() {
                first = data;
                continue;
            }
            if whole.is_empty() {
                whole.extend_from_slice(&first);
            }
            whole.extend_from_slice(&data);
        }
        let bytes = if whole.is_empty() {
            first
        } else {
            whole.into()
        };
        Ok(Taken { bytes, _room: room })
    }

    fn room_for(&self, size: usize) -> Result<OwnedSemaphorePermit, NotTaken> {
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(size);
        room.map_err(|_| {
            let reason = format!(
                "requests of {MOST_HELD} bytes are being received already; try again shortly"
            );
            NotTaken(StatusCode::SERVICE_UNAVAILABLE, reason)
        })
    }
}

/// Lets a receiver work on a body.
pub(crate) async fn digest<T: Send + 'static>(
    body: Taken,
    work: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> Result<T, NotTaken> {
    if body.bytes.len() <= MOST_IN_PLACE {
        return Ok(work(&body.bytes));
    }
    let done = tokio::task::spawn_blocking(move || work(&body.bytes)).await;
    done.map_err(|_| {
        let reason = "the request broke off".to_owned();
        NotTaken(StatusCode::INTERNAL_SERVER_ERROR, reason)
    })
}

/// How a body is compressed, by its headers; the name where it is unknown here.
pub(crate) fn encoding(headers: &HeaderMap, default: Encoding) -> Result<Encoding, &str> {
    let Some(value) = headers.get(header::CONTENT_ENCODING) else {
        return Ok(default);
    };
    let name = value.to_str().unwrap_or("?").trim();
    encoding_of(name, default).ok_or(name)
}

/// How a body is compressed that has this name for it.
pub(crate) fn encoding_of(name: &str, default: Encoding) -> Option<Encoding> {
    [
        ("", default),
        ("identity", Encoding::Identity),
        ("snappy", Encoding::Snappy),
        ("gzip", Encoding::Gzip),
        ("zstd", Encoding::Zstd),
    ]
    .into_iter()
    .find(|(known, _)| known.eq_ignore_ascii_case(name))
    .map(|(_, encoding)| encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bodies_are_read_whole_and_bounded() {
        let intake = Intake::default();
        for bytes in [Vec::new(), vec![1; 10], vec![2; MOST_BYTES]] {
            let taken = intake.read(Body::from(bytes.clone())).await.unwrap();
            assert!(taken.bytes == bytes);
        }
        assert_eq!(intake.room.available_permits(), MOST_HELD);
        let refused = intake.read(Body::from(vec![0; MOST_BYTES + 1])).await;
        assert_eq!(refused.err().unwrap().0, StatusCode::PAYLOAD_TOO_LARGE);
        let mut held = Vec::new();
        for _ in 0..MOST_HELD / MOST_BYTES {
            held.push(intake.read(Body::from(vec![0; MOST_BYTES])).await.unwrap());
        }
        let refused = intake.read(Body::from("x")).await;
        assert_eq!(refused.err().unwrap().0, StatusCode::SERVICE_UNAVAILABLE);
        held.pop();
        assert!(intake.read(Body::from("x")).await.is_ok());
    }
}
