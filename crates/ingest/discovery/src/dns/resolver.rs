//! Whom to ask for which name, in which order.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use config::RecordType;
use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::message::{self, MAX_DATAGRAM_BYTES, Message, MessageError, Record};

/// How long one server may take.
const TIME: Duration = Duration::from_secs(2);
/// Most servers and most search domains that are read of the file.
const MAX_ENTRIES: usize = 32;
/// Bytes of the file that are read.
const MAX_FILE_BYTES: usize = 64 << 10;
/// The code of an answer that holds records, or that none exist of that type.
const SUCCESS: u8 = 0;
/// The code of an answer that the name does not exist.
const NO_SUCH_NAME: u8 = 3;

/// Why a name could not be looked up.
#[derive(Clone, Debug, Error)]
pub(crate) enum DnsError {
    /// There is no list of servers.
    #[error("{path}: {cause}")]
    Configuration { path: PathBuf, cause: String },
    /// No server gave a usable answer to at least one of the names tried.
    #[error("could not resolve {name:?}: {cause}")]
    Unanswered { name: String, cause: String },
}

/// Where servers and search domains are written.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    file: PathBuf,
    port: u16,
}

impl Resolver {
    /// Reads the file anew at every question; servers are asked at `port`.
    pub(crate) fn new(file: PathBuf, port: u16) -> Self {
        Self { file, port }
    }

    /// The records of a name, tried behind each search domain as the file says. A name that all
    /// servers say does not exist has none.
    ///
    /// # Errors
    /// Where a name may exist but no server could tell.
    pub(crate) async fn look_up(
        &self,
        name: &str,
        kind: RecordType,
    ) -> Result<Vec<Record>, DnsError> {
        let failed = |cause: String| DnsError::Configuration {
            path: self.file.clone(),
            cause,
        };
        let text = tokio::fs::read(&self.file).await;
        let mut text = text.map_err(|error| failed(error.to_string()))?;
        text.truncate(MAX_FILE_BYTES);
        let settings = Settings::of(&String::from_utf8_lossy(&text));
        let mut fault = None;
        for full in settings.names(name) {
            match self.ask_any(&settings.servers, &full, kind).await {
                Ok(Some(records)) => return Ok(records),
                Ok(None) => {}
                Err(cause) => fault = Some(cause),
            }
        }
        match fault {
            None => Ok(Vec::new()),
            Some(cause) => Err(DnsError::Unanswered {
                name: name.to_owned(),
                cause,
            }),
        }
    }

    /// The records of a full name by the first server that can tell; `None` where it does not
    /// exist.
    async fn ask_any(
        &self,
        servers: &[IpAddr],
        name: &str,
        kind: RecordType,
    ) -> Result<Option<Vec<Record>>, String> {
        let mut fault = "no servers are configured".to_owned();
        for server in servers {
            let server = SocketAddr::new(*server, self.port);
            match ask(server, name, kind).await {
                Ok(message) => match message.code {
                    SUCCESS => return Ok(Some(message.records)),
                    NO_SUCH_NAME => return Ok(None),
                    code => fault = format!("{server} answers with code {code}"),
                },
                Err(cause) => fault = format!("{server}: {cause}"),
            }
        }
        Err(fault)
    }
}

/// Asks one server, and once more by TCP where the answer is too long for a datagram.
async fn ask(server: SocketAddr, name: &str, kind: RecordType) -> Result<Message, String> {
    // The seed of this process' hash maps, which nobody outside knows.
    let [high, low, ..] = RandomState::new().build_hasher().finish().to_be_bytes();
    let id = u16::from_be_bytes([high, low]);
    let said = |error: MessageError| error.to_string();
    let question = message::question(id, name, kind, true).map_err(said)?;
    let late = |_| "no answer in time".to_owned();
    let asked = timeout(TIME, by_datagram(server, id, &question));
    let first = asked.await.map_err(late)??;
    if !first.truncated {
        return Ok(first);
    }
    let question = message::question(id, name, kind, false).map_err(said)?;
    let asked = timeout(TIME, by_stream(server, &question));
    let bytes = asked.await.map_err(late)?.map_err(|e| e.to_string())?;
    let whole = message::answer(id, &bytes).map_err(said)?;
    if whole.truncated {
        return Err("the answer is cut off also by TCP".to_owned());
    }
    Ok(whole)
}

async fn by_datagram(server: SocketAddr, id: u16, question: &[u8]) -> Result<Message, String> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let said = |error: std::io::Error| error.to_string();
    let socket = UdpSocket::bind((any, 0)).await.map_err(said)?;
    socket.connect(server).await.map_err(said)?;
    socket.send(question).await.map_err(said)?;
    let mut buffer = vec![0; usize::from(MAX_DATAGRAM_BYTES)];
    loop {
        let size = socket.recv(&mut buffer).await.map_err(said)?;
        match message::answer(id, buffer.get(..size).unwrap_or_default()) {
            // Somebody else's, or one that came too late.
            Err(MessageError::Stranger) => {}
            other => return other.map_err(|error| error.to_string()),
        }
    }
}

async fn by_stream(server: SocketAddr, question: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let size = u16::try_from(question.len()).unwrap_or(u16::MAX);
    let mut sent = size.to_be_bytes().to_vec();
    sent.extend(question);
    stream.write_all(&sent).await?;
    let size = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(size)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// What `resolv.conf` says.
#[derive(Debug, PartialEq, Eq)]
struct Settings {
    servers: Vec<IpAddr>,
    search: Vec<String>,
    /// A name with at least so many dots is tried as it is first.
    dots: usize,
}

impl Settings {
    fn of(text: &str) -> Self {
        let mut settings = Self {
            servers: Vec::new(),
            search: Vec::new(),
            dots: 1,
        };
        for line in text.lines() {
            let line = line.split(['#', ';']).next().unwrap_or("");
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => {
                    // A zone behind an address counts for link-local servers only.
                    let address = words.next().and_then(|word| word.split('%').next());
                    settings
                        .servers
                        .extend(address.and_then(|a| a.parse::<IpAddr>().ok()));
                }
                Some("domain") => settings.search = words.take(1).map(str::to_owned).collect(),
                Some("search") => {
                    settings.search = words.take(MAX_ENTRIES).map(str::to_owned).collect();
                }
                Some("options") => {
                    let dots = words.filter_map(|word| word.strip_prefix("ndots:"));
                    if let Some(dots) = dots.filter_map(|text| text.parse().ok()).next_back() {
                        settings.dots = dots;
                    }
                }
                _ => {}
            }
        }
        settings.servers.truncate(MAX_ENTRIES);
        settings
    }

    /// The full names to try for a name, in order.
    fn names(&self, name: &str) -> Vec<String> {
        if name.ends_with('.') {
            return vec![name.to_owned()];
        }
        let full = format!("{name}.");
        let searched = self.search.iter().map(|domain| {
            let domain = domain.trim_matches('.');
            if domain.is_empty() {
                full.clone()
            } else {
                format!("{full}{domain}.")
            }
        });
        let mut names: Vec<String> = searched.collect();
        let at = if name.matches('.').count() >= self.dots {
            0
        } else {
            names.len()
        };
        names.insert(at, full);
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tried_in_order() {
        let text = "# a\nnameserver 10.0.0.1\nnameserver fe80::1%eth0 ; b\nnameserver x\n\
                    domain no.org\nsearch a.org b.org.\noptions rotate ndots:2\n";
        let settings = Settings::of(text);
        assert_eq!(settings.servers.len(), 2);
        for (name, want) in [
            ("x.", vec!["x."]),
            ("x.y", vec!["x.y.a.org.", "x.y.b.org.", "x.y."]),
            ("x.y.z", vec!["x.y.z.", "x.y.z.a.org.", "x.y.z.b.org."]),
        ] {
            assert_eq!(settings.names(name), want);
        }
        assert_eq!(Settings::of("").names("x"), ["x."]);
    }
}
