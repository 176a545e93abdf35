//! Clients that are slow, many, huge or mad: others are served, targets are scraped without a gap,
//! and memory stays in bounds.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use argand_tests::{Argand, Page, Target, get, post};

/// Connections at once that the server of these tests takes.
const PLACES: usize = 40;

/// Memory that it may ever have.
const MEMORY: u64 = 700 << 20;

struct World {
    argand: Argand,
    _target: Target,
}

fn world() -> World {
    let target = Target::start(|_| Page::text("fine 1\n")).unwrap();
    let configuration = format!(
        "global: {{scrape_interval: 500ms, scrape_timeout: 500ms}}\n\
         scrape_configs:\n- job_name: fine\n  static_configs: [{{targets: ['{}']}}]\n",
        target.address
    );
    let places = format!("--web.max-connections={PLACES}");
    let flags = [
        places.as_str(),
        "--web.enable-remote-write-receiver",
        "--web.read-timeout=8s",
    ];
    let argand = Argand::start(&configuration, &flags).unwrap();
    argand.wait_for("count_over_time(up[1m]) > 2").unwrap();
    World {
        argand,
        _target: target,
    }
}

impl World {
    fn connect(&self) -> TcpStream {
        let address = self.argand.server.url.trim_start_matches("http://");
        let stream = TcpStream::connect(address).unwrap();
        let timeout = Some(Duration::from_secs(60));
        stream.set_read_timeout(timeout).unwrap();
        stream.set_write_timeout(timeout).unwrap();
        stream
    }

    /// Sends something and reads until the server hangs up, or has said `enough`.
    fn answer(&self, request: &[u8], enough: &str) -> String {
        let mut stream = self.connect();
        // The server may have enough before all is sent.
        let _ = stream.write_all(request);
        read_until(&mut stream, enough)
    }

    /// Others are served, no scrape has failed or was left out, and memory is in bounds.
    fn check(&self) {
        for _ in 0..5 {
            assert_eq!(get(&self.argand.url("/-/healthy")).unwrap().status, 200);
            assert_eq!(self.argand.query("up == 1").unwrap().len(), 1);
        }
        let gaps = "min_over_time(up[5m]) == 0 or max_over_time((timestamp(up) - timestamp(up offset 500ms))[5m:500ms]) > 3";
        let gaps = self.argand.query(gaps).unwrap();
        assert!(gaps.is_empty(), "{gaps:?}\n{}", self.argand.server.log());
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.argand.server.id()));
        let status = status.unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak: u64 = peak
            .unwrap()
            .split_whitespace()
            .next()
            .unwrap()
            .parse()
            .unwrap();
        assert!(peak * 1024 < MEMORY, "{} MiB", peak >> 10);
    }
}

fn read_until(stream: &mut TcpStream, enough: &str) -> String {
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&answer).into_owned();
        if !enough.is_empty() && text.contains(enough) {
            return text;
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return text,
            Ok(length) => answer.extend_from_slice(&piece[..length]),
        }
    }
}

/// Sends a byte now and then until the server hangs up; answers what it said.
fn drip(mut stream: TcpStream, text: &[u8], end: &AtomicBool) -> String {
    for byte in text.iter().cycle() {
        if end.load(Ordering::Relaxed) || stream.write_all(&[*byte]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    read_until(&mut stream, "")
}

#[test]
fn heads_and_bodies_that_drip_keep_nobody_out() {
    let world = world();
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for n in 0..3 * PLACES {
            let (mut stream, end) = (world.connect(), &end);
            scope.spawn(move || {
                if n % 2 == 0 {
                    stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
                    drip(stream, b"X-Slow: 1\r\n", end);
                } else {
                    let head =
                        b"POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
                    // It may have been sent away already.
                    let _ = stream.write_all(head);
                    drip(stream, b"x", end);
                }
            });
        }
        for _ in 0..10 {
            world.check();
            std::thread::sleep(Duration::from_millis(300));
        }
        end.store(true, Ordering::Relaxed);
    });
}

#[test]
fn who_drips_is_told_or_sent_away() {
    let world = world();
    let end = AtomicBool::new(false);
    let head = "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ".as_bytes();
    assert_eq!(drip(world.connect(), head, &end), "");
    let mut stream = world.connect();
    stream
        .write_all(b"POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        .unwrap();
    let answer = drip(stream, b"x", &end);
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
        "{answer}"
    );
    world.check();
}

#[test]
fn thousands_of_idle_connections_keep_nobody_out() {
    let wanted = 10_000;
    let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current = limit.maximum;
    rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).unwrap();
    let most = limit.maximum.unwrap_or(u64::MAX).saturating_sub(500);
    let world = world();
    let mut idle = Vec::new();
    let began = Instant::now();
    for n in 0..wanted.min(most) {
        idle.push(world.connect());
        if n % 1000 == 0 {
            world.check();
        }
        assert!(
            began.elapsed() < Duration::from_secs(300),
            "after {n} connections"
        );
    }
    world.check();
    let files = std::fs::read_dir(format!("/proc/{}/fd", world.argand.server.id())).unwrap();
    assert!(files.count() < PLACES + 100);
    drop(idle);
    world.check();
}

#[test]
fn clients_that_do_not_take_their_answers_keep_nobody_out() {
    let world = world();
    let page = get(&world.argand.url("/query")).unwrap().text;
    let script = page
        .split("src=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let script = script.trim_start_matches('.');
    let url = world.argand.url(script);
    assert!(get(&url).unwrap().text.len() > 20_000, "{url}");
    // More than the kernel takes for a client.
    let request = format!("GET {script} HTTP/1.1\r\nHost: x\r\n\r\n").repeat(600);
    let stuck: Vec<TcpStream> = (0..PLACES + 10)
        .map(|_| {
            let mut stream = world.connect();
            stream.set_nonblocking(true).unwrap();
            // As much as goes in.
            let _ = stream.write(request.as_bytes());
            stream
        })
        .collect();
    // Those that are stuck make room after a while; newcomers wait no longer than that, which on a
    // machine with much else to do is more than one client's patience.
    let served = |_| get(&world.argand.url("/-/healthy")).is_ok();
    assert!((0..4).any(served), "{}", world.argand.server.log());
    world.check();
    drop(stuck);
}

#[test]
fn what_is_too_large_is_refused() {
    let world = world();
    // One byte too many each: what is left unread would break the connection before the answer.
    let bomb = |size: usize| {
        let zeros = vec![0; size];
        snap::raw::Encoder::new().compress_vec(&zeros).unwrap()
    };
    let kind = "application/x-protobuf";
    let (read, write) = (
        world.argand.url("/api/v1/read"),
        world.argand.url("/api/v1/write"),
    );
    assert_eq!(
        post(&read, kind, &vec![0; (4 << 20) + 1]).unwrap().status,
        413
    );
    assert_eq!(post(&read, kind, &bomb(200 << 20)).unwrap().status, 413);
    assert_eq!(
        post(&write, kind, &vec![0; (32 << 20) + 1]).unwrap().status,
        413
    );
    let answer = post(&write, kind, &bomb(200 << 20)).unwrap();
    assert!(matches!(answer.status, 400 | 413), "{answer:?}");
    let form = "application/x-www-form-urlencoded";
    let query = world.argand.url("/api/v1/query");
    assert_eq!(
        post(&query, form, &vec![b'a'; (10 << 20) + 1])
            .unwrap()
            .status,
        413
    );
    world.check();
}

#[test]
fn endless_bodies_and_heads_are_cut_off() {
    let world = world();
    let mut chunked =
        b"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
            .to_vec();
    for _ in 0..200 {
        chunked.extend(b"10000\r\n");
        chunked.extend([b'a'; 1 << 16]);
        chunked.extend(b"\r\n");
    }
    let answer = world.answer(&chunked, "\r\n");
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 413"),
        "{answer}"
    );
    let long = [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'x'; 4 << 20]].concat();
    let answer = world.answer(&long, "\r\n");
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    let many = [b"GET / HTTP/1.1\r\n".to_vec(), b"X: y\r\n".repeat(10_000)].concat();
    let answer = world.answer(&many, "\r\n");
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    world.check();
}

#[test]
fn rubbish_behind_requests_harms_nobody() {
    let world = world();
    let good = "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n";
    for rubbish in [
        b"\x00\xff\x16\x03\x01garbage\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"POST /api/v1/write HTTP/1.1\r\nContent-Length: -5\r\n\r\n".to_vec(),
        b"POST /api/v1/write HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff".to_vec(),
        vec![b'\n'; 100_000],
    ] {
        let all = [good.repeat(3).into_bytes(), rubbish].concat();
        let answer = world.answer(&all, "");
        assert_eq!(answer.matches("HTTP/1.1 200").count(), 3, "{answer}");
    }
    world.check();
}
