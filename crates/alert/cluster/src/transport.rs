//! Connections, plain or with TLS, and frames over them. Every wait has an end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::frame::LENGTH_BYTES;
use crate::limits::{LARGE_FRAMES, SMALL_FRAME_BYTES, TLS_AGE};
use crate::options::{ReadTls, Tls};

/// Both directions of a connection.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection, whatever it is made of.
pub(crate) type Stream = Box<dyn Io>;

/// Kind and body of a frame that came. Large ones hold a place until they are dropped.
pub(crate) struct Inbox {
    pub(crate) bytes: Vec<u8>,
    _place: Option<OwnedSemaphorePermit>,
}

/// How connections are made.
pub(crate) struct Transport {
    tls: Option<Arc<dyn ReadTls>>,
    /// What was read last, and when.
    read: Mutex<Option<(Instant, Tls)>>,
    timeout: Duration,
    large: Arc<Semaphore>,
}

impl Transport {
    pub(crate) fn new(tls: Option<Arc<dyn ReadTls>>, timeout: Duration) -> Self {
        Self {
            tls,
            read: Mutex::default(),
            timeout,
            large: Arc::new(Semaphore::new(LARGE_FRAMES)),
        }
    }

    /// The certificates in force; those before where they have become unreadable.
    async fn tls(&self) -> io::Result<Option<Tls>> {
        let Some(source) = &self.tls else {
            return Ok(None);
        };
        let last = self.read.lock().clone();
        if let Some((at, tls)) = &last
            && at.elapsed() < TLS_AGE
        {
            return Ok(Some(tls.clone()));
        }
        let source = Arc::clone(source);
        let reading = tokio::task::spawn_blocking(move || source.read());
        let tls = match (reading.await.map_err(io::Error::other)?, last) {
            (Ok(tls), _) => tls,
            (Err(error), Some((_, last))) => {
                tracing::warn!(
                    error,
                    "the cluster's certificates cannot be read; those before are used"
                );
                last
            }
            (Err(error), None) => return Err(io::Error::other(error)),
        };
        *self.read.lock() = Some((Instant::now(), tls.clone()));
        Ok(Some(tls))
    }

    /// Connects to a node.
    pub(crate) async fn connect(&self, to: SocketAddr) -> io::Result<Stream> {
        let connecting = async {
            let stream = TcpStream::connect(to).await?;
            stream.set_nodelay(true)?;
            let Some(tls) = self.tls().await? else {
                return Ok(Box::new(stream) as Stream);
            };
            let connector = TlsConnector::from(tls.client);
            let name = tls.server_name.unwrap_or_else(|| ServerName::from(to.ip()));
            Ok(Box::new(connector.connect(name, stream).await?) as Stream)
        };
        self.in_time(connecting).await
    }

    /// Takes a connection that another node has made.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<Stream> {
        stream.set_nodelay(true)?;
        let Some(tls) = self.tls().await? else {
            return Ok(Box::new(stream));
        };
        let acceptor = TlsAcceptor::from(tls.server);
        let accepting = async { Ok(Box::new(acceptor.accept(stream).await?) as Stream) };
        self.in_time(accepting).await
    }

    /// Writes one frame.
    pub(crate) async fn write(
        &self,
        stream: &mut (impl AsyncWrite + Unpin),
        frame: &[u8],
    ) -> io::Result<()> {
        let writing = async {
            stream.write_all(frame).await?;
            stream.flush().await
        };
        self.in_time(writing).await
    }

    /// Reads one frame of at most `most` bytes, whose first may be so long in coming; `None` where
    /// the other side has ended.
    pub(crate) async fn read(
        &self,
        stream: &mut (impl AsyncRead + Unpin),
        most: usize,
        patience: Duration,
    ) -> io::Result<Option<Inbox>> {
        let mut length = [0; LENGTH_BYTES];
        let (first, rest) = length.split_at_mut(1);
        let began = timeout(patience, stream.read(first)).await;
        if began.map_err(|_| io::ErrorKind::TimedOut)?? == 0 {
            return Ok(None);
        }
        self.in_time(async {
            stream.read_exact(rest).await?;
            Ok(())
        })
        .await?;
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length > most {
            let text = format!("a frame of {length} bytes came (limit: {most})");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        let reading = async {
            let mut place = None;
            if length > SMALL_FRAME_BYTES {
                let waiting = Arc::clone(&self.large).acquire_owned();
                place = Some(waiting.await.map_err(io::Error::other)?);
            }
            // Room is made as bytes come, not as they are announced.
            let mut bytes = Vec::with_capacity(length.min(SMALL_FRAME_BYTES));
            let found = stream.take(length as u64).read_to_end(&mut bytes).await?;
            if found < length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Ok(Inbox {
                bytes,
                _place: place,
            })
        };
        self.in_time(reading).await.map(Some)
    }

    async fn in_time<T>(&self, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let done = timeout(self.timeout, work).await;
        done.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}
