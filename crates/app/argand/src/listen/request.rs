//! Requests on their way: bodies that must arrive in time and fit into memory, and answers whose
//! end is noticed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use api::{ClientAddress, Face};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::IntoResponse;
use http::{Request, Response, StatusCode, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::time::{Instant, Sleep, sleep_until};

use super::places::{Connection, Places};

/// Time between two pieces of a body.
const PIECE: Duration = Duration::from_secs(30);

/// Bytes of bodies that all requests together may hold: a few of the largest, many of the usual.
const MOST_BODIES: usize = 512 << 20;

/// The routes as one connection sees them.
pub(super) struct Routes {
    pub(super) service: TowerToHyperService<Router>,
    /// Who may have an answer at hand.
    pub(super) face: Option<Arc<Face>>,
    /// None where the client has gone already.
    pub(super) client: Option<ClientAddress>,
    pub(super) connection: Arc<Connection>,
    pub(super) places: Arc<Places>,
    /// Time for the whole of a request to arrive.
    pub(super) patience: Duration,
}

/// Why a body was not taken.
#[derive(Clone, Copy, Debug, Error)]
enum Refused {
    #[error("the body did not arrive in time")]
    Slow,
    #[error("the bodies of all requests together are too large")]
    Crowded,
    #[error("the body broke off")]
    Broken,
}

/// A request from its head to the end of its answer.
struct Asked {
    connection: Arc<Connection>,
    places: Arc<Places>,
    is_arriving: AtomicBool,
    /// Bytes of its body that are held.
    bytes: AtomicUsize,
    /// Set where its body was not taken; the status that says why.
    status: AtomicU8,
}

/// What [`Asked::status`] says.
const SLOW: u8 = 1;
const CROWDED: u8 = 2;

impl Asked {
    fn arrived(&self) {
        if self.is_arriving.swap(false, Ordering::Relaxed) {
            self.connection.arrived();
        }
    }

    /// Counts bytes of the body; fails where all bodies are too large by now.
    fn take(&self, bytes: usize) -> Result<(), Refused> {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let all = self.places.bodies.fetch_add(bytes, Ordering::Relaxed);
        if all.saturating_add(bytes) > MOST_BODIES {
            return Err(self.refuse(Refused::Crowded));
        }
        Ok(())
    }

    fn refuse(&self, reason: Refused) -> Refused {
        let status = match reason {
            Refused::Slow => SLOW,
            Refused::Crowded => CROWDED,
            Refused::Broken => return reason,
        };
        self.status.store(status, Ordering::Relaxed);
        reason
    }

    /// What is answered instead, where the body was not taken.
    fn refusal(&self) -> Option<Response<Body>> {
        let refused = |status, text| {
            let close = (header::CONNECTION, "close");
            (status, [close, (header::RETRY_AFTER, "1")], text).into_response()
        };
        match self.status.load(Ordering::Relaxed) {
            SLOW => Some(refused(
                StatusCode::REQUEST_TIMEOUT,
                "the body did not arrive in time\n",
            )),
            CROWDED => Some(refused(
                StatusCode::SERVICE_UNAVAILABLE,
                "too many large requests at once; send it again\n",
            )),
            _ => None,
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.arrived();
        let bytes = self.bytes.load(Ordering::Relaxed);
        self.places.bodies.fetch_sub(bytes, Ordering::Relaxed);
        self.connection.end();
    }
}

type Answering =
    Pin<Box<dyn Future<Output = Result<Response<Answer>, std::convert::Infallible>> + Send>>;

impl Service<Request<Incoming>> for Routes {
    type Response = Response<Answer>;
    type Error = std::convert::Infallible;
    type Future = Answering;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(client) = self.client {
            request.extensions_mut().insert(client);
        }
        let has_body = !request.body().is_end_stream();
        self.connection.begin(has_body);
        let asked = Arc::new(Asked {
            connection: Arc::clone(&self.connection),
            places: Arc::clone(&self.places),
            is_arriving: AtomicBool::new(has_body),
            bytes: AtomicUsize::new(0),
            status: AtomicU8::new(0),
        });
        let at_hand = self.face.as_ref().and_then(|face| face.at_hand(&request));
        if let Some(response) = at_hand {
            let response = response.map(|inner| Answer {
                inner,
                _asked: asked,
            });
            return Box::pin(std::future::ready(Ok(response)));
        }
        let patience = self.patience;
        let request = request.map(|inner| {
            if !has_body {
                return Body::empty();
            }
            let now = Instant::now();
            Body::new(Arriving {
                inner,
                asked: Arc::clone(&asked),
                until: now + patience,
                last: now,
                timer: None,
            })
        });
        let answering = self.service.call(request);
        Box::pin(async move {
            let response = answering.await?;
            let response = asked.refusal().unwrap_or(response);
            Ok(response.map(|inner| Answer {
                inner,
                _asked: asked,
            }))
        })
    }
}

/// A body on its way in.
struct Arriving {
    inner: Incoming,
    asked: Arc<Asked>,
    /// All of it must have come by then.
    until: Instant,
    /// When the last piece came.
    last: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Arriving {
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let end = self.until.min(self.last + PIECE);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if timer.deadline() != end {
            timer.as_mut().reset(end);
        }
        timer.as_mut().poll(context).is_ready()
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = Refused;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Refused>>> {
        let this = &mut *self;
        match Pin::new(&mut this.inner).poll_frame(context) {
            Poll::Ready(None) => {
                this.asked.arrived();
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(Refused::Broken))),
            Poll::Ready(Some(Ok(frame))) => {
                this.last = Instant::now();
                if this.last > this.until {
                    return Poll::Ready(Some(Err(this.asked.refuse(Refused::Slow))));
                }
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                let taken = this.asked.take(bytes);
                if this.inner.is_end_stream() {
                    this.asked.arrived();
                }
                Poll::Ready(Some(taken.map(|()| frame)))
            }
            Poll::Pending if this.is_late(context) => {
                Poll::Ready(Some(Err(this.asked.refuse(Refused::Slow))))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// An answer on its way out; its request ends with it.
pub(super) struct Answer {
    inner: Body,
    _asked: Arc<Asked>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
