use model::{HistogramValue, Labels, Span};
use proptest::prelude::*;
use prost::Message;

use super::*;

/// The messages as prost knows them.
mod v1 {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Request {
        #[prost(message, repeated, tag = "1")]
        pub(super) series: Vec<Series>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Series {
        #[prost(message, repeated, tag = "1")]
        pub(super) labels: Vec<Label>,
        #[prost(message, repeated, tag = "2")]
        pub(super) samples: Vec<Sample>,
        #[prost(message, repeated, tag = "3")]
        pub(super) exemplars: Vec<Exemplar>,
        #[prost(message, repeated, tag = "4")]
        pub(super) histograms: Vec<super::Native>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Label {
        #[prost(string, tag = "1")]
        pub(super) name: String,
        #[prost(string, tag = "2")]
        pub(super) value: String,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Sample {
        #[prost(double, tag = "1")]
        pub(super) value: f64,
        #[prost(int64, tag = "2")]
        pub(super) time: i64,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Exemplar {
        #[prost(message, repeated, tag = "1")]
        pub(super) labels: Vec<Label>,
        #[prost(double, tag = "2")]
        pub(super) value: f64,
        #[prost(int64, tag = "3")]
        pub(super) time: i64,
    }
}

mod v2 {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Request {
        #[prost(string, repeated, tag = "4")]
        pub(super) symbols: Vec<String>,
        #[prost(message, repeated, tag = "5")]
        pub(super) series: Vec<Series>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Series {
        #[prost(uint32, repeated, tag = "1")]
        pub(super) labels: Vec<u32>,
        #[prost(message, repeated, tag = "2")]
        pub(super) samples: Vec<super::v1::Sample>,
        #[prost(message, repeated, tag = "3")]
        pub(super) histograms: Vec<super::Native>,
        #[prost(message, repeated, tag = "4")]
        pub(super) exemplars: Vec<Exemplar>,
        #[prost(message, optional, tag = "5")]
        pub(super) metadata: Option<Metadata>,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Exemplar {
        #[prost(uint32, repeated, tag = "1")]
        pub(super) labels: Vec<u32>,
        #[prost(double, tag = "2")]
        pub(super) value: f64,
        #[prost(int64, tag = "3")]
        pub(super) time: i64,
    }
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Metadata {
        #[prost(int32, tag = "1")]
        pub(super) kind: i32,
        #[prost(uint32, tag = "3")]
        pub(super) help: u32,
        #[prost(uint32, tag = "4")]
        pub(super) unit: u32,
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct Native {
    #[prost(uint64, tag = "1")]
    count: u64,
    #[prost(double, tag = "3")]
    sum: f64,
    #[prost(sint32, tag = "4")]
    schema: i32,
    #[prost(message, repeated, tag = "11")]
    spans: Vec<NativeSpan>,
    #[prost(sint64, repeated, tag = "12")]
    deltas: Vec<i64>,
    #[prost(int32, tag = "14")]
    hint: i32,
    #[prost(int64, tag = "15")]
    time: i64,
    #[prost(double, repeated, tag = "16")]
    custom: Vec<f64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct NativeSpan {
    #[prost(sint32, tag = "1")]
    offset: i32,
    #[prost(uint32, tag = "2")]
    length: u32,
}

fn native() -> Native {
    Native {
        count: 7,
        sum: -1.5,
        schema: -53,
        spans: vec![NativeSpan {
            offset: 1,
            length: 2,
        }],
        deltas: vec![5, -3],
        hint: 3,
        time: 99,
        custom: vec![0.5, 1.0, 2.0],
    }
}

/// All series of a request: hash, labels, content.
fn read(body: &[u8], version: Version) -> Result<Vec<(u64, Labels, Content)>, Malformed> {
    let mut request = Request::new(body, version, 3)?;
    let mut all = Vec::new();
    while let Some(series) = request.next_series()? {
        let mut labels = LabelsBuilder::new();
        series.labels(&mut labels)?;
        let mut content = Content::default();
        series.read(&mut content)?;
        all.push((series.hash(), labels.build(), content));
    }
    Ok(all)
}

fn is_native(sample: &HistogramSample) {
    let HistogramValue::Integer(whole) = &sample.value else {
        panic!("whole counts stay whole");
    };
    assert_eq!((sample.time, whole.schema, whole.count), (99, -53, 7));
    assert_eq!(whole.positive, [5, 2]);
    assert_eq!(whole.custom, [0.5, 1.0, 2.0]);
    let span = Span {
        offset: 1,
        length: 2,
    };
    assert_eq!(whole.positive_spans, [span]);
    assert_eq!(whole.hint, model::ResetHint::Gauge);
}

fn v1_request() -> v1::Request {
    let label = |name: &str, value: &str| v1::Label {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    v1::Request {
        series: vec![
            v1::Series {
                labels: vec![label("__name__", "up"), label("job", "a")],
                samples: vec![
                    v1::Sample {
                        value: 1.5,
                        time: 10,
                    },
                    v1::Sample {
                        value: 0.0,
                        time: -1,
                    },
                ],
                exemplars: vec![v1::Exemplar {
                    labels: vec![label("trace", "t")],
                    value: 2.0,
                    time: 0,
                }],
                histograms: vec![native()],
            },
            v1::Series::default(),
        ],
    }
}

fn v2_request() -> v2::Request {
    let symbols = ["", "__name__", "up", "job", "a", "trace", "t", "Help.", "s"];
    v2::Request {
        symbols: symbols.map(str::to_owned).to_vec(),
        series: vec![
            v2::Series {
                labels: vec![1, 2, 3, 4],
                samples: v1_request().series[0].samples.clone(),
                histograms: vec![native()],
                exemplars: vec![v2::Exemplar {
                    labels: vec![5, 6],
                    value: 2.0,
                    time: 7,
                }],
                metadata: Some(v2::Metadata {
                    kind: 2,
                    help: 7,
                    unit: 8,
                }),
            },
            v2::Series::default(),
        ],
    }
}

#[test]
fn both_versions_say_the_same() {
    let one = read(&v1_request().encode_to_vec(), Version::V1).unwrap();
    let two = read(&v2_request().encode_to_vec(), Version::V2).unwrap();
    for all in [&one, &two] {
        let (_, labels, content) = &all[0];
        assert_eq!(labels.to_string(), r#"{__name__="up", job="a"}"#);
        assert_eq!(content.samples, [(10, 1.5), (-1, 0.0)]);
        is_native(&content.histograms[0]);
        assert_eq!(content.exemplars[0].labels.get("trace"), Some("t"));
        assert_eq!((all.len(), all[1].1.len()), (2, 0));
        assert_eq!(all[1].2, Content::default());
    }
    assert_eq!(one[0].2.exemplars[0].time, None);
    assert_eq!(two[0].2.exemplars[0].time, Some(7));
    let metadata = two[0].2.metadata.clone().unwrap();
    assert_eq!(metadata.kind, FamilyKind::Gauge);
    assert_eq!((&*metadata.help, &*metadata.unit), ("Help.", "s"));
}

#[test]
fn hashes_tell_labels_and_not_their_symbols() {
    let hash = |request: &v2::Request| read(&request.encode_to_vec(), Version::V2).unwrap()[0].0;
    let request = v2_request();
    let mut moved = request.clone();
    moved.symbols.swap(3, 8);
    moved.series[0].labels = vec![1, 2, 8, 4];
    assert_eq!(hash(&request), hash(&moved));
    let mut other = request.clone();
    other.series[0].labels = vec![1, 4, 3, 2];
    assert_ne!(hash(&request), hash(&other));
    let first = |request: &v1::Request| read(&request.encode_to_vec(), Version::V1).unwrap()[0].0;
    let request = v1_request();
    let mut later = request.clone();
    later.series[0].samples[0].value = 9.0;
    assert_eq!(first(&request), first(&later));
    later.series[0].labels[1].value = "b".to_owned();
    assert_ne!(first(&request), first(&later));
}

#[test]
fn what_does_not_add_up_is_refused() {
    let two = |change: fn(&mut v2::Request)| {
        let mut request = v2_request();
        change(&mut request);
        read(&request.encode_to_vec(), Version::V2)
    };
    let labels = |change| two(change).unwrap_err();
    assert_eq!(
        labels(|r| r.series[0].labels = vec![1, 9]),
        Malformed::Symbol(9)
    );
    assert_eq!(
        labels(|r| r.series[0].labels = vec![1, 2, 3]),
        Malformed::Pairs
    );
    // What concerns one part is told, and the others are read.
    let parts = |change| two(change).unwrap()[0].2.faults.clone();
    assert_eq!(
        parts(|r| r.series[0].exemplars[0].labels = vec![1]),
        [Malformed::Pairs]
    );
    assert_eq!(
        parts(|r| r.series[0].histograms[0].deltas = vec![1]),
        [Malformed::Histogram]
    );
    assert_eq!(
        parts(|r| r.series[0].histograms[0].deltas = vec![1, -2]),
        [Malformed::Histogram]
    );
    // A label behind a sample.
    let series = [0x12, 0, 0x0a, 0];
    let mut body = vec![0x0a, series.len() as u8];
    body.extend(series);
    assert_eq!(read(&body, Version::V1), Err(Malformed::Field(1)));
    assert_eq!(read(&[0x08, 1], Version::V1), Err(Malformed::Field(1)));
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        at in any::<prop::sample::Index>(),
        is_v1: bool,
    ) {
        let _ = read(&bytes, Version::V1);
        let _ = read(&bytes, Version::V2);
        let (mut good, version) = if is_v1 {
            (v1_request().encode_to_vec(), Version::V1)
        } else {
            (v2_request().encode_to_vec(), Version::V2)
        };
        let place = at.index(good.len());
        good[place] = bytes.first().copied().unwrap_or_default();
        let _ = read(&good, version);
        good.truncate(place);
        let _ = read(&good, version);
    }
}
