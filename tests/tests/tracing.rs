//! Spans of requests and queries at a collector of the test's own, over HTTP and over gRPC.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use argand_tests::{Argand, get};

/// A trace that somebody else began, and its span.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// Reads one request over HTTP/1.1: its head and its body.
fn read_request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let lower = head.to_lowercase();
    let length = lower.split("content-length: ").nth(1)?.lines().next()?;
    let mut body = vec![0; length.trim().parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// A collector over HTTP: where it listens, and what it gets.
fn collector() -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            while let Some(request) = read_request(&mut stream) {
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                if stream.write_all(answer.as_bytes()).is_err() || sender.send(request).is_err() {
                    break;
                }
            }
        }
    });
    (address, requests)
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks(2);
    let byte = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap();
    digits.map(byte).collect()
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

fn ask(argand: &Argand, path: &str, sampled: bool) {
    let flags = if sampled { "01" } else { "00" };
    let answer = ureq::get(argand.url(path))
        .header("traceparent", format!("00-{TRACE}-{PARENT}-{flags}"))
        .call();
    assert_eq!(answer.unwrap().status(), 200);
}

#[test]
fn a_request_and_its_query_are_spans_of_the_trace_they_belong_to() {
    let (address, requests) = collector();
    let section = format!(
        "tracing: {{endpoint: '{address}', client_type: http, insecure: true, sampling_fraction: 0, headers: {{x-key: shown}}}}\n"
    );
    let argand = Argand::start(&section, &[]).unwrap();
    // Of neither is anything recorded: nobody asked for it.
    get(&argand.url("/api/v1/labels")).unwrap();
    ask(&argand, "/api/v1/metadata", false);
    ask(&argand, "/api/v1/query?query=vector(42)", true);
    let (head, body) = requests.recv_timeout(Duration::from_secs(60)).unwrap();
    assert!(head.starts_with("POST /v1/traces HTTP/1.1"), "{head}");
    let lower = head.to_lowercase();
    assert!(
        lower.contains("x-key: shown") && lower.contains("application/x-protobuf"),
        "{head}"
    );
    for part in [
        &bytes(TRACE)[..],
        &bytes(PARENT),
        b"GET /api/v1/query",
        b"promqlExec",
        b"vector(42)",
        b"service.name",
    ] {
        assert!(holds(&body, part), "{:?}", String::from_utf8_lossy(part));
    }
    for part in ["/api/v1/labels", "/api/v1/metadata"] {
        assert!(!holds(&body, part.as_bytes()), "{part}");
    }
    let metrics = get(&argand.url("/metrics")).unwrap().text;
    assert!(metrics.contains("argand_tracing_spans_failed_total 0"));
}

#[test]
fn a_collector_that_is_away_costs_spans_and_nothing_else() {
    for kind in ["http", "grpc"] {
        let section = format!(
            "tracing: {{endpoint: '127.0.0.1:1', client_type: {kind}, insecure: true, sampling_fraction: 1}}\n"
        );
        let argand = Argand::start(&section, &[]).unwrap();
        for _ in 0..300 {
            let metrics = get(&argand.url("/metrics")).unwrap().text;
            let failed = "argand_tracing_spans_failed_total ";
            let count = metrics.lines().find_map(|line| line.strip_prefix(failed));
            let count = count.and_then(|count| count.parse::<u64>().ok());
            if count.is_some_and(|count| count > 0) {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(
            argand.server.log().contains("not taken by the collector"),
            "{kind}"
        );
    }
}

#[test]
fn a_call_of_grpc_is_a_frame_over_http2() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let section = format!(
        "tracing: {{endpoint: '{}', insecure: true, sampling_fraction: 1}}\n",
        listener.local_addr().unwrap()
    );
    let argand = Argand::start(&section, &[]).unwrap();
    get(&argand.url("/api/v1/labels")).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    // Settings of no change are all that a client of HTTP/2 waits for.
    stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).unwrap();
    let (mut sent, mut piece) = (Vec::new(), [0; 4096]);
    while !holds(&sent, b"GET /api/v1/labels") {
        let length = stream.read(&mut piece).unwrap();
        assert!(length > 0, "{}", String::from_utf8_lossy(&sent));
        sent.extend_from_slice(&piece[..length]);
    }
    assert!(sent.starts_with(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    assert!(holds(&sent, b"service.name"));
}
