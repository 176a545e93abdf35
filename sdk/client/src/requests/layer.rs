//! The layer of `tower` that tracks the requests of an HTTP service.
//!
//! With axum it goes on the router by `Router::layer` after the routes: there the pattern of the
//! route is known, and requests that no route met are `other`.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Extensions, Method, Uri};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{Request, RequestMetrics};

/// What a function that names routes sees of a request.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Its method.
    pub method: &'a Method,
    /// What was asked for.
    pub uri: &'a Uri,
    /// What layers further out have put there.
    pub extensions: &'a Extensions,
}

/// Names the route of a request; `None` is `other`.
type NameRoute = dyn for<'a> Fn(Head<'a>) -> Option<Cow<'a, str>> + Send + Sync;

/// Tracks the requests of the services that it is laid round.
#[derive(Clone)]
pub struct RequestLayer {
    metrics: RequestMetrics,
    route: Option<Arc<NameRoute>>,
}

impl RequestMetrics {
    /// The layer. Routes are those of axum's `MatchedPath` (feature `axum`); in other frameworks
    /// everything is `other` until [`RequestLayer::route`] says more.
    #[must_use]
    pub fn layer(&self) -> RequestLayer {
        RequestLayer {
            metrics: self.clone(),
            route: None,
        }
    }
}

impl RequestLayer {
    /// Names routes by a function. It answers with patterns that the service knows, and with
    /// `None` for everything else: a path of a request would be a series for each client's whim.
    ///
    /// ```
    /// # use argand_client::{Registry, requests::RequestMetrics};
    /// # let requests = RequestMetrics::new(&Registry::new())?;
    /// let layer = requests.layer().route(|head| match head.uri.path() {
    ///     "/orders" => Some("/orders".into()),
    ///     path if path.starts_with("/orders/") => Some("/orders/{id}".into()),
    ///     _ => None,
    /// });
    /// # Ok::<(), argand_client::Error>(())
    /// ```
    #[must_use]
    pub fn route(
        mut self,
        name: impl for<'a> Fn(Head<'a>) -> Option<Cow<'a, str>> + Send + Sync + 'static,
    ) -> Self {
        self.route = Some(Arc::new(name));
        self
    }

    fn start<B>(&self, request: &http::Request<B>) -> Request {
        let head = Head {
            method: request.method(),
            uri: request.uri(),
            extensions: request.extensions(),
        };
        let route = match &self.route {
            Some(name) => name(head),
            None => matched(head.extensions),
        };
        self.metrics.start(head.method.as_str(), route.as_deref())
    }
}

impl std::fmt::Debug for RequestLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestLayer").finish_non_exhaustive()
    }
}

/// The pattern of the route that axum has found.
#[cfg(feature = "axum")]
fn matched(extensions: &Extensions) -> Option<Cow<'_, str>> {
    let path = extensions.get::<axum::extract::MatchedPath>()?;
    Some(Cow::Borrowed(path.as_str()))
}

#[cfg(not(feature = "axum"))]
fn matched(_: &Extensions) -> Option<Cow<'_, str>> {
    None
}

impl<S> Layer<S> for RequestLayer {
    type Service = Tracked<S>;

    fn layer(&self, inner: S) -> Tracked<S> {
        Tracked {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service whose requests are tracked.
#[derive(Clone, Debug)]
pub struct Tracked<S> {
    inner: S,
    layer: RequestLayer,
}

impl<S, B, R> Service<http::Request<B>> for Tracked<S>
where
    S: Service<http::Request<B>, Response = http::Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let tracked = self.layer.start(&request);
        Answering {
            inner: self.inner.call(request),
            request: Some(tracked),
        }
    }
}

pin_project! {
    /// The answer of a tracked service, to come.
    #[derive(Debug)]
    pub struct Answering<F> {
        #[pin]
        inner: F,
        request: Option<Request>,
    }
}

impl<F, R, E> Future for Answering<F>
where
    F: Future<Output = Result<http::Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(context));
        if let Some(request) = this.request.take() {
            match &answer {
                Ok(response) => request.finish(response.status().as_u16()),
                Err(_) => request.fail(),
            }
        }
        Poll::Ready(answer)
    }
}
