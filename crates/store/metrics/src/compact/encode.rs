//! Samples of one series to finished chunks, of numbers and of histograms.

use chunk::HistogramChunk;
use model::{Columns, ResetHint};

use crate::block::ChunkData;
use crate::head::cut::encode as encode_numbers;

/// Histograms a chunk aims for; upstream's figure.
const TARGET_HISTOGRAMS: u16 = 120;

/// Adds the chunks that samples take, in the order of time. Numbers and histograms each rise in
/// time, and no moment has both.
pub(super) fn encode(columns: &Columns, chunks: &mut Vec<ChunkData>) {
    let mut numbers = columns.iter().peekable();
    let mut histograms = columns.histograms.iter().peekable();
    while numbers.peek().is_some() || histograms.peek().is_some() {
        let until = histograms.peek().map(|sample| sample.time);
        let mut run = Columns::new();
        while let Some(sample) = numbers.next_if(|s| until.is_none_or(|until| s.time < until)) {
            run.push(sample.time, sample.value);
        }
        encode_numbers(&run, chunks);
        let until = numbers.peek().map(|sample| sample.time);
        let mut open: Option<HistogramChunk> = None;
        while let Some(sample) = histograms.next_if(|s| until.is_none_or(|until| s.time <= until)) {
            let pushed = match &mut open {
                None => Err(ResetHint::Unknown),
                Some(chunk) if chunk.count() >= TARGET_HISTOGRAMS => {
                    Err(chunk.follow(&sample.value))
                }
                Some(chunk) => chunk.push(sample.time, &sample.value),
            };
            if let Err(reset) = pushed {
                let next = HistogramChunk::new(sample.time, &sample.value, reset);
                chunks.extend(open.replace(next).map(|full| finish(&full)));
            }
        }
        chunks.extend(open.map(|last| finish(&last)));
    }
}

fn finish(chunk: &HistogramChunk) -> ChunkData {
    let mut bytes = Vec::with_capacity(chunk.len());
    chunk.copy(chunk.count(), &mut bytes);
    ChunkData {
        min: chunk.first(),
        max: chunk.last(),
        encoding: chunk.encoding().byte(),
        samples: u32::from(chunk.count()),
        bytes,
    }
}

#[cfg(test)]
mod tests {
    use model::{Histogram, HistogramSample, HistogramValue};

    use super::*;
    use chunk::Encoding;

    #[test]
    fn numbers_and_histograms_take_turns() {
        let mut columns = Columns::new();
        for time in 0..700i64 {
            if time / 150 % 2 == 0 {
                columns.push(time, time as f64);
            } else {
                let histogram = Histogram {
                    count: time as f64,
                    sum: time as f64,
                    ..Histogram::default()
                };
                columns.histograms.push(HistogramSample {
                    time,
                    value: HistogramValue::Float(Box::new(histogram)),
                });
            }
        }
        let mut chunks = Vec::new();
        encode(&columns, &mut chunks);
        let mut back = Columns::new();
        let mut earlier = -1;
        for chunk in &chunks {
            assert!(chunk.min > earlier && chunk.max >= chunk.min, "{chunk:?}");
            earlier = chunk.max;
            let encoding = Encoding::from_byte(chunk.encoding).unwrap();
            assert_eq!(
                encoding.count(&chunk.bytes).map(u32::from),
                Some(chunk.samples)
            );
            encoding.decode(&chunk.bytes, &mut back).unwrap();
        }
        assert_eq!((back.times, back.values), (columns.times, columns.values));
        let values = |list: &[HistogramSample]| -> Vec<(i64, f64)> {
            list.iter()
                .map(|s| (s.time, s.value.clone().into_float().sum))
                .collect()
        };
        assert_eq!(values(&back.histograms), values(&columns.histograms));
        // Runs of 150: two chunks each, of which the last run has 100.
        let of_histograms = chunks.iter().filter(|chunk| chunk.encoding == 3);
        assert_eq!(
            of_histograms.map(|c| c.samples).collect::<Vec<_>>(),
            [120, 30, 120, 30]
        );
    }
}
