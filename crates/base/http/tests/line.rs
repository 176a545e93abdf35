//! A connection that one caller keeps to itself.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use config::HttpConfig;
use http::{Request, StatusCode};
use http_client::{Client, Head, HttpError, Line};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn client() -> Client {
    Client::new(&HttpConfig::default()).unwrap()
}

async fn ask(line: &mut Line, url: &str, limit: u64) -> Result<(Head, String), HttpError> {
    let request = Request::get(url).body(Bytes::new()).unwrap();
    let mut body = Vec::new();
    let head = client().read_over(line, request, limit, &mut body).await?;
    Ok((head, String::from_utf8(body).unwrap()))
}

/// Answers `answers` requests of each connection and closes it; counts connections.
async fn server(answers: usize) -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/a?b=c", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut head = [0; 4096];
                for _ in 0..answers {
                    let size = stream.read(&mut head).await.unwrap_or(0);
                    let said = String::from_utf8_lossy(&head[..size]).into_owned();
                    let path = said.split(' ').nth(1).unwrap_or_default().to_owned();
                    let host = said.lines().find_map(|l| l.strip_prefix("host: "));
                    let body = format!("{path} {}", host.unwrap_or_default());
                    let size = body.len();
                    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n{body}");
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            });
        }
    });
    (url, count)
}

#[tokio::test]
async fn one_connection_serves_until_the_server_closes_it() {
    let (url, connections) = server(3).await;
    let mut line = Line::default();
    for _ in 0..6 {
        let (head, body) = ask(&mut line, &url, 100).await.unwrap();
        assert_eq!(head.status, StatusCode::OK);
        let to = url.trim_start_matches("http://").trim_end_matches("/a?b=c");
        assert_eq!(body, format!("/a?b=c {to}"));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_was_not_read_to_its_end_is_not_used_again() {
    let (url, connections) = server(3).await;
    let mut line = Line::default();
    let error = ask(&mut line, &url, 2).await.unwrap_err();
    assert_eq!(error, HttpError::BodyLimit { limit: 2 });
    ask(&mut line, &url, 100).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    // Another place is another connection.
    let (other, there) = server(3).await;
    ask(&mut line, &other, 100).await.unwrap();
    assert_eq!(there.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn redirects_are_followed_and_other_answers_told() {
    let server = common::plain(|request, _| match request.uri.path() {
        "/here" => common::redirect(302, "/there"),
        "/there" => common::text(200, "found"),
        _ => common::text(404, "nothing"),
    })
    .await;
    let mut line = Line::default();
    let url = |path| server.url("http", "127.0.0.1", path);
    let (head, body) = ask(&mut line, &url("/here"), 100).await.unwrap();
    assert_eq!((head.status, body.as_str()), (StatusCode::OK, "found"));
    let (head, body) = ask(&mut line, &url("/gone"), 100).await.unwrap();
    assert_eq!((head.status, body.as_str()), (StatusCode::NOT_FOUND, ""));
    let (_, body) = ask(&mut line, &url("/there"), 100).await.unwrap();
    assert_eq!(body, "found");
    let error = ask(&mut line, "http://127.0.0.1:1/x", 9).await.unwrap_err();
    let words = r#"Get "http://127.0.0.1:1/x": connection refused"#;
    assert_eq!(error.to_string(), words);
}
