//! One request and its answer over a socket, for clients that clean up what is sent.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) location: String,
    pub(crate) allow: String,
    pub(crate) body: String,
}

/// Sends a request to `http://host:port` and reads the answer.
pub(crate) fn send(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Reply> {
    let address = url.strip_prefix("http://").context("a URL")?;
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let mut request = request.into_bytes();
    request.extend(body);
    stream.write_all(&request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    read(&answer)
}

fn read(answer: &[u8]) -> Result<Reply> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.context("a head")? + 4);
    let head = String::from_utf8_lossy(head);
    let code = head.split_whitespace().nth(1).context("a code")?.parse()?;
    let header = |wanted: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map_or_else(String::new, |(_, value)| value.trim().to_owned())
    };
    let body = match header("transfer-encoding").as_str() {
        "chunked" => unchunked(body)?,
        _ => body.to_vec(),
    };
    Ok(Reply {
        code,
        location: header("location"),
        allow: header("allow"),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn unchunked(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest
            .windows(2)
            .position(|two| two == b"\r\n")
            .context("a chunk")?;
        let (size, behind) = rest.split_at(end);
        let size = usize::from_str_radix(std::str::from_utf8(size)?, 16)?;
        let chunk = behind.get(2..2 + size).context("a whole chunk")?;
        if size == 0 {
            return Ok(body);
        }
        body.extend(chunk);
        rest = behind.get(4 + size..).context("the next chunk")?;
    }
}
