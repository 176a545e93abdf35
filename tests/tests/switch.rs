//! One data directory, now Prometheus', now Argand's, each killed before the other starts.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use argand_tests::{Argand, Server, free_port, installed, query};

/// All samples of the last minutes before a moment, by series.
fn samples(server: &str, at: &str) -> BTreeMap<String, String> {
    let found = query(server, &format!("{{job=\"self\"}}[10m] @ {at}")).unwrap();
    let one =
        |series: &serde_json::Value| (series["metric"].to_string(), series["values"].to_string());
    found.iter().map(one).collect()
}

/// The moment of the newest sample, once there are `count` in the last minutes.
fn moment(server: &str, count: usize) -> String {
    let enough = format!("count_over_time(up{{job=\"self\"}}[10m]) >= {count}");
    for _ in 0..600 {
        if query(server, &enough).is_ok_and(|found| !found.is_empty()) {
            let newest = query(server, "timestamp(up{job=\"self\"})").unwrap();
            return newest[0]["value"][1].as_str().unwrap().to_owned();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{server} has not {count} samples");
}

fn prometheus(program: &Path, folder: &Path) -> Server {
    let port = free_port().unwrap();
    let file = folder.join("original.yml");
    std::fs::write(&file, configuration(port)).unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("data").display()
        ));
    let url = format!("http://127.0.0.1:{port}");
    Server::start(command, url, "/-/ready", &folder.join("original.log")).unwrap()
}

fn configuration(port: u16) -> String {
    format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\n\
         scrape_configs:\n\
         - job_name: self\n  static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n  \
         relabel_configs: [{{target_label: instance, replacement: same}}]\n"
    )
}

#[test]
fn a_directory_goes_from_one_to_the_other_and_back() {
    let Some(program) = installed("prometheus") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    // What each has shown, by the moment it was asked for.
    let mut shown: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    for turn in 1..=4 {
        let own = configuration(0).replace("127.0.0.1:0", "SELF");
        let mut server = if turn % 2 == 1 {
            Argand::start_in(folder.path(), &own, &[]).unwrap().server
        } else {
            prometheus(&program, folder.path())
        };
        for (at, before) in &shown {
            let now = samples(&server.url, at);
            assert_eq!(now.len(), before.len(), "turn {turn}, {at}");
            for (series, values) in before {
                assert_eq!(
                    now.get(series),
                    Some(values),
                    "turn {turn}: {series} at {at}"
                );
            }
        }
        let at = moment(&server.url, turn * 15);
        shown.push((at.clone(), samples(&server.url, &at)));
        assert!(shown[turn - 1].1.len() > 50);
        server.kill();
    }
}
