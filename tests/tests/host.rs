//! The built-in exporter of this machine says what the real node_exporter says: names, types and
//! labels.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use argand_tests::{Argand, Server, free_port, get, installed};

/// Subjects, by the beginning of their names, that the built-in exporter covers whole.
const COVERED: [&str; 18] = [
    "node_arp_",
    "node_boot_time_",
    "node_context_switches_",
    "node_cpu_",
    "node_disk_",
    "node_entropy_",
    "node_filefd_",
    "node_filesystem_",
    "node_forks_",
    "node_intr_",
    "node_load",
    "node_memory_",
    "node_netstat_",
    "node_network_",
    "node_pressure_",
    "node_procs_",
    "node_sockstat_",
    "node_vmstat_",
];

/// A metric: its type, and the names of its labels over all series.
type Metrics = BTreeMap<String, (String, BTreeSet<String>)>;

fn read(text: &str) -> Metrics {
    let mut metrics = Metrics::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            metrics.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
        } else if !line.starts_with('#') {
            let (series, _) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            // A label without a value is the same as no label.
            let pairs = labels.trim_end_matches("\"}").split("\",");
            let names = pairs
                .filter_map(|pair| pair.split_once("=\""))
                .filter(|(_, value)| !value.is_empty());
            let known = metrics.entry(name.to_owned()).or_default();
            known.1.extend(names.map(|(name, _)| name.to_owned()));
        }
    }
    metrics.retain(|name, _| COVERED.iter().any(|subject| name.starts_with(subject)));
    metrics
}

#[test]
fn the_machine_is_told_of_as_node_exporter_does() {
    let Some(program) = installed("prometheus-node-exporter") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().unwrap();
    let mut command = Command::new(program);
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let url = format!("http://127.0.0.1:{port}");
    let node = Server::start(command, url, "/metrics", &folder.path().join("node.log")).unwrap();
    let argand = Argand::start("global: {scrape_interval: 1m}\n", &[]).unwrap();
    let theirs = read(&get(&format!("{}/metrics", node.url)).unwrap().text);
    let ours = read(&get(&argand.url("/exporters/node")).unwrap().text);
    assert!(
        theirs.len() > 150,
        "{} metrics of node_exporter",
        theirs.len()
    );
    let differing: Vec<String> = theirs
        .iter()
        .filter(|(name, metric)| ours.get(*name) != Some(metric))
        .map(|(name, metric)| format!("{name}: theirs {metric:?}, ours {:?}", ours.get(name)))
        .chain(
            ours.keys()
                .filter(|name| !theirs.contains_key(*name))
                .cloned(),
        )
        .collect();
    assert!(
        differing.is_empty(),
        "{} differ: {differing:#?}",
        differing.len()
    );
}
