//! A connection that is given up where its client is too slow.
//!
//! From the first byte of a request's head to its last a client has [`HEAD`]; a client that takes
//! nothing of its answer for [`STALL`] is gone. How long a connection may be idle, and a body
//! arriving, is told elsewhere.

use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::places::Connection;

/// Time for the head of a request.
pub(super) const HEAD: Duration = Duration::from_secs(10);

/// Time without any progress in sending an answer.
const STALL: Duration = Duration::from_secs(60);

/// How long a client may go on sending after the last answer, whose end it would not see if the
/// connection broke off.
const LINGER: Duration = Duration::from_secs(1);

/// Bytes that are read at once and thrown away meanwhile.
const SCRAPS: usize = 16 << 10;

/// What HTTP/2 begins with: its requests come in frames, and their heads are never slow for long.
const HTTP2: &[u8] = b"PRI * HTTP/2.0";

type Timer = Pin<Box<Sleep>>;

/// A connection with its timers.
pub(super) struct Line<T> {
    inner: T,
    connection: Arc<Connection>,
    /// Runs while a head arrives: behind so many requests.
    head: Option<(Timer, usize)>,
    stall: Option<Timer>,
    /// Runs once all has been sent.
    linger: Option<Timer>,
    has_read: bool,
    is_http2: bool,
}

impl<T> Line<T> {
    pub(super) fn new(inner: T, connection: Arc<Connection>) -> Self {
        Self {
            inner,
            connection,
            head: None,
            stall: None,
            linger: None,
            has_read: false,
            is_http2: false,
        }
    }

    /// Begins to wait for a head, where these bytes are the first of one.
    fn arrived(&mut self, bytes: &[u8]) {
        if !self.has_read {
            self.has_read = true;
            self.is_http2 = bytes.starts_with(HTTP2);
        }
        let ever = self.connection.ever();
        let is_known = self
            .head
            .as_ref()
            .is_some_and(|(_, behind)| *behind == ever);
        if !self.is_http2 && !is_known && self.connection.is_idle() {
            self.head = Some((Box::pin(sleep(HEAD)), ever));
        }
    }

    /// Whether the head has taken too long.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        match &mut self.head {
            Some((timer, behind)) if *behind == self.connection.ever() => {
                timer.as_mut().poll(context).is_ready()
            }
            _ => {
                self.head = None;
                false
            }
        }
    }

    /// Notes whether sending goes on; fails where it has not for too long.
    fn sent<R>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if outcome.is_ready() {
            if self.stall.take().is_some() {
                self.connection.set_stalled(false);
            }
            return outcome;
        }
        self.connection.set_stalled(true);
        let timer = self.stall.get_or_insert_with(|| Box::pin(sleep(STALL)));
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Line<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.inner).poll_read(context, buffer) {
            Poll::Ready(outcome) => {
                let read = buffer.filled().get(before..).unwrap_or_default();
                if !read.is_empty() {
                    self.arrived(read);
                }
                Poll::Ready(outcome)
            }
            Poll::Pending if self.is_late(context) => {
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Line<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.sent(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.sent(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_flush(context);
        self.sent(context, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            let outcome = Pin::new(&mut self.inner).poll_shutdown(context);
            std::task::ready!(self.sent(context, outcome))?;
        }
        let this = &mut *self;
        let linger = this.linger.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        if linger.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut scraps = [MaybeUninit::uninit(); SCRAPS];
        loop {
            let mut buffer = ReadBuf::uninit(&mut scraps);
            let read = Pin::new(&mut this.inner).poll_read(context, &mut buffer);
            if std::task::ready!(read).is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
