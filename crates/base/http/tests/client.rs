//! The client against real servers: credentials, redirects, bodies, times.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::io::Write as _;
use std::time::Duration;

use common::{plain, redirect, text};
use config::{Authorization, BasicAuth, HttpConfig, OAuth2, Secret, SecretSource};
use http::{HeaderMap, Method, Request, StatusCode};
use http_client::{Client, HttpError, within};

fn inline(text: &str) -> Option<SecretSource> {
    Some(SecretSource::Inline(Secret::new(text)))
}

fn basic() -> HttpConfig {
    HttpConfig {
        basic_auth: Some(BasicAuth {
            username: inline("me"),
            password: inline("secret"),
        }),
        ..HttpConfig::default()
    }
}

#[tokio::test]
async fn credentials_and_headers() {
    let server = plain(|_, _| text(200, "fine")).await;
    let url = server.url("http", "127.0.0.1", "/");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, " first\n").unwrap();
    let bearer = HttpConfig {
        authorization: Some(Authorization {
            scheme: "Bearer".into(),
            credentials: Some(SecretSource::File(file.clone())),
        }),
        headers: [("X-Scope".to_owned(), vec![inline("a").unwrap()])].into(),
        ..HttpConfig::default()
    };
    let client = Client::new(&basic()).unwrap();
    let answer = client.get(&url, HeaderMap::new()).await.unwrap();
    assert_eq!(answer.bytes(4).await.unwrap(), b"fine");
    assert_eq!(
        server.header(0, "authorization").unwrap(),
        "Basic bWU6c2VjcmV0"
    );

    let client = Client::new(&bearer).unwrap();
    client.get(&url, HeaderMap::new()).await.unwrap();
    std::fs::write(&file, "second").unwrap();
    client.get(&url, HeaderMap::new()).await.unwrap();
    assert_eq!(server.header(1, "authorization").unwrap(), "Bearer first");
    assert_eq!(server.header(2, "authorization").unwrap(), "Bearer second");
    assert_eq!(server.header(2, "x-scope").unwrap(), "a");

    std::fs::remove_file(&file).unwrap();
    let error = client.get(&url, HeaderMap::new()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("unable to read credentials file"),
        "{error}"
    );
}

#[tokio::test]
async fn redirects_keep_credentials_to_their_host() {
    let other = plain(|_, _| text(200, "other")).await;
    let to_other = other.url("http", "localhost", "/there");
    let server = plain(move |request, _| match request.uri.path() {
        "/once" => redirect(302, "/end"),
        "/away" => redirect(302, &to_other),
        "/keep" => redirect(307, "/end"),
        "/round" => redirect(302, "/round"),
        _ => text(200, "end"),
    })
    .await;
    let client = Client::new(&basic()).unwrap();
    let url = |path: &str| server.url("http", "127.0.0.1", path);
    let get = |path: &str| {
        let url = url(path);
        let client = &client;
        async move { client.get(&url, HeaderMap::new()).await }
    };

    get("/once").await.unwrap();
    assert!(server.header(1, "authorization").is_some());

    let answer = get("/away").await.unwrap();
    assert_eq!(answer.bytes(10).await.unwrap(), b"other");
    assert_eq!(other.header(0, "authorization"), None);

    for (path, method, body) in [("/once", Method::GET, ""), ("/keep", Method::POST, "body")] {
        let request = Request::post(url(path)).body("body".into()).unwrap();
        client.send(request).await.unwrap();
        let seen = server.seen.lock();
        let (parts, received) = seen.last().unwrap();
        assert_eq!((&parts.method, &received[..]), (&method, body.as_bytes()));
    }

    let error = get("/round").await.unwrap_err();
    assert!(matches!(error, HttpError::Redirects { limit: 10, .. }));
    let stays = Client::new(&HttpConfig {
        follow_redirects: false,
        ..HttpConfig::default()
    });
    let answer = stays
        .unwrap()
        .get(&url("/once"), HeaderMap::new())
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn oauth2_tokens_are_kept_while_they_are_good() {
    let tokens = plain(|request, body| {
        let form = String::from_utf8(body.to_vec()).unwrap();
        assert!(form.contains("grant_type=client_credentials"), "{form}");
        assert!(form.contains("scope=a+b"), "{form}");
        // This server wants the credentials in the form.
        if request.headers.contains_key("authorization") {
            return text(401, "");
        }
        assert!(form.contains("client_id=me&client_secret=hush"), "{form}");
        let life = if form.contains("short") { 5 } else { 3600 };
        text(
            200,
            format!(r#"{{"access_token":"t","token_type":"bearer","expires_in":{life}}}"#),
        )
    })
    .await;
    let server = plain(|_, _| text(200, "")).await;
    let url = server.url("http", "127.0.0.1", "/");
    let check = async |kind: &str, asked: usize| {
        tokens.seen.lock().clear();
        let client = Client::new(&HttpConfig {
            oauth2: Some(OAuth2 {
                client_id: "me".into(),
                client_secret: inline("hush"),
                scopes: vec!["a".into(), "b".into()],
                token_url: tokens.url("http", "127.0.0.1", "/token").parse().unwrap(),
                endpoint_params: [("kind".to_owned(), kind.to_owned())].into(),
                tls: config::TlsConfig::default(),
                proxy: config::ProxyConfig::default(),
            }),
            ..HttpConfig::default()
        });
        let client = client.unwrap();
        for _ in 0..2 {
            client.get(&url, HeaderMap::new()).await.unwrap();
        }
        assert_eq!(tokens.seen.lock().len(), asked);
        assert_eq!(server.header(0, "authorization").unwrap(), "Bearer t");
    };
    check("long", 2).await;
    check("short", 4).await;
}

#[tokio::test]
async fn bodies_end_at_the_limit() {
    let packed = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let (small, bomb) = (packed(b"hello"), packed(&vec![0; 50_000_000]));
    let server = plain(move |request, _| {
        let (body, gzip): (Vec<u8>, bool) = match request.uri.path() {
            "/plain" => (b"hello".to_vec(), false),
            "/gzip" => (small.clone(), true),
            "/members" => ([small.clone(), small.clone()].concat(), true),
            "/cut" => (small[..small.len() - 4].to_vec(), true),
            "/empty" => (Vec::new(), true),
            _ => (bomb.clone(), true),
        };
        let mut response = text(200, body);
        if gzip {
            let headers = response.headers_mut();
            headers.insert("content-encoding", "gzip".parse().unwrap());
        }
        response
    })
    .await;
    let client = Client::new(&HttpConfig::default()).unwrap();
    let read = |path: &str, limit: u64| {
        let url = server.url("http", "127.0.0.1", path);
        let client = &client;
        async move {
            let mut buffer = Vec::new();
            let answer = client.get(&url, HeaderMap::new()).await.unwrap();
            let outcome = answer.read_into(limit, &mut buffer).await;
            assert!(buffer.len() as u64 <= limit);
            outcome.map(|()| String::from_utf8(buffer).unwrap())
        }
    };
    assert_eq!(read("/plain", 5).await.unwrap(), "hello");
    assert_eq!(read("/gzip", 5).await.unwrap(), "hello");
    assert_eq!(read("/members", 10).await.unwrap(), "hellohello");
    assert_eq!(read("/empty", 10).await.unwrap(), "");
    assert_eq!(
        read("/plain", 4).await.unwrap_err(),
        HttpError::BodyLimit { limit: 4 }
    );
    assert_eq!(
        read("/gzip", 4).await.unwrap_err(),
        HttpError::BodyLimit { limit: 4 }
    );
    assert_eq!(
        read("/bomb", 99_999).await.unwrap_err(),
        HttpError::BodyLimit { limit: 99_999 }
    );
    assert!(matches!(
        read("/cut", 99).await.unwrap_err(),
        HttpError::Encoding(_)
    ));
}

#[tokio::test]
async fn failures_in_words() {
    let client = Client::new(&HttpConfig::default()).unwrap();
    let error = |url: &'static str| {
        let client = &client;
        async move {
            client
                .get(url, HeaderMap::new())
                .await
                .unwrap_err()
                .to_string()
        }
    };
    assert_eq!(
        error("http://127.0.0.1:1/x").await,
        r#"Get "http://127.0.0.1:1/x": connection refused"#
    );
    let lookup = error("http://nobody.invalid/").await;
    assert!(lookup.contains("host lookup: "), "{lookup}");
    let scheme = error("ftp://127.0.0.1/").await;
    assert!(scheme.contains("unsupported protocol scheme"), "{scheme}");

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let work = client.get(&url, HeaderMap::new());
    let outcome = within(Duration::from_millis(20), work).await;
    assert_eq!(outcome.unwrap_err(), HttpError::Deadline);
}

/// A server whose second answer on a connection is to hang up.
async fn hangs_up() -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                let _ = stream.write_all(answer).await;
                let _ = stream.read(&mut head).await;
            });
        }
    });
    url
}

#[tokio::test]
async fn a_kept_connection_that_is_closed_does_not_fail_a_get() {
    let url = hangs_up().await;
    let client = Client::new(&HttpConfig::default()).unwrap();
    for _ in 0..3 {
        let answer = client.get(&url, HeaderMap::new()).await.unwrap();
        assert_eq!(answer.bytes(2).await.unwrap(), b"ok");
    }
    // What may have had an effect is not sent twice.
    let post = Request::post(&url).body(Default::default()).unwrap();
    let error = client.send(post).await.unwrap_err().to_string();
    assert!(error.contains("connection closed"), "{error}");
}
