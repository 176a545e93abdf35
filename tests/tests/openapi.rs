//! The document of the API and the running server agree on methods; answers carry the headers that
//! keep them what they are; streams end with the server.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Command;

use argand_tests::document::{self, operations};
use argand_tests::{Argand, get, get_json, installed};
use tempfile::TempDir;

const SELF: &str = "global:\n  scrape_interval: 1s\nscrape_configs:\n  - job_name: argand\n    static_configs: [{targets: ['SELF']}]\n";

/// What curl prints with these arguments.
fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--max-time", "20"])
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The value of a header among those that curl printed.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn with_alertmanager(folder: &TempDir) -> Argand {
    let folder = folder.path();
    let file = folder.join("alertmanager.yml");
    std::fs::write(&file, "route: {receiver: x}\nreceivers: [{name: x}]\n").unwrap();
    let flag = format!("--alertmanager.config.file={}", file.display());
    Argand::start_in(folder, SELF, &[&flag, "--web.enable-lifecycle"]).unwrap()
}

#[test]
fn each_path_takes_the_methods_that_the_document_says() {
    if installed("curl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let argand = with_alertmanager(&folder);
    let text = get(&argand.url("/api/v1/openapi.yaml")).unwrap().text;
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, path) in operations(&document::parse(&text).unwrap()) {
        documented.entry(path).or_default().insert(method);
    }
    for (path, methods) in documented {
        let url = argand.url(&path.replace(['{', '}'], ""));
        let head = curl(&["--request", "PATCH", "--head", &url]);
        assert!(head.contains(" 405 "), "PATCH {path}: {head}");
        let allowed = header(&head, "allow").unwrap_or_default();
        let allowed = allowed.split(',').map(|method| method.trim().to_owned());
        // A server that answers GET answers HEAD; OPTIONS is answered before any route.
        let allowed: BTreeSet<String> = allowed
            .filter(|method| method != "HEAD" && method != "OPTIONS")
            .collect();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[test]
fn answers_are_not_taken_for_what_they_are_not() {
    if installed("curl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let argand = with_alertmanager(&folder);
    for path in [
        "/query",
        "/api/v1/labels",
        "/metrics",
        "/api/v2/status",
        "/nowhere",
    ] {
        let head = curl(&["--include", &argand.url(path)]);
        assert_eq!(
            header(&head, "x-content-type-options"),
            Some("nosniff"),
            "{path}: {head}"
        );
        assert!(header(&head, "x-frame-options").is_some(), "{path}: {head}");
    }
    let page = curl(&["--include", &argand.url("/query")]);
    let policy = header(&page, "content-security-policy").unwrap();
    assert!(policy.contains("default-src"), "{policy}");
}

#[test]
fn pages_of_other_origins_may_ask_what_they_are_allowed_to() {
    if installed("curl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let argand = with_alertmanager(&folder);
    let ask = |method: &str, path: &str| {
        let origin = "Origin: http://elsewhere.example";
        let asked = "Access-Control-Request-Method: GET";
        let url = argand.url(path);
        curl(&[
            "--include",
            "--request",
            method,
            "--header",
            origin,
            "--header",
            asked,
            &url,
        ])
    };
    let answer = ask("OPTIONS", "/api/v1/query");
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    let origin = header(&answer, "access-control-allow-origin");
    assert_eq!(origin, Some("http://elsewhere.example"));
    // Alertmanager lets every page ask.
    for (method, path) in [("GET", "/api/v2/status"), ("OPTIONS", "/api/v2/alerts")] {
        let answer = ask(method, path);
        assert_eq!(
            header(&answer, "access-control-allow-origin"),
            Some("*"),
            "{method} {path}: {answer}"
        );
    }
}

#[test]
fn a_refused_configuration_is_told_as_it_happens_and_streams_end_with_the_server() {
    if installed("curl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut argand = with_alertmanager(&folder);
    argand.wait_for("up == 1").unwrap();
    let address = argand.server.url.strip_prefix("http://").unwrap();
    let mut listener = TcpStream::connect(address).unwrap();
    let question = format!("GET /api/v1/notifications/live HTTP/1.1\r\nHost: {address}\r\n\r\n");
    listener.write_all(question.as_bytes()).unwrap();
    let mut lines = BufReader::new(listener).lines().map(Result::unwrap);
    // Whoever listens is told that at once.
    assert!(lines.any(|line| line == "content-type: text/event-stream"));
    std::fs::write(argand.folder().join("prometheus.yml"), "nonsense: 1\n").unwrap();
    curl(&["--request", "POST", &argand.url("/-/reload")]);
    let event = lines.find(|line| line.starts_with("data: ")).unwrap();
    assert!(event.contains("\"active\":true"), "{event}");
    let held = get_json(&argand.url("/api/v1/notifications")).unwrap();
    assert_eq!(held["data"][0]["text"], "Configuration reload has failed.");
    argand.server.signal("TERM").unwrap();
    assert!(argand.server.wait().unwrap());
    // The empty piece that ends an answer in pieces.
    assert!(lines.any(|line| line == "0"), "the stream has an end");
}

#[test]
fn profiles_are_there_for_pprof() {
    let folder = tempfile::tempdir().unwrap();
    let argand = with_alertmanager(&folder);
    for name in [
        "heap",
        "goroutine",
        "threadcreate",
        "block",
        "mutex",
        "allocs",
    ] {
        let url = argand.url(&format!("/debug/pprof/{name}"));
        let head = curl(&["--include", &url]);
        assert!(head.starts_with("HTTP/1.1 200"), "{name}: {head}");
        assert_eq!(
            header(&head, "content-type"),
            Some("application/octet-stream"),
            "{name}"
        );
    }
    let short = get(&argand.url("/debug/pprof/cmdline")).unwrap();
    assert!(short.text.contains("--web.enable-lifecycle=true"));
    for (name, status) in [("profile?seconds=0", 400), ("nothing", 404), ("trace", 404)] {
        let url = argand.url(&format!("/debug/pprof/{name}"));
        assert_eq!(get(&url).unwrap().status, status, "{name}");
    }
}
