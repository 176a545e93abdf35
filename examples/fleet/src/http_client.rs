//! Requests over loopback.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Longest time for an answer: longer than any work of an agent.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Asks the services of the fleet.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient(Client<HttpConnector, Empty<Bytes>>);

impl HttpClient {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    /// The status of an answer, whose body is read and forgotten; `None` where there is none.
    pub(crate) async fn ask(&self, method: Method, host: &str, path: &str) -> Option<StatusCode> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{host}{path}"))
            .body(Empty::new())
            .ok()?;
        let exchange = async {
            let answer = self.0.request(request).await.ok()?;
            let status = answer.status();
            // Read to its end, so that the connection can be used again.
            answer.into_body().collect().await.ok()?;
            Some(status)
        };
        tokio::time::timeout(TIMEOUT, exchange).await.ok()?
    }
}
