//! What Argand says of itself is enough for the alerts and dashboards that exist for the originals:
//! every name that they ask for is there, of the right kind, with the labels that they use.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use argand_tests::{Argand, Server, free_port, get, installed};

use names::{ABSENT, ALERTMANAGER, PROMETHEUS};

/// Families of which Argand's labels differ from the original's, and why.
const OTHER_LABELS: &[(&str, &str)] = &[(
    "prometheus_build_info",
    "what was built is not a Go program",
)];

/// A family of a page of metrics: its kind, and the names of labels of its series.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    labels: BTreeSet<String>,
    has_series: bool,
}

fn families(page: &str) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            families.entry(name.to_owned()).or_default().kind = kind.to_owned();
        }
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let name = line.split(['{', ' ']).next().unwrap();
        let parts = ["_bucket", "_sum", "_count"];
        let whole = parts.iter().find_map(|part| name.strip_suffix(part));
        let name = whole
            .filter(|whole| families.contains_key(*whole))
            .unwrap_or(name);
        let family = families.entry(name.to_owned()).or_default();
        family.has_series = true;
        let labels = line.split_once('{').map_or("", |(_, rest)| rest);
        let labels = labels.rsplit_once('}').map_or("", |(labels, _)| labels);
        // Values of these labels hold no quotes or commas beside those that end them.
        let names = labels.split("\",").filter_map(|pair| pair.split_once('='));
        let names = names.map(|(name, _)| name.trim().to_owned());
        family
            .labels
            .extend(names.filter(|name| name != "le" && name != "quantile"));
    }
    families
}

/// A page once it has series of a family, or after a minute whatever it has.
fn page_with(url: &str, wanted: &[&str]) -> BTreeMap<String, Family> {
    let began = Instant::now();
    loop {
        let families = families(&get(url).unwrap().text);
        let has = |name: &&str| families.get(*name).is_some_and(|family| family.has_series);
        if wanted.iter().all(has) || began.elapsed() > Duration::from_secs(60) {
            return families;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

const RULES: &str = "groups:\n- name: g\n  interval: 1s\n  rules:\n  - {record: 'a:b', expr: sum(up)}\n  - {alert: A, expr: up == 1, annotations: {s: '{{ $value }}'}}\n";

fn configuration(folder: &Path, target: &str) -> String {
    std::fs::write(folder.join("rules.yml"), RULES).unwrap();
    format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nrule_files: [{}]\nalerting:\n  alertmanagers:\n  - static_configs: [{{targets: ['127.0.0.1:9']}}]\nremote_write: [{{url: 'http://127.0.0.1:9/', name: far}}]\nscrape_configs:\n- job_name: own\n  static_configs: [{{targets: ['{target}']}}]\n",
        folder.join("rules.yml").display()
    )
}

/// Argand with rules, somebody to tell, and an Alertmanager of its own; its metrics once all of it
/// has worked.
fn own(folder: &Path) -> (Argand, BTreeMap<String, Family>) {
    let routing = folder.join("alertmanager.yml");
    let file = "route: {receiver: x, group_wait: 1s}\nreceivers: [{name: x, webhook_configs: [{url: 'http://127.0.0.1:9/'}]}]\n";
    std::fs::write(&routing, file).unwrap();
    let flag = format!("--alertmanager.config.file={}", routing.display());
    let argand = Argand::start_in(folder, &configuration(folder, "SELF"), &[&flag]).unwrap();
    argand.wait_for("a:b == 1").unwrap();
    let wanted = [
        "prometheus_target_interval_length_seconds",
        "alertmanager_notifications_total",
        "alertmanager_notification_latency_seconds",
        "prometheus_notifications_errors_total",
    ];
    let families = page_with(&argand.url("/metrics"), &wanted);
    (argand, families)
}

fn check(families: &BTreeMap<String, Family>, table: &[(&str, &str, &[&str])]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, kind, labels) in table {
        match families.get(*name) {
            None => wrong.push(format!("{name}: absent")),
            Some(family) if family.kind != *kind => {
                wrong.push(format!("{name}: a {}, not a {kind}", family.kind));
            }
            Some(family) if !family.has_series => wrong.push(format!("{name}: without series")),
            Some(family) => {
                let lacking = labels.iter().find(|label| !family.labels.contains(**label));
                wrong.extend(lacking.map(|label| format!("{name}: without label {label}")));
            }
        }
    }
    wrong
}

#[test]
fn alerts_and_dashboards_find_what_they_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    let (_argand, families) = own(folder.path());
    let mut wrong = check(&families, PROMETHEUS);
    wrong.extend(check(&families, ALERTMANAGER));
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (name, reason) in ABSENT {
        assert!(
            !families.contains_key(*name),
            "{name}: not any more {reason}"
        );
    }
}

/// The original on PATH, and the newer one where `ARGAND_PROMETHEUS_NEXT` names its folder.
fn originals() -> Vec<PathBuf> {
    let next = std::env::var_os("ARGAND_PROMETHEUS_NEXT");
    let next = next.map(|folder| PathBuf::from(folder).join("prometheus"));
    installed("prometheus").into_iter().chain(next).collect()
}

#[test]
fn what_both_say_is_of_one_kind_with_the_same_labels() {
    let folder = tempfile::tempdir().unwrap();
    let (_argand, ours) = own(folder.path());
    for program in originals() {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port().unwrap();
        let address = format!("127.0.0.1:{port}");
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, configuration(folder.path(), &address)).unwrap();
        let mut command = Command::new(&program);
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--web.listen-address={address}"))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ));
        let url = format!("http://{address}");
        let log = folder.path().join("log");
        let original = Server::start(command, url.clone(), "/-/ready", &log).unwrap();
        let theirs = page_with(
            &format!("{}/metrics", original.url),
            &["prometheus_target_interval_length_seconds"],
        );
        assert!(theirs.len() > 100, "{}", theirs.len());
        let mut wrong = Vec::new();
        for (name, their) in &theirs {
            let Some(our) = ours.get(name) else { continue };
            if our.kind != their.kind {
                wrong.push(format!("{name}: {} here, {} there", our.kind, their.kind));
            }
            let may_differ = OTHER_LABELS.iter().any(|(other, _)| other == name);
            let both = our.has_series && their.has_series && !may_differ;
            if both && !their.labels.is_subset(&our.labels) {
                wrong.push(format!(
                    "{name}: {:?} here, {:?} there",
                    our.labels, their.labels
                ));
            }
        }
        assert!(wrong.is_empty(), "{}: {wrong:#?}", program.display());
    }
}
