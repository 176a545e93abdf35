//! Chunks of histograms: what is encoded is decoded, and any bytes are survived.

use model::{
    CUSTOM_SCHEMA, Columns, Histogram, HistogramSample, HistogramValue, IntegerHistogram,
    ResetHint, Span, stale_nan,
};
use proptest::prelude::*;

use super::{Encoding, HistogramChunk, buckets, same_histogram};

/// One sample of a made-up series: the buckets it counts up, by index and by how much.
#[derive(Clone, Debug)]
struct Step {
    pause: i64,
    positive: Vec<(i64, u64)>,
    negative: Vec<(i64, u64)>,
    event: u8,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let added = || proptest::collection::vec((-20i64..20, 0u64..1000), 0..5);
    let pause = prop_oneof![Just(15_000i64), 1i64..100_000, 1i64..1 << 40];
    let step =
        (pause, added(), added(), any::<u8>()).prop_map(|(pause, positive, negative, event)| {
            Step {
                pause,
                positive,
                negative,
                event,
            }
        });
    proptest::collection::vec(step, 1..60)
}

#[derive(Default)]
struct Series {
    positive: std::collections::BTreeMap<i64, u64>,
    negative: std::collections::BTreeMap<i64, u64>,
    schema: i32,
    zero: u64,
    zero_threshold: f64,
}

impl Series {
    /// The next histogram of a series to which everything happens now and then.
    fn next(&mut self, step: &Step) -> IntegerHistogram {
        match step.event {
            0..10 => return Histogram::stale(),
            10..20 => *self = Self::default(),
            20..25 => self.schema = (self.schema + 1) % 5,
            25..30 => {
                self.zero_threshold = if self.zero_threshold == 0.0 {
                    0.25
                } else {
                    0.0
                }
            }
            30..40 => self.positive.retain(|_, count| *count % 2 == 0),
            _ => self.zero += u64::from(step.event % 3),
        }
        for (index, count) in &step.positive {
            *self.positive.entry(*index).or_default() += count;
        }
        for (index, count) in &step.negative {
            *self.negative.entry(*index).or_default() += count;
        }
        let total: u64 = self.positive.values().chain(self.negative.values()).sum();
        Histogram {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero,
            count: total + self.zero,
            sum: total as f64 * 1.5,
            positive_spans: buckets::spans(self.positive.keys().copied()).unwrap(),
            positive: self.positive.values().copied().collect(),
            negative_spans: buckets::spans(self.negative.keys().copied()).unwrap(),
            negative: self.negative.values().copied().collect(),
            custom: Vec::new(),
            hint: ResetHint::Unknown,
        }
    }
}

/// Encodes samples into as many chunks as they need.
fn chunks(samples: &[(i64, HistogramValue)]) -> Vec<HistogramChunk> {
    let mut chunks: Vec<HistogramChunk> = Vec::new();
    for (time, value) in samples {
        let reset = match chunks.last_mut().map(|chunk| chunk.push(*time, value)) {
            Some(Ok(())) => continue,
            Some(Err(reset)) => reset,
            None => ResetHint::Unknown,
        };
        chunks.push(HistogramChunk::new(*time, value, reset));
    }
    chunks
}

fn bytes(chunk: &HistogramChunk, count: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    chunk.copy(count, &mut bytes);
    bytes
}

fn samples(steps: &[Step], is_float: bool, hint: ResetHint) -> Vec<(i64, HistogramValue)> {
    let (mut series, mut time) = (Series::default(), -500_000);
    let one = |step: &Step| {
        time += step.pause;
        let mut whole = series.next(step);
        whole.hint = hint;
        let whole = HistogramValue::Integer(Box::new(whole));
        let value = match is_float {
            true => HistogramValue::Float(Box::new(whole.into_float())),
            false => whole,
        };
        (time, value)
    };
    steps.iter().map(one).collect()
}

/// For comparing: the sum of the stale marker is a NaN, which does not equal itself.
fn text(samples: &[HistogramSample]) -> String {
    format!("{samples:?}")
}

proptest! {
    #[test]
    fn what_is_pushed_is_read(steps in steps(), is_float: bool, is_gauge: bool, few in 1u16..60) {
        let hint = if is_gauge { ResetHint::Gauge } else { ResetHint::Unknown };
        let given = samples(&steps, is_float, hint);
        let mut back = Columns::new();
        for chunk in chunks(&given) {
            let before = back.histograms.len();
            let all = bytes(&chunk, chunk.count());
            prop_assert_eq!(all.len(), chunk.len());
            prop_assert_eq!(chunk.encoding().count(&all), Some(chunk.count()));
            chunk.encoding().decode(&all, &mut back).unwrap();
            let read = &back.histograms[before..];
            prop_assert_eq!(read.len(), usize::from(chunk.count()));
            prop_assert_eq!((read[0].time, read[read.len() - 1].time), (chunk.first(), chunk.last()));
            prop_assert!(same_histogram(&read[read.len() - 1].value, &chunk.last_value()));
            // As the chunk was when it was shorter, and a part of its time.
            let few = few.min(chunk.count());
            let mut part = Columns::new();
            chunk.encoding().decode(&bytes(&chunk, few), &mut part).unwrap();
            prop_assert_eq!(text(&part.histograms), text(&read[..usize::from(few)]));
            let (from, to) = (chunk.first() + 1, part.histograms[part.histograms.len() - 1].time);
            let mut part = Columns::new();
            chunk.encoding().decode_range(&all, from, to, &mut part).unwrap();
            prop_assert_eq!(text(&part.histograms), text(&read[1..usize::from(few).max(1)]));
            // No chunk ends early.
            let cut = chunk.encoding().decode(&all[..all.len() - 1], &mut Columns::new());
            prop_assert!(cut.is_err());
        }
        prop_assert_eq!(back.histograms.len(), given.len());
        for (read, (time, value)) in back.histograms.iter().zip(&given) {
            prop_assert_eq!(read.time, *time);
            prop_assert!(same_histogram(&read.value, value), "{:?} {:?}", read.value, value);
        }
    }

    #[test]
    fn any_bytes_are_survived(
        head in any::<(u16, u8)>(),
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        encoding in 1u8..=6,
    ) {
        let encoding = Encoding::from_byte(encoding).unwrap();
        let mut all = head.0.to_be_bytes().to_vec();
        all.push(head.1);
        all.extend(&bytes);
        for bytes in [&bytes, &all] {
            let mut into = Columns::new();
            let _ = encoding.decode(bytes, &mut into);
            prop_assert_eq!(into.times.len(), into.values.len());
            prop_assert!(into.histograms.capacity() <= bytes.len() * 2 + 4);
        }
    }

    #[test]
    fn flipped_bits_are_survived(steps in steps(), is_float: bool, flips in any::<[u16; 3]>()) {
        for chunk in chunks(&samples(&steps, is_float, ResetHint::Unknown)) {
            let mut bytes = bytes(&chunk, chunk.count());
            for flip in flips {
                let bit = usize::from(flip) % (bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            let _ = chunk.encoding().decode(&bytes, &mut Columns::new());
        }
    }
}

fn plain(count: u64, buckets: &[u64]) -> IntegerHistogram {
    Histogram {
        schema: 1,
        count,
        sum: count as f64,
        positive_spans: vec![Span {
            offset: 0,
            length: buckets.len() as u32,
        }],
        positive: buckets.to_vec(),
        ..Histogram::default()
    }
}

/// What a chunk of `a` and then `b` says: `Ok(samples)` or why `b` begins another.
fn pushed(a: &IntegerHistogram, b: &IntegerHistogram) -> Result<u16, ResetHint> {
    let value = |h: &IntegerHistogram| HistogramValue::Integer(Box::new(h.clone()));
    let mut chunk = HistogramChunk::new(1, &value(a), ResetHint::Unknown);
    chunk.push(2, &value(b)).map(|()| chunk.count())
}

#[test]
fn what_ends_a_chunk() {
    let old = plain(10, &[4, 0, 6]);
    let custom = |bounds: &[f64]| IntegerHistogram {
        schema: CUSTOM_SCHEMA,
        custom: bounds.to_vec(),
        ..old.clone()
    };
    let with = |change: &dyn Fn(&mut IntegerHistogram)| {
        let mut new = plain(20, &[8, 0, 12]);
        change(&mut new);
        new
    };
    let cases: [(&str, IntegerHistogram, Result<u16, ResetHint>); 10] = [
        ("growth", with(&|_| ()), Ok(2)),
        (
            "a further bucket",
            with(&|h| h.positive_spans[0].length = 4),
            Ok(2),
        ),
        ("a bucket gone", plain(20, &[8]), Err(ResetHint::Reset)),
        (
            "fewer observations",
            plain(9, &[4, 0, 5]),
            Err(ResetHint::Reset),
        ),
        (
            "a bucket that fell",
            plain(20, &[3, 5, 12]),
            Err(ResetHint::Reset),
        ),
        (
            "another schema",
            with(&|h| h.schema = 2),
            Err(ResetHint::Unknown),
        ),
        (
            "another threshold",
            with(&|h| h.zero_threshold = 0.5),
            Err(ResetHint::Unknown),
        ),
        (
            "a gauge",
            with(&|h| h.hint = ResetHint::Gauge),
            Err(ResetHint::Unknown),
        ),
        (
            "a reset that is said",
            with(&|h| h.hint = ResetHint::Reset),
            Err(ResetHint::Reset),
        ),
        (
            "the stale marker",
            IntegerHistogram {
                sum: stale_nan(),
                ..with(&|_| ())
            },
            Ok(2),
        ),
    ];
    for (what, mut new, expected) in cases {
        let spans = new.positive_spans.iter().map(|span| span.length as usize);
        new.positive.resize(spans.sum(), 0);
        assert_eq!(pushed(&old, &new), expected, "{what}");
    }
    assert_eq!(pushed(&plain(10, &[4, 6, 0]), &plain(20, &[8, 12])), Ok(2));
    let stale = Histogram::stale();
    assert_eq!(pushed(&stale, &old), Err(ResetHint::Unknown));
    assert_eq!(pushed(&stale, &stale), Ok(2));
    assert_eq!(pushed(&custom(&[1.0, 2.0]), &custom(&[1.0, 2.0])), Ok(2));
    assert_eq!(
        pushed(&custom(&[1.0, 2.0]), &custom(&[1.0, 3.0])),
        Err(ResetHint::Reset)
    );
}

#[test]
fn a_layout_that_every_sample_repeats_is_bounded() {
    // Many bounds of five bits, no buckets, and samples of four bits.
    let first = Histogram {
        schema: CUSTOM_SCHEMA,
        custom: (0..200_000).map(|n| f64::from(n) / 1000.0).collect(),
        ..IntegerHistogram::default()
    };
    let value = HistogramValue::Integer(Box::new(first));
    let chunk = HistogramChunk::new(0, &value, ResetHint::Unknown);
    let mut bytes = bytes(&chunk, 60_000);
    bytes.extend([0u8; 30_000]);
    let mut into = Columns::new();
    assert!(Encoding::Histogram.decode(&bytes, &mut into).is_err());
    assert!(into.histograms.len() < 50);
}
