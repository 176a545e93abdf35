//! A connection that one caller keeps to itself.
//!
//! Who asks one server the same thing for years needs no pool: its connection is driven by the
//! task that waits for the answer, so that nothing is handed from task to task. Between requests
//! nobody looks at the connection; one that the server has closed meanwhile is noticed, and
//! replaced, when it is used next.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use bytes::Bytes;
use http::header::{HOST, HeaderMap, HeaderValue, LOCATION};
use http::uri::{Authority, PathAndQuery};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;

use crate::client::{Client, READ_BUFFER_BYTES, hung_up, shown};
use crate::error::cause;
use crate::proxy::Link;
use crate::{HttpError, Response};

type Connection = http1::Connection<Link, Full<Bytes>>;

/// A connection kept from one request to the next; closed with the value.
#[derive(Default)]
pub struct Line(Option<Open>);

struct Open {
    to: Authority,
    sender: http1::SendRequest<Full<Bytes>>,
    /// `None` once it has ended.
    connection: Option<Pin<Box<Connection>>>,
}

/// What stands before a body.
#[derive(Clone, Debug)]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
}

/// Why an exchange over a line came to nothing.
enum Failure {
    /// No answer came.
    NoAnswer(hyper::Error),
    /// The body could not be read, in words for the caller.
    Body(HttpError),
}

/// What an exchange came to.
enum Outcome {
    /// All of the answer was read.
    Whole(Head),
    /// The head says enough; the body was left.
    HeadOnly(Head),
}

impl Client {
    /// Sends a request as [`Client::send`] and, where the answer is 200, appends its body to
    /// `buffer` as [`Response::read_into`]. A straight connection without TLS is kept in `line`;
    /// others are those that all callers share.
    ///
    /// # Errors
    /// Those of the two.
    pub async fn read_over(
        &self,
        line: &mut Line,
        mut request: Request<Bytes>,
        limit: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<Head, HttpError> {
        self.decorate(request.headers_mut()).await?;
        if self.is_straight(request.uri())
            && let Some(to) = request.uri().authority().cloned()
        {
            let head = self.ask(line, to, &request, limit, buffer).await?;
            let elsewhere = head.status.is_redirection() && head.headers.contains_key(LOCATION);
            if !elsewhere || !self.follows_redirects() {
                return Ok(head);
            }
        }
        let response = self.follow(request).await?;
        let head = Head {
            status: response.status(),
            headers: response.headers().clone(),
        };
        if head.status == StatusCode::OK {
            response.read_into(limit, buffer).await?;
        }
        Ok(head)
    }

    async fn ask(
        &self,
        line: &mut Line,
        to: Authority,
        request: &Request<Bytes>,
        limit: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<Head, HttpError> {
        let failed = |cause: String| HttpError::Request {
            method: request.method().clone(),
            url: shown(&request.uri().to_string()),
            cause,
        };
        let may_repeat = matches!(*request.method(), Method::GET | Method::HEAD);
        // Taken out, so that a request that is given up takes its connection along.
        let kept = line.0.take().filter(|open| open.to == to);
        let was_kept = kept.is_some();
        let mut open = match kept {
            Some(open) => open,
            None => self.open(request.uri(), &to).await.map_err(failed)?,
        };
        let mut outcome = open.exchange(relative(request), limit, buffer).await;
        if was_kept
            && may_repeat
            && matches!(&outcome, Err(Failure::NoAnswer(error)) if hung_up(error))
        {
            open = self.open(request.uri(), &to).await.map_err(failed)?;
            outcome = open.exchange(relative(request), limit, buffer).await;
        }
        match outcome {
            Ok(Outcome::Whole(head)) => {
                line.0 = Some(open);
                Ok(head)
            }
            Ok(Outcome::HeadOnly(head)) => Ok(head),
            Err(Failure::NoAnswer(error)) => Err(failed(cause(&error))),
            Err(Failure::Body(error)) => Err(error),
        }
    }

    async fn open(&self, url: &Uri, to: &Authority) -> Result<Open, String> {
        let link = self.connect(url.clone()).await;
        let link = link.map_err(|error| cause(&*error))?;
        let mut builder = http1::Builder::new();
        builder.read_buf_exact_size(Some(READ_BUFFER_BYTES));
        let shaken = builder.handshake(link).await;
        let (sender, connection) = shaken.map_err(|error| cause(&error))?;
        Ok(Open {
            to: to.clone(),
            sender,
            connection: Some(Box::pin(connection)),
        })
    }
}

impl Open {
    async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        limit: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<Outcome, Failure> {
        let Self {
            sender, connection, ..
        } = self;
        let work = async {
            sender.ready().await.map_err(Failure::NoAnswer)?;
            let response = sender.send_request(request).await;
            let response = response.map_err(Failure::NoAnswer)?;
            let (parts, body) = response.into_parts();
            let head = Head {
                status: parts.status,
                headers: parts.headers,
            };
            if head.status != StatusCode::OK {
                return Ok(Outcome::HeadOnly(head));
            }
            let response = with_body(&head, body);
            let read = response.read_into(limit, buffer).await;
            read.map_err(Failure::Body)?;
            Ok(Outcome::Whole(head))
        };
        driving(connection, work).await
    }
}

fn with_body(head: &Head, body: Incoming) -> Response {
    let mut response = http::Response::new(body);
    *response.headers_mut() = head.headers.clone();
    Response::new(response)
}

/// Waits for `work` and turns the connection that it needs meanwhile, which goes first: what has
/// arrived is then at hand when the work asks for it.
async fn driving<T>(
    connection: &mut Option<Pin<Box<Connection>>>,
    work: impl Future<Output = T>,
) -> T {
    let mut work = std::pin::pin!(work);
    poll_fn(|context| {
        for _ in 0..2 {
            if let Some(running) = connection
                && running.as_mut().poll(context).is_ready()
            {
                *connection = None;
            }
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done);
            }
        }
        Poll::Pending
    })
    .await
}

/// The request as it is said to the server itself: the path alone, and the host as a header.
fn relative(request: &Request<Bytes>) -> Request<Full<Bytes>> {
    let mut said = Request::new(Full::new(request.body().clone()));
    *said.method_mut() = request.method().clone();
    *said.headers_mut() = request.headers().clone();
    let url = request.uri();
    let path = url.path_and_query().cloned();
    *said.uri_mut() = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    if !said.headers().contains_key(HOST)
        && let Ok(host) = HeaderValue::try_from(host(url))
    {
        said.headers_mut().insert(HOST, host);
    }
    said
}

/// The host as its header has it: without credentials, and without a port that goes without
/// saying.
fn host(url: &Uri) -> String {
    let host = url.host().unwrap_or_default();
    match url.port_u16().filter(|&port| port != 80) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
