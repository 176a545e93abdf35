//! Lines by real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::io::Write as _;
use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::{Gather, SystemClock};
use model::PointValue;
use statsd::{Addresses, Listeners, Options, Statsd};

/// How long a line may take from one end of a socket to the other.
const PATIENCE: Duration = Duration::from_secs(10);

fn receiver() -> Arc<Statsd> {
    Arc::new(Statsd::new(
        config::StatsdConfig::default(),
        Options::default(),
        Arc::new(SystemClock),
    ))
}

fn addresses(unixgram: Option<&Path>) -> Addresses {
    Addresses {
        udp: Some("127.0.0.1:0".parse().unwrap()),
        tcp: Some("127.0.0.1:0".parse().unwrap()),
        unixgram: unixgram.map(Path::to_owned),
        unixgram_mode: 0o700,
        read_buffer: Some(1 << 20),
    }
}

/// The number of a metric with one series; NaN where there is none.
fn number(statsd: &Statsd, name: &str) -> f64 {
    let mut families = Vec::new();
    statsd.gather(&mut families);
    let family = families.iter().find(|family| family.name == name);
    match family.and_then(|family| family.points.first()) {
        Some(point) => match point.value {
            PointValue::Number(number) => number,
            _ => f64::NAN,
        },
        None => f64::NAN,
    }
}

async fn until(statsd: &Statsd, name: &str, expected: f64) {
    let began = Instant::now();
    while number(statsd, name) != expected {
        let seen = number(statsd, name);
        assert!(
            began.elapsed() < PATIENCE,
            "{name} is {seen}, not {expected}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn lines_come_by_all_sockets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("statsd.sock");
    let statsd = receiver();
    let listeners = Listeners::start(&statsd, &addresses(Some(&path)))
        .await
        .unwrap();

    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.connect(listeners.udp().unwrap()).unwrap();
    for _ in 0..3 {
        udp.send(b"by.udp:1|c\nby.udp:1|c\n").unwrap();
    }
    until(&statsd, "by_udp", 6.0).await;
    until(&statsd, "statsd_exporter_udp_packets_total", 3.0).await;
    until(&statsd, "statsd_exporter_udp_packet_drops_total", 0.0).await;

    // A line may come in pieces, and the last one without its end.
    let mut tcp = TcpStream::connect(listeners.tcp().unwrap()).unwrap();
    tcp.write_all(b"by.tcp:1|c\r\nby.t").unwrap();
    until(&statsd, "by_tcp", 1.0).await;
    tcp.write_all(b"cp:2|c\nby.tcp:4|c").unwrap();
    until(&statsd, "by_tcp", 3.0).await;
    drop(tcp);
    until(&statsd, "by_tcp", 7.0).await;

    let mut long = TcpStream::connect(listeners.tcp().unwrap()).unwrap();
    // The far end closes before it has read all.
    let _ = long.write_all(&[b'x'; 100_000]);
    until(&statsd, "statsd_exporter_tcp_too_long_lines_total", 1.0).await;
    until(&statsd, "statsd_exporter_tcp_connections_total", 2.0).await;

    let unix = UnixDatagram::unbound().unwrap();
    unix.connect(&path).unwrap();
    unix.send(b"by.unix:5|g").unwrap();
    until(&statsd, "by_unix", 5.0).await;
    until(&statsd, "statsd_exporter_unixgram_packets_total", 1.0).await;

    listeners.end().await;
    assert!(!path.exists(), "the socket's file is removed");
}

#[tokio::test]
async fn a_file_that_a_killed_process_left_makes_room_and_another_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("statsd.sock");
    drop(UnixDatagram::bind(&path).unwrap());
    assert!(path.exists());
    let statsd = receiver();
    let listeners = Listeners::start(&statsd, &addresses(Some(&path)))
        .await
        .unwrap();
    // Somebody reads this one.
    let error = Listeners::start(&receiver(), &addresses(Some(&path))).await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("statsd.sock") && error.contains("in use"),
        "{error}"
    );
    listeners.end().await;

    std::fs::write(&path, "somebody's").unwrap();
    assert!(
        Listeners::start(&statsd, &addresses(Some(&path)))
            .await
            .is_err()
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody's");
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addresses = Addresses {
        udp: Some(taken.local_addr().unwrap()),
        ..Addresses::default()
    };
    let error = Listeners::start(&receiver(), &addresses).await.unwrap_err();
    let address = taken.local_addr().unwrap().to_string();
    assert!(error.to_string().contains(&address), "{error}");
}
