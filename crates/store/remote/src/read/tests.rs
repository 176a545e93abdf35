//! Servers of the test's own: what they are asked, and what becomes of what they answer.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use contract::memory::MemoryStore;
use contract::{Append, Batch, PendingSample};
use model::{Columns, Matcher};
use wire::remote::read::{FrameWriter, ReadQuery, ReadRequest, samples};

use super::*;

/// A server that answers each request by bytes, and tells what it was asked.
struct Far {
    url: String,
    asked: Receiver<ReadQuery>,
}

fn serve(mut stream: TcpStream, answer: &[u8], asked: &Sender<ReadQuery>) -> Option<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?.to_lowercase();
    assert!(head.contains("x-prometheus-remote-read-version: 0.1.0"));
    let length = head.split("content-length: ").nth(1)?.lines().next()?;
    let mut body = vec![0; length.parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    let message = snap::raw::Decoder::new().decompress_vec(&body).ok()?;
    let request = ReadRequest::decode(&message).ok()?;
    assert_eq!(request.accepted, [1, 0]);
    asked.send(request.queries.into_iter().next()?).ok()?;
    stream.write_all(answer).ok()
}

impl Far {
    fn new(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/read", listener.local_addr().unwrap());
        let (sender, asked) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                serve(stream, &answer, &sender);
            }
        });
        Self { url, asked }
    }

    fn answering(kind: &str, body: &[u8]) -> Self {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        Self::new([head.as_bytes(), body].concat())
    }

    /// Answers samples.
    fn plain(series: &[(Labels, Columns)]) -> Self {
        let mut out = Vec::new();
        let written = samples::push_result::<()>(&mut out, |out| {
            for (labels, columns) in series {
                samples::push_series(out, labels, columns);
            }
            Ok(())
        });
        written.unwrap();
        let packed = snap::raw::Encoder::new().compress_vec(&out).unwrap();
        Self::answering("application/x-protobuf", &packed)
    }

    /// Answers chunks.
    fn packed(series: &[(Labels, Columns)]) -> Self {
        Self::answering(
            "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse",
            &stream(series),
        )
    }

    fn section(&self) -> RemoteReadConfig {
        section(&self.url)
    }
}

fn stream(series: &[(Labels, Columns)]) -> Vec<u8> {
    let (mut writer, mut out) = (FrameWriter::default(), Vec::new());
    for (labels, columns) in series {
        writer.begin(0, labels);
        let packed = chunk::pack::<()>(columns, &mut |chunk| {
            writer.push(chunk);
            out.extend(writer.take());
            Ok(())
        });
        packed.unwrap();
    }
    out
}

fn section(url: &str) -> RemoteReadConfig {
    let text = format!("remote_read: [{{url: '{url}', read_recent: true}}]\n");
    let parsed = config::parse(&text, "x.yml".as_ref(), &|_| None);
    parsed.unwrap().remote_read.remove(0)
}

fn labels(n: &str) -> Labels {
    Labels::from_pairs([("__name__", "m"), ("n", n)])
}

fn columns(times: std::ops::Range<i64>, value: f64) -> Columns {
    let mut columns = Columns::new();
    times.for_each(|time| columns.push(time * 10, value));
    columns
}

/// A local store with the series 1 and 2 at 0 to 90.
fn local() -> Arc<dyn Select> {
    let store = MemoryStore::default();
    let mut ids = Vec::new();
    store
        .resolve(&[labels("1"), labels("2")], &mut ids)
        .unwrap();
    for time in 0..10 {
        let sample = |series| PendingSample {
            series,
            time: time * 10,
            value: 0.0,
        };
        let batch = Batch {
            samples: ids.iter().copied().map(sample).collect(),
            ..Batch::default()
        };
        store.append(&batch).unwrap();
    }
    Arc::new(store)
}

struct World {
    runtime: tokio::runtime::Runtime,
    reader: RemoteRead,
}

const EXTERNAL: [(&str, &str); 2] = [("zone", "eu"), ("replica", "a")];

fn world(sections: &[RemoteReadConfig], local_start: i64) -> World {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let start = Box::new(move || local_start);
    let reader = RemoteRead::new(local(), start, runtime.handle().clone());
    let external = Labels::from_pairs(EXTERNAL);
    let loaded = reader.load(sections, &external).unwrap();
    reader.apply(loaded);
    World { runtime, reader }
}

const RANGE: TimeRange = TimeRange { start: 5, end: 500 };

type Found = BTreeMap<String, Vec<(i64, f64)>>;

impl World {
    fn select(&self, matchers: &[Matcher]) -> Result<(Found, Vec<String>), SelectError> {
        let selection = Selection {
            matchers,
            range: RANGE,
            limit: 0,
        };
        let list = self.reader.select(&selection)?;
        let mut found = Found::new();
        for place in 0..list.len() {
            let mut columns = Columns::new();
            list.read(place, &mut columns)?;
            let labels = list.labels(place);
            let samples = columns.iter().map(|s| (s.time, s.value)).collect();
            let before = found.insert(labels.to_string(), samples);
            assert!(before.is_none(), "{labels} twice");
        }
        Ok((found, list.warnings()))
    }
}

fn all() -> Vec<Matcher> {
    vec![Matcher::equal("__name__", "m")]
}

/// What a server with the series 2 and 3 at 50 to 140, in the zone eu, makes of the local ones.
fn check_joined(world: &World) {
    let (found, warnings) = world.select(&all()).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    let samples = |from: i64, to: i64, value| (from..to).map(move |time| (time * 10, value));
    let expected = [
        (labels("1"), samples(1, 10, 0.0).collect()),
        // What is stored here comes first.
        (
            labels("2"),
            samples(1, 10, 0.0).chain(samples(10, 15, 7.0)).collect(),
        ),
        (labels("3"), samples(5, 15, 7.0).collect()),
    ];
    let expected = expected.map(|(labels, samples): (_, Vec<_>)| (labels.to_string(), samples));
    assert_eq!(found, BTreeMap::from(expected));
}

fn far() -> [(Labels, Columns); 2] {
    ["2", "3"].map(|n| {
        let mut labels = labels(n).to_builder();
        labels.set("zone", "eu");
        (labels.build(), columns(5..15, 7.0))
    })
}

#[test]
fn what_both_have_is_one_series_in_either_form() {
    for far in [Far::plain(&far()), Far::packed(&far())] {
        let world = world(&[far.section()], 0);
        check_joined(&world);
        let asked = far.asked.recv().unwrap();
        assert_eq!((asked.start, asked.end), (RANGE.start, RANGE.end));
        let mut matchers = all();
        matchers.push(Matcher::equal("replica", "a"));
        matchers.push(Matcher::equal("zone", "eu"));
        assert_eq!(asked.matchers, matchers);
    }
}

#[test]
fn several_servers_and_overlapping_chunks_are_one_too() {
    let [two, three] = far();
    let mut doubled = two.clone();
    doubled.1 = columns(5..10, 7.0);
    let first = Far::packed(&[doubled.clone(), two.clone(), three.clone()]);
    let second = Far::plain(&[three, two]);
    check_joined(&world(&[first.section(), second.section()], 0));
}

#[test]
fn an_external_label_that_is_asked_for_is_not_added_and_stays() {
    let far = Far::packed(&far());
    let world = world(&[far.section()], 0);
    let mut matchers = all();
    matchers.push(Matcher::equal("zone", "eu"));
    let (found, _) = world.select(&matchers).unwrap();
    assert!(
        found.keys().all(|labels| labels.contains("zone=\"eu\"")),
        "{found:?}"
    );
    let asked = far.asked.recv().unwrap();
    matchers.push(Matcher::equal("replica", "a"));
    assert_eq!(asked.matchers, matchers);
}

#[test]
fn who_is_not_concerned_is_not_asked() {
    // Nobody listens there.
    let nobody = || section("http://127.0.0.1:1/");
    let asked = |change: &dyn Fn(&mut RemoteReadConfig), start| {
        let mut section = nobody();
        change(&mut section);
        let (found, warnings) = world(&[section], start).select(&all()).unwrap();
        assert_eq!(found.len(), 2);
        !warnings.is_empty()
    };
    assert!(asked(&|_| (), 0));
    let need = |name: &'static str, value: &'static str| {
        move |section: &mut RemoteReadConfig| {
            section.required = Labels::from_pairs([(name, value)]);
        }
    };
    assert!(asked(&need("__name__", "m"), 0));
    assert!(!asked(&need("__name__", "other"), 0));
    assert!(!asked(&need("job", "m"), 0));
    let old = |section: &mut RemoteReadConfig| section.read_recent = false;
    assert!(asked(&old, RANGE.start));
    assert!(!asked(&old, RANGE.start - 1));
}

#[test]
fn only_what_the_local_store_lacks_is_asked_for() {
    let far = Far::packed(&[]);
    let mut section = far.section();
    section.read_recent = false;
    let world = world(&[section], 100);
    world.select(&all()).unwrap();
    let asked = far.asked.recv().unwrap();
    assert_eq!((asked.start, asked.end), (RANGE.start, 100));
}

#[test]
fn a_server_that_fails_is_a_warning_and_no_more() {
    let good = stream(&far());
    let kind = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
    let mut damaged = good.clone();
    damaged[40] ^= 1;
    let refused =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\nConnection: close\r\n\r\nbusy\n";
    let bomb = [0xff, 0xff, 0xff, 0xff, 0x0f];
    for (far, words) in [
        (
            Far::answering(kind, &good[..good.len() - 3]),
            "ends within a frame",
        ),
        (Far::answering(kind, &damaged), "checksum"),
        (
            Far::answering("text/html", b"<html>"),
            "unsupported content type: text/html",
        ),
        (
            Far::answering("application/x-protobuf", b"no snappy"),
            "snappy",
        ),
        (Far::answering("application/x-protobuf", &bomb), "exceeds"),
        (
            Far::answering("application/x-protobuf", &[0]),
            "want 1, got 0",
        ),
        (Far::new(refused.into()), "503 Service Unavailable: busy"),
        (Far::new(Vec::new()), "error sending request"),
    ] {
        let world = world(&[far.section()], 0);
        let (found, warnings) = world.select(&all()).unwrap();
        assert_eq!(found.len(), 2, "{words}");
        assert!(
            warnings.len() == 1 && warnings[0].contains(words),
            "{words}: {warnings:?}"
        );
        assert!(warnings[0].starts_with("remote_read: "), "{warnings:?}");
    }
}

#[test]
fn a_frame_beyond_the_limit_and_a_server_that_is_slow_are_warnings() {
    let far = Far::packed(&far());
    let mut section = far.section();
    section.frame_limit = 10;
    let (_, warnings) = world(&[section], 0).select(&all()).unwrap();
    assert!(
        warnings[0].contains("exceeds the limit of 10"),
        "{warnings:?}"
    );
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let mut section = self::section(&url);
    section.timeout = Duration::from_millis(100);
    let (_, warnings) = world(&[section], 0).select(&all()).unwrap();
    assert!(warnings[0].contains("deadline"), "{warnings:?}");
}

#[test]
fn nobody_waits_for_an_answer_that_nobody_wants() {
    struct Gone;
    impl Watch for Gone {
        fn goes_on(&self, _: usize) -> bool {
            false
        }
    }
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let world = world(&[section(&url)], 0);
    let matchers = all();
    let selection = Selection {
        matchers: &matchers,
        range: RANGE,
        limit: 0,
    };
    let stopped = world.reader.select_watched(&selection, Arc::new(Gone));
    assert_eq!(stopped.err(), Some(SelectError::Stopped));
}

#[test]
fn sections_that_repeat_are_refused_and_those_that_stay_keep_their_server() {
    let far = Far::packed(&far());
    let world = world(&[far.section()], 0);
    let external = Labels::from_pairs(EXTERNAL);
    let twice = world
        .reader
        .load(&[far.section(), far.section()], &external);
    assert!(matches!(twice.err(), Some(ConfigError::Duplicate(_))));
    let server = Arc::clone(&world.reader.servers.read()[0]);
    let again = world.reader.load(&[far.section()], &external).unwrap();
    assert!(Arc::ptr_eq(&again.0[0], &server));
    let others = world
        .reader
        .load(&[far.section()], &Labels::empty())
        .unwrap();
    assert!(!Arc::ptr_eq(&others.0[0], &server));
    drop(world.runtime);
}
