//! The answer as a stream of chunks.
//!
//! A thread that may block reads series after series and hands over frames; no more than a few
//! wait for the client. What goes wrong before the first frame is told by the status, what goes
//! wrong later breaks the connection off, so that nobody takes a part for the whole.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chunk::{Chunk, pack};
use contract::{SelectError, SeriesList};
use http_body::Frame;
use model::{Columns, Labels};
use promql::CancelToken;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use wire::remote::read::{FrameWriter, ReadQuery, ReadRequest};

use super::{Failed, Reading, Turn};
use crate::face::Face;
use crate::query::CancelOnDrop;

const KIND: &str = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";

/// Frames that wait for the client.
const WAITING: usize = 4;

/// A client that takes no frame within this time is given up, for its place's sake.
const STALLED: Duration = Duration::from_secs(60);

/// Series that are looked up between two looks whether to go on.
const SERIES_AT_ONCE: usize = 1024;

/// What a label set in the list takes beside its text, in bytes.
const SET_OVERHEAD: usize = 64;

/// The newest encoding that every reader knows; what others hold is packed anew.
const COMMON: u8 = 3;

/// A chunk without samples.
const EMPTY: &[u8] = &[0, 0];

/// A frame, or why there are no more; the last one is empty. Pieces that end without it tell of a
/// thread that died.
type Piece = Result<Bytes, Failed>;

const DIED: &str = "the thread that reads has ended early";

pub(super) async fn answer(face: Arc<Face>, request: ReadRequest, turn: Turn) -> Response {
    let cancel = CancelToken::default();
    let (sender, mut pieces) = mpsc::channel(WAITING);
    let guard = CancelOnDrop(cancel.clone());
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let client = Client { sender, handle };
        let written = write(&face, &request, &cancel, &client);
        // The client may have gone.
        let _ = client.send(written.map(|()| Bytes::new()));
    });
    let first = match pieces.recv().await {
        Some(Ok(first)) => first,
        Some(Err(failed)) => return failed.into_response(),
        None => return (StatusCode::INTERNAL_SERVER_ERROR, DIED).into_response(),
    };
    let frames = Frames {
        first: Some(first),
        pieces,
        _guard: guard,
    };
    ([(header::CONTENT_TYPE, KIND)], Body::new(frames)).into_response()
}

/// Where frames go.
struct Client {
    sender: mpsc::Sender<Piece>,
    handle: Handle,
}

impl Client {
    /// Waits until there is room for a piece.
    fn send(&self, piece: Piece) -> Result<(), SelectError> {
        let sent = self.sender.send(piece);
        let sent = async { tokio::time::timeout(STALLED, sent).await };
        match self.handle.block_on(sent) {
            Ok(Ok(())) => Ok(()),
            _ => Err(SelectError::Stopped),
        }
    }
}

/// Frames as the body of an answer.
struct Frames {
    first: Option<Bytes>,
    pieces: mpsc::Receiver<Piece>,
    /// Ends the reading where the client goes away.
    _guard: CancelOnDrop,
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let piece = match self.first.take() {
            Some(first) => Some(Ok(first)),
            None => std::task::ready!(self.pieces.poll_recv(context)),
        };
        Poll::Ready(match piece {
            Some(Ok(frame)) if frame.is_empty() => None,
            Some(Ok(frame)) => Some(Ok(Frame::data(frame))),
            Some(Err(failed)) => Some(Err(std::io::Error::other(format!("{failed:?}")))),
            None => Some(Err(std::io::Error::other(DIED))),
        })
    }
}

fn write(
    face: &Face,
    request: &ReadRequest,
    cancel: &CancelToken,
    client: &Client,
) -> Result<(), Failed> {
    let Some(services) = face.services() else {
        return Ok(());
    };
    let reading = Reading::new(face, services, cancel);
    for (number, query) in request.queries.iter().enumerate() {
        write_query(&reading, number, query, client)?;
    }
    Ok(())
}

fn write_query(
    reading: &Reading<'_>,
    number: usize,
    query: &ReadQuery,
    client: &Client,
) -> Result<(), Failed> {
    let list = reading.select(query)?;
    let mut held = reading.allowance.hold(list.size())?;
    let mut order: Vec<(Labels, usize)> = Vec::new();
    let mut bytes = list.size();
    for place in 0..list.len() {
        if place % SERIES_AT_ONCE == 0 {
            reading.allowance.check()?;
            held.resize(bytes)?;
        }
        let labels = list.labels(place);
        bytes += labels.size() + SET_OVERHEAD;
        order.push((labels, place));
    }
    held.resize(bytes + (WAITING + 1) * reading.options.frame)?;
    order.sort_unstable();
    let mut writer = FrameWriter::default();
    for (labels, place) in order {
        reading.allowance.check()?;
        writer.begin(number, &reading.outside(labels));
        let send = |writer: &mut FrameWriter| client.send(Ok(writer.take().into()));
        if query.is_for_labels() {
            writer.push(nothing(query));
        } else {
            let read = chunks(list.as_ref(), place, |chunk| {
                writer.push(chunk);
                if writer.size() < reading.options.frame {
                    return Ok(());
                }
                send(&mut writer)
            });
            read.map_err(|error| reading.failed(error))?;
        }
        if !writer.is_empty() {
            send(&mut writer).map_err(|error| reading.failed(error))?;
        }
    }
    Ok(())
}

/// The chunks of a series, in encodings that every reader knows.
fn chunks(
    list: &dyn SeriesList,
    place: usize,
    mut each: impl FnMut(Chunk<'_>) -> Result<(), SelectError>,
) -> Result<(), SelectError> {
    list.chunks(place, &mut |chunk| {
        if chunk.encoding.byte() <= COMMON {
            return each(chunk);
        }
        let mut columns = Columns::new();
        let decoded = chunk.encoding.decode(chunk.data, &mut columns);
        decoded.map_err(|error| SelectError::Corrupt(error.to_string()))?;
        pack(&columns, &mut each)
    })
}

/// What stands for the samples of a series of which labels alone are wanted.
fn nothing(query: &ReadQuery) -> Chunk<'static> {
    let (first, last) = query.range();
    Chunk {
        first,
        last,
        encoding: chunk::Encoding::Xor,
        data: EMPTY,
    }
}
