//! The layer of `tower` that tracks the calls of a gRPC service, such as tonic's.
//!
//! | metric | kind | labels |
//! |---|---|---|
//! | `grpc_server_handled_total` | counter | `grpc_service`, `grpc_method`, `grpc_code` |
//! | `grpc_server_handling_seconds` | histogram | `grpc_service`, `grpc_method` |
//! | `grpc_server_in_flight` | gauge | |
//!
//! These are the names that the field's dashboards ask for. A call ends where its `grpc-status`
//! is: in the head of the answer, or in the trailers after its body. A method that the service
//! does not have is `other`, since its name is the client's.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::family::Family;
use crate::metric::{Counter, Gauge, Held, Histogram, LATENCY_BUCKETS};
use crate::table::OTHER;
use crate::{Error, Registry};

/// The words for the codes 0 to 16.
const CODES: [&str; 17] = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

/// The client went away.
const CANCELED: &str = "Canceled";

/// No code that is known.
const UNKNOWN: &str = "Unknown";

/// Tracks the calls of the gRPC services that it is laid round; cheap to clone.
///
/// ```
/// # use argand_client::{Registry, requests::grpc::GrpcLayer};
/// let layer = GrpcLayer::new(&Registry::new())?;
/// // tonic: Server::builder().layer(layer).add_service(…)
/// # Ok::<(), argand_client::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct GrpcLayer {
    handled: Family<Counter, 3>,
    handling: Family<Histogram, 2>,
    in_flight: Gauge,
}

impl GrpcLayer {
    /// The layer, with the standard buckets.
    ///
    /// # Errors
    /// [`Error::Taken`] when the registry has its metrics already.
    pub fn new(registry: &Registry) -> Result<Self, Error> {
        Ok(Self {
            handled: registry.counter_family(
                "grpc_server_handled_total",
                "Calls that have ended, by the code that the client was given",
                ["grpc_service", "grpc_method", "grpc_code"],
            )?,
            handling: registry.histogram_family(
                "grpc_server_handling_seconds",
                "Time from a call to its end",
                ["grpc_service", "grpc_method"],
                &LATENCY_BUCKETS,
            )?,
            in_flight: registry.gauge("grpc_server_in_flight", "Calls under way")?,
        })
    }
}

impl<S> Layer<S> for GrpcLayer {
    type Service = Tracked<S>;

    fn layer(&self, inner: S) -> Tracked<S> {
        Tracked {
            inner,
            layer: self.clone(),
        }
    }
}

/// A gRPC service whose calls are tracked.
#[derive(Clone, Debug)]
pub struct Tracked<S> {
    inner: S,
    layer: GrpcLayer,
}

impl<S, B, R> Service<Request<B>> for Tracked<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<TrackedBody<R>>;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let call = Call {
            layer: self.layer.clone(),
            path: request.uri().path().into(),
            started: Instant::now(),
            ended: false,
            _in_flight: self.layer.in_flight.hold(),
        };
        Answering {
            inner: self.inner.call(request),
            call: Some(call),
        }
    }
}

/// A call under way. Dropped without an end, it counts as cancelled.
struct Call {
    layer: GrpcLayer,
    /// `/package.Service/Method`.
    path: Box<str>,
    started: Instant,
    ended: bool,
    _in_flight: Held,
}

impl Call {
    fn end(&mut self, code: &str) {
        if self.ended {
            return;
        }
        self.ended = true;
        let known = code != "Unimplemented";
        let [service, method] = self
            .path
            .strip_prefix('/')
            .and_then(|path| path.split_once('/'))
            .filter(|_| known)
            .map_or([OTHER; 2], |(service, method)| [service, method]);
        let handling = self.layer.handling.with([service, method]);
        handling.observe_duration(self.started.elapsed());
        self.layer.handled.with([service, method, code]).inc();
    }

    /// Ends it if these headers or trailers say how it ended.
    fn end_by(&mut self, headers: &HeaderMap) -> bool {
        let Some(status) = headers.get("grpc-status") else {
            return false;
        };
        let code = status
            .to_str()
            .ok()
            .and_then(|text| text.parse::<usize>().ok())
            .and_then(|number| CODES.get(number));
        self.end(code.unwrap_or(&UNKNOWN));
        true
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(CANCELED);
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// The answer of a tracked service, to come.
    #[derive(Debug)]
    pub struct Answering<F> {
        #[pin]
        inner: F,
        call: Option<Call>,
    }
}

impl<F, R, E> Future for Answering<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<TrackedBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(context));
        let mut call = this.call.take();
        Poll::Ready(match answer {
            Ok(response) => {
                if let Some(under_way) = &mut call
                    && !under_way.end_by(response.headers())
                    && response.body().is_end_stream()
                {
                    // Nothing more will come, and no status did.
                    under_way.end(UNKNOWN);
                }
                Ok(response.map(|inner| TrackedBody { inner, call }))
            }
            Err(error) => {
                if let Some(call) = &mut call {
                    call.end(UNKNOWN);
                }
                Err(error)
            }
        })
    }
}

pin_project! {
    /// The body of an answer, which ends the call with its trailers.
    #[derive(Debug)]
    pub struct TrackedBody<B> {
        #[pin]
        inner: B,
        call: Option<Call>,
    }
}

impl<B: Body> Body for TrackedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.inner.as_mut().poll_frame(context));
        if let Some(call) = this.call {
            match &frame {
                Some(Ok(frame)) => {
                    let ended = frame.trailers_ref().is_some_and(|found| call.end_by(found));
                    if !ended && this.inner.is_end_stream() {
                        call.end(UNKNOWN);
                    }
                }
                Some(Err(_)) | None => call.end(UNKNOWN),
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
