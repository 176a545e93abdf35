//! An answer, and reading its body within a limit.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::HttpError;
use crate::error::cause;

/// An answer whose body has not been read yet.
#[derive(Debug)]
pub struct Response {
    inner: http::Response<Incoming>,
}

impl Response {
    pub(crate) fn new(inner: http::Response<Incoming>) -> Self {
        Self { inner }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// The answer where its status is 2xx, otherwise the status as an error.
    pub fn ok(self) -> Result<Self, HttpError> {
        if self.status().is_success() {
            Ok(self)
        } else {
            Err(HttpError::Status(self.status()))
        }
    }

    /// Appends the body to `buffer`, a gzip body decompressed. Fails as soon as more than `limit`
    /// bytes have come out, with no more than `limit` bytes in the buffer; a body that announces
    /// a larger size is not read at all.
    pub async fn read_into(self, limit: u64, buffer: &mut Vec<u8>) -> Result<(), HttpError> {
        let headers = self.inner.headers();
        let encoding = headers.get(CONTENT_ENCODING).map(|value| value.as_bytes());
        let announced = headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let gzip = match encoding {
            Some(b"gzip" | b"x-gzip") => true,
            None | Some(b"" | b"identity") => false,
            Some(other) => {
                let name = String::from_utf8_lossy(other);
                return Err(HttpError::Encoding(format!("{name:?} is not supported")));
            }
        };
        if !gzip && announced.is_some_and(|size| size > limit) {
            return Err(HttpError::BodyLimit { limit });
        }
        let start = buffer.len();
        let sink = Bounded {
            buffer,
            start,
            limit,
        };
        if gzip {
            read_gzip(self.inner.into_body(), sink).await
        } else {
            read_plain(self.inner.into_body(), sink).await
        }
    }

    /// The next piece of the body as it comes, not decompressed; `None` at its end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, HttpError> {
        piece(self.inner.body_mut()).await
    }

    /// The whole body, as [`Response::read_into`].
    pub async fn bytes(self, limit: u64) -> Result<Vec<u8>, HttpError> {
        let mut buffer = Vec::new();
        self.read_into(limit, &mut buffer).await?;
        Ok(buffer)
    }
}

/// A buffer that takes a limited number of bytes more.
struct Bounded<'a> {
    buffer: &'a mut Vec<u8>,
    start: usize,
    limit: u64,
}

impl Bounded<'_> {
    fn fits(&self, more: usize) -> bool {
        let size = self.buffer.len().saturating_sub(self.start);
        (size as u64).saturating_add(more as u64) <= self.limit
    }
}

impl io::Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.fits(bytes.len()) {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The next piece of a body; `None` at its end.
async fn piece(body: &mut Incoming) -> Result<Option<Bytes>, HttpError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(error)) => return Err(HttpError::Body(cause(&error))),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

async fn read_plain(mut body: Incoming, mut sink: Bounded<'_>) -> Result<(), HttpError> {
    while let Some(data) = piece(&mut body).await? {
        if sink.write_all(&data).is_err() {
            return Err(HttpError::BodyLimit { limit: sink.limit });
        }
    }
    Ok(())
}

async fn read_gzip(mut body: Incoming, sink: Bounded<'_>) -> Result<(), HttpError> {
    let limit = sink.limit;
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::QuotaExceeded => HttpError::BodyLimit { limit },
        io::ErrorKind::UnexpectedEof => HttpError::Encoding("gzip: unexpected EOF".into()),
        _ => HttpError::Encoding(format!("gzip: {error}")),
    };
    let mut decoder = MultiGzDecoder::new(sink);
    let mut empty = true;
    while let Some(data) = piece(&mut body).await? {
        empty &= data.is_empty();
        decoder.write_all(&data).map_err(failed)?;
    }
    // Some servers announce gzip for an answer without a body.
    if empty {
        return Ok(());
    }
    decoder.finish().map_err(failed)?;
    Ok(())
}
