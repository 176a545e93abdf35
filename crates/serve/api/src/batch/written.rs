//! The answer to a batch, in pieces: data of queries go out as they were written, without a copy,
//! also where several questions share them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use model::number;
use promql::Held;

use super::Prepared;
use super::run::{Answered, Found};
use crate::answer::{ApiError, json_response};
use crate::json;

/// The whole answer.
pub(super) fn response(questions: &[Prepared], answers: &[Answered]) -> Response {
    let mut pieces = Pieces::default();
    pieces
        .text
        .push_str("{\"status\":\"success\",\"data\":{\"results\":[");
    for (place, question) in questions.iter().enumerate() {
        if place > 0 {
            pieces.text.push(',');
        }
        pieces.text.push_str("{\"id\":");
        json::push_string(&mut pieces.text, &question.id);
        pieces.text.push_str(",\"expr\":");
        let answer = match &question.place {
            Ok(place) => answers.get(*place),
            Err(error) => {
                json::push_string(&mut pieces.text, &question.expr);
                pieces.error(error);
                None
            }
        };
        if let Some(answer) = answer {
            json::push_string(&mut pieces.text, &answer.run.expr);
            pieces.text.push_str(",\"step\":");
            number::push_seconds(&mut pieces.text, answer.run.step);
            match &answer.outcome {
                Ok(found) => pieces.found(found),
                Err(error) => pieces.error(error),
            }
        }
        pieces.text.push('}');
    }
    pieces.text.push_str("]}}");
    json_response(StatusCode::OK, Body::new(pieces.ended()))
}

/// The pieces of the answer as they come to be.
#[derive(Default)]
struct Pieces {
    /// What is written behind the last of them.
    text: String,
    pieces: VecDeque<Bytes>,
    held: Vec<Arc<Held>>,
}

impl Pieces {
    fn piece(&mut self, bytes: &Bytes) {
        let text = std::mem::take(&mut self.text);
        self.pieces.extend([Bytes::from(text), bytes.clone()]);
    }

    fn found(&mut self, found: &Found) {
        self.text.push_str(",\"status\":\"success\",\"data\":");
        self.piece(&found.data);
        if let Some(exemplars) = &found.exemplars {
            self.text.push_str(",\"exemplars\":");
            self.piece(exemplars);
        }
        self.text.push_str(&found.notes);
        self.held.push(Arc::clone(&found.held));
    }

    fn error(&mut self, error: &ApiError) {
        self.text.push_str(",\"status\":\"error\",\"errorType\":");
        json::push_string(&mut self.text, error.kind.name());
        self.text.push_str(",\"error\":");
        json::push_string(&mut self.text, &error.message);
    }

    fn ended(mut self) -> Sent {
        self.pieces.push_back(Bytes::from(self.text));
        let left = self.pieces.iter().map(|piece| piece.len() as u64).sum();
        Sent {
            pieces: self.pieces,
            left,
            _held: self.held,
        }
    }
}

/// The body: the pieces that are still to be sent, and the memory of all of them.
struct Sent {
    pieces: VecDeque<Bytes>,
    left: u64,
    _held: Vec<Arc<Held>>,
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.pop_front();
        self.left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
