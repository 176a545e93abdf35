use model::LabelsBuilder;

use super::message::*;
use super::*;
use crate::exposition::{Format, Parser, parse_series};

fn pairs(labels: &[(&str, &str)]) -> Vec<LabelPair> {
    let pair = |(name, value): &(&str, &str)| LabelPair {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
    };
    labels.iter().map(pair).collect()
}

fn family(name: &str, kind: MetricType, metric: Vec<Metric>) -> MetricFamily {
    MetricFamily {
        name: name.to_owned(),
        help: "Help.".to_owned(),
        r#type: kind as i32,
        metric,
        unit: String::new(),
    }
}

fn body(families: &[MetricFamily]) -> Vec<u8> {
    families
        .iter()
        .flat_map(Message::encode_length_delimited_to_vec)
        .collect()
}

fn exemplar(time: Option<Timestamp>) -> Exemplar {
    Exemplar {
        label: pairs(&[("trace_id", "t")]),
        value: 0.5,
        timestamp: time,
    }
}

fn samples(body: &[u8]) -> Vec<String> {
    let mut parser = Parser::new(body, Format::Protobuf);
    let mut said = Vec::new();
    while let Some(entry) = parser.next() {
        match entry {
            Ok(Entry::Series(line)) => {
                let mut labels = LabelsBuilder::new();
                parse_series(line.series, Format::Protobuf, &mut labels).expect("our own text");
                let series = String::from_utf8_lossy(line.series);
                let mut shown = format!("{series} {}", line.value);
                if let Some(time) = line.timestamp {
                    shown += &format!(" @{time}");
                }
                if let Some(exemplar) = line.exemplar {
                    let exemplar = exemplar.parse().expect("an exemplar");
                    shown += &format!(" # {} {:?}", exemplar.labels, exemplar.time);
                }
                said.push(shown);
            }
            Ok(Entry::Type { metric, kind }) => said.push(format!("{metric} {}", kind.as_str())),
            Ok(Entry::Unit { unit, .. }) => said.push(format!("unit {unit}")),
            Ok(_) => {}
            Err(error) => said.push(error.to_string()),
        }
    }
    said
}

#[test]
fn families_become_the_samples_of_the_text_form() {
    let number = |value| Some(Number { value });
    let counter = Metric {
        label: pairs(&[("a", "b\"\\\n"), ("c.d", "")]),
        counter: Some(Counter {
            value: 3.0,
            exemplar: Some(exemplar(Some(Timestamp {
                seconds: 5,
                nanos: 6_999_999,
            }))),
        }),
        timestamp_ms: 12,
        ..Metric::default()
    };
    let gauges = vec![
        Metric {
            gauge: number(-0.5),
            ..Metric::default()
        },
        Metric {
            label: pairs(&[("x", "y")]),
            ..Metric::default()
        },
    ];
    let untyped = Metric {
        untyped: number(7.0),
        ..Metric::default()
    };
    let mut with_unit = family(
        "r_seconds_total",
        MetricType::Counter,
        vec![Metric::default()],
    );
    with_unit.unit = "seconds".to_owned();
    let body = body(&[
        family("c_total", MetricType::Counter, vec![counter]),
        family("g.x", MetricType::Gauge, gauges),
        family("none", MetricType::Gauge, Vec::new()),
        family("u", MetricType::Untyped, vec![untyped]),
        with_unit,
    ]);
    assert_eq!(
        samples(&body),
        [
            "c_total counter",
            r#"c_total{a="b\"\\\n","c.d"=""} 3 @12 # {trace_id="t"} Some(5006)"#,
            "g.x gauge",
            r#"{"g.x"} -0.5"#,
            r#"{"g.x",x="y"} 0"#,
            "u unknown",
            "u 7",
            "r_seconds_total counter",
            "unit seconds",
            "r_seconds_total 0",
        ]
    );
}

#[test]
fn histograms_and_summaries_are_laid_out() {
    let bucket = |upper_bound, cumulative_count| Bucket {
        upper_bound,
        cumulative_count,
        exemplar: (cumulative_count == 2).then(|| exemplar(None)),
        ..Bucket::default()
    };
    let histogram = |bucket| Metric {
        histogram: Some(Histogram {
            sample_count: 3,
            sample_sum: 4.5,
            bucket,
            ..Histogram::default()
        }),
        ..Metric::default()
    };
    let float = Metric {
        histogram: Some(Histogram {
            sample_count_float: 1.5,
            ..Histogram::default()
        }),
        ..Metric::default()
    };
    let summary = Metric {
        label: pairs(&[("a", "b")]),
        summary: Some(Summary {
            sample_count: 9,
            sample_sum: 1e7,
            quantile: vec![
                Quantile {
                    quantile: 0.99,
                    value: f64::NAN,
                },
                Quantile {
                    quantile: 1.0,
                    value: 2.0,
                },
            ],
        }),
        ..Metric::default()
    };
    let buckets = vec![bucket(0.005, 1), bucket(10.0, 2), bucket(1e6, 3)];
    let whole = vec![bucket(f64::INFINITY, 3)];
    let body = body(&[
        family("h", MetricType::Histogram, vec![histogram(buckets), float]),
        family("g", MetricType::GaugeHistogram, vec![histogram(whole)]),
        family("s", MetricType::Summary, vec![summary]),
    ]);
    assert_eq!(
        samples(&body),
        [
            "h histogram",
            "h_count 3",
            "h_sum 4.5",
            r#"h_bucket{le="0.005"} 1"#,
            r#"h_bucket{le="10.0"} 2 # {trace_id="t"} None"#,
            r#"h_bucket{le="1e+06"} 3"#,
            r#"h_bucket{le="+Inf"} 3"#,
            "h_count 1.5",
            "h_sum 0",
            r#"h_bucket{le="+Inf"} 1.5"#,
            "g gaugehistogram",
            "g_count 3",
            "g_sum 4.5",
            r#"g_bucket{le="+Inf"} 3"#,
            "s summary",
            r#"s_count{a="b"} 9"#,
            r#"s_sum{a="b"} 10000000"#,
            r#"s{a="b",quantile="0.99"} NaN"#,
            r#"s{a="b",quantile="1.0"} 2"#,
        ]
    );
}

fn span(offset: i32, length: u32) -> BucketSpan {
    BucketSpan { offset, length }
}

fn of_histogram(histogram: Histogram) -> Vec<u8> {
    let metric = Metric {
        label: pairs(&[("a", "b")]),
        histogram: Some(histogram),
        timestamp_ms: 7,
        ..Metric::default()
    };
    body(&[family("h", MetricType::Histogram, vec![metric])])
}

fn histograms(body: &[u8], wanted: Histograms) -> Vec<String> {
    let mut parser = Parser::with_histograms(body, Format::Protobuf, wanted);
    let mut said = Vec::new();
    while let Some(entry) = parser.next() {
        match entry {
            Ok(Entry::Histogram(line)) => {
                let series = String::from_utf8_lossy(line.series).into_owned();
                let exemplars = line.exemplars().len();
                let float = line.value.clone().into_float();
                let buckets = |spans: &[model::Span], counts: &[f64]| {
                    let all = model::histogram::buckets::buckets(spans, counts);
                    all.map(|(i, count)| format!(" {i}:{count}"))
                        .collect::<String>()
                };
                said.push(format!(
                    "{series} @{:?} s{} n{} z{}{} -{} #{exemplars} {:?}",
                    line.timestamp,
                    float.schema,
                    float.count,
                    float.zero_count,
                    buckets(&float.positive_spans, &float.positive),
                    buckets(&float.negative_spans, &float.negative),
                    float.hint,
                ));
            }
            Ok(Entry::Series(line)) => {
                let series = String::from_utf8_lossy(line.series);
                said.push(format!("{series} {}", line.value));
            }
            Ok(_) => {}
            Err(error) => said.push(error.to_string()),
        }
    }
    said
}

#[test]
fn native_histograms_are_told_where_they_are_wanted() {
    let native = Histogram {
        sample_count: 12,
        sample_sum: 2.0,
        schema: 3,
        zero_count: 1,
        positive_span: vec![span(-1, 2), span(0, 0), span(3, 1)],
        positive_delta: vec![2, 1, -2],
        negative_span: vec![span(0, 1)],
        negative_delta: vec![5],
        bucket: vec![Bucket {
            upper_bound: 1.0,
            cumulative_count: 9,
            ..Bucket::default()
        }],
        exemplars: vec![exemplar(None), exemplar(Some(Timestamp::default()))],
        ..Histogram::default()
    };
    let bytes = of_histogram(native.clone());
    let whole = r#"h{a="b"} @Some(7) s3 n12 z1 -1:2 0:3 4:1 - 0:5 #1 Unknown"#;
    assert_eq!(histograms(&bytes, Histograms::Native), [whole]);
    let classic = [
        r#"h_count{a="b"} 12"#,
        r#"h_sum{a="b"} 2"#,
        r#"h_bucket{a="b",le="1.0"} 9"#,
        r#"h_bucket{a="b",le="+Inf"} 12"#,
    ];
    assert_eq!(histograms(&bytes, Histograms::Classic), classic);
    let both: Vec<&str> = [whole].into_iter().chain(classic).collect();
    assert_eq!(histograms(&bytes, Histograms::Both), both);
    // A span without buckets alone says that the histogram is native.
    let empty = of_histogram(Histogram {
        positive_span: vec![span(0, 0)],
        ..Histogram::default()
    });
    let said = [r#"h{a="b"} @Some(7) s0 n0 z0 - #0 Unknown"#];
    assert_eq!(histograms(&empty, Histograms::Both), said);
    let floats = of_histogram(Histogram {
        sample_count_float: 1.5,
        schema: 9,
        positive_span: vec![span(1, 2)],
        positive_count: vec![0.5, 1.0],
        ..Histogram::default()
    });
    let said = [r#"h{a="b"} @Some(7) s8 n1.5 z0 1:1.5 - #0 Unknown"#];
    assert_eq!(histograms(&floats, Histograms::Native), said);
    for (wrong, words) in [
        (
            Histogram {
                schema: 53,
                ..native.clone()
            },
            "schema 53 is not between -4 and 52",
        ),
        (
            Histogram {
                positive_delta: vec![2],
                ..native.clone()
            },
            "spans of 3 buckets stand by 1 counts",
        ),
        (
            Histogram {
                negative_delta: vec![-1],
                ..native.clone()
            },
            "a bucket has a count below zero",
        ),
        (
            Histogram {
                positive_span: vec![span(0, 1), span(-1, 2)],
                ..native
            },
            "span 2 has a negative offset",
        ),
    ] {
        let said = histograms(&of_histogram(wrong), Histograms::Native);
        assert_eq!(said, [format!("line 1: histogram \"h\": {words}")]);
    }
}

/// Whoever wants classic buckets gets none of the fields of native histograms (schema, spans,
/// deltas).
#[test]
fn native_fields_are_skipped() {
    let mut histogram = Histogram {
        sample_count: 1,
        bucket: vec![Bucket {
            upper_bound: 1.0,
            cumulative_count: 1,
            ..Bucket::default()
        }],
        ..Histogram::default()
    }
    .encode_to_vec();
    // schema (5, zigzag 3), zero_threshold (6, double), positive_span (12), positive_delta (13).
    histogram.extend([
        0x28, 6, 0x31, 0, 0, 0, 0, 0, 0, 0, 0, 0x62, 2, 0x10, 1, 0x6a, 1, 2,
    ]);
    let mut metric = vec![0x3a, histogram.len() as u8];
    metric.extend(histogram);
    let mut message = family("h", MetricType::Histogram, Vec::new()).encode_to_vec();
    message.extend([0x22, metric.len() as u8]);
    message.extend(metric);
    let mut body = vec![message.len() as u8];
    body.extend(message);
    assert_eq!(
        samples(&body),
        [
            "h histogram",
            "h_count 1",
            "h_sum 0",
            r#"h_bucket{le="1.0"} 1"#,
            r#"h_bucket{le="+Inf"} 1"#
        ]
    );
}

#[test]
fn an_expected_series_is_taken_only_where_it_stands() {
    let gauges = vec![
        Metric::default(),
        Metric {
            label: pairs(&[("a", "b")]),
            ..Metric::default()
        },
    ];
    let body = body(&[family("g", MetricType::Gauge, gauges)]);
    let mut parser = Parser::new(&body, Format::Protobuf);
    assert!(parser.next_if_known(1, |series| series == b"g").is_none());
    assert!(matches!(parser.next(), Some(Ok(Entry::Help { .. }))));
    assert!(parser.next_if_known(1, |series| series == b"g").is_none());
    assert!(matches!(parser.next(), Some(Ok(Entry::Type { .. }))));
    assert!(
        parser
            .next_if_known(1, |series| series == b"g{a=\"b\"}")
            .is_none()
    );
    assert!(parser.next_if_known(1, |series| series == b"g").is_some());
    assert!(
        parser
            .next_if_known(1, |series| series == b"g{a=\"b\"}")
            .is_some()
    );
    assert!(
        parser
            .next_if_known(1, |series| series == b"g{a=\"b\"}")
            .is_none()
    );
    assert!(parser.next().is_none());
}

#[test]
fn faulty_bodies() {
    let good = body(&[family("g", MetricType::Gauge, vec![Metric::default()])]);
    let twice = [good.as_slice(), good.as_slice()].concat();
    let mut unknown = family("g", MetricType::Gauge, vec![Metric::default()]);
    unknown.r#type = 9;
    let mut unit = family("g", MetricType::Gauge, vec![Metric::default()]);
    unit.unit = "s".to_owned();
    for (body, fault) in [
        (
            twice[..twice.len() - 1].to_vec(),
            "line 2: a metric family of ",
        ),
        (
            vec![0xff; 11],
            "line 1: the length of a metric family cannot be read",
        ),
        (
            vec![2, 0x0a, 0x05],
            "line 1: a metric family cannot be decoded",
        ),
        (vec![0], "line 1: a metric family has no name"),
        (body(&[unknown]), "line 1: unknown metric type 9 of \"g\""),
        (
            body(&[unit]),
            "line 1: unit \"s\" not a suffix of metric \"g\"",
        ),
    ] {
        let said = samples(&body);
        let last = said.last().expect("a fault");
        assert!(last.starts_with(fault), "{said:?}");
    }
}
