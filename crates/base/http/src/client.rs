//! The client: from a request to an answer, with all that the section asks for.

use std::future::Future;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use config::HttpConfig;
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue,
    LOCATION, PROXY_AUTHORIZATION,
};
use http::{Method, Request, StatusCode, Uri, uri::Scheme};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use parking_lot::Mutex;
use rustls::ClientConfig;
use url::Url;

use crate::error::cause;
use crate::oauth2::TokenSource;
use crate::pem::Stamp;
use crate::proxy::{BoxError, Connector, Link, Rules};
use crate::tls;
use crate::{HttpError, Response, auth};

/// How many redirects are followed for one request, as upstream.
pub const MAX_REDIRECTS: usize = 10;
/// How long an unused connection is kept: longer than the common scrape intervals.
const IDLE: Duration = Duration::from_secs(300);
/// Unused connections kept to one host; shards of remote write share a host.
const MAX_IDLE_PER_HOST: usize = 64;
/// What is read from a connection at once. A connection keeps this much between requests, and a
/// server may have thousands of them.
pub(crate) const READ_BUFFER_BYTES: usize = 16 * 1024;

type Transport = legacy::Client<HttpsConnector<Connector>, Full<Bytes>>;

/// What a request goes by, and what is to be told to a proxy that is asked for it.
type Way = (Arc<Transport>, Option<HeaderValue>);

/// An HTTP client made of an `http_config` section. Connections are kept and shared: use one
/// client for all requests of a section.
pub struct Client {
    config: HttpConfig,
    rules: Arc<Rules>,
    tokens: Option<TokenSource>,
    /// For URLs that need no TLS; certificates are not even read for them.
    plain: Arc<Transport>,
    /// Opens connections for those who keep their own.
    straight: Connector,
    /// For the others, built when first needed and again when a file of it has changed.
    secure: Mutex<Option<(Stamp, Arc<Transport>)>>,
}

impl Client {
    /// Checks the section and makes the client. Files are read later, when they are used: one
    /// that is missing now may be there then.
    pub fn new(config: &HttpConfig) -> Result<Self, HttpError> {
        tls::versions(&config.tls)?;
        tls::server_name(&config.tls)?;
        let rules = Arc::new(Rules::new(&config.proxy)?);
        Ok(Self {
            plain: Arc::new(transport(config, &rules, tls::unused()?)?),
            straight: Connector::new(Arc::clone(&rules), tls::unused()?),
            secure: Mutex::new(None),
            tokens: config.oauth2.as_ref().map(TokenSource::new).transpose()?,
            rules,
            config: config.clone(),
        })
    }

    /// Sends a `GET`.
    pub async fn get(&self, url: &str, headers: HeaderMap) -> Result<Response, HttpError> {
        let uri: Uri = url.parse().map_err(|_| HttpError::Url {
            url: shown(url),
            cause: "it cannot be parsed".to_owned(),
        })?;
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        self.send(request).await
    }

    /// Sends a request and follows redirects where the section says so. The answer may have any
    /// status. The URL must be absolute.
    pub async fn send(&self, mut request: Request<Bytes>) -> Result<Response, HttpError> {
        self.decorate(request.headers_mut()).await?;
        self.follow(request).await
    }

    /// Sends a request that carries its credentials already.
    pub(crate) async fn follow(&self, mut request: Request<Bytes>) -> Result<Response, HttpError> {
        let first = request.uri().clone();
        let method = request.method().clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.exchange(&request).await?;
            if !self.config.follow_redirects {
                return Ok(Response::new(response));
            }
            match redirected(request, &first, &response) {
                None => return Ok(Response::new(response)),
                Some(next) => request = next,
            }
        }
        Err(HttpError::Redirects {
            method,
            url: shown(&first.to_string()),
            limit: MAX_REDIRECTS,
        })
    }

    /// Whether a URL is asked without TLS and without a proxy.
    pub(crate) fn is_straight(&self, url: &Uri) -> bool {
        url.scheme() == Some(&Scheme::HTTP) && self.rules.hop(url).is_none()
    }

    /// Whether the section says that redirects are followed.
    pub(crate) fn follows_redirects(&self) -> bool {
        self.config.follow_redirects
    }

    /// Opens a connection for a URL that is asked straight.
    pub(crate) async fn connect(&self, url: Uri) -> Result<Link, BoxError> {
        self.straight.clone().connect(url).await
    }

    pub(crate) async fn decorate(&self, headers: &mut HeaderMap) -> Result<(), HttpError> {
        auth::decorate(&self.config, headers)?;
        if let Some(tokens) = &self.tokens
            && !headers.contains_key(AUTHORIZATION)
        {
            headers.insert(AUTHORIZATION, tokens.header().await?);
        }
        Ok(())
    }

    /// One request, one answer. A `GET` whose connection turns out to be closed is sent once
    /// more: servers close idle connections just when they are used again.
    async fn exchange(
        &self,
        request: &Request<Bytes>,
    ) -> Result<http::Response<Incoming>, HttpError> {
        let failed = |cause: String| HttpError::Request {
            method: request.method().clone(),
            url: shown(&request.uri().to_string()),
            cause,
        };
        let (transport, proxy_credentials) = match self.way(request.uri())? {
            Some(way) => way,
            None => return Err(failed("unsupported protocol scheme".to_owned())),
        };
        let attempt = || {
            let mut sent = request.clone().map(Full::new);
            sent.headers_mut().remove(PROXY_AUTHORIZATION);
            if let Some(value) = &proxy_credentials {
                let headers = sent.headers_mut();
                headers.insert(PROXY_AUTHORIZATION, value.clone());
            }
            transport.request(sent)
        };
        let safe = matches!(*request.method(), Method::GET | Method::HEAD);
        let outcome = match attempt().await {
            Err(error) if safe && !error.is_connect() && hung_up(&error) => attempt().await,
            outcome => outcome,
        };
        outcome.map_err(|e| failed(cause(&e)))
    }

    /// The transport for a URL, and what is to be told to a proxy that is asked for it; `None`
    /// where nothing speaks the URL's scheme.
    fn way(&self, url: &Uri) -> Result<Option<Way>, HttpError> {
        let secure = match url.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Ok(None),
        };
        let hop = self.rules.hop(url);
        let credentials = hop
            .as_ref()
            .filter(|_| !secure)
            .and_then(|hop| hop.basic_auth().cloned());
        let proxy_speaks_tls = hop.is_some_and(|hop| hop.uri().scheme() == Some(&Scheme::HTTPS));
        let transport = if secure || proxy_speaks_tls {
            self.secure()?
        } else {
            Arc::clone(&self.plain)
        };
        Ok(Some((transport, credentials)))
    }

    /// The transport for TLS, with certificates as they are in the files now.
    fn secure(&self) -> Result<Arc<Transport>, HttpError> {
        let stamp = tls::stamp(&self.config.tls);
        let mut current = self.secure.lock();
        if let Some((known, transport)) = current.as_ref()
            && *known == stamp
        {
            return Ok(Arc::clone(transport));
        }
        let alpn: &[&[u8]] = if self.config.enable_http2 {
            &[b"h2", b"http/1.1"]
        } else {
            &[b"http/1.1"]
        };
        let config = tls::client_config(&self.config.tls, alpn)?;
        let transport = Arc::new(transport(&self.config, &self.rules, config)?);
        *current = Some((stamp, Arc::clone(&transport)));
        Ok(transport)
    }
}

/// Whether the peer closed the connection before it said anything.
pub(crate) fn hung_up(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut current = Some(error);
    while let Some(found) = current {
        if let Some(hyper) = found.downcast_ref::<hyper::Error>()
            && (hyper.is_incomplete_message() || hyper.is_canceled() || hyper.is_closed())
        {
            return true;
        }
        if let Some(io) = found.downcast_ref::<std::io::Error>() {
            let kind = io.kind();
            return matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
        }
        current = found.source();
    }
    false
}

fn transport(
    config: &HttpConfig,
    rules: &Arc<Rules>,
    tls: ClientConfig,
) -> Result<Transport, HttpError> {
    let connector = Connector::new(Arc::clone(rules), tls.clone());
    let connector = match tls::server_name(&config.tls)? {
        None => HttpsConnector::from((connector, tls)),
        Some(name) => {
            let fixed = Arc::new(FixedServerNameResolver::new(name));
            HttpsConnector::new(connector, tls, false, fixed)
        }
    };
    Ok(legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MAX_IDLE_PER_HOST)
        .http1_read_buf_exact_size(READ_BUFFER_BYTES)
        .build(connector))
}

/// The request that a redirect asks for; `None` where the answer is no redirect that can be
/// followed.
fn redirected<B>(
    mut sent: Request<Bytes>,
    first: &Uri,
    response: &http::Response<B>,
) -> Option<Request<Bytes>> {
    let keep_method = match response.status() {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER => false,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        _ => return None,
    };
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let base = Url::parse(&sent.uri().to_string()).ok()?;
    let mut target = base.join(location).ok()?;
    target.set_fragment(None);
    let uri: Uri = target.as_str().parse().ok()?;
    let was_get = matches!(*sent.method(), Method::GET | Method::HEAD);
    if !keep_method && !was_get {
        *sent.method_mut() = Method::GET;
        *sent.body_mut() = Bytes::new();
        for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING] {
            sent.headers_mut().remove(name);
        }
    }
    if !same_host(first, &uri) {
        // Whatever is marked as sensitive came from the section and is nobody else's business.
        let secret: Vec<_> = sent
            .headers()
            .iter()
            .filter(|(name, value)| {
                value.is_sensitive() || **name == AUTHORIZATION || **name == COOKIE
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in secret {
            sent.headers_mut().remove(name);
        }
    }
    *sent.uri_mut() = uri;
    Some(sent)
}

/// Whether credentials for the first may be sent to the second: the same host, and not from TLS
/// to plain text.
fn same_host(first: &Uri, second: &Uri) -> bool {
    let downgraded =
        first.scheme() == Some(&Scheme::HTTPS) && second.scheme() == Some(&Scheme::HTTP);
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    host(first) == host(second) && !downgraded
}

/// A URL without its password, for messages.
pub(crate) fn shown(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            let _ = parsed.set_password(Some("xxxxx"));
            parsed.to_string()
        }
        _ => url.to_owned(),
    }
}

/// Puts a request, and whatever else is done with its answer, inside a time.
pub async fn within<T>(
    time: Duration,
    work: impl Future<Output = Result<T, HttpError>>,
) -> Result<T, HttpError> {
    tokio::time::timeout(time, work)
        .await
        .unwrap_or(Err(HttpError::Deadline))
}
