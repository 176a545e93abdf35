//! The file as it was read last, and noticing that it changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use config::WebConfig;
use contract::Gather;
use http::{HeaderName, HeaderValue};
use http_client::Stamp;
use model::Family;
use parking_lot::Mutex;
use rustls::ServerConfig;

use crate::metrics::Refused;
use crate::password::Passwords;
use crate::rate::Bucket;
use crate::{GuardError, tls};

/// What the file and those it names look like now.
fn look(path: &Path, config: &WebConfig) -> Stamp {
    let named = config.tls.iter().flat_map(config::ServerTls::files);
    Stamp::take(std::iter::once(path).chain(named))
}

/// What is in force.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) config: WebConfig,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) bucket: Option<Bucket>,
    tls: Option<Arc<ServerConfig>>,
}

impl Kept {
    fn read(path: &Path) -> Result<Self, GuardError> {
        let config = config::load_web(path)?;
        let tls = match &config.tls {
            Some(section) => Some(Arc::new(tls::server_config(section, config.http2)?)),
            None => None,
        };
        Ok(Self::new(config, tls))
    }

    fn new(config: WebConfig, tls: Option<Arc<ServerConfig>>) -> Self {
        let header = |(name, value): &(&'static str, String)| {
            let name = HeaderName::try_from(*name).ok()?;
            Some((name, HeaderValue::try_from(value).ok()?))
        };
        Self {
            headers: config.headers.iter().filter_map(header).collect(),
            bucket: config
                .rate_limit
                .map(|limit| Bucket::new(limit, Instant::now())),
            config,
            tls,
        }
    }
}

/// Keeps the doors of this process.
#[derive(Debug)]
pub struct Guard {
    /// The file; without one, everybody comes in and nothing changes.
    path: Option<PathBuf>,
    kept: ArcSwap<Kept>,
    /// What the files looked like when they were looked at last, whatever came of it.
    seen: Mutex<Stamp>,
    pub(crate) passwords: Passwords,
    pub(crate) refused: Refused,
}

impl Guard {
    /// A guard by a file, which must be right; or one that lets everybody in, over plain HTTP.
    pub fn open(path: Option<&Path>) -> Result<Arc<Self>, GuardError> {
        let kept = match path {
            Some(path) => Kept::read(path)?,
            None => Kept::new(WebConfig::default(), None),
        };
        let seen = path.map(|path| look(path, &kept.config));
        Ok(Arc::new(Self {
            path: path.map(Path::to_owned),
            kept: ArcSwap::from_pointee(kept),
            seen: Mutex::new(seen.unwrap_or_default()),
            passwords: Passwords::new(),
            refused: Refused::default(),
        }))
    }

    /// Whether anybody may ask anything, as often as they like, and answers have no headers of their
    /// own: no file says otherwise.
    pub fn is_absent(&self) -> bool {
        self.path.is_none()
    }

    /// Whether somebody must say who they are, by name, token or certificate.
    pub fn asks(&self) -> bool {
        let kept = self.kept.load();
        let certificate =
            |tls: &config::ServerTls| tls.client_auth == config::ClientAuth::RequireAndVerify;
        kept.config.has_users() || kept.config.tls.as_ref().is_some_and(certificate)
    }

    /// Whether HTTP/2 is offered.
    pub fn offers_http2(&self) -> bool {
        self.kept.load().config.http2
    }

    /// How the next connection speaks TLS; `None` for plain HTTP, which is settled at the start.
    pub fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.current().tls.clone()
    }

    /// What is in force now: a few system calls where nothing changed.
    pub(crate) fn current(&self) -> Arc<Kept> {
        let kept = self.kept.load_full();
        let Some(path) = &self.path else {
            return kept;
        };
        let stamp = look(path, &kept.config);
        let mut seen = self.seen.lock();
        if *seen == stamp {
            return kept;
        }
        match Kept::read(path) {
            Ok(new) if new.tls.is_some() != kept.tls.is_some() => {
                tracing::error!(file = %path.display(), "TLS cannot be switched on or off while the server runs; the file in force before stays");
                *seen = stamp;
            }
            Ok(new) => {
                self.passwords
                    .retain(|user| new.config.users.contains_key(user));
                *seen = look(path, &new.config);
                self.kept.store(Arc::new(new));
                tracing::info!(file = %path.display(), "the web configuration was read again");
            }
            Err(error) => {
                tracing::error!(%error, "the web configuration is wrong; the one in force before stays");
                *seen = stamp;
            }
        }
        self.kept.load_full()
    }
}

impl Gather for Guard {
    fn gather(&self, families: &mut Vec<Family>) {
        self.refused.gather(families);
    }
}
