//! Go's official client pushes to Argand unchanged: delimited messages rather than text.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::path::Path;
use std::process::Command;

use argand_tests::{Server, binary, free_port, get, installed};

/// Where Debian's packages put the sources of Go libraries.
const SOURCES: &str = "/usr/share/gocode";

const PROGRAM: &str = r#"
package main

import (
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	done := prometheus.NewGauge(prometheus.GaugeOpts{Name: "done_seconds", Help: "When."})
	done.Set(5)
	took := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "took_seconds", Buckets: []float64{1, 2}})
	took.Observe(1.5)
	pusher := push.New(os.Args[1], "nightly/a").Collector(done).Collector(took).Grouping("zone", "x")
	must(pusher.Push())
	more := prometheus.NewCounter(prometheus.CounterOpts{Name: "more_total", Help: "More."})
	more.Inc()
	must(push.New(os.Args[1], "nightly/a").Collector(more).Grouping("zone", "x").Add())
	must(push.New(os.Args[1], "gone").Collector(more).Push())
	must(push.New(os.Args[1], "gone").Delete())
}
"#;

#[test]
#[ignore = "builds a Go program, which takes a minute"]
fn gos_client_pushes_unchanged() {
    let Some(go) = installed("go") else { return };
    let library = Path::new(SOURCES).join("src/github.com/prometheus/client_golang");
    if !library.is_dir() {
        eprintln!("skipped: golang-github-prometheus-client-golang-dev is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let address = format!("127.0.0.1:{}", free_port().unwrap());
    let mut command = Command::new(binary().unwrap());
    command
        .arg("pushgateway")
        .arg(format!("--storage.path={}", folder.path().display()))
        .arg(format!("--web.listen-address={address}"));
    let url = format!("http://{address}");
    let log = folder.path().join("log");
    let server = Server::start(command, url, "/-/ready", &log).unwrap();
    let file = folder.path().join("main.go");
    std::fs::write(&file, PROGRAM).unwrap();
    let output = Command::new(go)
        .args(["run", file.to_str().unwrap(), &server.url])
        .envs([("GO111MODULE", "off"), ("GOPATH", SOURCES), ("GOFLAGS", "")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let shown = get(&format!("{}/metrics", server.url)).unwrap().text;
    let labels = "instance=\"\",job=\"nightly/a\"";
    for line in [
        format!("done_seconds{{{labels},zone=\"x\"}} 5"),
        format!("took_seconds_bucket{{{labels},zone=\"x\",le=\"2\"}} 1"),
        format!("more_total{{{labels},zone=\"x\"}} 1"),
    ] {
        assert!(
            shown.lines().any(|shown| shown == line),
            "{line} in {shown}"
        );
    }
    assert!(!shown.contains("\"gone\""), "{shown}");
}
