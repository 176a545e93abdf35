//! Samples of one series to chunks.

use model::{Columns, HistogramSample, ResetHint};

use super::{Encoding, HistogramChunk, XorChunk};

/// Samples a chunk gets at most; upstream's aim.
const MOST_SAMPLES: u16 = 120;

/// A chunk: samples of one series, packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Time of the first sample, in milliseconds since the epoch.
    pub first: i64,
    /// Time of the last one.
    pub last: i64,
    /// How the bytes are to be read.
    pub encoding: Encoding,
    /// As files have it: behind the byte that names the encoding.
    pub data: &'a [u8],
}

/// Packs samples and hands the chunks to `each` in the order of time; ends with its first error.
/// Numbers and histograms each rise in time, and no moment has both.
pub fn pack<E>(
    columns: &Columns,
    each: &mut dyn FnMut(Chunk<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut data = Vec::new();
    let mut numbers = columns.iter().peekable();
    let mut histograms = columns.histograms.iter().peekable();
    loop {
        let until = histograms.peek().map_or(i64::MAX, |sample| sample.time);
        let before = |time: i64| time < until || until == i64::MAX;
        if let Some(first) = numbers.next_if(|sample| before(sample.time)) {
            let mut chunk = XorChunk::new(first.time, first.value);
            while chunk.count() < MOST_SAMPLES
                && let Some(sample) = numbers.next_if(|sample| before(sample.time))
            {
                chunk.push(sample.time, sample.value);
            }
            data.clear();
            chunk.copy(&mut data);
            each(Chunk {
                first: chunk.first(),
                last: chunk.last(),
                encoding: chunk.encoding(),
                data: &data,
            })?;
            continue;
        }
        let until = numbers.peek().map_or(i64::MAX, |sample| sample.time);
        let mut run = std::iter::from_fn(|| {
            histograms.next_if(|sample| sample.time < until || until == i64::MAX)
        });
        let Some(first) = run.next() else {
            return Ok(());
        };
        pack_histograms(first, run, &mut data, each)?;
    }
}

/// Packs histograms with no number among them.
fn pack_histograms<'a, E>(
    first: &HistogramSample,
    rest: impl Iterator<Item = &'a HistogramSample>,
    data: &mut Vec<u8>,
    each: &mut dyn FnMut(Chunk<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut give = |chunk: &HistogramChunk| {
        data.clear();
        chunk.copy(chunk.count(), data);
        each(Chunk {
            first: chunk.first(),
            last: chunk.last(),
            encoding: chunk.encoding(),
            data,
        })
    };
    let mut chunk = HistogramChunk::new(first.time, &first.value, ResetHint::Unknown);
    for sample in rest {
        let pushed = if chunk.count() >= MOST_SAMPLES {
            Err(chunk.follow(&sample.value))
        } else {
            chunk.push(sample.time, &sample.value)
        };
        if let Err(reset) = pushed {
            give(&chunk)?;
            chunk = HistogramChunk::new(sample.time, &sample.value, reset);
        }
    }
    give(&chunk)
}

#[cfg(test)]
mod tests {
    use model::{Histogram, HistogramValue, same_value};
    use proptest::prelude::*;

    use super::*;

    fn histogram(time: i64, count: f64) -> HistogramSample {
        let histogram = Histogram {
            count,
            sum: count,
            ..Histogram::default()
        };
        HistogramSample {
            time,
            value: HistogramValue::Float(Box::new(histogram)),
        }
    }

    /// What chunks hold, and how many samples each has.
    fn packed(columns: &Columns) -> (Columns, Vec<(u8, u16)>) {
        let (mut back, mut shapes, mut earlier) = (Columns::new(), Vec::new(), None);
        let outcome = pack::<()>(columns, &mut |chunk| {
            assert!(earlier.is_none_or(|earlier| chunk.first > earlier));
            assert!(chunk.last >= chunk.first);
            earlier = Some(chunk.last);
            let count = chunk.encoding.count(chunk.data).unwrap();
            shapes.push((chunk.encoding.byte(), count));
            chunk.encoding.decode(chunk.data, &mut back).unwrap();
            Ok(())
        });
        assert_eq!(outcome, Ok(()));
        (back, shapes)
    }

    #[test]
    fn numbers_and_histograms_take_turns() {
        let mut columns = Columns::new();
        for time in 0..700i64 {
            if time / 150 % 2 == 0 {
                columns.push(time, time as f64);
            } else {
                columns.histograms.push(histogram(time, time as f64));
            }
        }
        let (back, shapes) = packed(&columns);
        assert_eq!((back.times, back.values), (columns.times, columns.values));
        let times = |list: &[HistogramSample]| list.iter().map(|s| s.time).collect::<Vec<_>>();
        assert_eq!(times(&back.histograms), times(&columns.histograms));
        let turn = |encoding| [(encoding, 120), (encoding, 30)];
        let expected = [turn(1), turn(3), turn(1), turn(3)].concat();
        assert_eq!(shapes[..8], expected);
        assert_eq!(shapes[8..], [(1, 100)]);
    }

    #[test]
    fn nothing_makes_no_chunk_and_an_error_ends_it() {
        assert!(packed(&Columns::new()).1.is_empty());
        let mut columns = Columns::new();
        (0..500).for_each(|time| columns.push(time, 0.0));
        let mut given = 0;
        let outcome = pack(&columns, &mut |_| {
            given += 1;
            Err("enough")
        });
        assert_eq!((outcome, given), (Err("enough"), 1));
    }

    proptest! {
        #[test]
        fn numbers_come_back(
            start in -(1i64 << 42)..1 << 42,
            steps in proptest::collection::vec((1i64..1 << 40, any::<u64>()), 0..400),
        ) {
            let mut columns = Columns::new();
            let mut time = start;
            for (step, bits) in steps {
                columns.push(time, f64::from_bits(bits));
                time += step;
            }
            let (back, _) = packed(&columns);
            prop_assert_eq!(&back.times, &columns.times);
            let same = |(a, b): (&f64, &f64)| same_value(*a, *b);
            prop_assert!(back.values.iter().zip(&columns.values).all(same));
        }
    }
}
