//! What the series of a block are made of: churn, cardinality, and how full its chunks are.

use std::collections::HashMap;
use std::path::Path;

use contract::TimeRange;
use model::{Columns, HistogramValue, METRIC_NAME, Matcher};

use super::list::open_block;
use super::read::{corrupt, decode};
use crate::StoreError;
use crate::block::{Block, BlockSeries};

const ALL: TimeRange = TimeRange {
    start: i64::MIN,
    end: i64::MAX,
};

/// Names or `name=value` pairs with a number each: the greatest first, equal ones by text.
type Ranking = Vec<(String, u64)>;

/// The statistics of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    /// The block's name.
    pub ulid: String,
    /// Milliseconds that it is for.
    pub span: i64,
    /// Series, as `meta.json` says.
    pub series: u64,
    /// Names of labels on the series that fit.
    pub label_names: u64,
    /// Series that fit the matchers.
    pub matched: u64,
    /// Distinct label pairs.
    pub pairs: u64,
    /// Labels over all series.
    pub entries: u64,
    /// Label pairs by the time in which their series had no samples, in spans of the block.
    pub churning_pairs: Ranking,
    /// Label names, likewise.
    pub churning_names: Ranking,
    /// Label pairs by the number of their series.
    pub common_pairs: Ranking,
    /// Label names by the bytes of their values together.
    pub longest_names: Ranking,
    /// Label names by the number of their values.
    pub cardinality: Ranking,
    /// Metrics by the number of their series.
    pub metrics: Ranking,
    /// How full the chunks are, where it was asked for.
    pub chunks: Option<ChunkSizes>,
}

/// Samples, bytes and buckets of each chunk, in the order of the series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChunkSizes {
    /// Chunks of all kinds.
    pub total: u64,
    /// Samples of each chunk of floats.
    pub float_samples: Vec<u64>,
    /// Bytes of each chunk of floats.
    pub float_bytes: Vec<u64>,
    /// Samples of each chunk of histograms.
    pub histogram_samples: Vec<u64>,
    /// Bytes of each chunk of histograms.
    pub histogram_bytes: Vec<u64>,
    /// Buckets of each chunk of histograms, over all of its samples.
    pub histogram_buckets: Vec<u64>,
}

#[derive(Default)]
struct Pair {
    series: u64,
    uncovered: u64,
}

/// Reads all series of a block; `with_chunks` reads their chunks as well.
///
/// # Errors
/// Where there is no such block, or it is damaged.
pub fn analyze(
    dir: &Path,
    ulid: &str,
    matchers: &[Matcher],
    with_chunks: bool,
) -> Result<Analysis, StoreError> {
    let block = open_block(dir, ulid)?;
    let meta = block.meta();
    let span = meta.max_time.saturating_sub(meta.min_time);
    let found = block.select(matchers, ALL).map_err(corrupt(&block))?;
    let names = block.label_names(matchers).map_err(corrupt(&block))?;
    let mut analysis = Analysis {
        ulid: meta.ulid.clone(),
        span,
        series: meta.stats.num_series,
        label_names: names.len() as u64,
        matched: found.len() as u64,
        ..Analysis::default()
    };
    pairs(&block, &found, &mut analysis)?;
    for name in names {
        let values = block.label_values(&name, matchers);
        let values = values.map_err(corrupt(&block))?;
        let bytes = values.iter().map(|value| value.len() as u64).sum();
        analysis.longest_names.push((name.clone(), bytes));
        analysis.cardinality.push((name, values.len() as u64));
    }
    if with_chunks {
        analysis.chunks = Some(sizes(&block, &found)?);
    }
    for ranking in [
        &mut analysis.churning_pairs,
        &mut analysis.churning_names,
        &mut analysis.common_pairs,
        &mut analysis.longest_names,
        &mut analysis.cardinality,
        &mut analysis.metrics,
    ] {
        ranking.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    Ok(analysis)
}

/// Counts label pairs, and how long their series had no samples.
fn pairs(block: &Block, found: &[BlockSeries], analysis: &mut Analysis) -> Result<(), StoreError> {
    let mut names: HashMap<String, HashMap<String, Pair>> = HashMap::new();
    for series in found {
        let labels = block.labels(series).map_err(corrupt(block))?;
        let (Some(first), Some(last)) = (series.chunks().first(), series.chunks().last()) else {
            continue;
        };
        let covered = last.max.wrapping_sub(first.min) as u64;
        let uncovered = (analysis.span as u64).wrapping_sub(covered);
        for (name, value) in labels.iter() {
            let values = match names.get_mut(name) {
                Some(values) => values,
                None => names.entry(name.to_owned()).or_default(),
            };
            let pair = match values.get_mut(value) {
                Some(pair) => pair,
                None => values.entry(value.to_owned()).or_default(),
            };
            pair.series += 1;
            pair.uncovered = pair.uncovered.wrapping_add(uncovered);
            analysis.entries += 1;
        }
    }
    let span = analysis.span as f64;
    let spans = |uncovered: u64| (uncovered as f64 / span) as u64;
    for (name, values) in names {
        let all = values
            .values()
            .fold(0u64, |all, pair| all.wrapping_add(pair.uncovered));
        analysis.churning_names.push((name.clone(), spans(all)));
        analysis.pairs += values.len() as u64;
        for (value, pair) in values {
            let text = format!("{name}={value}");
            analysis
                .churning_pairs
                .push((text.clone(), spans(pair.uncovered)));
            analysis.common_pairs.push((text, pair.series));
            if name == METRIC_NAME {
                analysis.metrics.push((value, pair.series));
            }
        }
    }
    Ok(())
}

/// Measures all chunks.
fn sizes(block: &Block, found: &[BlockSeries]) -> Result<ChunkSizes, StoreError> {
    let mut sizes = ChunkSizes::default();
    let mut columns = Columns::new();
    for meta in found.iter().flat_map(BlockSeries::chunks) {
        let chunk = block.chunk(meta).map_err(corrupt(block))?;
        columns.clear();
        decode(chunk.encoding, &chunk.bytes, ALL, &mut columns).map_err(corrupt(block))?;
        let bytes = chunk.bytes.len() as u64;
        if columns.histograms.is_empty() {
            sizes.float_samples.push(columns.len() as u64);
            sizes.float_bytes.push(bytes);
        } else {
            let buckets = columns.histograms.iter().map(|sample| match &sample.value {
                HistogramValue::Integer(h) => (h.positive.len() + h.negative.len()) as u64,
                HistogramValue::Float(h) => (h.positive.len() + h.negative.len()) as u64,
            });
            sizes
                .histogram_samples
                .push(columns.histograms.len() as u64);
            sizes.histogram_buckets.push(buckets.sum());
            sizes.histogram_bytes.push(bytes);
        }
        sizes.total += 1;
    }
    Ok(sizes)
}
