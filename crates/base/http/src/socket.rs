//! Requests over a socket of this machine, such as that of a container engine.

use std::path::Path;

use bytes::Bytes;
use http::header::{HOST, HeaderValue};
use http::{Request, Uri};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use crate::error::cause;
use crate::{HttpError, Response};

/// The host named in requests, for servers insist on one and a socket has none.
const NOBODY: HeaderValue = HeaderValue::from_static("localhost");

/// Sends a request, of whose URL only path and parameters count, over a connection of its own.
/// The connection ends with the answer.
///
/// # Errors
/// Where nobody listens there, or what answers does not speak HTTP.
pub async fn over_socket(
    socket: &Path,
    mut request: Request<Bytes>,
) -> Result<Response, HttpError> {
    let method = request.method().clone();
    let url = format!("unix://{}{}", socket.display(), request.uri());
    let failed = |cause: String| HttpError::Request {
        method: method.clone(),
        url: url.clone(),
        cause,
    };
    let path = request.uri().path_and_query().cloned();
    let path = path.ok_or_else(|| failed("no path is asked for".to_owned()))?;
    *request.uri_mut() = Uri::from(path);
    request.headers_mut().insert(HOST, NOBODY);
    let stream = UnixStream::connect(socket).await;
    let stream = TokioIo::new(stream.map_err(|e| failed(cause(&e)))?);
    let shaken = http1::handshake(stream).await;
    let (mut sender, connection) = shaken.map_err(|e| failed(cause(&e)))?;
    // Ends by itself when sender and answer are gone; what goes wrong, the sender says.
    tokio::spawn(connection);
    let answer = sender.send_request(request.map(Full::new)).await;
    Ok(Response::new(answer.map_err(|e| failed(cause(&e)))?))
}
