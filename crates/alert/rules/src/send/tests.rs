//! A sender and Alertmanagers that are small servers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use contract::{AlertSink as _, Alertmanagers as _, Gather as _, TargetGroup, TargetSink as _};
use model::{Alert, Labels, PointValue};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{Sender, SenderOptions};

/// An Alertmanager that keeps what it is told and answers with a status.
struct Receiver {
    address: String,
    told: Arc<Mutex<Vec<(String, Value)>>>,
    status: Arc<AtomicU16>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (told, status) = (Arc::default(), Arc::new(AtomicU16::new(200)));
        let receiver = Self {
            address,
            told: Arc::clone(&told),
            status: Arc::clone(&status),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (told, status) = (Arc::clone(&told), Arc::clone(&status));
                std::thread::spawn(move || serve(&stream.unwrap(), &told, &status));
            }
        });
        receiver
    }

    fn alerts(&self) -> Vec<Value> {
        let told = self.told.lock();
        let alerts = told.iter().flat_map(|(_, body)| body.as_array().unwrap());
        alerts.cloned().collect()
    }
}

fn serve(stream: &TcpStream, told: &Mutex<Vec<(String, Value)>>, status: &AtomicU16) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let status = status.load(Ordering::Relaxed);
        if status == 200 {
            told.lock()
                .push((head, serde_json::from_slice(&body).unwrap()));
        }
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\n{{}}");
        (&*stream).write_all(answer.as_bytes()).unwrap();
    }
}

struct World {
    sender: Sender,
    runtime: Runtime,
}

impl World {
    fn new(options: SenderOptions) -> Self {
        // Only fails where another provider was installed before.
        let runtime = Runtime::new().unwrap();
        Self {
            sender: Sender::new(options, runtime.handle().clone()),
            runtime,
        }
    }

    fn load(&self, text: &str) {
        let config = config::parse(text, Path::new("p.yml"), &|_| None).unwrap();
        let loaded = self.sender.load(&config).unwrap();
        self.sender.apply(loaded);
    }

    fn find(&self, job: &str, addresses: &[&str]) {
        let targets = addresses.iter();
        let group = TargetGroup {
            source: "0".to_owned(),
            labels: Labels::from_pairs([("zone", "z")]),
            targets: targets
                .map(|address| Labels::from_pairs([("__address__", address)]))
                .collect(),
        };
        self.sender.replace(job, vec![Arc::new(group)]);
    }

    fn wait(&self, mut holds: impl FnMut() -> bool) {
        let waiting = async {
            while !holds() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let most = Duration::from_secs(60);
        let waited = async { tokio::time::timeout(most, waiting).await };
        self.runtime
            .block_on(waited)
            .expect("it holds within a minute");
    }

    fn metric(&self, name: &str) -> f64 {
        let mut families = Vec::new();
        self.sender.gather(&mut families);
        let family = families.iter().find(|family| family.name == name).unwrap();
        let values = family.points.iter().map(|point| match point.value {
            PointValue::Number(value) => value,
            _ => panic!("{name} is a number"),
        });
        values.sum()
    }
}

fn alert(name: &str) -> Alert {
    Alert {
        labels: Labels::from_pairs([("alertname", name), ("job", "a")]),
        annotations: Labels::from_pairs([("summary", "It is \"down\"")]),
        starts_at: 1_700_000_000_123,
        ends_at: 1_700_000_240_000,
        updated_at: 1_700_000_000_123,
        generator_url: "http://x/graph".to_owned(),
    }
}

#[test]
fn alerts_arrive_relabelled_with_the_labels_of_this_server() {
    let (one, other) = (Receiver::start(), Receiver::start());
    let world = World::new(SenderOptions::default());
    world.load(
        "global: {external_labels: {job: mine, replica: r1}}
alerting:
  alert_relabel_configs:
  - {action: labeldrop, regex: replica}
  - {source_labels: [alertname], action: drop, regex: Quiet}
  alertmanagers:
  - path_prefix: /am/
    static_configs: [{targets: [x]}]
  - alert_relabel_configs: [{target_label: only, replacement: here}]
    relabel_configs: [{source_labels: [__address__], action: drop, regex: 'gone:.*'}]
",
    );
    world.find("config-0", &[&one.address]);
    world.find("config-1", &[&other.address, "gone:1", "bad/address"]);
    world.find("config-2", &["nobody:1"]);
    let mut urls = vec![
        format!("http://{}/am/api/v2/alerts", one.address),
        format!("http://{}/api/v2/alerts", other.address),
    ];
    urls.sort();
    assert_eq!(world.sender.active(), urls);
    assert_eq!(world.sender.dropped(), ["http://gone:1/api/v2/alerts"]);

    world.sender.send(&[alert("Down"), alert("Quiet")]);
    world.wait(|| !one.alerts().is_empty() && !other.alerts().is_empty());
    let mut expected = json!({
        "labels": {"alertname": "Down", "job": "a"},
        "annotations": {"summary": "It is \"down\""},
        "startsAt": "2023-11-14T22:13:20.123Z",
        "endsAt": "2023-11-14T22:17:20.000Z",
        "generatorURL": "http://x/graph",
    });
    assert_eq!(one.alerts(), [expected.clone()]);
    expected["labels"]["only"] = json!("here");
    assert_eq!(other.alerts(), [expected]);
    let head = one.told.lock()[0].0.to_lowercase();
    assert!(
        head.starts_with("post /am/api/v2/alerts http/1.1"),
        "{head}"
    );
    assert!(head.contains("content-type: application/json"), "{head}");
    world.wait(|| world.metric("prometheus_notifications_sent_total") == 2.0);
    assert_eq!(world.metric("prometheus_notifications_queue_length"), 0.0);
    world.runtime.block_on(world.sender.shutdown());
}

const ONE: &str = "alerting: {alertmanagers: [{static_configs: [{targets: [x]}]}]}";

#[test]
fn requests_are_bounded_and_what_waits_is_sent_before_the_end() {
    let receiver = Receiver::start();
    let world = World::new(SenderOptions {
        queue_capacity: 10,
        batch_size: 4,
        drain_at_the_end: true,
    });
    world.load(ONE);
    world.find("config-0", &[&receiver.address]);
    let names: Vec<String> = (0..15).map(|n| format!("A{n}")).collect();
    let alerts: Vec<Alert> = names.iter().map(|name| alert(name)).collect();
    world.sender.send(&alerts);
    world.runtime.block_on(world.sender.shutdown());
    let told: Vec<Value> = receiver.alerts();
    let told: Vec<&str> = told
        .iter()
        .map(|alert| alert["labels"]["alertname"].as_str().unwrap())
        .collect();
    // The oldest had no room.
    assert_eq!(told, names[5..]);
    let sizes = receiver.told.lock();
    let sizes: Vec<usize> = sizes
        .iter()
        .map(|(_, b)| b.as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [4, 4, 2]);
    assert_eq!(world.metric("prometheus_notifications_dropped_total"), 5.0);
    // Nothing is taken after the end.
    world.sender.send(&alerts);
    assert_eq!(world.metric("prometheus_notifications_queue_length"), 0.0);
}

#[test]
fn requests_to_amazon_are_signed() {
    let receiver = Receiver::start();
    let world = World::new(SenderOptions::default());
    world.load(
        "alerting: {alertmanagers: [{sigv4: {region: eu-west-1, access_key: AKID, secret_key: s}, \
         path_prefix: /workspaces/ws-1/alertmanager, static_configs: [{targets: [x]}]}]}",
    );
    world.find("config-0", &[&receiver.address]);
    world.sender.send(&[alert("A")]);
    world.wait(|| receiver.alerts().len() == 1);
    let (head, _) = receiver.told.lock()[0].clone();
    let signed = "Credential=AKID/";
    assert!(head.contains(signed), "{head}");
    assert!(
        head.contains("/eu-west-1/aps/aws4_request, SignedHeaders=content-type;host;x-amz-date, "),
        "{head}"
    );
    world.runtime.block_on(world.sender.shutdown());
}

#[test]
fn a_failure_is_counted_and_the_next_alerts_are_sent() {
    let receiver = Receiver::start();
    receiver.status.store(500, Ordering::Relaxed);
    let world = World::new(SenderOptions::default());
    world.load(ONE);
    world.find("config-0", &[&receiver.address]);
    world.sender.send(&[alert("A")]);
    world.wait(|| world.metric("prometheus_notifications_errors_total") == 1.0);
    assert_eq!(world.metric("prometheus_notifications_dropped_total"), 1.0);
    receiver.status.store(200, Ordering::Relaxed);
    world.sender.send(&[alert("B")]);
    world.wait(|| receiver.alerts().len() == 1);
    world.runtime.block_on(world.sender.shutdown());
}

#[test]
fn one_that_is_gone_delays_no_other_and_no_end() {
    // A server that takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = Receiver::start();
    let world = World::new(SenderOptions {
        batch_size: 1,
        ..SenderOptions::default()
    });
    world.load("alerting: {alertmanagers: [{timeout: 100ms, static_configs: [{targets: [x]}]}]}");
    let silent_address = silent.local_addr().unwrap().to_string();
    world.find("config-0", &[&silent_address, &receiver.address]);
    let alerts: Vec<Alert> = (0..100).map(|n| alert(&n.to_string())).collect();
    world.sender.send(&alerts);
    world.wait(|| receiver.alerts().len() == 100);
    world.runtime.block_on(world.sender.shutdown());
    assert_eq!(
        world.metric("prometheus_notifications_dropped_total"),
        100.0
    );
}

#[test]
fn a_section_that_stays_keeps_its_alertmanagers() {
    let receiver = Receiver::start();
    let world = World::new(SenderOptions::default());
    world.load(ONE);
    world.find("config-0", &[&receiver.address]);
    let more =
        "alerting: {alertmanagers: [{path_prefix: /new}, {static_configs: [{targets: [x]}]}]}";
    world.load(more);
    assert_eq!(world.sender.active().len(), 1);
    world.sender.send(&[alert("A")]);
    world.wait(|| receiver.alerts().len() == 1);
    world.load("global: {}");
    assert_eq!(world.sender.active().len(), 0);
    world.sender.send(&[alert("B")]);
    world.runtime.block_on(world.sender.shutdown());
    assert_eq!(receiver.alerts().len(), 1);
}
