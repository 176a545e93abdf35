//! Jobs push to real gateways, and to ones that are away, slow, or ill.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may stop at the first surprise"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use argand_client::Registry;
use argand_client::batch::{BatchError, BatchJobMetrics};

/// A gateway of Debian's, ended with the test.
struct Pushgateway(Child, String);

impl Pushgateway {
    /// `None`, and a line that says so, where it is not installed.
    fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let address = format!("127.0.0.1:{port}");
        let child = Command::new("prometheus-pushgateway")
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            println!("skipped: no prometheus-pushgateway");
            return None;
        };
        let gateway = Self(child, format!("http://{address}"));
        for _ in 0..200 {
            if TcpStream::connect(&address).is_ok() {
                return Some(gateway);
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the gateway does not listen on {address}");
    }

    /// Its samples of one job.
    fn samples(&self, job: &str) -> Vec<String> {
        let text = ureq::get(&format!("{}/metrics", self.1))
            .call()
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap();
        let of_job = format!("job=\"{job}\"");
        text.lines()
            .filter(|line| line.starts_with("batch_job_") && line.contains(&of_job))
            .map(str::to_owned)
            .collect()
    }
}

impl Drop for Pushgateway {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn names(samples: &[String]) -> Vec<&str> {
    samples
        .iter()
        .map(|line| line.split(['{', ' ']).next().unwrap())
        .collect()
}

#[tokio::test]
async fn a_job_at_a_real_gateway() {
    let Some(gateway) = Pushgateway::start() else {
        return;
    };
    let job = BatchJobMetrics::builder("nightly/billing", &gateway.1)
        .grouping("instance", "a b")
        .grouping("shard", "")
        .build()
        .unwrap();
    assert_eq!(job.track(|| 7), 7);
    job.record_records("invoice", 3);
    job.record_records("invoice", 4);
    job.record_error("io");
    job.record_success();
    job.push().await.unwrap();
    let samples = gateway.samples("nightly/billing");
    assert_eq!(
        names(&samples),
        [
            "batch_job_duration_seconds",
            "batch_job_errors_total",
            "batch_job_last_success_timestamp_seconds",
            "batch_job_records_processed_total"
        ]
    );
    assert!(
        samples[3].contains("instance=\"a b\"") && samples[3].ends_with(" 7"),
        "{samples:?}"
    );

    // A run that fails keeps the time of the last success, by adding.
    let run = BatchJobMetrics::builder("nightly/billing", &gateway.1)
        .grouping("instance", "a b")
        .grouping("shard", "")
        .build()
        .unwrap();
    run.record_error("db");
    run.push_add().await.unwrap();
    let after = gateway.samples("nightly/billing");
    assert!(after.contains(&samples[2]), "{after:?}");
    assert!(
        after.iter().any(|line| line.contains("error_type=\"db\"")),
        "{after:?}"
    );
    assert!(
        !after.iter().any(|line| line.contains("error_type=\"io\"")),
        "{after:?}"
    );

    // By replacing, it is gone.
    run.push().await.unwrap();
    assert_eq!(
        names(&gateway.samples("nightly/billing")),
        ["batch_job_errors_total"]
    );
    run.delete().await.unwrap();
    assert!(gateway.samples("nightly/billing").is_empty());
}

#[test]
fn without_a_runtime_and_within_one() {
    let Some(gateway) = Pushgateway::start() else {
        return;
    };
    let registry = Registry::new();
    registry
        .gauge("rows_left", "Rows that were left")
        .unwrap()
        .set(2.0);
    let job = BatchJobMetrics::builder("sync", &gateway.1)
        .registry(&registry)
        .build()
        .unwrap();
    job.record_success();
    job.push_blocking().unwrap();
    assert_eq!(gateway.samples("sync").len(), 1);
    job.record_error("io");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async { job.push_add_blocking() }).unwrap();
    assert_eq!(gateway.samples("sync").len(), 2);
    job.delete_blocking().unwrap();
    assert!(gateway.samples("sync").is_empty());

    // What the gateway does not want is not tried again, and its reason is told.
    let wrong = BatchJobMetrics::new("wrong", &format!("{}/no/such/base", gateway.1)).unwrap();
    match wrong.push_blocking().unwrap_err() {
        BatchError::Refused { status, .. } => assert!((400..500).contains(&status)),
        other => panic!("{other}"),
    }
}

/// A gateway that answers each connection once, by a list of what it sends; its address and how
/// many came.
fn ill(answers: &'static [&'static str]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://me:hunter2@{}", listener.local_addr().unwrap());
    let came = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&came);
    thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let number = counted.fetch_add(1, Ordering::SeqCst);
            let answer = answers.get(number).or(answers.last()).unwrap();
            if answer.is_empty() {
                // Says nothing, and stays open.
                open.push(stream);
                continue;
            }
            let mut head = [0; 64];
            let _ = stream.read(&mut head);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, came)
}

#[tokio::test]
async fn a_gateway_that_comes_back_is_pushed_to() {
    const DOWN: &str =
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\nconnection: close\r\n\r\nwait";
    const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (address, came) = ill(&[DOWN, DOWN, GOOD]);
    BatchJobMetrics::new("a", &address)
        .unwrap()
        .push()
        .await
        .unwrap();
    assert_eq!(came.load(Ordering::SeqCst), 3);

    let (address, came) = ill(&[DOWN]);
    let error = BatchJobMetrics::new("a", &address)
        .unwrap()
        .push()
        .await
        .unwrap_err();
    assert_eq!(came.load(Ordering::SeqCst), 4);
    let text = error.to_string();
    assert!(
        text.contains("503") && text.contains("attempts: 4"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_gateway_that_is_away_or_silent_is_given_up() {
    let (silent, came) = ill(&[""]);
    let job = BatchJobMetrics::builder("a", &silent)
        .attempt_timeout(Duration::from_millis(50))
        .deadline(Duration::from_millis(400))
        .build()
        .unwrap();
    let error = job.push().await.unwrap_err();
    assert!(matches!(error, BatchError::Unreachable { .. }), "{error}");
    assert!(came.load(Ordering::SeqCst) >= 2);

    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let away = BatchJobMetrics::builder("a", &format!("http://{free}"))
        .deadline(Duration::from_millis(300))
        .build()
        .unwrap();
    let error = away.push_blocking().unwrap_err().to_string();
    assert!(error.contains("Connection refused"), "{error}");
}

/// A gateway with TLS: its address, the certificate to trust, and what it was asked.
async fn sealed() -> (String, String, tokio::sync::oneshot::Receiver<String>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key =
        tokio_rustls::rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der());
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    let config = tokio_rustls::rustls::ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key.unwrap())
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let mut sender = Some(sender);
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not trust the certificate leaves here.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = Vec::new();
            while !request.ends_with(b"batch_job_errors_total{error_type=\"io\"} 1.0\n") {
                if stream.read_buf(&mut request).await.unwrap() == 0 {
                    break;
                }
            }
            let answer = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            if let Some(sender) = sender.take() {
                let _ = sender.send(String::from_utf8(request).unwrap());
            }
        }
    });
    (
        format!("https://localhost:{port}"),
        own.cert.pem(),
        receiver,
    )
}

#[tokio::test]
async fn through_tls_with_a_token() {
    let (address, authority, asked) = sealed().await;
    let builder = BatchJobMetrics::builder("a", &address).bearer_token("t0ken");
    let trusted = builder
        .clone()
        .certificate_authority(authority.as_bytes())
        .build()
        .unwrap();
    trusted.record_error("io");
    trusted.push().await.unwrap();
    let request = asked.await.unwrap().to_ascii_lowercase();
    assert!(
        request.starts_with("put /metrics/job/a http/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("\r\nauthorization: bearer t0ken\r\n"),
        "{request}"
    );
    assert!(
        request.contains("\r\ncontent-type: text/plain; version=0.0.4"),
        "{request}"
    );

    // Nobody else vouches for that certificate.
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let distrustful = builder
        .deadline(Duration::from_millis(200))
        .certificate_authority(other.cert.pem().as_bytes())
        .build()
        .unwrap();
    let error = distrustful.push().await.unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");

    for pem in [
        "",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    ] {
        let builder = BatchJobMetrics::builder("a", &address).certificate_authority(pem.as_bytes());
        let error = builder.build().unwrap_err();
        assert!(matches!(error, BatchError::Client { .. }), "{error}");
    }
}
