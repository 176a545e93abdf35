//! Native histograms.

use super::*;

/// A message of protobuf: its fields, each a number and its bytes, one length byte long.
fn message(fields: &[(u8, &[u8])]) -> Vec<u8> {
    let field = |(number, bytes): &(u8, &[u8])| {
        let mut field = vec![number << 3 | 2, bytes.len() as u8];
        field.extend(*bytes);
        field
    };
    fields.iter().flat_map(field).collect()
}

/// A family of one native histogram of schema 0 that counts one value in each bucket from 1 on.
fn native(name: &str, buckets: u8) -> Vec<u8> {
    let (span, mut deltas) = ([0x08, 2, 0x10, buckets], vec![0; buckets.into()]);
    deltas[0] = 2;
    let mut histogram = vec![0x08, buckets];
    histogram.extend(message(&[(12, &span), (13, &deltas)]));
    let metric = message(&[(7, &histogram)]);
    let mut family = message(&[(1, name.as_bytes())]);
    family.extend([0x18, 4]);
    family.extend(message(&[(4, &metric)]));
    family.insert(0, family.len() as u8);
    family
}

#[test]
fn native_histograms_follow_the_layout_and_end() {
    let mut config = section("job");
    config.native_histograms = true;
    config.native_histogram_bucket_limit = 4;
    let mut harness = harness(&config);
    let both = [native("a", 3), native("b", 8)].concat();
    for time in [1000, 2000] {
        harness.scrape_bytes(time, &both, Format::Protobuf);
    }
    harness.scrape_bytes(3000, &native("b", 2), Format::Protobuf);
    let found = |name: &str| -> Vec<(i64, i32, u64, Option<f64>)> {
        let dump = harness.store.dump();
        let series = dump
            .iter()
            .find(|(labels, _)| labels.get("__name__") == Some(name));
        let columns = &series.unwrap().1;
        let of = |sample: &model::HistogramSample| match &sample.value {
            model::HistogramValue::Integer(whole) => {
                (sample.time, whole.schema, whole.positive.iter().sum(), None)
            }
            model::HistogramValue::Float(_) => panic!("whole counts stay whole"),
        };
        let ended = columns.iter().map(|s| (s.time, 0, 0, Some(s.value)));
        columns.histograms.iter().map(of).chain(ended).collect()
    };
    let a = found("a");
    assert_eq!(a[..2], [(1000, 0, 3, None), (2000, 0, 3, None)]);
    assert!(a[2].0 == 3000 && a[2].3.is_some_and(is_stale));
    // Eight buckets are brought to four.
    let b = [(1000, -1, 8, None), (2000, -1, 8, None), (3000, 0, 2, None)];
    assert_eq!(found("b"), b);
    assert_eq!(harness.error(), "");
}
