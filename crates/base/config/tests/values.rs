//! What comes out of a valid file: completed, inherited, resolved.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use config::{
    Config, DiscoveryConfig, NameEscaping, NameValidation, ScrapeConfig, ScrapeProtocol,
    SecretSource,
};

fn parse(text: &str) -> Config {
    let environment = |name: &str| (name == "SITE").then(|| "home".to_owned());
    config::parse(text, Path::new("/etc/p/p.yml"), &environment)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The one job of a file with these lines in `global` and in the job.
fn job(global: &str, lines: &str) -> ScrapeConfig {
    let text = format!("global: {{{global}}}\nscrape_configs:\n- {{job_name: a, {lines}}}\n");
    parse(&text).scrape_configs.remove(0)
}

#[test]
fn an_empty_file_is_the_default() {
    for text in [
        "",
        "global:\nscrape_configs:\nrule_files:\nstorage:\nalerting:\notlp:\nruntime:\n",
        "# nothing\n",
        "{}",
    ] {
        assert_eq!(parse(text), Config::default(), "{text:?}");
    }
    let config = Config::default();
    assert_eq!(config.global.scrape_interval, Duration::from_secs(60));
    assert_eq!(config.storage.max_exemplars, 100_000);
    assert!(config.inactive.is_empty());
}

#[test]
fn jobs_inherit_what_they_leave_open() {
    let seconds = Duration::from_secs;
    for (global, lines, interval, timeout) in [
        ("", "", 60, 10),
        ("scrape_interval: 5s", "", 5, 5),
        ("scrape_interval: 30s, scrape_timeout: 20s", "", 30, 20),
        (
            "scrape_interval: 30s, scrape_timeout: 20s",
            "scrape_interval: 15s",
            15,
            15,
        ),
        ("", "scrape_interval: 2m, scrape_timeout: 90s", 120, 90),
        ("", "scrape_interval:", 60, 10),
    ] {
        let job = job(global, lines);
        assert_eq!(
            (job.interval, job.timeout),
            (seconds(interval), seconds(timeout)),
            "{global} / {lines}"
        );
    }
    let limited = job(
        "sample_limit: 5, body_size_limit: 1KB, label_limit: 7",
        "sample_limit: 9",
    );
    assert_eq!(
        (
            limited.limits.samples,
            limited.limits.body_size,
            limited.limits.labels
        ),
        (9, 1024, 7)
    );
    let logged = job("scrape_failure_log_file: fail.log", "");
    assert_eq!(
        logged.failure_log_file,
        Some(PathBuf::from("/etc/p/fail.log"))
    );
}

#[test]
fn protobuf_comes_first_where_native_histograms_are_wanted() {
    use ScrapeProtocol::{OpenMetricsText100, PrometheusProto, PrometheusText004};
    for (global, lines, first, count) in [
        ("", "", OpenMetricsText100, 4),
        ("scrape_native_histograms: true", "", PrometheusProto, 5),
        (
            "scrape_native_histograms: true",
            "scrape_native_histograms: false",
            OpenMetricsText100,
            4,
        ),
        ("", "scrape_native_histograms: true", PrometheusProto, 5),
        (
            "scrape_protocols: [PrometheusText0.0.4]",
            "scrape_native_histograms: true",
            PrometheusText004,
            1,
        ),
        (
            "scrape_native_histograms: true",
            "scrape_protocols: [PrometheusText0.0.4]",
            PrometheusText004,
            1,
        ),
    ] {
        let job = job(global, lines);
        assert_eq!(
            (job.protocols[0], job.protocols.len()),
            (first, count),
            "{global} / {lines}"
        );
    }
}

#[test]
fn escaping_follows_validation() {
    use NameEscaping::{AllowUtf8, Dots, Underscores, Values};
    use NameValidation::{Legacy, Utf8};
    for (global, lines, validation, escaping) in [
        ("", "", Utf8, AllowUtf8),
        (
            "",
            "metric_name_validation_scheme: legacy",
            Legacy,
            Underscores,
        ),
        (
            "metric_name_validation_scheme: legacy, metric_name_escaping_scheme: dots",
            "",
            Legacy,
            Dots,
        ),
        (
            "metric_name_validation_scheme: legacy",
            "metric_name_validation_scheme: utf8",
            Utf8,
            AllowUtf8,
        ),
        (
            "metric_name_escaping_scheme: dots",
            "metric_name_escaping_scheme: values",
            Utf8,
            Values,
        ),
    ] {
        let job = job(global, lines);
        assert_eq!(
            (job.name_validation, job.name_escaping),
            (validation, escaping),
            "{global} / {lines}"
        );
        assert!(
            job.relabel
                .iter()
                .all(|rule| rule.legacy_names == (validation == Legacy))
        );
    }
}

#[test]
fn variables_stand_in_external_labels_only() {
    let config = parse(
        "global: {external_labels: {a: '${SITE}', b: '$$x', c: '${NONE}'}}\nscrape_configs: [{job_name: '${SITE}'}]",
    );
    assert_eq!(
        config.global.external_labels.to_string(),
        r#"{a="home", b="$x"}"#
    );
    assert_eq!(config.scrape_configs[0].job_name, "${SITE}");
}

#[test]
fn paths_are_relative_to_the_file() {
    let config = parse(
        "rule_files: [a/*.yml, /b.yml, ../c.yml]\nscrape_configs:\n- job_name: a\n  bearer_token_file: token\n  file_sd_configs: [{files: [t/*.json]}]\n",
    );
    let paths = ["/etc/p/a/*.yml", "/b.yml", "/etc/c.yml"].map(PathBuf::from);
    assert_eq!(config.rule_files, paths);
    let job = &config.scrape_configs[0];
    let token = job
        .http
        .authorization
        .as_ref()
        .and_then(|auth| auth.credentials.clone());
    assert_eq!(token, Some(SecretSource::File("/etc/p/token".into())));
    let DiscoveryConfig::File(file) = &job.discovery[0] else {
        panic!("{:?}", job.discovery)
    };
    assert_eq!(file.files, [PathBuf::from("/etc/p/t/*.json")]);
    assert_eq!(file.refresh_interval, Duration::from_secs(300));
}

#[test]
fn what_is_not_active_yet_is_named_once() {
    let config = parse(
        "remote_read: [{url: 'http://x'}]\nrule_files: [a]\nscrape_configs:\n- {job_name: a, vultr_sd_configs: [{}, {port: 1}], static_configs: [{targets: [b]}]}\n",
    );
    assert_eq!(config.inactive, ["vultr_sd_configs"]);
    assert_eq!(config.scrape_configs[0].discovery.len(), 3);
}

#[test]
fn otlp_says_what_names_and_labels_series_get() {
    let plain = parse("");
    assert_eq!(plain.otlp, config::OtlpConfig::default());
    let otlp = parse(
        "otlp:\n  translation_strategy: NoTranslation\n  promote_all_resource_attributes: true\n  ignore_resource_attributes: [' a ', b]\n  convert_histograms_to_nhcb: true\n  label_name_underscore_sanitization: false\n",
    )
    .otlp;
    assert!(!otlp.strategy.escapes() && !otlp.strategy.has_suffixes());
    assert!(otlp.promoted.takes("c") && !otlp.promoted.takes("a"));
    assert!(otlp.custom_buckets && !otlp.promote_scope && !otlp.prefix_underscore);
    let listed = parse("otlp: {promote_resource_attributes: [a]}")
        .otlp
        .promoted;
    assert!(listed.takes("a") && !listed.takes("b"));
}

#[test]
fn secrets_are_shown_nowhere() {
    let config = parse(
        "remote_write: [{url: 'http://u:geheim@x/'}]\nscrape_configs:\n- job_name: a\n  basic_auth: {username: u, password: geheim}\n  proxy_url: http://u:geheim@x/\n  proxy_connect_header: {X: [geheim]}\n  http_headers: {X: {secrets: [geheim]}}\n  tls_config: {cert: c, key: geheim}\n- job_name: b\n  oauth2: {client_id: a, client_secret: geheim, token_url: 'http://u:geheim@x/', endpoint_params: {a: b}}\n  consul_sd_configs: [{token: geheim, password: geheim}]\n",
    );
    for shown in [format!("{config:?}"), config.redacted] {
        assert!(!shown.contains("geheim"), "{shown}");
    }
}

#[test]
fn the_file_is_shown_completed() {
    let config = parse("scrape_configs: [{job_name: a, static_configs: [{targets: ['x:1']}]}]\n");
    let shown = "global:
  scrape_interval: 1m
  scrape_timeout: 10s
  scrape_protocols:
  - OpenMetricsText1.0.0
  - OpenMetricsText0.0.1
  - PrometheusText1.0.0
  - PrometheusText0.0.4
  evaluation_interval: 1m
  metric_name_validation_scheme: utf8
  metric_name_escaping_scheme: allow-utf-8
  scrape_native_histograms: false
  convert_classic_histograms_to_nhcb: false
  always_scrape_classic_histograms: false
  extra_scrape_metrics: false
runtime:
  gogc: 75
scrape_configs:
- job_name: a
  honor_timestamps: true
  track_timestamps_staleness: false
  scrape_interval: 1m
  scrape_timeout: 10s
  scrape_protocols:
  - OpenMetricsText1.0.0
  - OpenMetricsText0.0.1
  - PrometheusText1.0.0
  - PrometheusText0.0.4
  scrape_native_histograms: false
  convert_classic_histograms_to_nhcb: false
  always_scrape_classic_histograms: false
  extra_scrape_metrics: false
  metrics_path: /metrics
  scheme: http
  enable_compression: true
  metric_name_validation_scheme: utf8
  metric_name_escaping_scheme: allow-utf-8
  follow_redirects: true
  enable_http2: true
  static_configs:
  - targets:
    - x:1
otlp:
  translation_strategy: UnderscoreEscapingWithSuffixes
  label_name_underscore_sanitization: true
  label_name_preserve_multiple_underscores: true
";
    assert_eq!(config.redacted, shown);
}

#[test]
fn files_of_scrape_sections_are_read_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect(name);
    std::fs::create_dir(folder.path().join("jobs")).expect("a folder");
    write(
        "jobs/a.yml",
        "scrape_configs: [{job_name: a, bearer_token_file: token}]",
    );
    write("jobs/b.yml", "scrape_configs: [{job_name: b}]");
    let main = "global: {scrape_interval: 7s}\nscrape_config_files: ['jobs/*.yml']\nscrape_configs: [{job_name: main}]\n";
    write("p.yml", main);
    let path = folder.path().join("p.yml");
    let config = config::load(&path).expect("loads");
    let names: Vec<&str> = config
        .scrape_configs
        .iter()
        .map(|job| job.job_name.as_str())
        .collect();
    assert_eq!(names, ["main", "a", "b"]);
    assert_eq!(config.scrape_configs[2].interval, Duration::from_secs(7));
    let token = config.scrape_configs[1]
        .http
        .authorization
        .clone()
        .and_then(|auth| auth.credentials);
    assert_eq!(
        token,
        Some(SecretSource::File(folder.path().join("jobs/token")))
    );

    write("jobs/b.yml", "scrape_configs: [{job_name: main}]");
    let error = config::load(&path).expect_err("a name twice").to_string();
    assert!(
        error.contains("b.yml:1:29: scrape_configs[0].job_name: ") && error.contains("p.yml"),
        "{error}"
    );
    write("jobs/b.yml", "global: {}");
    let error = config::load(&path)
        .expect_err("a key that may not stand there")
        .to_string();
    assert!(
        error.contains("b.yml:1:1: unknown key \"global\""),
        "{error}"
    );
}

#[test]
fn remote_read_and_tracing_are_complete() {
    let config = parse(
        "remote_read:\n- url: 'http://u:geheim@x/read'\n- url: http://y\n  name: far\n  remote_timeout: 5s\n  headers: {X-Key: shown}\n  chunked_read_limit: 7\n  read_recent: true\n  required_matchers: {a: b}\n  filter_external_labels: false\ntracing: {endpoint: 'c:4318', client_type: http, sampling_fraction: 0.5, insecure: true, headers: {X-Key: shown}, compression: gzip, timeout: 3s}\n",
    );
    assert!(!format!("{config:?}").contains("geheim"));
    let [plain, full] = &config.remote_read[..] else {
        panic!("{:?}", config.remote_read)
    };
    assert_eq!(plain.timeout, Duration::from_secs(60));
    assert_eq!(plain.frame_limit, 50_000_000);
    assert!(!plain.read_recent && plain.filter_external_labels && plain.required.is_empty());
    assert_eq!((full.name.as_str(), full.frame_limit), ("far", 7));
    assert_eq!(full.timeout, Duration::from_secs(5));
    assert_eq!(full.headers["X-Key"], "shown");
    assert_eq!(full.required.get("a"), Some("b"));
    assert!(full.read_recent && !full.filter_external_labels);
    let tracing = config.tracing.unwrap();
    assert_eq!(tracing.client, config::TracingClient::Http);
    assert_eq!(tracing.endpoint, "c:4318");
    assert_eq!(tracing.sampling_fraction, 0.5);
    assert_eq!(tracing.timeout, Some(Duration::from_secs(3)));
    assert!(tracing.insecure && tracing.gzip);
    let short = parse("tracing: {endpoint: c}\n").tracing.unwrap();
    assert_eq!(short.client, config::TracingClient::Grpc);
    assert!(!short.insecure && !short.gzip && short.timeout.is_none());
}

#[test]
fn remote_write_is_complete() {
    let config = parse(
        "remote_write:\n- url: 'http://u:geheim@x/write'\n- url: http://y\n  name: far\n  remote_timeout: 5s\n  headers: {X-Scope-OrgID: a}\n  protobuf_message: io.prometheus.write.v2.Request\n  send_exemplars: true\n  send_native_histograms: true\n  write_relabel_configs: [{action: labeldrop, regex: pod}]\n  sigv4: {region: r, access_key: k, secret_key: geheim}\n  queue_config: {capacity: 5, max_shards: 4, min_shards: 2, max_samples_per_send: 3, retry_on_http_429: true, sample_age_limit: 1h}\n  metadata_config: {send: false}\n",
    );
    let [plain, full] = &config.remote_write[..] else {
        panic!("{:?}", config.remote_write)
    };
    assert!(!format!("{config:?}").contains("geheim"));
    assert_eq!(plain.message, config::WriteMessage::V1);
    assert_eq!(plain.timeout, Duration::from_secs(30));
    assert!(plain.metadata.send && plain.cloud.is_none() && !plain.send_exemplars);
    let queue = &plain.queue;
    assert_eq!(
        (queue.capacity, queue.max_shards, queue.min_shards),
        (10_000, 50, 1)
    );
    assert_eq!(queue.max_samples_per_send, 2_000);
    assert_eq!(queue.min_backoff, Duration::from_millis(30));
    assert_eq!(queue.sample_age_limit, None);
    assert_eq!(full.name, "far");
    assert_eq!(full.message, config::WriteMessage::V2);
    assert_eq!(full.headers["X-Scope-OrgID"], "a");
    assert_eq!(full.relabel.len(), 1);
    assert!(full.send_exemplars && full.send_native_histograms && !full.metadata.send);
    assert!(full.queue.retry_on_429);
    assert_eq!(full.queue.sample_age_limit, Some(Duration::from_secs(3600)));
    let Some(config::CloudLogin::SigV4(sigv4)) = &full.cloud else {
        panic!("{:?}", full.cloud)
    };
    assert_eq!(
        (sigv4.region.as_str(), sigv4.service.as_str()),
        ("r", "aps")
    );
}

/// The only mechanism of a job with this section.
fn mechanism(section: &str) -> DiscoveryConfig {
    let text = format!("scrape_configs: [{{job_name: a, {section}}}]");
    parse(&text).scrape_configs[0].discovery[0].clone()
}

#[test]
fn sections_of_discovery_hold_what_they_say() {
    let DiscoveryConfig::Consul(consul) =
        mechanism("consul_sd_configs: [{username: me, password: word, node_meta: {rack: r}}]")
    else {
        panic!("consul")
    };
    let login = consul.asking.http.basic_auth.expect("a login");
    let inline = |text: &str| Some(SecretSource::Inline(config::Secret::new(text)));
    assert_eq!(
        (login.username, login.password),
        (inline("me"), inline("word"))
    );
    assert_eq!(
        (consul.server.as_str(), consul.scheme.as_str()),
        ("localhost:8500", "http")
    );
    assert!(consul.allow_stale && consul.node_meta["rack"] == "r");
    assert_eq!(consul.asking.refresh_interval, Duration::from_secs(30));

    let DiscoveryConfig::Kuma(kuma) = mechanism("kuma_sd_configs: [{server: 'http://k'}]") else {
        panic!("kuma")
    };
    assert_eq!(kuma.asking.refresh_interval, Duration::from_secs(15));
    assert_eq!(kuma.fetch_timeout, Duration::from_secs(120));

    for (section, ecs) in [
        (
            "aws_sd_configs: [{role: ecs, region: r, clusters: [c]}]",
            true,
        ),
        ("ecs_sd_configs: [{region: r, clusters: [c]}]", true),
        ("aws_sd_configs: [{role: lightsail, region: r}]", false),
    ] {
        let DiscoveryConfig::Aws(aws) = mechanism(section) else {
            panic!("{section}")
        };
        let clusters = vec!["c".to_owned()];
        assert_eq!(
            aws.service == config::AwsService::Ecs { clusters },
            ecs,
            "{section}"
        );
        assert_eq!((aws.login.region.as_str(), aws.asking.port), ("r", 80));
    }
    let msk = mechanism("aws_sd_configs: [{role: msk, region: r}]");
    let section = "aws_sd_configs";
    assert_eq!(msk, DiscoveryConfig::Inactive { section });

    let DiscoveryConfig::Gce(gce) = mechanism("gce_sd_configs: [{project: p, zone: z}]") else {
        panic!("gce")
    };
    assert_eq!(gce.asking.http, config::HttpConfig::default());
    let openstack = "openstack_sd_configs: [{role: hypervisor, region: r, tls_config: {insecure_skip_verify: true}}]";
    let DiscoveryConfig::OpenStack(openstack) = mechanism(openstack) else {
        panic!("openstack")
    };
    assert!(openstack.asking.http.tls.insecure_skip_verify);
    assert_eq!(openstack.availability, "public");

    let dns = mechanism("dns_sd_configs: [{names: [a], type: mx, port: 25}]");
    let DiscoveryConfig::Dns(dns) = dns else {
        panic!("dns")
    };
    assert_eq!((dns.kind, dns.port), (config::RecordType::Mx, 25));
}
