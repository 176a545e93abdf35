//! The end in order: requests under way are answered, a second signal does not wait; and what
//! systemd hears.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;
use argand_tests::{Argand, Server, binary, free_port, get_json};
use serde_json::Value;

/// A server of remote read that answers when it is told to, and then refuses.
struct Slow {
    address: SocketAddr,
    asked: Receiver<()>,
    go_on: Sender<()>,
}

impl Slow {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ((tell, asked), (go_on, told)) = (channel(), channel());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let _ = stream.read(&mut [0; 4096]);
                let _ = tell.send(());
                if told.recv().is_err() {
                    break;
                }
                let answer = "HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self {
            address,
            asked,
            go_on,
        }
    }

    fn configuration(&self) -> String {
        format!(
            "global: {{scrape_interval: 100ms, scrape_timeout: 100ms}}\n\
             remote_read: [{{url: 'http://{}/', read_recent: true, required_matchers: {{slow: 'yes'}}}}]\n\
             scrape_configs:\n- job_name: own\n  static_configs: [{{targets: ['SELF']}}]\n",
            self.address
        )
    }
}

const SLOW_QUERY: &str = "/api/v1/query?query=vector(1)%20or%20up%7Bslow%3D%22yes%22%7D";

/// Waits until the server has logged that it ends.
fn wait_for_ending(argand: &Argand) {
    for _ in 0..600 {
        if argand.server.log().contains("ending") {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it does not end: {}", argand.server.log());
}

/// A server with samples that was told to end while a query is under way, and the answer to come.
fn ending(slow: &Slow, folder: &Path) -> (Argand, JoinHandle<Result<Value>>) {
    let argand = Argand::start_in(folder, &slow.configuration(), &[]).unwrap();
    argand.wait_for("count_over_time(up[1h]) > 3").unwrap();
    let url = argand.url(SLOW_QUERY);
    let asking = std::thread::spawn(move || get_json(&url));
    slow.asked.recv().unwrap();
    argand.server.signal("TERM").unwrap();
    wait_for_ending(&argand);
    (argand, asking)
}

#[test]
fn a_query_under_way_is_answered_and_everything_is_kept() {
    let slow = Slow::start();
    let folder = tempfile::tempdir().unwrap();
    let (mut argand, asking) = ending(&slow, folder.path());
    slow.go_on.send(()).unwrap();
    let answer = asking.join().unwrap().unwrap();
    assert_eq!(answer["data"]["result"][0]["value"][1], "1", "{answer}");
    assert!(argand.server.wait().unwrap(), "{}", argand.server.log());
    assert!(
        argand
            .server
            .log()
            .contains("everything acknowledged is stored")
    );
    let again = Argand::start_in(folder.path(), "{}\n", &[]).unwrap();
    assert_eq!(again.query("count_over_time(up[1h]) > 3").unwrap().len(), 1);
}

#[test]
fn a_second_signal_ends_at_once_and_loses_nothing() {
    let slow = Slow::start();
    let folder = tempfile::tempdir().unwrap();
    let (mut argand, asking) = ending(&slow, folder.path());
    argand.server.signal("INT").unwrap();
    assert!(
        !argand.server.wait().unwrap(),
        "an end at once is none in order"
    );
    assert!(argand.server.log().contains("ended at once"));
    assert!(asking.join().unwrap().is_err());
    let again = Argand::start_in(folder.path(), "{}\n", &[]).unwrap();
    assert_eq!(again.query("count_over_time(up[1h]) > 3").unwrap().len(), 1);
}

/// Waits for a message of systemd's socket that has all these lines in front.
fn hear(socket: &UnixDatagram, first: &str) -> String {
    let mut message = [0; 4096];
    loop {
        let length = socket.recv(&mut message).unwrap();
        let text = String::from_utf8_lossy(&message[..length]).into_owned();
        if text.starts_with(first) {
            return text;
        }
        let expected = ["STATUS=", "WATCHDOG=1"];
        assert!(
            expected.iter().any(|known| text.starts_with(known)),
            "{text}"
        );
    }
}

#[test]
fn systemd_hears_of_start_reload_life_and_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let port = free_port().unwrap();
    let file = folder.path().join("prometheus.yml");
    std::fs::write(&file, "{}\n").unwrap();
    let mut command = Command::new(binary().unwrap());
    command
        .current_dir(folder.path())
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "200000")
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let url = format!("http://127.0.0.1:{port}");
    let log = folder.path().join("log");
    let mut server = Server::start(command, url, "/-/ready", &log).unwrap();
    hear(&socket, "READY=1\nSTATUS=ready");
    hear(&socket, "WATCHDOG=1");
    hear(&socket, "WATCHDOG=1");
    server.signal("HUP").unwrap();
    let reloading = hear(&socket, "RELOADING=1\nMONOTONIC_USEC=");
    let micros = reloading.lines().nth(1).unwrap().split('=').nth(1).unwrap();
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    let told: f64 = micros.parse::<f64>().unwrap() / 1e6;
    assert!(told > 0.0 && told <= uptime + 1.0, "{told} of {uptime}");
    hear(&socket, "READY=1\nSTATUS=ready");
    std::fs::write(&file, "nonsense: 1\n").unwrap();
    server.signal("HUP").unwrap();
    hear(&socket, "RELOADING=1");
    hear(
        &socket,
        "READY=1\nSTATUS=ready; the new configuration is wrong",
    );
    server.signal("TERM").unwrap();
    hear(&socket, "STOPPING=1");
    assert!(server.wait().unwrap());
}
