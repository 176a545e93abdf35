//! The answer in one message of plain samples.

use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Columns;
use promql::{CancelToken, QueryError};
use wire::remote::read::{ReadQuery, ReadRequest, samples};

use super::{Failed, Reading, Turn};
use crate::face::Face;
use crate::query::CancelOnDrop;

/// Bytes of the answer between two looks whether there is room for them.
const WRITTEN_AT_ONCE: usize = 256 << 10;

pub(super) async fn answer(face: Arc<Face>, request: ReadRequest, turn: Turn) -> Response {
    let cancel = CancelToken::default();
    let guard = CancelOnDrop(cancel.clone());
    let work = tokio::task::spawn_blocking(move || {
        // Until the work has ended, even where nobody waits for it any more.
        let _turn = turn;
        message(&face, &request, &cancel)
    });
    let outcome = work.await;
    drop(guard);
    match outcome {
        Ok(Ok(body)) => {
            let headers = [
                (header::CONTENT_TYPE, "application/x-protobuf"),
                (header::CONTENT_ENCODING, "snappy"),
            ];
            (headers, body).into_response()
        }
        Ok(Err(failed)) => failed.into_response(),
        Err(error) => {
            let text = format!("reading failed: {error}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
        }
    }
}

/// The compressed message.
fn message(face: &Face, request: &ReadRequest, cancel: &CancelToken) -> Result<Vec<u8>, Failed> {
    let Some(services) = face.services() else {
        return Ok(Vec::new());
    };
    let reading = Reading::new(face, services, cancel);
    let mut out = Vec::new();
    let mut held = reading.allowance.hold(0)?;
    for query in &request.queries {
        samples::push_result(&mut out, |out| {
            write(&reading, query, out, |bytes| held.resize(bytes))
        })?;
    }
    // As much again while both are there.
    held.resize(2 * out.len())?;
    let packed = snap::raw::Encoder::new().compress_vec(&out);
    packed.map_err(|error| {
        let text = format!("compressing the answer: {error}; ask for a stream of chunks");
        Failed::Query(QueryError::Execution(text))
    })
}

/// Appends the series of one query.
fn write(
    reading: &Reading<'_>,
    query: &ReadQuery,
    out: &mut Vec<u8>,
    mut hold: impl FnMut(usize) -> Result<(), QueryError>,
) -> Result<(), Failed> {
    let list = reading.select(query)?;
    let limit = reading.options.samples;
    let (mut samples, mut counted) = (0, out.len());
    let mut columns = Columns::new();
    for place in 0..list.len() {
        columns.clear();
        if !query.is_for_labels() {
            let read = list.read(place, &mut columns);
            read.map_err(|error| reading.failed(error))?;
            if columns.is_empty() {
                continue;
            }
        }
        samples += columns.len() + columns.histograms.len();
        if limit > 0 && samples > limit {
            return Err(Failed::Samples(limit));
        }
        let labels = reading.outside(list.labels(place));
        samples::push_series(out, &labels, &columns);
        if out.len() - counted > WRITTEN_AT_ONCE {
            counted = out.len();
            reading.allowance.check()?;
            hold(list.size() + out.capacity())?;
        }
    }
    Ok(())
}
