//! The client over TLS and through proxies.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use common::{Authority, plain, text, tls, tunnel_proxy};
use config::{HttpConfig, ProxyConfig, Secret, SecretSource, TlsConfig};
use http::{HeaderMap, Version};
use http_client::{Client, HttpError};

fn inline(text: &str) -> Option<SecretSource> {
    Some(SecretSource::Inline(Secret::new(text)))
}

fn with_tls(tls: TlsConfig) -> HttpConfig {
    HttpConfig {
        tls,
        ..HttpConfig::default()
    }
}

async fn ask(config: &HttpConfig, url: &str) -> Result<(), HttpError> {
    let client = Client::new(config)?;
    client.get(url, HeaderMap::new()).await.map(|_| ())
}

#[tokio::test]
async fn certificates_are_checked_as_told() {
    let authority = Authority::new();
    let server = tls(authority.server("a.test", None), |_, _| text(200, "")).await;
    let url = server.url("https", "127.0.0.1", "/");
    let ca = inline(&authority.pem());
    let named = TlsConfig {
        ca: ca.clone(),
        server_name: "a.test".into(),
        ..TlsConfig::default()
    };
    ask(&with_tls(named.clone()), &url).await.unwrap();
    assert_eq!(server.seen.lock()[0].0.version, Version::HTTP_2);
    let mut old = with_tls(named.clone());
    old.enable_http2 = false;
    ask(&old, &url).await.unwrap();
    assert_eq!(server.seen.lock()[1].0.version, Version::HTTP_11);

    let wrong_name = TlsConfig {
        server_name: String::new(),
        ..named.clone()
    };
    let error = ask(&with_tls(wrong_name), &url)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("certificate"), "{error}");
    let error = ask(&HttpConfig::default(), &url)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("certificate"), "{error}");
    let careless = TlsConfig {
        insecure_skip_verify: true,
        ..TlsConfig::default()
    };
    ask(&with_tls(careless), &url).await.unwrap();
}

#[tokio::test]
async fn a_client_certificate_is_shown_and_read_again_when_it_changes() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let server = tls(servers.server("a.test", Some(&clients)), |_, _| {
        text(200, "")
    })
    .await;
    let url = server.url("https", "127.0.0.1", "/");
    let folder = tempfile::tempdir().unwrap();
    let [cert, key] = ["cert", "key"].map(|name| folder.path().join(name));
    let write = |authority: &Authority, padding: &str| {
        let (certificate, secret) = authority.issue("me");
        std::fs::write(&cert, certificate + padding).unwrap();
        std::fs::write(&key, secret).unwrap();
    };
    let client = Client::new(&with_tls(TlsConfig {
        ca: inline(&servers.pem()),
        server_name: "a.test".into(),
        cert: Some(SecretSource::File(cert.clone())),
        key: Some(SecretSource::File(key.clone())),
        ..TlsConfig::default()
    }))
    .unwrap();
    let missing = client.get(&url, HeaderMap::new()).await.unwrap_err();
    assert!(
        missing.to_string().contains("client certificate file"),
        "{missing}"
    );
    write(&servers, "");
    assert!(client.get(&url, HeaderMap::new()).await.is_err());
    write(&clients, "\n\n");
    client.get(&url, HeaderMap::new()).await.unwrap();
}

#[tokio::test]
async fn a_plain_url_is_asked_of_the_proxy() {
    let proxy = plain(|request, _| text(200, request.uri.to_string())).await;
    let url = format!("http://me:pass@{}", proxy.address);
    let config = HttpConfig {
        proxy: ProxyConfig {
            url: Some(url.parse().unwrap()),
            ..ProxyConfig::default()
        },
        ..HttpConfig::default()
    };
    let client = Client::new(&config).unwrap();
    let answer = client
        .get("http://nobody.invalid/x", HeaderMap::new())
        .await
        .unwrap();
    assert_eq!(answer.bytes(100).await.unwrap(), b"http://nobody.invalid/x");
    assert_eq!(
        proxy.header(0, "proxy-authorization").unwrap(),
        "Basic bWU6cGFzcw=="
    );
}

#[tokio::test]
async fn a_secure_url_goes_through_a_tunnel() {
    let authority = Authority::new();
    let server = tls(authority.server("a.test", None), |_, _| text(200, "inside")).await;
    let (proxy, heads) = tunnel_proxy().await;
    let config = HttpConfig {
        tls: TlsConfig {
            ca: inline(&authority.pem()),
            ..TlsConfig::default()
        },
        proxy: ProxyConfig {
            url: Some(format!("http://me:pass@{proxy}").parse().unwrap()),
            connect_headers: [("X-Way".to_owned(), vec![Secret::new("out")])].into(),
            ..ProxyConfig::default()
        },
        ..HttpConfig::default()
    };
    let client = Client::new(&config).unwrap();
    let url = server.url("https", "a.test", "/");
    let answer = client.get(&url, HeaderMap::new()).await.unwrap();
    assert_eq!(answer.bytes(100).await.unwrap(), b"inside");
    let head = heads.lock()[0].to_ascii_lowercase();
    assert!(head.starts_with("connect a.test:"), "{head}");
    assert!(head.contains("x-way: out"), "{head}");
    assert!(
        head.contains("proxy-authorization: basic bwu6cgfzcw=="),
        "{head}"
    );
    assert_eq!(server.header(0, "proxy-authorization"), None);
}
