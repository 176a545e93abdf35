//! Argand's targets, and the original's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use argand_tests::{Server, free_port, get_json};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long two servers may take to come to the same targets.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A newer original than the one on PATH, from the folder that `ARGAND_PROMETHEUS_NEXT` names.
pub(crate) fn newer() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("ARGAND_PROMETHEUS_NEXT") else {
        eprintln!("skipped: ARGAND_PROMETHEUS_NEXT does not name a newer Prometheus");
        return None;
    };
    Some(Path::new(&folder).join("prometheus"))
}

/// The original, and the folder it works in.
pub(crate) struct Original {
    pub(crate) server: Server,
    _folder: TempDir,
}

/// Starts the original; says so where it was built without what is compared.
pub(crate) fn original(program: &Path, configuration: &str) -> Option<Original> {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().unwrap();
    let file = folder.path().join("original.yml");
    std::fs::write(&file, configuration).unwrap();
    let mut command = Command::new(program);
    let data = folder.path().join("data");
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!("--storage.tsdb.path={}", data.display()));
    let url = format!("http://127.0.0.1:{port}");
    let log = folder.path().join("log");
    match Server::start(command, url, "/-/ready", &log) {
        Ok(server) => Some(Original {
            server,
            _folder: folder,
        }),
        Err(error)
            if error
                .to_string()
                .contains("field kubernetes_sd_configs not found") =>
        {
            let program = program.display();
            eprintln!("skipped: {program} was built without kubernetes_sd_configs");
            None
        }
        Err(error) => panic!("{error:#}"),
    }
}

/// Targets in the words of both: pool, labels before and behind relabelling, URL.
pub(crate) type Targets = Vec<Value>;

/// Labels that newer originals give to every target, wherever it was found.
const OF_SCRAPING: [&str; 3] = [
    "__always_scrape_classic_histograms__",
    "__convert_classic_histograms_to_nhcb__",
    "__scrape_native_histograms__",
];

/// The targets that a server has now.
pub(crate) fn targets(server: &Server) -> Targets {
    let answer = get_json(&format!("{}/api/v1/targets?state=any", server.url)).unwrap();
    let active = answer["data"]["activeTargets"].as_array().unwrap().iter();
    let active = active.map(|target| {
        json!({
            "pool": target["scrapePool"], "discovered": target["discoveredLabels"],
            "labels": target["labels"], "url": target["scrapeUrl"],
        })
    });
    let dropped = answer["data"]["droppedTargets"].as_array().unwrap().iter();
    let dropped = dropped.map(|target| {
        let labels = &target["discoveredLabels"];
        json!({"pool": labels["job"], "discovered": labels, "labels": "dropped"})
    });
    let mut targets: Targets = active.chain(dropped).collect();
    for target in &mut targets {
        let discovered = target["discovered"].as_object_mut().unwrap();
        discovered.retain(|name, _| !OF_SCRAPING.contains(&name.as_str()));
    }
    targets
}

/// Labels that the older original does not know.
const NEWER: [&str; 4] = [
    "__meta_kubernetes_node_condition_",
    "__meta_kubernetes_endpoints_annotation",
    "__meta_kubernetes_endpointslice_annotation",
    "__meta_kubernetes_endpointslice_label",
];

/// Without what the older original does not know, nor says.
pub(crate) fn without_newer(mut targets: Targets) -> Targets {
    for target in &mut targets {
        let discovered = target["discovered"].as_object_mut().unwrap();
        discovered.retain(|name, _| !NEWER.iter().any(|newer| name.starts_with(newer)));
    }
    targets
}

fn words(targets: Targets) -> BTreeSet<String> {
    targets.iter().map(Value::to_string).collect()
}

/// Waits until both have the same targets, and some of each pool.
pub(crate) fn agree(argand: &Server, original: &Original, seen: &dyn Fn(Targets) -> Targets) {
    let began = Instant::now();
    loop {
        let ours = words(seen(targets(argand)));
        let theirs = words(seen(targets(&original.server)));
        let settled = began.elapsed() > Duration::from_secs(6);
        if settled && ours == theirs && !ours.is_empty() {
            return;
        }
        if began.elapsed() > PATIENCE {
            let show = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
                let lines: Vec<&str> = one.difference(other).map(String::as_str).collect();
                lines.join("\n")
            };
            panic!(
                "only Argand has:\n{}\nonly the original has:\n{}\n{}\n{}",
                show(&ours, &theirs),
                show(&theirs, &ours),
                argand.log(),
                original.server.log()
            );
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Waits until something holds.
pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < PATIENCE,
            "{what}: not within {PATIENCE:?}"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}
