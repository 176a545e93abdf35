//! As much of HTTP as clients of an API server need.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use anyhow::{Context, Result};

/// A request.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    query: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// A value of the query; empty where there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

/// A connection.
pub(super) struct Line(BufReader<TcpStream>);

impl Line {
    pub(super) fn new(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// The next request; `None` where the client has gone.
    pub(super) fn request(&mut self) -> Result<Option<Request>> {
        let mut first = String::new();
        if self.0.read_line(&mut first)? == 0 {
            return Ok(None);
        }
        let mut length = 0;
        loop {
            let mut header = String::new();
            self.0.read_line(&mut header)?;
            let header = header.trim();
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':').unwrap_or_default();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        let mut words = first.split_whitespace();
        let method = words.next().context("a request without a method")?;
        let target = words.next().context("a request without a target")?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Ok(Some(Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: pairs
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
            body,
        }))
    }

    /// A whole answer.
    pub(super) fn send(&mut self, code: u16, body: &str) -> Result<()> {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {code} x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        let stream = self.0.get_mut();
        stream.write_all(head.as_bytes())?;
        Ok(stream.write_all(body.as_bytes())?)
    }

    /// Begins an answer that comes in pieces.
    pub(super) fn begin(&mut self) -> Result<()> {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        Ok(self.0.get_mut().write_all(head.as_bytes())?)
    }

    /// A piece of it; an empty one ends it.
    pub(super) fn piece(&mut self, text: &str) -> Result<()> {
        let piece = format!("{:x}\r\n{text}\r\n", text.len());
        Ok(self.0.get_mut().write_all(piece.as_bytes())?)
    }
}

/// A part of a query as it was meant.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match (digit(rest.next()), digit(rest.next())) {
                (Some(high), Some(low)) => (high * 16 + low) as u8,
                _ => b'%',
            },
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
