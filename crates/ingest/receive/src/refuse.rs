//! What is wrong with a request, for its sender.

use contract::{AppendError, Appended, Batch, RejectReason};
use model::Labels;
use thiserror::Error;
use wire::remote::Malformed;

use crate::body::BodyError;

/// Faults told in one answer; the others are only counted.
const MOST_TOLD: usize = 10;

/// What of a request was stored; version 2.0 of remote write answers with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Samples.
    pub samples: usize,
    /// Native histograms.
    pub histograms: usize,
    /// Exemplars that were handed to the store.
    pub exemplars: usize,
}

impl Written {
    /// What was stored of a batch.
    pub(crate) fn of(batch: &Batch, appended: &Appended) -> Self {
        let histograms_from = batch.samples.len();
        let lost = appended.rejected.iter();
        let lost_histograms = lost.filter(|r| r.place >= histograms_from).count();
        let lost_samples = appended.rejected.len() - lost_histograms;
        Self {
            samples: batch.samples.len().saturating_sub(lost_samples),
            histograms: batch.histograms.len().saturating_sub(lost_histograms),
            exemplars: batch.exemplars.len(),
        }
    }
}

/// A request of which not all was stored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct Refused {
    /// What was stored all the same.
    pub written: Written,
    /// Whether the same request may be taken later; otherwise sending it again is of no use.
    pub may_retry: bool,
    /// In words for whoever sends.
    pub reason: String,
}

impl From<BodyError> for Refused {
    fn from(fault: BodyError) -> Self {
        Self::bad(fault.to_string())
    }
}

impl Refused {
    pub(crate) fn bad(reason: String) -> Self {
        Self {
            written: Written::default(),
            may_retry: false,
            reason,
        }
    }

    pub(crate) fn malformed(fault: Malformed) -> Self {
        Self::bad(format!("the write request cannot be read: {fault}"))
    }

    pub(crate) fn failed(error: AppendError) -> Self {
        Self {
            written: Written::default(),
            may_retry: true,
            reason: error.to_string(),
        }
    }
}

/// The faults of one request.
#[derive(Default)]
pub(crate) struct Faults {
    is_lenient: bool,
    told: Vec<String>,
    count: usize,
    /// Samples of series whose labels cannot be stored.
    pub(crate) invalid: u64,
}

impl Faults {
    /// No faults yet. Where it `is_lenient`, series that cannot be stored are counted and left out,
    /// and the answer says nothing of them.
    pub(crate) fn new(is_lenient: bool) -> Self {
        Self {
            is_lenient,
            ..Self::default()
        }
    }

    pub(crate) fn tell(&mut self, words: impl FnOnce() -> String) {
        self.count += 1;
        if self.told.len() < MOST_TOLD {
            self.told.push(words());
        }
    }

    /// Notes a series whose labels cannot be stored, and that it has so many samples.
    pub(crate) fn invalid(&mut self, words: String, samples: usize) {
        self.invalid += samples as u64;
        if self.is_lenient {
            tracing::debug!(reason = words, "a series was left out of a write request");
        } else {
            self.tell(|| words);
        }
    }

    /// Notes a series without samples.
    pub(crate) fn empty(&mut self, labels: &Labels) {
        if !self.is_lenient {
            self.tell(|| {
                format!(
                    "TimeSeries must contain at least one sample or histogram for series {labels}"
                )
            });
        }
    }

    /// Notes an exemplar or a histogram that cannot be read. Exemplars are a gift to whoever is
    /// lenient.
    pub(crate) fn part(&mut self, fault: Malformed, labels: &Labels) {
        if !self.is_lenient || fault == Malformed::Histogram {
            self.tell(|| format!("{fault} for series {labels}"));
        }
    }

    pub(crate) fn rejected(&mut self, reason: RejectReason, labels: &Labels) {
        self.tell(|| format!("{} for series {labels}", reason.as_str()));
    }

    /// The answer, given what was written.
    pub(crate) fn outcome(self, written: Written) -> Result<Written, Refused> {
        if self.count == 0 {
            return Ok(written);
        }
        let mut reason = self.told.join("\n");
        if self.count > self.told.len() {
            let more = self.count - self.told.len();
            reason += &format!("\nand {more} more");
        }
        Err(Refused {
            written,
            may_retry: false,
            reason,
        })
    }
}
