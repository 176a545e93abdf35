//! What is wrong, where, and in which words.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use std::path::Path;

use config::{Config, ConfigError};
use proptest::prelude::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    config::parse(text, Path::new("p.yml"), &|_| None)
}

fn error(text: &str) -> String {
    parse(text).expect_err(text).to_string()
}

/// The error of one job with these lines, indented as they would stand in it.
fn job_error(lines: &str) -> String {
    let lines = lines.replace('\n', "\n    ");
    error(&format!("scrape_configs:\n  - job_name: a\n    {lines}\n"))
}

#[test]
fn faults_name_their_place_their_path_and_what_stood_there() {
    for (text, expected) in [
        (
            "global:\n  scrape_intervall: 1m\n",
            r#"p.yml:2:3: global: unknown key "scrape_intervall"; did you mean "scrape_interval"?"#,
        ),
        (
            "globl: {}\n",
            r#"p.yml:1:1: unknown key "globl"; did you mean "global"?"#,
        ),
        (
            "nothing_like_it: {}\n",
            r#"p.yml:1:1: unknown key "nothing_like_it""#,
        ),
        (
            "- a\n",
            "p.yml:1:1: expected a map of settings, found a list",
        ),
        (
            "global: 3\n",
            "p.yml:1:9: global: expected a map of settings, found a single value",
        ),
        (
            "rule_files: a.yml\n",
            "p.yml:1:13: rule_files: expected a list, found a single value",
        ),
        (
            "global:\n  scrape_interval: [1m]\n",
            "p.yml:2:20: global.scrape_interval: expected a duration such as 1m30s, found a list",
        ),
        (
            "global:\n  scrape_timeout: 2m\n",
            "p.yml:2:19: global.scrape_timeout: scrape timeout is greater than the scrape interval (1m)",
        ),
        (
            "global:\n  sample_limit: -1\n",
            r#"p.yml:2:17: global.sample_limit: expected a whole number that is not negative, found "-1""#,
        ),
        (
            "global:\n  body_size_limit: 15\n",
            r#"p.yml:2:20: global.body_size_limit: expected a size with its unit such as 15MB, found "15""#,
        ),
        (
            "runtime: {gogc: \"75\"}\n",
            r#"p.yml:1:17: runtime.gogc: expected a whole number, found "75""#,
        ),
        ("a: [\n", "p.yml:1:4: not valid YAML: unclosed bracket '['"),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn faults_in_a_job_name_its_place() {
    let mut surprises = Vec::new();
    for (lines, expected) in [
        (
            "static_configs:\n  - targets: [ok:1, 'http://x/']",
            r#"p.yml:4:25: scrape_configs[0].static_configs[0].targets[1]: "http://x/" is not a valid hostname"#,
        ),
        (
            "static_configs:\n  - target: [x]",
            r#"p.yml:4:9: scrape_configs[0].static_configs[0]: unknown key "target"; did you mean "targets"?"#,
        ),
        (
            "relabel_configs:\n  - regex: a(b",
            "p.yml:4:16: scrape_configs[0].relabel_configs[0].regex: ",
        ),
        (
            "relabel_configs:\n  - action: hashmodd",
            r#"p.yml:4:17: scrape_configs[0].relabel_configs[0].action: unknown relabel action "hashmodd""#,
        ),
        (
            "basic_auth:\n  password: a\n  password_file: b",
            "p.yml:5:22: scrape_configs[0].basic_auth.password_file: at most one of password, password_file may be given",
        ),
        (
            "authorization: {type: Basic}",
            "p.yml:3:27: scrape_configs[0].authorization.type: authorization of type \"basic\" is written as basic_auth",
        ),
        (
            "oauth2: {token_url: 'http://x'}",
            "p.yml:3:13: scrape_configs[0].oauth2.client_id: must be given",
        ),
        (
            "tls_config: {cert_file: a}",
            "p.yml:3:17: scrape_configs[0].tls_config.key_file: a client certificate needs",
        ),
        (
            "tls_config: {min_version: TLS9}",
            r#"p.yml:3:31: scrape_configs[0].tls_config.min_version: expected one of TLS10, TLS11, TLS12, TLS13, found "TLS9""#,
        ),
        (
            "no_proxy: a",
            "p.yml:3:15: scrape_configs[0].no_proxy: needs proxy_url",
        ),
        (
            "proxy_url: 'http://x'\nproxy_from_environment: true",
            "p.yml:3:16: scrape_configs[0].proxy_url: may not be given where proxy_from_environment is",
        ),
        (
            "http_headers:\n  Host: {values: [a]}",
            r#"p.yml:4:7: scrape_configs[0].http_headers: header "Host" may not be set"#,
        ),
        (
            "scrape_protocols: []",
            "p.yml:3:23: scrape_configs[0].scrape_protocols: must name at least one protocol",
        ),
        (
            "file_sd_configs:\n  - files: [a.txt]",
            r#"p.yml:4:17: scrape_configs[0].file_sd_configs[0].files: "a.txt" is not valid for file discovery"#,
        ),
    ] {
        let error = job_error(lines);
        if !error.starts_with(expected) {
            surprises.push(format!("{lines}\n got {error}\nwant {expected}"));
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

#[test]
fn names_outside_the_classic_alphabet_need_utf8() {
    let job = |scheme: &str, rule: &str| {
        format!(
            "scrape_configs:\n- job_name: a\n  metric_name_validation_scheme: {scheme}\n  relabel_configs: [{{{rule}}}]\n"
        )
    };
    for rule in [
        "target_label: 'a.b'",
        "target_label: 'a.$1'",
        "action: lowercase, target_label: 'a.b', source_labels: [x]",
        "action: labelmap, replacement: 'a.$1'",
    ] {
        assert!(parse(&job("utf8", rule)).is_ok(), "{rule}");
        let error = error(&job("legacy", rule));
        assert!(error.contains("not a valid label name"), "{rule}: {error}");
    }
    assert!(parse(&job("legacy", "target_label: 'a_${1}_b'")).is_ok());
    let labels = "global: {metric_name_validation_scheme: legacy, external_labels: {a.b: c}}";
    assert!(error(labels).contains("\"a.b\" is not a valid label name"));
}

#[test]
fn an_error_never_repeats_a_secret() {
    for lines in [
        "basic_auth: {password: geheim, password_file: x}",
        "basic_auth: {password: geheim, pasword: geheim}",
        "bearer_token: geheim\nbearer_token_file: x",
        "authorization: {credentials: geheim, credentials_file: x}",
        "proxy_url: 'http://u:geheim@h:port/'",
        "proxy_url: '//u:geheim@h:1:2'",
        "oauth2: {client_secret: geheim, client_id: a}",
        "tls_config: {key: geheim}",
        "consul_sd_configs: [{token: geheim, authorization: {}}]",
        "http_headers: {Host: {secrets: [geheim]}}",
    ] {
        let error = job_error(lines);
        assert!(!error.contains("geheim"), "{error}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = config::load(Path::new("/nonexistent/p.yml")).expect_err("no such file");
    assert!(
        error
            .to_string()
            .starts_with("/nonexistent/p.yml: cannot be read: "),
        "{error}"
    );
    assert_eq!((error.line(), error.path()), (None, ""));
}

const WORDS: &[&str] = &[
    "global:",
    "scrape_configs:",
    "- job_name: a",
    "job_name:",
    "static_configs:",
    "- targets: [a, b]",
    "labels: {a: b}",
    "relabel_configs:",
    "- action: drop",
    "regex: (",
    "scrape_interval: 5s",
    "scrape_interval:",
    "- ",
    "&a",
    "*a",
    "<<: *a",
    "remote_write:",
    "- url: http://x",
    "basic_auth: {username: x}",
    "tls_config:",
    "!!binary \"/w==\"",
    "alerting:",
    "{",
    "]",
    "external_labels: {a: $x}",
    "storage: {tsdb: {retention: {size: 1GB}}}",
    "| ",
    "'",
    "# c",
    "file_sd_configs: [{files: [a.json]}]",
];

fn document() -> impl Strategy<Value = String> {
    let line = (0usize..5, proptest::sample::select(WORDS))
        .prop_map(|(indent, word)| format!("{}{word}\n", "  ".repeat(indent)));
    proptest::collection::vec(line, 0..12).prop_map(|lines| lines.concat())
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn nothing_like_a_configuration_panics(text in document()) {
        if let Ok(loaded) = parse(&text) {
            // What loads is shown as something that loads too.
            prop_assert!(parse(&loaded.redacted).is_ok(), "{}", loaded.redacted);
        }
    }
}
