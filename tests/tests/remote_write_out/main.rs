//! Argand sends by remote write: to the originals, which are killed and come back, and is killed
//! itself; and a Prometheus sends to an Argand that is killed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod far;
mod near;
mod receiver;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use argand_tests::{Page, Server, Target, free_port, get_json, installed, post, query};
use far::{Far, differences, newer, samples};
use model::{Exemplar, FamilyKind, Histogram, HistogramValue, Labels, LabelsBuilder, Span};
use near::{Near, value, wait};
use receiver::Receiver;
use wire::remote::write::{Content, Request, RequestWriter, Version, put_labels};

const V2: &str = "protobuf_message: io.prometheus.write.v2.Request, ";

/// Argand that scrapes itself and sends to a URL, with further settings.
fn configuration(url: &str, settings: &str) -> String {
    format!(
        "global: {{scrape_interval: 250ms, scrape_timeout: 250ms}}\n\
         scrape_configs:\n\
         - job_name: self\n  static_configs: [{{targets: ['SELF']}}]\n\
         remote_write:\n\
         - {{url: '{url}', {settings}queue_config: {{batch_send_deadline: 100ms, \
         max_samples_per_send: 300, min_shards: 2, max_backoff: 200ms}}}}\n"
    )
}

/// Now, in seconds.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs_f64()
}

/// Waits until so many more scrapes have arrived.
fn arrive(near: &Near, far: &Far, more: f64) {
    let log = || format!("{}\n{}", near.server.log(), far.server.log());
    let begun = now();
    wait("samples", log, || {
        let own = far.samples("up{job=\"self\"}", now());
        let new = own
            .values()
            .flatten()
            .filter(|sample| sample.0 as f64 > begun * 1000.0);
        (new.count() as f64 >= more).then_some(())
    });
}

fn all_arrives(mut far: Far, settings: &str) {
    let mut near = Near::start(&configuration(&far.write_url(), settings));
    arrive(&near, &far, 8.0);
    for _ in 0..2 {
        far.end();
        std::thread::sleep(Duration::from_secs(2));
        far.start_again();
        arrive(&near, &far, 4.0);
        near.kill();
        near.start_again();
        arrive(&near, &far, 4.0);
        // Both, while the far end has much to catch up with.
        far.end();
        std::thread::sleep(Duration::from_secs(1));
        near.kill();
        near.start_again();
        far.start_again();
        arrive(&near, &far, 4.0);
    }
    let at = now();
    let log = || format!("{}\n{}", near.server.log(), far.server.log());
    let selector = "{job=\"self\"}";
    let last = std::cell::RefCell::new(Vec::new());
    let look = || {
        let ours = samples(&near.server.url, selector, at);
        assert!(ours.len() > 150, "{}", ours.len());
        *last.borrow_mut() = far.lacks(ours, selector, at);
        last.borrow().is_empty().then_some(())
    };
    wait(
        "equality",
        || format!("{:#?}\n{}", last.borrow(), log()),
        look,
    );
}

#[test]
fn all_arrives_at_debians_prometheus() {
    if let Some(program) = installed("prometheus") {
        all_arrives(Far::prometheus(program), "");
    }
}

#[test]
fn all_arrives_at_the_newer_prometheus_by_version_2() {
    if let Some(program) = newer() {
        all_arrives(Far::prometheus(program), V2);
    }
}

#[test]
fn all_arrives_at_victoria_metrics() {
    if let Some(far) = Far::victoria() {
        all_arrives(far, "");
    }
}

/// A request of version 1.0 with a sample, a histogram and an exemplar of one series each.
fn request(time: i64) -> Vec<u8> {
    let mut writer = RequestWriter::new(Version::V1);
    let mut series = |name: &str, tell: &dyn Fn(&mut RequestWriter)| {
        let mut labels = Vec::new();
        put_labels(
            &mut labels,
            [("__name__", name), ("job", "pushed")].into_iter(),
        );
        writer.begin(&labels);
        tell(&mut writer);
        writer.end();
    };
    series("pushed_native", &|writer| {
        let histogram = Histogram {
            schema: 2,
            zero_threshold: 0.001,
            zero_count: 1,
            count: 8,
            sum: 12.5,
            positive_spans: vec![Span {
                offset: -1,
                length: 3,
            }],
            positive: vec![2u64, 4, 1],
            ..Histogram::default()
        };
        writer.histogram(time, &HistogramValue::Integer(Box::new(histogram)));
    });
    series("pushed_total", &|writer| {
        writer.sample(time, 3.5);
        writer.exemplar(&Exemplar {
            labels: Labels::from_pairs([("trace_id", "abc")]),
            value: 1.5,
            time: Some(time),
        });
    });
    let mut body = Vec::new();
    writer.finish(&mut body);
    snap::raw::Encoder::new().compress_vec(&body).unwrap()
}

fn all_kinds_arrive(program: std::path::PathBuf, settings: &str) {
    let there = Arc::new(AtomicBool::new(true));
    let shows = Arc::clone(&there);
    let page = move |_: &str| match shows.load(Ordering::Relaxed) {
        true => Page::text("goes_on 1\nends 1\n"),
        false => Page::text("goes_on 1\n"),
    };
    let target = Target::start(page).unwrap();
    let far = Far::prometheus(program);
    let settings = format!("{settings}send_exemplars: true, send_native_histograms: true, ");
    let text = configuration(&far.write_url(), &settings).replace("SELF", &target.address);
    let near = Near::start(&text);
    let log = || format!("{}\n{}", near.server.log(), far.server.log());
    let time = (now() * 1000.0) as i64;
    let answer = post(&near.write_url(), "application/x-protobuf", &request(time)).unwrap();
    assert_eq!(answer.status, 204, "{}", answer.text);
    let histogram = wait("the histogram", log, || {
        query(&far.server.url, "pushed_native")
            .unwrap()
            .first()
            .cloned()
    });
    let ours = query(&near.server.url, "pushed_native").unwrap();
    assert_eq!(histogram["histogram"][1], ours[0]["histogram"][1]);
    assert_eq!(histogram["histogram"][1]["count"], "8");
    let exemplar = wait("the exemplar", log, || {
        let url = format!(
            "{}/api/v1/query_exemplars?query=pushed_total&start={}&end={}",
            far.server.url,
            now() - 600.0,
            now() + 60.0
        );
        let answer = get_json(&url).unwrap();
        answer.pointer("/data/0/exemplars/0").cloned()
    });
    assert_eq!(exemplar["labels"]["trace_id"], "abc");
    assert_eq!(exemplar["value"], "1.5");
    // A marker of the end: without it the series would be seen for five minutes more.
    wait("ends", log, || value(&far.server.url, "ends"));
    there.store(false, Ordering::Relaxed);
    wait("the end", log, || {
        let (ends, goes_on) = ("absent(ends)", "goes_on");
        value(&far.server.url, goes_on)?;
        value(&far.server.url, ends)
    });
}

#[test]
fn all_kinds_arrive_at_debians_prometheus() {
    if let Some(program) = installed("prometheus") {
        all_kinds_arrive(program, "");
    }
}

#[test]
fn all_kinds_arrive_at_the_newer_prometheus_by_version_2() {
    if let Some(program) = newer() {
        all_kinds_arrive(program, V2);
    }
}

/// The series of a request.
fn series(body: &[u8], version: Version) -> Vec<(Labels, Content)> {
    let mut request = Request::new(body, version, 1).unwrap();
    let mut all = Vec::new();
    while let Some(series) = request.next_series().unwrap() {
        let (mut labels, mut content) = (LabelsBuilder::new(), Content::default());
        series.labels(&mut labels).unwrap();
        series.read(&mut content).unwrap();
        all.push((labels.build(), content));
    }
    all
}

#[test]
fn metadata_and_labels_are_as_the_configuration_says() {
    let (first, second) = (
        Receiver::start(|_| "204 No Content\r\n"),
        Receiver::start(|_| "200 OK\r\n"),
    );
    let text = format!(
        "global: {{scrape_interval: 250ms, scrape_timeout: 250ms, external_labels: {{replica: a}}}}\n\
         scrape_configs: [{{job_name: self, static_configs: [{{targets: ['SELF']}}]}}]\n\
         remote_write:\n\
         - url: {}\n  headers: {{X-Scope-OrgID: us}}\n  basic_auth: {{username: u, password: p}}\n  \
         metadata_config: {{send_interval: 1s}}\n  \
         write_relabel_configs: [{{source_labels: [__name__], regex: 'process_.*', action: drop}}]\n\
         - url: {}\n  {}\n  metadata_config: {{send_interval: 1s}}\n",
        first.url,
        second.url,
        V2.trim_end_matches(", "),
    );
    let near = Near::start(&text);
    let log = || near.server.log();
    let is_metadata = |body: &[u8]| series(body, Version::V1).is_empty();
    let body = wait("metadata", log, || {
        let sent = first.sent();
        sent.into_iter().find(|sent| is_metadata(&sent.body))
    });
    let part = b"prometheus_tsdb_head_series";
    assert!(body.body.windows(part.len()).any(|window| window == part));
    let sent = wait("samples", log, || {
        let sent = first.sent();
        sent.into_iter().find(|sent| !is_metadata(&sent.body))
    });
    for (name, value) in [
        ("content-encoding", "snappy"),
        ("content-type", "application/x-protobuf"),
        ("x-prometheus-remote-write-version", "0.1.0"),
        ("x-scope-orgid", "us"),
        ("authorization", "Basic dTpw"),
    ] {
        assert_eq!(sent.headers.get(name).map(String::as_str), Some(value));
    }
    assert!(sent.headers["user-agent"].starts_with("Argand/"));
    let described = wait("a series with metadata", log, || {
        let sent = second.sent();
        let all = sent.iter().flat_map(|sent| series(&sent.body, Version::V2));
        all.filter(|(_, content)| content.metadata.is_some())
            .find(|(labels, _)| labels.metric() == Some("prometheus_tsdb_head_series"))
    });
    let metadata = described.1.metadata.unwrap();
    assert_eq!(metadata.kind, FamilyKind::Gauge);
    assert!(!metadata.help.is_empty());
    let one = |receiver: &Receiver, version| {
        let sent = receiver.sent();
        let all = sent.iter().flat_map(|sent| series(&sent.body, version));
        let mut names: Vec<_> = all.map(|(labels, _)| labels).collect();
        names.sort();
        names.dedup();
        names
    };
    let (first, second) = (one(&first, Version::V1), one(&second, Version::V2));
    assert!(
        first
            .iter()
            .all(|labels| labels.get("replica") == Some("a"))
    );
    let process = |labels: &&Labels| labels.metric().is_some_and(|n| n.starts_with("process_"));
    assert_eq!(first.iter().filter(process).count(), 0);
    assert!(second.iter().filter(process).count() > 0);
    let own = "prometheus_remote_storage_samples_dropped_total{reason=\"dropped_series\"} > 0";
    wait("a count of what is dropped", log, || near.value(own));
    let own = "prometheus_remote_storage_metadata_total > 0";
    wait("a count of metadata", log, || near.value(own));
}

#[test]
fn what_is_to_be_sent_again_is_and_what_is_refused_is_not() {
    // The first three answers are failures of different kinds, then one request is refused.
    let receiver = Receiver::start(|number| match number {
        0 => "503 Service Unavailable\r\nRetry-After: 1\r\n",
        1 => "500 Internal Server Error\r\n",
        2 => "429 Too Many Requests\r\n",
        4 => "404 Not Found\r\n",
        _ => "204 No Content\r\n",
    });
    let settings = "metadata_config: {send: false}, ";
    let text = configuration(&receiver.url, settings)
        .replace("min_shards: 2", "max_shards: 1, retry_on_http_429: true");
    let near = Near::start(&text);
    let log = || near.server.log();
    wait("requests", log, || {
        (receiver.sent().len() > 8).then_some(())
    });
    let sent = receiver.sent();
    let bodies: Vec<_> = sent.iter().map(|sent| &sent.body).collect();
    assert!(bodies[..4].iter().all(|body| *body == bodies[0]));
    assert!(bodies[4] != bodies[3] && bodies[5] != bodies[4]);
    let attempts = sent.iter().map(|sent| sent.headers.get("retry-attempt"));
    let attempts: Vec<_> = attempts
        .take(5)
        .map(|attempt| attempt.map(String::as_str))
        .collect();
    assert_eq!(attempts, [None, Some("1"), Some("2"), Some("3"), None]);
    let lost = series(&sent[4].body, Version::V1).len() as f64;
    let failed = "prometheus_remote_storage_samples_failed_total > 0";
    assert_eq!(wait("a count", log, || near.value(failed)), lost);
    let retried = "prometheus_remote_storage_samples_retried_total";
    assert!(near.value(retried).unwrap() > 0.0);
}

#[test]
fn a_reload_changes_queues_and_leaves_the_others() {
    let (first, second) = (
        Receiver::start(|_| "204 No Content\r\n"),
        Receiver::start(|_| "204 No Content\r\n"),
    );
    let near = Near::start(&configuration(&first.url, ""));
    let log = || near.server.log();
    wait("requests", log, || (!first.sent().is_empty()).then_some(()));
    let both = format!(
        "{}- {{url: '{}'}}\n",
        configuration(&first.url, ""),
        second.url
    );
    near.reload(&both);
    wait("requests to the second", log, || {
        (!second.sent().is_empty()).then_some(())
    });
    near.reload(&configuration(&second.url, ""));
    wait("one queue", log, || {
        let count = near.value("count(prometheus_remote_storage_shards) == 1")?;
        let is_second = format!("prometheus_remote_storage_shards{{url=\"{}\"}}", second.url);
        near.value(&is_second).map(|_| count)
    });
    // Nothing is sent twice by all that.
    let mut all: Vec<(Labels, i64)> = Vec::new();
    for sent in second.sent() {
        for (labels, content) in series(&sent.body, Version::V1) {
            all.extend(
                content
                    .samples
                    .iter()
                    .map(|sample| (labels.clone(), sample.0)),
            );
        }
    }
    let count = all.len();
    all.sort();
    all.dedup();
    assert!(count > 0 && all.len() == count, "{} of {count}", all.len());
}

#[test]
fn a_prometheus_sends_to_an_argand_that_is_killed() {
    let Some(program) = installed("prometheus") else {
        return;
    };
    let mut near = Near::start("scrape_configs: []\n");
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port().unwrap());
    let text = configuration(&near.write_url(), "").replace("SELF", &format!("127.0.0.1:{port}"));
    let file = folder.path().join("sender.yml");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(program);
    let data = folder.path().join("data");
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg(format!("--storage.tsdb.path={}", data.display()));
    let url = format!("http://127.0.0.1:{port}");
    let sender =
        Server::start(command, url, "/-/ready", &folder.path().join("sender.log")).unwrap();
    let first = wait(
        "samples",
        || sender.log(),
        || value(&near.server.url, "timestamp(up{job=\"self\"})"),
    );
    for pause in [700, 1500, 300, 1000] {
        std::thread::sleep(Duration::from_millis(pause));
        near.kill();
        std::thread::sleep(Duration::from_millis(pause / 2));
        near.start_again();
    }
    std::thread::sleep(Duration::from_secs(1));
    let at = now();
    let log = || format!("{}\n{}", near.server.log(), sender.log());
    let last = std::cell::RefCell::new(Vec::new());
    let look = || {
        // What was scraped before the sender began to send is its own.
        let since = |mut all: far::Samples| {
            for own in all.values_mut() {
                own.retain(|sample| sample.0 as f64 >= first * 1000.0);
            }
            all
        };
        let theirs = since(samples(&sender.url, "{job=\"self\"}", at));
        assert!(theirs.len() > 150, "{}", theirs.len());
        let ours = since(samples(&near.server.url, "{job=\"self\"}", at));
        *last.borrow_mut() = differences(&theirs, &ours);
        last.borrow().is_empty().then_some(())
    };
    wait(
        "equality",
        || format!("{:#?}\n{}", last.borrow(), log()),
        look,
    );
}
