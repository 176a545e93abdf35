//! What the operator must hear of at once, such as a configuration that was refused: asked for by
//! `notifications`, and told as it happens by `notifications/live` (server-sent events).
//!
//! In come texts that begin and end to hold; out goes the list of those that hold, and to each
//! listener every change. A listener that does not read loses changes and blocks nobody.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::Gather;
use http_body::Frame;
use model::Family;
use model::instrument::Counter;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::answer::{Answer, ApiResult};
use crate::face::Face;
use crate::targets::moment;

/// The configuration in the file is not the one in force.
pub const RELOAD_FAILED: &str = "Configuration reload has failed.";

/// Sections of the configuration find no targets.
pub const DISCOVERY_INACTIVE: &str = "A discovery mechanism of the configuration is not active and finds no targets; the log names it, and http_sd_configs or file_sd_configs can stand in for it.";

/// The store reads its log back.
pub const STARTING: &str = "Argand is starting and reads its write-ahead log back.";

/// Changes that wait for one listener; a page that is that far behind asks for the list again.
const WAITING: usize = 16;

/// Listeners where nobody says how many: upstream's default.
const LISTENERS: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Notice {
    text: &'static str,
    date: String,
    active: bool,
}

impl Notice {
    /// The change as an event of a stream.
    fn event(&self) -> Bytes {
        let data = serde_json::to_string(self).unwrap_or_default();
        Bytes::from(format!("data: {data}\n\n"))
    }
}

#[derive(Debug, Default)]
struct Known {
    /// What holds; the texts are constants, so there are few.
    held: Vec<Notice>,
    listeners: Vec<mpsc::Sender<Bytes>>,
    is_closed: bool,
}

/// What holds now, and who hears of changes.
#[derive(Debug)]
pub struct Notices {
    most: usize,
    state: Mutex<Known>,
    sent: Counter,
    lost: Counter,
}

impl Default for Notices {
    fn default() -> Self {
        Self::new(LISTENERS)
    }
}

impl Notices {
    /// Nothing holds; at most so many listen at once.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            state: Mutex::default(),
            sent: Counter::new(),
            lost: Counter::new(),
        }
    }

    /// Something holds from now on (milliseconds since the epoch), or holds still.
    pub fn raise(&self, text: &'static str, now: i64) {
        let notice = Notice {
            text,
            date: moment(Some(now)),
            active: true,
        };
        let mut state = self.state.lock();
        self.tell(&mut state, &notice);
        match state.held.iter_mut().find(|held| held.text == text) {
            Some(held) => *held = notice,
            None => state.held.push(notice),
        }
    }

    /// It does not hold any more; nothing happens where it did not.
    pub fn lower(&self, text: &'static str) {
        let mut state = self.state.lock();
        let place = state.held.iter().position(|held| held.text == text);
        if let Some(place) = place {
            let ended = Notice {
                active: false,
                ..state.held.remove(place)
            };
            self.tell(&mut state, &ended);
        }
    }

    /// Ends all streams, so that the server can end.
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        state.listeners.clear();
    }

    fn tell(&self, state: &mut Known, notice: &Notice) {
        state.listeners.retain(|listener| !listener.is_closed());
        let event = notice.event();
        for listener in &state.listeners {
            self.sent.inc();
            if listener.try_send(event.clone()).is_err() {
                self.lost.inc();
            }
        }
    }

    fn held(&self) -> Vec<Notice> {
        self.state.lock().held.clone()
    }

    /// A stream of what holds and of every change; `None` where too many listen.
    fn listen(&self) -> Option<Live> {
        let mut state = self.state.lock();
        state.listeners.retain(|listener| !listener.is_closed());
        if state.is_closed || state.listeners.len() >= self.most {
            return None;
        }
        let (listener, events) = mpsc::channel(WAITING);
        for notice in &state.held {
            // There is room: fewer texts than places.
            let _ = listener.try_send(notice.event());
        }
        state.listeners.push(listener);
        Some(Live(events))
    }
}

impl Gather for Notices {
    fn gather(&self, families: &mut Vec<Family>) {
        let listening = {
            let mut state = self.state.lock();
            state.listeners.retain(|listener| !listener.is_closed());
            state.listeners.len()
        };
        families.extend([
            Family::gauge(
                "prometheus_api_notification_active_subscribers",
                "The current number of active notification subscribers.",
                listening as f64,
            ),
            Family::counter(
                "prometheus_api_notification_updates_sent_total",
                "Total number of notification updates sent.",
                self.sent.get() as f64,
            ),
            Family::counter(
                "prometheus_api_notification_updates_dropped_total",
                "Total number of notification updates dropped.",
                self.lost.get() as f64,
            ),
        ]);
    }
}

/// The body of a stream of events; it ends when the server does.
struct Live(mpsc::Receiver<Bytes>);

impl http_body::Body for Live {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let event = self.0.poll_recv(context);
        event.map(|event| event.map(|event| Ok(Frame::data(event))))
    }
}

/// `/api/v1/notifications`
pub(crate) async fn list(State(face): State<Arc<Face>>) -> ApiResult {
    Answer::of(&face.options.runtime.notices.held())
}

/// `/api/v1/notifications/live`
pub(crate) async fn live(State(face): State<Arc<Face>>) -> Response {
    // Upstream answers 204 where too many listen, which ends a browser's attempts.
    let Some(events) = face.options.runtime.notices.listen() else {
        return StatusCode::NO_CONTENT.into_response();
    };
    let mut response = Response::new(Body::new(events));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn listeners_hear_what_holds_and_every_change_up_to_their_number() {
        let notices = Notices::new(1);
        notices.raise(STARTING, 0);
        let live = notices.listen().expect("the first may listen");
        assert!(notices.listen().is_none(), "one too many");
        notices.raise(RELOAD_FAILED, 1500);
        notices.lower(STARTING);
        notices.lower(STARTING);
        notices.close();
        let heard = live.collect().await.expect("no errors").to_bytes();
        let event = |text: &str, date: &str, active: bool| {
            format!("data: {{\"text\":\"{text}\",\"date\":\"{date}\",\"active\":{active}}}\n\n")
        };
        let expected = event(STARTING, "1970-01-01T00:00:00Z", true)
            + &event(RELOAD_FAILED, "1970-01-01T00:00:01.5Z", true)
            + &event(STARTING, "1970-01-01T00:00:00Z", false);
        assert_eq!(String::from_utf8_lossy(&heard), expected);
        assert_eq!(notices.held().len(), 1);
        assert!(notices.listen().is_none(), "closed");
    }

    #[test]
    fn a_listener_that_does_not_read_blocks_nobody() {
        let notices = Notices::new(1);
        let live = notices.listen().expect("nobody listens yet");
        for _ in 0..=WAITING {
            notices.raise(RELOAD_FAILED, 0);
        }
        assert_eq!(notices.lost.get(), 1);
        drop(live);
        assert!(notices.listen().is_some(), "its place is free again");
    }
}
