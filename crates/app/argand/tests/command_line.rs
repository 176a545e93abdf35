//! The command line as somebody types it.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::process::{Command, Output};

fn argand(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_argand"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn what_is_wrong_is_named_with_what_would_be_right() {
    for (arguments, expected) in [
        (vec!["--storage.tsdb.pth=x"], "--storage.tsdb.path"),
        (vec!["--query.timeout=fast"], "--query.timeout=fast"),
        (vec!["--query.max-concurrency=0"], "at least 1"),
        (vec!["--storage.tsdb.retention.size=5"], "no unit"),
        (
            vec!["--config.file=/nowhere/prometheus.yml"],
            "/nowhere/prometheus.yml",
        ),
        (vec!["--web.listen-address=somewhere"], "somewhere"),
        (vec!["--log.level=loud"], "warn"),
        (
            vec!["--web.config.file=/nowhere/web.yml"],
            "/nowhere/web.yml",
        ),
        (vec!["--agent"], "not active yet"),
        (vec!["serve"], "serve"),
    ] {
        let output = argand(&arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(text.contains(expected), "{arguments:?}: {text}");
    }
}

#[test]
fn help_lists_the_flags_and_where_the_page_is() {
    let output = argand(&["--help"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    for expected in [
        "--config.file",
        "--storage.tsdb.retention.time",
        "http://127.0.0.1:9090",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(argand(&["--version"]).status.success());
}
