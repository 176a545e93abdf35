//! The manager against real servers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::sync::Arc;

use common::{Server, found, manager, plain, samples, section, status, until};
use config::ScrapeLimits;
use contract::{Gather as _, GroupChange, Health, TargetGroup, TargetSink as _, Targets as _};
use model::{Labels, is_stale};

#[tokio::test]
async fn a_target_is_scraped_again_and_again() {
    let server = Server::start("# HELP a An a.\n# TYPE a gauge\na 1\nb{x=\"y\"} 2\n").await;
    let instance = server.address.to_string();
    let (manager, store) = manager();
    manager.apply(&[section("one")]);
    found(&manager, "one", &[&instance]);
    until("three scrapes", || {
        samples(&store, "a", &instance).len() >= 3
    })
    .await;
    manager.shutdown().await;

    let a = samples(&store, "a", &instance);
    assert!(a.values.iter().all(|value| *value == 1.0));
    let up = samples(&store, "up", &instance);
    assert_eq!(up.times, a.times);
    assert!(up.values.iter().all(|value| *value == 1.0));
    let of = |metric| samples(&store, metric, &instance).values;
    assert_eq!(of("scrape_samples_scraped")[..2], [2.0, 2.0]);
    assert_eq!(of("scrape_samples_post_metric_relabeling")[..2], [2.0, 2.0]);
    assert_eq!(of("scrape_series_added")[..2], [2.0, 0.0]);
    assert!(samples(&store, "scrape_timeout_seconds", &instance).is_empty());

    let target = manager.active(None).remove(0);
    assert_eq!(target.health, Health::Up);
    assert_eq!(target.url, format!("http://{instance}/metrics"));
    assert_eq!(target.labels.get("job"), Some("one"));
    let (_, metadata) = manager.metadata(Some("a")).remove(0);
    assert!(metadata.is_empty(), "a stopped loop shows none");

    let (uri, headers) = server.requests.lock()[0].clone();
    assert_eq!(uri, "/metrics");
    assert_eq!(headers["x-prometheus-scrape-timeout-seconds"], "0.1");
    assert_eq!(headers["accept-encoding"], "gzip");
    assert!(
        headers["user-agent"]
            .to_str()
            .unwrap()
            .starts_with("Argand/")
    );
}

#[tokio::test]
async fn a_failing_target_says_why_and_ends_its_series_once() {
    let server = Server::start("a 1\n").await;
    let instance = server.address.to_string();
    let (manager, store) = manager();
    manager.apply(&[section("one")]);
    found(&manager, "one", &[&instance]);
    until("a scrape", || !samples(&store, "a", &instance).is_empty()).await;
    server.say(|_| status(500));
    let down = || {
        samples(&store, "up", &instance)
            .values
            .iter()
            .filter(|v| **v == 0.0)
            .count()
    };
    until("two failures", || down() >= 2).await;
    let target = manager.active(None).remove(0);
    assert_eq!(target.health, Health::Down);
    let wanted = "server returned HTTP status 500 Internal Server Error";
    assert_eq!(target.last_error, wanted);
    let a = samples(&store, "a", &instance);
    assert_eq!(a.values.iter().filter(|value| is_stale(**value)).count(), 1);

    server.text("a 1\nbroken\n");
    until("a parse error", || {
        manager.active(None)[0].last_error.contains("line 2")
    })
    .await;
    server.text("a 5\n");
    until("recovery", || {
        samples(&store, "a", &instance).values.last() == Some(&5.0)
    })
    .await;
    manager.shutdown().await;
    assert!(!is_stale(
        *samples(&store, "up", &instance).values.last().unwrap()
    ));
}

#[tokio::test]
async fn a_broken_target_harms_no_other() {
    let server = Server::start("a 1\n").await;
    let instance = server.address.to_string();
    let (manager, store) = manager();
    manager.apply(&[section("one"), section("two")]);
    found(&manager, "one", &["no/host", "127.0.0.1:1", &instance]);
    found(&manager, "two", &["127.0.0.1:1"]);
    until("scrapes", || samples(&store, "a", &instance).len() >= 2).await;
    let refused = || {
        let found = manager.active(Some("two"));
        found[0].last_error.clone()
    };
    until("a refusal", || !refused().is_empty()).await;
    assert_eq!(
        refused(),
        r#"Get "http://127.0.0.1:1/metrics": connection refused"#
    );
    let broken = manager.active(Some("one"));
    let broken = broken.iter().find(|target| target.url.is_empty()).unwrap();
    assert_eq!(broken.last_error, r#""no/host" is not a valid hostname"#);
    manager.shutdown().await;
}

#[tokio::test]
async fn a_vanished_target_ends_and_a_reload_does_not_disturb() {
    let server = Server::start("a 1\n").await;
    let instance = server.address.to_string();
    let (manager, store) = manager();
    manager.apply(&[section("one")]);
    found(&manager, "one", &[&instance]);
    until("a scrape", || !samples(&store, "a", &instance).is_empty()).await;
    manager.apply(&[section("one"), section("two")]);
    let mut slower = section("one");
    slower.extra_metrics = true;
    manager.apply(&[slower]);
    until("extra metrics", || {
        !samples(&store, "scrape_timeout_seconds", &instance).is_empty()
    })
    .await;
    assert!(
        samples(&store, "a", &instance)
            .values
            .iter()
            .all(|value| !is_stale(*value))
    );
    // The second loop took over what the first knew.
    assert_eq!(
        samples(&store, "scrape_series_added", &instance).values[1..]
            .iter()
            .sum::<f64>(),
        0.0
    );

    found(&manager, "one", &[]);
    assert!(manager.active(None).is_empty());
    let ended = |metric| {
        samples(&store, metric, &instance)
            .values
            .last()
            .is_some_and(|v| is_stale(*v))
    };
    until("the end", || ended("a") && ended("up")).await;
    manager.shutdown().await;
}

#[tokio::test]
async fn limits_fail_the_scrape_and_name_the_setting() {
    let server = Server::start("a 1\nb 2\nc 3\n").await;
    let instance = server.address.to_string();
    let check = async |limits: ScrapeLimits, wanted: &str, counter: &str| {
        let (manager, store) = manager();
        let mut config = section("one");
        config.limits = limits;
        manager.apply(&[config]);
        found(&manager, "one", &[&instance]);
        until("a failure", || {
            !manager.active(None)[0].last_error.is_empty()
        })
        .await;
        manager.shutdown().await;
        let error = manager.active(None)[0].last_error.clone();
        assert!(error.contains(wanted), "{error}");
        assert!(samples(&store, "a", &instance).is_empty());
        assert_eq!(samples(&store, "up", &instance).values[0], 0.0);
        let mut families = Vec::new();
        manager.gather(&mut families);
        let family = families
            .iter()
            .find(|family| family.name == counter)
            .unwrap();
        assert_ne!(
            family.points[0].value,
            model::PointValue::Number(0.0),
            "{counter}"
        );
        samples(&store, "scrape_samples_scraped", &instance).values[0]
    };
    let none = ScrapeLimits::default();
    let scraped = check(
        ScrapeLimits { samples: 2, ..none },
        "sample_limit",
        "prometheus_target_scrapes_exceeded_sample_limit_total",
    );
    assert_eq!(scraped.await, 3.0);
    check(
        ScrapeLimits {
            body_size: 5,
            ..none
        },
        "body size limit of 5 bytes exceeded",
        "prometheus_target_scrapes_exceeded_body_size_limit_total",
    )
    .await;
    check(
        ScrapeLimits { labels: 2, ..none },
        "label_limit exceeded",
        "prometheus_target_scrape_pool_exceeded_label_limits_total",
    )
    .await;
}

#[tokio::test]
async fn an_endless_answer_is_cut_at_the_limit() {
    let server = Server::start("").await;
    server.say(|_| plain(axum::body::Body::new(Endless)));
    let instance = server.address.to_string();
    let (manager, _) = manager();
    let mut config = section("one");
    config.limits.body_size = 100_000;
    config.interval = std::time::Duration::from_secs(2);
    config.timeout = config.interval;
    manager.apply(&[config]);
    found(&manager, "one", &[&instance]);
    until("a failure", || {
        !manager.active(None)[0].last_error.is_empty()
    })
    .await;
    manager.shutdown().await;
    assert_eq!(
        manager.active(None)[0].last_error,
        "body size limit of 100000 bytes exceeded (raise it with body_size_limit)"
    );
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    let server = Server::start("").await;
    server.say(|request| {
        use std::io::Write as _;
        assert_eq!(request.headers()["accept-encoding"], "gzip");
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
        encoder.write_all(b"a 1\n").unwrap();
        let mut response = plain(encoder.finish().unwrap());
        let headers = response.headers_mut();
        headers.insert("content-encoding", "gzip".parse().unwrap());
        response
    });
    let instance = server.address.to_string();
    let (manager, store) = manager();
    manager.apply(&[section("one")]);
    found(&manager, "one", &[&instance]);
    until("a scrape", || !samples(&store, "a", &instance).is_empty()).await;
    manager.shutdown().await;
}

#[tokio::test]
async fn too_many_targets_fail_all_of_them() {
    let server = Server::start("a 1\n").await;
    let instance = server.address.to_string();
    let (manager, _) = manager();
    let mut config = section("one");
    config.limits.targets = 1;
    manager.apply(&[config]);
    found(&manager, "one", &[&instance, "127.0.0.1:1"]);
    let said = || {
        manager
            .active(None)
            .iter()
            .all(|t| t.last_error.starts_with("target_limit"))
    };
    until("all fail", said).await;
    found(&manager, "one", &[&instance]);
    until("it recovers", || {
        manager.active(None)[0].health == Health::Up
    })
    .await;
    manager.shutdown().await;
}

#[tokio::test]
async fn a_hanging_target_runs_out_of_time() {
    let server = Server::start("").await;
    server.say(|_| plain(axum::body::Body::new(Silent)));
    let instance = server.address.to_string();
    let (manager, _) = manager();
    manager.apply(&[section("one")]);
    found(&manager, "one", &[&instance]);
    until("a failure", || {
        !manager.active(None)[0].last_error.is_empty()
    })
    .await;
    manager.shutdown().await;
    let error = manager.active(None)[0].last_error.clone();
    assert!(error.ends_with("context deadline exceeded"), "{error}");
}

/// A body that goes on and on.
struct Endless;

impl http_body::Body for Endless {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        let data = bytes::Bytes::from_static(&[b'a'; 8192]);
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(data))))
    }
}

/// A body that never says anything and never ends.
struct Silent;

impl http_body::Body for Silent {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

#[tokio::test]
async fn groups_that_change_take_only_their_own_targets_along() {
    let (manager, _) = manager();
    manager.apply(&[section("one")]);
    let group = |source: &str, addresses: &[&str]| {
        let labels = |address: &&str| Labels::from_pairs([("__address__", *address)]);
        Arc::new(TargetGroup {
            source: source.to_owned(),
            labels: Labels::empty(),
            targets: addresses.iter().map(labels).collect(),
        })
    };
    let change = |before: Option<&Arc<TargetGroup>>, after: Option<&Arc<TargetGroup>>| {
        let (before, after) = (before.cloned(), after.cloned());
        let all = || panic!("a job that is known needs no more than its changes");
        manager.update("one", vec![GroupChange { before, after }], &all);
    };
    let active = |wanted: &[&str]| {
        let all = manager.active(None);
        let found: Vec<_> = all
            .iter()
            .filter_map(|target| target.labels.get("instance"))
            .collect();
        assert_eq!(found, wanted);
    };
    let (a, b) = (group("a", &["127.0.0.1:1"]), group("b", &["127.0.0.1:2"]));
    manager.replace("one", vec![Arc::clone(&a), Arc::clone(&b)]);
    active(&["127.0.0.1:1", "127.0.0.1:2"]);
    // What two groups say goes with the last of them.
    let both = group("b", &["127.0.0.1:1", "127.0.0.1:2", "/broken"]);
    change(Some(&b), Some(&both));
    change(Some(&a), None);
    active(&["127.0.0.1:1", "127.0.0.1:2"]);
    assert_eq!(manager.active(None).len(), 3, "a broken one is shown");
    change(None, Some(&a));
    change(Some(&both), None);
    active(&["127.0.0.1:1"]);
    // A group that is told as gone and was never known is no harm.
    change(Some(&b), None);
    active(&["127.0.0.1:1"]);
    manager.replace("one", vec![b]);
    active(&["127.0.0.1:2"]);
    manager.shutdown().await;
}
