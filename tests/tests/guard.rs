//! Who gets in: passwords, tokens, roles, TLS and certificates, asked with curl and by the
//! original.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use argand_tests::document::{self, describes, operations};
use argand_tests::{Argand, Server, free_port, get, installed};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// bcrypt of "read", "write", "admin", and of "other", of the lowest cost.
const HASHES: [(&str, &str); 4] = [
    (
        "read",
        "$2b$04$k0ano1zEy5HNohmWwawEdOEErwyfLuTg8jYd99/ZcjRWiJJOMQYA2",
    ),
    (
        "write",
        "$2b$04$YCq50WjmTgCCij7tgzSDveRF.E8B7bpJkIt/Fr.tCJdCmTb/Jwo12",
    ),
    (
        "admin",
        "$2b$04$5e8X7QCrPNPxKFd6t2cA2eW7ACu9lxGtaIi.Cb8XtomhvViQmEiaG",
    ),
    (
        "other",
        "$2b$04$sWlc4eCZFriAjUjdcHr8Xe3omuIbX4kWNsO.HFMdi3hSC0yvYZtsW",
    ),
];

/// What curl says of a request: the status, or 0 where there was no answer.
fn status(arguments: &[&str]) -> u16 {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "20"])
        .args(["--output", "/dev/null", "--write-out", "%{http_code}"])
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).parse().unwrap_or(0)
}

fn users() -> String {
    let user = |(name, hash): &(&str, &str)| format!("  {name}: {hash}\n");
    let users: String = HASHES.iter().take(3).map(user).collect();
    format!("basic_auth_users:\n{users}")
}

/// Waits until the server has read its log.
fn until_ready(argand: &Argand) {
    let began = Instant::now();
    while status(&["--user", "admin:admin", &argand.url("/-/ready")]) != 200 {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{}",
            argand.server.log()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn guarded(folder: &Path, web: &str) -> Argand {
    let file = folder.join("web.yml");
    fs::write(&file, web).unwrap();
    let routing = folder.join("alertmanager.yml");
    fs::write(&routing, "route: {receiver: x}\nreceivers: [{name: x}]\n").unwrap();
    let flags = [
        &format!("--web.config.file={}", file.display()),
        "--web.enable-lifecycle",
        "--web.enable-admin-api",
        "--web.enable-remote-write-receiver",
        "--web.max-notifications-subscribers=0",
        "--enable-feature=search-api",
        &format!("--alertmanager.config.file={}", routing.display()),
    ];
    let argand = Argand::start_in(folder, "scrape_configs: []\n", &flags).unwrap();
    until_ready(&argand);
    argand
}

/// What a request by each role gets: nobody, read, write, admin.
type Got = [u16; 4];

const READ: Got = [401, 200, 403, 200];

/// Every route, with what a request by each role gets. A 400 is an answer of the route itself:
/// what was asked for is not right, but it was let in. Routes of Alertmanager's API are asked for
/// at both of its places.
const TABLE: &[(&str, &str, Got)] = &[
    ("GET", "/", [401, 303, 403, 303]),
    ("GET", "/nowhere", [401, 404, 403, 404]),
    ("GET", "/metrics", READ),
    ("GET", "/version", READ),
    ("GET", "/federate?match[]=up", READ),
    ("GET", "/exporters/node", READ),
    ("GET", "/-/healthy", READ),
    ("GET", "/-/ready", READ),
    ("GET", "/api/v1/query?query=1", READ),
    ("POST", "/api/v1/query?query=1", READ),
    (
        "GET",
        "/api/v1/query_range?query=1&start=0&end=1&step=1",
        READ,
    ),
    (
        "POST",
        "/api/v1/query_range?query=1&start=0&end=1&step=1",
        READ,
    ),
    ("GET", "/api/v1/query_exemplars?query=up", READ),
    ("POST", "/api/v1/query_exemplars?query=up", READ),
    ("GET", "/api/v1/format_query?query=1", READ),
    ("POST", "/api/v1/format_query?query=1", READ),
    ("GET", "/api/v1/parse_query?query=1", READ),
    ("POST", "/api/v1/parse_query?query=1", READ),
    ("GET", "/api/v1/explain?query=1", READ),
    ("POST", "/api/v1/explain?query=1", READ),
    ("POST", "/api/v1/batch", [401, 400, 403, 400]),
    ("GET", "/api/v1/series?match[]=up", READ),
    ("POST", "/api/v1/series?match[]=up", READ),
    ("GET", "/api/v1/labels", READ),
    ("POST", "/api/v1/labels", READ),
    ("GET", "/api/v1/label/job/values", READ),
    ("GET", "/api/v1/search/metric_names", READ),
    ("POST", "/api/v1/search/metric_names", READ),
    ("GET", "/api/v1/search/label_names", READ),
    ("POST", "/api/v1/search/label_names", READ),
    ("GET", "/api/v1/search/label_values?label=job", READ),
    ("POST", "/api/v1/search/label_values?label=job", READ),
    ("GET", "/api/v1/metadata", READ),
    ("GET", "/api/v1/targets", READ),
    ("GET", "/api/v1/targets/metadata", READ),
    ("GET", "/api/v1/targets/relabel_steps", [401, 400, 403, 400]),
    ("GET", "/api/v1/scrape_pools", READ),
    ("GET", "/api/v1/rules", READ),
    ("GET", "/api/v1/alerts", READ),
    ("GET", "/api/v1/alertmanagers", READ),
    ("GET", "/api/v1/features", READ),
    ("GET", "/api/v1/notifications", READ),
    // Nobody may listen: see the flags.
    ("GET", "/api/v1/notifications/live", [401, 204, 403, 204]),
    ("GET", "/api/v1/dashboards", READ),
    ("GET", "/api/v1/dashboards/x", [401, 404, 403, 404]),
    ("PUT", "/api/v1/dashboards/x", [401, 403, 403, 400]),
    ("GET", "/api/v1/dashboards/x/source", [401, 404, 403, 404]),
    ("GET", "/api/v1/dashboards/x/versions", [401, 404, 403, 404]),
    (
        "GET",
        "/api/v1/dashboards/x/versions/1",
        [401, 404, 403, 404],
    ),
    ("GET", "/api/v1/openapi.yaml", READ),
    ("GET", "/api/v1/status/config", READ),
    ("GET", "/api/v1/status/flags", READ),
    ("GET", "/api/v1/status/runtimeinfo", READ),
    ("GET", "/api/v1/status/buildinfo", READ),
    ("GET", "/api/v1/status/objects", READ),
    ("GET", "/api/v1/status/tsdb", READ),
    ("GET", "/api/v1/status/tsdb/blocks", READ),
    ("GET", "/api/v1/status/walreplay", READ),
    ("GET", "/api/v1/status/self_metrics", READ),
    ("OPTIONS", "/api/v1/query", [401, 204, 403, 204]),
    ("POST", "/api/v1/write", [401, 403, 400, 400]),
    ("POST", "/api/v1/read", [401, 400, 403, 400]),
    // Switched off, which nobody learns who may not give.
    ("POST", "/api/v1/otlp/v1/metrics", [401, 403, 404, 404]),
    (
        "POST",
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        [401, 403, 415, 415],
    ),
    ("GET", "/api/v1/alerting/history/alerts", READ),
    ("GET", "/api/v1/alerting/history/notifications", READ),
    ("GET", "/api/v1/alerting/routes", READ),
    ("GET", "/api/v1/alerting/acknowledgements", READ),
    (
        "POST",
        "/api/v1/alerting/acknowledgements",
        [401, 403, 422, 422],
    ),
    (
        "DELETE",
        "/api/v1/alerting/acknowledgements/1",
        [401, 403, 400, 400],
    ),
    (
        "POST",
        "/api/v1/admin/tsdb/clean_tombstones",
        [401, 403, 403, 204],
    ),
    (
        "PUT",
        "/api/v1/admin/tsdb/clean_tombstones",
        [401, 403, 403, 204],
    ),
    ("POST", "/api/v1/admin/tsdb/snapshot", [401, 403, 403, 200]),
    ("PUT", "/api/v1/admin/tsdb/snapshot", [401, 403, 403, 200]),
    (
        "POST",
        "/api/v1/admin/tsdb/delete_series?match[]=x",
        [401, 403, 403, 204],
    ),
    (
        "PUT",
        "/api/v1/admin/tsdb/delete_series?match[]=x",
        [401, 403, 403, 204],
    ),
    ("GET", "/pushgateway/metrics", READ),
    ("GET", "/pushgateway/api/v1/metrics", READ),
    ("GET", "/pushgateway/api/v1/status", READ),
    ("GET", "/pushgateway/-/healthy", READ),
    ("GET", "/pushgateway/-/ready", READ),
    (
        "PUT",
        "/pushgateway/metrics/job/a?ttl=1h",
        [401, 403, 200, 200],
    ),
    ("POST", "/pushgateway/metrics/job/a", [401, 403, 200, 200]),
    ("DELETE", "/pushgateway/metrics/job/a", [401, 403, 202, 202]),
    (
        "DELETE",
        "/pushgateway/api/v1/groups?match[]=%7Bjob%3D%22a%22%7D",
        [401, 403, 200, 200],
    ),
    (
        "PUT",
        "/pushgateway/api/v1/admin/wipe",
        [401, 403, 403, 202],
    ),
    // A path that means another once it is cleaned is not followed.
    (
        "PUT",
        "/pushgateway/metrics/job/%2e%2e/%2e%2e/api/v1/admin/wipe",
        [401, 403, 301, 301],
    ),
    ("GET", "/pushgateway/-/quit", [401, 403, 403, 405]),
    ("GET", "/debug/pprof/", [401, 403, 403, 200]),
    ("GET", "/debug/pprof/heap", [401, 403, 403, 200]),
    ("POST", "/debug/pprof/heap", [401, 403, 403, 200]),
    ("GET", "/-/quit", [401, 403, 403, 405]),
    ("POST", "/-/reload", [401, 403, 403, 200]),
    ("PUT", "/-/reload", [401, 403, 403, 200]),
    ("DELETE", "/api/v1/series", [401, 403, 403, 405]),
    ("GET", "/api/v2/status", READ),
    ("GET", "/api/v2/receivers", READ),
    ("GET", "/api/v2/silences", READ),
    ("POST", "/api/v2/silences", [401, 403, 422, 422]),
    ("GET", "/api/v2/silence/1", [401, 422, 403, 422]),
    ("DELETE", "/api/v2/silence/1", [401, 403, 422, 422]),
    ("GET", "/api/v2/alerts", READ),
    ("POST", "/api/v2/alerts", [401, 403, 422, 422]),
    ("GET", "/api/v2/alerts/groups", READ),
];

/// What the table cannot ask for, since it ends the server; their role is that of `GET /-/quit`.
const ENDING: [(&str, &str); 2] = [("POST", "/-/quit"), ("PUT", "/-/quit")];

/// The routes with a row: (method, path).
fn rows() -> Vec<(&'static str, String, Got)> {
    let mut rows = Vec::new();
    for (method, path, expected) in TABLE {
        rows.push((*method, (*path).to_owned(), *expected));
        if path.starts_with("/api/v2/") {
            rows.push((*method, format!("/alertmanager{path}"), *expected));
        }
    }
    rows
}

/// A route that somebody adds must say who may ask.
#[test]
fn every_route_has_a_row() {
    let argand = Argand::start("scrape_configs: []\n", &[]).unwrap();
    let text = get(&argand.url("/api/v1/openapi.yaml")).unwrap().text;
    let operations = operations(&document::parse(&text).unwrap());
    assert!(operations.len() > 80, "{}", operations.len());
    let rows = rows();
    let has_row = |(method, described): &&(String, String)| {
        let asked = rows.iter().map(|(asked, path, _)| (*asked, path.as_str()));
        let mut asked = asked.chain(ENDING);
        asked.any(|(asked, path)| {
            let path = path.split('?').next().unwrap_or_default();
            asked == method && describes(described, path)
        })
    };
    let without: Vec<_> = operations.iter().filter(|one| !has_row(one)).collect();
    assert!(without.is_empty(), "routes without a row: {without:#?}");
}

#[test]
fn every_route_needs_its_role() {
    if installed("curl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let web = users()
        + "user_roles: {read: [read], write: [write], admin: [admin]}\n\
           bearer_tokens: [{name: ci, sha256: 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b, roles: [write]}]\n";
    let argand = guarded(folder.path(), &web);
    for (method, path, expected) in rows() {
        let url = argand.url(&path);
        let ask = |who: &[&str]| {
            let rest = ["--globoff", "--request", method, &url];
            status(&[who, &rest].concat())
        };
        let got = [
            ask(&[]),
            ask(&["--user", "read:read"]),
            ask(&["--user", "write:write"]),
            ask(&["--user", "admin:admin"]),
        ];
        assert_eq!(got, expected, "{method} {path}: nobody, read, write, admin");
        let stranger = ask(&["--user", "read:wrong"]);
        assert_eq!(stranger, 401, "{method} {path} with a wrong password");
        let token = ask(&["--header", "Authorization: Bearer secret"]);
        assert_eq!(token, got[2], "{method} {path} with a token");
    }
}

#[test]
fn who_asks_too_often_is_told_for_how_long() {
    if installed("curl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let argand = guarded(folder.path(), &users());
    let limited = users() + "rate_limit: {interval: 1h, burst: 1}\n";
    fs::write(folder.path().join("web.yml"), limited).unwrap();
    let ask = || {
        let output = Command::new("curl")
            .args(["--silent", "--include", "--user", "read:read"])
            .arg(argand.url("/-/healthy"))
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).to_ascii_lowercase()
    };
    assert!(ask().starts_with("http/1.1 200"));
    let refused = ask();
    assert!(refused.starts_with("http/1.1 429"), "{refused}");
    assert!(refused.contains("retry-after: 3600"), "{refused}");
}

#[test]
fn a_changed_file_counts_at_once_and_a_wrong_one_changes_nothing() {
    if installed("curl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let argand = guarded(folder.path(), &users());
    let url = argand.url("/-/healthy");
    let ask = |who: &str| status(&["--user", who, &url]);
    assert_eq!([ask("read:read"), ask("other:other")], [200, 401]);
    let file = folder.path().join("web.yml");
    let (name, hash) = HASHES.last().unwrap();
    fs::write(&file, format!("basic_auth_users: {{{name}: {hash}}}\n")).unwrap();
    assert_eq!([ask("read:read"), ask("other:other")], [401, 200]);
    fs::write(&file, "basic_auth_users: {other: other}\n").unwrap();
    assert_eq!([ask("read:read"), ask("other:other")], [401, 200]);
    let log = argand.server.log();
    assert!(log.contains("bcrypt"), "the fault is named: {log}");
    assert!(!log.contains(hash), "hashes are not");
}

#[test]
fn the_original_answers_alike() {
    let (Some(program), Some(_)) = (installed("prometheus"), installed("curl")) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let web = users() + "http_server_config: {headers: {X-Frame-Options: deny}}\n";
    let argand = guarded(folder.path(), &web);
    let port = free_port().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file("prometheus.yml")))
        .arg(format!("--web.config.file={}", file("web.yml")))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!("--storage.tsdb.path={}", file("original")));
    let url = format!("http://127.0.0.1:{port}");
    let log = folder.path().join("original.log");
    let original = Server::start(command, url, "/-/ready", &log).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let answer = |server: &str, who: &[&str]| {
        let output = Command::new("curl")
            .args(["--silent", "--include", "--max-time", "20"])
            .args(who)
            .arg(format!("{server}/-/healthy"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).to_ascii_lowercase();
        let kept = |line: &&str| {
            ["http/", "www-authenticate", "x-frame-options"]
                .iter()
                .any(|start| line.starts_with(start))
        };
        text.lines()
            .filter(kept)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for who in [
        &[][..],
        &["--user", "read:read"],
        &["--user", "read:wrong"],
        &["--user", "nobody:read"],
        &["--user", "read"],
        &["--user", ":"],
        &["--header", "Authorization: Bearer x"],
        &["--header", "Authorization: Basic %%%"],
    ] {
        let mut ours = answer(&argand.server.url, who);
        let mut theirs = answer(&original.url, who);
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{who:?}");
    }
}

/// Writes an authority, a certificate of it for this machine, and one for a client.
fn certificates(folder: &Path) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Or it would have the name of those it signs.
    params
        .distinguished_name
        .push(DnType::CommonName, "authority");
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    fs::write(folder.join("ca.crt"), authority.pem()).unwrap();
    for (name, host) in [
        ("server", "127.0.0.1"),
        ("client", "one.client"),
        ("other", "two.client"),
    ] {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        fs::write(folder.join(format!("{name}.crt")), certificate.pem()).unwrap();
        fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
}

#[test]
fn tls_asks_for_certificates_and_the_original_scrapes_through_it() {
    let (Some(program), Some(_)) = (installed("prometheus"), installed("curl")) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let web = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  \
               client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n  \
               client_allowed_sans: [one.client]\n";
    fs::write(file("web.yml"), web.to_owned() + &users()).unwrap();
    fs::write(file("empty.yml"), "").unwrap();
    let port = free_port().unwrap();
    let mut command = Command::new(argand_tests::binary().unwrap());
    command
        .arg(format!("--config.file={}", file("empty.yml")))
        .arg(format!("--web.config.file={}", file("web.yml")))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!("--storage.tsdb.path={}", file("data")));
    let log = folder.path().join("argand.log");
    let _argand = Server::start(command, String::new(), "", &log).unwrap();

    let scraper = free_port().unwrap();
    let job = |name: &str, client: &str| {
        format!(
            "- job_name: {name}\n  scheme: https\n  basic_auth: {{username: read, password: read}}\n  \
             tls_config: {{ca_file: ca.crt, cert_file: {client}.crt, key_file: {client}.key}}\n  \
             static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n"
        )
    };
    let configuration = format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nscrape_configs:\n{}{}",
        job("known", "client"),
        job("unknown", "other")
    );
    fs::write(file("original.yml"), configuration).unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file("original.yml")))
        .arg(format!("--web.listen-address=127.0.0.1:{scraper}"))
        .arg(format!("--storage.tsdb.path={}", file("original")));
    let url = format!("http://127.0.0.1:{scraper}");
    let original = Server::start(
        command,
        url,
        "/-/ready",
        &folder.path().join("original.log"),
    )
    .unwrap();
    let began = Instant::now();
    let up = |job: &str| {
        let query = format!("up{{job=\"{job}\"}}");
        let found = argand_tests::query(&original.url, &query).unwrap();
        found
            .first()
            .map(|series| series["value"][1].as_str().unwrap() == "1")
    };
    while up("known") != Some(true) || up("unknown").is_none() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{}",
            original.log()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(
        up("unknown"),
        Some(false),
        "its certificate has another name"
    );

    let url = format!("https://127.0.0.1:{port}/-/healthy");
    let ca = file("ca.crt");
    let with = |client: &str| {
        let (cert, key) = (
            file(&format!("{client}.crt")),
            file(&format!("{client}.key")),
        );
        status(&[
            "--user",
            "read:read",
            "--cacert",
            &ca,
            "--cert",
            &cert,
            "--key",
            &key,
            &url,
        ])
    };
    assert_eq!([with("client"), with("other")], [200, 0]);
    assert_eq!(status(&["--user", "read:read", "--cacert", &ca, &url]), 0);
    assert_eq!(status(&[&format!("http://127.0.0.1:{port}/-/healthy")]), 0);
}
