//! The push gateway: a script of requests against the original, clients that push unchanged, what
//! survives `kill -9`, and what queries see.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod table;
mod wire;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Result;
use argand_tests::{Argand, Server, binary, free_port, get_json, installed};
use serde_json::Value;
use table::{Compare, table};
use wire::send;

/// Starts Argand as a push gateway alone.
fn argand(folder: &Path, flags: &[&str]) -> Result<Server> {
    let mut command = Command::new(binary()?);
    command.arg("pushgateway").args(flags);
    command.arg(format!("--storage.path={}", folder.display()));
    start(command, folder)
}

fn start(mut command: Command, folder: &Path) -> Result<Server> {
    let address = format!("127.0.0.1:{}", free_port()?);
    command.arg(format!("--web.listen-address={address}"));
    let url = format!("http://{address}");
    Server::start(command, url, "/-/ready", &folder.join("push.log"))
}

/// What is shown, without what a program says of itself; of times whether there is one.
fn held(server: &Server) -> String {
    let shown = send(&server.url, "GET", "/metrics", &[], b"").unwrap().body;
    let own = ["go_", "process_", "pushgateway_", "argand_", "promhttp_"];
    let mut lines = Vec::new();
    for line in shown.lines() {
        let bare = line
            .strip_prefix("# HELP ")
            .or_else(|| line.strip_prefix("# TYPE "));
        if own
            .iter()
            .any(|start| bare.unwrap_or(line).starts_with(start))
        {
            continue;
        }
        let is_time = line.starts_with("push_time_") || line.starts_with("push_failure_");
        match line.rsplit_once(' ') {
            Some((series, value)) if is_time && value != "0" => {
                lines.push(format!("{series} TIME"))
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

/// The groups as JSON, sorted, without times.
fn listed(server: &Server) -> Vec<String> {
    fn mask(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match name.as_str() {
                        "time_stamp" => *value = "TIME".into(),
                        _ => mask(value),
                    }
                }
            }
            Value::Array(all) => all.iter_mut().for_each(mask),
            Value::String(text) if text.starts_with("1.79") || text.starts_with("1.8") => {
                *text = "TIME".to_owned();
            }
            _ => {}
        }
    }
    let answer = send(&server.url, "GET", "/api/v1/metrics", &[], b"").unwrap();
    assert_eq!(answer.code, 200);
    let mut answer: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer["status"], "success");
    let groups = answer["data"].as_array_mut().unwrap();
    groups.iter_mut().for_each(mask);
    let mut groups: Vec<String> = groups.iter().map(Value::to_string).collect();
    groups.sort();
    groups
}

#[test]
fn every_request_is_answered_as_by_the_original() {
    let Some(program) = installed("prometheus-pushgateway") else {
        return;
    };
    let (mine, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let argand = argand(mine.path(), &["--web.enable-admin-api"]).unwrap();
    let mut command = Command::new(program);
    command.args(["--web.enable-admin-api", "--persistence.file="]);
    let original = start(command, theirs.path()).unwrap();
    let table = table();
    assert!(table.len() > 200, "{}", table.len());
    let mut differ = Vec::new();
    for case in table {
        // The answer, what is held, what is listed; a line each, as far as it goes.
        let ask = |server: &Server| -> Vec<String> {
            let (method, path) = (case.method, case.path);
            let sent = send(&server.url, method, path, &case.headers, &case.body);
            let mut reply =
                sent.unwrap_or_else(|e| panic!("{} {method} {path}: {e:#}", server.url));
            if case.compare == Compare::NotBody {
                reply.body.clear();
            }
            let mut lines = vec![format!("{reply:?}")];
            lines.extend(held(server).lines().map(str::to_owned));
            lines.extend(listed(server));
            lines
        };
        let (found, expected) = (ask(&argand), ask(&original));
        if found != expected {
            let only = |these: &[String], others: &[String]| {
                let these = these.iter().filter(|line| !others.contains(line));
                these.cloned().collect::<Vec<_>>().join("\n    ")
            };
            differ.push(format!(
                "{} {} {:?} {:?}\n  argand alone:\n    {}\n  the original alone:\n    {}",
                case.method,
                case.path,
                String::from_utf8_lossy(&case.body),
                case.headers,
                only(&found, &expected),
                only(&expected, &found)
            ));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn what_was_acknowledged_survives_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = argand(folder.path(), &[]).unwrap();
    // The last value that was acknowledged, by group.
    let acknowledged: Mutex<BTreeMap<usize, u64>> = Mutex::default();
    let url = server.url.clone();
    std::thread::scope(|scope| {
        for sender in 0..4 {
            let (url, acknowledged) = (&url, &acknowledged);
            scope.spawn(move || {
                for number in 1..10_000u64 {
                    let group = sender * 10 + (number % 10) as usize;
                    let path = format!("/metrics/job/j/group/{group}");
                    let body = format!("# TYPE x counter\nx {number}\n");
                    let method = if number % 3 == 0 { "POST" } else { "PUT" };
                    match send(url, method, &path, &[], body.as_bytes()) {
                        Ok(reply) => assert_eq!(reply.code, 200, "{reply:?}"),
                        Err(_) => return,
                    }
                    acknowledged.lock().unwrap().insert(group, number);
                }
            });
        }
        std::thread::sleep(Duration::from_secs(1));
        server.kill();
    });
    let acknowledged = acknowledged.into_inner().unwrap();
    assert_eq!(acknowledged.len(), 40, "all groups were pushed to");
    let server = argand(folder.path(), &[]).unwrap();
    let shown = held(&server);
    for (group, least) in acknowledged {
        let line = format!("x{{group=\"{group}\",instance=\"\",job=\"j\"}} ");
        let value = shown.lines().find_map(|shown| shown.strip_prefix(&line));
        let value: u64 = value
            .unwrap_or_else(|| panic!("{line} in {shown}"))
            .parse()
            .unwrap();
        // What was logged and not answered any more may be there.
        assert!(
            value >= least,
            "{line}{value}, and {least} was acknowledged"
        );
    }
}

/// Whether a query has this many results, now or within a quarter of a minute.
fn comes_to(argand: &Argand, query: &str, count: usize) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(15) {
        if argand.query(query).unwrap().len() == count {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

#[test]
fn queries_see_what_is_pushed_as_long_as_it_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let own = free_port().unwrap();
    let flag = format!("--push.listen-address=127.0.0.1:{own}");
    let configuration = "global: {scrape_interval: 1s}\n";
    let flags = [flag.as_str(), "--query.lookback-delta=3s"];
    let mut argand = Argand::start_in(folder.path(), configuration, &flags).unwrap();
    let push = |argand: &Argand, method: &str, path: &str, body: &str| {
        let (url, path) = (&argand.server.url, format!("/pushgateway{path}"));
        send(url, method, &path, &[("Push-Ttl", "1h")], body.as_bytes()).unwrap()
    };
    let body = "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nx{instance=\"i\",a=\"\"} 2\ny 3\n";
    let reply = push(&argand, "PUT", "/metrics/job/a/team/t", body);
    assert_eq!(reply.code, 200, "{reply:?}");
    // At once, without a wait.
    assert_eq!(
        argand
            .query("x{job=\"a\",team=\"t\",instance=\"i\"} == 2")
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        argand
            .query("h_bucket{instance=\"\",le=\"1.0\"}")
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        argand.query("push_time_seconds{job=\"a\"}").unwrap().len(),
        1
    );
    // Longer than queries look back: the value is kept fresh.
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(argand.query("y").unwrap().len(), 1);
    // What a push leaves out ends with it.
    let reply = push(&argand, "PUT", "/metrics/job/a/team/t", "y 4\n");
    assert_eq!(reply.code, 200);
    assert!(argand.query("x").unwrap().is_empty());
    assert_eq!(argand.query("y == 4").unwrap().len(), 1);

    argand.server.kill();
    let argand = Argand::start_in(folder.path(), configuration, &flags).unwrap();
    assert!(comes_to(&argand, "y == 4", 1), "held over kill -9");
    let door = format!("http://127.0.0.1:{own}");
    let listed = get_json(&format!("{door}/api/v1/metrics")).unwrap();
    assert_eq!(listed["data"][0]["labels"]["team"], "t");
    assert!(listed["data"][0]["expires"].is_string(), "{listed}");
    let own = send(&argand.server.url, "GET", "/metrics", &[], b"")
        .unwrap()
        .body;
    assert!(
        own.contains("\npushgateway_groups 1\n"),
        "told at the server's own /metrics"
    );

    let selector = "/api/v1/groups?match[]=%7Bteam%3D~%22t%7Cu%22%7D";
    let reply = send(&door, "DELETE", selector, &[], b"").unwrap();
    assert_eq!(
        reply.body,
        "{\"status\":\"success\",\"data\":{\"deleted\":1}}"
    );
    assert!(argand.query("y").unwrap().is_empty(), "ended at once");
    for (selector, said) in [
        ("/api/v1/groups", "no match[] parameter"),
        ("/api/v1/groups?match[]={", "invalid parameter"),
        ("/api/v1/groups?match[]={a=~\".*\"}", "invalid parameter"),
    ] {
        let selector = selector.replace('"', "%22");
        let reply = send(&door, "DELETE", &selector, &[], b"").unwrap();
        assert!(
            reply.code == 400 && reply.body.contains(said),
            "{selector}: {reply:?}"
        );
    }
}

#[test]
fn a_group_lives_as_long_as_its_push_says() {
    let folder = tempfile::tempdir().unwrap();
    let server = argand(folder.path(), &[]).unwrap();
    let push = |path: &str, headers: &[(&str, &str)]| {
        send(&server.url, "PUT", path, headers, b"x 1\n").unwrap()
    };
    assert_eq!(push("/metrics/job/a", &[("Push-Ttl", "1s")]).code, 200);
    assert_eq!(
        push("/metrics/job/b?ttl=1s", &[("Push-Ttl", "1h")]).code,
        200
    );
    assert_eq!(push("/metrics/job/c", &[]).code, 200);
    for wrong in ["0s", "x", "-1s", ""] {
        let reply = push("/metrics/job/d", &[("Push-Ttl", wrong)]);
        assert!(
            reply.code == 400 && reply.body.contains("time to live"),
            "{reply:?}"
        );
    }
    let began = Instant::now();
    while listed(&server).len() > 1 {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{}",
            held(&server)
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(held(&server).contains("x{instance=\"\",job=\"c\"} 1"));
}

#[test]
fn flags_of_the_original_mean_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("groups.data");
    std::fs::write(&file, "gob").unwrap();
    let flags = [
        "--web.route-prefix=/p",
        "--web.telemetry-path=/shown",
        "--web.enable-lifecycle",
        "--push.disable-consistency-check",
        "--persistence.interval=1m",
        &format!("--persistence.file={}", file.display()),
    ];
    let mut command = Command::new(binary().unwrap());
    command.arg("pushgateway").args(flags);
    let address = format!("127.0.0.1:{}", free_port().unwrap());
    command.arg(format!("--web.listen-address={address}"));
    let url = format!("http://{address}");
    let log = folder.path().join("log");
    let mut server = Server::start(command, url.clone(), "/p/-/ready", &log).unwrap();
    let ask = |method: &str, path: &str, body: &str| {
        send(&url, method, path, &[], body.as_bytes()).unwrap()
    };
    assert!(
        server.log().contains("only Go programs read"),
        "{}",
        server.log()
    );
    assert_eq!(ask("PUT", "/p/metrics/job/a", "x 1\n").code, 202);
    assert_eq!(ask("PUT", "/p/metrics/job/b", "x 1 1\n").code, 202);
    assert_eq!(ask("PUT", "/p/metrics/job/b", "x").code, 400);
    assert_eq!(ask("PUT", "/metrics/job/b", "x 1\n").code, 404);
    assert_eq!(
        ask("PUT", "/p/metrics/job//b", "").location,
        "/p/metrics/job/b"
    );
    let shown = ask("GET", "/p/shown", "").body;
    assert!(shown.contains("x{instance=\"\",job=\"a\"} 1\n"), "{shown}");
    assert!(!shown.contains("x{instance=\"\",job=\"b\"}"), "{shown}");
    assert_eq!(ask("PUT", "/p/api/v1/admin/wipe", "").code, 404);
    assert_eq!(
        ask("PUT", "/p/-/quit", "").body,
        "Requesting termination... Goodbye!"
    );
    assert!(server.wait().unwrap(), "it ended well");
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "gob",
        "left as it was"
    );
}

#[test]
fn below_a_prefix_all_is_as_above_it() {
    let flags = ["--web.external-url=http://127.0.0.1:1/argand"];
    let argand = Argand::start_below("/argand", "scrape_configs: []\n", &flags).unwrap();
    let url = argand.server.url.trim_end_matches("/argand");
    let put = |path: &str| send(url, "PUT", path, &[], b"x 1\n").unwrap();
    assert_eq!(put("/argand/pushgateway/metrics/job/a").code, 200);
    let moved = put("/argand/pushgateway/metrics/job//b");
    assert_eq!(
        (moved.code, moved.location.as_str()),
        (301, "/argand/pushgateway/metrics/job/b")
    );
    assert_eq!(put("/pushgateway/metrics/job/a").code, 404);
}

/// What Python's client pushes, adds and deletes.
const PYTHON: &str = r#"
import sys
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary
from prometheus_client import delete_from_gateway, push_to_gateway, pushadd_to_gateway
address = sys.argv[1]
registry = CollectorRegistry()
Gauge("last_success", "When the job \\ ended.", ["stage"], registry=registry).labels('a"b').set(5)
Counter("records", "Records.", registry=registry).inc(3)
h = Histogram("took_seconds", "Time.", registry=registry)
h.observe(0.3)
Summary("size_bytes", "Size.", registry=registry).observe(7)
push_to_gateway(address, job="nightly", registry=registry, grouping_key={"path": "/var/tmp", "empty": ""})
push_to_gateway(address, job="other", registry=registry)
more = CollectorRegistry()
Gauge("added", "Later.", registry=more).set(1)
pushadd_to_gateway(address, job="nightly", registry=more, grouping_key={"path": "/var/tmp", "empty": ""})
delete_from_gateway(address, job="other")
"#;

#[test]
fn pythons_client_pushes_unchanged() {
    let Some(python) = argand_tests::python_clients() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = argand(folder.path(), &[]).unwrap();
    let address = server.url.trim_start_matches("http://");
    let output = Command::new(python)
        .args(["-c", PYTHON, address])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let shown = held(&server);
    let labels = "empty=\"\",instance=\"\",job=\"nightly\",path=\"/var/tmp\"";
    for line in [
        "# HELP last_success When the job \\\\ ended.".to_owned(),
        format!("last_success{{{labels},stage=\"a\\\"b\"}} 5"),
        format!("records_total{{{labels}}} 3"),
        format!("took_seconds_bucket{{{labels},le=\"0.5\"}} 1"),
        format!("size_bytes_sum{{{labels}}} 7"),
        format!("added{{{labels}}} 1"),
    ] {
        assert!(
            shown.lines().any(|shown| shown == line),
            "{line} in {shown}"
        );
    }
    assert!(!shown.contains("\"other\""), "{shown}");
}
