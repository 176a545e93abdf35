use std::sync::atomic::Ordering;

use config::{Promoted, TranslationStrategy};
use contract::SystemClock;
use contract::memory::MemoryStore;
use model::HistogramValue;
use proptest::prelude::*;

use super::*;
use crate::forgetful::Forgetful;

const OPTIONS: OtlpOptions = OtlpOptions {
    deltas: Deltas::Refused,
    type_and_unit_labels: false,
    lookback: Duration::from_secs(300),
};

fn receiver(store: &Arc<MemoryStore>, config: OtlpConfig, options: OtlpOptions) -> Otlp {
    let store = Arc::clone(store) as Arc<dyn Append>;
    let receiver = Otlp::new(store, Arc::new(SystemClock), options);
    receiver.configure(config);
    receiver
}

fn stored(store: &MemoryStore) -> Vec<String> {
    let dump = store.dump();
    let shown = dump.iter().map(|(labels, columns)| {
        let samples = columns.iter().map(|s| format!(" {}:{}", s.time, s.value));
        let histograms = columns.histograms.iter().map(|h| match &h.value {
            HistogramValue::Integer(whole) => {
                format!(" {}:#{} {:?}", h.time, whole.count, whole.positive)
            }
            HistogramValue::Float(_) => " float".to_owned(),
        });
        let all: String = samples.chain(histograms).collect();
        format!("{labels}{all}")
    });
    shown.collect()
}

/// A request with one library and these metrics, of a resource with these attributes.
fn request(attributes: &str, metrics: &str) -> String {
    format!(
        r#"{{"resourceMetrics":[{{"resource":{{"attributes":[{attributes}]}},"scopeMetrics":[{{
        "scope":{{"name":"lib","version":"2","attributes":[{{"key":"s.a","value":{{"intValue":1}}}}]}},
        "schemaUrl":"http://s","metrics":[{metrics}]}}]}}]}}"#
    )
}

fn attribute(key: &str, value: &str) -> String {
    format!(r#"{{"key":"{key}","value":{{"stringValue":"{value}"}}}}"#)
}

fn service() -> String {
    [
        attribute("service.name", "shop"),
        attribute("service.namespace", "prod"),
        attribute("service.instance.id", "i1"),
        attribute("host.name", "h"),
    ]
    .join(",")
}

fn gauge(name: &str, unit: &str, attributes: &str) -> String {
    format!(
        r#"{{"name":"{name}","unit":"{unit}","gauge":{{"dataPoints":[{{"timeUnixNano":"2000000",
        "asDouble":1.5,"attributes":[{attributes}]}}]}}}}"#
    )
}

fn write(receiver: &Otlp, json: &str) -> Result<Accepted, Refused> {
    receiver.write(json.as_bytes(), Encoding::Identity, Form::Json)
}

#[test]
fn a_gauge_has_the_labels_that_the_configuration_says() {
    let json = request(
        &service(),
        &gauge("cpu.load", "1", &attribute("state.kind", "idle")),
    );
    let check = |config: OtlpConfig, options: OtlpOptions, expected: &str| {
        let store = Arc::new(MemoryStore::new());
        let receiver = receiver(&store, config, options);
        write(&receiver, &json).unwrap();
        write(&receiver, &json).unwrap();
        let stored = stored(&store);
        let series = stored.iter().find(|series| !series.contains("target_info"));
        assert_eq!(series.map(String::as_str), Some(expected));
    };
    let plain = OtlpConfig::default();
    check(
        plain.clone(),
        OPTIONS,
        r#"{__name__="cpu_load_ratio", instance="i1", job="prod/shop", state_kind="idle"} 2:1.5"#,
    );
    let untranslated = OtlpConfig {
        strategy: TranslationStrategy::NoTranslation,
        promoted: Promoted::AllBut(vec!["service.name".to_owned()]),
        ..plain.clone()
    };
    check(
        untranslated,
        OPTIONS,
        r#"{__name__="cpu.load", "host.name"="h", instance="i1", job="prod/shop", "service.instance.id"="i1", "service.namespace"="prod", "state.kind"="idle"} 2:1.5"#,
    );
    let scoped = OtlpConfig {
        promote_scope: true,
        promoted: Promoted::Listed(vec!["host.name".to_owned()]),
        ..plain
    };
    let typed = OtlpOptions {
        type_and_unit_labels: true,
        ..OPTIONS
    };
    check(
        scoped,
        typed,
        r#"{__name__="cpu_load_ratio", __type__="gauge", host_name="h", instance="i1", job="prod/shop", otel_scope_name="lib", otel_scope_s_a="1", otel_scope_schema_url="http://s", otel_scope_version="2", state_kind="idle"} 2:1.5"#,
    );
}

#[test]
fn points_of_every_kind_become_series() {
    let metrics = [
        r#"{"name":"h","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[
            {"timeUnixNano":"2000000","count":"6","sum":9,"bucketCounts":[1,2,3],
             "explicitBounds":[0.5,1]}]}}"#,
        r#"{"name":"n","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
            {"timeUnixNano":"2000000","asInt":"7"},
            {"timeUnixNano":"2000000","flags":1,"attributes":[{"key":"a","value":{"intValue":1}}]}]}}"#,
        r#"{"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[
            {"timeUnixNano":"2000000","count":4,"sum":9,"scale":0,"zeroCount":1,
             "positive":{"offset":1,"bucketCounts":[1,2]}}]}}"#,
        r#"{"name":"q","summary":{"dataPoints":[{"timeUnixNano":"2000000","count":2,"sum":3,
            "quantileValues":[{"quantile":0.5,"value":1.5}]}]}}"#,
    ]
    .join(",");
    let json = request(&attribute("service.name", "shop"), &metrics);
    let check = |config: OtlpConfig, expected: &[&str]| {
        let store = Arc::new(MemoryStore::new());
        let accepted = write(&receiver(&store, config, OPTIONS), &json).unwrap();
        assert_eq!(accepted.lost, 0, "{}", accepted.reason);
        let stored = stored(&store);
        let found: Vec<&str> = stored.iter().map(String::as_str).collect();
        assert_eq!(found, expected);
    };
    let others = [
        r#"{__name__="n_total", a="1", job="shop"} 2:NaN"#,
        r#"{__name__="n_total", job="shop"} 2:7"#,
        r#"{__name__="q", job="shop", quantile="0.5"} 2:1.5"#,
        r#"{__name__="q_count", job="shop"} 2:2"#,
        r#"{__name__="q_sum", job="shop"} 2:3"#,
    ];
    let classic = [
        r#"{__name__="e", job="shop"} 2:#4 [1, 2]"#,
        r#"{__name__="h_seconds_bucket", job="shop", le="+Inf"} 2:6"#,
        r#"{__name__="h_seconds_bucket", job="shop", le="0.5"} 2:1"#,
        r#"{__name__="h_seconds_bucket", job="shop", le="1"} 2:3"#,
        r#"{__name__="h_seconds_count", job="shop"} 2:6"#,
        r#"{__name__="h_seconds_sum", job="shop"} 2:9"#,
    ];
    check(
        OtlpConfig::default(),
        &[classic.as_slice(), others.as_slice()].concat(),
    );
    let custom = [
        r#"{__name__="e", job="shop"} 2:#4 [1, 2]"#,
        r#"{__name__="h_seconds", job="shop"} 2:#6 [1, 2, 3]"#,
    ];
    let config = OtlpConfig {
        custom_buckets: true,
        ..OtlpConfig::default()
    };
    check(config, &[custom.as_slice(), others.as_slice()].concat());
}

#[test]
fn a_resource_is_there_from_its_first_to_its_last_point() {
    let check = |attributes: &str, keep: bool, times: &[i64], expected: &[&str]| {
        let points: Vec<String> = times
            .iter()
            .map(|time| format!(r#"{{"timeUnixNano":"{time}000000000","asInt":1}}"#))
            .collect();
        let metrics = format!(
            r#"{{"name":"g","gauge":{{"dataPoints":[{}]}}}}"#,
            points.join(",")
        );
        let config = OtlpConfig {
            keep_identifying: keep,
            ..OtlpConfig::default()
        };
        let store = Arc::new(MemoryStore::new());
        let receiver = receiver(&store, config, OPTIONS);
        write(&receiver, &request(attributes, &metrics)).unwrap();
        let stored = stored(&store);
        let told = stored
            .iter()
            .filter(|series| series.contains("target_info"));
        assert_eq!(told.collect::<Vec<_>>(), expected, "{attributes}");
    };
    let all = r#"{__name__="target_info", host_name="h", instance="i1", job="prod/shop"}"#;
    check(&service(), false, &[10], &[&format!("{all} 10000:1")]);
    let often = format!("{all} 10000:1 160000:1 310000:1 400000:1");
    check(&service(), false, &[10, 400], &[&often]);
    let kept = r#"{__name__="target_info", host_name="h", instance="i1", job="prod/shop", service_instance_id="i1", service_name="shop", service_namespace="prod"} 10000:1"#;
    check(&service(), true, &[10], &[kept]);
    check(&attribute("service.name", "shop"), false, &[10], &[]);
    check(&attribute("host.name", "h"), false, &[10], &[]);
}

#[test]
fn what_means_no_series_is_told_and_the_rest_is_stored() {
    let delta = r#"{"name":"d","sum":{"aggregationTemporality":1,"dataPoints":[{"asInt":1,
        "timeUnixNano":"2000000"}]}}"#;
    let others = [
        gauge("", "", ""),
        gauge("named", "", &attribute("...", "x")),
        r#"{"name":"empty","gauge":{}}"#.to_owned(),
        r#"{"name":"nothing"}"#.to_owned(),
        delta.to_owned(),
        gauge("good", "", ""),
    ];
    let json = request("", &others.join(","));
    let store = Arc::new(MemoryStore::new());
    let accepted = write(&receiver(&store, OtlpConfig::default(), OPTIONS), &json).unwrap();
    assert_eq!((accepted.lost, accepted.written.samples), (5, 1));
    let told: Vec<&str> = accepted.reason.lines().collect();
    assert_eq!(
        told,
        [
            r#"normalization for metric "" resulted in empty name"#,
            r#"normalization for label name "..." resulted in invalid name "___""#,
            "empty data points. empty is dropped",
            r#"metric "nothing" has no data of a known kind"#,
            r#"invalid temporality and type combination for metric "d""#,
        ]
    );
    assert_eq!(stored(&store), [r#"{__name__="good"} 2:1.5"#]);
    let refused = write(
        &receiver(&store, OtlpConfig::default(), OPTIONS),
        &request("", delta),
    );
    assert!(!refused.unwrap_err().may_retry);
    let deltas = OtlpOptions {
        deltas: Deltas::Stored,
        ..OPTIONS
    };
    let receiver = receiver(&store, OtlpConfig::default(), deltas);
    assert_eq!(
        write(&receiver, &request("", delta))
            .unwrap()
            .written
            .samples,
        1
    );
}

#[test]
fn deltas_add_up_where_that_is_wanted() {
    let point = |time: u32, value: u32| {
        let metrics = format!(
            r#"{{"name":"n","sum":{{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[
                {{"timeUnixNano":"{time}000000","asInt":{value}}}]}}}},
               {{"name":"h","histogram":{{"aggregationTemporality":1,"dataPoints":[
                {{"timeUnixNano":"{time}000000","count":"{value}","sum":{value},
                  "bucketCounts":[{value},0],"explicitBounds":[1]}}]}}}}"#
        );
        request("", &metrics)
    };
    let store = Arc::new(MemoryStore::new());
    let options = OtlpOptions {
        deltas: Deltas::Converted,
        ..OPTIONS
    };
    let receiver = receiver(&store, OtlpConfig::default(), options);
    for (time, value, lost) in [(10, 3, 0), (20, 4, 0), (20, 4, 2), (30, 1, 0)] {
        let outcome = write(&receiver, &point(time, value));
        let lost_now = outcome.map_or(2, |accepted| accepted.lost);
        assert_eq!(lost_now, lost, "{time}");
    }
    assert_eq!(
        stored(&store),
        [
            r#"{__name__="h_bucket", le="+Inf"} 10:3 20:7 30:8"#,
            r#"{__name__="h_bucket", le="1"} 10:3 20:7 30:8"#,
            r#"{__name__="h_count"} 10:3 20:7 30:8"#,
            r#"{__name__="h_sum"} 10:3 20:7 30:8"#,
            r#"{__name__="n_total"} 10:3 20:7 30:8"#,
        ]
    );
}

#[test]
fn a_forgotten_series_is_registered_again() {
    let store = Arc::new(Forgetful::default());
    let options = OtlpOptions {
        deltas: Deltas::Converted,
        ..OPTIONS
    };
    let receiver = Otlp::new(
        Arc::clone(&store) as Arc<dyn Append>,
        Arc::new(SystemClock),
        options,
    );
    let point = |time: u32| {
        let metrics = format!(
            r#"{{"name":"d","sum":{{"aggregationTemporality":1,"dataPoints":[
                {{"timeUnixNano":"{time}000000","asInt":2}},{{"timeUnixNano":"1","asInt":9}}]}}}},
               {{"name":"e","exponentialHistogram":{{"aggregationTemporality":2,"dataPoints":[
                {{"timeUnixNano":"{time}000000","count":1,"zeroCount":1}}]}}}},
               {{"name":"g","gauge":{{"dataPoints":[{{"timeUnixNano":"{time}000000","asInt":5}}]}}}}"#
        );
        request("", &metrics)
    };
    for (time, forgets) in [(10, false), (20, true), (30, false)] {
        store.forgets.store(forgets, Ordering::SeqCst);
        let accepted = write(&receiver, &point(time)).unwrap();
        assert_eq!((accepted.lost, accepted.written.samples), (1, 2), "{time}");
    }
    assert_eq!(
        stored(&store.inner),
        [
            r#"{__name__="d"} 10:2 20:4 30:6"#,
            r#"{__name__="e"} 10:#1 [] 20:#1 [] 30:#1 []"#,
            r#"{__name__="g"} 10:5 20:5 30:5"#,
        ]
    );
}

#[test]
fn what_the_store_refuses_is_named() {
    let point = |time: u32, value: u32| {
        let metrics = format!(
            r#"{{"name":"g","gauge":{{"dataPoints":[{{"timeUnixNano":"{time}000000","asInt":{value}}}]}}}},
               {{"name":"other","gauge":{{"dataPoints":[{{"timeUnixNano":"{}000000","asInt":1}}]}}}}"#,
            time + value
        );
        request("", &metrics)
    };
    let store = Arc::new(MemoryStore::new());
    let receiver = receiver(&store, OtlpConfig::default(), OPTIONS);
    write(&receiver, &point(10, 1)).unwrap();
    let refused = write(&receiver, &point(9, 5)).unwrap_err();
    assert_eq!(
        refused.reason,
        r#"out of order sample for series {__name__="g"}"#
    );
    assert_eq!((refused.written.samples, refused.may_retry), (1, false));
    let far = format!(
        r#"{{"name":"far","gauge":{{"dataPoints":[{{"timeUnixNano":"{}","asInt":1}}]}}}}"#,
        i64::MAX
    );
    let refused = write(&receiver, &request("", &far)).unwrap_err();
    assert!(
        refused.reason.contains("too far in the future"),
        "{}",
        refused.reason
    );
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let store = Arc::new(MemoryStore::new());
        let receiver = receiver(&store, OtlpConfig::default(), OPTIONS);
        for form in [Form::Protobuf, Form::Json] {
            for encoding in [Encoding::Identity, Encoding::Gzip, Encoding::Zstd] {
                let _ = receiver.write(&bytes, encoding, form);
            }
        }
    }
}
