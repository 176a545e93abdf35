//! Remote read: the same requests to Argand and to the original over the same data, and an
//! original that reads from Argand.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use argand_tests::{Argand, Server, free_port, get_json, installed, query};
use model::{Columns, Labels, MatchOp, Matcher};
use wire::remote::read::{AnswerForm, FrameReader, Hints, ReadQuery, ReadRequest, frames, samples};

/// Bytes of a frame that are taken.
const FRAME: usize = 64 << 20;

/// The originals that are here: the one installed, and a newer one where it is named.
fn originals() -> Vec<PathBuf> {
    let newer = std::env::var_os("ARGAND_PROMETHEUS_NEXT");
    let newer = newer.map(|folder| Path::new(&folder).join("prometheus"));
    installed("prometheus").into_iter().chain(newer).collect()
}

/// Starts an original on `data` below a folder.
fn original(program: &Path, folder: &Path, data: &str, configuration: &str) -> Server {
    let port = free_port().unwrap();
    let file = folder.join(format!("{data}.yml"));
    std::fs::write(
        &file,
        configuration.replace("SELF", &format!("127.0.0.1:{port}")),
    )
    .unwrap();
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--enable-feature=native-histograms")
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join(data).display()
        ));
    let url = format!("http://127.0.0.1:{port}");
    let log = folder.join(format!("{data}.log"));
    Server::start(command, url, "/-/ready", &log).unwrap()
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-r").args([from, to]).status();
    assert!(status.unwrap().success());
}

const EXTERNAL: &str = "global: {external_labels: {zone: eu, job: hidden}}\n";

/// A folder with `theirs` and `ours`: the same samples, of an original that watched itself.
fn sampled(program: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let scraping = "global: {scrape_interval: 100ms, scrape_timeout: 100ms}\n\
         scrape_configs:\n- job_name: self\n  static_configs: [{targets: ['SELF']}]\n";
    let mut server = original(program, folder.path(), "theirs", scraping);
    let enough = "count_over_time(up{job=\"self\"}[10m]) > 150";
    while query(&server.url, enough).unwrap().is_empty() {
        std::thread::sleep(Duration::from_millis(100));
    }
    server.signal("TERM").unwrap();
    assert!(server.wait().unwrap());
    copy(&folder.path().join("theirs"), &folder.path().join("data"));
    folder
}

fn post(server: &str, request: &ReadRequest) -> ureq::http::Response<ureq::Body> {
    let body = snap::raw::Encoder::new().compress_vec(&request.encode());
    let sent = ureq::post(format!("{server}/api/v1/read"))
        .config()
        .http_status_as_error(false)
        .build()
        .header("Content-Type", "application/x-protobuf")
        .header("Content-Encoding", "snappy")
        .header("Accept-Encoding", "snappy")
        .send(&body.unwrap()[..]);
    sent.unwrap()
}

/// Samples by series; what of histograms is alike in both: their printed form but for resets.
type Answer = BTreeMap<Labels, (Vec<(i64, u64)>, Vec<String>)>;

fn add(answer: &mut Answer, labels: Labels, columns: &Columns) {
    let (numbers, histograms) = answer.entry(labels).or_default();
    numbers.extend(columns.iter().map(|s| (s.time, s.value.to_bits())));
    histograms.extend(columns.histograms.iter().map(|sample| {
        let mut histogram = sample.value.clone().into_float();
        histogram.hint = model::ResetHint::Unknown;
        format!("{} {histogram:?}", sample.time)
    }));
}

/// What a server answers; series without samples are left out where samples were asked for.
fn ask(server: &str, query: &ReadQuery, form: AnswerForm) -> Answer {
    let request = ReadRequest {
        queries: vec![query.clone()],
        accepted: vec![form.number()],
    };
    let mut response = post(server, &request);
    let body = response
        .body_mut()
        .with_config()
        .limit(1 << 30)
        .read_to_vec();
    let body = body.unwrap();
    assert_eq!(response.status(), 200, "{}", String::from_utf8_lossy(&body));
    let kind = response.headers()["content-type"].to_str().unwrap();
    let mut answer = Answer::new();
    match form {
        AnswerForm::Samples => {
            assert_eq!(kind, "application/x-protobuf");
            assert_eq!(response.headers()["content-encoding"], "snappy");
            let message = snap::raw::Decoder::new().decompress_vec(&body).unwrap();
            let each = |labels, columns: Columns| add(&mut answer, labels, &columns);
            assert_eq!(samples::read(&message, each).unwrap(), 1);
        }
        AnswerForm::Chunks => {
            assert!(kind.starts_with("application/x-streamed-protobuf; proto="));
            read_stream(&body, &mut answer);
        }
    }
    if query.is_for_labels() {
        // The original streams samples of the head even so.
        answer
            .values_mut()
            .for_each(|samples| *samples = Default::default());
    } else {
        answer.retain(|_, (numbers, histograms)| !numbers.is_empty() || !histograms.is_empty());
    }
    answer
}

fn read_stream(body: &[u8], answer: &mut Answer) {
    let mut reader = FrameReader::new(FRAME);
    reader.feed(body);
    let mut order: Vec<Labels> = Vec::new();
    while let Some(message) = reader.next_message().unwrap() {
        let each = |labels: Labels, chunks: &[chunk::Chunk<'_>]| {
            if order.last() != Some(&labels) {
                order.push(labels.clone());
            }
            for chunk in chunks {
                let mut columns = Columns::new();
                chunk.encoding.decode(chunk.data, &mut columns)?;
                add(answer, labels.clone(), &columns);
            }
            Ok(())
        };
        frames::read(message, each).unwrap();
    }
    reader.end().unwrap();
    let own = |labels: &Labels| labels.filtered(|name| name != "zone");
    assert!(
        order.is_sorted_by(|a, b| own(a) < own(b)),
        "series in order, each once"
    );
}

fn queries(end: i64) -> Vec<ReadQuery> {
    let matcher = |name, op, value| Matcher::new(name, op, value).unwrap();
    let asked = |start, end, matchers: &[Matcher]| ReadQuery {
        start,
        end,
        matchers: matchers.to_vec(),
        hints: None,
    };
    let everything = matcher("__name__", MatchOp::Regex, ".+");
    let up = matcher("__name__", MatchOp::Equal, "up");
    let hints = |function: &str| {
        Some(Hints {
            start: end - 5_000,
            end: end - 2_000,
            function: function.to_owned(),
        })
    };
    let all = asked(0, end, std::slice::from_ref(&everything));
    let part = asked(end - 7_777, end - 3_333, std::slice::from_ref(&everything));
    vec![
        all.clone(),
        part,
        asked(0, end, &[up.clone(), matcher("zone", MatchOp::Equal, "eu")]),
        asked(
            0,
            end,
            &[up.clone(), matcher("zone", MatchOp::NotEqual, "eu")],
        ),
        asked(0, end, &[up.clone(), matcher("zone", MatchOp::Equal, "us")]),
        asked(0, end, &[up, matcher("job", MatchOp::NotRegex, "s.*")]),
        asked(
            end + 1_000_000,
            end + 2_000_000,
            std::slice::from_ref(&everything),
        ),
        ReadQuery {
            hints: hints("rate"),
            ..all.clone()
        },
        ReadQuery {
            hints: hints("series"),
            ..all
        },
    ]
}

#[test]
fn both_answer_the_same_requests_alike() {
    for program in originals() {
        let folder = sampled(&program);
        let theirs = original(&program, folder.path(), "theirs", EXTERNAL);
        let ours = Argand::start_in(folder.path(), EXTERNAL, &[]).unwrap();
        let newest = ours
            .query("max(max_over_time(timestamp(up)[1h:1s]))")
            .unwrap();
        let end: f64 = newest[0]["value"][1].as_str().unwrap().parse().unwrap();
        for (number, query) in queries((end * 1000.0) as i64).iter().enumerate() {
            for form in [AnswerForm::Samples, AnswerForm::Chunks] {
                let expected = ask(&theirs.url, query, form);
                let answer = ask(&ours.server.url, query, form);
                let (more, fewer) = (expected.len() > 300, expected.len() < 3);
                assert!(more || fewer, "{number}: {}", expected.len());
                for (labels, samples) in &expected {
                    assert_eq!(
                        answer.get(labels),
                        Some(samples),
                        "{number} {form:?} {labels}"
                    );
                }
                assert_eq!(answer.len(), expected.len(), "{number} {form:?}");
            }
        }
    }
}

#[test]
fn a_request_that_cannot_be_answered_is_told_why() {
    let flags = ["--storage.remote.read-sample-limit=3"];
    let own = "global: {scrape_interval: 50ms, scrape_timeout: 50ms}\n\
         scrape_configs:\n- job_name: self\n  static_configs: [{targets: ['SELF']}]\n";
    let argand = Argand::start(own, &flags).unwrap();
    argand.wait_for("count_over_time(up[1h]) > 4").unwrap();
    let up = ReadQuery {
        end: i64::MAX,
        matchers: vec![Matcher::equal("__name__", "up")],
        ..ReadQuery::default()
    };
    let check = |accepted: &[u64], status: u16, words: &str| {
        let request = ReadRequest {
            queries: vec![up.clone()],
            accepted: accepted.to_vec(),
        };
        let mut response = post(&argand.server.url, &request);
        let text = response.body_mut().read_to_vec().unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert_eq!(response.status(), status, "{text}");
        assert!(text.contains(words), "{text}");
    };
    check(&[], 400, "exceeded sample limit (3)");
    check(&[1], 200, "up");
    check(&[7], 400, "answer types [7]");
    let url = argand.url("/api/v1/read");
    let answer = argand_tests::post(&url, "application/x-protobuf", b"no snappy").unwrap();
    assert_eq!(answer.status, 400);
    let huge = vec![0; 5 << 20];
    let answer = argand_tests::post(&url, "application/x-protobuf", &huge).unwrap();
    assert_eq!(answer.status, 413);
}

/// The answers to questions over a past that does not change any more.
fn answers(server: &str, end: f64) -> Vec<serde_json::Value> {
    let queries = [
        "up",
        "rate(prometheus_tsdb_head_samples_appended_total[5s])",
        "sum by (handler) (prometheus_http_requests_total)",
        "count({__name__=~\".+\"})",
        "sum by (le) (prometheus_tsdb_compaction_chunk_range_seconds_bucket)",
    ];
    let ask = |query: &str| {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let start = end - 20.0;
        let form = format!("query={encoded}&start={start}&end={end}&step=1");
        let url = format!("{server}/api/v1/query_range");
        let kind = "application/x-www-form-urlencoded";
        let answer = argand_tests::post(&url, kind, form.as_bytes()).unwrap();
        let mut answer: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        let result = answer["data"]["result"].as_array_mut().unwrap();
        result.sort_by_key(|series| series["metric"].to_string());
        answer["data"]["result"].take()
    };
    queries.into_iter().map(ask).collect()
}

#[test]
fn an_original_that_reads_from_argand_answers_as_one_that_has_the_samples() {
    for program in originals() {
        let folder = sampled(&program);
        let ours = Argand::start_in(folder.path(), "{}\n", &[]).unwrap();
        let newest = ours
            .query("max(max_over_time(timestamp(up)[1h:1s]))")
            .unwrap();
        let end: f64 = newest[0]["value"][1].as_str().unwrap().parse().unwrap();
        let reading = format!(
            "remote_read: [{{url: '{}/api/v1/read', read_recent: true}}]\n",
            ours.server.url
        );
        let asking = original(&program, folder.path(), "empty", &reading);
        let having = original(&program, folder.path(), "theirs", "{}\n");
        let (expected, answer) = (answers(&having.url, end), answers(&asking.url, end));
        assert!(
            expected
                .iter()
                .all(|found| found.as_array().is_some_and(|f| !f.is_empty()))
        );
        for (expected, answer) in expected.iter().zip(&answer) {
            assert_eq!(expected, answer, "{}", asking.log());
        }
    }
}

#[test]
fn argand_reads_from_an_original_and_goes_on_without_it() {
    for program in originals() {
        let folder = sampled(&program);
        let external = "global: {external_labels: {zone: eu}}\n";
        let mut theirs = original(&program, folder.path(), "theirs", external);
        let having = Argand::start_in(folder.path(), "{}\n", &[]).unwrap();
        let newest = having
            .query("max(max_over_time(timestamp(up)[1h:1s]))")
            .unwrap();
        let end: f64 = newest[0]["value"][1].as_str().unwrap().parse().unwrap();
        // The same labels outside: they are asked for and taken off again.
        let reading = format!(
            "{external}remote_read: [{{url: '{}/api/v1/read', read_recent: true}}]\n",
            theirs.url
        );
        let asking = Argand::start(&reading, &[]).unwrap();
        let expected = answers(&having.server.url, end);
        let answer = answers(&asking.server.url, end);
        for (expected, answer) in expected.iter().zip(&answer) {
            assert!(expected.as_array().is_some_and(|found| !found.is_empty()));
            assert_eq!(expected, answer, "{}", asking.server.log());
        }
        let series = |server: &Argand| {
            let url = server.url("/api/v1/series?match[]=up&start=0");
            get_json(&url.replace("[]", "%5B%5D")).unwrap()
        };
        assert_eq!(series(&asking)["data"], series(&having)["data"]);
        theirs.kill();
        let url = asking.url("/api/v1/query?query=vector(1)%20or%20up");
        let answer = get_json(&url).unwrap();
        assert_eq!(answer["data"]["result"].as_array().unwrap().len(), 1);
        let warning = answer["warnings"][0].as_str().unwrap();
        assert!(
            warning.starts_with("remote_read: error sending request: "),
            "{warning}"
        );
        let answer = series(&asking);
        assert!(answer["data"].as_array().unwrap().is_empty());
        assert_eq!(answer["warnings"][0].as_str().unwrap(), warning);
    }
}

/// The newest sample of each series, by labels without those that federation or scraping adds.
fn newest(server: &str, selector: &str) -> BTreeMap<String, String> {
    let found = query(server, &format!("last_over_time({selector}[10m])")).unwrap();
    let one = |series: &serde_json::Value| {
        let value = series["value"][1].as_str().unwrap().to_owned();
        (series["metric"].to_string(), value)
    };
    found.iter().map(one).collect()
}

#[test]
fn an_original_that_federates_argand_gets_what_argand_has() {
    for program in originals() {
        let folder = tempfile::tempdir().unwrap();
        let target = argand_tests::Target::start(|_| {
            argand_tests::Page::text(
                "a{x=\"1\"} 1.5\na{x=\"2\"} -Inf\n# TYPE b counter\nb 7e99\nc NaN\n",
            )
        })
        .unwrap();
        let own = format!(
            "global: {{scrape_interval: 200ms, scrape_timeout: 200ms, external_labels: {{zone: eu}}}}\n\
             scrape_configs:\n- job_name: own\n  static_configs: [{{targets: ['{}']}}]\n",
            target.address
        );
        let argand = Argand::start(&own, &[]).unwrap();
        argand.wait_for("c").unwrap();
        let address = argand.server.url.trim_start_matches("http://");
        let federating = format!(
            "scrape_configs:\n- job_name: federate\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\n  \
             honor_labels: true\n  metrics_path: /federate\n  params: {{'match[]': ['{{job=\"own\"}}']}}\n  \
             static_configs: [{{targets: ['{address}']}}]\n"
        );
        let theirs = original(&program, folder.path(), "federating", &federating);
        let selector = "{job=\"own\",__name__=~\"a|b|c|up\"}";
        let mut expected = BTreeMap::new();
        for (labels, value) in newest(&argand.server.url, selector) {
            let mut labels: serde_json::Value = serde_json::from_str(&labels).unwrap();
            labels["zone"] = "eu".into();
            expected.insert(labels.to_string(), value);
        }
        assert_eq!(expected.len(), 5);
        let mut found = BTreeMap::new();
        for _ in 0..100 {
            found = newest(&theirs.url, selector);
            if found == expected {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(found, expected, "{}", theirs.log());
    }
}
