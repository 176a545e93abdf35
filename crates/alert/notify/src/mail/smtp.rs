//! SMTP as far as sending one mail needs it (RFC 5321, RFC 3207).

use std::sync::Arc;

use config::TlsConfig;
use config::alertmanager::SmartHost;
use contract::NotifyError;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::error::{lasting, passing, while_doing};
use crate::truncate;

/// Bytes of a whole reply: real ones have a few hundred.
const MAX_REPLY_BYTES: usize = 64 * 1024;
/// What an error repeats of a reply, in bytes.
const MAX_DETAILS_BYTES: usize = 512;

/// How a connection is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Security {
    /// TLS from the first byte.
    Implicit,
    /// TLS after a greeting in the clear, or no mail.
    StartTls,
    /// None.
    None,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection to a mail server that has greeted.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    /// What has been received and not been read yet.
    received: Vec<u8>,
    /// What the server can do, a line each.
    extensions: Vec<String>,
    /// Whether nobody else can read along.
    pub(super) private: bool,
}

/// A server's reply.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

impl Reply {
    /// The reply as an error; refusals are passed on with the hope of another attempt, as a
    /// server may say differently then.
    pub(super) fn refused(&self) -> NotifyError {
        let text = format!("{} {}", self.code, self.lines.join(" "));
        passing(truncate::bytes(text, MAX_DETAILS_BYTES))
    }
}

fn server_name(tls: &TlsConfig, host: &str) -> Result<ServerName<'static>, NotifyError> {
    let name = if tls.server_name.is_empty() {
        host
    } else {
        &tls.server_name
    };
    ServerName::try_from(name.to_owned())
        .map_err(|_| lasting(format!("{name:?} is no server name")))
}

async fn secured(
    stream: Box<dyn Stream>,
    tls: &TlsConfig,
    host: &str,
) -> Result<Box<dyn Stream>, NotifyError> {
    let config = http_client::tls_client_config(tls)
        .map_err(|error| lasting(format!("parse TLS configuration: {error}")))?;
    let name = server_name(tls, host)?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(passing)?;
    Ok(Box::new(stream))
}

impl Connection {
    /// Connects, greets and, where that is asked for, goes over to TLS.
    pub(super) async fn open(
        server: &SmartHost,
        security: Security,
        tls: &TlsConfig,
        hello: &str,
    ) -> Result<Self, NotifyError> {
        let host = if server.host.is_empty() {
            "localhost"
        } else {
            &server.host
        };
        let stream = TcpStream::connect((host, port(&server.port)?))
            .await
            .map_err(|error| passing(format!("establish connection to server: {error}")))?;
        let mut stream: Box<dyn Stream> = Box::new(stream);
        if security == Security::Implicit {
            stream = secured(stream, tls, host)
                .await
                .map_err(while_doing("establish TLS connection to server"))?;
        }
        let mut connection = Self {
            stream,
            received: Vec::new(),
            extensions: Vec::new(),
            private: security == Security::Implicit,
        };
        connection
            .expect(220)
            .await
            .map_err(while_doing("create SMTP client"))?;
        connection.greet(hello).await?;
        if security == Security::StartTls {
            connection.start_tls(tls, host, hello).await?;
        }
        Ok(connection)
    }

    async fn start_tls(
        &mut self,
        tls: &TlsConfig,
        host: &str,
        hello: &str,
    ) -> Result<(), NotifyError> {
        if self.extension("STARTTLS").is_none() {
            return Err(passing(format!(
                "'require_tls' is true (default) but {host:?} does not advertise the STARTTLS extension"
            )));
        }
        let doing = "send STARTTLS command";
        self.command("STARTTLS", 220)
            .await
            .map_err(while_doing(doing))?;
        // What was said in the clear after the command is not the server's.
        self.received.clear();
        let plain: Box<dyn Stream> =
            std::mem::replace(&mut self.stream, Box::new(tokio::io::empty()));
        self.stream = secured(plain, tls, host)
            .await
            .map_err(while_doing(doing))?;
        self.private = true;
        self.greet(hello).await
    }

    async fn greet(&mut self, hello: &str) -> Result<(), NotifyError> {
        let doing = "send EHLO command";
        let hello = if hello.is_empty() { "localhost" } else { hello };
        let reply = self
            .exchange(&format!("EHLO {hello}"))
            .await
            .map_err(while_doing(doing))?;
        if reply.code == 250 {
            self.extensions = reply.lines.into_iter().skip(1).collect();
            return Ok(());
        }
        self.extensions.clear();
        self.command(&format!("HELO {hello}"), 250)
            .await
            .map_err(while_doing(doing))
    }

    /// What follows the name of an extension that the server has.
    pub(super) fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.iter().find_map(|line| {
            let (word, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
            word.eq_ignore_ascii_case(name).then_some(rest.trim())
        })
    }

    /// Sends a mail and takes leave.
    pub(super) async fn send(
        &mut self,
        from: &str,
        to: &[String],
        mail: &str,
    ) -> Result<(), NotifyError> {
        let body = if self.extension("8BITMIME").is_some() {
            " BODY=8BITMIME"
        } else {
            ""
        };
        self.command(&format!("MAIL FROM:<{from}>{body}"), 250)
            .await
            .map_err(while_doing("send MAIL command"))?;
        for address in to {
            let reply = self
                .exchange(&format!("RCPT TO:<{address}>"))
                .await
                .map_err(while_doing("send RCPT command"))?;
            // 251: the server will forward it.
            if !matches!(reply.code, 250 | 251) {
                return Err(while_doing("send RCPT command")(reply.refused()));
            }
        }
        self.command("DATA", 354)
            .await
            .map_err(while_doing("send DATA command"))?;
        self.write(stuffed(mail).as_bytes())
            .await
            .map_err(while_doing("write the mail"))?;
        self.expect(250)
            .await
            .map_err(while_doing("delivery failure"))?;
        // The mail is delivered, whatever is said now.
        let _ = self.exchange("QUIT").await;
        Ok(())
    }

    /// One command that must be answered with one code.
    async fn command(&mut self, line: &str, code: u16) -> Result<(), NotifyError> {
        self.write_line(line).await?;
        self.expect(code).await
    }

    async fn expect(&mut self, code: u16) -> Result<(), NotifyError> {
        let reply = self.reply().await?;
        if reply.code == code {
            Ok(())
        } else {
            Err(reply.refused())
        }
    }

    /// One command and its reply.
    pub(super) async fn exchange(&mut self, line: &str) -> Result<Reply, NotifyError> {
        self.write_line(line).await?;
        self.reply().await
    }

    async fn write_line(&mut self, line: &str) -> Result<(), NotifyError> {
        // A line break inside would be a command of its own.
        if line.contains(['\r', '\n']) {
            return Err(lasting("a line break in a command"));
        }
        self.write(format!("{line}\r\n").as_bytes()).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), NotifyError> {
        let stream = &mut self.stream;
        stream.write_all(bytes).await.map_err(passing)?;
        stream.flush().await.map_err(passing)
    }

    async fn reply(&mut self) -> Result<Reply, NotifyError> {
        let mut lines = Vec::new();
        let mut size = 0;
        loop {
            let line = self.line().await?;
            size += line.len();
            if size > MAX_REPLY_BYTES {
                return Err(passing(format!(
                    "a reply of more than {MAX_REPLY_BYTES} bytes"
                )));
            }
            let (code, rest) = line.split_at_checked(3).unwrap_or((&line, ""));
            let code: u16 = code
                .parse()
                .map_err(|_| passing("the server does not speak SMTP"))?;
            let more = rest.starts_with('-');
            lines.push(rest.get(1..).unwrap_or("").to_owned());
            if !more {
                return Ok(Reply { code, lines });
            }
        }
    }

    async fn line(&mut self) -> Result<String, NotifyError> {
        loop {
            if let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.received.len() > MAX_REPLY_BYTES {
                return Err(passing(format!(
                    "a reply of more than {MAX_REPLY_BYTES} bytes"
                )));
            }
            let read = self
                .stream
                .read_buf(&mut self.received)
                .await
                .map_err(passing)?;
            if read == 0 {
                return Err(passing("the server closed the connection"));
            }
        }
    }
}

/// A port's number; the names of those that mail has.
fn port(text: &str) -> Result<u16, NotifyError> {
    match text {
        "smtp" => Ok(25),
        "submission" => Ok(587),
        "smtps" | "submissions" => Ok(465),
        number => number
            .parse()
            .map_err(|_| lasting(format!("unknown port {number:?}"))),
    }
}

/// The mail as it goes over the line: a line that begins with a dot gets one more, and one alone
/// ends it.
fn stuffed(mail: &str) -> String {
    let mut out = String::with_capacity(mail.len() + 8);
    for line in mail.split_inclusive('\n') {
        if line.starts_with('.') {
            out.push('.');
        }
        out.push_str(line);
    }
    if !out.ends_with("\r\n") {
        out.push_str("\r\n");
    }
    out.push_str(".\r\n");
    out
}
