//! Small files of which the original's promtool and Argand must think alike. Where promtool is
//! not installed the test says that it was skipped.
//!
//! Left out are cases on which newer versions of the original think otherwise than the one that
//! distributions carry, such as UTF-8 names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests may stop at the first surprise, and say what they left out"
)]

use std::io::Write as _;
use std::process::Command;

/// Lines of one job.
const JOBS: &[&str] = &[
    "scrape_interval: 1e3",
    "scrape_interval: 15",
    "scrape_interval: 0",
    "scrape_interval: ''",
    "scrape_interval: ~",
    "scrape_interval: 'null'",
    "honor_labels: yes",
    "honor_labels: 'yes'",
    "honor_labels: 1",
    "honor_labels: y",
    "sample_limit: 1e3",
    "sample_limit: 0x10",
    "sample_limit: 1_000",
    "sample_limit: '10'",
    "sample_limit: -1",
    "sample_limit: +5",
    "body_size_limit: 0",
    "body_size_limit: 10",
    "body_size_limit: 10mb",
    "body_size_limit: 1.5MB",
    "body_size_limit: 1MB2KB",
    "body_size_limit: -1MB",
    "body_size_limit: ''",
    "body_size_limit: .5MB",
    "body_size_limit: 10Mi",
    "params: {a: b}",
    "params: {a: [b, 1, true, null]}",
    "params: {1: [b]}",
    "metrics_path: ''",
    "metrics_path: [a]",
    "static_configs: [{targets: []}]",
    "static_configs: [{}]",
    "static_configs: [{targets: a}]",
    "static_configs: {}",
    "static_configs: ''",
    "static_configs: [{targets: [a], labels: {'': b}}]",
    "static_configs: [{targets: [a], labels: {a: 1, b: true, c: null}}]",
    "static_configs: [{targets: ['a/b']}]",
    "basic_auth: {}",
    "basic_auth:",
    "basic_auth: {password: 123}",
    "basic_auth: {}\n  authorization: {}",
    "authorization: {}\n  oauth2: {client_id: a, client_secret: b, token_url: 'http://x'}",
    "oauth2: {}",
    "oauth2: {client_id: a}",
    "authorization: {type: ' Basic '}",
    "authorization: {type: ''}",
    "authorization: {credentials: a}\n  bearer_token: b",
    "tls_config: {cert_file: a}",
    "tls_config: {key_file: a}",
    "tls_config: {min_version: ''}",
    "tls_config: {min_version: TLS1}",
    "tls_config: {insecure_skip_verify: 'true'}",
    "proxy_url: ''",
    "proxy_url: 10.0.0.1:3128",
    "proxy_url: proxy:3128",
    "proxy_url: 'http://a:b:c'",
    "proxy_url: 'http://[::1'",
    "proxy_url: ' http://a'",
    "proxy_url: 'http://a b/'",
    "proxy_url: 'http://a/%zz'",
    "relabel_configs: [{}]",
    "relabel_configs: [{action: KEEP}]",
    "relabel_configs: [{action: ''}]",
    "relabel_configs: [{target_label: a$1}]",
    "relabel_configs: [{action: labelmap}]",
    "relabel_configs: [{action: labelmap, replacement: ''}]",
    "relabel_configs: [{action: labeldrop, regex: a, separator: ;}]",
    "relabel_configs: [{action: labeldrop, regex: a, separator: ~}]",
    "relabel_configs: [{action: labeldrop, regex: a, source_labels: []}]",
    "relabel_configs: [{action: uppercase, target_label: a, replacement: ''}]",
    "relabel_configs: [{action: keepequal, target_label: a, source_labels: [b], regex: ~}]",
    "relabel_configs: [{source_labels: [''], target_label: a}]",
    "relabel_configs: [{source_labels: [~], target_label: a}]",
    "relabel_configs: [{source_labels: a, target_label: a}]",
    "relabel_configs: [{modulus: -1, action: hashmod, target_label: a}]",
    "relabel_configs: [{regex: 5, target_label: a}]",
    "relabel_configs: ~",
    "relabel_configs: {}",
    "dns_sd_configs: [{names: [a], type: a, port: 1}]",
    "dns_sd_configs: [{names: [a], type: A}]",
    "dns_sd_configs: [{names: [a], type: ''}]",
    "file_sd_configs: [{files: [a.JSON]}]",
    "file_sd_configs: [{files: ['*/a.json']}]",
    "file_sd_configs: [{files: ['a*b*.json']}]",
    "http_sd_configs: [{url: 'http://a b'}]",
    "http_sd_configs: [{url: 'HTTP://a'}]",
    "http_sd_configs: [{url: 'https:///x'}]",
    "nerve_sd_configs: [{servers: [], paths: [/a]}]",
    "ec2_sd_configs: [{region: a, filters: [{name: x, values: []}]}]",
    "ec2_sd_configs: [{region: a, filters: [{values: [a]}]}]",
    "docker_sd_configs: [{}]",
    "dockerswarm_sd_configs: [{host: 'tcp://a'}]",
    "gce_sd_configs: [{project: a, zone: b, port: '1'}]",
    "eureka_sd_configs: [{server: 'http://'}]",
    "marathon_sd_configs: [{servers: [a]}]",
    "triton_sd_configs: [{account: a, dns_suffix: b, endpoint: c, refresh_interval: 0s}]",
    "azure_sd_configs: [{subscription_id: a, authentication_method: ManagedIdentity}]",
    "azure_sd_configs: [{subscription_id: a, authentication_method: X}]",
    "openstack_sd_configs: [{role: instance}]",
    "uyuni_sd_configs: [{server: a, username: b}]",
];

/// Whole files.
const FILES: &[&str] = &[
    "",
    "~",
    "[]",
    "global:",
    "global: []",
    "global: {scrape_timeout: 2m}",
    "global: {external_labels: {a: 1}}",
    "global: {external_labels: [a]}",
    "rule_files: [~]",
    "rule_files: ['*/b']",
    "scrape_configs: [{}]",
    "scrape_configs: {}",
    "scrape_configs: [{job_name: 5}]",
    "scrape_configs: [{job_name: true}, {job_name: 'true'}]",
    "alerting: {alertmanagers: [{api_version: v3}]}",
    "alerting: {alertmanagers: [{}]}",
    "alerting: {alertmanagers: {}}",
    "alerting: {alertmanagers: [{sigv4: {region: r, secret_key: s}}]}",
    "alerting: {alertmanagers: [{sigv4: {region: r}, basic_auth: {username: u}}]}",
    "alerting: {alertmanagers: [{sigv4: {region: r}, authorization: {credentials: c}}]}",
    "remote_write: [{}]",
    "remote_write: [~]",
    "remote_write: [{url: x}]",
    "remote_write: [{url: 'http://x', headers: {host: a}}]",
    "remote_write: [{url: 'http://x', headers: {X-Amz-Date: a}}]",
    "remote_write: [{url: 'http://x', sigv4: {}, basic_auth: {}}]",
    "remote_write: [{url: 'http://x', sigv4: {access_key: a}}]",
    "remote_read: [{}]",
    "storage: {tsdb: ~}",
    "tracing: {}",
    "tracing: ~",
    "tracing: {endpoint: a, client_type: x}",
    "global: &g {scrape_interval: 5s}\nscrape_configs:\n- <<: *g\n  job_name: a",
    "global: {}\n---\nfoo: 1",
    "global: {scrape_interval:1m}",
    "global:\n\tscrape_interval: 1m",
    "global: {scrape_interval: !!str 1m}",
    "? global\n: {}",
    "global: {}\nglobal: {}",
];

#[test]
fn promtool_thinks_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = JOBS
        .iter()
        .map(|lines| format!("scrape_configs:\n- job_name: a\n  {lines}\n"));
    let texts: Vec<String> = jobs
        .chain(FILES.iter().map(|text| format!("{text}\n")))
        .collect();
    let paths: Vec<_> = (0..texts.len())
        .map(|n| folder.path().join(format!("{n}.yml")))
        .collect();
    for (path, text) in paths.iter().zip(&texts) {
        std::fs::write(path, text).expect("written");
    }
    let Ok(output) = Command::new("promtool")
        .args(["check", "config", "--syntax-only"])
        .args(&paths)
        .output()
    else {
        let _ = writeln!(std::io::stderr(), "skipped: promtool is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("SUCCESS: "), "{said}");
    let mut surprises = Vec::new();
    for (path, text) in paths.iter().zip(&texts) {
        let theirs = said.contains(&format!("SUCCESS: {} is valid", path.display()));
        let ours = config::load(path);
        if ours.is_ok() != theirs {
            surprises.push(format!(
                "{text}promtool {theirs}, we {:?}\n",
                ours.map(|_| "load it")
            ));
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}
