use std::sync::atomic::Ordering;

use crate::body::MOST_BYTES;
use contract::SystemClock;
use contract::memory::MemoryStore;
use model::METRIC_NAME;
use proptest::prelude::*;
use prost::Message;

use super::*;
use crate::forgetful::Forgetful;

#[derive(Clone, PartialEq, prost::Message)]
struct Whole {
    #[prost(message, repeated, tag = "1")]
    series: Vec<One>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct One {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Pair>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Point>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct Pair {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}
#[derive(Clone, PartialEq, prost::Message)]
struct Point {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    time: i64,
}

fn receiver_of(store: Arc<dyn Append>) -> RemoteWrite {
    RemoteWrite::new(store, Arc::new(SystemClock))
}

type Given<'a> = (&'a [(&'a str, &'a str)], &'a [(i64, f64)]);

fn request(series: &[Given<'_>]) -> Vec<u8> {
    let one = |&(labels, samples): &Given<'_>| One {
        labels: labels
            .iter()
            .map(|(name, value)| Pair {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
            })
            .collect(),
        samples: samples
            .iter()
            .map(|&(time, value)| Point { value, time })
            .collect(),
    };
    let whole = Whole {
        series: series.iter().map(one).collect(),
    };
    snap::raw::Encoder::new()
        .compress_vec(&whole.encode_to_vec())
        .unwrap()
}

fn stored(store: &MemoryStore) -> Vec<String> {
    let dump = store.dump();
    let shown = dump.iter().map(|(labels, columns)| {
        let samples: Vec<String> = columns
            .iter()
            .map(|s| format!(" {}:{}", s.time, s.value))
            .collect();
        format!("{labels}{}", samples.concat())
    });
    shown.collect()
}

const UP: &[(&str, &str)] = &[("__name__", "up"), ("job", "a")];
const LOAD: &[(&str, &str)] = &[("__name__", "load")];

#[test]
fn requests_are_stored_and_faults_are_named() {
    let store = Arc::new(MemoryStore::new());
    let receiver = receiver_of(Arc::clone(&store) as Arc<dyn Append>);
    let write =
        |series: &[Given<'_>]| receiver.write(&request(series), Encoding::Snappy, Version::V1);
    let written = write(&[(UP, &[(10, 1.0), (20, 0.0)]), (LOAD, &[(10, 5.0)])]).unwrap();
    assert_eq!(written.samples, 3);
    let refused = write(&[
        (UP, &[(30, 1.0), (5, 1.0)]),
        (&[("job", "a")], &[(1, 1.0), (2, 1.0)]),
        (&[("__name__", "x"), ("a", "1"), ("a", "2")], &[(1, 1.0)]),
        (LOAD, &[(10, 6.0), (20, 7.0)]),
    ])
    .unwrap_err();
    assert_eq!(refused.written.samples, 2);
    assert!(!refused.may_retry);
    let words: Vec<&str> = refused.reason.lines().collect();
    assert_eq!(
        words,
        [
            r#"out of order sample for series {__name__="up", job="a"}"#,
            r#"duplicate sample for timestamp for series {__name__="load"}"#,
        ]
    );
    assert_eq!(
        stored(&store),
        [
            r#"{__name__="load"} 10:5 20:7"#,
            r#"{__name__="up", job="a"} 10:1 20:0 30:1"#,
        ]
    );
    assert_eq!(receiver.metrics.invalid.get(), 3);
}

#[test]
fn a_forgotten_series_is_registered_again() {
    let store = Arc::new(Forgetful::default());
    let receiver = receiver_of(Arc::clone(&store) as Arc<dyn Append>);
    let write =
        |series: &[Given<'_>]| receiver.write(&request(series), Encoding::Snappy, Version::V1);
    write(&[(UP, &[(10, 1.0)]), (LOAD, &[(10, 5.0)])]).unwrap();
    store.forgets.store(true, Ordering::SeqCst);
    let outcome = write(&[(UP, &[(20, 1.0), (20, 2.0)]), (LOAD, &[(20, 6.0)])]);
    let refused = outcome.unwrap_err();
    assert_eq!(refused.written.samples, 2);
    let words = r#"duplicate sample for timestamp for series {__name__="up", job="a"}"#;
    assert_eq!(refused.reason, words);
    assert_eq!(
        stored(&store.inner),
        [
            r#"{__name__="load"} 10:5 20:6"#,
            r#"{__name__="up", job="a"} 10:1 20:1"#
        ]
    );
}

#[test]
fn a_full_store_goes_on_with_the_series_it_has() {
    let store = Arc::new(Forgetful::default());
    let receiver = receiver_of(Arc::clone(&store) as Arc<dyn Append>);
    let write =
        |series: &[Given<'_>]| receiver.write(&request(series), Encoding::Snappy, Version::V1);
    write(&[(UP, &[(10, 1.0)])]).unwrap();
    store.is_full.store(true, Ordering::SeqCst);
    let refused = write(&[(LOAD, &[(20, 6.0)]), (UP, &[(20, 1.0)])]).unwrap_err();
    assert!(refused.reason.starts_with("limit of series reached"));
    assert!(!refused.may_retry);
    assert_eq!(refused.written.samples, 1);
    assert_eq!(
        stored(&store.inner),
        [r#"{__name__="up", job="a"} 10:1 20:1"#]
    );
}

#[test]
fn what_cannot_be_read_stores_nothing() {
    let store = Arc::new(MemoryStore::new());
    let receiver = receiver_of(Arc::clone(&store) as Arc<dyn Append>);
    let compress = |bytes: &[u8]| snap::raw::Encoder::new().compress_vec(bytes).unwrap();
    let good = snap::raw::Decoder::new()
        .decompress_vec(&request(&[(UP, &[(10, 1.0)]), (LOAD, &[(10, 5.0)])]))
        .unwrap();
    for (bytes, words) in [
        (b"no snappy".to_vec(), "snappy: "),
        (compress(&good[..good.len() - 1]), "the message is cut"),
        (
            compress(&vec![0; MOST_BYTES + 1]),
            "exceeds the 33554432 bytes",
        ),
    ] {
        let refused = receiver
            .write(&bytes, Encoding::Snappy, Version::V1)
            .unwrap_err();
        assert!(refused.reason.contains(words), "{}", refused.reason);
        assert!(!refused.may_retry);
    }
    assert!(stored(&store).is_empty());
}

#[test]
fn a_text_that_stands_in_all_series_does_not_take_all_memory() {
    // 2.0: a symbol of 32 KiB and 100 series that refer to it. Tests have a limit of 1 MiB.
    let mut body = Vec::new();
    let mut put = |field: u8, bytes: &[u8]| {
        body.push(field << 3 | 2);
        prost::encoding::encode_varint(bytes.len() as u64, &mut body);
        body.extend(bytes);
    };
    put(4, b"");
    put(4, METRIC_NAME.as_bytes());
    put(4, &vec![b'a'; 32 << 10]);
    for number in 3..103u8 {
        put(4, &[b'a' + number % 26, b'0' + number / 26]);
        put(
            5,
            &[
                0x0a, 4, 1, 2, number, number, 0x12, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0,
            ],
        );
    }
    let store = Arc::new(MemoryStore::new());
    let receiver = receiver_of(Arc::clone(&store) as Arc<dyn Append>);
    let refused = receiver
        .write(&body, Encoding::Identity, Version::V2)
        .unwrap_err();
    assert_eq!(refused.written.samples, 32);
    assert!(
        refused.reason.contains("1048576 bytes"),
        "{}",
        refused.reason
    );
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let receiver = receiver_of(Arc::new(MemoryStore::new()));
        let packed = snap::raw::Encoder::new().compress_vec(&bytes).unwrap();
        for version in [Version::V1, Version::V2] {
            let _ = receiver.write(&packed, Encoding::Snappy, version);
            let _ = receiver.write(&bytes, Encoding::Identity, version);
        }
    }
}
