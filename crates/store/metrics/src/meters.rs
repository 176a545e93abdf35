//! What the store counts about itself.

use contract::RejectReason;
use model::instrument::{Counter, Gauge, Histogram, Summary};

use crate::block::ChunkData;

/// Quantiles of the time a sync of the log takes; upstream's.
const SYNC_QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// Upper bounds of the time that writing a block takes, in seconds; upstream's, shortened.
const COMPACTION_BOUNDS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 1024.0];

/// Upper bounds of how far behind the head's newest sample others come, in seconds; upstream's.
const LATENESS_BOUNDS: [f64; 7] = [600.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0, 43_200.0];

/// Counters and gauges of one store.
#[derive(Debug)]
pub(crate) struct Meters {
    pub(crate) samples_appended: Counter,
    pub(crate) histograms_appended: Counter,
    pub(crate) histograms_refused: RefusedHistograms,
    pub(crate) series_created: Counter,
    pub(crate) series_removed: Counter,
    pub(crate) out_of_order: Counter,
    pub(crate) too_old: Counter,
    pub(crate) out_of_bounds: Counter,
    pub(crate) late_appended: Counter,
    pub(crate) late_histograms_appended: Counter,
    pub(crate) lateness: Histogram,
    pub(crate) duplicates: Counter,
    pub(crate) exemplars_appended: Counter,
    pub(crate) exemplars_out_of_order: Counter,
    pub(crate) log_sync: Summary,
    /// Seconds that putting the log in order took.
    pub(crate) log_truncation_seconds: Summary,
    pub(crate) checkpoints: Counter,
    pub(crate) checkpoint_failures: Counter,
    /// Seconds that dropping old chunks and series from the head took.
    pub(crate) head_truncation_seconds: Summary,
    pub(crate) chunks_removed: Counter,
    pub(crate) log_failures: Counter,
    pub(crate) log_corruptions: Counter,
    pub(crate) log_truncations: Counter,
    pub(crate) log_truncation_failures: Counter,
    pub(crate) unknown_records: Counter,
    pub(crate) head_chunk_damage: Counter,
    pub(crate) snapshot_failures: Counter,
    pub(crate) head_truncations: Counter,
    pub(crate) head_truncation_failures: Counter,
    pub(crate) compactions: Counter,
    pub(crate) compactions_triggered: Counter,
    pub(crate) compactions_failed: Counter,
    pub(crate) compaction_seconds: Histogram,
    pub(crate) vertical_compactions: Counter,
    /// 1 while a block is being merged.
    pub(crate) populating: Gauge,
    pub(crate) chunk_bytes: Histogram,
    pub(crate) chunk_samples: Histogram,
    pub(crate) chunk_seconds: Histogram,
    pub(crate) cleanup_seconds: Histogram,
    pub(crate) reloads: Counter,
    pub(crate) reload_failures: Counter,
    pub(crate) time_retentions: Counter,
    pub(crate) size_retentions: Counter,
    pub(crate) replay_seconds: Gauge,
    pub(crate) clean_start: Gauge,
}

/// Histograms that were not taken, by why.
#[derive(Debug)]
pub(crate) struct RefusedHistograms {
    pub(crate) out_of_order: Counter,
    pub(crate) too_old: Counter,
    pub(crate) out_of_bounds: Counter,
    pub(crate) duplicates: Counter,
    pub(crate) invalid: Counter,
}

impl Default for RefusedHistograms {
    fn default() -> Self {
        Self {
            out_of_order: Counter::new(),
            too_old: Counter::new(),
            out_of_bounds: Counter::new(),
            duplicates: Counter::new(),
            invalid: Counter::new(),
        }
    }
}

impl RefusedHistograms {
    /// Counts one.
    pub(crate) fn count(&self, reason: RejectReason) {
        match reason {
            RejectReason::OutOfOrder => self.out_of_order.inc(),
            RejectReason::TooOld => self.too_old.inc(),
            RejectReason::OutOfBounds => self.out_of_bounds.inc(),
            RejectReason::Duplicate => self.duplicates.inc(),
            RejectReason::InvalidHistogram => self.invalid.inc(),
            RejectReason::TooFarAhead | RejectReason::Gone | RejectReason::SeriesLimit => {}
        }
    }
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            samples_appended: Counter::new(),
            histograms_appended: Counter::new(),
            histograms_refused: RefusedHistograms::default(),
            series_created: Counter::new(),
            series_removed: Counter::new(),
            out_of_order: Counter::new(),
            too_old: Counter::new(),
            out_of_bounds: Counter::new(),
            late_appended: Counter::new(),
            late_histograms_appended: Counter::new(),
            lateness: Histogram::new(&LATENESS_BOUNDS),
            duplicates: Counter::new(),
            exemplars_appended: Counter::new(),
            exemplars_out_of_order: Counter::new(),
            log_sync: Summary::new(&SYNC_QUANTILES),
            log_truncation_seconds: Summary::new(&[]),
            checkpoints: Counter::new(),
            checkpoint_failures: Counter::new(),
            head_truncation_seconds: Summary::new(&[]),
            chunks_removed: Counter::new(),
            log_failures: Counter::new(),
            log_corruptions: Counter::new(),
            log_truncations: Counter::new(),
            log_truncation_failures: Counter::new(),
            unknown_records: Counter::new(),
            head_chunk_damage: Counter::new(),
            snapshot_failures: Counter::new(),
            head_truncations: Counter::new(),
            head_truncation_failures: Counter::new(),
            compactions: Counter::new(),
            compactions_triggered: Counter::new(),
            compactions_failed: Counter::new(),
            compaction_seconds: Histogram::new(&COMPACTION_BOUNDS),
            vertical_compactions: Counter::new(),
            populating: Gauge::default(),
            chunk_bytes: Histogram::new(&rising(32.0, 1.5, 12)),
            chunk_samples: Histogram::new(&rising(4.0, 1.5, 12)),
            chunk_seconds: Histogram::new(&rising(100.0, 4.0, 10)),
            cleanup_seconds: Histogram::new(&COMPACTION_BOUNDS),
            reloads: Counter::new(),
            reload_failures: Counter::new(),
            time_retentions: Counter::new(),
            size_retentions: Counter::new(),
            replay_seconds: Gauge::default(),
            clean_start: Gauge::default(),
        }
    }
}

impl Meters {
    /// A chunk left the head for a block.
    pub(crate) fn new_chunk(&self, chunk: &ChunkData) {
        self.chunk_bytes.observe(chunk.bytes.len() as f64);
        self.chunk_samples.observe(f64::from(chunk.samples));
        let span = chunk.max.saturating_sub(chunk.min);
        self.chunk_seconds.observe(span as f64 / 1000.0);
    }
}

/// Upper bounds, each `factor` times the one before.
fn rising(first: f64, factor: f64, count: i32) -> Vec<f64> {
    (0..count).map(|n| first * factor.powi(n)).collect()
}
