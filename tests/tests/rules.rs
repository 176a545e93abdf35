//! The same rule files over the same targets: Argand and the original record the same samples, know
//! the same alerts and tell them to a real Alertmanager; and `for` outlives a restart.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use argand_tests::{Argand, Page, Server, Target, free_port, get, installed, post, query};
use serde_json::{Value, json};

/// How long anything here may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where both servers say that they are.
const URL_FLAG: &str = "--web.external-url=http://rules.example:9000";

const RULES: &str = r#"groups:
- name: rooms
  rules:
  - record: room:temperature:max
    expr: max by (room) (temperature_celsius)
    labels: {unit: celsius, instance: ""}
  - record: rooms:count
    expr: count(room:temperature:max)
  - alert: Hot
    expr: room:temperature:max > 30
    labels: {severity: page, where: "{{ $labels.room }}, {{ $externalLabels.site }}"}
    annotations:
      summary: "{{ $labels.room }} has {{ $value | humanize }}° of {{ with query \"rooms:count\" }}{{ . | first | value }}{{ end }} rooms"
      link: "{{ $externalURL }}{{ graphLink \"temperature_celsius\" }}"
      broken: "{{ query \"(\" }}"
      empty: "{{ if gt $value 1000.0 }}evacuate{{ end }}"
  - alert: HotForLong
    expr: temperature_celsius > 30
    for: 1h
  - alert: Frozen
    expr: temperature_celsius < 0
- name: wrong
  limit: 1
  interval: 2s
  rules:
  - record: too:many
    expr: temperature_celsius
  - record: the:same
    expr: temperature_celsius
    labels: {room: all}
  - record: no:match
    expr: label_replace(temperature_celsius, "room", "x", "", "")
  - alert: TooMany
    expr: temperature_celsius
  - alert: TheSame
    expr: temperature_celsius
    labels: {room: all}
  - record: a:number
    expr: scalar(max(temperature_celsius)) * 2
"#;

/// Rooms, of which one can be cooled.
fn rooms() -> (Target, Arc<AtomicBool>) {
    let cooled = Arc::new(AtomicBool::new(false));
    let is_cooled = Arc::clone(&cooled);
    let target = Target::start(move |_| {
        let kitchen = if is_cooled.load(Ordering::Relaxed) {
            20.0
        } else {
            41.5
        };
        Page::text(format!(
            "temperature_celsius{{room=\"kitchen\"}} {kitchen}\ntemperature_celsius{{room=\"hall\"}} 18\n"
        ))
    });
    (target.unwrap(), cooled)
}

fn configuration(rules: &Path, target: &str, rest: &str) -> String {
    format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s, external_labels: {{site: home}}}}
rule_files: ['{}']
scrape_configs:
- job_name: rooms
  static_configs: [{{targets: ['{target}']}}]
{rest}",
        rules.display()
    )
}

/// The folder of a newer original, where one is at hand.
fn newer() -> Option<PathBuf> {
    std::env::var_os("ARGAND_PROMETHEUS_NEXT").map(PathBuf::from)
}

fn prometheus(folder: &Path, configuration: &str) -> Option<Server> {
    let program = match newer() {
        Some(folder) => folder.join("prometheus"),
        None => installed("prometheus")?,
    };
    let port = free_port().unwrap();
    let file = folder.join("original.yml");
    std::fs::write(&file, configuration).unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(URL_FLAG)
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("original").display()
        ));
    let url = format!("http://127.0.0.1:{port}");
    Some(Server::start(command, url, "/-/ready", &folder.join("original.log")).unwrap())
}

/// A path whose query holds signs that URLs do not.
fn escaped(path: &str) -> String {
    let signs = [
        ('[', "%5B"),
        (']', "%5D"),
        ('{', "%7B"),
        ('}', "%7D"),
        ('"', "%22"),
    ];
    signs.iter().fold(path.to_owned(), |path, (sign, code)| {
        path.replace(*sign, code)
    })
}

fn data(server: &str, path: &str) -> Value {
    let answer = get(&format!("{server}/api/v1/{}", escaped(path))).unwrap();
    let value: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    value["data"].clone()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < PATIENCE,
            "{what}: not within {PATIENCE:?}"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Takes away what differs from moment to moment, and the order of alerts, which upstream leaves
/// open.
fn settle(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for key in [
                "evaluationTime",
                "lastEvaluation",
                "activeAt",
                "startsAt",
                "endsAt",
                "updatedAt",
            ] {
                map.remove(key);
            }
            if let Some(token) = map.get_mut("groupNextToken") {
                // What it is made of is each version's own business.
                *token = json!("there is more");
            }
            map.values_mut().for_each(settle);
            if let Some(Value::Array(alerts)) = map.get_mut("alerts") {
                alerts.sort_by_key(ToString::to_string);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(settle),
        _ => {}
    }
}

/// What older originals answer as newer ones do: they leave out labels that a recording rule has
/// not.
fn as_newer(mut value: Value) -> Value {
    let groups = value.get_mut("groups").and_then(Value::as_array_mut);
    for group in groups.into_iter().flatten() {
        for rule in group["rules"].as_array_mut().unwrap() {
            let rule = rule.as_object_mut().unwrap();
            rule.entry("labels").or_insert_with(|| json!({}));
        }
    }
    value
}

/// Series with their values; of those that hold moments only the series.
fn series(server: &str) -> Vec<String> {
    let text = "{__name__=~\"ALERTS|ALERTS_FOR_STATE|room:.*|rooms:.*|a:.*|the:.*|too:.*|no:.*\"}";
    let found = query(server, text).unwrap();
    let mut lines: Vec<String> = found
        .iter()
        .map(|one| match one["metric"]["__name__"].as_str().unwrap() {
            "ALERTS_FOR_STATE" => one["metric"].to_string(),
            _ => format!("{} {}", one["metric"], one["value"][1]),
        })
        .collect();
    lines.sort();
    lines
}

/// Both come to the same series once groups that have their turn seldom have had it.
fn same_series(servers: [&str; 2]) {
    let began = Instant::now();
    while series(servers[0]) != series(servers[1]) && began.elapsed() < PATIENCE / 3 {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(series(servers[0]), series(servers[1]));
}

fn settled(server: &str, path: &str) -> Value {
    let mut value = data(server, path);
    settle(&mut value);
    value
}

/// How many alerts of a name are in a state.
fn count(server: &str, name: &str, state: &str) -> usize {
    let alerts = data(server, "alerts");
    let alerts = alerts["alerts"].as_array().unwrap().iter();
    alerts
        .filter(|one| one["labels"]["alertname"] == name && one["state"] == state)
        .count()
}

#[test]
fn rules_give_what_they_give_in_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rooms.rules.yml");
    std::fs::write(&file, RULES).unwrap();
    let (target, cooled) = rooms();
    let configuration = configuration(&file, &target.address, "");
    let Some(original) = prometheus(folder.path(), &configuration) else {
        return;
    };
    let argand = Argand::start(&configuration, &[URL_FLAG]).unwrap();
    let servers = [original.url.as_str(), argand.server.url.as_str()];
    for server in servers {
        // The original stores alerts from its third turn on.
        wait_until("alerts fire and are stored", || {
            count(server, "Hot", "firing") == 1
                && count(server, "HotForLong", "pending") == 1
                && query(server, "count_over_time(ALERTS{alertname=\"Hot\"}[1m]) > 2")
                    .is_ok_and(|list| list.len() == 1)
        });
        wait_until("every rule has been evaluated", || {
            !data(server, "rules")
                .to_string()
                .contains("\"health\":\"unknown\"")
        });
    }
    let filters = [
        "rules?type=alert&rule_name[]=Hot",
        "rules?rule_group[]=wrong&type=record",
        "rules?file[]=nowhere",
        "rules?exclude_alerts=true",
        "rules?match[]={severity=\"page\"}",
        "rules?group_limit=1",
    ];
    let filters = filters.iter().filter(|_| newer().is_some());
    for path in ["rules", "rules?type=record", "alerts"]
        .iter()
        .chain(filters)
    {
        let theirs = as_newer(settled(&original.url, path));
        let ours = settled(&argand.server.url, path);
        assert_eq!(ours, theirs, "{path}:\n{ours:#}\n{theirs:#}");
    }
    same_series(servers);
    assert_eq!(
        data(&argand.server.url, "alertmanagers"),
        data(&original.url, "alertmanagers")
    );

    cooled.store(true, Ordering::Relaxed);
    for server in servers {
        wait_until("the alerts end", || {
            data(server, "alerts") == json!({"alerts": []})
                && query(server, "ALERTS").unwrap().is_empty()
        });
    }
    same_series(servers);
}

/// A running Alertmanager that tells nobody.
fn alertmanager(folder: &Path) -> Option<Server> {
    let program = installed("prometheus-alertmanager")?;
    let port = free_port().unwrap();
    let file = folder.join("alertmanager.yml");
    std::fs::write(
        &file,
        "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n",
    )
    .unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=")
        .arg(format!("--storage.path={}", folder.join("am").display()));
    let url = format!("http://127.0.0.1:{port}");
    Some(Server::start(command, url, "/-/ready", &folder.join("am.log")).unwrap())
}

#[test]
fn alerts_arrive_at_an_alertmanager_as_those_of_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let (Some(told), Some(_)) = (alertmanager(folder.path()), installed("prometheus")) else {
        return;
    };
    let file = folder.path().join("rooms.rules.yml");
    std::fs::write(&file, RULES).unwrap();
    let (target, cooled) = rooms();
    let address = told.url.trim_start_matches("http://");
    let with = |from: &str| {
        let rest = format!(
            "alerting:
  alert_relabel_configs:
  - {{target_label: from, replacement: {from}}}
  - {{source_labels: [alertname], regex: Hot, action: keep}}
  alertmanagers:
  - relabel_configs: [{{source_labels: [__address__], regex: 'gone.*', action: drop}}]
    static_configs: [{{targets: ['{address}', 'gone:9093']}}]
"
        );
        configuration(&file, &target.address, &rest)
    };
    let original = prometheus(folder.path(), &with("original")).unwrap();
    let argand = Argand::start(&with("argand"), &[URL_FLAG]).unwrap();
    let alert = |from: &str| -> Option<Value> {
        let answer = get(&format!("{}/api/v2/alerts", told.url)).unwrap();
        let alerts: Value = serde_json::from_str(&answer.text).unwrap();
        let mut alerts = alerts.as_array()?.iter();
        alerts.find(|one| one["labels"]["from"] == from).cloned()
    };
    for from in ["original", "argand"] {
        wait_until("the alert arrives", || alert(from).is_some());
    }
    let comparable = |from: &str| {
        let mut alert = alert(from).unwrap();
        settle(&mut alert);
        alert["labels"].as_object_mut().unwrap().remove("from");
        alert.as_object_mut().unwrap().remove("fingerprint");
        // An annotation that came out empty says nothing, and only the original sends it.
        alert["annotations"]
            .as_object_mut()
            .unwrap()
            .remove("empty");
        alert
    };
    assert_eq!(comparable("argand"), comparable("original"));
    assert_eq!(
        data(&argand.server.url, "alertmanagers"),
        data(&original.url, "alertmanagers")
    );
    cooled.store(true, Ordering::Relaxed);
    for from in ["original", "argand"] {
        wait_until("the end arrives", || alert(from).is_none());
    }
}

/// Since when the only alert holds, in seconds since the epoch, as it is stored.
fn stored_since(argand: &Argand) -> Option<f64> {
    let found = argand.query("ALERTS_FOR_STATE").unwrap();
    found.first()?["value"][1].as_str()?.parse().ok()
}

#[test]
fn an_alert_holds_on_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.yml");
    let rules = "groups: [{name: g, rules: [{alert: A, expr: temperature_celsius > 30, for: 1h}]}]";
    std::fs::write(&file, rules).unwrap();
    let (target, _) = rooms();
    let configuration = configuration(&file, &target.address, "");
    let flags = ["--rules.alert.for-grace-period=1s"];
    let mut first = Argand::start_in(folder.path(), &configuration, &flags).unwrap();
    wait_until("the alert is stored", || {
        first
            .query("count_over_time(ALERTS_FOR_STATE[1m]) > 5")
            .is_ok_and(|list| list.len() == 1)
    });
    let since = stored_since(&first).unwrap();
    first.server.kill();

    let second = Argand::start_in(folder.path(), &configuration, &flags).unwrap();
    let restarted = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let turns = "prometheus_rule_group_iterations_total";
    wait_until("the alert has been looked up and stored again", || {
        let metrics = get(&second.url("/metrics")).unwrap().text;
        let mut lines = metrics.lines().filter(|line| line.starts_with(turns));
        lines.next().is_some_and(|line| {
            let count = line.rsplit(' ').next().unwrap();
            count.parse::<f64>().unwrap() > 4.0
        })
    });
    let restored = stored_since(&second).unwrap();
    assert!(restored >= since, "{restored} {since}");
    assert!(
        restored < restarted.as_secs_f64() - 3.0,
        "it held for seconds before the restart at {restarted:?}: {restored}"
    );
}

#[test]
fn an_alert_that_began_in_the_original_goes_on_here() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.yml");
    let rules = "groups: [{name: g, rules: [{alert: A, expr: temperature_celsius > 30, for: 1h}]}]";
    std::fs::write(&file, rules).unwrap();
    let (target, _) = rooms();
    let configuration = configuration(&file, &target.address, "");
    let Some(mut original) = prometheus(folder.path(), &configuration) else {
        return;
    };
    wait_until("the alert is stored", || {
        query(&original.url, "count_over_time(ALERTS_FOR_STATE[1m]) > 5")
            .is_ok_and(|list| list.len() == 1)
    });
    original.signal("TERM").unwrap();
    assert!(original.wait().unwrap());
    let stopped = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();

    let flags = [
        "--rules.alert.for-grace-period=1s",
        "--storage.tsdb.path=original",
    ];
    let argand = Argand::start_in(folder.path(), &configuration, &flags).unwrap();
    wait_until("the alert is stored again", || {
        argand
            .query("count_over_time(ALERTS_FOR_STATE[1m]) > 8")
            .is_ok_and(|list| list.len() == 1)
    });
    let since = stored_since(&argand).unwrap();
    // What it held before counts on: it began for this program before it was started.
    assert!(since < stopped.as_secs_f64(), "{since} {stopped:?}");
}

#[test]
fn a_wrong_rule_file_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yml");
    let rules = "groups: [{name: g, rules: [{record: a:b, expr: vector(1)}]}]";
    std::fs::write(&file, rules).unwrap();
    let configuration = configuration(&file, "127.0.0.1:1", "");
    let argand = Argand::start(&configuration, &["--web.enable-lifecycle"]).unwrap();
    argand.wait_for("a:b").unwrap();
    std::fs::write(&file, rules.replace("vector(1)", "vector(")).unwrap();
    let answer = post(&argand.url("/-/reload"), "text/plain", b"").unwrap();
    assert_eq!(answer.status, 500, "{}", answer.text);
    let place = format!(
        "{}:1:48: group \"g\", rule 1, \"a:b\": could not parse expression: ",
        file.display()
    );
    assert!(answer.text.contains(&place), "{}", answer.text);
    let rules = data(&argand.server.url, "rules");
    assert_eq!(rules["groups"][0]["rules"][0]["query"], "vector(1)");

    std::fs::write(
        &file,
        "groups: [{name: g, rules: [{record: c:d, expr: vector(2)}]}]",
    )
    .unwrap();
    let answer = post(&argand.url("/-/reload"), "text/plain", b"").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    argand.wait_for("c:d").unwrap();
    wait_until("the series of the former rule ends", || {
        argand.query("a:b").unwrap().is_empty()
    });
}
