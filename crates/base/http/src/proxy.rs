//! Connections, straight or through a proxy.
//!
//! A plain URL is asked of the proxy itself; for `https` the proxy opens a tunnel (`CONNECT`).

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use config::{ProxyConfig, Secret};
use http::header::{HeaderMap, HeaderName};
use http::{Uri, uri::Scheme};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower::{Service, ServiceExt as _};

use crate::{HttpError, auth};

/// Probes on idle connections, so that one whose peer vanished is noticed.
const TCP_KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Which URLs take which proxy.
pub(crate) struct Rules {
    matcher: Option<Matcher>,
    /// Rules that are not a bare `proxy_url` leave loopback out, as upstream does.
    spare_loopback: bool,
    headers: HeaderMap,
}

impl Rules {
    pub(crate) fn new(proxy: &ProxyConfig) -> Result<Self, HttpError> {
        let matcher = match &proxy.url {
            Some(url) if !matches!(url.scheme(), "http" | "https") => {
                let scheme = url.scheme();
                return Err(HttpError::Proxy(format!(
                    "proxy_url: scheme {scheme:?} is not spoken, only http and https"
                )));
            }
            Some(url) => {
                let matcher = Matcher::builder()
                    .all(url.to_string())
                    .no(proxy.no_proxy.clone());
                Some(matcher.build())
            }
            None if proxy.from_environment => Some(Matcher::from_env()),
            None => None,
        };
        Ok(Self {
            matcher,
            spare_loopback: proxy.url.is_none() || !proxy.no_proxy.is_empty(),
            headers: connect_headers(&proxy.connect_headers)?,
        })
    }

    /// The proxy for a URL; `None` for a straight connection.
    pub(crate) fn hop(&self, url: &Uri) -> Option<Intercept> {
        let matcher = self.matcher.as_ref()?;
        let host = url.host()?;
        if self.spare_loopback && is_loopback(host) {
            return None;
        }
        matcher
            .intercept(url)
            .filter(|hop| matches!(hop.uri().scheme_str(), Some("http" | "https")))
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn connect_headers(configured: &BTreeMap<String, Vec<Secret>>) -> Result<HeaderMap, HttpError> {
    let mut headers = HeaderMap::new();
    for (name, values) in configured {
        let header = HeaderName::try_from(name).map_err(|_| HttpError::Header(name.clone()))?;
        for value in values {
            headers.append(header.clone(), auth::sensitive(value.expose(), name)?);
        }
    }
    Ok(headers)
}

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens connections as the rules say; TLS to the target itself is laid over it by the caller.
/// It is copied for every request, most of which open none.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Ways>);

struct Ways {
    tcp: HttpConnector,
    /// Reaches the proxy, which may itself speak TLS.
    to_proxy: HttpsConnector<HttpConnector>,
    rules: Arc<Rules>,
}

impl Connector {
    /// `tls` is what the proxy's own certificate is checked with.
    pub(crate) fn new(rules: Arc<Rules>, mut tls: ClientConfig) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(TCP_KEEP_ALIVE));
        // A tunnel is asked for in HTTP/1.1.
        tls.alpn_protocols.clear();
        Self(Arc::new(Ways {
            to_proxy: HttpsConnector::from((tcp.clone(), tls)),
            tcp,
            rules,
        }))
    }

    pub(crate) async fn connect(self, url: Uri) -> Result<Link, BoxError> {
        let Ways {
            tcp,
            to_proxy,
            rules,
        } = &*self.0;
        let Some(hop) = rules.hop(&url) else {
            let stream = MaybeHttpsStream::Http(tcp.clone().oneshot(url).await?);
            let proxied = false;
            return Ok(Link { stream, proxied });
        };
        let proxy = hop.uri().clone();
        if url.scheme() != Some(&Scheme::HTTPS) {
            let stream = to_proxy.clone().oneshot(proxy).await?;
            let proxied = true;
            return Ok(Link { stream, proxied });
        }
        let mut tunnel = Tunnel::new(proxy, to_proxy.clone()).with_headers(rules.headers.clone());
        if let Some(value) = hop.basic_auth() {
            tunnel = tunnel.with_auth(value.clone());
        }
        let stream = tunnel.oneshot(url).await?;
        let proxied = false;
        Ok(Link { stream, proxied })
    }
}

impl Service<Uri> for Connector {
    type Response = Link;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Link, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        Box::pin(self.clone().connect(url))
    }
}

/// An open connection.
pub(crate) struct Link {
    stream: Stream,
    /// The peer is a proxy that must be told the whole URL.
    proxied: bool,
}

impl Connection for Link {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.proxied)
    }
}

impl Read for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Link {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(url: Option<&str>, no_proxy: &str, target: &'static str) -> Option<String> {
        let rules = Rules::new(&ProxyConfig {
            url: url.map(|text| url::Url::parse(text).unwrap()),
            no_proxy: no_proxy.to_owned(),
            ..ProxyConfig::default()
        })
        .unwrap();
        rules
            .hop(&Uri::from_static(target))
            .map(|hop| hop.uri().to_string())
    }

    #[test]
    fn which_urls_take_the_proxy() {
        let proxy = Some("http://proxy:3128");
        let taken = Some("http://proxy:3128/".to_owned());
        assert_eq!(hop(None, "", "http://a/"), None);
        assert_eq!(hop(proxy, "", "http://a/"), taken);
        assert_eq!(hop(proxy, "", "http://localhost/"), taken);
        assert_eq!(hop(proxy, "b.org", "http://localhost/"), None);
        assert_eq!(hop(proxy, "b.org, 10.0.0.0/8", "https://x.b.org/"), None);
        assert_eq!(hop(proxy, "b.org, 10.0.0.0/8", "https://10.1.2.3/"), None);
        assert_eq!(hop(proxy, "b.org, 10.0.0.0/8", "https://nob.org/"), taken);
    }

    #[test]
    fn a_proxy_of_another_kind_is_refused() {
        let url = Some(url::Url::parse("socks5://p:1").unwrap());
        let rules = Rules::new(&ProxyConfig {
            url,
            ..ProxyConfig::default()
        });
        assert!(matches!(rules.err(), Some(HttpError::Proxy(_))));
    }
}
